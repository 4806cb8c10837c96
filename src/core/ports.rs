//! The services that an intake needs, as its caller provides them.

use std::future::Future;

use crate::event::Message;

/// Remembers which events were already accepted.
///
/// Every method takes keys of several events, at most [`MAX_BATCH_EVENTS`]: the events of one
/// delivery go their way together.
pub trait Seen {
    /// Why the memory could not be read. Such a failure holds up no event.
    type Error;

    /// Returns for each key whether it was marked.
    fn seen(&self, keys: &[String]) -> impl Future<Output = Result<Vec<bool>, Self::Error>>;

    /// Claims each key for this delivery alone, until the key is marked or released, or the claim
    /// expires. By default every claim is granted: copies that arrive together then all pass.
    fn claim(&self, keys: &[String]) -> impl Future<Output = Result<Vec<Claim>, Self::Error>> {
        async { Ok(vec![Claim::Granted; keys.len()]) }
    }

    /// Marks events that are safe. The delivery does not wait for it: a mark protects against
    /// copies, not against loss, so it may be written after the answer.
    fn mark(&self, marks: Vec<Mark>);

    /// Releases the claims on the keys: their events are not safe. The delivery does not wait for
    /// it.
    fn release(&self, _keys: Vec<String>) {}
}

/// The mark of an event that is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `seen:{source}:{id}`
    pub key: String,
    /// A small JSON text: the event's id and when it was taken.
    pub value: String,
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// This delivery may send the event.
    Granted,
    /// A copy is being sent, and may still fail.
    Held {
        /// Milliseconds until the claim expires, unless it is released or marked before.
        ms: u32,
    },
    /// The event is safe already.
    Safe,
}

/// The events that an [`Outbox`] is given at once, at most.
pub const MAX_BATCH_EVENTS: usize = 100;

/// The bytes of all messages that an [`Outbox`] is given at once, at most. A Queue takes 256,000,
/// about 100 of them for its own metadata of each message.
pub const MAX_BATCH_BYTES: usize = 256_000 - 100 * MAX_BATCH_EVENTS;

/// Stores events safely.
pub trait Outbox<B> {
    /// Why the events could not be stored, or may not have been.
    type Error;

    /// Stores messages, at most [`MAX_BATCH_EVENTS`] of at most [`MAX_BATCH_BYTES`] together.
    /// Returns once all are safe. Where the only message names a key in [`kept`](Message::kept),
    /// `body` is stored under that key first.
    fn put(
        &self,
        messages: &[Message<'_>],
        body: &B,
    ) -> impl Future<Output = Result<(), Self::Error>>;
}

/// A delivery's body, as the caller holds it.
pub trait Body {
    /// Returns the bytes.
    fn bytes(&self) -> &[u8];

    /// Frees the bytes in this memory, if the [`Outbox`] can store the body without them. It is
    /// called for a body that is stored apart from its event, before anything is awaited.
    fn release(&mut self) {}
}

impl Body for &[u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
}
