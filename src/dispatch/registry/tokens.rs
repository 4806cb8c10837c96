//! The tokens of the API. Of each, its SHA-256 alone is kept.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::host::Sql;

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

impl Access {
    /// Returns the access of its word.
    pub(super) fn of(word: &str) -> Self {
        if word == "full" { Self::Full } else { Self::Read }
    }
}

/// Returns the holder of the token with a digest. The digest of what was sent is looked up, so the
/// time tells nothing about a token.
pub(super) fn holder(sql: &Sql<'_>, digest: &str) -> Result<Option<Holder>, JsValue> {
    let row = sql.first("SELECT name, access FROM tokens WHERE digest = ?", &[digest.into()])?;
    Ok(row.and_then(|row| Some(Holder { name: row.text(0)?, access: Access::of(&row.text(1)?) })))
}

/// Whether there is a token.
pub(super) fn has_any(sql: &Sql<'_>) -> Result<bool, JsValue> {
    Ok(sql.first("SELECT 1 FROM tokens LIMIT 1", &[])?.is_some())
}
