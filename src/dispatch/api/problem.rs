use serde::Serialize;
use web_sys::Response;

use super::refusal::Refusal;
use crate::{
    config::DISPATCH_TOKEN,
    host::{self, Failure},
    json, log,
    registry::MAX_ENDPOINTS,
};

/// A problem (RFC 9457). Its texts repeat no token and no customer's data.
pub(super) enum Problem {
    InvalidParameter { name: &'static str, expected: String },
    UnknownParameter,
    RepeatedParameter { name: &'static str },
    InvalidCursor,
    InvalidBody { detail: String },
    SourceRequired { most: usize },
    TokenMissing,
    TokenInvalid,
    TokenReadOnly,
    NotFound,
    OrderNotFound,
    EventNotFound,
    DeadLetterNotFound,
    DeadLetterNotRequeueable,
    TokenNotFound,
    EndpointNotFound,
    DeliveryNotFound,
    MethodNotAllowed { allow: &'static str },
    TokenNameTaken,
    TooManyTokens { most: i64 },
    TooManyEndpoints,
    EndpointChanged,
    TooManySecrets,
    InvalidKey,
    KeyReused,
    RequestInProgress,
    TooManyKeys,
    EndpointInactive,
    NothingSigned,
    BodyTooLarge { most: u32 },
    UnsupportedMediaType,
    Internal,
    DispatchTokenMissing,
    SealKeyMissing,
    JournalUnavailable,
    QueueUnavailable,
    PayloadsUnavailable,
    Refused(Refusal),
}

/// A service that may be unavailable.
#[derive(Clone, Copy)]
pub(super) enum Backend<'a> {
    Registry,
    Journal(&'a str),
    Queue,
    Kv,
}

/// The seconds after which to try again.
const RETRY_AFTER: &str = "10";

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Problem {
    /// Logs a failure of an object, of the queue or of KV, and returns its problem.
    pub(super) fn unavailable(what: Backend<'_>, Failure(cause): Failure) -> Self {
        let (name, problem) = match what {
            Backend::Registry => ("registry", Self::JournalUnavailable),
            Backend::Journal(journal) => {
                log::journal_failure(journal, &cause);
                return Self::JournalUnavailable;
            }
            Backend::Queue => ("queue", Self::QueueUnavailable),
            Backend::Kv => ("kv", Self::PayloadsUnavailable),
        };
        log::failure(name, &cause);
        problem
    }

    /// Returns the stable code.
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameter { .. }
            | Self::UnknownParameter
            | Self::RepeatedParameter { .. } => "invalid_parameter",
            Self::InvalidCursor => "invalid_cursor",
            Self::InvalidBody { .. } => "invalid_body",
            Self::SourceRequired { .. } => "source_required",
            Self::TokenMissing => "token_missing",
            Self::TokenInvalid => "token_invalid",
            Self::TokenReadOnly => "token_read_only",
            Self::NotFound => "not_found",
            Self::OrderNotFound => "order_not_found",
            Self::EventNotFound => "event_not_found",
            Self::DeadLetterNotFound => "dead_letter_not_found",
            Self::DeadLetterNotRequeueable => "dead_letter_not_requeueable",
            Self::TokenNotFound => "token_not_found",
            Self::EndpointNotFound => "endpoint_not_found",
            Self::DeliveryNotFound => "delivery_not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::TokenNameTaken => "token_name_taken",
            Self::TooManyTokens { .. } => "too_many_tokens",
            Self::TooManyEndpoints => "too_many_endpoints",
            Self::EndpointChanged => "endpoint_changed",
            Self::TooManySecrets => "too_many_secrets",
            Self::InvalidKey => "invalid_idempotency_key",
            Self::KeyReused => "idempotency_key_reused",
            Self::RequestInProgress => "request_in_progress",
            Self::TooManyKeys => "too_many_idempotency_keys",
            Self::EndpointInactive => "endpoint_inactive",
            Self::NothingSigned => "nothing_signed",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Internal => "internal_error",
            Self::DispatchTokenMissing => "dispatch_token_missing",
            Self::SealKeyMissing => "seal_key_missing",
            Self::JournalUnavailable => "journal_unavailable",
            Self::QueueUnavailable => "queue_unavailable",
            Self::PayloadsUnavailable => "payloads_unavailable",
            Self::Refused(refusal) => refusal.code(),
        }
    }

    /// Returns the HTTP status, and its phrase.
    fn status(&self) -> (u16, &'static str) {
        match self {
            Self::InvalidParameter { .. }
            | Self::UnknownParameter
            | Self::RepeatedParameter { .. }
            | Self::InvalidCursor
            | Self::InvalidKey
            | Self::InvalidBody { .. }
            | Self::SourceRequired { .. } => (400, "Bad Request"),
            Self::TokenMissing | Self::TokenInvalid => (401, "Unauthorized"),
            Self::TokenReadOnly => (403, "Forbidden"),
            Self::NotFound
            | Self::OrderNotFound
            | Self::EventNotFound
            | Self::DeadLetterNotFound
            | Self::TokenNotFound
            | Self::EndpointNotFound
            | Self::DeliveryNotFound => (404, "Not Found"),
            Self::MethodNotAllowed { .. } => (405, "Method Not Allowed"),
            Self::DeadLetterNotRequeueable
            | Self::TokenNameTaken
            | Self::TooManyTokens { .. }
            | Self::TooManyEndpoints
            | Self::EndpointChanged
            | Self::TooManySecrets
            | Self::RequestInProgress
            | Self::TooManyKeys
            | Self::EndpointInactive
            | Self::NothingSigned => (409, "Conflict"),
            Self::BodyTooLarge { .. } => (413, "Content Too Large"),
            Self::UnsupportedMediaType => (415, "Unsupported Media Type"),
            Self::KeyReused => (422, "Unprocessable Content"),
            Self::Internal => (500, "Internal Server Error"),
            Self::DispatchTokenMissing
            | Self::SealKeyMissing
            | Self::JournalUnavailable
            | Self::QueueUnavailable
            | Self::PayloadsUnavailable => (503, "Service Unavailable"),
            Self::Refused(refusal) => refusal.status(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::InvalidParameter { name, expected } => format!("`{name}` takes {expected}"),
            Self::UnknownParameter => "the query has a parameter that is not known here".into(),
            Self::RepeatedParameter { name } => format!("`{name}` stands in the query twice"),
            Self::InvalidBody { detail } => detail.clone(),
            Self::MethodNotAllowed { allow } => format!("only {allow} is answered here"),
            Self::TooManyEndpoints => {
                format!("there are {MAX_ENDPOINTS} endpoints: delete one first")
            }
            Self::BodyTooLarge { most } => format!("the body has more than {most} bytes"),
            Self::SourceRequired { most } => {
                format!("there are more than {most} journals: name a `source`")
            }
            Self::TooManyTokens { most } => format!("there are {most} tokens: delete one first"),
            Self::DispatchTokenMissing => format!(
                "nobody can come in: set the secret with `npx wrangler secret put {DISPATCH_TOKEN} -c \
                 src/dispatch/wrangler.toml`, to 32 or more letters and digits, as `openssl rand \
                 -hex 32` makes them"
            ),
            other => other.sentence().into(),
        }
    }

    /// Returns the detail of a problem that is always described alike.
    fn sentence(&self) -> &'static str {
        match self {
            Self::InvalidCursor => "the cursor is not one of this list and this sort",
            Self::TokenMissing => "send `Authorization: Bearer <token>`",
            Self::TokenInvalid => "the token is unknown, or was deleted",
            Self::TokenReadOnly => "the token may only read",
            Self::NotFound => "nothing has this address",
            Self::OrderNotFound => "no journal has this order",
            Self::EventNotFound => "no journal has this event",
            Self::DeadLetterNotFound => "there is no such dead letter",
            Self::DeadLetterNotRequeueable => {
                "only a description of the message is known: read it, and delete it"
            }
            Self::TokenNotFound => "no token has this name",
            Self::EndpointNotFound => "no endpoint has this id",
            Self::DeliveryNotFound => "there is no such delivery",
            Self::EndpointChanged => "others change this endpoint at the same time: try again",
            Self::TooManySecrets => {
                "three secrets of this endpoint sign already: try again when the oldest has ended, within \
                 24 hours"
            }
            Self::InvalidKey => "`Idempotency-Key` takes 1 to 255 visible ASCII characters",
            Self::KeyReused => {
                "the `Idempotency-Key` stands for a request with another body: use a new key"
            }
            Self::RequestInProgress => {
                "the request with this `Idempotency-Key` is being answered: try again in a moment"
            }
            Self::TooManyKeys => {
                "10,000 answers are kept for requests with an `Idempotency-Key`: send it without one"
            }
            Self::EndpointInactive => "the endpoint is paused or disabled: enable it first",
            Self::NothingSigned => "what goes to Slack is not signed, and has no secret",
            Self::SealKeyMissing => {
                "the endpoint's secrets cannot be sealed or opened: set `DISPATCH_SEAL_KEY` to what \
                 `openssl rand -hex 32` makes, or add the key that they were sealed with"
            }
            Self::TokenNameTaken => "a token has this name already: delete it first",
            Self::UnsupportedMediaType => "send the body as application/json",
            Self::JournalUnavailable => {
                "a journal or the registry could not be asked: try again later"
            }
            Self::QueueUnavailable => {
                "the queue did not confirm the message, and nothing was deleted: try again later"
            }
            Self::PayloadsUnavailable => {
                "KV did not confirm a deletion, and nothing else was erased: try again later"
            }
            Self::Refused(refusal) => refusal.sentence(),
            _ => "dispatch failed: the log has the cause",
        }
    }

    fn header(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::TokenMissing | Self::TokenInvalid => Some(("www-authenticate", "Bearer")),
            Self::MethodNotAllowed { allow } => Some(("allow", allow)),
            Self::JournalUnavailable | Self::QueueUnavailable | Self::PayloadsUnavailable => {
                Some(("retry-after", RETRY_AFTER))
            }
            Self::Refused(refusal) => refusal.header(),
            _ => None,
        }
    }

    /// Returns the response.
    pub(super) fn response(&self) -> Response {
        let (status, title) = self.status();
        let (code, detail) = (self.code(), self.detail());
        let body = json::text(&Body { kind: "about:blank", title, status, code, detail });
        let (name, value) = self.header().unzip();
        host::answer(status, "application/problem+json", Some(&body), name, value)
    }
}
