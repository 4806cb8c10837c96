//! Wakilni, last-mile delivery in Lebanon and Jordan.
//! "Webhooks for Order Status Updates - Nov 2024", wiki.wakilni.com.

use std::borrow::Cow;

use super::definition::{Provider, ReadBody, required, required_object};
use crate::{
    delivery::Delivery,
    event::{Change, Contact, Content, Order, Status, Unrecognized},
    json::Object,
    provider::word::{StatusWord, find, status},
    scheme::{HmacSha256, KeyFormat, Layout, Part, Scheme, SignatureHeader, encoding::Encoding},
    time::{UtcOffset, to_utc},
};

pub(super) static PROVIDER: Provider = Provider {
    name: "wakilni",
    scheme: Scheme::Hmac(HmacSha256 {
        key: KeyFormat::Utf8,
        tags: SignatureHeader {
            header: "x-webhook-signature",
            layout: Layout::Bare,
            encoding: Encoding::Base64,
        },
        content: &[Part::Body],
        age: None,
    }),
    events: &EVENTS,
    statuses: &STATUSES,
    attempt: Some("x-attempt-number"),
    // `x-webhook-id` names the subscription: every delivery has the same.
    id: None,
    read,
};

static EVENTS: [StatusWord; 13] = [
    StatusWord::open("Order Created", Status::Created),
    StatusWord::open("Order Confirmed", Status::Confirmed),
    StatusWord::last("Order Declined", Status::Declined),
    StatusWord::open("Order Assigned", Status::Assigned),
    StatusWord::open("Order Processed", Status::Processing),
    StatusWord::last("Order Canceled", Status::Cancelled),
    StatusWord::open("Order Postponed", Status::Postponed),
    StatusWord::last("Order Completed", Status::Delivered),
    StatusWord::last("Order Completed Rejected", Status::Rejected),
    StatusWord::last("Order Closed Failed", Status::Failed),
    StatusWord::open("Order Pending Cancelation", Status::CancellationPending),
    StatusWord::open("Order Failed", Status::AttemptFailed),
    StatusWord::open("Order Ready for Self-Pickup", Status::ReadyForPickup),
];

// Matched by text, never by number: two official pages disagree about the codes.
static STATUSES: [StatusWord; 14] = [
    StatusWord::open("Pending", Status::Pending),
    StatusWord::open("Created", Status::Created),
    StatusWord::open("Confirmed", Status::Confirmed),
    StatusWord::last("Declined", Status::Declined),
    StatusWord::open("Assigned", Status::Assigned),
    StatusWord::open("Processed", Status::Processing),
    StatusWord::last("Canceled", Status::Cancelled),
    StatusWord::open("Postponed", Status::Postponed),
    StatusWord::last("Completed", Status::Delivered),
    StatusWord::last("Completed Rejected", Status::Rejected),
    StatusWord::last("Closed Failed", Status::Failed),
    StatusWord::open("Pending Cancelation", Status::CancellationPending),
    StatusWord::open("Failed", Status::AttemptFailed),
    StatusWord::open("Ready for Self-Pickup", Status::ReadyForPickup),
];

fn read<'a>(
    _: &Delivery<'a>,
    body: &'a str,
    zone: Option<UtcOffset>,
) -> Result<Option<ReadBody<'a>>, Unrecognized> {
    let body = Object::parse(body)?;
    let id = required(&body, "event_id", "event_id")?;
    let event = required(&body, "event", "event")?;
    let data = required_object(&body, "data")?;
    let order = Order {
        id: required(&data, "order_id", "data.order_id")?,
        tracking_number: data.text("waybill"),
        created_at: to_utc(data.text("created_at"), zone),
        ..Order::default()
    };
    // The page prints the office as something between an object and an array of objects.
    let office = data.objects("location").next();
    let content = Content {
        driver: contact(&data, "driver_name", "driver_phone"),
        pickup: office.and_then(|office| contact(&office, "office_name", "phone_number")),
        ..Content::new(order, change(event, &data))
    };
    Ok(Some(ReadBody { id, time: to_utc(body.text("timestamp"), zone), content: Ok(content) }))
}

/// Reads the change from the event's name. If the name is unknown, the status may still be known.
fn change<'a>(event: Cow<'a, str>, data: &Object<'a>) -> Change<'a> {
    let (now, was) = (data.text("new_status"), data.text("previous_status"));
    let documented = find(&EVENTS, &event);
    let word = documented.or_else(|| find(&STATUSES, now.as_deref()?));
    Change {
        was: was.as_deref().map(|was| status(&STATUSES, was)),
        documented: documented.is_some(),
        provider_event: Some(event),
        provider_now: now,
        provider_was: was,
        ..Change::to(word)
    }
}

fn contact<'a>(of: &Object<'a>, name: &str, phone: &str) -> Option<Contact<'a>> {
    let (name, phone) = (of.text(name), of.text(phone));
    (name.is_some() || phone.is_some()).then_some(Contact { name, phone })
}
