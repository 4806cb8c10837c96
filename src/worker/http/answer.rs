use std::borrow::Cow;

use orderhook_core::Refusal;
use serde::Serialize;
use web_sys::Response;

use super::wanted::Wanted;
use crate::{host, json::text, log::DeliveryLine};

/// An answer to a caller.
#[derive(Debug)]
pub(crate) enum Answer<'a> {
    Accepted { id: &'a str },
    Duplicate { id: &'a str },
    Ready { source: &'a str, provider: &'a str },
    Ignored,
    Refused(Refusal),
    HealthTokenWrong,
    NotFound,
    MethodNotAllowed { allow: &'static str },
    BodyTooLarge { most: u32 },
    BodyUnreadable,
    Overloaded,
    SourceNotConfigured,
    QueueUnavailable { id: &'a str },
    CopyInProgress { id: &'a str, ms: u32 },
    TooManyHops { most: u32 },
}

/// The seconds after which a provider should try again.
const RETRY_AFTER: &str = "30";

/// The same if only memory is short: deliveries end within seconds.
const RETRY_WHEN_FREE: &str = "5";

/// The scheme of the challenge that a 401 must carry (RFC 9110, section 15.5.2). It names what each
/// source's page describes: a signature in headers.
const CHALLENGE: &str = "Signature";

#[derive(Serialize)]
struct Success<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
}

const UNAUTHORIZED: &str = "Unauthorized";

/// A problem (RFC 9457).
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: String,
}

impl Answer<'_> {
    /// Returns the stable code that the answer and the log line carry.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Duplicate { .. } => "duplicate",
            Self::Ready { .. } => "ready",
            Self::Ignored => "ignored",
            Self::Refused(refusal) => refusal.code(),
            Self::HealthTokenWrong => "health_token_wrong",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyUnreadable => "body_unreadable",
            Self::Overloaded => "overloaded",
            Self::SourceNotConfigured => "source_not_configured",
            Self::QueueUnavailable { .. } => "queue_unavailable",
            Self::CopyInProgress { .. } => "copy_in_progress",
            Self::TooManyHops { .. } => "too_many_hops",
        }
    }

    /// Returns the HTTP status, and its phrase.
    fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Accepted { .. } => (202, "Accepted"),
            Self::Duplicate { .. } | Self::Ready { .. } | Self::Ignored => (200, "OK"),
            Self::BodyUnreadable => (400, "Bad Request"),
            Self::Refused(refusal) if *refusal != Refusal::Unverifiable => (401, UNAUTHORIZED),
            Self::HealthTokenWrong => (401, UNAUTHORIZED),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed { .. } => (405, "Method Not Allowed"),
            Self::BodyTooLarge { .. } => (413, "Content Too Large"),
            Self::Overloaded
            | Self::Refused(_)
            | Self::SourceNotConfigured
            | Self::QueueUnavailable { .. }
            | Self::CopyInProgress { .. } => (503, "Service Unavailable"),
            Self::TooManyHops { .. } => (508, "Loop Detected"),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::HealthTokenWrong => "the token is not `HEALTH_TOKEN`, or that is not set: send \
                `Authorization: Bearer <token>`, or no `Authorization` for the status alone"
                .to_owned(),
            Self::NotFound => "there is nothing here: post to /hooks/{source}, or to \
                /hooks/{source}/{token} where the source has a token"
                .to_owned(),
            Self::MethodNotAllowed { allow } => format!("only {allow} are answered here"),
            Self::BodyTooLarge { most } => format!("the body has more than {most} bytes"),
            Self::BodyUnreadable => "the body ended before it was whole".to_owned(),
            Self::Overloaded => {
                "too many large bodies are in flight: send it again later".to_owned()
            }
            Self::SourceNotConfigured => {
                "the source is not ready: the log says why; send it again later".to_owned()
            }
            Self::QueueUnavailable { .. } => {
                "the event could not be put into the queue: send it again later".to_owned()
            }
            Self::CopyInProgress { .. } => {
                "a copy of this delivery is being taken: send it again later".to_owned()
            }
            Self::TooManyHops { most } => format!(
                "the event has passed {most} installations of orderhook: an endpoint of one of them \
                 leads back here"
            ),
            Self::Accepted { .. } | Self::Duplicate { .. } | Self::Ready { .. } | Self::Ignored => {
                String::new()
            }
        }
    }

    /// Returns the id of the event that the answer is about.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Accepted { id }
            | Self::Duplicate { id }
            | Self::QueueUnavailable { id }
            | Self::CopyInProgress { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Whether the provider has nothing left to do.
    pub(crate) fn is_success(&self) -> bool {
        self.success().is_some()
    }

    fn success(&self) -> Option<Success<'_>> {
        let (id, source, provider) = match self {
            Self::Accepted { id } | Self::Duplicate { id } => (Some(*id), None, None),
            Self::Ready { source, provider } => (None, Some(*source), Some(*provider)),
            Self::Ignored => (None, None, None),
            _ => return None,
        };
        Some(Success { status: self.code(), id, source, provider })
    }

    fn header(&self) -> Option<(&'static str, Cow<'static, str>)> {
        match self {
            Self::MethodNotAllowed { allow } => Some(("allow", Cow::Borrowed(*allow))),
            Self::Refused(refusal) if *refusal != Refusal::Unverifiable => {
                Some(("www-authenticate", Cow::Borrowed(CHALLENGE)))
            }
            Self::HealthTokenWrong => Some(("www-authenticate", Cow::Borrowed("Bearer"))),
            Self::Overloaded => Some(("retry-after", Cow::Borrowed(RETRY_WHEN_FREE))),
            Self::Refused(_) | Self::SourceNotConfigured | Self::QueueUnavailable { .. } => {
                Some(("retry-after", Cow::Borrowed(RETRY_AFTER)))
            }
            // If the Worker died, its claim ends after this time; an earlier try is wasted.
            Self::CopyInProgress { ms, .. } => {
                Some(("retry-after", ms.div_ceil(1000).to_string().into()))
            }
            _ => None,
        }
    }

    /// Returns the body.
    pub(crate) fn json(&self) -> String {
        if let Some(success) = self.success() {
            return text(&success);
        }
        let (status, title) = self.status();
        let (code, detail) = (self.code(), self.detail());
        text(&Problem { kind: "about:blank", title, status, code, detail })
    }

    /// Returns the response, as the provider wants it, and logs its line. A response to HEAD has no
    /// body.
    pub(crate) fn response(
        &self,
        is_head: bool,
        line: Option<&DeliveryLine<'_>>,
        wanted: &Wanted<'_>,
    ) -> Response {
        let (logged, level) = line.map(|line| (text(line), line.level() as u8)).unzip();
        let (name, value) = self.header().unzip();
        let (usual, _) = self.status();
        let status = wanted.status.unwrap_or(usual);
        let response = host::answer(
            status,
            &wanted.body.map_or_else(|| self.json().into(), Cow::Borrowed),
            logged.as_deref(),
            level.unwrap_or_default(),
            is_head || matches!(status, 204 | 205),
            name,
            value.as_deref(),
        );
        wanted.dress(&response, wanted.content_type(), usual >= 400);
        response
    }
}
