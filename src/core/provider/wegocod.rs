//! WeGoCod, cash-on-delivery fulfilment in Morocco.
//! wegocod.com/api/docs.

use std::borrow::Cow;

use super::definition::{Provider, ReadBody, lines, required, required_object};
use crate::{
    delivery::Delivery,
    event::{Change, Content, Customer, Item, Money, Order, Status, Unrecognized},
    json::Object,
    provider::word::{StatusWord, find, status},
    scheme::{HmacSha256, KeyFormat, Layout, Part, Scheme, SignatureHeader, encoding::Encoding},
    time::{UtcOffset, to_utc},
};

pub(super) static PROVIDER: Provider = Provider {
    name: "wegocod",
    scheme: Scheme::Hmac(HmacSha256 {
        key: KeyFormat::Utf8,
        tags: SignatureHeader {
            header: "x-webhook-signature",
            layout: Layout::Bare,
            encoding: Encoding::Hex,
        },
        content: &[Part::Body],
        age: None,
    }),
    events: &[],
    statuses: &STATUSES,
    attempt: None,
    id: None,
    read,
};

static STATUSES: [StatusWord; 9] = [
    StatusWord::open("pending", Status::Pending),
    StatusWord::open("picked_up", Status::Picked),
    StatusWord::open("preparing", Status::Preparing),
    StatusWord::open("prepared", Status::Packed),
    StatusWord::open("out_for_delivery", Status::OutForDelivery),
    StatusWord::last("delivered", Status::Delivered),
    StatusWord::open("returned", Status::Returned),
    StatusWord::open("return_received", Status::ReturnReceived),
    StatusWord::last("returned_to_stock", Status::ReturnedToStock),
];

/// The transitions that the page lists.
static TRANSITIONS: [(Status, Status); 9] = [
    (Status::Pending, Status::Picked),
    (Status::Picked, Status::Preparing),
    (Status::Preparing, Status::Packed),
    (Status::Packed, Status::OutForDelivery),
    (Status::OutForDelivery, Status::Delivered),
    (Status::OutForDelivery, Status::Returned),
    (Status::Returned, Status::Delivered),
    (Status::Returned, Status::ReturnReceived),
    (Status::ReturnReceived, Status::ReturnedToStock),
];

fn read<'a>(
    _: &Delivery<'a>,
    body: &'a str,
    zone: Option<UtcOffset>,
) -> Result<Option<ReadBody<'a>>, Unrecognized> {
    let body = Object::parse(body)?;
    let order = required_object(&body, "order")?;
    let reference = required(&order, "reference", "order.reference")?;
    let new_status = required(&order, "new_status", "order.new_status")?;
    // The page gives this pair as the key to recognise duplicates. The reference must not hold a
    // plain colon, since a colon ends it.
    let id = format!("{}:{new_status}", reference.replace('%', "%25").replace(':', "%3A"));
    let currency = order.text("currency");
    let names = Order {
        id: reference,
        tracking_number: order.text("tracking_number"),
        created_at: to_utc(order.text("created_at"), zone),
        ..Order::default()
    };
    let change = change(body.text("event"), new_status, order.text("old_status"));
    let content = lines(&body, "items").map(|lines| Content {
        items: lines.iter().map(|line| item(line, currency.as_ref())).collect(),
        total: money(&order, "amount", currency.as_ref()),
        customer: body.object("customer").map(|person| customer(&person)),
        notes: order.text("delivery_notes"),
        ..Content::new(names, change)
    });
    Ok(Some(ReadBody { id: Cow::Owned(id), time: to_utc(body.text("timestamp"), zone), content }))
}

fn change<'a>(
    event: Option<Cow<'a, str>>,
    now: Cow<'a, str>,
    was: Option<Cow<'a, str>>,
) -> Change<'a> {
    let to = Change::to(find(&STATUSES, &now));
    let from = was.as_deref().map(|was| status(&STATUSES, was));
    Change {
        was: from,
        documented: from.is_some_and(|from| TRANSITIONS.contains(&(from, to.now))),
        provider_event: event,
        provider_now: Some(now),
        provider_was: was,
        ..to
    }
}

fn customer<'a>(person: &Object<'a>) -> Customer<'a> {
    Customer {
        name: person.text("name"),
        phone: person.text("phone"),
        city: person.text("city"),
        address: person.text("address"),
        ..Customer::default()
    }
}

fn item<'a>(line: &Object<'a>, currency: Option<&Cow<'a, str>>) -> Item<'a> {
    Item {
        sku: line.text("sku"),
        name: line.text("product_name"),
        quantity: line.whole("quantity"),
        price: money(line, "price", currency),
        ..Item::default()
    }
}

fn money<'a>(of: &Object<'a>, key: &str, currency: Option<&Cow<'a, str>>) -> Option<Money<'a>> {
    Some(Money { amount: of.text(key)?, currency: currency.cloned() })
}
