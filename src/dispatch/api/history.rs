//! Returns what the receiver answered, and what endpoints answered, over time.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    caller::{Caller, available},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    activity::BUCKETS,
    host,
    journal::{AttemptSum, Counts, Question},
    json,
    moment::{self, DAY_MS},
    registry::{self, Sum},
};

/// The numbers of answers by their latency.
type Latency = [i64; BUCKETS.len() + 1];

#[derive(Serialize)]
struct History {
    since: String,
    until: String,
    step_seconds: i64,
    answers: Vec<Answers>,
    attempts: Vec<Attempts>,
}

#[derive(Serialize)]
struct Answers {
    at: String,
    source: String,
    code: String,
    count: i64,
    latency: Latency,
}

#[derive(Serialize)]
struct Attempts {
    at: String,
    endpoint: String,
    delivered: i64,
    failed: i64,
    retries: i64,
}

/// The time that is asked for, in milliseconds.
struct Span {
    since: i64,
    step: i64,
}

impl Span {
    /// Returns the span of a word. Its last step has begun before `now`.
    fn of(word: Option<&str>, now: i64) -> Self {
        let (length, step) =
            if word == Some("week") { (7 * DAY_MS, DAY_MS / 12) } else { (DAY_MS, DAY_MS / 96) };
        Self { since: now - now % step + step - length, step }
    }
}

/// Answers `GET /v1/stats/history`.
pub(super) async fn get(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &["span", "source"])?;
    let now = moment::now();
    let span = Span::of(params.word("span", &["day", "week"])?, now);
    let source = params.source()?;
    let journals = caller.journals_of_deliveries(source.as_deref())?;
    let history = History {
        since: moment::text(span.since),
        until: moment::text(now),
        step_seconds: span.step / 1000,
        answers: answers(caller, &span, source).await?,
        attempts: attempts(caller, &span, &journals).await?,
    };
    Ok(Reply::Json(json::text(&history)))
}

/// Returns the receiver's answers, in the order of their steps.
async fn answers(
    caller: &Caller<'_>,
    span: &Span,
    source: Option<String>,
) -> Result<Vec<Answers>, Problem> {
    let Span { since, step } = *span;
    let question = registry::Question::History { since, step, source };
    let sums: Vec<Sum> = caller.registry(&question).await?;
    let mut latencies: BTreeMap<(i64, String, String), Latency> = BTreeMap::new();
    for Sum { at, source, code, latency, count } in sums {
        let counts = latencies.entry((at, source, code)).or_default();
        if let Some(of_bucket) = usize::try_from(latency).ok().and_then(|at| counts.get_mut(at)) {
            *of_bucket += count;
        }
    }
    let answers = latencies.into_iter().map(|((at, source, code), latency)| {
        let (at, count) = (moment::text(at), latency.iter().sum());
        Answers { at, source, code, count, latency }
    });
    Ok(answers.collect())
}

/// Adds up the attempts of the journals, in the order of their steps.
async fn attempts(
    caller: &Caller<'_>,
    span: &Span,
    journals: &[String],
) -> Result<Vec<Attempts>, Problem> {
    let question = Question::History { since: span.since, step: span.step };
    let mut sums: BTreeMap<(i64, String), Counts> = BTreeMap::new();
    let answers = host::ask_journals(caller.host, journals, &question).await;
    for (journal, answer) in journals.iter().zip(answers) {
        let of_journal: Vec<AttemptSum> =
            serde_json::from_str(&available(journal, answer)?).map_err(|_| Problem::INTERNAL)?;
        for AttemptSum { at, endpoint, counts } in of_journal {
            sums.entry((at, endpoint)).or_default().add(counts);
        }
    }
    let attempts = sums.into_iter().map(|((at, endpoint), counts)| {
        let Counts { delivered, failed, retries } = counts;
        Attempts { at: moment::text(at), endpoint, delivered, failed, retries }
    });
    Ok(attempts.collect())
}
