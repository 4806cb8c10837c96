//! Cursors: the position in each journal at which a list continues.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::json;

/// The list of events, the oldest first. A stream of events goes on where this list ends.
pub(crate) const OLDEST_EVENTS: &str = "events-oldest";

/// The characters that a cursor has at most. One of 97 journals, whose names have 35 bytes and whose
/// positions have 16 digits, has 7,150. Cloudflare takes a URL of 16 KB.
const MAX_LENGTH: usize = 8192;

/// A cursor. Its text is opaque to callers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    /// The list that it belongs to.
    #[serde(rename = "l")]
    pub(crate) list: String,
    /// The position of each journal after which the list goes on.
    #[serde(rename = "p")]
    pub(crate) positions: BTreeMap<String, i64>,
}

/// The name under which a list that is in no journal has its position.
const ALONE: &str = "";

impl Cursor {
    /// Makes the cursor of a list that is in no journal.
    pub(crate) fn one(list: &str, position: i64) -> Self {
        Self { list: list.to_owned(), positions: [(ALONE.to_owned(), position)].into() }
    }

    /// Returns the position of a list that is in no journal.
    pub(crate) fn position(&self) -> Option<i64> {
        self.positions.get(ALONE).copied()
    }

    /// Parses a cursor of a list.
    pub(crate) fn parse(text: &str, list: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let cursor: Self = serde_json::from_slice(&json).ok()?;
        let is_whole = cursor.positions.values().all(|at| (0..=MAX_POSITION).contains(at));
        (cursor.list == list && is_whole).then_some(cursor)
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(json::text(self))
    }
}

/// The largest whole number that JavaScript holds exactly.
pub(crate) const MAX_POSITION: i64 = 9_007_199_254_740_991;
