use serde::Serialize;

/// Returns the JSON text of a value whose serialisation cannot fail.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
