//! Erases orders, and events that were not understood.

use orderhook_core::dispatch::{Taken, order_key};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    names::{self, Kind},
    prune::forget,
    range,
    tallies::{EVENTS, Tallies},
};
use crate::{
    contact::Contact,
    host::{Row, Sql},
};

/// The events that one step looks at or removes.
const STEP: i64 = 200;

/// Large bodies of an order's events in KV.
#[derive(Serialize, Deserialize)]
pub(crate) struct Payloads {
    pub(crate) keys: Vec<String>,
    /// The position after which to look for more.
    pub(crate) next: Option<i64>,
}

/// What a step has erased.
#[derive(Serialize, Deserialize)]
pub(crate) struct Erased {
    pub(crate) events: i64,
    /// Whether there was an order.
    pub(crate) orders: i64,
    /// Whether there is more.
    pub(crate) has_more: bool,
}

/// Events that were not understood and name a customer.
#[derive(Serialize, Deserialize)]
pub(crate) struct Mentions {
    pub(crate) events: Vec<i64>,
    /// The keys of their bodies in KV.
    pub(crate) keys: Vec<String>,
    /// The position after which to look for more.
    pub(crate) next: Option<i64>,
}

/// Finds the large bodies of an order.
pub(super) fn payloads(sql: &Sql<'_>, order: &str, after: i64) -> Result<Payloads, JsValue> {
    const SELECT: &str = "SELECT seq, json_extract(body, '$.data.payload_ref') FROM events \
        WHERE ord = ? AND seq > ? ORDER BY seq LIMIT ?";
    let key = order_key(order);
    let rows = sql.rows(SELECT, &[(&*key).into(), after.into(), STEP.into()])?;
    let keys = rows.iter().filter_map(|row| row.text(1)).collect();
    Ok(Payloads { keys, next: next(&rows) })
}

/// Returns the position after which there may be more.
fn next(rows: &[Row]) -> Option<i64> {
    let is_full = i64::try_from(rows.len()) == Ok(STEP);
    rows.last().filter(|_| is_full).map(|row| row.int(0))
}

/// Erases a step of an order's events, and the order after the last.
pub(super) fn order(sql: &Sql<'_>, order: &str) -> Result<Erased, JsValue> {
    const DELETE: &str = "DELETE FROM events WHERE seq IN \
        (SELECT seq FROM events WHERE ord = ? LIMIT ?) RETURNING seq";
    let key = order_key(order);
    range::keep_floor(sql)?;
    let mut tallies = Tallies::default();
    let rows = sql.rows(DELETE, &[(&*key).into(), STEP.into()])?;
    let events = i64::try_from(rows.len()).unwrap_or(0);
    tallies.add(EVENTS, -events);
    let mut orders = 0;
    if events < STEP {
        let select = "SELECT ord, status, names FROM orders WHERE ord = ?";
        if let Some(row) = sql.first(select, &[(&*key).into()])? {
            forget(sql, &row, &mut tallies)?;
            orders = 1;
        }
    }
    tallies.save(sql)?;
    Ok(Erased { events, orders, has_more: events == STEP })
}

/// Finds orders of a customer.
pub(super) fn orders_of(
    sql: &Sql<'_>,
    contact: &Contact,
    limit: i64,
) -> Result<Vec<String>, JsValue> {
    let name = names::name(Kind::Customer, &contact.key);
    let rows =
        sql.rows("SELECT ord FROM names WHERE name = ? LIMIT ?", &[(&name).into(), limit.into()])?;
    Ok(rows.iter().filter_map(|row| row.text(0)).collect())
}

/// Looks for a customer in events that were not understood.
pub(super) fn mentions(sql: &Sql<'_>, contact: &Contact, after: i64) -> Result<Mentions, JsValue> {
    const SELECT: &str =
        "SELECT seq, body FROM events WHERE ord IS NULL AND seq > ? ORDER BY seq LIMIT ?";
    let rows = sql.rows(SELECT, &[after.into(), STEP.into()])?;
    let (mut events, mut keys) = (Vec::new(), Vec::new());
    for row in &rows {
        let body = row.text(1).unwrap_or_default();
        if contact.is_in(&body) {
            events.push(row.int(0));
            keys.extend(Taken::read(&body).ok().and_then(|event| event.payload_ref));
        }
    }
    Ok(Mentions { events, keys, next: next(&rows) })
}

/// Erases events by their positions.
pub(super) fn events(sql: &Sql<'_>, events: &[i64]) -> Result<(), JsValue> {
    range::keep_floor(sql)?;
    let mut tallies = Tallies::default();
    for seq in events {
        let deleted = "DELETE FROM events WHERE seq = ? RETURNING seq";
        if sql.first(deleted, &[(*seq).into()])?.is_some() {
            tallies.add(EVENTS, -1);
        }
    }
    tallies.save(sql)
}
