//! Wakilni, last-mile delivery in Lebanon and Jordan.
//! "Webhooks for Order Status Updates - Nov 2024", wiki.wakilni.com.

use std::borrow::Cow;

use super::definition::{Provider, Told, required, required_object};
use crate::{
    delivery::Delivery,
    event::{Change, Contact, Content, Order, Status, Unrecognized},
    json::Object,
    provider::word::{Word, find, status},
    scheme::{HmacSha256, KeyFormat, Layout, Part, Scheme, Tags, encoding::Encoding},
    time::{UtcOffset, to_utc},
};

pub(super) static PROVIDER: Provider = Provider {
    name: "wakilni",
    scheme: Scheme::Hmac(HmacSha256 {
        key: KeyFormat::Utf8,
        tags: Tags {
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

static EVENTS: [Word; 13] = [
    Word::open("Order Created", Status::Created),
    Word::open("Order Confirmed", Status::Confirmed),
    Word::last("Order Declined", Status::Declined),
    Word::open("Order Assigned", Status::Assigned),
    Word::open("Order Processed", Status::Processing),
    Word::last("Order Canceled", Status::Cancelled),
    Word::open("Order Postponed", Status::Postponed),
    Word::last("Order Completed", Status::Delivered),
    Word::last("Order Completed Rejected", Status::Rejected),
    Word::last("Order Closed Failed", Status::Failed),
    Word::open("Order Pending Cancelation", Status::CancellationPending),
    Word::open("Order Failed", Status::AttemptFailed),
    Word::open("Order Ready for Self-Pickup", Status::ReadyForPickup),
];

// Matched by text, never by number: two official pages disagree about the codes.
static STATUSES: [Word; 14] = [
    Word::open("Pending", Status::Pending),
    Word::open("Created", Status::Created),
    Word::open("Confirmed", Status::Confirmed),
    Word::last("Declined", Status::Declined),
    Word::open("Assigned", Status::Assigned),
    Word::open("Processed", Status::Processing),
    Word::last("Canceled", Status::Cancelled),
    Word::open("Postponed", Status::Postponed),
    Word::last("Completed", Status::Delivered),
    Word::last("Completed Rejected", Status::Rejected),
    Word::last("Closed Failed", Status::Failed),
    Word::open("Pending Cancelation", Status::CancellationPending),
    Word::open("Failed", Status::AttemptFailed),
    Word::open("Ready for Self-Pickup", Status::ReadyForPickup),
];

fn read<'a>(
    _: &Delivery<'a>,
    body: &'a str,
    zone: Option<UtcOffset>,
) -> Result<Option<Told<'a>>, Unrecognized> {
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
    Ok(Some(Told { id, time: to_utc(body.text("timestamp"), zone), content: Ok(content) }))
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
