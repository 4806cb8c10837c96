//! Removes the oldest events: those that are too old, and those for which there is no room.

use wasm_bindgen::prelude::*;

use super::{
    budget::Budget,
    history, names, range,
    tallies::{EVENTS, Tallies},
};
use crate::{
    config::Retention,
    host::{Row, Sql},
    log,
    migrate::{meta, set_meta},
    moment,
};

/// The events that one step removes, or thins.
const STEP: i64 = 500;

/// The rows of a table that one step thins.
const THIN_ROWS: i64 = 5000;

/// The name in `meta` of the position up to which events were thinned.
const THINNED: &str = "thinned";

/// The milliseconds until the next step: while more is due, while the journal fills, and else.
const SOON: f64 = 100.0;
const OFTEN: f64 = 600_000.0;
const SELDOM: f64 = 3_600_000.0;

/// The share of its room from which on a journal is looked at often.
const FILLED: f64 = 0.25;

/// Removes the events that are due, at most a step of them. A journal that is full gives up its
/// attempts and its deliveries that are done before it gives up events. Returns the milliseconds
/// after which to look again.
pub(super) fn prune(sql: &Sql<'_>, settings: &str) -> Result<f64, JsValue> {
    let Retention { age, bytes, .. } = Retention::parse(settings);
    let is_full = sql.bytes() > bytes;
    let before = if is_full { MAX_MOMENT } else { moment::now() - age };
    let is_more = history::prune(sql)? || is_full && thin(sql)? || remove(sql, before)?;
    Ok(if is_more {
        SOON
    } else if sql.bytes() > bytes * FILLED {
        OFTEN
    } else {
        SELDOM
    })
}

/// Removes a step of the attempts, and of the deliveries that are done. Returns whether there was
/// something to look at.
fn thin(sql: &Sql<'_>) -> Result<bool, JsValue> {
    const FIRST: &str = "SELECT min(seq) FROM events WHERE EXISTS (SELECT 1 FROM endpoints)";
    let Some(first) = sql.first(FIRST, &[])?.and_then(|row| row.int_or_null(0)) else {
        return Ok(false);
    };
    let (after, top) = (meta(sql, THINNED)?.max(first - 1), range::floor(sql)?.seq);
    if after >= top {
        return Ok(false);
    }
    let last = top.min(after + STEP);
    let done = delete(sql, "deliveries", "endpoint, seq", "AND state = 'done'", after, last)?;
    let attempts = delete(sql, "attempts", "endpoint, seq, n", "", after, last)?;
    if done < THIN_ROWS && attempts < THIN_ROWS {
        set_meta(sql, THINNED, last)?;
    }
    Ok(true)
}

/// Removes rows of the events between two positions. Returns how many.
fn delete(
    sql: &Sql<'_>,
    table: &str,
    key: &str,
    which: &str,
    after: i64,
    last: i64,
) -> Result<i64, JsValue> {
    let delete = format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE endpoint IN \
         (SELECT id FROM endpoints) AND seq > ? AND seq <= ? {which} LIMIT ?) RETURNING 1"
    );
    let rows = sql.rows(&delete, &[after.into(), last.into(), THIN_ROWS.into()])?;
    Ok(i64::try_from(rows.len()).unwrap_or(0))
}

/// Removes a step of the oldest events that were taken before a time. Returns whether there may be
/// more.
fn remove(sql: &Sql<'_>, before: i64) -> Result<bool, JsValue> {
    const OLDEST: &str =
        "SELECT seq FROM (SELECT seq, at FROM events ORDER BY seq LIMIT ?) WHERE at < ?";
    let (mut budget, mut last, mut count) = (Budget::new(), 0, 0);
    for row in sql.rows(OLDEST, &[STEP.into(), before.into()])? {
        if !budget.takes(sql, row.int(0))? {
            break;
        }
        (last, count) = (row.int(0), count + 1);
    }
    if count == 0 {
        return Ok(false);
    }
    range::keep_floor(sql)?;
    let mut tallies = Tallies::default();
    for row in ended(sql, last)? {
        forget(sql, &row, &mut tallies)?;
    }
    sql.run("DELETE FROM events WHERE seq <= ?", &[last.into()])?;
    tallies.add(EVENTS, -count);
    tallies.save(sql)?;
    if budget.undelivered > 0 {
        log::undelivered(budget.undelivered);
    }
    Ok(count == STEP || budget.is_spent())
}

/// The last moment of the year 9999.
const MAX_MOMENT: i64 = 253_402_300_799_999;

/// Returns the orders whose latest event is among those up to a position.
fn ended(sql: &Sql<'_>, last: i64) -> Result<Vec<Row>, JsValue> {
    const ENDED: &str = "SELECT o.ord, o.status, o.names FROM events AS e CROSS JOIN orders AS o \
        WHERE e.seq <= ?1 AND o.ord = e.ord AND o.seq = e.seq";
    sql.rows(ENDED, &[last.into()])
}

/// Removes an order, by its columns `ord`, `status` and `names`.
pub(super) fn forget(sql: &Sql<'_>, row: &Row, tallies: &mut Tallies) -> Result<(), JsValue> {
    let text = |column| row.text(column).unwrap_or_default();
    let (order, status) = (text(0), text(1));
    let known: Vec<String> = serde_json::from_str(&text(2)).unwrap_or_default();
    names::remove(sql, &order, &known)?;
    tallies.add(&status, -1);
    sql.run("DELETE FROM orders WHERE ord = ?", &[(&order).into()])
}
