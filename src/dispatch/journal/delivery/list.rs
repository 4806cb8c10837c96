//! Lists deliveries, and shows one.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::copy;
use crate::{
    host::{Row, Sql},
    journal::{
        filter::Filter,
        span::{Part, Span},
    },
    json, moment,
};

/// Which deliveries are asked for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct DeliveriesQuery {
    pub(crate) part: Part,
    pub(crate) endpoint: String,
    pub(crate) state: Option<String>,
    pub(crate) code: Option<CodeFilter>,
    /// The event's type.
    pub(crate) kind: Option<String>,
}

/// The last answers that are asked for.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeFilter {
    /// Those with a status between two, both included.
    Between(i64, i64),
    /// The last attempt had no answer.
    Unanswered,
}

impl DeliveriesQuery {
    /// Whether every delivery of the endpoint is asked for.
    fn is_plain(&self) -> bool {
        self.state.is_none() && self.code.is_none() && self.kind.is_none()
    }
}

/// A delivery, as an API shows it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) seq: i64,
    endpoint: String,
    event_id: String,
    event_type: String,
    order_id: Option<String>,
    order_status: Option<String>,
    taken_at: String,
    state: String,
    attempts: i64,
    next_at: Option<String>,
    last_at: Option<String>,
    last_ms: Option<i64>,
    last_status: Option<i64>,
    last_note: Option<String>,
}

/// A failed attempt.
#[derive(Serialize, Deserialize)]
pub(crate) struct FailedAttempt {
    n: i64,
    at: String,
    ms: i64,
    status: Option<i64>,
    note: Option<String>,
    answer: Option<String>,
}

/// A delivery with its failed attempts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(crate) delivery: Delivery,
    failed_attempts: Vec<FailedAttempt>,
    sent: Sent,
}

/// What the request of a delivery is made of.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sent {
    /// The event, as JSON text.
    pub(crate) event: String,
    pub(crate) verdict: Option<String>,
    /// What tells the event from others of its id.
    pub(crate) again: i64,
}

const COLUMNS: &str = "SELECT d.seq, e.at, d.endpoint, e.id, e.type, e.ord, e.status, d.state, \
    d.attempts, d.due, d.at, d.ms, d.status, d.note \
    FROM deliveries AS d CROSS JOIN events AS e";

/// Returns a page of deliveries.
pub(crate) fn list(sql: &Sql<'_>, query: &DeliveriesQuery) -> Result<String, JsValue> {
    let span = Span::of(sql, &query.part, query.is_plain())?;
    let select = |low: i64, high: i64, limit: i64| {
        let bounds = [low.into(), high.into()];
        let mut filter = Filter::new("e.seq = d.seq AND d.seq BETWEEN ? AND ?", &bounds);
        filter.equal("d.endpoint", Some(&query.endpoint));
        filter.equal("d.state", query.state.as_ref());
        filter.equal("e.type", query.kind.as_ref());
        match query.code {
            Some(CodeFilter::Between(first, last)) => {
                filter.and("d.status >= ?", first);
                filter.and("d.status <= ?", last);
            }
            Some(CodeFilter::Unanswered) => {
                filter.and("d.status IS NULL AND d.attempts > ?", 0_i64);
            }
            None => {}
        }
        let order = if query.part.newest { "DESC" } else { "ASC" };
        filter.select(sql, COLUMNS, &format!("ORDER BY d.seq {order} LIMIT ?"), limit)
    };
    span.page(sql, select, |row| json::text(&Delivery::read(row)))
}

/// Returns a delivery with its failed attempts, or null.
pub(crate) fn one(sql: &Sql<'_>, endpoint: &str, seq: i64) -> Result<Option<Whole>, JsValue> {
    if copy::one(sql, endpoint)?.is_none() {
        return Ok(None);
    }
    let select = format!("{COLUMNS} WHERE d.endpoint = ? AND d.seq = ? AND e.seq = d.seq");
    let Some(row) = sql.first(&select, &[endpoint.into(), seq.into()])? else {
        return Ok(None);
    };
    Ok(Some(Whole {
        delivery: Delivery::read(&row),
        failed_attempts: attempts(sql, endpoint, seq)?,
        sent: sent(sql, seq)?,
    }))
}

fn sent(sql: &Sql<'_>, seq: i64) -> Result<Sent, JsValue> {
    const SELECT: &str = "SELECT verdict, again, body FROM events WHERE seq = ?";
    let row = sql.first(SELECT, &[seq.into()])?.ok_or("the event is gone")?;
    let event = row.text(2).unwrap_or_default();
    Ok(Sent { event, verdict: row.text(0), again: row.int(1) })
}

/// Returns the latest failed attempts.
fn attempts(sql: &Sql<'_>, endpoint: &str, seq: i64) -> Result<Vec<FailedAttempt>, JsValue> {
    const SELECT: &str = "SELECT n, at, ms, status, note, answer FROM attempts \
        WHERE endpoint = ? AND seq = ? ORDER BY n DESC LIMIT 10";
    let rows = sql.rows(SELECT, &[endpoint.into(), seq.into()])?;
    let attempts = rows.iter().map(|row| FailedAttempt {
        n: row.int(0),
        at: moment::text(row.int(1)),
        ms: row.int(2),
        status: row.int_or_null(3),
        note: row.text(4),
        answer: row.text(5),
    });
    Ok(attempts.collect())
}

impl Delivery {
    fn read(row: &Row) -> Self {
        let state = row.text(7).unwrap_or_default();
        // The time of a lease's end is not that of an attempt.
        let next_at = row.int_or_null(9).filter(|_| state == "due").map(moment::text);
        Self {
            seq: row.int(0),
            endpoint: row.text(2).unwrap_or_default(),
            event_id: row.text(3).unwrap_or_default(),
            event_type: row.text(4).unwrap_or_default(),
            order_id: row.text(5),
            order_status: row.text(6),
            taken_at: moment::text(row.int(1)),
            state,
            attempts: row.int(8),
            next_at,
            last_at: row.int_or_null(10).map(moment::text),
            last_ms: row.int_or_null(11),
            last_status: row.int_or_null(12),
            last_note: row.text(13),
        }
    }
}
