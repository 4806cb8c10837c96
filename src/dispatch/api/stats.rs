//! Counts what the journals have, by source.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    caller::{Caller, available},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    host,
    journal::{JournalStats, Question},
    json, moment, registry, source,
};

#[derive(Serialize)]
struct Stats {
    at: String,
    version: &'static str,
    sources: Vec<SourceStats>,
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

#[derive(Serialize)]
struct QueueStats {
    messages: i64,
    bytes: i64,
    oldest_at: Option<String>,
}

/// Answers `GET /v1/stats`.
pub(super) async fn get(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &["source"])?;
    let journals = caller.journals(params.source()?.as_deref())?;
    let sources = of_sources(caller, &journals).await?;
    let dead_letters = caller.registry(&registry::Question::CountDeadLetters).await?;
    let queue = queue(caller).await;
    let (at, version) = (moment::text(moment::now()), env!("CARGO_PKG_VERSION"));
    Ok(Reply::Json(json::text(&Stats { at, version, sources, dead_letters, queue })))
}

/// Adds up the journals of each source.
async fn of_sources(caller: &Caller<'_>, journals: &[String]) -> Result<Vec<SourceStats>, Problem> {
    let mut sources: BTreeMap<&str, SourceStats> = BTreeMap::new();
    let answers = host::ask_journals(caller.host, journals, &Question::Stats).await;
    for (journal, answer) in journals.iter().zip(answers) {
        let stats =
            serde_json::from_str(&available(journal, answer)?).map_err(|_| Problem::Internal)?;
        let name = source::of_journal(journal);
        let source = sources.entry(name).or_default();
        name.clone_into(&mut source.source);
        source.add(stats);
    }
    Ok(sources.into_values().collect())
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
        // RFC 3339 in UTC sorts as the moments do.
        let earlier = stats
            .oldest
            .map(moment::text)
            .filter(|at| self.oldest_at.as_ref().is_none_or(|oldest| at < oldest));
        self.oldest_at = earlier.or(self.oldest_at.take());
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
