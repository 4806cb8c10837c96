//! The events after a position, as the messages of a stream.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    events::{self, EventsQuery},
    page::{Entry, Page},
    range,
    span::Part,
};
use crate::{
    cursor::{Cursor, OLDEST_EVENTS},
    host::Sql,
    source,
};

/// The events that are sent at once, and the bytes after which no more are.
const MAX_EVENTS: usize = 100;
const MAX_BYTES: usize = 256 * 1024;

/// What follows a position.
#[derive(Serialize)]
pub(super) struct Followed {
    messages: Vec<String>,
    /// The position of the last.
    after: i64,
    has_more: bool,
}

/// Returns what follows a position; without one, nothing, and the last position.
pub(super) fn follow(
    sql: &Sql<'_>,
    journal: &str,
    after: Option<i64>,
) -> Result<Followed, JsValue> {
    let Some(after) = after else {
        let after = range::floor(sql)?.seq;
        return Ok(Followed { messages: Vec::new(), after, has_more: false });
    };
    let part = Part { after: Some(after), limit: MAX_EVENTS, bytes: MAX_BYTES, ..Part::default() };
    let text = events::list(sql, &EventsQuery { part, ..EventsQuery::default() })?;
    let page: Page<'_> = serde_json::from_str(&text).map_err(|_| "the page is not understood")?;
    let messages = page.entries.iter().map(|entry| message(journal, entry)).collect();
    let (after, has_more) = page.rest.map_or((page.top, false), |rest| (rest.after, true));
    Ok(Followed { messages, after, has_more })
}

/// Returns what the API lists of an event, with the cursor after which the stream goes on.
fn message(journal: &str, entry: &Entry<'_>) -> String {
    let positions = [(journal.to_owned(), entry.seq)].into();
    let cursor = Cursor { list: OLDEST_EVENTS.to_owned(), positions }.text();
    let record = source::named(journal, entry.record.get());
    let rest = record.strip_prefix('{').unwrap_or_default();
    format!(r#"{{"cursor":"{cursor}",{rest}"#)
}
