//! The forms in which an event is posted to an endpoint.

use std::borrow::Cow;

use super::verdict::Verdict;

mod cloudevents;
mod payload;
mod slack;

/// The form in which an endpoint gets events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The event in the structured mode of `CloudEvents`.
    CloudEvents,
    /// The provider's body, byte for byte.
    Payload,
    /// A message for an incoming webhook of Slack.
    Slack,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::CloudEvents, Self::Payload, Self::Slack];

    /// Returns the format's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CloudEvents => "cloudevents",
            Self::Payload => "payload",
            Self::Slack => "slack",
        }
    }

    /// Returns the format of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Whether messages are signed. Slack checks no signature: its URL is the secret.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        !matches!(self, Self::Slack)
    }

    /// Whether the URL is a secret.
    #[must_use]
    pub const fn has_secret_url(self) -> bool {
        matches!(self, Self::Slack)
    }

    /// Returns the word for the refusal that an answer is. Only Slack has such words.
    ///
    /// ```
    /// use orderhook_core::dispatch::Format;
    ///
    /// assert_eq!(Format::Slack.refusal("no_service\n"), Some("no_service"));
    /// assert_eq!(Format::Slack.refusal("<html>"), None);
    /// assert_eq!(Format::CloudEvents.refusal("no_service"), None);
    /// ```
    #[must_use]
    pub fn refusal(self, answer: &str) -> Option<&'static str> {
        match self {
            Self::Slack => slack::refusal(answer),
            Self::CloudEvents | Self::Payload => None,
        }
    }

    /// Writes the message of an event, which is given as its JSON text.
    #[must_use]
    pub fn write(self, event: &str, verdict: Option<Verdict>) -> Written<'_> {
        match self {
            Self::CloudEvents => cloudevents::write(event, verdict),
            Self::Payload => payload::write(event),
            Self::Slack => slack::write(event),
        }
    }
}

/// The message of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written<'e> {
    /// A body.
    Body(Content<'e>),
    /// A body that is stored apart, under this key.
    Stored(String),
    /// Nothing: the event has no body of the provider's.
    Nothing,
}

/// A body, and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<'e> {
    /// The media type.
    pub kind: &'static str,
    /// The bytes.
    pub body: Cow<'e, [u8]>,
}

impl<'e> Content<'e> {
    /// Returns the content of a provider's body. An event does not keep the body's media type, so it
    /// follows from the bytes.
    #[must_use]
    pub fn of_payload(body: impl Into<Cow<'e, [u8]>>) -> Self {
        let body = body.into();
        Self { kind: payload::kind(&body), body }
    }
}
