use orderhook_core::{dispatch::OPERATIONAL, is_name, percent};

use super::problem::Problem;
use crate::source::SOURCE_NAME;

/// The target of a request.
#[derive(Debug)]
pub(super) enum Route {
    Orders,
    Order { source: String, id: String },
    Erasures,
    Events,
    Event { source: String, id: String },
    Export,
    Stats,
    History,
    Sources,
    DeadLetters,
    DeadLetter { id: String },
    Requeue { id: String },
    Tokens,
    Token { name: String },
    Audit,
    Endpoints,
    Endpoint { id: String },
    EndpointTests { id: String },
    SecretRotation { id: String },
    Replay { id: String },
    EndpointDeliveries { id: String },
    Delivery { id: String },
    DeliveryRetry { id: String },
    EventTypes,
    Session,
    SessionCodes,
    Stream,
}

/// The bytes that an order's id may have in an address.
const MAX_ORDER_BYTES: usize = 4096;
/// The same of an event's id.
const MAX_EVENT_BYTES: usize = 1024;

impl Route {
    /// Returns the route of a URL, and its query.
    pub(super) fn of(url: &str) -> Result<(Self, &str), Problem> {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.find('/').and_then(|start| rest.get(start + 1..)).unwrap_or_default();
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let ["v1", parts @ ..] = parts.as_slice() else {
            return Err(Problem::NOT_FOUND);
        };
        Ok((Self::of_parts(parts)?, query))
    }

    fn of_parts(parts: &[&str]) -> Result<Self, Problem> {
        Ok(match parts {
            ["orders"] => Self::Orders,
            ["orders", name, id] => {
                Self::Order { source: source(name)?, id: text(id, MAX_ORDER_BYTES)? }
            }
            ["erasures"] => Self::Erasures,
            ["events"] => Self::Events,
            ["events", name, id] => {
                Self::Event { source: journal(name)?, id: text(id, MAX_EVENT_BYTES)? }
            }
            ["export"] => Self::Export,
            ["stats"] => Self::Stats,
            ["stats", "history"] => Self::History,
            ["sources"] => Self::Sources,
            ["dead-letters"] => Self::DeadLetters,
            ["dead-letters", id] => Self::DeadLetter { id: message(id)? },
            ["dead-letters", id, "requeue"] => Self::Requeue { id: message(id)? },
            ["tokens"] => Self::Tokens,
            ["tokens", name] => Self::Token { name: token(name)? },
            ["audit"] => Self::Audit,
            ["orders" | "events", ""] => return Err(Problem::invalid_parameter("id", ID)),
            ["endpoints", rest @ ..] => return Self::of_endpoints(rest),
            ["deliveries", id] => Self::Delivery { id: delivery(id)? },
            ["deliveries", id, "retry"] => Self::DeliveryRetry { id: delivery(id)? },
            ["event-types"] => Self::EventTypes,
            ["session"] => Self::Session,
            ["session", "codes"] => Self::SessionCodes,
            ["stream"] => Self::Stream,
            _ => return Err(Problem::NOT_FOUND),
        })
    }

    fn of_endpoints(parts: &[&str]) -> Result<Self, Problem> {
        Ok(match parts {
            [] => Self::Endpoints,
            [id] => Self::Endpoint { id: message(id)? },
            [id, "tests"] => Self::EndpointTests { id: message(id)? },
            [id, "secret", "rotate"] => Self::SecretRotation { id: message(id)? },
            [id, "replay"] => Self::Replay { id: message(id)? },
            [id, "deliveries"] => Self::EndpointDeliveries { id: message(id)? },
            _ => return Err(Problem::NOT_FOUND),
        })
    }

    /// Whether a POST takes an `Idempotency-Key`.
    pub(super) fn takes_key(&self) -> bool {
        matches!(
            self,
            Self::Tokens
                | Self::Endpoints
                | Self::EndpointTests { .. }
                | Self::SecretRotation { .. }
                | Self::Replay { .. }
        )
    }

    /// Fails if the route does not answer the method.
    pub(super) fn check_method(&self, method: &str) -> Result<(), Problem> {
        let allow = match self {
            Self::Order { .. } | Self::DeadLetter { .. } => "GET, DELETE",
            Self::Tokens | Self::Endpoints => "GET, POST",
            Self::Endpoint { .. } => "GET, PATCH, DELETE",
            Self::Token { .. } => "DELETE",
            Self::Session => "GET, POST, DELETE",
            Self::Erasures
            | Self::Requeue { .. }
            | Self::EndpointTests { .. }
            | Self::SecretRotation { .. }
            | Self::Replay { .. }
            | Self::DeliveryRetry { .. }
            | Self::SessionCodes => "POST",
            _ => "GET",
        };
        let is_allowed = allow.split(", ").any(|allowed| allowed == method);
        if is_allowed { Ok(()) } else { Err(Problem::method_not_allowed(allow)) }
    }
}

fn source(part: &str) -> Result<String, Problem> {
    decode(part, is_name).ok_or_else(|| Problem::invalid_parameter("source", SOURCE_NAME))
}

/// Returns the name of a source, or of the journal of operational events.
fn journal(part: &str) -> Result<String, Problem> {
    if part == OPERATIONAL { Ok(part.to_owned()) } else { source(part) }
}

/// What an order's or event's id in an address is. Readers of URLs take `.` and `..` for parts of
/// the path, even if they are percent-encoded.
const ID: &str = "a text of UTF-8 that is not empty or too long; `.` and `..` cannot be in an \
    address: find these with `GET /v1/orders?id=` and erase them with `POST /v1/erasures`";

fn text(part: &str, most: usize) -> Result<String, Problem> {
    decode(part, |id| (1..=most).contains(&id.len()))
        .ok_or_else(|| Problem::invalid_parameter("id", ID))
}

fn message(part: &str) -> Result<String, Problem> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_id = |id: &str| (1..=64).contains(&id.len()) && id.bytes().all(is_allowed);
    decode(part, is_id)
        .ok_or_else(|| Problem::invalid_parameter("id", "1 to 64 letters, digits, - and _"))
}

/// Returns the id of a delivery, which is longer than others.
fn delivery(part: &str) -> Result<String, Problem> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_id = |id: &str| (1..=200).contains(&id.len()) && id.bytes().all(is_allowed);
    decode(part, is_id)
        .ok_or_else(|| Problem::invalid_parameter("id", "1 to 200 letters, digits, - and _"))
}

fn token(part: &str) -> Result<String, Problem> {
    decode(part, is_token_name).ok_or_else(|| Problem::invalid_parameter("name", TOKEN_NAME))
}

/// Decodes a part of a path, if it is what it should be.
fn decode(part: &str, is_right: impl Fn(&str) -> bool) -> Option<String> {
    percent::decode(part).filter(|text| is_right(text)).map(Into::into)
}

/// What a token may be named.
pub(super) const TOKEN_NAME: &str = "1 to 32 of a-z, 0-9 and -, the first of them no -";

/// Whether a token may have this name.
pub(super) fn is_token_name(name: &str) -> bool {
    is_name(name) && !name.starts_with('-')
}
