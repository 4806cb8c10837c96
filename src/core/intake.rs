use std::future::Future;

use crate::{
    challenge::{Host, Verified},
    delivery::{Delivery, Headers},
    event::{Event, MAX_MESSAGE_BYTES, Message, Reading, Unrecognized},
    json::write,
    scheme::{Refusal, TokenProof},
    source::Source,
    time::UnixMillis,
};

/// Remembers which events were already accepted.
pub trait Seen {
    /// Why the memory could not be read or written. Such a failure holds up no event.
    type Error;

    /// Whether `key` was marked.
    fn seen(&self, key: &str) -> impl Future<Output = Result<bool, Self::Error>>;

    /// Claims `key` for this delivery alone, until the key is marked or released, or the claim
    /// expires. By default every claim is granted: copies that arrive together then all pass.
    fn claim(&self, _key: &str) -> impl Future<Output = Result<Claim, Self::Error>> {
        async { Ok(Claim::Granted) }
    }

    /// Marks `key` once its event is safe. `value` is a small JSON text: the event's id and when it
    /// was taken.
    fn mark(&self, key: &str, value: &str) -> impl Future<Output = Result<(), Self::Error>>;

    /// Releases the claim on `key`: its event is not safe.
    fn release(&self, _key: &str) -> impl Future<Output = Result<(), Self::Error>> {
        async { Ok(()) }
    }
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

/// Stores events safely.
pub trait Outbox<B> {
    /// Why an event could not be stored, or may not have been.
    type Error;

    /// Stores a message. Returns once it is safe. Where the message names a key in
    /// [`kept`](Message::kept), `body` is stored under that key first.
    fn put(&self, message: &Message<'_>, body: &B)
    -> impl Future<Output = Result<(), Self::Error>>;
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

/// A received delivery, with its body.
pub struct Received<'a, B> {
    /// The request's headers.
    pub headers: &'a dyn Headers,
    /// The URL that was posted to, as in [`Delivery::url`].
    pub url: &'a str,
    /// The body.
    pub body: B,
}

impl<'a> From<Delivery<'a>> for Received<'a, &'a [u8]> {
    fn from(Delivery { headers, url, body }: Delivery<'a>) -> Self {
        Self { headers, url, body }
    }
}

/// The outcome of a delivery.
#[derive(Debug)]
pub enum Intake<S, O> {
    /// The event is safe.
    Accepted {
        /// The event's id.
        id: String,
        /// Whether the delivery was understood.
        recognized: bool,
        /// Why [`Seen`] could not be read or written: a copy may pass.
        unseen: Option<S>,
    },
    /// A copy is on its way and may still fail: the provider has to send the delivery again.
    HeldByCopy {
        /// The event's id.
        id: String,
        /// Milliseconds until the copy's outcome is known, at the latest.
        ms: u32,
    },
    /// The event was safe before.
    Duplicate {
        /// The event's id.
        id: String,
    },
    /// A test without an order.
    Ready,
    /// A delivery that says nothing of an order's state.
    Ignored,
    /// The delivery is not authentic.
    Refused(Refusal),
    /// The event may not be safe: the provider has to send the delivery again.
    Unsafe {
        /// The event's id.
        id: String,
        /// The outbox's error.
        error: O,
        /// Why [`Seen`] could not be read, or not release the claim: until the claim expires, every
        /// try may be held.
        unseen: Option<S>,
    },
}

/// Takes a delivery all the way: verify, read, look up, claim, enqueue, mark.
///
/// The event is enqueued before it is marked: a failure between the two gives a duplicate, never a
/// loss. A [`Seen`] that fails stops nothing; an [`Outbox`] that fails does. `token` is the proof
/// that the delivery came to the URL with the source's token. `now` is the time of receipt.
pub async fn intake<B: Body, P: Host + Seen + Outbox<B>>(
    source: &Source,
    received: Received<'_, B>,
    token: Option<TokenProof>,
    now: UnixMillis,
    ports: &P,
) -> Intake<<P as Seen>::Error, <P as Outbox<B>>::Error> {
    let Received { headers, url, mut body } = received;
    let delivery = Delivery { headers, url, body: body.bytes() };
    let verified = match verify(source, delivery, token, now, ports).await {
        Ok(verified) => verified,
        Err(refusal) => return Intake::Refused(refusal),
    };
    let event = match verified.read(now) {
        Reading::Event(event) => event,
        Reading::Events(events) => match all_prepared(source, events) {
            Ok(prepared) => return take_all(source, prepared, now, ports, &body).await,
            Err(reason) => verified.unread(now, reason),
        },
        Reading::Test => return Intake::Ready,
        Reading::Ignored => return Intake::Ignored,
    };
    match Prepared::new(source, event).without_body() {
        Ok(prepared) => {
            body.release();
            take(source, prepared, now, ports, &body).await
        }
        Err(prepared) => take(source, prepared, now, ports, &body).await,
    }
}

/// Makes the messages of several events. Fails if one of them is too large for a message: only the
/// body of a whole delivery is stored apart.
fn all_prepared<'a>(
    source: &Source,
    events: Vec<Event<'a>>,
) -> Result<Vec<Prepared<'a>>, Unrecognized> {
    let prepare = |event| {
        let prepared = Prepared::new(source, event);
        match &prepared.form {
            Form::Message(Message { kept: Some(_), .. }) => Err(Unrecognized::TooLarge),
            _ => Ok(prepared),
        }
    };
    events.into_iter().map(prepare).collect()
}

/// Takes the events of one delivery, one after another. The first that is not safe ends it: with
/// the provider's next try, those before it are duplicates.
async fn take_all<B, P: Seen + Outbox<B>>(
    source: &Source,
    events: Vec<Prepared<'_>>,
    now: UnixMillis,
    ports: &P,
    body: &B,
) -> Intake<<P as Seen>::Error, <P as Outbox<B>>::Error> {
    let mut outcome = None;
    for event in events {
        outcome = Some(match (outcome, take(source, event, now, ports, body).await) {
            (
                Some(Intake::Accepted { id, recognized, unseen }),
                Intake::Accepted { recognized: also, unseen: later, .. },
            ) => Intake::Accepted { id, recognized: recognized && also, unseen: unseen.or(later) },
            (Some(first), Intake::Duplicate { .. }) => first,
            (_, taken) => taken,
        });
        if !matches!(outcome, Some(Intake::Accepted { .. } | Intake::Duplicate { .. })) {
            break;
        }
    }
    outcome.unwrap_or(Intake::Ignored)
}

async fn verify<'a, H: Host>(
    source: &'a Source,
    delivery: Delivery<'a>,
    token: Option<TokenProof>,
    now: UnixMillis,
    host: &H,
) -> Result<Verified<'a>, Refusal> {
    let challenge = source.challenge(delivery, token, now)?;
    if host.hashes(challenge.content_bytes()) {
        challenge.answer_later(host).await
    } else {
        challenge.verify()
    }
}

/// The event of an authentic delivery, on its way to the outbox.
struct Prepared<'a> {
    id: String,
    form: Form<'a>,
}

#[allow(clippy::large_enum_variant)] // Short-lived; a box would cost an allocation per delivery.
enum Form<'a> {
    /// Becomes a message once it is known to be new.
    Event(Event<'a>),
    Message(Message<'a>),
}

/// The bytes of a payload from which on the message is made before the event is known to be new. A
/// shorter text fits into a message, even if JSON writes each of its bytes in six.
const LONG_PAYLOAD_BYTES: usize = MAX_MESSAGE_BYTES / 6;

impl<'a> Prepared<'a> {
    fn new(source: &Source, event: Event<'a>) -> Self {
        let id = event.id.clone().into_owned();
        let form = if event.data.payload.bytes().len() < LONG_PAYLOAD_BYTES {
            Form::Event(event)
        } else {
            Form::Message(event.into_message(source.name()))
        };
        Self { id, form }
    }

    /// Returns the event without a borrow of the delivery's body, where the body is stored apart;
    /// else the event as it is.
    #[allow(clippy::result_large_err)] // Short-lived.
    fn without_body(self) -> Result<Prepared<'static>, Self> {
        let Self { id, form } = self;
        match form {
            Form::Message(message) => match message.without_body() {
                Ok(message) => Ok(Prepared { id, form: Form::Message(message) }),
                Err(message) => Err(Self { id, form: Form::Message(message) }),
            },
            form @ Form::Event(_) => Err(Self { id, form }),
        }
    }
}

/// Takes an event the rest of the way: look up, claim, enqueue, mark.
async fn take<B, P: Seen + Outbox<B>>(
    source: &Source,
    Prepared { id, form }: Prepared<'_>,
    now: UnixMillis,
    ports: &P,
    body: &B,
) -> Intake<<P as Seen>::Error, <P as Outbox<B>>::Error> {
    let key = format!("seen:{}:{id}", source.name());
    let looked = ports.seen(&key).await;
    if matches!(looked, Ok(true)) {
        return Intake::Duplicate { id };
    }
    let claimed = ports.claim(&key).await;
    match claimed {
        Ok(Claim::Held { ms }) => return Intake::HeldByCopy { id, ms },
        Ok(Claim::Safe) => return Intake::Duplicate { id },
        Ok(Claim::Granted) | Err(_) => {}
    }
    let message = match form {
        Form::Event(event) => event.into_message(source.name()),
        Form::Message(message) => message,
    };
    if let Err(error) = ports.put(&message, body).await {
        let unseen = ports.release(&key).await.err().or(claimed.err()).or(looked.err());
        return Intake::Unsafe { id, error, unseen };
    }
    let marked = ports.mark(&key, &record(&id, now)).await;
    let unseen = claimed.err().or(looked.err()).or(marked.err());
    Intake::Accepted { id, recognized: message.recognized, unseen }
}

fn record(id: &str, now: UnixMillis) -> String {
    write::object(|record| {
        record.text("id", id);
        record.text("taken_at", &now.text());
    })
}
