//! Lists events, and finds one.

use orderhook_core::dispatch::{Taken, Verdict, csv};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    filter::Filter,
    span::{Part, Span},
};
use crate::{
    host::{Row, Sql},
    json, moment,
};

/// Which events are asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct EventsQuery {
    pub(crate) part: Part,
    /// The order's key.
    pub(crate) order: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) statuses: Option<Vec<String>>,
    pub(crate) verdict: Option<String>,
    pub(crate) test: Option<bool>,
    /// The source's name, if the records are to be lines of CSV.
    pub(crate) csv: Option<String>,
}

/// Returns a page of events.
pub(super) fn list(sql: &Sql<'_>, query: &EventsQuery) -> Result<String, JsValue> {
    let span = Span::of(sql, &query.part, query.order.is_some())?;
    let select = |low: i64, high: i64, limit: i64| {
        let mut filter = Filter::new("seq BETWEEN ? AND ?", &[low.into(), high.into()]);
        filter.equal("ord", query.order.as_ref());
        filter.equal("type", query.kind.as_ref());
        filter.equal("verdict", query.verdict.as_ref());
        filter.one_of("status", query.statuses.as_deref());
        filter.equal("test", query.test.map(i64::from));
        let order = if query.part.newest { "DESC" } else { "ASC" };
        filter.select(
            sql,
            "SELECT seq, at, verdict, body FROM events",
            &format!("ORDER BY seq {order} LIMIT ?"),
            limit,
        )
    };
    span.page(sql, select, if query.csv.is_some() { line } else { record })
}

/// Returns an event's line of CSV, as a JSON text.
fn line(row: &Row) -> String {
    let event = row.text(3).and_then(|body| Taken::read(&body).ok());
    let verdict = row.text(2).and_then(|word| Verdict::parse(&word));
    let line = event.map(|event| csv::event_line(&event, verdict, &moment::text(row.int(1))));
    json::text(&line.unwrap_or_default())
}

/// Returns what the API answers of an event, without its source's name.
fn record(row: &Row) -> String {
    let (at, verdict) = (moment::text(row.int(1)), json::text(&row.text(2)));
    let body = row.text(3).unwrap_or_default();
    format!(r#"{{"taken_at":"{at}","verdict":{verdict},"event":{body}}}"#)
}

/// Returns the record of the latest event of an id, or null.
pub(super) fn one(sql: &Sql<'_>, id: &str) -> Result<String, JsValue> {
    const SELECT: &str =
        "SELECT seq, at, verdict, body FROM events WHERE id = ? ORDER BY again DESC LIMIT 1";
    let row = sql.first(SELECT, &[id.into()])?;
    Ok(row.map_or_else(|| "null".to_owned(), |row| record(&row)))
}
