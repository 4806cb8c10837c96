//! The variables that are orderhook's own.

use orderhook_core::json::Json;

/// The bytes that a secret must have. A shorter token or key can be guessed.
pub(super) const MIN_SECRET_BYTES: usize = 16;

/// The name of the secret that opens the details of `/healthz`.
pub(super) const HEALTH_TOKEN: &str = "HEALTH_TOKEN";

/// The beginning of the name of a variable that declares a provider.
pub(super) const PROVIDER: &str = "PROVIDER_";

const NAMES: [&str; 6] =
    ["SOURCES", "DEDUP", "DEDUP_TTL_SECONDS", "MAX_BODY_BYTES", "DEADLINE_MS", HEALTH_TOKEN];

/// Whether a variable is orderhook's own. Its value is public or serves another purpose, so it may
/// not be a source's secret.
pub(super) fn is_own(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with(PROVIDER)
}

/// Returns whether `dedup` is `strict`; `None` if it is neither that nor `kv`.
pub(super) fn strict(given: &Json<'_>) -> Option<bool> {
    match given.text() {
        Some("strict") => Some(true),
        Some("kv") => Some(false),
        _ => None,
    }
}

/// Returns names for a message.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
