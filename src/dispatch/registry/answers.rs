//! Keeps the answers of requests that have an `Idempotency-Key`, so that a repeated request changes
//! nothing.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::Sql,
    moment::{self, DAY_MS},
};

/// For how long an answer is kept.
pub(super) const KEPT_MS: i64 = DAY_MS;

/// The milliseconds after which a request that has no answer is done again: it has failed.
const RUNNING_MS: i64 = 120_000;

/// The answers that are kept.
const MAX_KEPT: i64 = 10_000;

/// What is known of a request.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Known {
    /// It is new, and has begun.
    New,
    /// Its key stands for a request with another body.
    Other,
    /// It is being answered.
    Running,
    /// It was answered.
    Answered {
        status: u16,
        /// The answer's body, encrypted.
        sealed: String,
    },
    /// Too many answers are kept.
    Full,
}

/// Begins a request, unless it is known.
pub(super) fn begin(sql: &Sql<'_>, key: &str, body: &str) -> Result<Known, JsValue> {
    const OLD: &str =
        "DELETE FROM answers WHERE key = ?1 AND (at < ?2 OR status IS NULL AND at < ?3)";
    const SELECT: &str = "SELECT body, status, sealed FROM answers WHERE key = ?";
    const INSERT: &str = "INSERT INTO answers (key, at, body) VALUES (?, ?, ?)";
    let now = moment::now();
    sql.run(OLD, &[key.into(), (now - KEPT_MS).into(), (now - RUNNING_MS).into()])?;
    if let Some(row) = sql.first(SELECT, &[key.into()])? {
        if row.text(0).as_deref() != Some(body) {
            return Ok(Known::Other);
        }
        let status = row.int_or_null(1).and_then(|status| u16::try_from(status).ok());
        let answered = status.zip(row.text(2));
        let answered = answered.map(|(status, sealed)| Known::Answered { status, sealed });
        return Ok(answered.unwrap_or(Known::Running));
    }
    let kept = sql.first("SELECT count(*) FROM answers", &[])?;
    if kept.is_some_and(|row| row.int(0) >= MAX_KEPT) {
        return Ok(Known::Full);
    }
    sql.run(INSERT, &[key.into(), now.into(), body.into()])?;
    Ok(Known::New)
}

/// Keeps an answer.
pub(super) fn keep(sql: &Sql<'_>, key: &str, status: u16, sealed: &str) -> Result<(), JsValue> {
    let keep = "UPDATE answers SET status = ?, sealed = ? WHERE key = ?";
    sql.run(keep, &[i64::from(status).into(), sealed.into(), key.into()])
}

/// Forgets a request that was refused or has failed. It may be repeated.
pub(super) fn forget(sql: &Sql<'_>, key: &str) -> Result<(), JsValue> {
    sql.run("DELETE FROM answers WHERE key = ?", &[key.into()])
}
