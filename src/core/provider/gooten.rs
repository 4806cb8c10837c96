//! Gooten and Sensaria, print on demand.
//! "Receiving order status updates via Webhooks", help.gooten.com and sensariahelp.gooten.com.

use std::borrow::Cow;

use super::definition::{Provider, ReadBody, lines};
use crate::{
    delivery::Delivery,
    event::{Change, Content, Customer, Item, ItemStatus, Money, Order, Status, Unrecognized},
    json::Object,
    provider::word::{StatusWord, find},
    scheme::Scheme,
    time::UtcOffset,
};

pub(super) static PROVIDER: Provider = Provider {
    name: "gooten",
    scheme: Scheme::UrlToken,
    events: &[],
    statuses: &STATUSES,
    attempt: None,
    id: None,
    read,
};

static STATUSES: [StatusWord; 27] = [
    StatusWord::open("New", Status::Created),
    StatusWord::open("Pending", Status::Pending),
    StatusWord::open("ReadyForImageDl", Status::Pending),
    StatusWord::open("ReadyForAccounting", Status::Pending),
    StatusWord::open("PaymentProcessing", Status::Pending),
    StatusWord::open("PrePayment", Status::Pending),
    StatusWord::open("NeedsPersonalization", Status::OnHold),
    StatusWord::open("NeedsCustomization", Status::OnHold),
    StatusWord::open("NeedsManualApproval", Status::OnHold),
    StatusWord::open("Hold", Status::OnHold),
    StatusWord::open("AddressIssue", Status::OnHold),
    StatusWord::open("ImageIssue", Status::OnHold),
    StatusWord::open("HoldByImageIssue", Status::OnHold),
    StatusWord::open("HoldByCIImageIssue", Status::OnHold),
    StatusWord::open("VendorAPIIssue", Status::OnHold),
    StatusWord::open("PaymentIssue", Status::OnHold),
    StatusWord::open("AccountingIssue", Status::OnHold),
    StatusWord::open("InProduction", Status::Preparing),
    StatusWord::open("ManuallyInProduction", Status::Preparing),
    StatusWord::open("Printing", Status::Preparing),
    // Here it means packed and waiting for the courier, before Shipped.
    StatusWord::open("OutForDelivery", Status::Packed),
    StatusWord::open("Shipped", Status::Shipped),
    StatusWord::last("Delivered", Status::Delivered),
    StatusWord::last("Cancelled", Status::Cancelled),
    StatusWord::last("CanceledRefunded", Status::Refunded),
    StatusWord::last("BilledRefunded", Status::Refunded),
    StatusWord::open("Test", Status::Test),
];

fn read<'a>(
    delivery: &Delivery<'a>,
    body: &'a str,
    _: Option<UtcOffset>,
) -> Result<Option<ReadBody<'a>>, Unrecognized> {
    if is_test(body) {
        return Ok(None);
    }
    let body = Object::parse(body)?;
    let url_order_id = delivery.query("orderid");
    let id = body.text("Id").or_else(|| url_order_id.clone());
    let id = id.ok_or(Unrecognized::MissingField("Id"))?;
    // Gooten sends neither an event id nor a time. The body is not signed, so the event's id holds
    // its hash: the same order with the same bytes is the same event.
    let identity = url_order_id.clone().unwrap_or_else(|| id.clone());
    let content = match lines(&body, "Items") {
        Ok(lines) => Ok(content(&body, &lines, id, url_order_id)?),
        Err(reason) => Err(reason),
    };
    Ok(Some(ReadBody { id: identity, time: None, content }))
}

fn content<'a>(
    body: &Object<'a>,
    lines: &[Object<'a>],
    id: Cow<'a, str>,
    url_order_id: MaybeText<'a>,
) -> Result<Content<'a>, Unrecognized> {
    let items: Vec<_> = lines.iter().map(item).collect();
    let status = change(&items).ok_or(Unrecognized::MissingField("Items[].Status"))?;
    let tracked = items.iter().find(|item| item.tracking_number.is_some());
    let order = Order {
        id,
        reference: body.text("NiceId"),
        tracking_number: tracked.and_then(|item| item.tracking_number.clone()),
        tracking_url: tracked.and_then(|item| item.tracking_url.clone()),
        created_at: None,
        url_order_id,
    };
    Ok(Content {
        test: status.now == Status::Test,
        total: money(body, "Total"),
        customer: body.object("ShippingAddress").map(|address| customer(&address)),
        items,
        ..Content::new(order, status)
    })
}

/// Whether the body is empty, as the portal's Test button may send it.
fn is_test(body: &str) -> bool {
    let mut rest = body.trim();
    if matches!(rest, "" | "null" | "\"\"") {
        return true;
    }
    for (open, close) in [('{', '}'), ('[', ']')] {
        if let Some(inner) = rest.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            rest = inner.trim();
            return rest.is_empty();
        }
    }
    false
}

/// Returns the order's status: that of its least advanced line. Lines that are cancelled, refunded
/// or tests are left out while others go on. `None` if no line has a status.
fn change<'a>(items: &[Item<'a>]) -> Option<Change<'a>> {
    let said = |item: &Item<'_>| item.status.as_ref().map_or(Status::Unknown, |said| said.now);
    items.iter().find(|item| item.status.is_some())?;
    let last = items.iter().min_by_key(|item| way(said(item)))?.status.as_ref();
    let word = last.and_then(|status| find(&STATUSES, &status.provider_now));
    let provider_now = last.map(|status| status.provider_now.clone());
    Some(Change { provider_now, ..Change::to(word) })
}

/// Returns how advanced a line is. A line without a known status may be anywhere after the start,
/// so that an order with one is never called done.
fn way(status: Status) -> u8 {
    match status {
        Status::Created => 1,
        Status::Unknown => 2,
        Status::Pending => 3,
        Status::OnHold => 4,
        Status::Preparing => 5,
        Status::Packed => 6,
        Status::Shipped => 7,
        Status::Delivered => 8,
        Status::Test => 9,
        Status::Cancelled => 10,
        _ => 11,
    }
}

fn item<'a>(line: &Object<'a>) -> Item<'a> {
    Item {
        sku: line.text("Sku"),
        name: line.text("Product"),
        quantity: line.whole("Quantity"),
        price: money(line, "Price"),
        status: line.text("Status").map(item_status),
        tracking_number: line.text("TrackingNumber"),
        tracking_url: line.text("TrackingUrl"),
    }
}

fn item_status(text: Cow<'_, str>) -> ItemStatus<'_> {
    let Change { now, is_final, .. } = Change::to(find(&STATUSES, &text));
    ItemStatus { now, is_final, provider_now: text }
}

fn money<'a>(of: &Object<'a>, key: &str) -> Option<Money<'a>> {
    let price = of.object(key)?;
    Some(Money { amount: price.text("Price")?, currency: price.text("CurrencyCode") })
}

fn customer<'a>(address: &Object<'a>) -> Customer<'a> {
    Customer {
        name: joined(address.text("FirstName"), address.text("LastName"), " "),
        phone: address.text("Phone"),
        email: address.text("Email"),
        address: joined(address.text("Line1"), address.text("Line2"), ", "),
        city: address.text("City"),
        region: address.text("State"),
        postal_code: address.text("PostalCode"),
        country: address.text("CountryCode"),
    }
}

type MaybeText<'a> = Option<Cow<'a, str>>;

fn joined<'a>(first: MaybeText<'a>, second: MaybeText<'a>, between: &str) -> MaybeText<'a> {
    match (first, second) {
        (Some(first), Some(second)) => Some(Cow::Owned(format!("{first}{between}{second}"))),
        (first, second) => first.or(second),
    }
}
