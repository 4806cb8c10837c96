//! Counts what the journals have, by source and by endpoint.

use std::collections::BTreeMap;

use orderhook_core::dispatch::OPERATIONAL;
use serde::{Deserialize, Serialize};

use super::{
    caller::{Caller, available},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    host,
    journal::{Backlog, JournalStats, Question},
    json, moment,
    registry::{self, DeadLettersQuestion},
    source,
};

#[derive(Serialize)]
struct Stats {
    at: String,
    version: &'static str,
    sources: Vec<SourceStats>,
    endpoints: Vec<EndpointStats>,
    dead_letters: i64,
    queue: Option<QueueStats>,
}

#[derive(Serialize, Default)]
struct SourceStats {
    source: String,
    journals: u32,
    events: i64,
    events_last_hour: i64,
    events_last_day: i64,
    orders: i64,
    statuses: BTreeMap<String, i64>,
    stored_bytes: i64,
    oldest_at: Option<String>,
    latest_at: Option<String>,
}

#[derive(Serialize, Default)]
struct EndpointStats {
    endpoint: String,
    waiting: i64,
    held: i64,
    dead: i64,
    oldest_waiting_at: Option<String>,
    failing_since: Option<String>,
}

#[derive(Serialize)]
struct QueueStats {
    messages: i64,
    bytes: i64,
    oldest_at: Option<String>,
}

/// Answers `GET /v1/stats`.
pub(super) async fn get(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &["source"])?;
    let journals = caller.journals_of_deliveries(params.source()?.as_deref())?;
    let (sources, endpoints) = of_journals(caller, &journals).await?;
    let dead_letters =
        caller.registry(&registry::Question::DeadLetters(DeadLettersQuestion::Count)).await?;
    let queue = queue(caller).await;
    let (at, version) = (moment::text(moment::now()), env!("CARGO_PKG_VERSION"));
    let stats = Stats { at, version, sources, endpoints, dead_letters, queue };
    Ok(Reply::Json(json::text(&stats)))
}

/// Adds up the journals of each source, and the backlogs of each endpoint.
async fn of_journals(
    caller: &Caller<'_>,
    journals: &[String],
) -> Result<(Vec<SourceStats>, Vec<EndpointStats>), Problem> {
    let mut sources: BTreeMap<&str, SourceStats> = BTreeMap::new();
    let mut endpoints: BTreeMap<String, EndpointStats> = BTreeMap::new();
    let answers = host::ask_journals(caller.host, journals, &Question::Stats).await;
    for (journal, answer) in journals.iter().zip(answers) {
        let mut stats: JournalStats =
            serde_json::from_str(&available(journal, answer)?).map_err(|_| Problem::INTERNAL)?;
        for backlog in stats.endpoints.drain(..) {
            endpoints.entry(backlog.endpoint.clone()).or_default().add(backlog);
        }
        let name = source::of_journal(journal);
        if name == OPERATIONAL {
            continue;
        }
        let source = sources.entry(name).or_default();
        name.clone_into(&mut source.source);
        source.add(stats);
    }
    Ok((sources.into_values().collect(), endpoints.into_values().collect()))
}

impl EndpointStats {
    fn add(&mut self, backlog: Backlog) {
        self.endpoint = backlog.endpoint;
        self.waiting += backlog.waiting;
        self.held += backlog.held;
        self.dead += backlog.dead;
        let oldest = backlog.oldest_waiting.map(moment::text);
        self.oldest_waiting_at = earliest(self.oldest_waiting_at.take(), oldest);
        let failing = backlog.failing_since.map(moment::text);
        self.failing_since = earliest(self.failing_since.take(), failing);
    }
}

/// Returns the earlier of two moments. RFC 3339 in UTC sorts as the moments do.
fn earliest(one: Option<String>, other: Option<String>) -> Option<String> {
    [one, other].into_iter().flatten().min()
}

impl SourceStats {
    fn add(&mut self, stats: JournalStats) {
        self.journals += 1;
        self.events += stats.events;
        self.events_last_hour += stats.last_hour;
        self.events_last_day += stats.last_day;
        for (status, n) in stats.statuses {
            self.orders += n;
            *self.statuses.entry(status).or_default() += n;
        }
        self.stored_bytes += stats.bytes;
        self.oldest_at = earliest(self.oldest_at.take(), stats.oldest.map(moment::text));
        self.latest_at = self.latest_at.take().max(stats.latest.map(moment::text));
    }
}

/// Returns what waits in the queue of events; `None` where the queue does not tell.
async fn queue(caller: &Caller<'_>) -> Option<QueueStats> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metrics {
        backlog_count: i64,
        backlog_bytes: i64,
    }
    let text = host::backlog(caller.host).await?;
    let Metrics { backlog_count, backlog_bytes } = serde_json::from_str(&text).ok()?;
    let oldest = serde_json::from_str::<serde_json::Value>(&text).ok()?;
    let oldest = oldest.get("oldestMessageTimestamp");
    // A moment in milliseconds, or a `Date`, which is a text as JSON. 0 stands for none.
    let oldest_at = match oldest {
        Some(serde_json::Value::Number(ms)) => ms.as_i64().filter(|ms| *ms > 0),
        Some(serde_json::Value::String(text)) => moment::parse(text).filter(|ms| *ms > 0),
        _ => None,
    };
    Some(QueueStats {
        messages: backlog_count,
        bytes: backlog_bytes,
        oldest_at: oldest_at.map(moment::text),
    })
}
