//! The state of an order, as the journal keeps it.

use orderhook_core::dispatch::{OrderState, StateError};
use wasm_bindgen::prelude::*;

use crate::{host::Sql, json};

/// The row of an order.
pub(super) struct Stored {
    pub(super) status: String,
    /// When the journal took the order's first event.
    pub(super) created: i64,
    pub(super) names: Vec<String>,
    /// `None` if it is damaged: the order's next event begins it anew.
    pub(super) state: Option<OrderState>,
}

impl Stored {
    /// Reads the row of an order.
    pub(super) fn read(sql: &Sql<'_>, order: &str) -> Result<Option<Self>, JsValue> {
        const SELECT: &str = "SELECT status, created, names, state FROM orders WHERE ord = ?";
        let Some(row) = sql.first(SELECT, &[order.into()])? else {
            return Ok(None);
        };
        Ok(Some(Self {
            status: row.text(0).unwrap_or_default(),
            created: row.int(1),
            names: serde_json::from_str(&row.text(2).unwrap_or_default()).unwrap_or_default(),
            state: parse(&row.text(3).unwrap_or_default())?,
        }))
    }
}

/// Parses a state. Fails if a newer version wrote it: its events wait for that version.
pub(super) fn parse(text: &str) -> Result<Option<OrderState>, JsValue> {
    match OrderState::parse(text) {
        Ok(state) => Ok(Some(state)),
        Err(StateError::Damaged) => Ok(None),
        Err(error) => Err(js_sys::Error::new(&error.to_string()).into()),
    }
}

/// Writes the row of an order. `seq` is the position of the event that made this state.
pub(super) fn write(
    sql: &Sql<'_>,
    state: &OrderState,
    seq: i64,
    created: i64,
    names: &[String],
) -> Result<(), JsValue> {
    const WRITE: &str = "INSERT INTO orders (ord, seq, created, status, test, names, state) \
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
        seq = excluded.seq, status = excluded.status, test = excluded.test, \
        names = excluded.names, state = excluded.state";
    let (names, text) = (json::text(&names), state.to_json());
    let values = [
        state.order().into(),
        seq.into(),
        created.into(),
        state.status().as_str().into(),
        i64::from(state.is_test()).into(),
        (&names).into(),
        (&text).into(),
    ];
    sql.run(WRITE, &values)
}

/// Writes the names of an order.
pub(super) fn write_names(sql: &Sql<'_>, order: &str, names: &[String]) -> Result<(), JsValue> {
    let names = json::text(&names);
    sql.run("UPDATE orders SET names = ? WHERE ord = ?", &[(&names).into(), order.into()])
}
