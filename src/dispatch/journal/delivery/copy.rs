//! The journal's copy of the endpoints.

use orderhook_core::{dispatch::Filter, json::Json};
use wasm_bindgen::prelude::*;

use crate::{
    endpoint::{Endpoint, Endpoints, State},
    host::{Row, Sql},
    json,
    migrate::{meta, set_meta},
};

/// The name of the copy's version in `meta`.
const VERSION: &str = "endpoints";

/// The milliseconds between two notes of a success.
const NOTE_MS: i64 = 60 * 60 * 1000;

/// The rows that one step puts away.
const STEP: i64 = 500;

/// An endpoint of the copy.
pub(super) struct Copy {
    pub(super) endpoint: Endpoint,
    pub(super) failing: Option<i64>,
    pub(super) next: i64,
    succeeded: i64,
}

impl Copy {
    /// Reads a row. An endpoint that this version cannot read is disabled, so its events are held.
    fn read(row: &Row) -> Self {
        let record = row.text(0).and_then(|record| serde_json::from_str(&record).ok());
        let endpoint = record.unwrap_or_else(|| Endpoint::unreadable(row.text(4)));
        Self { endpoint, failing: row.int_or_null(1), next: row.int(2), succeeded: row.int(3) }
    }

    pub(super) fn is_active(&self) -> bool {
        self.endpoint.state == State::Active
    }

    /// Returns the filter, unless a later version wrote it.
    pub(super) fn filter(&self) -> Option<Filter> {
        let text = json::text(&self.endpoint.filter);
        Filter::read(&Json::parse(&text).ok()?).ok()
    }
}

/// Returns the version of the copy; 0 if there is none yet.
pub(crate) fn version(sql: &Sql<'_>) -> Result<i64, JsValue> {
    meta(sql, VERSION)
}

/// Replaces the copy. `known` is the version that it must still have; without one, it must be older.
pub(super) fn set(sql: &Sql<'_>, new: &Endpoints, known: Option<i64>) -> Result<(), JsValue> {
    const FORGET: &str = "UPDATE endpoints SET record = NULL \
        WHERE record IS NOT NULL AND id NOT IN (SELECT value FROM json_each(?))";
    const WRITE: &str = "INSERT INTO endpoints (id, record, next) VALUES (?, ?, 0) \
        ON CONFLICT DO UPDATE SET record = excluded.record";
    const BEGIN_AGAIN: &str = "UPDATE endpoints SET failing = NULL, next = 0 WHERE id = ?";
    let version = version(sql)?;
    if known.map_or(new.version <= version, |known| known != version) {
        return Ok(());
    }
    let ids = json::text(&new.endpoints.iter().map(|endpoint| &endpoint.id).collect::<Vec<_>>());
    sql.run(FORGET, &[(&ids).into()])?;
    for endpoint in &new.endpoints {
        if one(sql, &endpoint.id)?.is_some_and(|known| begins_again(&known.endpoint, endpoint)) {
            sql.run(BEGIN_AGAIN, &[(&endpoint.id).into()])?;
        }
        sql.run(WRITE, &[(&endpoint.id).into(), (&json::text(endpoint)).into()])?;
    }
    set_meta(sql, VERSION, new.version)
}

/// Returns whether an endpoint's earlier failures no longer count: it was enabled again, or its
/// sealed URL or secrets have changed.
fn begins_again(known: &Endpoint, new: &Endpoint) -> bool {
    new.state == State::Active && (known.state != State::Active || known.sealed != new.sealed)
}

/// Returns the endpoints that are not deleted.
pub(super) fn all(sql: &Sql<'_>) -> Result<Vec<Copy>, JsValue> {
    const SELECT: &str =
        "SELECT record, failing, next, succeeded, id FROM endpoints WHERE record IS NOT NULL";
    Ok(sql.rows(SELECT, &[])?.iter().map(Copy::read).collect())
}

/// Returns an endpoint that is not deleted.
pub(super) fn one(sql: &Sql<'_>, id: &str) -> Result<Option<Copy>, JsValue> {
    const SELECT: &str = "SELECT record, failing, next, succeeded, id FROM endpoints \
        WHERE id = ? AND record IS NOT NULL";
    Ok(sql.first(SELECT, &[id.into()])?.as_ref().map(Copy::read))
}

/// Notes that an attempt has succeeded.
pub(super) fn succeed(sql: &Sql<'_>, copy: &Copy, at: i64) -> Result<(), JsValue> {
    const SET: &str = "UPDATE endpoints SET failing = NULL, succeeded = ? WHERE id = ?";
    if copy.failing.is_none() && at - copy.succeeded < NOTE_MS {
        return Ok(());
    }
    sql.run(SET, &[at.into(), (&copy.endpoint.id).into()])
}

/// Notes since when an endpoint's attempts fail.
pub(super) fn fail(sql: &Sql<'_>, copy: &Copy, since: i64) -> Result<(), JsValue> {
    const SET: &str = "UPDATE endpoints SET failing = ? WHERE id = ?";
    if copy.failing == Some(since) {
        return Ok(());
    }
    sql.run(SET, &[since.into(), (&copy.endpoint.id).into()])
}

/// Hands out no delivery of an endpoint before a time.
pub(super) fn wait(sql: &Sql<'_>, id: &str, until: i64) -> Result<(), JsValue> {
    const SET: &str = "UPDATE endpoints SET next = max(next, ?) WHERE id = ?";
    sql.run(SET, &[until.into(), id.into()])
}

/// Returns whether an attempt has succeeded since a time. Not every success is noted: while no
/// attempt has failed, there may have been one after the last note.
pub(crate) fn has_succeeded(sql: &Sql<'_>, id: &str, since: i64) -> Result<bool, JsValue> {
    const SELECT: &str = "SELECT 1 FROM endpoints WHERE id = ?1 AND (succeeded > ?2 \
        OR succeeded > ?2 - ?3 AND (failing IS NULL OR failing > ?2))";
    Ok(sql.first(SELECT, &[id.into(), since.into(), NOTE_MS.into()])?.is_some())
}

/// Holds the due deliveries of endpoints that get no events, and removes those of deleted
/// endpoints, a step of each until one is full. Returns whether there is more.
pub(super) fn put_away(sql: &Sql<'_>) -> Result<bool, JsValue> {
    const HOLD: &str = "UPDATE deliveries SET state = 'held', due = NULL WHERE (endpoint, seq) IN \
        (SELECT endpoint, seq FROM deliveries WHERE endpoint = ? AND due IS NOT NULL LIMIT ?) \
        RETURNING 1";
    for copy in all(sql)?.iter().filter(|copy| !copy.is_active()) {
        if is_full(&sql.rows(HOLD, &[(&copy.endpoint.id).into(), STEP.into()])?) {
            return Ok(true);
        }
    }
    for row in sql.rows("SELECT id FROM endpoints WHERE record IS NULL", &[])? {
        if remove(sql, &row.text(0).unwrap_or_default())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes a step of a deleted endpoint's deliveries, and the endpoint after the last.
fn remove(sql: &Sql<'_>, id: &str) -> Result<bool, JsValue> {
    for table in ["attempts", "deliveries"] {
        let key = if table == "attempts" { "endpoint, seq, n" } else { "endpoint, seq" };
        let delete = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE endpoint = ? \
             LIMIT ?) RETURNING 1"
        );
        if is_full(&sql.rows(&delete, &[id.into(), STEP.into()])?) {
            return Ok(true);
        }
    }
    sql.run("DELETE FROM endpoints WHERE id = ?", &[id.into()])?;
    Ok(false)
}

fn is_full(rows: &[Row]) -> bool {
    i64::try_from(rows.len()) == Ok(STEP)
}
