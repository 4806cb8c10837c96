//! Creates, lists and shows endpoints.

use orderhook_core::{
    Phase, Status,
    dispatch::{Filter, Format, Guard, OPERATIONAL, Verdict, endpoint_secret},
    json::Json,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    body, caller::Caller, events::types, params::Params, problem::Problem, reply::Reply, view::View,
};
use crate::{
    config::Config,
    endpoint::{Endpoint, Endpoints, State},
    host::{self, Failure},
    json, log, moment,
    push::push,
    registry::{EndpointsQuestion, Question, Saved},
    seal::Sealed,
    source,
};

/// The characters that a description may have.
const MAX_DESCRIPTION: usize = 200;

/// Answers `GET /v1/endpoints`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let Endpoints { endpoints, .. } = ask(caller, EndpointsQuestion::All).await?;
    let config = Config::of(caller.host);
    let access = caller.visitor.holder.access;
    let mut texts = Vec::new();
    for endpoint in &endpoints {
        let sealed = Sealed::unseal(&config.seal_keys, &endpoint.id, &endpoint.sealed).await;
        texts.push(json::text(&View::of(endpoint, sealed.as_ref(), access)));
    }
    Ok(Reply::Json(format!(r#"{{"endpoints":[{}]}}"#, texts.join(","))))
}

/// Answers `GET /v1/endpoints/{id}`.
pub(super) async fn one(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let endpoint = read(caller, id).await?;
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = Sealed::unseal(keys, &endpoint.id, &endpoint.sealed).await;
    Ok(Reply::Json(json::text(&View::of(&endpoint, sealed.as_ref(), caller.visitor.holder.access))))
}

/// Returns an endpoint.
pub(super) async fn read(caller: &Caller<'_>, id: String) -> Result<Endpoint, Problem> {
    find(caller, id).await?.ok_or(Problem::ENDPOINT_NOT_FOUND)
}

/// Returns an endpoint, if there is one.
pub(super) async fn find(caller: &Caller<'_>, id: String) -> Result<Option<Endpoint>, Problem> {
    ask(caller, EndpointsQuestion::One { id }).await
}

/// Asks the registry about endpoints.
pub(super) async fn ask<T: serde::de::DeserializeOwned>(
    caller: &Caller<'_>,
    question: EndpointsQuestion,
) -> Result<T, Problem> {
    caller.registry(&Question::Endpoints(question)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    url: String,
    #[serde(default, deserialize_with = "body::given")]
    format: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    filter: Option<Map<String, Value>>,
    description: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    secret: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    active: Option<bool>,
}

/// Answers `POST /v1/endpoints`.
pub(super) async fn create(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `url`, and perhaps `format`, `filter`, `description`, `secret` and \
        `active`";
    let new: New = body::read(caller.request, expected).await?;
    let format = read_format(new.format.as_deref())?;
    check_url(caller, &new.url)?;
    let secret =
        new.secret.map_or_else(|| Ok(new_secret(format)), |text| read_secret(text, format));
    let sealed = Sealed::new(new.url, secret?);
    let (id, now) = (format!("ep_{}", host::random(12, true)), moment::now());
    let endpoint = Endpoint {
        sealed: seal(caller, &id, &sealed).await?,
        id,
        state: if new.active == Some(false) { State::Paused } else { State::Active },
        reason: None,
        format,
        filter: read_filter(new.filter.unwrap_or_default())?,
        description: read_description(new.description)?,
        created: now,
        updated: now,
    };
    let access = caller.visitor.holder.access;
    let reply = Reply::Created(json::text(&View::with_secret(&endpoint, &sealed, access)));
    let question = EndpointsQuestion::Create { actor: caller.actor(), endpoint: endpoint.clone() };
    // The secret is in this answer alone, so it is given even if a journal must pull the endpoint.
    saved(caller, ask(caller, question).await?).await.map(|_| reply)
}

/// Gives the saved endpoints to the journals. Returns them, and whether the journals have them.
pub(super) async fn saved(
    caller: &Caller<'_>,
    saved: Saved,
) -> Result<(Vec<Endpoint>, bool), Problem> {
    let all = match saved {
        Saved::Done(all) => all,
        Saved::NotFound => return Err(Problem::ENDPOINT_NOT_FOUND),
        Saved::TooMany => return Err(Problem::too_many_endpoints()),
        Saved::Changed => return Err(Problem::ENDPOINT_CHANGED),
    };
    let have_all = match journals(caller).await {
        Ok(journals) => push(caller.host, &journals, &all).await,
        Err(_) => false,
    };
    Ok((all.endpoints, have_all))
}

/// Gives journals the endpoints as they are now. Fails unless all of them have those.
pub(super) async fn give(caller: &Caller<'_>, journals: &[String]) -> Result<(), Problem> {
    let all: Endpoints = ask(caller, EndpointsQuestion::All).await?;
    confirmed(push(caller.host, journals, &all).await)
}

/// Fails unless the journals have the saved endpoints: a paused endpoint gets nothing more.
pub(super) fn confirmed(have_all: bool) -> Result<(), Problem> {
    if have_all { Ok(()) } else { Err(Problem::JOURNAL_UNAVAILABLE) }
}

/// Returns the journals that exist. A journal that is made later pulls the endpoints.
pub(super) async fn journals(caller: &Caller<'_>) -> Result<Vec<String>, Problem> {
    caller.registry(&Question::Journals).await
}

/// Opens the sealed URL and secrets of an endpoint.
pub(super) async fn open(caller: &Caller<'_>, endpoint: &Endpoint) -> Result<Sealed, Problem> {
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = Sealed::unseal(keys, &endpoint.id, &endpoint.sealed).await;
    sealed.ok_or(Problem::SEAL_KEY_MISSING)
}

/// Seals the URL and the secrets of an endpoint.
pub(super) async fn seal(
    caller: &Caller<'_>,
    id: &str,
    sealed: &Sealed,
) -> Result<String, Problem> {
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = sealed.seal(keys, id).await.map_err(|Failure(cause)| {
        log::failure("seal", &cause);
        Problem::INTERNAL
    })?;
    sealed.ok_or(Problem::SEAL_KEY_MISSING)
}

/// Returns the guard, which knows this Worker's own host.
pub(super) fn guard(caller: &Caller<'_>) -> Guard {
    let url = caller.request.url();
    let host = url.split('/').nth(2).and_then(|host| host.split(':').next());
    Config::of(caller.host).guard.with_own(host.unwrap_or_default())
}

/// Fails if events may not be posted to a URL.
pub(super) fn check_url(caller: &Caller<'_>, url: &str) -> Result<(), Problem> {
    guard(caller).check(url).map_err(|error| Problem::invalid_body(format!("`url`: {error}")))
}

fn read_format(name: Option<&str>) -> Result<Format, Problem> {
    let format = name.map_or(Some(Format::CloudEvents), Format::parse);
    format.ok_or_else(|| Problem::invalid_body("`format` is cloudevents, payload or slack"))
}

/// Fails if a filter cannot be read.
pub(super) fn read_filter(filter: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let text = json::text(&filter);
    let read =
        Json::parse(&text).map_err(|_| Problem::invalid_body("`filter` is nested too deep"))?;
    Filter::read(&read).map_err(|error| Problem::invalid_body(format!("`filter`: {error}")))?;
    Ok(filter)
}

/// Fails if a description is too long.
pub(super) fn read_description(description: Option<String>) -> Result<Option<String>, Problem> {
    let is_short = |text: &String| text.chars().count() <= MAX_DESCRIPTION;
    if description.as_ref().is_none_or(is_short) {
        Ok(description)
    } else {
        Err(Problem::invalid_body(format!(
            "`description` has at most {MAX_DESCRIPTION} characters"
        )))
    }
}

/// Makes a secret; `None` for a format that is not signed.
pub(super) fn new_secret(format: Format) -> Option<String> {
    format.is_signed().then(|| ["whsec_", &host::random(32, false)].concat())
}

fn read_secret(text: String, format: Format) -> Result<Option<String>, Problem> {
    if !format.is_signed() {
        return Err(Problem::invalid_body("`secret`: what goes to Slack is not signed"));
    }
    if endpoint_secret(&text).is_none() {
        return Err(Problem::invalid_body("`secret` is `whsec_` and the base64 of 24 to 64 bytes"));
    }
    Ok(Some(text))
}

/// Answers `GET /v1/event-types`.
pub(super) fn event_types(caller: &Caller<'_>) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body<'a> {
        types: Vec<&'static str>,
        statuses: Vec<&'static str>,
        phases: Vec<&'static str>,
        verdicts: Vec<&'static str>,
        sources: Vec<&'a str>,
        formats: Vec<&'static str>,
    }
    Params::parse(caller.query, &[])?;
    let mut sources: Vec<_> =
        caller.visitor.journals.iter().map(|name| source::of_journal(name)).collect();
    sources.dedup();
    sources.retain(|name| *name != OPERATIONAL);
    Ok(Reply::Json(json::text(&Body {
        types: types(),
        statuses: Status::ALL.map(Status::as_str).into(),
        phases: Phase::ALL.map(Phase::as_str).into(),
        verdicts: Verdict::ALL.map(Verdict::as_str).into(),
        sources,
        formats: Format::ALL.map(Format::as_str).into(),
    })))
}
