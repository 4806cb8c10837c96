//! An event as a table of numbers and one text. It crosses into JavaScript in this form, and is
//! built there by object literals: JSON that is written to be parsed again would cost twice as much.
//!
//! A text of the event is two numbers: where it begins and ends, in UTF-16 code units of the one
//! text, or −1 twice where it is missing. The layout is below; `pkg/lib/event.js` reads it.
//!
//! | number | |
//! |---|---|
//! | 0 | flags: see [`flag`] |
//! | 1 | the attempt |
//! | 2 | the authenticity, in the order of [`Authenticity`](crate::Authenticity) |
//! | 3, 4 | the status, and the status before or −1, in the order of [`Status::ALL`](crate::event::Status::ALL) |
//! | 5 | the reason or −1, in the order of [`Reason::ALL`](crate::event::Reason::ALL) |
//! | 6 | how many items there are |
//! | 7… | id, time, time of receipt, provider, source, subject |
//! | 19… | order: id, reference, tracking number, tracking page, carrier, created at, expected at |
//! | 33… | the provider's event, its word now, its word before |
//! | 39… | total: amount, currency |
//! | 43… | driver: name, phone; pickup: name, phone |
//! | 51… | notes; the order's id in the URL |
//! | 55… | customer, if there is one: eight texts |
//! | then | each item: flags, quantity, status or −1; sku, name, amount, currency, the provider's word, tracking number, tracking page |
//!
//! An event that was not understood has the numbers and texts up to 18, of which 3 to 5 are −1, and
//! then the reason's code and text. The last text is the one that takes the payload's place, if
//! [`flag::BASE64`] or [`flag::KEPT`] says so.

use super::cloud_event::{Content, Direction, Event, Item, Money, Payload, TimeSource};
use crate::{event::Unrecognized, scheme::encoding::base64};

/// The flags of an event and of an item, as bits.
pub mod flag {
    /// The event is a test.
    pub const TEST: i32 = 1;
    /// No other status follows.
    pub const FINAL: i32 = 1 << 1;
    /// The provider's pages list the status, and the transition to it.
    pub const DOCUMENTED: i32 = 1 << 2;
    /// There is a customer.
    pub const CUSTOMER: i32 = 1 << 3;
    /// There is a total.
    pub const TOTAL: i32 = 1 << 4;
    /// There is a driver.
    pub const DRIVER: i32 = 1 << 5;
    /// There is a pickup.
    pub const PICKUP: i32 = 1 << 6;
    /// The order's id was in the URL, too.
    pub const URL_ID: i32 = 1 << 7;
    /// The time is that of receipt.
    pub const RECEIPT: i32 = 1 << 8;
    /// The delivery was not understood.
    pub const UNRECOGNIZED: i32 = 1 << 9;
    /// The payload is in base64, in the place of the payload.
    pub const BASE64: i32 = 1 << 10;
    /// The payload is stored apart, under the key in its place.
    pub const KEPT: i32 = 1 << 11;
    /// The attempt is known.
    pub const ATTEMPT: i32 = 1 << 12;
    /// The parcel goes to the recipient.
    pub const FORWARD: i32 = 1 << 13;
    /// The parcel goes back to the sender.
    pub const RETURN: i32 = 1 << 14;

    /// The item has a quantity.
    pub const ITEM_QUANTITY: i32 = 1;
    /// The item has a price.
    pub const ITEM_PRICE: i32 = 1 << 1;
    /// The item has a status.
    pub const ITEM_STATUS: i32 = 1 << 2;
    /// The item's status is final.
    pub const ITEM_FINAL: i32 = 1 << 3;
}

/// The numbers of an event without its items: those of the table above, a customer and a payload.
const MOST_NUMBERS: usize = 73;
const ITEM_NUMBERS: usize = 17;

/// An event as a table of numbers and one text. It may be filled again and again.
#[derive(Debug, Default)]
pub struct Table {
    /// The numbers, and behind them room that holds −1. An event's numbers all fit into it.
    room: Vec<i32>,
    /// How many numbers there are.
    count: usize,
    text: String,
    /// The length of the text in UTF-16 code units.
    units: i32,
}

impl Table {
    /// Returns the numbers.
    #[must_use]
    pub fn ints(&self) -> &[i32] {
        self.room.get(..self.count).unwrap_or_default()
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the length of the text in UTF-16 code units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units.unsigned_abs() as usize
    }

    /// Fills the table with an event. A payload that is text is left out: the caller has it.
    pub fn fill(&mut self, event: &Event<'_>) {
        self.room.clear();
        self.count = 0;
        self.text.clear();
        self.units = 0;
        let data = &event.data;
        let (flags, rest) = match &data.content {
            Ok(content) => (flags_of(content), numbers_of(content)),
            Err(_) => (flag::UNRECOGNIZED, [-1, -1, -1, 0]),
        };
        let [now, was, reason, items] = rest;
        let numbers = MOST_NUMBERS + items.unsigned_abs() as usize * ITEM_NUMBERS;
        self.room.resize(numbers, -1);
        let of_payload = match data.payload {
            Payload::Binary(_) => flag::BASE64,
            Payload::Kept(_) => flag::KEPT,
            Payload::Text(_) | Payload::Redacted(_) | Payload::Omitted => 0,
        };
        let is_receipt = data.time_source == TimeSource::Receipt;
        let mut flags = flags | of_payload;
        flags |= if is_receipt { flag::RECEIPT } else { 0 };
        flags |= if data.attempt.is_some() { flag::ATTEMPT } else { 0 };
        let attempt = data.attempt.unwrap_or(0).cast_signed();
        self.push(&[flags, attempt, data.authenticity as i32, now, was, reason, items]);
        self.put(&event.id);
        self.put(&event.time);
        self.put(&event.received);
        self.put(data.provider);
        self.put(&event.source);
        match &data.content {
            Ok(content) => self.content(content, event.subject.as_deref()),
            Err(reason) => self.reason(reason),
        }
        match &data.payload {
            Payload::Text(_) | Payload::Redacted(_) | Payload::Omitted => {}
            Payload::Binary(bytes) => self.put(&base64(bytes)),
            Payload::Kept(key) => self.put(key),
        }
    }

    fn content(&mut self, content: &Content<'_>, subject: Option<&str>) {
        let order = &content.order;
        // The subject is the order's id but for characters that no string may hold.
        match subject.filter(|subject| **subject == *order.id) {
            Some(_) => {
                let end = self.units + units(&order.id);
                self.push(&[self.units, end]);
            }
            None => self.maybe(subject),
        }
        self.put(&order.id);
        self.maybe(order.reference.as_deref());
        self.maybe(order.tracking_number.as_deref());
        self.maybe(order.tracking_url.as_deref());
        self.maybe(order.carrier.as_deref());
        self.maybe(order.created_at.as_deref());
        self.maybe(order.estimated_delivery.as_deref());
        let status = &content.status;
        self.maybe(status.provider_event.as_deref());
        self.maybe(status.provider_now.as_deref());
        self.maybe(status.provider_was.as_deref());
        self.money(content.total.as_ref());
        for contact in [&content.driver, &content.pickup] {
            self.maybe(contact.as_ref().and_then(|contact| contact.name.as_deref()));
            self.maybe(contact.as_ref().and_then(|contact| contact.phone.as_deref()));
        }
        self.maybe(content.notes.as_deref());
        self.maybe(order.url_order_id.as_deref());
        if let Some(customer) = &content.customer {
            for text in customer.texts() {
                self.maybe(text.as_deref());
            }
        }
        for item in &content.items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item<'_>) {
        let status = item.status.as_ref();
        let flag = |is, flag| if is { flag } else { 0 };
        let quantity = item.quantity.unwrap_or(0).cast_signed();
        self.push(&[
            flag(item.quantity.is_some(), flag::ITEM_QUANTITY)
                | flag(item.price.is_some(), flag::ITEM_PRICE)
                | flag(status.is_some(), flag::ITEM_STATUS)
                | flag(status.is_some_and(|status| status.is_final), flag::ITEM_FINAL),
            quantity,
            status.map_or(-1, |status| status.now as i32),
        ]);
        self.maybe(item.sku.as_deref());
        self.maybe(item.name.as_deref());
        self.money(item.price.as_ref());
        self.maybe(status.map(|status| &*status.provider_now));
        self.maybe(item.tracking_number.as_deref());
        self.maybe(item.tracking_url.as_deref());
    }

    fn reason(&mut self, reason: &Unrecognized) {
        self.maybe(None);
        self.put(reason.code());
        self.put(&reason.to_string());
    }

    fn money(&mut self, money: Option<&Money<'_>>) {
        self.maybe(money.map(|money| &*money.amount));
        self.maybe(money.and_then(|money| money.currency.as_deref()));
    }

    fn maybe(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.put(text);
        } else {
            // The room holds −1 already.
            self.count += 2;
        }
    }

    fn push<const N: usize>(&mut self, ints: &[i32; N]) {
        let end = self.count + N;
        if let Some(place) = self.room.get_mut(self.count..end) {
            place.copy_from_slice(ints);
        }
        self.count = end;
    }

    fn put(&mut self, text: &str) {
        let start = self.units;
        self.text.push_str(text);
        self.units += units(text);
        self.push(&[start, self.units]);
    }
}

/// Returns the length of a text in UTF-16 code units.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // At most 4 MiB a value.
fn units(text: &str) -> i32 {
    if text.is_ascii() { text.len() as i32 } else { text.encode_utf16().count() as i32 }
}

fn flags_of(content: &Content<'_>) -> i32 {
    let status = &content.status;
    [
        (content.test, flag::TEST),
        (status.is_final, flag::FINAL),
        (status.documented, flag::DOCUMENTED),
        (content.customer.is_some(), flag::CUSTOMER),
        (content.total.is_some(), flag::TOTAL),
        (content.driver.is_some(), flag::DRIVER),
        (content.pickup.is_some(), flag::PICKUP),
        (content.order.url_order_id.is_some(), flag::URL_ID),
        (content.direction == Some(Direction::Forward), flag::FORWARD),
        (content.direction == Some(Direction::Return), flag::RETURN),
    ]
    .into_iter()
    .fold(0, |flags, (is, flag)| flags | if is { flag } else { 0 })
}

/// Returns the status, the status before, the reason, and how many items there are.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // At most 1,200 items.
fn numbers_of(content: &Content<'_>) -> [i32; 4] {
    let status = &content.status;
    [
        status.now as i32,
        status.was.map_or(-1, |was| was as i32),
        status.reason.map_or(-1, |reason| reason as i32),
        content.items.len() as i32,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Reason, Status},
        scheme::Authenticity,
    };

    #[test]
    fn a_status_and_a_reason_have_their_places_among_all() {
        for (place, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, place, "{status:?}");
        }
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place, "{reason:?}");
        }
        assert_eq!(Authenticity::BodySigned as usize, 0);
        assert_eq!(Authenticity::Unverified as usize, 5);
    }

    #[test]
    fn texts_are_counted_in_utf_16() {
        let mut table = Table { room: vec![-1; 12], ..Table::default() };
        for text in ["", "a", "é", "😀", "b"] {
            table.put(text);
        }
        table.maybe(None);
        assert_eq!(table.ints(), [0, 0, 0, 1, 1, 2, 2, 4, 4, 5, -1, -1]);
        assert_eq!((table.text(), table.units()), ("aé😀b", 5));
    }
}
