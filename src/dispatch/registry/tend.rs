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

/// The rows of sums that one step removes where there is no room. They are short.
const SUMS_STEP: i64 = 5_000;

/// The key of `activity`.
const SUM: &str = "at, source, code, latency";

/// Removes what is due, at most a step of it. Returns the milliseconds after which to look again.
pub(super) fn tend(sql: &Sql<'_>, settings: &str) -> Result<f64, JsValue> {
    let Retention { age, bytes, .. } = Retention::parse(settings);
    let now = moment::now();
    let counts = [
        remove(sql, "audit", "seq", now - AUDIT_MS, STEP)?,
        remove(sql, "dead_letters", "seq", now - age, STEP)?,
        remove(sql, "answers", "key", now - KEPT_MS, STEP)?,
        remove(sql, "sessions", "id", now - SESSION_MS, STEP)?,
        remove(sql, "codes", "id", now - CODE_MS, STEP)?,
        remove(sql, "activity", SUM, now - ACTIVITY_MS, STEP)?,
        remove(sql, "counted", "seq", now - COUNTED_MS, STEP)?,
    ];
    let is_more = counts.contains(&STEP) || sql.bytes() > bytes && make_room(sql, bytes)?;
    Ok(if is_more { SOON } else { SELDOM })
}

/// Removes a step of what can be missed: sums first, then answers, and dead letters only if there is
/// nothing else, since each may be an order. Returns whether there may be more.
fn make_room(sql: &Sql<'_>, bytes: f64) -> Result<bool, JsValue> {
    let all = moment::now() + DAY_MS;
    for (table, key, step, what) in
        [("activity", SUM, SUMS_STEP, "counts"), ("answers", "at, key", STEP, "answers")]
    {
        if remove(sql, table, key, all, step)? > 0 {
            log::failure("registry", &format!("it is full: the oldest {what} were removed"));
            return Ok(true);
        }
    }
    let mut removed = 0;
    while removed < STEP && sql.bytes() > bytes && remove(sql, "dead_letters", "seq", all, 1)? > 0 {
        removed += 1;
    }
    if removed > 0 {
        log::failure("registry", "it is full: the oldest dead letters were removed");
    }
    Ok(removed == STEP)
}

/// Removes rows of a table from before a time, at most as many as `step`. Returns how many.
fn remove(sql: &Sql<'_>, table: &str, key: &str, before: i64, step: i64) -> Result<i64, JsValue> {
    let delete = format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE at < ? \
         ORDER BY {key} LIMIT ?) RETURNING 1"
    );
    let rows = sql.rows(&delete, &[before.into(), step.into()])?;
    Ok(i64::try_from(rows.len()).unwrap_or(0))
}
