//! The registry: what all journals share. There is one: the journals that exist, tokens, the audit,
//! and dead letters.
//!
//! As with a journal, everything is in the `SQLite` storage of a Durable Object, and each call is
//! one transaction. The functions fail if the storage does.

use wasm_bindgen::prelude::*;

use crate::{
    host::{Sql, Storage},
    json,
    migrate::migrate,
};
pub(crate) use client::{ask, keep_dead_letters, note, watch};
pub(crate) use dead_letters::DeadLetter;
pub(crate) use question::{Door, Question};
pub(crate) use tokens::{Access, Holder};

mod client;
mod dead_letters;
mod door;
mod question;
mod tokens;

const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// Brings the tables up to date.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = openRegistry)]
pub fn open(storage: &Storage) -> Result<(), JsValue> {
    migrate(&Sql(storage), MIGRATIONS)
}

/// Answers a [`Question`], in JSON.
///
/// # Errors
///
/// Fails if the storage does, or if the question is not understood.
#[wasm_bindgen(js_name = askRegistry)]
pub fn answer(storage: &Storage, question: &str) -> Result<String, JsValue> {
    let sql = Sql(storage);
    let question = serde_json::from_str(question).map_err(|error| error.to_string())?;
    Ok(match question {
        Question::Journals => json::text(&door::journals(&sql)?),
        Question::Note { journals } => json::text(&door::note(&sql, &journals)?),
        Question::Open { digest } => json::text(&door::open(&sql, digest.as_deref())?),
        Question::KeepDeadLetters { letters } => json::text(&dead_letters::keep(&sql, &letters)?),
    })
}

/// Removes what is due. Returns the milliseconds after which to call it again.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = tendRegistry)]
pub fn tend(_storage: &Storage, _settings: &str) -> Result<f64, JsValue> {
    Ok(3_600_000.0)
}
