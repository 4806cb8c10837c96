//! Keeps the endpoints. Each change has a version, by which a journal sees that its copy is old.

use orderhook_core::dispatch::Notice;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    audit::{self, Action},
    watch,
};
use crate::{
    endpoint::{Endpoint, Endpoints, State},
    host::{Row, Sql},
    json,
    migrate::{meta, set_meta},
    moment,
};

/// The maximum number of endpoints. Each event is held against each of them.
pub(crate) const MAX_ENDPOINTS: usize = 50;

/// The actor of changes that dispatch makes by itself. No token has this name.
const DISPATCH: &str = "DISPATCH";

/// The name of the version in `meta`. A journal that has no copy yet has the version 0.
const VERSION: &str = "endpoints";

/// The outcome of a change.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Saved {
    /// All endpoints after the change.
    Done(Endpoints),
    NotFound,
    TooMany,
    /// The endpoint has changed since it was read.
    Changed,
}

/// What the registry can be asked about endpoints.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndpointsQuestion {
    /// All: an `Endpoints`.
    All,
    /// All, if they are not of this version: an `Endpoints`, or null.
    Since { version: i64 },
    /// One, or null.
    One { id: String },
    /// Adds one: a `Saved`.
    Create { actor: String, endpoint: Endpoint },
    /// Replaces one that was `updated` at `read`: a `Saved`.
    Change { actor: String, action: Action, endpoint: Endpoint, read: i64 },
    /// Disables one that was `updated` at `read`: a `Saved`.
    Disable { id: String, reason: String, read: i64 },
    /// Deletes one: a `Saved`.
    Delete { actor: String, id: String },
}

/// Answers a question, in JSON.
pub(super) fn answer(sql: &Sql<'_>, question: EndpointsQuestion) -> Result<String, JsValue> {
    use EndpointsQuestion as Question;
    Ok(match question {
        Question::All => json::text(&list(sql)?),
        Question::Since { version } => json::text(&since(sql, version)?),
        Question::One { id } => json::text(&one(sql, &id)?),
        Question::Create { actor, endpoint } => json::text(&create(sql, &actor, &endpoint)?),
        Question::Change { actor, action, endpoint, read } => {
            json::text(&change(sql, &actor, action, endpoint, read)?)
        }
        Question::Disable { id, reason, read } => json::text(&disable(sql, &id, reason, read)?),
        Question::Delete { actor, id } => json::text(&delete(sql, &actor, &id)?),
    })
}

/// Returns all endpoints, in the order in which they were made. It fails if this version cannot read
/// one of them: a journal would take it for deleted.
fn list(sql: &Sql<'_>) -> Result<Endpoints, JsValue> {
    let rows = sql.rows("SELECT record FROM endpoints", &[])?;
    let mut endpoints: Vec<Endpoint> = rows.iter().map(read).collect::<Result<_, _>>()?;
    endpoints.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    Ok(Endpoints { version: meta(sql, VERSION)? + 1, endpoints })
}

/// Returns all endpoints if their version is not the one that is known.
fn since(sql: &Sql<'_>, version: i64) -> Result<Option<Endpoints>, JsValue> {
    let now = list(sql)?;
    Ok((now.version != version).then_some(now))
}

/// Returns an endpoint.
fn one(sql: &Sql<'_>, id: &str) -> Result<Option<Endpoint>, JsValue> {
    let row = sql.first("SELECT record FROM endpoints WHERE id = ?", &[id.into()])?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Endpoint, JsValue> {
    let read = row.text(0).and_then(|record| serde_json::from_str(&record).ok());
    read.ok_or_else(|| "a later version has written an endpoint: deploy that version again".into())
}

/// Adds an endpoint.
fn create(sql: &Sql<'_>, actor: &str, endpoint: &Endpoint) -> Result<Saved, JsValue> {
    if list(sql)?.endpoints.len() >= MAX_ENDPOINTS {
        return Ok(Saved::TooMany);
    }
    save(sql, actor, Action::EndpointCreated, endpoint)
}

/// Replaces an endpoint, if it is still as it was at `read`.
fn change(
    sql: &Sql<'_>,
    actor: &str,
    action: Action,
    mut endpoint: Endpoint,
    read: i64,
) -> Result<Saved, JsValue> {
    match one(sql, &endpoint.id)? {
        None => Ok(Saved::NotFound),
        Some(known) if known.updated != read => Ok(Saved::Changed),
        Some(known) => {
            endpoint.updated = moment::now().max(known.updated + 1);
            save(sql, actor, action, &endpoint)
        }
    }
}

/// Disables an active endpoint, if it is still as it was at `read`.
fn disable(sql: &Sql<'_>, id: &str, reason: String, read: i64) -> Result<Saved, JsValue> {
    let Some(mut endpoint) = one(sql, id)? else {
        return Ok(Saved::NotFound);
    };
    if endpoint.state != State::Active || endpoint.updated != read {
        return Ok(Saved::Changed);
    }
    (endpoint.state, endpoint.reason) = (State::Disabled, Some(reason.clone()));
    endpoint.updated = moment::now().max(endpoint.updated + 1);
    let (id, at) = (id.to_owned(), endpoint.updated);
    watch::keep(sql, &Notice::EndpointDisabled { endpoint: id, at, reason })?;
    save(sql, DISPATCH, Action::EndpointDisabled, &endpoint)
}

/// Deletes an endpoint.
fn delete(sql: &Sql<'_>, actor: &str, id: &str) -> Result<Saved, JsValue> {
    let delete = "DELETE FROM endpoints WHERE id = ? RETURNING id";
    if sql.first(delete, &[id.into()])?.is_none() {
        return Ok(Saved::NotFound);
    }
    saved(sql, actor, Action::EndpointDeleted, id)
}

fn save(sql: &Sql<'_>, actor: &str, action: Action, endpoint: &Endpoint) -> Result<Saved, JsValue> {
    const WRITE: &str = "INSERT INTO endpoints (id, record) VALUES (?, ?) \
        ON CONFLICT DO UPDATE SET record = excluded.record";
    let record = json::text(endpoint);
    sql.run(WRITE, &[(&endpoint.id).into(), (&record).into()])?;
    saved(sql, actor, action, &endpoint.id)
}

fn saved(sql: &Sql<'_>, actor: &str, action: Action, id: &str) -> Result<Saved, JsValue> {
    // A registry that was restored from an earlier state must not give out a version again: a journal
    // would take what it has for the latest.
    set_meta(sql, VERSION, (meta(sql, VERSION)? + 1).max(moment::now()))?;
    audit::log(sql, actor, action, Some(id))?;
    Ok(Saved::Done(list(sql)?))
}
