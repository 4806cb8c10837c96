//! A journal: the events of one source, or of one shard of it, and the state of their orders.
//!
//! Its functions have no state of their own: everything is in the `SQLite` storage of a Durable
//! Object. Its class, in entry.js, calls each of them in one transaction, so nothing remains of a
//! step that fails or panics.
//!
//! The functions fail if the storage does.

use js_sys::Array;
use orderhook_core::dispatch::Contact;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::{Sql, Storage},
    json,
    migrate::migrate,
};
pub(crate) use erase::{Erased, Mentions};
pub(crate) use events::EventsQuery;
pub(crate) use orders::OrdersQuery;
pub(crate) use page::{Entry, Page};
pub(crate) use span::Part;
pub(crate) use stats::JournalStats;
pub(crate) use take::Outcome;

mod erase;
mod events;
mod filter;
mod names;
mod orders;
mod page;
#[cfg(feature = "panic-probe")]
mod probe;
mod prune;
mod range;
mod span;
mod state;
mod stats;
mod take;
mod tallies;

const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// What a journal can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// A page of events: a [`Page`].
    Events(EventsQuery),
    /// A page of orders: a [`Page`].
    Orders(OrdersQuery),
    /// An order with its timeline, or null.
    Order {
        /// The order's id.
        id: String,
    },
    /// What the journal has: a [`JournalStats`].
    Stats,
    /// When the latest event was taken: milliseconds since 1970, or null.
    Latest,
    /// Erases a step of an order: [`Erased`].
    EraseOrder {
        /// The order's id.
        order: String,
        /// The position up to which the order's bodies in KV are deleted.
        forgotten: i64,
    },
    /// The ids of a customer's orders.
    OrdersOf {
        /// The customer.
        contact: Contact,
        /// The orders that are wanted.
        limit: usize,
    },
    /// Erases a step of the events that were not understood and name a customer: [`Mentions`].
    Mentions {
        /// The customer.
        contact: Contact,
        /// The position after which to look.
        after: i64,
    },
    /// Erases events by their positions: how many there were.
    EraseEvents {
        /// The positions.
        events: Vec<i64>,
    },
    /// The latest event of an id: its record, or null.
    Event {
        /// The event's id.
        id: String,
    },
}

/// Brings the tables up to date.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = openJournal)]
pub fn open(storage: &Storage) -> Result<(), JsValue> {
    migrate(&Sql(storage), MIGRATIONS)
}

/// Keeps each event that is not known. Returns, as JSON, a list of what became of each.
///
/// # Errors
///
/// Fails if the storage does, or if a text is not an event.
#[wasm_bindgen]
pub fn take(storage: &Storage, texts: &Array, settings: &str) -> Result<String, JsValue> {
    let taken = take::take(&Sql(storage), texts, settings)?;
    Ok(json::text(&taken))
}

/// Answers a `Question`, in JSON.
///
/// # Errors
///
/// Fails if the storage does, or if the question is not understood.
#[wasm_bindgen(js_name = askJournal)]
pub fn ask(storage: &Storage, question: &str) -> Result<String, JsValue> {
    let sql = Sql(storage);
    let question = serde_json::from_str(question).map_err(|_| "the question is not understood")?;
    match question {
        Question::Events(query) => events::list(&sql, &query),
        Question::Event { id } => events::one(&sql, &id),
        Question::EraseOrder { order, forgotten } => {
            Ok(json::text(&erase::order(&sql, &order, forgotten)?))
        }
        Question::OrdersOf { contact, limit } => {
            let limit = i64::try_from(limit).unwrap_or(0);
            Ok(json::text(&erase::orders_of(&sql, &contact, limit)?))
        }
        Question::Mentions { contact, after } => {
            Ok(json::text(&erase::mentions(&sql, &contact, after)?))
        }
        Question::EraseEvents { events } => Ok(json::text(&erase::events(&sql, &events)?)),
        Question::Stats => Ok(json::text(&stats::count(&sql)?)),
        Question::Latest => Ok(json::text(&stats::latest(&sql)?)),
        Question::Orders(query) => orders::list(&sql, &query),
        Question::Order { id } => orders::one(&sql, &id),
    }
}

/// Removes what is due. Returns the milliseconds after which to call it again.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = tendJournal)]
pub fn tend(storage: &Storage, settings: &str) -> Result<f64, JsValue> {
    prune::prune(&Sql(storage), settings)
}
