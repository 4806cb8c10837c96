//! Removes old rows, and rows for which there is no room.

use wasm_bindgen::prelude::*;

use super::{
    activity::COUNTED_MS,
    answers::KEPT_MS,
    sessions::{CODE_MS, SESSION_MS},
};
use crate::{
    config::Retention,
    host::Sql,
    log,
    moment::{self, DAY_MS},
};

/// The rows of a table that one step removes.
const STEP: i64 = 500;

/// For how long the audit and the receiver's sums are kept.
const AUDIT_MS: i64 = 400 * DAY_MS;
const ACTIVITY_MS: i64 = 7 * DAY_MS;

/// The milliseconds until the next step: while more is due, and else.
const SOON: f64 = 100.0;
const SELDOM: f64 = 3_600_000.0;

/// Removes what is due, at most a step of it. Returns the milliseconds after which to look again.
pub(super) fn tend(sql: &Sql<'_>, settings: &str) -> Result<f64, JsValue> {
    let Retention { age, bytes, .. } = Retention::parse(settings);
    let now = moment::now();
    let is_full = sql.bytes() > bytes;
    let letters = if is_full { now + DAY_MS } else { now - age };
    let counts = [
        remove(sql, "audit", "seq", now - AUDIT_MS)?,
        remove(sql, "dead_letters", "seq", letters)?,
        remove(sql, "answers", "key", now - KEPT_MS)?,
        remove(sql, "sessions", "id", now - SESSION_MS)?,
        remove(sql, "codes", "id", now - CODE_MS)?,
        remove(sql, "activity", "at, source, code, latency", now - ACTIVITY_MS)?,
        remove(sql, "counted", "seq", now - COUNTED_MS)?,
    ];
    if is_full {
        log::failure("registry", "it is full: the oldest dead letters were removed");
    }
    Ok(if counts.contains(&STEP) { SOON } else { SELDOM })
}

/// Removes rows of a table from before a time. Returns how many.
fn remove(sql: &Sql<'_>, table: &str, key: &str, before: i64) -> Result<i64, JsValue> {
    let delete = format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE at < ? \
         ORDER BY {key} LIMIT ?) RETURNING 1"
    );
    let rows = sql.rows(&delete, &[before.into(), STEP.into()])?;
    Ok(i64::try_from(rows.len()).unwrap_or(0))
}
