//! Cursors: the position in each journal at which a list continues.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::json;

/// The characters that a cursor has at most.
const MAX_LENGTH: usize = 4096;

/// A cursor. Its text is opaque to callers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    /// The list that it belongs to.
    #[serde(rename = "l")]
    pub(super) list: String,
    /// The position of each journal after which the list goes on.
    #[serde(rename = "p")]
    pub(super) positions: BTreeMap<String, i64>,
}

/// The name under which a list that is in no journal has its position.
const ALONE: &str = "";

impl Cursor {
    /// Makes the cursor of a list that is in no journal.
    pub(super) fn one(list: &str, position: i64) -> Self {
        Self { list: list.to_owned(), positions: [(ALONE.to_owned(), position)].into() }
    }

    /// Returns the position of a list that is in no journal.
    pub(super) fn position(&self) -> Option<i64> {
        self.positions.get(ALONE).copied()
    }

    /// Parses a cursor of a list.
    pub(super) fn parse(text: &str, list: &str) -> Result<Self, Problem> {
        if text.len() > MAX_LENGTH {
            return Err(Problem::InvalidCursor);
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| Problem::InvalidCursor)?;
        let cursor: Self = serde_json::from_slice(&json).map_err(|_| Problem::InvalidCursor)?;
        let is_whole = cursor.positions.values().all(|at| (0..=MAX_POSITION).contains(at));
        if cursor.list == list && is_whole { Ok(cursor) } else { Err(Problem::InvalidCursor) }
    }

    /// Returns the text.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(json::text(self))
    }
}

/// The largest whole number that JavaScript holds exactly.
pub(super) const MAX_POSITION: i64 = 9_007_199_254_740_991;
