//! What a provider's definition wants of the answers to it.

use orderhook_core::{Handshake, Provider, json::Json};
use web_sys::Response;

const CONTENT_TYPE: &str = "content-type";

type Header = (Box<str>, Box<str>);

/// What a provider wants of an answer. By default nothing.
#[derive(Default)]
pub(crate) struct Wanted<'p> {
    pub(super) status: Option<u16>,
    pub(super) body: Option<&'p str>,
    /// The provider's headers, and the handshake's.
    headers: [&'p [Header]; 2],
}

impl<'p> Wanted<'p> {
    /// Returns what it wants of an answer that takes no delivery.
    pub(super) fn of_any(provider: Option<&'p Provider>) -> Self {
        let headers = provider.map(|provider| &*provider.answer.headers).unwrap_or_default();
        Self { headers: [headers, &[]], ..Self::default() }
    }

    /// Returns what it wants of the answer to a delivery that was taken.
    pub(super) fn of_taken(provider: Option<&'p Provider>) -> Self {
        let answer = provider.map(|provider| &provider.answer);
        Self {
            status: answer.and_then(|answer| answer.status),
            body: answer.and_then(|answer| answer.body.as_deref()),
            ..Self::of_any(provider)
        }
    }

    /// Returns what it wants of the answer to a handshake.
    pub(super) fn of_handshake(provider: &'p Provider, handshake: &'p Handshake) -> Self {
        let (status, headers) = match handshake {
            Handshake::Post { status, headers, .. } => (Some(*status), &**headers),
            Handshake::Echo { .. } => (None, Default::default()),
        };
        Self { status, body: None, headers: [&provider.answer.headers, headers] }
    }

    /// Returns the content type of the body that it wants, if its headers do not say.
    pub(super) fn content_type(&self) -> Option<&'static str> {
        let is_json = Json::parse(self.body?).is_ok();
        let is_said = self.headers().any(|(name, _)| name == CONTENT_TYPE);
        (!is_said).then_some(if is_json { "application/json" } else { "text/plain" })
    }

    /// Sets the headers of a response. Without `content_type`, its own remains where the provider
    /// wants no other. A problem always keeps its own.
    pub(super) fn dress(&self, response: &Response, content_type: Option<&str>, is_problem: bool) {
        let set = |name: &str, value: &str| {
            // Both are printable ASCII, as the definition was checked: nothing is refused.
            response.headers().set(name, value).ok();
        };
        for (name, value) in self.headers().filter(|(name, _)| !is_problem || *name != CONTENT_TYPE)
        {
            set(name, value);
        }
        if let Some(content_type) = content_type {
            set(CONTENT_TYPE, content_type);
        }
    }

    fn headers(&self) -> impl Iterator<Item = (&'p str, &'p str)> {
        self.headers.into_iter().flatten().map(|(name, value)| (&**name, &**value))
    }
}
