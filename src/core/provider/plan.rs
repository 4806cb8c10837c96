//! A definition that was checked and compiled: where each value of the event stands.

use super::{
    value::{Flag, List, Value},
    words::{Meaning, Words},
};
use crate::{
    event::{Reason, Status},
    json::walk::Trie,
    time::UtcOffset,
};

/// A text of the event, with a place of its own in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Time,
    Topic,
    Attempt,
    Notes,
    OrderId,
    Reference,
    TrackingNumber,
    TrackingUrl,
    Carrier,
    CreatedAt,
    EstimatedDelivery,
    UrlId,
    Sku,
    ItemName,
    Quantity,
    ItemStatus,
    ItemTrackingNumber,
    ItemTrackingUrl,
    PriceAmount,
    PriceCurrency,
    TotalAmount,
    TotalCurrency,
    CustomerName,
    CustomerPhone,
    CustomerEmail,
    CustomerAddress,
    CustomerCity,
    CustomerRegion,
    CustomerPostalCode,
    CustomerCountry,
    DriverName,
    DriverPhone,
    PickupName,
    PickupPhone,
}

const FIELDS: usize = Field::PickupPhone as usize + 1;

/// Where the values of an event stand.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) trie: Trie,
    /// The headers among the values, in lower case.
    pub(super) headers: Vec<Box<str>>,
    /// The lists with an event for each element, from the outer to the inner.
    pub(super) each: Vec<List>,
    /// The name of the innermost of these lists.
    pub(super) each_name: Box<str>,
    pub(super) id: Option<Id>,
    pub(super) zone: Option<UtcOffset>,
    pub(super) test: Option<Flag>,
    /// Whether the parcel is on its way back to the sender.
    pub(super) is_return: Option<Flag>,
    /// The topic's name, if an event needs it.
    pub(super) needs_topic: Option<Needed>,
    /// The name of the order's id.
    pub(super) needs_order: Needed,
    pub(super) lookups: Vec<Lookup>,
    pub(super) items: Option<List>,
    /// Whether the prices of items are in minor units.
    pub(super) has_minor_prices: bool,
    /// Whether the total is in minor units.
    pub(super) has_minor_total: bool,
    /// The scope and the slot of the customer's object: without it there is no customer.
    pub(super) customer: Option<(usize, u16)>,
    /// The places that are left out of hashes.
    pub(super) volatile: Vec<Value>,
    /// The places that are taken out of the payload.
    pub(super) redacted: Vec<Value>,
    values: [Option<Value>; FIELDS],
}

impl Plan {
    pub(super) fn new() -> Self {
        Self {
            trie: Trie::new(),
            headers: Vec::new(),
            each: Vec::new(),
            each_name: "".into(),
            id: None,
            zone: None,
            test: None,
            is_return: None,
            needs_topic: None,
            needs_order: Needed::default(),
            lookups: Vec::new(),
            items: None,
            has_minor_prices: false,
            has_minor_total: false,
            customer: None,
            volatile: Vec::new(),
            redacted: Vec::new(),
            values: [const { None }; FIELDS],
        }
    }

    /// Returns where a text of the event stands.
    pub(super) fn value(&self, field: Field) -> Option<&Value> {
        self.values.get(field as usize)?.as_ref()
    }

    pub(super) fn set(&mut self, field: Field, value: Value) {
        if let Some(place) = self.values.get_mut(field as usize) {
            *place = Some(value);
        }
    }
}

/// The id of an event.
#[derive(Debug)]
pub(super) enum Id {
    /// One value, which an event needs.
    Value(Value, Needed),
    /// Parts with `:` between them. All but the last are escaped. The body's hash follows where
    /// the parts do not bind the id.
    Join { parts: Vec<Value>, bound: Bound },
}

/// What tells the events of a composed id apart.
#[derive(Debug)]
pub(super) enum Bound {
    /// The hash among the parts, or the element's own id.
    Itself,
    /// All parts, as the provider's page says.
    All,
    /// One of the times, which stand at these places. Without it, an order that comes to a status
    /// again would have the id of the first time.
    AnyTime(Vec<usize>),
}

/// The name of a value that an event needs, and those of the objects that it is in.
#[derive(Clone, Debug, Default)]
pub(super) struct Needed {
    pub(super) within: Vec<(usize, u16, Box<str>)>,
    pub(super) name: Box<str>,
}

/// A table that knows what a provider's word means.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) word: Value,
    pub(super) needed: Needed,
    /// Whether its word is the event's topic.
    pub(super) is_topic: bool,
    pub(super) was: Option<Value>,
    pub(super) is_final: Option<Flag>,
    pub(super) words: Words<Meaning>,
    /// The reasons that its words name.
    pub(super) reasons: Words<Reason>,
    /// The documented transitions, where the definition lists them.
    pub(super) steps: Option<Vec<(Status, Status)>>,
}
