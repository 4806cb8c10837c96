//! Changes and deletes endpoints, and rotates their secrets.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    body,
    caller::Caller,
    endpoints::{
        ask, check_url, confirmed, give, journals, new_secret, open, read, read_description,
        read_filter, saved, seal,
    },
    params::Params,
    problem::Problem,
    reply::Reply,
    view::View,
};
use crate::{
    endpoint::{Endpoint, State},
    json, moment,
    registry::{Action, EndpointsQuestion, Saved},
    seal::{EndpointSecret, Sealed},
};

/// The milliseconds for which a secret signs beside the one that replaces it.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;

/// The secrets that sign at a time.
pub(super) const MAX_SECRETS: usize = 3;

/// How often a change is tried, if others change the endpoint at the same time.
const TRIES: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default, deserialize_with = "body::given")]
    url: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    filter: Option<Map<String, Value>>,
    /// `Some(None)` removes it.
    #[allow(clippy::option_option)]
    #[serde(default, deserialize_with = "body::given")]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "body::given")]
    active: Option<bool>,
}

/// An endpoint as it was saved.
struct Changed {
    endpoint: Endpoint,
    /// Whether every journal has it.
    is_confirmed: bool,
}

/// Answers `PATCH /v1/endpoints/{id}`.
pub(super) async fn patch(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `url`, `filter`, `description` and `active`";
    let mut change: Change = body::read(caller.request, expected).await?;
    if let Some(url) = &change.url {
        check_url(caller, url)?;
    }
    change.filter = change.filter.map(read_filter).transpose()?;
    change.description = change.description.map(read_description).transpose()?;
    for _ in 0..TRIES {
        let mut endpoint = read(caller, id.clone()).await?;
        let replaced = change.seal_again(caller, &mut endpoint).await?;
        change.apply(&mut endpoint);
        if let Some(changed) = save(caller, Action::EndpointChanged, endpoint).await? {
            return answer(caller, &changed, replaced).await;
        }
    }
    Err(Problem::ENDPOINT_CHANGED)
}

/// Answers a change. A secret that the change has made is in this answer alone, so it is given even
/// if a journal must pull the endpoint.
async fn answer(
    caller: &Caller<'_>,
    Changed { endpoint, is_confirmed }: &Changed,
    replaced: Option<Sealed>,
) -> Result<Reply, Problem> {
    let access = caller.visitor.holder.access;
    if let Some(sealed) = replaced {
        return Ok(Reply::Json(json::text(&View::with_secret(endpoint, &sealed, access))));
    }
    if !is_confirmed {
        return Err(Problem::JOURNAL_UNAVAILABLE);
    }
    let sealed = open(caller, endpoint).await.ok();
    Ok(Reply::Json(json::text(&View::of(endpoint, sealed.as_ref(), access))))
}

impl Change {
    /// Seals the endpoint's secrets again, with the first key, and with a new URL if there is one.
    /// Returns them if there is a new one, because the old ones could not be opened.
    async fn seal_again(
        &self,
        caller: &Caller<'_>,
        endpoint: &mut Endpoint,
    ) -> Result<Option<Sealed>, Problem> {
        let (sealed, is_new) = match (open(caller, endpoint).await.ok(), &self.url) {
            (None, None) => return Ok(None),
            (None, Some(url)) => (Sealed::new(url.clone(), new_secret(endpoint.format)), true),
            (Some(sealed), None) => (sealed, false),
            (Some(sealed), Some(url)) => (Sealed { url: url.clone(), ..sealed }, false),
        };
        endpoint.sealed = seal(caller, &endpoint.id, &sealed).await?;
        Ok(is_new.then_some(sealed))
    }

    /// Changes the members that are not sealed.
    fn apply(&self, endpoint: &mut Endpoint) {
        if let Some(filter) = &self.filter {
            endpoint.filter.clone_from(filter);
        }
        if let Some(description) = &self.description {
            endpoint.description.clone_from(description);
        }
        if let Some(active) = self.active {
            endpoint.state = if active { State::Active } else { State::Paused };
            endpoint.reason = None;
        }
    }
}

/// Answers `POST /v1/endpoints/{id}/secret/rotate`.
pub(super) async fn rotate(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    for _ in 0..TRIES {
        let mut endpoint = read(caller, id.clone()).await?;
        let text = new_secret(endpoint.format).ok_or(Problem::NOTHING_SIGNED)?;
        let mut sealed = open(caller, &endpoint).await?;
        add_secret(&mut sealed, text, moment::now())?;
        endpoint.sealed = seal(caller, &id, &sealed).await?;
        if let Some(changed) = save(caller, Action::SecretRotated, endpoint).await? {
            return answer(caller, &changed, Some(sealed)).await;
        }
    }
    Err(Problem::ENDPOINT_CHANGED)
}

/// Adds a secret, and sets the time at which the older ones end.
fn add_secret(sealed: &mut Sealed, text: String, now: i64) -> Result<(), Problem> {
    sealed.secrets.retain(|secret| secret.until.is_none_or(|until| now < until));
    if sealed.secrets.len() >= MAX_SECRETS {
        return Err(Problem::TOO_MANY_SECRETS);
    }
    for secret in &mut sealed.secrets {
        secret.until = Some(secret.until.unwrap_or(now + OVERLAP_MS));
    }
    sealed.secrets.insert(0, EndpointSecret { text, until: None });
    Ok(())
}

/// Saves a changed endpoint, and gives it to the journals. Returns `None` if it has changed since it
/// was read.
async fn save(
    caller: &Caller<'_>,
    action: Action,
    endpoint: Endpoint,
) -> Result<Option<Changed>, Problem> {
    let (actor, read, id) = (caller.actor(), endpoint.updated, endpoint.id.clone());
    let question = EndpointsQuestion::Change { actor, action, endpoint, read };
    let answer: Saved = ask(caller, question).await?;
    if matches!(answer, Saved::Changed) {
        return Ok(None);
    }
    let (endpoints, is_confirmed) = saved(caller, answer).await?;
    let endpoint = endpoints.into_iter().find(|endpoint| endpoint.id == id);
    Ok(Some(Changed { endpoint: endpoint.ok_or(Problem::INTERNAL)?, is_confirmed }))
}

/// Answers `DELETE /v1/endpoints/{id}`. An endpoint that is gone is taken from the journals, too: the
/// request that deleted it may have failed to.
pub(super) async fn delete(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let question = EndpointsQuestion::Delete { actor: caller.actor(), id };
    let answer: Saved = ask(caller, question).await?;
    if matches!(answer, Saved::NotFound) {
        give(caller, &journals(caller).await?).await?;
        return Err(Problem::ENDPOINT_NOT_FOUND);
    }
    confirmed(saved(caller, answer).await?.1)?;
    Ok(Reply::Empty)
}
