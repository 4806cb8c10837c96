use std::future::Future;

use crate::{
    delivery::Delivery,
    fields,
    instant::UnixMillis,
    message::Message,
    refusal::Refusal,
    source::Source,
    token::TokenProof,
    verify::{Reading, Verified},
};

/// What remembers the events that were taken.
pub trait Seen {
    /// Why it could not be asked or told. No event is held up by it.
    type Error;

    /// Whether `key` was marked.
    fn seen(&self, key: &str) -> impl Future<Output = Result<bool, Self::Error>>;

    /// Takes `key` for this delivery alone, until it is marked or let go, or some time has passed.
    /// What cannot hold a claim grants every one: copies that arrive together then both pass.
    fn claim(&self, _key: &str) -> impl Future<Output = Result<Claim, Self::Error>> {
        async { Ok(Claim::Granted) }
    }

    /// Marks `key` once its event is safe, with a small JSON text: the event's id and when it was
    /// taken.
    fn mark(&self, key: &str, value: &str) -> impl Future<Output = Result<(), Self::Error>>;

    /// Lets the claim on `key` go: its event is not safe.
    fn release(&self, _key: &str) -> impl Future<Output = Result<(), Self::Error>> {
        async { Ok(()) }
    }
}

/// What a claim is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The event is this delivery's to send.
    Granted,
    /// A copy is being sent, and may yet fail.
    Held {
        /// Milliseconds after which the claim has ended, if nobody ends it before.
        ms: u32,
    },
    /// The event is safe.
    Safe,
}

/// Where events are safe.
pub trait Outbox {
    /// Why an event could not be put there, or may not have been.
    type Error;

    /// Returns once the message, and what is kept beside it, is safe.
    fn put(&self, message: &Message<'_>) -> impl Future<Output = Result<(), Self::Error>>;
}

/// What became of a delivery.
#[derive(Debug)]
pub enum Intake<S, O> {
    /// Its event is safe.
    Accepted {
        /// The event's id.
        id: String,
        /// Whether it was understood.
        recognized: bool,
        /// Why [`Seen`] could not be asked, or not be told: a copy may pass.
        unseen: Option<S>,
    },
    /// A copy of it is on its way and may yet fail: the provider has to send it again.
    Held {
        /// The event's id.
        id: String,
        /// Milliseconds after which it will be known, at the latest.
        ms: u32,
    },
    /// Its event was safe before.
    Duplicate {
        /// The event's id.
        id: String,
    },
    /// A test without an order.
    Ready,
    /// It is not authentic.
    Refused(Refusal),
    /// Its event may not be safe: the provider has to send it again.
    Unsafe {
        /// The event's id.
        id: String,
        /// What the outbox says.
        error: O,
        /// Why [`Seen`] could not be asked, or not let the claim go: until that ends by itself,
        /// every try may be held.
        unseen: Option<S>,
    },
}

/// Takes a delivery all the way: verify, read, look, claim, enqueue, mark.
///
/// Enqueue, then mark: a failure between the two gives a duplicate, never a loss. A [`Seen`]
/// that fails stops nothing; an [`Outbox`] that fails does.
pub async fn intake<S: Seen, O: Outbox>(
    source: &Source,
    delivery: Delivery<'_>,
    token: Option<TokenProof>,
    now: UnixMillis,
    seen: &S,
    outbox: &O,
) -> Intake<S::Error, O::Error> {
    match source.verify(delivery, token, now) {
        Ok(verified) => take(source, verified, now, seen, outbox).await,
        Err(refusal) => Intake::Refused(refusal),
    }
}

/// Takes what was verified the rest of the way.
pub async fn take<S: Seen, O: Outbox>(
    source: &Source,
    verified: Verified<'_>,
    now: UnixMillis,
    seen: &S,
    outbox: &O,
) -> Intake<S::Error, O::Error> {
    let Reading::Event(event) = verified.read(source, now) else {
        return Intake::Ready;
    };
    let id = event.id.clone().into_owned();
    let key = format!("seen:{}:{id}", source.name());
    let looked = seen.seen(&key).await;
    if matches!(looked, Ok(true)) {
        return Intake::Duplicate { id };
    }
    let claimed = seen.claim(&key).await;
    match claimed {
        Ok(Claim::Held { ms }) => return Intake::Held { id, ms },
        Ok(Claim::Safe) => return Intake::Duplicate { id },
        Ok(Claim::Granted) | Err(_) => {}
    }
    let message = event.into_message(source.name());
    if let Err(error) = outbox.put(&message).await {
        let unseen = seen.release(&key).await.err().or(claimed.err()).or(looked.err());
        return Intake::Unsafe { id, error, unseen };
    }
    let marked = seen.mark(&key, &record(&id, now)).await;
    let unseen = claimed.err().or(looked.err()).or(marked.err());
    Intake::Accepted { id, recognized: message.recognized, unseen }
}

fn record(id: &str, now: UnixMillis) -> String {
    fields::object(|record| {
        record.text("id", id);
        record.text("taken_at", &now.text());
    })
}
