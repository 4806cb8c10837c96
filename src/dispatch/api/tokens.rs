//! Lists, makes and deletes tokens; and lists the audit.

use serde::{Deserialize, Serialize};

use super::{
    body,
    caller::Caller,
    list::{LIMIT, MAX_LIMIT},
    params::Params,
    problem::Problem,
    reply::Reply,
    route::{TOKEN_NAME, is_token_name},
};
use crate::{
    cursor::Cursor,
    digest::digest,
    host, json,
    registry::{Access, AuditEntry, Listed, MAX_TOKENS, Made, Question, Section, Token},
};

/// Answers `GET /v1/tokens`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body {
        tokens: Vec<Token>,
    }
    Params::parse(caller.query, &[])?;
    let tokens = caller.registry(&Question::Tokens).await?;
    Ok(Reply::Json(json::text(&Body { tokens })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    access: Access,
}

#[derive(Serialize)]
struct New {
    #[serde(flatten)]
    token: Token,
    secret: String,
}

/// Answers `POST /v1/tokens`.
pub(super) async fn create(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `name` and `access`, which is `read` or `full`";
    let Wanted { name, access } = body::read(caller.request, expected).await?;
    if !is_token_name(&name) {
        return Err(Problem::invalid_body(format!("`name` takes {TOKEN_NAME}")));
    }
    let secret = host::new_secret();
    let (actor, digest) = (caller.actor(), digest(&secret));
    match caller.registry(&Question::CreateToken { actor, name, digest, access }).await? {
        Made::Token(token) => Ok(Reply::Created(json::text(&New { token, secret }))),
        Made::NameTaken => Err(Problem::TOKEN_NAME_TAKEN),
        Made::TooMany => Err(Problem::too_many_tokens(MAX_TOKENS)),
    }
}

/// Answers `DELETE /v1/tokens/{name}`.
pub(super) async fn delete(caller: &Caller<'_>, name: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let was_there: bool =
        caller.registry(&Question::DeleteToken { actor: caller.actor(), name }).await?;
    if was_there { Ok(Reply::Empty) } else { Err(Problem::TOKEN_NOT_FOUND) }
}

/// Answers `GET /v1/audit`.
pub(super) async fn audit(caller: &Caller<'_>) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body {
        entries: Vec<AuditEntry>,
        next: Option<String>,
    }
    let params = Params::parse(caller.query, &["limit", "cursor"])?;
    let section = section(&params, "audit")?;
    let Listed { entries, next } = caller.registry(&Question::Audit(section)).await?;
    let next = next.map(|next| Cursor::one("audit", next).text());
    Ok(Reply::Json(json::text(&Body { entries, next })))
}

/// Reads the part of a list of the registry.
pub(super) fn section(params: &Params, list: &str) -> Result<Section, Problem> {
    let cursor = params.cursor("cursor", list)?;
    let limit = i64::try_from(params.limit(MAX_LIMIT, LIMIT)?).unwrap_or(0);
    Ok(Section { after: cursor.and_then(|cursor| cursor.position()), limit })
}
