use std::borrow::Cow;

use crate::event::{Event, Payload, Table, UNRECOGNIZED, Unrecognized, id::of_bytes};

/// The bytes that an event may have as a queue message. A Queue takes 128,000, about 100 of them
/// for its own metadata.
pub const MAX_MESSAGE_BYTES: usize = 127_000;

/// An event in its form for the queue.
#[derive(Debug)]
pub struct Message<'a> {
    /// The event, without its payload where `payload` has it.
    pub table: Table,
    /// The event's `data.payload`. With it, the event has at most [`MAX_MESSAGE_BYTES`] as JSON.
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
    /// sent as unrecognised, under the same id. A payload without its secrets is then empty: what
    /// would be stored is the body, with them.
    #[must_use]
    pub fn into_message(mut self, source: &str) -> Message<'a> {
        let mut table = Table::default();
        if self.data.payload.bytes().len() <= MAX_MESSAGE_BYTES {
            table.fill(&self);
            if self.fits(&table) {
                let recognized = self.data.content.is_ok();
                return Message { table, payload: self.take_text(), kept: None, recognized };
            }
        }
        let kept = match &self.data.payload {
            Payload::Redacted(_) => None,
            payload => Some(["payload:", source, ":", &of_bytes(payload.bytes())].concat()),
        };
        let empty = || Payload::Text(Cow::Borrowed(""));
        self.data.payload = kept.clone().map_or_else(empty, Payload::Kept);
        if self.to_json().len() > MAX_MESSAGE_BYTES {
            self.strip();
        }
        table.fill(&self);
        let recognized = self.data.content.is_ok();
        Message { table, payload: self.take_text(), kept, recognized }
    }

    /// Whether the event fits into a message. `table` is the event's.
    ///
    /// Most events surely do, without being written: an escape takes at most six bytes, and two in
    /// a body that is JSON. The table has one copy of a subject that is the order's id. Such an id
    /// holds no control characters, so each of its bytes takes at most four in both places.
    fn fits(&self, table: &Table) -> bool {
        const NAMES: usize = 2_000;
        const NAMES_OF_ITEM: usize = 300;
        let (items, escape) = match &self.data.content {
            Ok(content) => (content.items.len(), 2),
            Err(_) => (0, 6),
        };
        let payload = self.data.payload.bytes().len();
        let parts = [NAMES, items * NAMES_OF_ITEM, 6 * table.text().len(), escape * payload];
        let most: usize = parts.into_iter().sum();
        most <= MAX_MESSAGE_BYTES || self.to_json().len() <= MAX_MESSAGE_BYTES
    }

    /// Takes the payload out, if it is text.
    fn take_text(&mut self) -> Option<Cow<'a, str>> {
        match std::mem::replace(&mut self.data.payload, Payload::Omitted) {
            Payload::Text(text) => Some(text),
            Payload::Redacted(text) => Some(Cow::Owned(text)),
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

impl Message<'_> {
    /// Returns the message without a borrow of the delivery's body, where the body is stored apart;
    /// else the message as it is.
    #[allow(clippy::result_large_err)] // Short-lived.
    pub(crate) fn without_body(self) -> Result<Message<'static>, Self> {
        let Self { table, payload, kept, recognized } = self;
        match payload {
            None if kept.is_some() => Ok(Message { table, payload: None, kept, recognized }),
            payload => Err(Message { table, payload, kept, recognized }),
        }
    }
}

impl Payload<'_> {
    /// Returns the body's bytes, if the event holds them.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Redacted(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Kept(_) | Self::Omitted => b"",
        }
    }
}
