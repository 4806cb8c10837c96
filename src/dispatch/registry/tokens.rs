//! The tokens of the API. Only the SHA-256 of a token is kept.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::audit::{self, Action};
use crate::{host::Sql, json, moment};

/// What a token opens.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Access {
    /// Reading alone.
    Read,
    /// Everything.
    Full,
}

/// Who sends a request.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// The token's name.
    pub(crate) name: String,
    pub(crate) access: Access,
}

/// A token, without its secret.
#[derive(Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) name: String,
    pub(crate) access: Access,
    pub(crate) created_at: String,
}

/// The outcome of making a token.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Made {
    Token(Token),
    NameTaken,
    TooMany,
}

/// The maximum number of tokens.
pub(crate) const MAX_TOKENS: i64 = 100;

impl Access {
    /// Returns the access of its word.
    pub(super) fn of(word: &str) -> Self {
        if word == "full" { Self::Full } else { Self::Read }
    }
}

/// Returns the holder of the token with a digest. It looks up the digest of the sent token, so the
/// time shows nothing about a stored token.
pub(super) fn holder(sql: &Sql<'_>, digest: &str) -> Result<Option<Holder>, JsValue> {
    let row = sql.first("SELECT name, access FROM tokens WHERE digest = ?", &[digest.into()])?;
    Ok(row.and_then(|row| Some(Holder { name: row.text(0)?, access: Access::of(&row.text(1)?) })))
}

/// Whether there is a token.
pub(super) fn has_any(sql: &Sql<'_>) -> Result<bool, JsValue> {
    Ok(sql.first("SELECT 1 FROM tokens LIMIT 1", &[])?.is_some())
}

/// Returns all tokens, by name.
pub(super) fn list(sql: &Sql<'_>) -> Result<Vec<Token>, JsValue> {
    let rows = sql.rows("SELECT name, access, created FROM tokens ORDER BY name", &[])?;
    let tokens = rows.iter().filter_map(|row| {
        let access = Access::of(&row.text(1)?);
        Some(Token { name: row.text(0)?, access, created_at: moment::text(row.int(2)) })
    });
    Ok(tokens.collect())
}

/// Makes a token.
pub(super) fn create(
    sql: &Sql<'_>,
    actor: &str,
    name: String,
    digest: &str,
    access: Access,
) -> Result<Made, JsValue> {
    const INSERT: &str = "INSERT INTO tokens (name, digest, access, created) VALUES (?, ?, ?, ?)";
    let known = "SELECT 1 FROM tokens WHERE name = ?";
    if sql.first(known, &[(&name).into()])?.is_some() {
        return Ok(Made::NameTaken);
    }
    let count = sql.first("SELECT count(*) FROM tokens", &[])?;
    if count.is_some_and(|row| row.int(0) >= MAX_TOKENS) {
        return Ok(Made::TooMany);
    }
    let (now, word) = (moment::now(), json::text(&access));
    let values = [(&name).into(), digest.into(), word.trim_matches('"').into(), now.into()];
    sql.run(INSERT, &values)?;
    audit::log(sql, actor, Action::TokenCreated, Some(&name))?;
    Ok(Made::Token(Token { name, access, created_at: moment::text(now) }))
}

/// Deletes a token. Returns its digest, if there was one.
pub(super) fn delete(sql: &Sql<'_>, actor: &str, name: &str) -> Result<Option<String>, JsValue> {
    let deleted =
        sql.first("DELETE FROM tokens WHERE name = ? RETURNING digest", &[name.into()])?;
    if deleted.is_some() {
        audit::log(sql, actor, Action::TokenDeleted, Some(name))?;
    }
    Ok(deleted.and_then(|row| row.text(0)))
}
