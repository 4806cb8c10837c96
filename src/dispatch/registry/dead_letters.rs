//! Messages that could not be taken.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{event::Event, host::Sql, moment};

/// A message that could not be taken.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeadLetter {
    /// The message's id.
    pub(crate) id: String,
    attempts: u32,
    /// `json`, `text` or `base64`.
    form: String,
    content: String,
}

impl DeadLetter {
    /// Makes a dead letter of a message: its form, and its content in that form.
    pub(crate) fn new(id: String, attempts: u32, form: String, content: String) -> Self {
        Self { id, attempts, form, content }
    }
}

/// Keeps dead letters. One that is known is kept once.
pub(super) fn keep(sql: &Sql<'_>, letters: &[DeadLetter]) -> Result<(), JsValue> {
    const INSERT: &str = "INSERT INTO dead_letters \
        (id, at, attempts, source, event, type, ord, form, content) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    for letter in letters {
        let event = Event::parse(&letter.content);
        let event = event.as_ref();
        let values = [
            (&letter.id).into(),
            moment::now().into(),
            i64::from(letter.attempts).into(),
            event.map(Event::source).into(),
            event.map(|event| &event.id).into(),
            event.map(|event| &event.kind).into(),
            event.and_then(Event::order).into(),
            (&letter.form).into(),
            (&letter.content).into(),
        ];
        sql.run(INSERT, &values)?;
    }
    Ok(())
}
