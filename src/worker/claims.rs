//! The Durable Objects that hold claims: which of several copies of a delivery may send its event.
//! KV cannot decide it, since it has no compare-and-set; an object handles one request at a time.
//!
//! An object's functions are here, and have no state of their own: everything is in its `SQLite`
//! storage. So neither its eviction nor a panic elsewhere in the instance loses a claim. Its class,
//! which calls these functions, is in entry.js.
//!
//! The functions fail if the storage does.

use js_sys::{Array, Date};
use orderhook_core::fnv1a;
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectStorage, SqlStorage, SqlStorageCursor};

/// The number of objects that the keys are divided among. One object answers about 1,000 requests a
/// second, and an event costs two, so 16 suffice for thousands of events a second. More objects
/// would only keep more of them awake. If the number changes, a key may have another object, which
/// does not know earlier events: only KV does.
const SHARDS: u32 = 16;

/// Returns the name of the object that holds the claims on a key.
pub(crate) fn shard(key: &str) -> String {
    // Only authentic deliveries have keys, so an attacker cannot overload one object.
    format!("claims-{}", fnv1a(key) % SHARDS)
}

/// Makes the table if it does not exist.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = openClaims)]
pub fn open(storage: &DurableObjectStorage) -> Result<(), JsValue> {
    const TABLE: &str = "CREATE TABLE IF NOT EXISTS claims (
        key TEXT PRIMARY KEY,
        claimant TEXT, -- NULL once the event is safe
        until REAL NOT NULL -- milliseconds since 1970
    ) WITHOUT ROWID";
    storage.sql().exec(TABLE, Array::new()).map(drop)
}

/// Claims a key for `ms` milliseconds. Returns the milliseconds until the key is free at the
/// latest: 0 if the claim is granted, infinity if the event is safe.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen]
pub fn claim(
    storage: &DurableObjectStorage,
    key: &str,
    claimant: &str,
    ms: f64,
) -> Result<f64, JsValue> {
    let (sql, now) = (storage.sql(), Date::now());
    match ClaimRow::of(&sql, key)? {
        Some(held) if held.until > now && held.claimant.as_deref() != Some(claimant) => {
            Ok(if held.claimant.is_some() { held.until - now } else { f64::INFINITY })
        }
        _ => hold(&sql, key, &claimant.into(), now + ms).map(|()| 0.0),
    }
}

/// Remembers for `ms` milliseconds that the key's event is safe. It need not be the claimant's
/// call: the event is safe for every copy.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen]
pub fn commit(storage: &DurableObjectStorage, key: &str, ms: f64) -> Result<(), JsValue> {
    hold(&storage.sql(), key, &JsValue::NULL, Date::now() + ms)
}

/// Releases a claim, if it is still the claimant's.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen]
pub fn release(storage: &DurableObjectStorage, key: &str, claimant: &str) -> Result<(), JsValue> {
    const DELETE: &str = "DELETE FROM claims WHERE key = ? AND claimant = ?";
    storage.sql().exec(DELETE, Array::of2(&key.into(), &claimant.into())).map(drop)
}

/// Deletes expired rows. Returns whether any row is left.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = sweepClaims)]
pub fn sweep(storage: &DurableObjectStorage) -> Result<bool, JsValue> {
    let sql = storage.sql();
    // No index on `until`: it would cost one more row for each write, and an event has three. The
    // table is read once an hour, 168 times in 7 days, and a read costs a thousandth of a write.
    sql.exec("DELETE FROM claims WHERE until <= ?", Array::of1(&Date::now().into()))?;
    Ok(row(&sql.exec("SELECT 1 FROM claims LIMIT 1", Array::new())?)?.is_some())
}

/// A row of the table.
struct ClaimRow {
    /// `None` once the event is safe.
    claimant: Option<String>,
    until: f64,
}

impl ClaimRow {
    fn of(sql: &SqlStorage, key: &str) -> Result<Option<Self>, JsValue> {
        const SELECT: &str = "SELECT claimant, until FROM claims WHERE key = ?";
        let row = row(&sql.exec(SELECT, Array::of1(&key.into()))?)?;
        Ok(row.map(|row| Self {
            claimant: row.get(0).as_string(),
            until: row.get(1).as_f64().unwrap_or_default(),
        }))
    }
}

fn hold(sql: &SqlStorage, key: &str, claimant: &JsValue, until: f64) -> Result<(), JsValue> {
    const WRITE: &str = "INSERT INTO claims (key, claimant, until) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET claimant = excluded.claimant, until = excluded.until";
    sql.exec(WRITE, Array::of3(&key.into(), claimant, &until.into())).map(drop)
}

/// Returns the first row, column by column.
fn row(cursor: &SqlStorageCursor) -> Result<Option<Array>, JsValue> {
    let next = cursor.raw().next()?;
    Ok((!next.done()).then(|| next.value().unchecked_into()))
}
