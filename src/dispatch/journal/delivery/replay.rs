//! Begins deliveries again.

use orderhook_core::{
    dispatch::{Filter, Taken, Verdict},
    json::Json,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use super::copy::{self, Copy};
use crate::{
    host::{Row, Sql},
    journal::range,
    json, moment,
};

/// The events that one step looks at. Together they have a few MB at most.
const STEP: i64 = 50;

/// Which deliveries are to begin again.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) endpoint: String,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    /// A filter beside that of the endpoint.
    pub(crate) filter: Option<Map<String, Value>>,
    /// Whether only those that are dead or held are wanted.
    pub(crate) failed_only: bool,
    /// The position after which to look.
    pub(crate) after: i64,
}

/// The result of one step of a replay.
#[derive(Serialize, Deserialize)]
pub(crate) struct Replayed {
    pub(crate) deliveries: i64,
    /// The position after which to look for more.
    pub(crate) next: Option<i64>,
}

/// The result of a retry.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Retried {
    Begun,
    /// The endpoint gets no events now.
    Inactive,
    NotFound,
}

/// Begins a delivery again.
pub(super) fn one(sql: &Sql<'_>, endpoint: &str, seq: i64) -> Result<Retried, JsValue> {
    Ok(match copy::one(sql, endpoint)? {
        None => Retried::NotFound,
        Some(_) if !is_there(sql, endpoint, seq)? => Retried::NotFound,
        Some(copy) if !copy.is_active() => Retried::Inactive,
        Some(copy) => {
            again(sql, &copy, seq)?;
            Retried::Begun
        }
    })
}

fn is_there(sql: &Sql<'_>, endpoint: &str, seq: i64) -> Result<bool, JsValue> {
    const SELECT: &str = "SELECT 1 FROM deliveries WHERE endpoint = ? AND seq = ?";
    Ok(sql.first(SELECT, &[endpoint.into(), seq.into()])?.is_some())
}

/// Begins a step of deliveries again: of the events that the endpoint's filter wants.
pub(super) fn some(sql: &Sql<'_>, wanted: &Wanted) -> Result<Replayed, JsValue> {
    const EVENTS: &str =
        "SELECT seq, verdict, body FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
    const FAILED: &str = "SELECT seq, verdict, body FROM deliveries JOIN events USING (seq) \
        WHERE endpoint = ? AND seq > ? AND seq <= ? AND state IN ('dead', 'held') ORDER BY seq LIMIT ?";
    let copy = copy::one(sql, &wanted.endpoint)?;
    let Some((filter, copy)) = copy.and_then(|copy| Some((copy.filter()?, copy))) else {
        return Ok(Replayed { deliveries: 0, next: None });
    };
    let narrower = wanted.filter.as_ref().map(read_filter).transpose()?;
    let top = range::floor(sql)?.seq;
    let first = wanted.since.map_or(Ok(1), |since| range::position(sql, since, top))?;
    let last = match wanted.until {
        Some(until) => range::position(sql, until, top)? - 1,
        None => top,
    };
    let after = wanted.after.max(first - 1);
    let bounds = [after.into(), last.into(), STEP.into()];
    let rows = if wanted.failed_only {
        let [after, last, step] = bounds;
        sql.rows(FAILED, &[(&copy.endpoint.id).into(), after, last, step])?
    } else {
        sql.rows(EVENTS, &bounds)?
    };
    let mut deliveries = 0;
    for row in &rows {
        let is_wanted = event(row).is_some_and(|(event, verdict)| {
            (wanted.failed_only || filter.wants(&event, verdict))
                && narrower.as_ref().is_none_or(|filter| filter.wants(&event, verdict))
        });
        if is_wanted
            && (again(sql, &copy, row.int(0))? || begin(sql, &copy.endpoint.id, row.int(0))?)
        {
            deliveries += 1;
        }
    }
    let is_full = i64::try_from(rows.len()) == Ok(STEP);
    Ok(Replayed { deliveries, next: rows.last().filter(|_| is_full).map(|row| row.int(0)) })
}

fn read_filter(filter: &Map<String, Value>) -> Result<Filter, JsValue> {
    let text = json::text(filter);
    let read = Json::parse(&text).ok().and_then(|read| Filter::read(&read).ok());
    read.ok_or_else(|| "the filter is not understood".into())
}

fn event(row: &Row) -> Option<(Taken, Option<Verdict>)> {
    let verdict = row.text(1).and_then(|word| Verdict::parse(&word));
    Some((Taken::read(&row.text(2)?).ok()?, verdict))
}

/// Makes a delivery due now, with as many attempts as a new one. A leased delivery stays leased.
/// While the endpoint gets no events, only dead and held deliveries begin again.
fn again(sql: &Sql<'_>, copy: &Copy, seq: i64) -> Result<bool, JsValue> {
    const AGAIN: &str = "UPDATE deliveries SET failed = 0, \
        due = CASE state WHEN 'leased' THEN due ELSE ?1 END, \
        state = CASE state WHEN 'leased' THEN state ELSE 'due' END \
        WHERE endpoint = ?2 AND seq = ?3 AND (?4 OR state IN ('dead', 'held')) RETURNING 1";
    let (id, is_active) = (&copy.endpoint.id, i64::from(copy.is_active()));
    let values = [moment::now().into(), id.into(), seq.into(), is_active.into()];
    Ok(sql.first(AGAIN, &values)?.is_some())
}

/// Makes the delivery of an event that the endpoint did not want before. Returns whether there was
/// none.
fn begin(sql: &Sql<'_>, endpoint: &str, seq: i64) -> Result<bool, JsValue> {
    const INSERT: &str = "INSERT OR IGNORE INTO deliveries (endpoint, seq, state, due, lease, attempts, failed) \
        VALUES (?, ?, 'due', ?, 0, 0, 0) RETURNING 1";
    let values = [endpoint.into(), seq.into(), moment::now().into()];
    Ok(sql.first(INSERT, &values)?.is_some())
}
