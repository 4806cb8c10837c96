//! Erases orders, and events that were not understood.
//!
//! Each call removes a bounded part, and what it has removed stays removed. The large bodies of
//! events are in KV: the caller deletes them before their events, which have their keys.

use orderhook_core::dispatch::{Contact, Taken, order_key};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    budget::Budget,
    names::{self, Kind},
    prune::forget,
    range,
    tallies::{EVENTS, Tallies},
};
use crate::host::{Row, Sql};

/// The events of an order that are looked at together, and the looks of one step.
const LOOK: i64 = 100;
const MAX_LOOKS: usize = 20;

/// What a step has erased of an order, and what comes next.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Erased {
    pub(crate) events: i64,
    /// Whether there was an order.
    pub(crate) orders: i64,
    /// The keys of the bodies in KV that are to be deleted now.
    pub(crate) keys: Vec<String>,
    /// The position up to which these are all.
    pub(crate) up_to: i64,
    /// Whether there is more.
    pub(crate) has_more: bool,
}

/// Erases a step of an order's events, the oldest first, and the order after the last. The bodies
/// in KV of those up to a position are deleted.
pub(super) fn order(sql: &Sql<'_>, order: &str, forgotten: i64) -> Result<Erased, JsValue> {
    const SELECT: &str = "SELECT seq, json_extract(body, '$.data.payload_ref') FROM events \
        WHERE ord = ? ORDER BY seq LIMIT ?";
    let key = order_key(order);
    range::keep_floor(sql)?;
    let mut erased = Erased { up_to: forgotten, has_more: true, ..Erased::default() };
    let (mut tallies, mut budget) = (Tallies::default(), Budget::new());
    for _ in 0..MAX_LOOKS {
        erased.events += remove(sql, &key, erased.up_to)?;
        if budget.is_spent() {
            break;
        }
        let rows = sql.rows(SELECT, &[(&*key).into(), LOOK.into()])?;
        if rows.is_empty() {
            erased.orders = end(sql, &key, &mut tallies)?;
            erased.has_more = false;
            break;
        }
        for row in &rows {
            if !budget.takes(sql, row.int(0))? {
                break;
            }
            erased.up_to = row.int(0);
            erased.keys.extend(row.text(1));
        }
        if !erased.keys.is_empty() {
            break;
        }
    }
    tallies.add(EVENTS, -erased.events);
    tallies.save(sql)?;
    Ok(erased)
}

/// Removes the events of an order up to a position. Returns how many.
fn remove(sql: &Sql<'_>, order: &str, up_to: i64) -> Result<i64, JsValue> {
    const DELETE: &str = "DELETE FROM events WHERE ord = ? AND seq <= ? RETURNING 1";
    let rows = sql.rows(DELETE, &[order.into(), up_to.into()])?;
    Ok(i64::try_from(rows.len()).unwrap_or(0))
}

/// Removes an order that has no events. Returns how many there were.
fn end(sql: &Sql<'_>, order: &str, tallies: &mut Tallies) -> Result<i64, JsValue> {
    const SELECT: &str = "SELECT ord, status, names FROM orders WHERE ord = ?";
    let row = sql.first(SELECT, &[order.into()])?;
    row.map_or(Ok(0), |row| forget(sql, &row, tallies).map(|()| 1))
}

/// Finds orders of a customer.
pub(super) fn orders_of(
    sql: &Sql<'_>,
    contact: &Contact,
    limit: i64,
) -> Result<Vec<String>, JsValue> {
    let name = names::name(Kind::Customer, &contact.key());
    let rows =
        sql.rows("SELECT ord FROM names WHERE name = ? LIMIT ?", &[(&name).into(), limit.into()])?;
    Ok(rows.iter().filter_map(|row| row.text(0)).collect())
}

/// The events that were not understood of one step: the bytes after which it ends, the rows that
/// are read at once, and the bodies in KV that it finds.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const CHUNK: usize = 50;
const MAX_KEYS: usize = 100;

/// What a step has erased of the events that were not understood and name a customer, and what
/// comes next.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Mentions {
    pub(crate) erased: i64,
    /// The events that have a body in KV. They are to be erased after their bodies.
    pub(crate) events: Vec<i64>,
    /// The keys of these bodies.
    pub(crate) keys: Vec<String>,
    /// The position after which to look for more.
    pub(crate) next: Option<i64>,
}

/// Erases events that were not understood and name a customer, in a bounded part of the journal.
pub(super) fn mentions(sql: &Sql<'_>, contact: &Contact, after: i64) -> Result<Mentions, JsValue> {
    let mut found = Mentions { next: Some(after), ..Mentions::default() };
    let (mut bytes, mut named, mut budget) = (0, Vec::new(), Budget::new());
    while let Some(after) = found
        .next
        .filter(|_| bytes < MAX_BYTES && found.keys.len() < MAX_KEYS && !budget.is_spent())
    {
        let rows = not_understood(sql, after)?;
        for row in &rows {
            let body = row.text(1).unwrap_or_default();
            bytes += body.len();
            if contact.is_in(&body) {
                budget.takes(sql, row.int(0))?;
                match Taken::read(&body).ok().and_then(|event| event.payload_ref) {
                    Some(key) => {
                        found.keys.push(key);
                        found.events.push(row.int(0));
                    }
                    None => named.push(row.int(0)),
                }
            }
        }
        found.next = rows.last().filter(|_| rows.len() == CHUNK).map(|row| row.int(0));
    }
    found.erased = events(sql, &named)?;
    Ok(found)
}

fn not_understood(sql: &Sql<'_>, after: i64) -> Result<Vec<Row>, JsValue> {
    const SELECT: &str =
        "SELECT seq, body FROM events WHERE ord IS NULL AND seq > ? ORDER BY seq LIMIT ?";
    sql.rows(SELECT, &[after.into(), i64::try_from(CHUNK).unwrap_or(0).into()])
}

/// Erases events by their positions. Returns how many there were.
pub(super) fn events(sql: &Sql<'_>, events: &[i64]) -> Result<i64, JsValue> {
    const DELETE: &str = "DELETE FROM events WHERE seq = ? RETURNING 1";
    range::keep_floor(sql)?;
    let mut erased = 0;
    for seq in events {
        erased += i64::from(sql.first(DELETE, &[(*seq).into()])?.is_some());
    }
    let mut tallies = Tallies::default();
    tallies.add(EVENTS, -erased);
    tallies.save(sql)?;
    Ok(erased)
}
