//! What was changed, and by which token.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::section::{Listed, Section};
use crate::{host::Sql, json, moment};

/// What a token may do beside reading.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    TokenCreated,
    TokenDeleted,
    OrderErased,
    CustomerErased,
    DeadLetterRequeued,
    DeadLetterDeleted,
    EndpointCreated,
    EndpointChanged,
    EndpointDisabled,
    EndpointDeleted,
    EndpointTested,
    EndpointReplayed,
    SecretRotated,
    DeliveryRetried,
}

/// An entry of the audit.
#[derive(Serialize, Deserialize)]
pub(crate) struct AuditEntry {
    at: String,
    actor: String,
    action: String,
    target: Option<String>,
}

/// Adds an entry.
pub(super) fn log(
    sql: &Sql<'_>,
    actor: &str,
    action: Action,
    target: Option<&str>,
) -> Result<(), JsValue> {
    const INSERT: &str = "INSERT INTO audit (at, actor, action, target) VALUES (?, ?, ?, ?)";
    let word = json::text(&action);
    let values = [moment::now().into(), actor.into(), word.trim_matches('"').into(), target.into()];
    sql.run(INSERT, &values)
}

/// Returns a page, the latest first.
pub(super) fn list(sql: &Sql<'_>, section: &Section) -> Result<Listed<AuditEntry>, JsValue> {
    const SELECT: &str = "SELECT seq, at, actor, action, target FROM audit WHERE seq <= ? \
        ORDER BY seq DESC LIMIT ?";
    let (last, limit) = section.bounds();
    let rows = sql.rows(SELECT, &[last.into(), limit.into()])?;
    let entry = |row: &crate::host::Row| {
        let entry = AuditEntry {
            at: moment::text(row.int(1)),
            actor: row.text(2)?,
            action: row.text(3)?,
            target: row.text(4),
        };
        Some((row.int(0), entry))
    };
    Ok(section.page(rows.iter().filter_map(entry).collect()))
}
