use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Content, Written};
use crate::json::Json;

/// Writes the provider's body, byte for byte.
pub(super) fn write(event: &str) -> Written<'_> {
    let Some(data) = Json::parse(event).ok() else {
        return Written::Nothing;
    };
    let data = data.object().and_then(|event| event.get("data")).and_then(Json::object);
    let text = |name: &str| data.and_then(|data| data.get(name)).and_then(Json::text);
    if let Some(body) = text("payload") {
        return Written::Body(Content::of_payload(body.as_bytes().to_vec()));
    }
    if let Some(body) = text("payload_base64").and_then(|text| STANDARD.decode(text).ok()) {
        return Written::Body(Content::of_payload(body));
    }
    text("payload_ref").map_or(Written::Nothing, |key| Written::Stored(key.to_owned()))
}

/// Returns the media type of a body.
pub(super) fn kind(body: &[u8]) -> &'static str {
    match std::str::from_utf8(body) {
        Ok(text) if Json::parse(text).is_ok() => "application/json",
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => "application/octet-stream",
    }
}
