use std::borrow::Cow;

use crate::{
    event::{Event, Payload, UNRECOGNIZED, Unrecognized, id::of_bytes},
    json::write::{object, string_bytes},
};

/// The bytes that an event may have as a queue message. A Queue takes 128,000, about 100 of them
/// for its own metadata.
pub const MAX_MESSAGE_BYTES: usize = 127_000;

/// An event in its form for the queue.
#[derive(Debug)]
pub struct Message<'a> {
    /// The event as JSON text, without its payload where `payload` has it.
    pub json: String,
    /// The event's `data.payload`. The sender of the message adds it: a host does so faster than it
    /// reads the same text escaped. With it, the event has at most [`MAX_MESSAGE_BYTES`].
    pub payload: Option<Cow<'a, str>>,
    /// The event's `payload_ref`, where the body is too large for the message:
    /// `payload:{source}:{SHA-256 of the body}`. The outbox stores the delivery's body under this
    /// key before it sends the message. Another body has another key, so a stored body is never
    /// replaced.
    pub kept: Option<String>,
    /// Whether the event says where an order is.
    pub recognized: bool,
}

impl<'a> Event<'a> {
    /// Makes a queue message of the event. `source` is the source's name.
    ///
    /// An event that is too large keeps everything but its payload. If it is still too large, it is
    /// sent as unrecognised, under the same id.
    #[must_use]
    pub fn into_message(mut self, source: &str) -> Message<'a> {
        let key = |payload: &Payload<'_>| format!("payload:{source}:{}", of_bytes(payload.bytes()));
        if self.data.payload.bytes().len() <= MAX_MESSAGE_BYTES {
            let payload = self.take_text();
            let json = self.to_json();
            if json.len() + payload.as_deref().map_or(0, text_bytes) <= MAX_MESSAGE_BYTES {
                let recognized = self.data.content.is_ok();
                return Message { json, payload, kept: None, recognized };
            }
            if let Some(text) = payload {
                self.data.payload = Payload::Text(text);
            }
        }
        let key = key(&self.data.payload);
        self.data.payload = Payload::Kept(key.clone());
        let mut json = self.to_json();
        if json.len() > MAX_MESSAGE_BYTES {
            self.strip();
            json = self.to_json();
        }
        let recognized = self.data.content.is_ok();
        Message { json, payload: None, kept: Some(key), recognized }
    }

    /// Takes the payload out, if it is text.
    fn take_text(&mut self) -> Option<Cow<'a, str>> {
        match std::mem::replace(&mut self.data.payload, Payload::Omitted) {
            Payload::Text(text) => Some(text),
            other => {
                self.data.payload = other;
                None
            }
        }
    }

    /// Removes every field without a bound on its length.
    fn strip(&mut self) {
        self.kind = UNRECOGNIZED;
        self.subject = None;
        self.data.content = Err(Unrecognized::TooLarge);
    }
}

/// Returns the bytes that a payload adds to an event's JSON.
fn text_bytes(payload: &str) -> usize {
    const NAME: &str = r#","payload":"#;
    NAME.len() + string_bytes(payload)
}

impl Message<'_> {
    /// Returns the message without a borrow of the delivery's body, where the body is stored apart;
    /// else the message as it is.
    #[allow(clippy::result_large_err)] // Short-lived.
    pub(crate) fn without_body(self) -> Result<Message<'static>, Self> {
        let Self { json, payload, kept, recognized } = self;
        match payload {
            None if kept.is_some() => Ok(Message { json, payload: None, kept, recognized }),
            payload => Err(Message { json, payload, kept, recognized }),
        }
    }

    /// Returns the event as one JSON text, with its payload.
    #[must_use]
    pub fn whole(&self) -> String {
        // The payload is the last field of `data`, which is the last of the event.
        let Some((payload, json)) = self.payload.as_deref().zip(self.json.strip_suffix("}}")) else {
            return self.json.clone();
        };
        let payload = object(|fields| fields.text("payload", payload));
        let field = payload.strip_prefix('{').unwrap_or_default();
        format!("{json},{field}}}")
    }
}

impl Payload<'_> {
    /// Returns the body's bytes, if the event holds them.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Kept(_) | Self::Omitted => b"",
        }
    }
}
