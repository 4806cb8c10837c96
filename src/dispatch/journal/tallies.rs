//! Counts orders by their status, and events. Changes are added up in a step and written once.

use std::collections::BTreeMap;

use wasm_bindgen::prelude::*;

use crate::host::Sql;

/// The tally of all events. The others are statuses.
pub(super) const EVENTS: &str = "events";

/// Changes of tallies.
#[derive(Default)]
pub(super) struct Tallies(BTreeMap<String, i64>);

impl Tallies {
    /// Adds to a tally.
    pub(super) fn add(&mut self, name: &str, n: i64) {
        *self.0.entry(name.to_owned()).or_default() += n;
    }

    /// Writes the changes.
    pub(super) fn save(&self, sql: &Sql<'_>) -> Result<(), JsValue> {
        const ADD: &str = "INSERT INTO tallies (name, n) VALUES (?1, ?2) \
            ON CONFLICT DO UPDATE SET n = n + excluded.n";
        let changed = self.0.iter().filter(|(_, n)| **n != 0);
        changed.into_iter().try_for_each(|(name, n)| sql.run(ADD, &[name.into(), (*n).into()]))
    }

    /// Reads all tallies that are not zero.
    pub(super) fn read(sql: &Sql<'_>) -> Result<BTreeMap<String, i64>, JsValue> {
        let rows = sql.rows("SELECT name, n FROM tallies WHERE n > 0", &[])?;
        Ok(rows.iter().filter_map(|row| Some((row.text(0)?, row.int(1)))).collect())
    }
}
