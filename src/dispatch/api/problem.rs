use serde::Serialize;
use web_sys::Response;

use crate::{
    config::DISPATCH_TOKEN,
    host::{self, Failure},
    json, log,
    registry::MAX_ENDPOINTS,
};

/// A problem (RFC 9457). Its texts repeat no token and no customer's data.
pub(super) struct Problem {
    known: &'static Known,
    /// The detail where it depends on the request.
    detail: Option<String>,
    /// The methods that the address answers.
    allow: Option<&'static str>,
}

/// A problem's HTTP status, its stable code, and its detail.
struct Known(u16, &'static str, &'static str);

/// A service that may be unavailable.
#[derive(Clone, Copy)]
pub(super) enum Backend<'a> {
    Registry,
    Journal(&'a str),
    Queue,
    Kv,
}

/// The codes of the problems that may be gone in a moment.
const PASSING: [&str; 5] = [
    "journal_unavailable",
    "queue_unavailable",
    "payloads_unavailable",
    "access_unavailable",
    "too_many_streams",
];

/// The seconds after which to try again.
const RETRY_AFTER: &str = "10";

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
}

/// The problems that are always described alike.
impl Problem {
    pub(super) const UNKNOWN_PARAMETER: Self = Self::of(&Known(
        400,
        "invalid_parameter",
        "the query has a parameter that is not known here",
    ));
    pub(super) const INVALID_CURSOR: Self =
        Self::of(&Known(400, "invalid_cursor", "the cursor is not one of this list and this sort"));
    pub(super) const INVALID_KEY: Self = Self::of(&Known(
        400,
        "invalid_idempotency_key",
        "`Idempotency-Key` takes 1 to 255 visible ASCII characters",
    ));
    pub(super) const TOKEN_MISSING: Self =
        Self::of(&Known(401, "token_missing", "send `Authorization: Bearer <token>`"));
    pub(super) const TOKEN_INVALID: Self =
        Self::of(&Known(401, "token_invalid", "the token is unknown, or was deleted"));
    pub(super) const SESSION_INVALID: Self = Self::of(&Known(
        401,
        "session_invalid",
        "the session is unknown, or has ended: sign in again",
    ));
    pub(super) const CODE_INVALID: Self = Self::of(&Known(
        401,
        "code_invalid",
        "the code is unknown, was used, or is too old: sign in with a token",
    ));
    pub(super) const ACCESS_INVALID: Self = Self::of(&Known(
        401,
        "access_invalid",
        "Cloudflare Access has not let this request through, or did so for another application",
    ));
    pub(super) const TOKEN_READ_ONLY: Self =
        Self::of(&Known(403, "token_read_only", "the token may only read"));
    pub(super) const ORIGIN_REFUSED: Self = Self::of(&Known(
        403,
        "origin_refused",
        "a browser sent this for a page of another address, or did not say for which page",
    ));
    pub(super) const LOOPBACK_ONLY: Self = Self::of(&Known(
        403,
        "loopback_only",
        "codes are made on a developer's machine alone: sign in with a token",
    ));
    pub(super) const NOT_FOUND: Self =
        Self::of(&Known(404, "not_found", "nothing has this address"));
    pub(super) const ORDER_NOT_FOUND: Self =
        Self::of(&Known(404, "order_not_found", "no journal has this order"));
    pub(super) const EVENT_NOT_FOUND: Self =
        Self::of(&Known(404, "event_not_found", "no journal has this event"));
    pub(super) const DEAD_LETTER_NOT_FOUND: Self =
        Self::of(&Known(404, "dead_letter_not_found", "there is no such dead letter"));
    pub(super) const TOKEN_NOT_FOUND: Self =
        Self::of(&Known(404, "token_not_found", "no token has this name"));
    pub(super) const ENDPOINT_NOT_FOUND: Self =
        Self::of(&Known(404, "endpoint_not_found", "no endpoint has this id"));
    pub(super) const DELIVERY_NOT_FOUND: Self =
        Self::of(&Known(404, "delivery_not_found", "there is no such delivery"));
    pub(super) const SOURCE_NOT_FOUND: Self = Self::of(&Known(
        404,
        "source_not_found",
        "no event of this source was taken yet: try again later",
    ));
    pub(super) const DEAD_LETTER_NOT_REQUEUEABLE: Self = Self::of(&Known(
        409,
        "dead_letter_not_requeueable",
        "only a description of the message is known: read it, and delete it",
    ));
    pub(super) const TOKEN_NAME_TAKEN: Self =
        Self::of(&Known(409, "token_name_taken", "a token has this name already: delete it first"));
    pub(super) const ENDPOINT_CHANGED: Self = Self::of(&Known(
        409,
        "endpoint_changed",
        "others change this endpoint at the same time: try again",
    ));
    pub(super) const TOO_MANY_SECRETS: Self = Self::of(&Known(
        409,
        "too_many_secrets",
        "three secrets of this endpoint sign already: try again when the oldest has ended, within \
                 24 hours",
    ));
    pub(super) const REQUEST_IN_PROGRESS: Self = Self::of(&Known(
        409,
        "request_in_progress",
        "the request with this `Idempotency-Key` is being answered: try again in a moment",
    ));
    pub(super) const TOO_MANY_KEYS: Self = Self::of(&Known(
        409,
        "too_many_idempotency_keys",
        "10,000 answers are kept for requests with an `Idempotency-Key`: send it without one",
    ));
    pub(super) const ENDPOINT_INACTIVE: Self = Self::of(&Known(
        409,
        "endpoint_inactive",
        "the endpoint is paused or disabled: enable it first",
    ));
    pub(super) const NOTHING_SIGNED: Self = Self::of(&Known(
        409,
        "nothing_signed",
        "what goes to Slack is not signed, and has no secret",
    ));
    pub(super) const SOURCE_DIVIDED: Self = Self::of(&Known(
        409,
        "source_divided",
        "the source has several journals, which no stream follows: poll `GET /v1/events`",
    ));
    pub(super) const UNSUPPORTED_MEDIA_TYPE: Self =
        Self::of(&Known(415, "unsupported_media_type", "send the body as application/json"));
    pub(super) const KEY_REUSED: Self = Self::of(&Known(
        422,
        "idempotency_key_reused",
        "the `Idempotency-Key` stands for a request with another body: use a new key",
    ));
    pub(super) const UPGRADE_REQUIRED: Self =
        Self::of(&Known(426, "upgrade_required", "open this address as a WebSocket"));
    pub(super) const TOO_MANY_STREAMS: Self = Self::of(&Known(
        429,
        "too_many_streams",
        "32 streams follow this journal already: close one first",
    ));
    pub(super) const INTERNAL: Self =
        Self::of(&Known(500, "internal_error", "dispatch failed: the log has the cause"));
    pub(super) const SEAL_KEY_MISSING: Self = Self::of(&Known(
        503,
        "seal_key_missing",
        "the endpoint's secrets cannot be sealed or opened: set `DISPATCH_SEAL_KEY` to what \
                 `openssl rand -hex 32` makes, or add the key that they were sealed with",
    ));
    pub(super) const JOURNAL_UNAVAILABLE: Self = Self::of(&Known(
        503,
        "journal_unavailable",
        "a journal or the registry could not be asked: try again later",
    ));
    pub(super) const QUEUE_UNAVAILABLE: Self = Self::of(&Known(
        503,
        "queue_unavailable",
        "the queue did not confirm the message, and nothing was deleted: try again later",
    ));
    pub(super) const PAYLOADS_UNAVAILABLE: Self = Self::of(&Known(
        503,
        "payloads_unavailable",
        "KV did not confirm a deletion, and nothing else was erased: try again later",
    ));
    pub(super) const SESSION_KEY_MISSING: Self = Self::of(&Known(
        503,
        "seal_key_missing",
        "nobody can sign in: set `DISPATCH_SEAL_KEY` to what `openssl rand -hex 32` makes",
    ));
    pub(super) const ACCESS_UNAVAILABLE: Self = Self::of(&Known(
        503,
        "access_unavailable",
        "the keys of Cloudflare Access could not be fetched: try again later",
    ));
}

/// The problems whose detail depends on the request.
impl Problem {
    pub(super) fn invalid_parameter(name: &str, expected: &str) -> Self {
        Self::told(&Known(400, "invalid_parameter", ""), format!("`{name}` takes {expected}"))
    }

    pub(super) fn repeated_parameter(name: &str) -> Self {
        let detail = format!("`{name}` stands in the query twice");
        Self::told(&Known(400, "invalid_parameter", ""), detail)
    }

    pub(super) fn invalid_body(detail: impl Into<String>) -> Self {
        Self::told(&Known(400, "invalid_body", ""), detail.into())
    }

    pub(super) fn source_required(most: usize) -> Self {
        let detail = format!("there are more than {most} journals: name a `source`");
        Self::told(&Known(400, "source_required", ""), detail)
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        let detail = format!("only {allow} is answered here");
        let problem = Self::told(&Known(405, "method_not_allowed", ""), detail);
        Self { allow: Some(allow), ..problem }
    }

    pub(super) fn too_many_tokens(most: i64) -> Self {
        let detail = format!("there are {most} tokens: delete one first");
        Self::told(&Known(409, "too_many_tokens", ""), detail)
    }

    pub(super) fn too_many_endpoints() -> Self {
        let detail = format!("there are {MAX_ENDPOINTS} endpoints: delete one first");
        Self::told(&Known(409, "too_many_endpoints", ""), detail)
    }

    pub(super) fn body_too_large(most: u32) -> Self {
        let detail = format!("the body has more than {most} bytes");
        Self::told(&Known(413, "body_too_large", ""), detail)
    }

    pub(super) fn dispatch_token_missing() -> Self {
        let detail = format!(
            "nobody can come in: set the secret with `npx wrangler secret put {DISPATCH_TOKEN} -c \
             src/dispatch/wrangler.toml`, to 32 or more letters and digits, as `openssl rand -hex 32` \
             makes them"
        );
        Self::told(&Known(503, "dispatch_token_missing", ""), detail)
    }

    /// Logs a failure of an object, of the queue or of KV, and returns its problem.
    pub(super) fn unavailable(what: Backend<'_>, Failure(cause): Failure) -> Self {
        let (name, problem) = match what {
            Backend::Registry => ("registry", Self::JOURNAL_UNAVAILABLE),
            Backend::Journal(journal) => {
                log::journal_failure(journal, &cause);
                return Self::JOURNAL_UNAVAILABLE;
            }
            Backend::Queue => ("queue", Self::QUEUE_UNAVAILABLE),
            Backend::Kv => ("kv", Self::PAYLOADS_UNAVAILABLE),
        };
        log::failure(name, &cause);
        problem
    }
}

impl Problem {
    const fn of(known: &'static Known) -> Self {
        Self { known, detail: None, allow: None }
    }

    fn told(known: &'static Known, detail: String) -> Self {
        Self { known, detail: Some(detail), allow: None }
    }

    /// Whether it has the code of another problem.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.known.1 == other.known.1
    }

    /// Returns the response.
    pub(super) fn response(&self) -> Response {
        let Known(status, code, detail) = *self.known;
        let detail = self.detail.as_deref().unwrap_or(detail);
        let body =
            json::text(&Body { kind: "about:blank", title: phrase(status), status, code, detail });
        let (name, value) = self.header().unzip();
        host::answer(status, "application/problem+json", Some(&body), name, value)
    }

    /// Returns the header that the response has beside the usual ones.
    fn header(&self) -> Option<(&'static str, &'static str)> {
        let Known(status, code, _) = *self.known;
        match self.allow {
            Some(allow) => Some(("allow", allow)),
            None if status == 401 => Some(("www-authenticate", "Bearer")),
            None if PASSING.contains(&code) => Some(("retry-after", RETRY_AFTER)),
            None => None,
        }
    }
}

/// Returns the phrase of an HTTP status (RFC 9110, section 15, and RFC 6585).
fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "Service Unavailable",
    }
}
