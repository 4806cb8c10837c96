//! Counts of the receiver's answers, added up over five minutes.

use std::collections::BTreeMap;

use orderhook_core::dispatch::STEP_MS;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::{Row, Sql},
    json, moment,
};

/// A number of answers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sum {
    /// When they were given, in milliseconds since 1970.
    #[serde(default)]
    pub(crate) at: i64,
    pub(crate) source: String,
    pub(crate) code: String,
    /// The number of the bucket of their latency.
    pub(crate) latency: i64,
    pub(crate) count: i64,
}

/// The counts of a batch of messages.
#[derive(Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) messages: Vec<Message>,
}

/// A message of counts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    /// Whether it was handed over before. It may have been counted then, although nothing said so.
    pub(crate) came_before: bool,
    pub(crate) sums: Vec<Sum>,
}

/// The batches in which a message that comes again is looked for, and for how long they are kept.
const MAX_BATCHES: i64 = 1000;
pub(super) const COUNTED_MS: i64 = 60 * 60 * 1000;

/// The sums that an answer may have.
const MAX_SUMS: i64 = 20_000;

/// Adds the sums of messages, each message once. Sums of the same step are written once.
pub(super) fn add(sql: &Sql<'_>, Counts { messages }: &Counts) -> Result<(), JsValue> {
    const ADD: &str = "INSERT INTO activity (at, source, code, latency, n) \
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n";
    const NOTE: &str = "INSERT INTO counted (at, messages) VALUES (?, ?)";
    let (mut sums, mut ids) = (BTreeMap::new(), Vec::new());
    for Message { id, came_before, sums: of_message } in messages {
        if *came_before && is_counted(sql, id)? {
            continue;
        }
        ids.push(id);
        for Sum { at, source, code, latency, count } in of_message {
            let step = (at - at % STEP_MS, source, code, *latency);
            *sums.entry(step).or_insert(0) += count;
        }
    }
    for ((at, source, code, latency), count) in sums {
        sql.run(ADD, &[at.into(), source.into(), code.into(), latency.into(), count.into()])?;
    }
    if ids.is_empty() {
        return Ok(());
    }
    sql.run(NOTE, &[moment::now().into(), (&json::text(&ids)).into()])
}

/// Returns whether a message was counted.
fn is_counted(sql: &Sql<'_>, id: &str) -> Result<bool, JsValue> {
    const SELECT: &str = "SELECT 1 FROM (SELECT messages FROM counted ORDER BY seq DESC LIMIT ?) AS b \
        WHERE EXISTS (SELECT 1 FROM json_each(b.messages) WHERE value = ?)";
    Ok(sql.first(SELECT, &[MAX_BATCHES.into(), id.into()])?.is_some())
}

/// Returns the sums of the last day.
pub(super) fn of_day(sql: &Sql<'_>) -> Result<Vec<Sum>, JsValue> {
    const SELECT: &str = "SELECT source, code, latency, sum(n) FROM activity WHERE at >= ? \
        GROUP BY source, code, latency LIMIT ?";
    let since = moment::now() - moment::DAY_MS;
    let rows = sql.rows(SELECT, &[since.into(), MAX_SUMS.into()])?;
    let sum = |row: &Row| {
        let (source, code) = (row.text(0)?, row.text(1)?);
        Some(Sum { at: since, source, code, latency: row.int(2), count: row.int(3) })
    };
    Ok(rows.iter().filter_map(sum).collect())
}

/// Returns the sums since a time, of a source or of all, in steps. The earliest are left out if
/// there are too many.
pub(super) fn since(
    sql: &Sql<'_>,
    since: i64,
    step: i64,
    source: Option<&str>,
) -> Result<Vec<Sum>, JsValue> {
    const SELECT: &str = "SELECT at - at % ?1, source, code, latency, sum(n) FROM activity \
        WHERE at >= ?2 AND (?3 IS NULL OR source = ?3) GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC LIMIT ?4";
    let values = [step.into(), since.into(), source.into(), MAX_SUMS.into()];
    let rows = sql.rows(SELECT, &values)?;
    let sum = |row: &Row| {
        let (source, code) = (row.text(1)?, row.text(2)?);
        Some(Sum { at: row.int(0), source, code, latency: row.int(3), count: row.int(4) })
    };
    Ok(rows.iter().filter_map(sum).collect())
}
