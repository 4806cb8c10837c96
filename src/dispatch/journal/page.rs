//! A page of a journal's list.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A page of a list, in the list's order.
#[derive(Serialize, Deserialize)]
pub(crate) struct Page<'a> {
    #[serde(borrow)]
    pub(crate) entries: Vec<Entry<'a>>,
    /// Where the list goes on; `None` at its end.
    pub(crate) rest: Option<Rest>,
    /// The last position that the journal has given out.
    pub(crate) top: i64,
}

/// An entry of a list.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    pub(crate) seq: i64,
    /// When it was taken.
    pub(crate) at: i64,
    /// What the API answers.
    #[serde(borrow)]
    pub(crate) record: &'a RawValue,
}

/// The part of a list that the page does not have.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// The position after which it begins.
    pub(crate) after: i64,
    /// When its first entry was taken.
    pub(crate) at: i64,
}
