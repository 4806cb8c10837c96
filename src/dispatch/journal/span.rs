//! A part of a journal's list: the positions that a page looks at, and the page that it reads.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::*;

use super::{
    page::{Entry, Page, Rest},
    range,
};
use crate::{
    host::{Row, Sql},
    json,
};

/// Which part of a list is asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Whether the newest come first.
    pub(crate) newest: bool,
    /// The position after which the page begins.
    pub(crate) after: Option<i64>,
    pub(crate) limit: usize,
    /// The bytes after which the page ends: those of its records, or of the rows that they are made of.
    pub(crate) bytes: usize,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
}

/// The positions that a page looks at. A list is as fast at a million events as at a thousand.
const MAX_LOOK: i64 = 5_000;

/// The rows that are read at once. A row may have 128 KB.
const CHUNK: usize = 20;

/// The positions of a list, and the last one that a page looks at.
pub(super) struct Span<'a> {
    part: &'a Part,
    low: i64,
    high: i64,
    edge: i64,
    /// The last position that was given out.
    top: i64,
}

/// An entry that was read: its position, its time, and its record.
type Read = (i64, i64, String);

/// Returns the first position between two that has an event.
fn first(sql: &Sql<'_>, low: i64, high: i64) -> Result<Option<i64>, JsValue> {
    const FIRST: &str = "SELECT seq FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT 1";
    Ok(sql.first(FIRST, &[low.into(), high.into()])?.map(|row| row.int(0)))
}

/// Returns the last one.
fn last(sql: &Sql<'_>, low: i64, high: i64) -> Result<Option<i64>, JsValue> {
    const LAST: &str = "SELECT seq FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1";
    Ok(sql.first(LAST, &[low.into(), high.into()])?.map(|row| row.int(0)))
}

impl<'a> Span<'a> {
    /// Finds the positions of a part. It looks at all of them if an index leads to the entries.
    pub(super) fn of(sql: &Sql<'_>, part: &'a Part, has_index: bool) -> Result<Self, JsValue> {
        let top = range::floor(sql)?.seq;
        let mut low = part.since.map_or(Ok(1), |since| range::position(sql, since, top))?;
        let mut high = match part.until {
            Some(until) => range::position(sql, until, top)? - 1,
            None => top,
        };
        match part.after {
            Some(after) if part.newest => high = high.min(after - 1),
            Some(after) => low = low.max(after.saturating_add(1)),
            None => {}
        }
        // Positions without an event are passed over: a restore leaves many, and so do old events.
        if part.newest {
            high = last(sql, low, high)?.unwrap_or(low - 1);
        } else {
            low = first(sql, low, high)?.unwrap_or(high + 1);
        }
        let look = if has_index { i64::MAX } else { MAX_LOOK - 1 };
        let edge = if part.newest {
            low.max(high.saturating_sub(look))
        } else {
            high.min(low.saturating_add(look))
        };
        Ok(Self { part, low, high, edge, top })
    }

    /// Reads a [`Page`]. `select` returns rows between two positions, both included, at most as
    /// many as it is asked for; the first two columns are the position and the time.
    pub(super) fn page(
        &self,
        sql: &Sql<'_>,
        select: impl Fn(i64, i64, i64) -> Result<Vec<Row>, JsValue>,
        record: impl Fn(&Row) -> String,
    ) -> Result<String, JsValue> {
        let (read, last) = self.read(select, record)?;
        let rest = self.rest(sql, last.unwrap_or(self.edge))?;
        let entries = read.iter().filter_map(|(seq, at, record)| {
            let record: &RawValue = serde_json::from_str(record).ok()?;
            Some(Entry { seq: *seq, at: *at, record })
        });
        Ok(json::text(&Page { entries: entries.collect(), rest, top: self.top }))
    }

    /// Reads until the page is full. Returns what it read, and the position of the last entry if
    /// the page is full.
    fn read(
        &self,
        select: impl Fn(i64, i64, i64) -> Result<Vec<Row>, JsValue>,
        record: impl Fn(&Row) -> String,
    ) -> Result<(Vec<Read>, Option<i64>), JsValue> {
        let Part { newest, limit, bytes: most, .. } = *self.part;
        let (mut low, mut high) =
            if newest { (self.edge, self.high) } else { (self.low, self.edge) };
        let (mut read, mut bytes) = (Vec::new(), 0);
        loop {
            let want = CHUNK.min(limit - read.len());
            let rows = select(low, high, i64::try_from(want).unwrap_or(0))?;
            for row in &rows {
                let (seq, record) = (row.int(0), record(row));
                // A short line of CSV may be that of a long body.
                bytes += record.len().max(row.length());
                read.push((seq, row.int(1), record));
                if newest {
                    high = seq - 1;
                } else {
                    low = seq + 1;
                }
                if read.len() == limit || bytes >= most {
                    return Ok((read, Some(seq)));
                }
            }
            if rows.len() < want {
                return Ok((read, None));
            }
        }
    }

    /// Returns what the list has after a position.
    fn rest(&self, sql: &Sql<'_>, after: i64) -> Result<Option<Rest>, JsValue> {
        const OLDER: &str =
            "SELECT at FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1";
        const NEWER: &str = "SELECT at FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT 1";
        let row = if self.part.newest {
            sql.first(OLDER, &[self.low.into(), (after - 1).into()])?
        } else {
            sql.first(NEWER, &[(after + 1).into(), self.high.into()])?
        };
        Ok(row.map(|row| Rest { after, at: row.int(0) }))
    }
}
