use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use web_sys::Request;

use super::problem::Problem;
use crate::host::{self, Body};

/// The bytes that a request's body may have.
const MAX_BODY: u32 = 32_768;

/// Reads a body in JSON. `expected` says what it should be.
pub(super) async fn read<T: DeserializeOwned>(
    request: &Request,
    expected: &str,
) -> Result<T, Problem> {
    if !host::header(request, "content-type").as_deref().is_some_and(is_json) {
        return Err(Problem::UNSUPPORTED_MEDIA_TYPE);
    }
    let otherwise = format!("the body is not {expected}");
    let text = text(request, &otherwise).await?;
    serde_json::from_str(&text).map_err(|_| Problem::invalid_body(otherwise))
}

/// Reads a body as text. `otherwise` says what is wrong with one that is not text.
pub(super) async fn text(request: &Request, otherwise: &str) -> Result<String, Problem> {
    match host::body(request, MAX_BODY).await {
        Body::Text(text) => Ok(text),
        Body::TooLarge => Err(Problem::body_too_large(MAX_BODY)),
        Body::Late => Err(Problem::invalid_body("the body did not come within 10 seconds")),
        Body::Unreadable => Err(Problem::invalid_body(otherwise)),
    }
}

/// Reads a member that may be missing, but is null only if `T` may be.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
