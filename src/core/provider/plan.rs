//! A definition that was checked and compiled: where each value of the event stands.

use super::{
    value::{List, Value},
    words::Words,
};
use crate::{event::Status, json::walk::Trie, time::UtcOffset};

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
    pub(super) event: EventPlan,
    pub(super) order: OrderPlan,
    pub(super) lookups: Vec<Lookup>,
    pub(super) items: Option<ItemsPlan>,
    pub(super) total: Option<MoneyPlan>,
    pub(super) customer: Option<CustomerPlan>,
    pub(super) driver: Option<ContactPlan>,
    pub(super) pickup: Option<ContactPlan>,
    /// The places that are left out of hashes.
    pub(super) volatile: Vec<Value>,
}

#[derive(Debug, Default)]
pub(super) struct EventPlan {
    pub(super) id: Option<Id>,
    pub(super) time: Option<Value>,
    pub(super) zone: Option<UtcOffset>,
    pub(super) topic: Option<Value>,
    /// The topic's name, if an event needs it.
    pub(super) needs_topic: Option<Needed>,
    pub(super) attempt: Option<Value>,
    pub(super) test: Option<Flag>,
    pub(super) notes: Option<Value>,
}

/// The id of an event.
#[derive(Debug)]
pub(super) enum Id {
    /// One value, which an event needs.
    Value(Value, Needed),
    /// Parts with `:` between them. All but the last are escaped.
    Join(Vec<Value>),
}

/// The name of a value that an event needs, and those of the objects that it is in.
#[derive(Clone, Debug, Default)]
pub(super) struct Needed {
    pub(super) within: Vec<(usize, u16, Box<str>)>,
    pub(super) name: Box<str>,
}

#[derive(Debug)]
pub(super) struct OrderPlan {
    pub(super) id: Value,
    pub(super) needed: Needed,
    pub(super) reference: Option<Value>,
    pub(super) tracking_number: Option<Value>,
    pub(super) tracking_url: Option<Value>,
    pub(super) created_at: Option<Value>,
    pub(super) url_id: Option<Value>,
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
    pub(super) words: Words,
    /// The documented transitions, where the definition lists them.
    pub(super) steps: Option<Vec<(Status, Status)>>,
}

/// A value that is true or false.
#[derive(Debug)]
pub(super) enum Flag {
    Value(Value),
    /// `true` or `false`, and neither as a text.
    Literal(Value, bool),
    /// One of these words.
    Is(Value, Vec<Box<str>>),
    /// A text that begins so.
    Starts(Value, Box<str>),
}

#[derive(Debug)]
pub(super) struct ItemsPlan {
    pub(super) list: List,
    pub(super) sku: Option<Value>,
    pub(super) name: Option<Value>,
    pub(super) quantity: Option<Value>,
    pub(super) price: Option<MoneyPlan>,
    pub(super) status: Option<Value>,
    pub(super) tracking_number: Option<Value>,
    pub(super) tracking_url: Option<Value>,
}

#[derive(Debug)]
pub(super) struct MoneyPlan {
    pub(super) amount: Value,
    pub(super) currency: Option<Value>,
    /// Whether the amount is in minor units.
    pub(super) is_minor: bool,
}

#[derive(Debug)]
pub(super) struct CustomerPlan {
    /// The scope and the slot of its object: without the object there is no customer.
    pub(super) at: Option<(usize, u16)>,
    /// Name, phone, email, address, city, region, postal code and country.
    pub(super) values: [Option<Value>; 8],
}

#[derive(Debug)]
pub(super) struct ContactPlan {
    pub(super) name: Option<Value>,
    pub(super) phone: Option<Value>,
}
