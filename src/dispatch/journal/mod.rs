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
    endpoint::Endpoints,
    host::{Sql, Storage},
    json,
    migrate::migrate,
};
use delivery::Handed;
pub(crate) use delivery::{
    AttemptResult, Backlog, CodeFilter, DeliveriesQuery, Disable, Item, Lease, Load,
    Outcome as AttemptOutcome, Replayed, Retried, Sent, Step, Wanted,
};
pub(crate) use erase::{Erased, Mentions};
pub(crate) use events::EventsQuery;
pub(crate) use history::{AttemptSum, Counts};
pub(crate) use orders::OrdersQuery;
pub(crate) use page::{Entry, Page};
use range::Floor;
pub(crate) use span::Part;
pub(crate) use stats::JournalStats;
pub(crate) use take::Outcome;

mod budget;
mod delivery;
mod erase;
mod events;
mod filter;
mod follow;
mod history;
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

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
];

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
    /// The attempts since a time, in sums of a step: a list of [`AttemptSum`].
    History {
        /// The time.
        since: i64,
        /// The milliseconds of a step.
        step: i64,
    },
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
    /// The last position that was given out: a [`Floor`].
    Floor,
    /// Raises the last position to that from before a restore.
    RaiseFloor(Floor),
    /// Replaces an older copy of the endpoints.
    SetEndpoints(Endpoints),
    /// Whether an attempt for an endpoint has succeeded since a time.
    HasSucceeded {
        /// The endpoint's id.
        endpoint: String,
        /// The time.
        since: i64,
    },
    /// A page of deliveries: a [`Page`].
    Deliveries(DeliveriesQuery),
    /// A delivery with its failed attempts, or null.
    Delivery {
        /// The endpoint's id.
        endpoint: String,
        /// The event's position.
        seq: i64,
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

/// Keeps each event that is not known. Returns, as JSON, a list of the outcomes, and what it
/// has handed out.
///
/// # Errors
///
/// Fails if the storage does, or if a text is not an event.
#[wasm_bindgen]
pub fn take(storage: &Storage, texts: &Array, settings: &str) -> Result<Array, JsValue> {
    let (taken, handed) = take::take(&Sql(storage), texts, settings)?;
    Ok(hand(&json::text(&taken), &handed))
}

/// Takes a `Step` with deliveries. Returns its answer, in JSON, and what it has handed out.
///
/// # Errors
///
/// Fails if the storage does, or if the step is not understood.
#[wasm_bindgen]
pub fn deliver(storage: &Storage, step: &str) -> Result<Array, JsValue> {
    let step = serde_json::from_str(step).map_err(|_| "the step is not understood")?;
    let (answer, handed) = delivery::take_step(&Sql(storage), step)?;
    Ok(hand(&answer, &handed))
}

/// Returns what host.js needs of a step: its answer, what to send to the queue of attempts, and when
/// to call again, or null.
fn hand(answer: &str, handed: &Handed) -> Array {
    let leases = json::text(&handed.leases);
    #[allow(clippy::cast_precision_loss)] // Milliseconds are far below 2^53.
    let due = handed.due.map_or(JsValue::NULL, |due| JsValue::from_f64(due as f64));
    Array::of3(&answer.into(), &leases.into(), &due)
}

/// Returns the version of the copy of the endpoints; 0 if there is none yet.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = endpointsVersion)]
pub fn endpoints_version(storage: &Storage) -> Result<f64, JsValue> {
    #[allow(clippy::cast_precision_loss)] // A count of changes.
    Ok(delivery::version(&Sql(storage))? as f64)
}

/// Replaces the copy of the endpoints, if it still has the version that is known.
///
/// # Errors
///
/// Fails if the storage does, or if the text is not understood.
#[wasm_bindgen(js_name = setEndpoints)]
pub fn set_endpoints(storage: &Storage, endpoints: &str, known: f64) -> Result<(), JsValue> {
    let new: Option<Endpoints> =
        serde_json::from_str(endpoints).map_err(|_| "the endpoints are not understood")?;
    #[allow(clippy::cast_possible_truncation)] // A count of changes.
    let known = known as i64;
    new.map_or(Ok(()), |new| delivery::set_endpoints(&Sql(storage), &new, Some(known)))
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
        Question::History { since, step } => Ok(json::text(&history::since(&sql, since, step)?)),
        Question::Latest => Ok(json::text(&stats::latest(&sql)?)),
        Question::Floor => Ok(json::text(&range::floor(&sql)?)),
        Question::RaiseFloor(before) => Ok(json::text(&range::raise_floor(&sql, &before)?)),
        Question::SetEndpoints(new) => Ok(json::text(&delivery::set_endpoints(&sql, &new, None)?)),
        Question::HasSucceeded { endpoint, since } => {
            Ok(json::text(&delivery::has_succeeded(&sql, &endpoint, since)?))
        }
        Question::Deliveries(query) => delivery::list(&sql, &query),
        Question::Delivery { endpoint, seq } => {
            Ok(json::text(&delivery::one(&sql, &endpoint, seq)?))
        }
        Question::Orders(query) => orders::list(&sql, &query),
        Question::Order { id } => orders::one(&sql, &id),
    }
}

/// Returns, in JSON, the messages of a stream that follow a position; without a position, the last one.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = followJournal)]
pub fn follow(storage: &Storage, journal: &str, after: Option<f64>) -> Result<String, JsValue> {
    #[allow(clippy::cast_possible_truncation)] // A position is whole.
    let after = after.map(|after| after as i64);
    Ok(json::text(&follow::follow(&Sql(storage), journal, after)?))
}

/// Removes a step of what is due to be removed. Returns the milliseconds after which to remove more.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = pruneJournal)]
pub fn prune(storage: &Storage, settings: &str) -> Result<f64, JsValue> {
    prune::prune(&Sql(storage), settings)
}

/// Hands out the deliveries that are due. Returns null, and what it has handed out.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = handOut)]
pub fn hand_out(storage: &Storage) -> Result<Array, JsValue> {
    Ok(hand("null", &delivery::hand_out(&Sql(storage))?))
}
