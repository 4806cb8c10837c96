//! Counts the deliveries of each endpoint that are not done.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::copy::{self, Copy};
use crate::host::Sql;

/// The deliveries of an endpoint that are not done.
#[derive(Serialize, Deserialize)]
pub(crate) struct Backlog {
    pub(crate) endpoint: String,
    /// Those that are due or leased.
    pub(crate) waiting: i64,
    pub(crate) held: i64,
    pub(crate) dead: i64,
    /// When the oldest event that waits was taken.
    pub(crate) oldest_waiting: Option<i64>,
    /// When the first attempt since the last success failed; `None` while attempts succeed.
    pub(crate) failing_since: Option<i64>,
}

/// Returns the backlog of each endpoint that is not deleted.
pub(crate) fn backlogs(sql: &Sql<'_>) -> Result<Vec<Backlog>, JsValue> {
    copy::all(sql)?.into_iter().map(|copy| backlog(sql, copy)).collect()
}

fn backlog(sql: &Sql<'_>, copy: Copy) -> Result<Backlog, JsValue> {
    const WAITING: &str = "SELECT count(*), min(seq) FROM deliveries \
        WHERE endpoint = ? AND state IN ('due', 'leased') AND due IS NOT NULL";
    const STOPPED: &str = "SELECT count(CASE state WHEN 'held' THEN 1 END), \
        count(CASE state WHEN 'dead' THEN 1 END) FROM deliveries \
        WHERE endpoint = ? AND state IN ('dead', 'held')";
    const TAKEN: &str = "SELECT at FROM events WHERE seq = ?";
    let (endpoint, failing_since) = (copy.endpoint.id, copy.failing);
    let waiting = sql.first(WAITING, &[(&endpoint).into()])?;
    let (waiting, oldest) = waiting.map_or((0, None), |row| (row.int(0), row.int_or_null(1)));
    let stopped = sql.first(STOPPED, &[(&endpoint).into()])?;
    let (held, dead) = stopped.map_or((0, 0), |row| (row.int(0), row.int(1)));
    let oldest = oldest.map(|seq| sql.first(TAKEN, &[seq.into()])).transpose()?.flatten();
    let oldest_waiting = oldest.map(|row| row.int(0));
    Ok(Backlog { endpoint, waiting, held, dead, oldest_waiting, failing_since })
}
