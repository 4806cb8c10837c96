//! Returns the journals that exist, and the holder of a request's token.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::tokens::{self, Holder};
use crate::{host::Sql, moment};

/// What a request needs to know.
#[derive(Serialize, Deserialize)]
pub(crate) struct Door {
    /// The holder of the token that was sent.
    pub(crate) holder: Option<Holder>,
    /// Whether there are tokens.
    pub(crate) has_tokens: bool,
    /// The names of the journals. A caller whose token is unknown gets none.
    pub(crate) journals: Vec<String>,
}

/// The maximum number of journals. Only an authentic delivery makes a journal.
const MAX_JOURNALS: i64 = 10_000;

/// Returns the names of the journals.
pub(super) fn journals(sql: &Sql<'_>) -> Result<Vec<String>, JsValue> {
    let rows =
        sql.rows("SELECT name FROM journals ORDER BY name LIMIT ?", &[MAX_JOURNALS.into()])?;
    Ok(rows.iter().filter_map(|row| row.text(0)).collect())
}

/// Makes journals known.
pub(super) fn note(sql: &Sql<'_>, journals: &[String]) -> Result<(), JsValue> {
    const INSERT: &str = "INSERT INTO journals (name, since) VALUES (?, ?) ON CONFLICT DO NOTHING";
    journals.iter().try_for_each(|name| sql.run(INSERT, &[name.into(), moment::now().into()]))
}

/// Returns what a request needs to know.
pub(super) fn open(sql: &Sql<'_>, digest: Option<&str>) -> Result<Door, JsValue> {
    let holder = digest.map_or(Ok(None), |digest| tokens::holder(sql, digest))?;
    if holder.is_some() {
        return Ok(Door { holder, has_tokens: true, journals: journals(sql)? });
    }
    Ok(Door { holder, has_tokens: tokens::has_any(sql)?, journals: Vec::new() })
}
