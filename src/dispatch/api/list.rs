//! Asks journals for a page each, and merges the pages.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{
    caller::{Caller, available},
    merge::{Merged, merge},
    params::Params,
    problem::Problem,
};
use crate::{
    cursor::Cursor,
    host,
    journal::{Page, Part, Question},
    source,
};

/// The parameters of every list.
pub(super) const PAGE: [&str; 5] = ["source", "since", "until", "limit", "cursor"];

/// The entries of a page: at most, and unless the caller says.
pub(super) const MAX_LIMIT: usize = 200;
pub(super) const LIMIT: usize = 50;

/// The bytes after which a page ends.
pub(super) const PAGE_BYTES: usize = 1024 * 1024;

/// The bytes after which a journal's page ends at least.
const MIN_BYTES: usize = 64 * 1024;

/// A list of several journals.
pub(super) struct List {
    /// The name that its cursors have.
    pub(super) name: &'static str,
    pub(super) newest: bool,
    pub(super) limit: usize,
    /// The bytes after which a page ends.
    pub(super) bytes: usize,
    /// Whether a reader may poll at the end of the list for later entries.
    pub(super) is_endless: bool,
    /// Whether the last position of each journal is wanted.
    pub(super) has_head: bool,
    /// Where each journal's list goes on.
    began: Option<BTreeMap<String, i64>>,
    pub(super) journals: Vec<String>,
    since: Option<i64>,
    until: Option<i64>,
}

/// A page of a list.
pub(super) struct Answer {
    /// The records, each with its journal.
    records: Vec<(String, Box<RawValue>)>,
    /// The cursor of the next page.
    pub(super) next: Option<String>,
    /// The last position of each journal.
    pub(super) tops: BTreeMap<String, i64>,
}

impl List {
    /// Reads the parameters that every list has.
    pub(super) fn of(
        caller: &Caller<'_>,
        params: &Params,
        name: &'static str,
        newest: bool,
        limit: usize,
    ) -> Result<Self, Problem> {
        let cursor = params.cursor("cursor", name)?;
        Ok(Self {
            name,
            newest,
            limit,
            bytes: PAGE_BYTES,
            is_endless: false,
            has_head: false,
            began: cursor.map(|cursor| cursor.positions),
            since: params.moment("since")?,
            until: params.moment("until")?,
            journals: caller.journals(params.source()?.as_deref())?,
        })
    }

    /// Asks the journals. `question` makes the question about a part of a list.
    pub(super) async fn ask(
        &self,
        caller: &Caller<'_>,
        question: impl Fn(Part, &str) -> Question,
    ) -> Result<Answer, Problem> {
        let is_asked = |name: &&String| self.has_head || !self.is_over(name);
        let asked: Vec<&String> = self.journals.iter().filter(is_asked).collect();
        let questions: Vec<(String, Question)> = asked
            .iter()
            .map(|name| {
                let source = source::of_journal(name);
                ((*name).clone(), question(self.part(name), source))
            })
            .collect();
        let answers = host::ask_each(caller.host, &questions).await;
        let answers = questions.iter().zip(answers);
        let texts = answers.map(|((journal, _), answer)| available(journal, answer));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let named = asked.iter().map(|name| name.as_str()).zip(&texts);
        let pages = named.map(|(name, text)| Some((name, serde_json::from_str(text).ok()?)));
        let pages = pages.collect::<Option<Vec<(&str, Page<'_>)>>>().ok_or(Problem::INTERNAL)?;
        let tops = pages.iter().map(|(name, page)| ((*name).to_owned(), page.top)).collect();
        Ok(self.answer(pages, tops))
    }

    /// Whether an earlier page had the end of a journal's list: the newest of a journal without a
    /// position are over.
    fn is_over(&self, journal: &str) -> bool {
        self.newest && self.began.as_ref().is_some_and(|began| !began.contains_key(journal))
    }

    fn part(&self, journal: &str) -> Part {
        let after = self.began.as_ref().and_then(|began| began.get(journal).copied());
        Part {
            newest: self.newest,
            // Nothing comes before the first position.
            after: if self.is_over(journal) { Some(1) } else { after },
            limit: self.limit,
            // All journals' pages are in memory at the same time.
            bytes: MIN_BYTES.max(self.bytes / self.journals.len().max(1)),
            since: self.since,
            until: self.until,
        }
    }

    fn answer(&self, pages: Vec<(&str, Page<'_>)>, tops: BTreeMap<String, i64>) -> Answer {
        let none = BTreeMap::new();
        let began = self.began.as_ref().unwrap_or(&none);
        let Merged { entries, positions, is_over } =
            merge(pages, began, self.newest, self.limit, self.bytes);
        let next = Cursor { list: self.name.to_owned(), positions };
        let records =
            entries.iter().map(|(name, entry)| ((*name).to_owned(), entry.record.to_owned()));
        Answer {
            records: records.collect(),
            next: (self.is_endless || !is_over).then(|| next.text()),
            tops,
        }
    }
}

impl Answer {
    /// Returns the records as JSON, with their sources' names.
    pub(super) fn json(&self) -> impl Iterator<Item = String> {
        self.records.iter().map(|(journal, record)| source::named(journal, record.get()))
    }

    /// Returns the records, each with its journal.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.records.iter().map(|(journal, record)| (journal.as_str(), &**record))
    }

    /// Returns the records that are texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.records.iter().filter_map(|(_, text)| serde_json::from_str(text.get()).ok())
    }
}
