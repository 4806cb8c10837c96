//! Positions in the journal. A higher position was never taken earlier, so a time has a position.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::Sql,
    migrate::{meta, set_meta},
};

/// The last position that was given out, and its time.
#[derive(Serialize, Deserialize)]
pub(crate) struct Floor {
    pub(super) seq: i64,
    pub(super) at: i64,
}

/// Returns the last position that was given out.
pub(super) fn floor(sql: &Sql<'_>) -> Result<Floor, JsValue> {
    const LAST: &str = "SELECT seq, at FROM events ORDER BY seq DESC LIMIT 1";
    let last = sql.first(LAST, &[])?;
    let last =
        last.map_or(Floor { seq: 0, at: 0 }, |row| Floor { seq: row.int(0), at: row.int(1) });
    let removed = Floor { seq: meta(sql, "floor")?, at: meta(sql, "floor_at")? };
    Ok(if removed.seq > last.seq { removed } else { last })
}

/// Remembers the last position before events are removed, so that it is never given out again: a
/// reader that was there would miss the event.
pub(super) fn keep_floor(sql: &Sql<'_>) -> Result<(), JsValue> {
    write_floor(sql, &floor(sql)?)
}

/// Raises the last position to that from before a restore, which took away its event, too.
pub(super) fn raise_floor(sql: &Sql<'_>, before: &Floor) -> Result<(), JsValue> {
    if before.seq > floor(sql)?.seq { write_floor(sql, before) } else { Ok(()) }
}

fn write_floor(sql: &Sql<'_>, floor: &Floor) -> Result<(), JsValue> {
    set_meta(sql, "floor", floor.seq)?;
    set_meta(sql, "floor_at", floor.at)
}

/// Returns the first position whose event was taken at a time or later; one after `last`, the last
/// position that was given out, if there is none. It reads a few rows, however many there are.
pub(super) fn position(sql: &Sql<'_>, at: i64, last: i64) -> Result<i64, JsValue> {
    const NEXT: &str = "SELECT seq, at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1";
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low.midpoint(high);
        match sql.first(NEXT, &[middle.into()])? {
            Some(row) if row.int(1) < at => low = row.int(0) + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
