//! Counts the events and orders of a journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    delivery::{self, Backlog},
    range,
    tallies::{EVENTS, Tallies},
};
use crate::{host::Sql, moment};

/// What a journal has.
#[derive(Serialize, Deserialize)]
pub(crate) struct JournalStats {
    pub(crate) events: i64,
    pub(crate) last_hour: i64,
    pub(crate) last_day: i64,
    /// The orders, by their status.
    pub(crate) statuses: BTreeMap<String, i64>,
    pub(crate) bytes: i64,
    pub(crate) oldest: Option<i64>,
    pub(crate) latest: Option<i64>,
    pub(crate) endpoints: Vec<Backlog>,
}

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Counts what the journal has.
pub(super) fn count(sql: &Sql<'_>) -> Result<JournalStats, JsValue> {
    let mut statuses = Tallies::read(sql)?;
    let events = statuses.remove(EVENTS).unwrap_or(0);
    let (now, last) = (moment::now(), range::floor(sql)?.seq);
    #[allow(clippy::cast_possible_truncation)] // At most 10 GB.
    let bytes = sql.bytes() as i64;
    Ok(JournalStats {
        events,
        last_hour: since(sql, now - HOUR_MS, last)?.min(events),
        last_day: since(sql, now - 24 * HOUR_MS, last)?.min(events),
        statuses,
        bytes,
        oldest: at(sql, "SELECT at FROM events ORDER BY seq LIMIT 1")?,
        latest: latest(sql)?,
        endpoints: delivery::backlogs(sql)?,
    })
}

/// Returns when the latest event was taken.
pub(super) fn latest(sql: &Sql<'_>) -> Result<Option<i64>, JsValue> {
    at(sql, "SELECT at FROM events ORDER BY seq DESC LIMIT 1")
}

/// The number of events that are counted one by one. A larger number is computed from positions, so
/// it includes erased events.
const MAX_COUNTED: i64 = 10_000;

/// Counts the events that were taken at a time or later.
fn since(sql: &Sql<'_>, at: i64, last: i64) -> Result<i64, JsValue> {
    const FIRST: &str = "SELECT seq FROM events WHERE seq >= ? ORDER BY seq LIMIT 1";
    // After a restore, many positions have no event.
    let position = range::position(sql, at, last)?;
    let Some(first) = sql.first(FIRST, &[position.into()])?.map(|row| row.int(0)) else {
        return Ok(0);
    };
    if last - first >= MAX_COUNTED {
        return Ok(last - first + 1);
    }
    let row = sql.first("SELECT count(*) FROM events WHERE seq >= ?", &[first.into()])?;
    Ok(row.map_or(0, |row| row.int(0)))
}

fn at(sql: &Sql<'_>, query: &str) -> Result<Option<i64>, JsValue> {
    Ok(sql.first(query, &[])?.map(|row| row.int(0)))
}
