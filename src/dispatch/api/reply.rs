use web_sys::Response;

use crate::host;

/// An answer to a request that was fulfilled.
pub(super) enum Reply {
    Json(String),
    Created(String),
    /// The request succeeded in part, and is to be repeated.
    Accepted(String),
    /// The request succeeded, and the answer has no body.
    Empty,
    /// The request succeeded, and sets or removes a cookie.
    Cookie {
        text: Option<String>,
        cookie: String,
    },
    /// The response of a journal that opens a socket.
    Stream(Response),
    /// A part of an export, with the address of the next.
    Part {
        kind: &'static str,
        text: String,
        link: Option<String>,
    },
}

const JSON: &str = "application/json";

impl Reply {
    /// Makes the reply of a status and a body that were kept.
    pub(super) fn of(status: u16, text: String) -> Option<Self> {
        match status {
            200 => Some(Self::Json(text)),
            201 => Some(Self::Created(text)),
            _ => None,
        }
    }

    /// Returns the status and the body that are kept for a request that is repeated.
    pub(super) fn kept(&self) -> Option<(u16, &str)> {
        match self {
            Self::Json(text) => Some((200, text)),
            Self::Created(text) => Some((201, text)),
            _ => None,
        }
    }

    /// Returns the response.
    pub(super) fn response(&self) -> Response {
        match self {
            Self::Json(text) => host::answer(200, JSON, Some(text), None, None),
            Self::Created(text) => host::answer(201, JSON, Some(text), None, None),
            Self::Accepted(text) => host::answer(202, JSON, Some(text), None, None),
            Self::Empty => host::answer(204, JSON, None, None, None),
            Self::Cookie { text, cookie } => {
                let status = if text.is_some() { 200 } else { 204 };
                host::answer(status, JSON, text.as_deref(), Some("set-cookie"), Some(cookie))
            }
            // Not the method of this name, which copies a body.
            Self::Stream(response) => Clone::clone(response),
            Self::Part { kind, text, link } => {
                let name = link.as_ref().map(|_| "link");
                host::answer(200, kind, Some(text), name, link.as_deref())
            }
        }
    }
}
