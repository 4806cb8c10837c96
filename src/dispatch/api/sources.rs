//! The receiver's state, and that of each source.

use std::collections::BTreeMap;

use orderhook_core::dispatch::OPERATIONAL;
use serde::{Deserialize, Serialize};

use super::{caller::Caller, params::Params, problem::Problem, reply::Reply};
use crate::{
    activity::BUCKETS,
    host,
    journal::Question,
    json, moment,
    registry::{self, Sum},
    source,
};

/// The name of the secret that opens the details of the receiver's `/healthz`.
const HEALTH_TOKEN: &str = "HEALTH_TOKEN";

/// The journals that are asked together, and in all.
const TOGETHER: usize = 32;
const MAX_ASKED: usize = 320;

#[derive(Serialize)]
struct Body {
    receiver: Receiver,
    sources: Vec<Source>,
}

#[derive(Serialize, Default)]
struct Receiver {
    status: Option<String>,
    version: Option<String>,
    problems: Vec<String>,
    error: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct Source {
    name: String,
    #[serde(flatten)]
    health: HealthOfSource,
    deliveries: Vec<Deliveries>,
    latencies: Vec<Latency>,
    latest_at: Option<String>,
}

#[derive(Serialize)]
struct Deliveries {
    code: String,
    count: i64,
}

#[derive(Serialize)]
struct Latency {
    up_to_ms: Option<u32>,
    count: i64,
}

/// The receiver's answer about its state.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Health {
    status: Option<String>,
    version: Option<String>,
    problems: Vec<String>,
    sources: BTreeMap<String, HealthOfSource>,
}

/// What the receiver says of a source.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct HealthOfSource {
    provider: Option<String>,
    ready: Option<bool>,
    dedup: Option<String>,
    too_large: Option<u32>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

/// Answers `GET /v1/sources`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let (receiver, known) = receiver(caller).await;
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    for (name, health) in known {
        sources.insert(name, Source { health, ..Source::default() });
    }
    for (name, latest) in latest(caller).await {
        let source = sources.entry(name).or_default();
        source.latest_at = source.latest_at.take().max(latest);
    }
    let sums: Vec<Sum> = caller.registry(&registry::Question::Activity).await?;
    for sum in sums {
        // A source that was taken out of the settings is left out, unless it has a journal.
        if let Some(source) = sources.get_mut(&sum.source) {
            source.add(sum);
        }
    }
    let sources = sources.into_iter().map(|(name, source)| Source { name, ..source }).collect();
    Ok(Reply::Json(json::text(&Body { receiver, sources })))
}

/// Asks the receiver. Returns its state, and what it says of its sources.
async fn receiver(caller: &Caller<'_>) -> (Receiver, BTreeMap<String, HealthOfSource>) {
    let token = host::secret(caller.host, HEALTH_TOKEN);
    let mut error = token.is_none().then_some("health_token_missing");
    let mut answer = host::health(caller.host, token.as_deref()).await;
    if answer.as_ref().is_some_and(|(status, _)| *status == 401) {
        error = Some("health_token_wrong");
        // Anyone may see the status alone.
        answer = host::health(caller.host, None).await;
    }
    let health = answer.and_then(|(_, text)| serde_json::from_str::<Health>(&text).ok());
    let Some(Health { status, version, problems, sources }) = health else {
        let receiver = Receiver { error: Some("unreachable"), ..Receiver::default() };
        return (receiver, BTreeMap::new());
    };
    (Receiver { status, version, problems, error }, sources)
}

/// Returns when each source's latest event was taken. A journal that cannot be asked is left out.
async fn latest(caller: &Caller<'_>) -> Vec<(String, Option<String>)> {
    let mut latest = Vec::new();
    let is_of_source = |name: &&String| *name != OPERATIONAL;
    let journals: Vec<String> =
        caller.visitor.journals.iter().filter(is_of_source).cloned().collect();
    for journals in journals.chunks(TOGETHER).take(MAX_ASKED / TOGETHER) {
        let answers = host::ask_journals(caller.host, journals, &Question::Latest).await;
        for (journal, answer) in journals.iter().zip(answers) {
            let at: Option<Option<i64>> =
                answer.ok().and_then(|text| serde_json::from_str(&text).ok());
            let at = at.flatten().map(moment::text);
            latest.push((source::of_journal(journal).to_owned(), at));
        }
    }
    latest
}

impl Source {
    fn add(&mut self, Sum { code, latency, count, .. }: Sum) {
        match self.deliveries.iter_mut().find(|known| known.code == code) {
            Some(known) => known.count += count,
            None => self.deliveries.push(Deliveries { code, count }),
        }
        if self.latencies.is_empty() {
            let bounds = BUCKETS.into_iter().map(Some).chain([None]);
            self.latencies = bounds.map(|up_to_ms| Latency { up_to_ms, count: 0 }).collect();
        }
        let bucket = usize::try_from(latency).ok().and_then(|at| self.latencies.get_mut(at));
        if let Some(bucket) = bucket {
            bucket.count += count;
        }
    }
}
