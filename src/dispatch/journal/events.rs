//! Lists events, and finds one.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::*;

use super::{
    page::{Entry, Page, Rest},
    range,
};
use crate::{
    host::{Row, Sql, Value},
    json, moment,
};

/// Which events are asked for, and how many.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EventsQuery {
    /// Whether the newest come first.
    pub(crate) newest: bool,
    /// The position after which the page begins.
    pub(crate) after: Option<i64>,
    pub(crate) limit: usize,
    /// The bytes after which the page ends.
    pub(crate) bytes: usize,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) order: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) statuses: Option<Vec<String>>,
    pub(crate) verdict: Option<String>,
    pub(crate) test: Option<bool>,
}

/// The positions that a page looks at. A list is as fast at a million events as at a thousand.
const MAX_LOOK: i64 = 5_000;

/// The rows that are read at once. A row may have 128 KB.
const CHUNK: usize = 20;

const COLUMNS: &str = "seq, at, verdict, body";

/// Returns a [`Page`] of events.
pub(super) fn list(sql: &Sql<'_>, query: &EventsQuery) -> Result<String, JsValue> {
    let span = Span::of(sql, query)?;
    let (entries, cut) = read(sql, query, &span)?;
    let rest = match cut {
        Some(seq) => span.rest(sql, query.newest, seq)?,
        None => span.rest(sql, query.newest, span.edge)?,
    };
    let parsed: Vec<Entry<'_>> = entries
        .iter()
        .filter_map(|(seq, at, record)| {
            let record: &RawValue = serde_json::from_str(record).ok()?;
            Some(Entry { seq: *seq, at: *at, record })
        })
        .collect();
    Ok(json::text(&Page { entries: parsed, rest, top: range::floor(sql)?.seq }))
}

/// Reads entries until the page is full. Returns them, and the position of the last if there may be
/// more in the span.
#[allow(clippy::type_complexity)]
fn read(
    sql: &Sql<'_>,
    query: &EventsQuery,
    span: &Span,
) -> Result<(Vec<(i64, i64, String)>, Option<i64>), JsValue> {
    let (mut low, mut high) = span.looked();
    let (mut entries, mut bytes) = (Vec::new(), 0);
    loop {
        let want = CHUNK.min(query.limit - entries.len());
        let rows = select(sql, query, low, high, want)?;
        let count = rows.len();
        for row in rows {
            let (seq, record) = (row.int(0), record(&row));
            bytes += record.len();
            entries.push((seq, row.int(1), record));
            if query.newest {
                high = seq - 1
            } else {
                low = seq + 1
            }
            if entries.len() == query.limit || bytes >= query.bytes {
                return Ok((entries, Some(seq)));
            }
        }
        if count < want {
            return Ok((entries, None));
        }
    }
}

/// Selects rows between two positions, both included.
fn select(
    sql: &Sql<'_>,
    query: &EventsQuery,
    low: i64,
    high: i64,
    limit: usize,
) -> Result<Vec<Row>, JsValue> {
    let mut text = format!("SELECT {COLUMNS} FROM events WHERE seq BETWEEN ? AND ?");
    let mut args: Vec<Value<'_>> = vec![low.into(), high.into()];
    let equal = [("ord", &query.order), ("type", &query.kind), ("verdict", &query.verdict)];
    for (column, value) in equal {
        if let Some(value) = value {
            text += &format!(" AND {column} = ?");
            args.push(value.into());
        }
    }
    if let Some(statuses) = &query.statuses {
        text += &format!(" AND status IN ({})", vec!["?"; statuses.len()].join(", "));
        args.extend(statuses.iter().map(Value::from));
    }
    if let Some(test) = query.test {
        text += " AND test = ?";
        args.push(i64::from(test).into());
    }
    text += if query.newest { " ORDER BY seq DESC LIMIT ?" } else { " ORDER BY seq LIMIT ?" };
    args.push(i64::try_from(limit).unwrap_or(0).into());
    sql.rows(&text, &args)
}

/// Returns what the API answers of an event, without its source's name.
fn record(row: &Row) -> String {
    let (at, verdict) = (moment::text(row.int(1)), json::text(&row.text(2)));
    let body = row.text(3).unwrap_or_default();
    format!(r#"{{"taken_at":"{at}","verdict":{verdict},"event":{body}}}"#)
}

/// Returns the record of the latest event of an id, or null.
pub(super) fn one(sql: &Sql<'_>, id: &str) -> Result<String, JsValue> {
    let select = format!("SELECT {COLUMNS} FROM events WHERE id = ? ORDER BY again DESC LIMIT 1");
    let row = sql.first(&select, &[id.into()])?;
    Ok(row.map_or_else(|| "null".to_owned(), |row| record(&row)))
}

/// The positions of a list, and those that a page looks at.
struct Span {
    low: i64,
    high: i64,
    /// The last position that the page looks at.
    edge: i64,
    newest: bool,
}

impl Span {
    fn of(sql: &Sql<'_>, query: &EventsQuery) -> Result<Self, JsValue> {
        let mut low = query.since.map_or(Ok(1), |since| range::position(sql, since))?;
        let top = range::floor(sql)?.seq;
        let mut high = match query.until {
            Some(until) => range::position(sql, until)? - 1,
            None => top,
        };
        if let Some(after) = query.after {
            if query.newest {
                high = high.min(after - 1);
            } else {
                low = low.max(after + 1);
            }
        }
        // An order's events are found by an index.
        let look = if query.order.is_some() { i64::MAX } else { MAX_LOOK };
        let edge = if query.newest {
            low.max(high.saturating_sub(look - 1))
        } else {
            high.min(low.saturating_add(look - 1))
        };
        Ok(Self { low, high, edge, newest: query.newest })
    }

    /// Returns the positions that the page looks at.
    fn looked(&self) -> (i64, i64) {
        if self.newest { (self.edge, self.high) } else { (self.low, self.edge) }
    }

    /// Returns what the list has after a position.
    fn rest(&self, sql: &Sql<'_>, newest: bool, after: i64) -> Result<Option<Rest>, JsValue> {
        const OLDER: &str =
            "SELECT at FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1";
        const NEWER: &str = "SELECT at FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT 1";
        let row = if newest {
            sql.first(OLDER, &[self.low.into(), (after - 1).into()])?
        } else {
            sql.first(NEWER, &[(after + 1).into(), self.high.into()])?
        };
        Ok(row.map(|row| Rest { after, at: row.int(0) }))
    }
}
