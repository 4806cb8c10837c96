//! Tests an endpoint: sends it test events.

use orderhook_core::{
    EVENT_TYPES, ORDER_STATUS, Status,
    dispatch::{Filter, operational_sample, sample},
    json::Json,
};
use serde::{Deserialize, Serialize};

use super::{
    body, caller::Caller, endpoints, events::types, params::Params, problem::Problem, reply::Reply,
};
use crate::{
    deliver::{Bodies, Message, Unsent},
    endpoint::Endpoint,
    host::{self, Post, Posted},
    json, moment,
    registry::{Action, Question},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "type", default, deserialize_with = "body::given")]
    kind: Option<String>,
}

#[derive(Serialize)]
struct Report {
    started_at: String,
    tests_run: usize,
    tests_succeeded: usize,
    tests_failed: usize,
    tests: Vec<Trial>,
}

#[derive(Serialize)]
struct Trial {
    #[serde(rename = "type")]
    kind: &'static str,
    succeeded: bool,
    status: Option<u16>,
    ms: i64,
    note: Option<String>,
    answer: Option<String>,
}

/// The source of a test that no filter names.
const SOURCE: &str = "orderhook-test";

/// Answers `POST /v1/endpoints/{id}/tests`.
pub(super) async fn run(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let wanted: Wanted = body::read(caller.request, "an object of `type`, or an empty one").await?;
    let endpoint = endpoints::read(caller, id.clone()).await?;
    let filter = filter(&endpoint);
    let kinds = kinds(&filter, wanted.kind.as_deref())?;
    let log =
        Question::Log { actor: caller.actor(), action: Action::EndpointTested, target: Some(id) };
    caller.registry::<()>(&log).await?;
    let started = moment::now();
    let tests = trials(caller, &endpoint, &filter, &kinds).await?;
    let succeeded = tests.iter().filter(|test| test.succeeded).count();
    Ok(Reply::Json(json::text(&Report {
        started_at: moment::text(started),
        tests_run: tests.len(),
        tests_succeeded: succeeded,
        tests_failed: tests.len() - succeeded,
        tests,
    })))
}

fn filter(endpoint: &Endpoint) -> Filter {
    let text = json::text(&endpoint.filter);
    let read = Json::parse(&text).ok().and_then(|json| Filter::read(&json).ok());
    read.unwrap_or_default()
}

/// Returns the types that are tested: the one that is named, or all that are subscribed to.
fn kinds(filter: &Filter, named: Option<&str>) -> Result<Vec<&'static str>, Problem> {
    if let Some(named) = named {
        let detail = format!("`type` is one of {}", types().join(", "));
        let found = types().into_iter().find(|kind| *kind == named);
        return Ok(vec![found.ok_or(Problem::invalid_body(detail))?]);
    }
    let is_of_orders = !(filter.statuses.is_empty() && filter.phases.is_empty());
    let types = if filter.types.is_empty() { EVENT_TYPES.to_vec() } else { filter.types.clone() };
    Ok(types.into_iter().filter(|kind| !is_of_orders || *kind == ORDER_STATUS).collect())
}

/// Returns a status that the filter wants; a usual one if it wants none.
fn status(filter: &Filter) -> Status {
    let is_wanted = |status: &Status| {
        (filter.statuses.is_empty() || filter.statuses.contains(status))
            && (filter.phases.is_empty() || filter.phases.contains(&status.phase()))
    };
    let usual = [Status::Confirmed].into_iter();
    let named = filter.statuses.iter().copied();
    let of_phases = filter
        .phases
        .iter()
        .flat_map(|phase| Status::ALL.into_iter().filter(move |status| status.phase() == *phase));
    usual.chain(named).chain(of_phases).find(is_wanted).unwrap_or(Status::Confirmed)
}

async fn trials(
    caller: &Caller<'_>,
    endpoint: &Endpoint,
    filter: &Filter,
    kinds: &[&'static str],
) -> Result<Vec<Trial>, Problem> {
    let (mut trials, mut posts, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for kind in kinds {
        match request(caller, endpoint, filter, kind).await? {
            Ok(post) => {
                places.push(trials.len());
                posts.push(post);
                trials.push(Trial::unsent(kind, "unanswered".to_owned()));
            }
            Err(note) => trials.push(Trial::unsent(kind, note.to_owned())),
        }
    }
    let running = host::post(&posts);
    loop {
        let ended = host::next(&running).await;
        if ended.is_empty() {
            return Ok(trials);
        }
        for posted in ended {
            let place = places.get(posted.place).copied().unwrap_or_default();
            if let Some(trial) = trials.get_mut(place) {
                *trial = Trial::of(trial.kind, posted);
            }
        }
    }
}

/// Makes the request of a test; or a word for why there is none.
async fn request(
    caller: &Caller<'_>,
    endpoint: &Endpoint,
    filter: &Filter,
    kind: &'static str,
) -> Result<Result<Post, &'static str>, Problem> {
    let sealed = endpoints::open(caller, endpoint).await?;
    let source = filter.sources.first().map_or(SOURCE, String::as_str);
    let (id, now) = (format!("test_{}", host::random(12, true)), moment::now());
    let event = operational_sample(kind, source, now)
        .unwrap_or_else(|| sample(kind, source, &id, &moment::text(now), status(filter)));
    let message = Message {
        endpoint: &endpoint.id,
        format: endpoint.format,
        sealed: &sealed,
        identity: (source, &id),
        again: 0,
        event: &event,
        verdict: filter.verdicts.first().copied(),
        hops: 0,
        until: i64::MAX >> 11,
    };
    match message.request(&Bodies::default(), &endpoints::guard(caller)) {
        Ok(post) => Ok(Ok(post)),
        Err(Unsent::Impossible(word) | Unsent::Refused(word)) => Ok(Err(word)),
        Err(Unsent::Unreadable) => Err(Problem::SEAL_KEY_MISSING),
        // The events of a test have their bodies in them.
        Err(Unsent::Missing | Unsent::Later | Unsent::Unavailable) => Err(Problem::INTERNAL),
    }
}

impl Trial {
    fn unsent(kind: &'static str, note: String) -> Self {
        Self { kind, succeeded: false, status: None, ms: 0, note: Some(note), answer: None }
    }

    fn of(kind: &'static str, posted: Posted) -> Self {
        let Posted { ms, answer, .. } = posted;
        match answer {
            Ok(answer) => Self {
                kind,
                succeeded: (200..300).contains(&answer.status),
                status: Some(answer.status),
                ms,
                note: None,
                answer: Some(answer.text),
            },
            Err(word) => Self { ms, ..Self::unsent(kind, word) },
        }
    }
}
