//! Merges the pages of several journals into one.

use std::collections::BTreeMap;

use crate::journal::{Entry, Page};

/// A page of a journal, and how much of it is taken.
struct Part<'a> {
    journal: &'a str,
    page: Page<'a>,
    /// The position after which the page began.
    began: Option<i64>,
    taken: usize,
}

/// The merged page.
pub(super) struct Merged<'a> {
    /// The entries, each with its journal.
    pub(super) entries: Vec<(&'a str, Entry<'a>)>,
    /// The position of each journal after which its list goes on; none for a journal at its end.
    pub(super) positions: BTreeMap<String, i64>,
    /// Whether nothing follows now.
    pub(super) is_over: bool,
}

/// Merges pages that begin after the positions `began`. At most `limit` entries, and about `bytes`,
/// are taken.
///
/// A journal may have looked at its part of the list without finding enough. Nothing that comes
/// after what it looked at is taken then, since its next entry might come before.
pub(super) fn merge<'a>(
    pages: Vec<(&'a str, Page<'a>)>,
    began: &BTreeMap<String, i64>,
    newest: bool,
    limit: usize,
    bytes: usize,
) -> Merged<'a> {
    let mut parts: Vec<Part<'a>> = pages
        .into_iter()
        .map(|(journal, page)| Part { journal, began: began.get(journal).copied(), page, taken: 0 })
        .collect();
    let mut order = Vec::new();
    let mut weight = 0;
    while order.len() < limit && weight < bytes {
        let Some(next) = next(&parts, newest) else {
            break;
        };
        let Some(part) = parts.get_mut(next) else {
            break;
        };
        weight += part.page.entries.get(part.taken).map_or(0, |entry| entry.record.get().len());
        part.taken += 1;
        order.push(next);
    }
    let positions: BTreeMap<String, i64> = parts
        .iter()
        .filter_map(|part| Some((part.journal.to_owned(), part.position(newest)?)))
        .collect();
    let is_over = parts.iter().all(Part::is_over);
    Merged { entries: in_order(parts, &order), positions, is_over }
}

/// Returns the part whose next entry comes first; `None` if there is none, or if it is not known.
fn next(parts: &[Part<'_>], newest: bool) -> Option<usize> {
    let comes_first = |a: i64, b: i64| if newest { a > b } else { a < b };
    let mut first: Option<(usize, i64)> = None;
    let mut edge: Option<i64> = None;
    for (place, part) in parts.iter().enumerate() {
        if let Some(entry) = part.page.entries.get(part.taken) {
            if first.is_none_or(|(_, at)| comes_first(entry.at, at)) {
                first = Some((place, entry.at));
            }
        } else if let Some(rest) = part.page.rest
            && edge.is_none_or(|edge| comes_first(rest.at, edge))
        {
            edge = Some(rest.at);
        }
    }
    let (place, at) = first?;
    let is_known = edge.is_none_or(|edge| !comes_first(edge, at));
    is_known.then_some(place)
}

/// Moves the entries out of their parts.
fn in_order<'a>(parts: Vec<Part<'a>>, order: &[usize]) -> Vec<(&'a str, Entry<'a>)> {
    let mut entries: Vec<_> =
        parts.into_iter().map(|part| (part.journal, part.page.entries.into_iter())).collect();
    let take = |place: &usize| {
        let (journal, entries) = entries.get_mut(*place)?;
        Some((*journal, entries.next()?))
    };
    order.iter().filter_map(take).collect()
}

impl Part<'_> {
    /// Whether nothing follows now.
    fn is_over(&self) -> bool {
        self.page.rest.is_none() && self.taken == self.page.entries.len()
    }

    /// Returns the position after which the journal's list goes on.
    fn position(&self, newest: bool) -> Option<i64> {
        let last = self.taken.checked_sub(1).and_then(|last| self.page.entries.get(last));
        let is_exhausted = self.taken == self.page.entries.len();
        match self.page.rest {
            Some(rest) if is_exhausted => Some(rest.after),
            None if is_exhausted && newest => None,
            // Later events will follow.
            None if is_exhausted => Some(self.page.top),
            _ => last.map(|entry| entry.seq).or(self.began).or(if newest {
                Some(self.page.top + 1)
            } else {
                Some(0)
            }),
        }
    }
}
