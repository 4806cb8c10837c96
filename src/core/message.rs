use crate::{
    event::{Event, Payload, UNRECOGNIZED},
    unrecognized::Unrecognized,
};

/// Bytes that an event may have as a queue message. A Queue takes 128,000, about 100 of them for
/// its own metadata.
pub const MOST_MESSAGE_BYTES: usize = 127_000;

/// An event as it goes to the queue.
#[derive(Debug)]
pub struct Message<'a> {
    /// The event, as JSON text of at most [`MOST_MESSAGE_BYTES`].
    pub json: String,
    /// The body, where it is too large for the message: to be kept before the message is sent.
    pub kept: Option<Kept<'a>>,
    /// Whether the event says where an order is.
    pub recognized: bool,
}

/// A body that goes apart from its event.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept<'a> {
    /// Where: `payload:{source}:{id}`, the event's `payload_ref`.
    pub key: String,
    /// The body as it came.
    pub bytes: &'a [u8],
}

impl<'a> Event<'a> {
    /// The event as a queue message, from the source of this name. An event that is too large
    /// keeps everything but its payload; one that is too large even so is sent as unrecognised,
    /// under the same id.
    #[must_use]
    pub fn into_message(mut self, source: &str) -> Message<'a> {
        let bytes = self.data.payload.bytes();
        if bytes.len() <= MOST_MESSAGE_BYTES {
            let json = self.to_json();
            if json.len() <= MOST_MESSAGE_BYTES {
                let recognized = self.data.content.is_ok();
                return Message { json, kept: None, recognized };
            }
        }
        let key = format!("payload:{source}:{}", self.id);
        self.data.payload = Payload::Kept(key.clone());
        let mut json = self.to_json();
        if json.len() > MOST_MESSAGE_BYTES {
            self.strip();
            json = self.to_json();
        }
        let recognized = self.data.content.is_ok();
        Message { json, kept: Some(Kept { key, bytes }), recognized }
    }

    /// Leaves only what is of bounded length.
    fn strip(&mut self) {
        self.kind = UNRECOGNIZED;
        self.subject = None;
        self.data.content = Err(Unrecognized::TooLarge);
    }
}

impl<'a> Payload<'a> {
    fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Kept(_) | Self::Omitted => b"",
        }
    }
}
