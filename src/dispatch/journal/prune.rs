//! Removes the oldest events: those that are too old, and those for which there is no room.

use wasm_bindgen::prelude::*;

use super::{
    names, range,
    tallies::{EVENTS, Tallies},
};
use crate::{
    config::Retention,
    host::{Row, Sql},
    moment,
};

/// The events that one step removes.
const STEP: i64 = 500;

/// The milliseconds until the next step: while more is due, while the journal fills, and else.
const SOON: f64 = 100.0;
const OFTEN: f64 = 600_000.0;
const SELDOM: f64 = 3_600_000.0;

/// The share of its room from which on a journal is looked at often.
const FILLED: f64 = 0.25;

/// Removes the events that are due, at most a step of them. Returns the milliseconds after which to
/// look again.
pub(super) fn prune(sql: &Sql<'_>, settings: &str) -> Result<f64, JsValue> {
    let Retention { age, bytes, .. } = Retention::parse(settings);
    let is_full = sql.bytes() > bytes;
    let before = if is_full { i64::MAX } else { moment::now() - age };
    let removed = remove(sql, before)?;
    Ok(if removed == STEP {
        SOON
    } else if sql.bytes() > bytes * FILLED {
        OFTEN
    } else {
        SELDOM
    })
}

/// Removes the oldest events that were taken before a time. Returns how many.
fn remove(sql: &Sql<'_>, before: i64) -> Result<i64, JsValue> {
    const OLDEST: &str = "SELECT max(seq), count(*) FROM \
        (SELECT seq, at FROM events ORDER BY seq LIMIT ?) WHERE at < ?";
    let row = sql.first(OLDEST, &[STEP.into(), before.min(MAX_MOMENT).into()])?;
    let (last, count) = row.map_or((0, 0), |row| (row.int(0), row.int(1)));
    if count == 0 {
        return Ok(0);
    }
    range::keep_floor(sql)?;
    let mut tallies = Tallies::default();
    for row in ended(sql, last)? {
        forget(sql, &row, &mut tallies)?;
    }
    sql.run("DELETE FROM events WHERE seq <= ?", &[last.into()])?;
    tallies.add(EVENTS, -count);
    tallies.save(sql)?;
    Ok(count)
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
