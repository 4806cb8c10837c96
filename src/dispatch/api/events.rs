//! Lists events, and finds one.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Caller, cursor::Cursor, merge::merge, params::Params, problem::Problem, reply::Reply};
use crate::{
    host::{self, Failure},
    journal::{EventsQuery, Page, Question},
    json, log,
};

/// The journals that one request asks at most.
const MAX_JOURNALS: usize = 32;

/// The entries of a page: at most, and unless the caller says.
const MAX_LIMIT: usize = 200;
const LIMIT: usize = 50;

/// The bytes after which a page ends.
const PAGE_BYTES: usize = 1024 * 1024;

const PARAMETERS: [&str; 12] = [
    "source", "order", "type", "status", "phase", "verdict", "test", "since", "until", "sort",
    "limit", "cursor",
];

const TYPES: [&str; 2] = ["orderhook.order.status.v1", "orderhook.delivery.unrecognized.v1"];
const VERDICTS: [&str; 4] = ["fresh", "repeat", "stale", "out_of_order"];

/// Answers `GET /v1/events`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &PARAMETERS)?;
    let newest = params.word("sort", &["newest", "oldest"])? != Some("oldest");
    let list = if newest { "events" } else { "events-oldest" };
    let cursor = params.get("cursor").map(|text| Cursor::parse(text, list)).transpose()?;
    let query = query(&params, newest)?;
    let journals = caller.journals(params.source()?.as_deref())?;
    let began = cursor.as_ref().map(|cursor| &cursor.positions);
    let answers = ask(caller, &query, &journals, began).await?;
    let none = BTreeMap::new();
    let pages = pages(&answers)?;
    let heads = pages.iter().map(|(name, page)| ((*name).to_owned(), page.top)).collect();
    let merged = merge(pages, began.unwrap_or(&none), newest, query.limit, PAGE_BYTES);
    let is_over = newest && merged.positions.is_empty();
    let next =
        (!is_over).then(|| Cursor { list: list.to_owned(), positions: merged.positions }.text());
    let head = Cursor { list: "events-oldest".to_owned(), positions: heads }.text();
    let records: Vec<String> =
        merged.entries.iter().map(|(name, entry)| record(name, entry.record)).collect();
    Ok(Reply::Json(format!(
        r#"{{"events":[{}],"next":{},"head":"{head}"}}"#,
        records.join(","),
        json::text(&next),
    )))
}

fn query(params: &Params, newest: bool) -> Result<EventsQuery, Problem> {
    Ok(EventsQuery {
        newest,
        after: None,
        limit: params.limit(MAX_LIMIT, LIMIT)?,
        bytes: PAGE_BYTES,
        since: params.moment("since")?,
        until: params.moment("until")?,
        order: params.text("order")?,
        kind: params.word("type", &TYPES)?.map(Into::into),
        statuses: params.statuses()?,
        verdict: params.word("verdict", &VERDICTS)?.map(Into::into),
        test: params.flag("test")?,
    })
}

/// Asks each journal for its page, from its position on.
async fn ask(
    caller: &Caller<'_>,
    query: &EventsQuery,
    journals: &[String],
    began: Option<&BTreeMap<String, i64>>,
) -> Result<Vec<(String, String)>, Problem> {
    // Without a position, the newest of a journal are at its end: an earlier page had them all.
    let is_asked = |name: &&String| !query.newest || began.is_none_or(|at| at.contains_key(*name));
    let asked: Vec<&String> = journals.iter().filter(is_asked).collect();
    let questions = asked.iter().map(|name| {
        let after = began.and_then(|at| at.get(*name).copied());
        ((*name).clone(), Question::Events(EventsQuery { after, ..query.clone() }))
    });
    let questions: Vec<_> = questions.collect();
    let answers = host::ask_each(caller.host, &questions).await;
    let named = asked.into_iter().cloned().zip(answers);
    named.map(|(name, answer)| Ok((name, available(answer)?))).collect()
}

/// Logs why a journal could not be asked.
pub(super) fn available(answer: Result<String, Failure>) -> Result<String, Problem> {
    answer.map_err(|Failure(cause)| {
        log::failure("journal", &cause);
        Problem::JournalUnavailable
    })
}

fn pages(answers: &[(String, String)]) -> Result<Vec<(&str, Page<'_>)>, Problem> {
    answers
        .iter()
        .map(|(name, text)| {
            let page = serde_json::from_str(text).map_err(|_| Problem::Internal)?;
            Ok((name.as_str(), page))
        })
        .collect()
}

/// Adds the source's name to a record of a journal.
pub(super) fn record(journal: &str, record: &RawValue) -> String {
    let source = source_of(journal);
    let rest = record.get().strip_prefix('{').unwrap_or_default();
    format!(r#"{{"source":"{source}",{rest}"#)
}

/// Returns the source of a journal.
pub(super) fn source_of(journal: &str) -> &str {
    journal.split('.').next().unwrap_or(journal)
}

impl Caller<'_> {
    /// Returns the journals of a source, or of all.
    pub(super) fn journals(&self, source: Option<&str>) -> Result<Vec<String>, Problem> {
        let is_of = |name: &&String| source.is_none_or(|source| source == source_of(name));
        let journals: Vec<String> = self.visitor.journals.iter().filter(is_of).cloned().collect();
        if journals.len() > MAX_JOURNALS { Err(Problem::SourceRequired) } else { Ok(journals) }
    }
}

/// Answers `GET /v1/events/{source}/{id}`.
pub(super) async fn one(caller: &Caller<'_>, source: &str, id: &str) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let journals = caller.journals(Some(source))?;
    let question = Question::Event { id: id.to_owned() };
    let answers = host::ask_journals(caller.host, &journals, &question).await;
    for (name, answer) in journals.iter().zip(answers) {
        let answer = available(answer)?;
        let answer: &RawValue = serde_json::from_str(&answer).map_err(|_| Problem::Internal)?;
        if answer.get() != "null" {
            return Ok(Reply::Json(record(name, answer)));
        }
    }
    Err(Problem::EventNotFound)
}
