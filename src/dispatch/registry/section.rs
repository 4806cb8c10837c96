use serde::{Deserialize, Serialize};

/// A part of a list of the registry. The latest come first.
#[derive(Serialize, Deserialize)]
pub(crate) struct Section {
    /// The position after which it begins.
    pub(crate) after: Option<i64>,
    pub(crate) limit: i64,
}

/// A page of a list of the registry.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) entries: Vec<T>,
    /// The position after which the next page begins.
    pub(crate) next: Option<i64>,
}

impl Section {
    /// Returns the last position that the section may have, and one more than its length.
    pub(super) fn bounds(&self) -> (i64, i64) {
        (self.after.map_or(i64::from(u32::MAX) << 20, |after| after - 1), self.limit + 1)
    }

    /// Makes the page of entries that were read, with their positions: one more than the page has.
    pub(super) fn page<T>(&self, mut read: Vec<(i64, T)>) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(0);
        let has_more = read.len() > limit;
        read.truncate(limit);
        let next = read.last().map(|(seq, _)| *seq).filter(|_| has_more);
        Listed { entries: read.into_iter().map(|(_, entry)| entry).collect(), next }
    }
}
