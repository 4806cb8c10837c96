//! Bounds what one step removes. An event takes its deliveries and their attempts with it, so their
//! rows are counted, too.

use wasm_bindgen::prelude::*;

use crate::host::Sql;

/// The rows that one step removes. The last event may have more.
const ROWS: i64 = 5000;

/// The rows that a step may still remove.
pub(super) struct Budget {
    rows: i64,
    /// The deliveries among the counted rows that were not done.
    pub(super) undelivered: i64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { rows: ROWS, undelivered: 0 }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.rows <= 0
    }

    /// Counts an event's rows. Returns whether it may be removed in this step.
    pub(super) fn takes(&mut self, sql: &Sql<'_>, seq: i64) -> Result<bool, JsValue> {
        const DELIVERIES: &str = "SELECT count(*), count(CASE WHEN state IN ('due', 'leased', 'held') \
            THEN 1 END) FROM deliveries WHERE endpoint IN (SELECT id FROM endpoints) AND seq = ?";
        const ATTEMPTS: &str = "SELECT count(*) FROM attempts \
            WHERE endpoint IN (SELECT id FROM endpoints) AND seq = ?";
        if self.is_spent() {
            return Ok(false);
        }
        let seq = [seq.into()];
        if let Some(row) = sql.first(DELIVERIES, &seq)? {
            self.rows -= 1 + row.int(0);
            self.undelivered += row.int(1);
        }
        self.rows -= sql.first(ATTEMPTS, &seq)?.map_or(0, |row| row.int(0));
        Ok(true)
    }
}
