//! Creates, lists, shows, changes and deletes endpoints, and rotates their secrets.

use orderhook_core::{
    EVENT_TYPES, Phase, Status,
    dispatch::{Filter, Format, Guard, Verdict, endpoint_secret},
    json::Json,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{body, caller::Caller, params::Params, problem::Problem, reply::Reply};
use crate::{
    config::Config,
    endpoint::{Endpoint, Endpoints, State},
    host::{self, Failure},
    json, log, moment,
    push::push,
    registry::{Action, EndpointsQuestion, Question, Saved},
    seal::{EndpointSecret, Sealed},
    source,
};

/// The characters that a description may have.
const MAX_DESCRIPTION: usize = 200;

/// The milliseconds for which a secret signs beside the one that replaces it.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;

/// The secrets that sign at a time.
const MAX_SECRETS: usize = 3;

/// How often a change is tried, if others change the endpoint at the same time.
const TRIES: usize = 3;

/// An endpoint, as the API shows it.
#[derive(Serialize)]
struct View<'a> {
    id: &'a str,
    /// Null if the key that it is sealed with is not there.
    url: Option<String>,
    format: &'static str,
    filter: &'a Map<String, Value>,
    description: Option<&'a str>,
    active: bool,
    disabled_reason: Option<&'a str>,
    created_at: String,
    updated_at: String,
    /// Only an answer that shows it has this member. It is null for a format that is not signed.
    #[allow(clippy::option_option)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Option<&'a str>>,
}

impl<'a> View<'a> {
    fn of(endpoint: &'a Endpoint, sealed: Option<&Sealed>) -> Self {
        let url = sealed.map(|sealed| &*sealed.url);
        Self {
            id: &endpoint.id,
            url: url.map(|url| shown(url, endpoint.format)),
            format: endpoint.format.as_str(),
            filter: &endpoint.filter,
            description: endpoint.description.as_deref(),
            active: endpoint.state == State::Active,
            disabled_reason: endpoint.reason.as_deref(),
            created_at: moment::text(endpoint.created),
            updated_at: moment::text(endpoint.updated),
            secret: None,
        }
    }

    /// Shows the newest secret, too.
    fn with_secret(endpoint: &'a Endpoint, sealed: &'a Sealed) -> Self {
        let secret = sealed.secrets.first().map(|secret| &*secret.text);
        Self { secret: Some(secret), ..Self::of(endpoint, Some(sealed)) }
    }
}

/// Returns a URL as it is shown. Of one that is a secret, only the host is.
fn shown(url: &str, format: Format) -> String {
    if !format.has_secret_url() {
        return url.to_owned();
    }
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    format!("{scheme}://{host}/…")
}

/// Answers `GET /v1/endpoints`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let Endpoints { endpoints, .. } = ask(caller, EndpointsQuestion::All).await?;
    let config = Config::of(caller.host);
    let mut texts = Vec::new();
    for endpoint in &endpoints {
        let sealed = Sealed::unseal(&config.seal_keys, &endpoint.id, &endpoint.sealed).await;
        texts.push(json::text(&View::of(endpoint, sealed.as_ref())));
    }
    Ok(Reply::Json(format!(r#"{{"endpoints":[{}]}}"#, texts.join(","))))
}

/// Answers `GET /v1/endpoints/{id}`.
pub(super) async fn one(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let endpoint = read(caller, id).await?;
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = Sealed::unseal(keys, &endpoint.id, &endpoint.sealed).await;
    Ok(Reply::Json(json::text(&View::of(&endpoint, sealed.as_ref()))))
}

/// Returns an endpoint.
pub(super) async fn read(caller: &Caller<'_>, id: String) -> Result<Endpoint, Problem> {
    let endpoint: Option<Endpoint> = ask(caller, EndpointsQuestion::One { id }).await?;
    endpoint.ok_or(Problem::EndpointNotFound)
}

async fn ask<T: serde::de::DeserializeOwned>(
    caller: &Caller<'_>,
    question: EndpointsQuestion,
) -> Result<T, Problem> {
    caller.registry(&Question::Endpoints(question)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    url: String,
    format: Option<String>,
    filter: Option<Map<String, Value>>,
    description: Option<String>,
    secret: Option<String>,
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
    let secrets = secret?.map(|text| EndpointSecret { text, until: None });
    let sealed = Sealed { url: new.url, secrets: secrets.into_iter().collect() };
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
    let reply = Reply::Created(json::text(&View::with_secret(&endpoint, &sealed)));
    let question = EndpointsQuestion::Create { actor: caller.actor(), endpoint: endpoint.clone() };
    // The secret is in this answer alone, so it is given even if a journal must pull the endpoint.
    saved(caller, ask(caller, question).await?).await.map(|_| reply)
}

/// Gives the journals what was saved. Returns whether all of them have it.
async fn saved(caller: &Caller<'_>, saved: Saved) -> Result<bool, Problem> {
    match saved {
        Saved::Done(endpoints) => Ok(push(caller.host, &caller.visitor.journals, endpoints).await),
        Saved::NotFound => Err(Problem::EndpointNotFound),
        Saved::TooMany => Err(Problem::TooManyEndpoints),
        Saved::Changed => Err(Problem::EndpointChanged),
    }
}

/// Fails unless all journals have what was saved: an endpoint that was paused gets nothing more.
fn confirmed(have_all: bool) -> Result<(), Problem> {
    if have_all { Ok(()) } else { Err(Problem::JournalUnavailable) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    url: Option<String>,
    filter: Option<Map<String, Value>>,
    /// `Some(None)` removes it.
    #[allow(clippy::option_option)]
    #[serde(default, deserialize_with = "nullable")]
    description: Option<Option<String>>,
    active: Option<bool>,
}

/// Reads a member that may be null, which is not the same as missing.
#[allow(clippy::option_option)] // That is what it is for.
fn nullable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Answers `PATCH /v1/endpoints/{id}`.
pub(super) async fn change(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `url`, `filter`, `description` and `active`";
    let change: Change = body::read(caller.request, expected).await?;
    if let Some(url) = &change.url {
        check_url(caller, url)?;
    }
    let filter = change.filter.map(read_filter).transpose()?;
    let description = change.description.map(read_description).transpose()?;
    let (endpoint, sealed) = update(caller, id, Action::EndpointChanged, |endpoint, sealed| {
        if let Some(url) = &change.url {
            sealed.url.clone_from(url);
        }
        if let Some(filter) = &filter {
            endpoint.filter.clone_from(filter);
        }
        if let Some(description) = &description {
            endpoint.description.clone_from(description);
        }
        if let Some(active) = change.active {
            endpoint.state = if active { State::Active } else { State::Paused };
            endpoint.reason = None;
        }
        Ok(())
    })
    .await?;
    Ok(Reply::Json(json::text(&View::of(&endpoint, Some(&sealed)))))
}

/// Answers `POST /v1/endpoints/{id}/secret/rotate`.
pub(super) async fn rotate(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let now = moment::now();
    let (endpoint, sealed) = update(caller, id, Action::SecretRotated, |endpoint, sealed| {
        let text = new_secret(endpoint.format).ok_or(Problem::NothingSigned)?;
        sealed.secrets.retain(|secret| secret.until.is_none_or(|until| now < until));
        for secret in &mut sealed.secrets {
            secret.until = Some(secret.until.unwrap_or(now + OVERLAP_MS));
        }
        sealed.secrets.insert(0, EndpointSecret { text, until: None });
        sealed.secrets.truncate(MAX_SECRETS);
        Ok(())
    })
    .await?;
    Ok(Reply::Json(json::text(&View::with_secret(&endpoint, &sealed))))
}

/// Changes an endpoint, and waits until every journal knows.
async fn update(
    caller: &Caller<'_>,
    id: String,
    action: Action,
    change: impl Fn(&mut Endpoint, &mut Sealed) -> Result<(), Problem>,
) -> Result<(Endpoint, Sealed), Problem> {
    for _ in 0..TRIES {
        let mut endpoint = read(caller, id.clone()).await?;
        let mut sealed = open(caller, &endpoint).await?;
        change(&mut endpoint, &mut sealed)?;
        endpoint.sealed = seal(caller, &id, &sealed).await?;
        let (actor, read) = (caller.actor(), endpoint.updated);
        let question = EndpointsQuestion::Change { actor, action, endpoint, read };
        let answer: Saved = ask(caller, question).await?;
        if matches!(answer, Saved::Changed) {
            continue;
        }
        confirmed(saved(caller, answer).await?)?;
        return Ok((self::read(caller, id).await?, sealed));
    }
    Err(Problem::EndpointChanged)
}

/// Answers `DELETE /v1/endpoints/{id}`.
pub(super) async fn delete(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let question = EndpointsQuestion::Delete { actor: caller.actor(), id };
    confirmed(saved(caller, ask(caller, question).await?).await?)?;
    Ok(Reply::Empty)
}

/// Opens what is secret of an endpoint.
pub(super) async fn open(caller: &Caller<'_>, endpoint: &Endpoint) -> Result<Sealed, Problem> {
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = Sealed::unseal(keys, &endpoint.id, &endpoint.sealed).await;
    sealed.ok_or(Problem::SealKeyMissing)
}

async fn seal(caller: &Caller<'_>, id: &str, sealed: &Sealed) -> Result<String, Problem> {
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = sealed.seal(keys, id).await.map_err(|Failure(cause)| {
        log::failure("seal", &cause);
        Problem::Internal
    })?;
    sealed.ok_or(Problem::SealKeyMissing)
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::InvalidBody { detail: detail.into() }
}

/// Returns the guard, which knows this Worker's own host.
pub(super) fn guard(caller: &Caller<'_>) -> Guard {
    let url = caller.request.url();
    let host = url.split('/').nth(2).and_then(|host| host.split(':').next());
    Config::of(caller.host).guard.with_own(host.unwrap_or_default())
}

fn check_url(caller: &Caller<'_>, url: &str) -> Result<(), Problem> {
    guard(caller).check(url).map_err(|error| invalid(format!("`url`: {error}")))
}

fn read_format(name: Option<&str>) -> Result<Format, Problem> {
    let format = name.map_or(Some(Format::CloudEvents), Format::parse);
    format.ok_or_else(|| invalid("`format` is cloudevents, payload or slack"))
}

fn read_filter(filter: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let text = json::text(&filter);
    let read = Json::parse(&text).map_err(|_| invalid("`filter` is nested too deep"))?;
    Filter::read(&read).map_err(|error| invalid(format!("`filter`: {error}")))?;
    Ok(filter)
}

fn read_description(description: Option<String>) -> Result<Option<String>, Problem> {
    let is_short = |text: &String| text.chars().count() <= MAX_DESCRIPTION;
    if description.as_ref().is_none_or(is_short) {
        Ok(description)
    } else {
        Err(invalid(format!("`description` has at most {MAX_DESCRIPTION} characters")))
    }
}

/// Makes a secret; `None` for a format that is not signed.
fn new_secret(format: Format) -> Option<String> {
    format.is_signed().then(|| ["whsec_", &host::random(32, false)].concat())
}

fn read_secret(text: String, format: Format) -> Result<Option<String>, Problem> {
    if !format.is_signed() {
        return Err(invalid("`secret`: what goes to Slack is not signed"));
    }
    if endpoint_secret(&text).is_none() {
        return Err(invalid("`secret` is `whsec_` and the base64 of 24 to 64 bytes"));
    }
    Ok(Some(text))
}

/// Answers `GET /v1/event-types`.
pub(super) fn event_types(caller: &Caller<'_>) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body<'a> {
        types: [&'static str; EVENT_TYPES.len()],
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
    Ok(Reply::Json(json::text(&Body {
        types: EVENT_TYPES,
        statuses: Status::ALL.map(Status::as_str).into(),
        phases: Phase::ALL.map(Phase::as_str).into(),
        verdicts: Verdict::ALL.map(Verdict::as_str).into(),
        sources,
        formats: Format::ALL.map(Format::as_str).into(),
    })))
}
