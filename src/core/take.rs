//! The way of authentic events: look up, claim, enqueue, mark.

use crate::{
    event::{Event, MAX_MESSAGE_BYTES, Message, Unrecognized},
    json::write,
    outcome::Intake,
    ports::{Claim, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, Mark, Outbox, Seen},
    source::Source,
    time::UnixMillis,
};

type Outcome<P, B> = Intake<<P as Seen>::Error, <P as Outbox<B>>::Error>;

/// The event of an authentic delivery, on its way to the outbox.
pub(crate) struct Prepared<'a> {
    id: String,
    /// The bytes of its message. They only count where a delivery has several events.
    bytes: usize,
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
    /// Prepares the only event of a delivery.
    pub(crate) fn new(source: &Source, event: Event<'a>) -> Self {
        let id = event.id.clone().into_owned();
        let form = if event.data.payload.bytes().len() < LONG_PAYLOAD_BYTES {
            Form::Event(event)
        } else {
            Form::Message(event.into_message(source.name()))
        };
        Self { id, bytes: 0, form }
    }

    /// Returns the event without a borrow of the delivery's body, where the body is stored apart;
    /// else the event as it is.
    #[allow(clippy::result_large_err)] // Short-lived.
    pub(crate) fn without_body(self) -> Result<Prepared<'static>, Self> {
        let Self { id, bytes, form } = self;
        match form {
            Form::Message(message) => match message.without_body() {
                Ok(message) => Ok(Prepared { id, bytes, form: Form::Message(message) }),
                Err(message) => Err(Self { id, bytes, form: Form::Message(message) }),
            },
            form @ Form::Event(_) => Err(Self { id, bytes, form }),
        }
    }

    fn key(&self, source: &Source) -> String {
        ["seen:", source.name(), ":", &self.id].concat()
    }

    fn into_message(self, source: &Source) -> Message<'a> {
        match self.form {
            Form::Event(event) => event.into_message(source.name()),
            Form::Message(message) => message,
        }
    }
}

/// Prepares several events of one delivery. Fails if one of them is too large for a message: only
/// the body of a whole delivery is stored apart.
pub(crate) fn all_prepared<'a>(events: Vec<Event<'a>>) -> Result<Vec<Prepared<'a>>, Unrecognized> {
    let prepare = |event: Event<'a>| {
        let bytes = event.to_json().len();
        if bytes > MAX_MESSAGE_BYTES {
            return Err(Unrecognized::TooLarge);
        }
        Ok(Prepared { id: event.id.clone().into_owned(), bytes, form: Form::Event(event) })
    };
    events.into_iter().map(prepare).collect()
}

/// Takes the events of one delivery the rest of the way, batch after batch. The first batch that is
/// not safe ends it: with the provider's next try, those before it are duplicates.
pub(crate) async fn take<B, P: Seen + Outbox<B>>(
    source: &Source,
    events: Vec<Prepared<'_>>,
    now: UnixMillis,
    ports: &P,
    body: &B,
) -> Outcome<P, B> {
    let mut outcome = None;
    let mut events = events.into_iter().peekable();
    while let Some(first) = events.next() {
        let mut batch = Batch { bytes: first.bytes, events: vec![first] };
        while let Some(next) = events.next_if(|next| batch.has_room(next)) {
            batch.bytes += next.bytes;
            batch.events.push(next);
        }
        let taken = take_batch(source, batch.events, now, ports, body).await;
        let ends = !matches!(taken, Intake::Accepted { .. } | Intake::Duplicate { .. });
        outcome = Some(joined(outcome, taken));
        if ends {
            break;
        }
    }
    outcome.unwrap_or(Intake::Ignored)
}

/// Events that go their way together.
struct Batch<'a> {
    bytes: usize,
    events: Vec<Prepared<'a>>,
}

impl Batch<'_> {
    fn has_room(&self, next: &Prepared<'_>) -> bool {
        self.events.len() < MAX_BATCH_EVENTS && self.bytes + next.bytes <= MAX_BATCH_BYTES
    }
}

/// Joins the outcome of the batches before and that of one more.
fn joined<S, O>(before: Option<Intake<S, O>>, taken: Intake<S, O>) -> Intake<S, O> {
    match (before, taken) {
        (
            Some(Intake::Accepted { id, recognized, unseen }),
            Intake::Accepted { recognized: also, unseen: later, .. },
        ) => Intake::Accepted { id, recognized: recognized && also, unseen: unseen.or(later) },
        (Some(before), Intake::Duplicate { .. }) => before,
        (_, taken) => taken,
    }
}

async fn take_batch<B, P: Seen + Outbox<B>>(
    source: &Source,
    mut events: Vec<Prepared<'_>>,
    now: UnixMillis,
    ports: &P,
    body: &B,
) -> Outcome<P, B> {
    let first = events.first().map(|event| event.id.clone()).unwrap_or_default();
    let mut keys: Vec<_> = events.iter().map(|event| event.key(source)).collect();
    let looked = ports.seen(&keys).await;
    if let Ok(seen) = &looked {
        keep(&mut events, &mut keys, |at| !seen.get(at).is_some_and(|seen| *seen));
    }
    if events.is_empty() {
        return Intake::Duplicate { id: first };
    }
    let claimed = ports.claim(&keys).await;
    let mut held = None;
    if let Ok(claims) = &claimed {
        held = longest_held(&events, claims);
        keep(&mut events, &mut keys, |at| claims.get(at).is_none_or(|it| *it == Claim::Granted));
    }
    let Some(id) = events.first().map(|event| event.id.clone()) else {
        return held.unwrap_or(Intake::Duplicate { id: first });
    };
    let marks = marks(&events, &keys, now);
    let messages: Vec<_> = events.into_iter().map(|event| event.into_message(source)).collect();
    let recognized = messages.iter().all(|message| message.recognized);
    if let Err(error) = ports.put(&messages, body).await {
        ports.release(keys);
        return Intake::Unsafe { id, error, unseen: claimed.err().or(looked.err()) };
    }
    ports.mark(marks);
    let unseen = claimed.err().or(looked.err());
    held.unwrap_or(Intake::Accepted { id, recognized, unseen })
}

/// Keeps the events whose place passes, and their keys.
fn keep(events: &mut Vec<Prepared<'_>>, keys: &mut Vec<String>, passes: impl Fn(usize) -> bool) {
    let mut at = 0..;
    events.retain(|_| at.next().is_some_and(&passes));
    let mut at = 0..;
    keys.retain(|_| at.next().is_some_and(&passes));
}

/// Returns the outcome of the event whose copy may take the longest, if a copy of any is on its
/// way.
fn longest_held<S, O>(events: &[Prepared<'_>], claims: &[Claim]) -> Option<Intake<S, O>> {
    let held = events.iter().zip(claims).rev().filter_map(|(event, claim)| match claim {
        Claim::Held { ms } => Some((*ms, &event.id)),
        Claim::Granted | Claim::Safe => None,
    });
    held.max_by_key(|(ms, _)| *ms).map(|(ms, id)| Intake::HeldByCopy { id: id.clone(), ms })
}

fn marks(events: &[Prepared<'_>], keys: &[String], now: UnixMillis) -> Vec<Mark> {
    let mark = |(event, key): (&Prepared<'_>, &String)| Mark {
        key: key.clone(),
        value: write::object(|record| {
            record.text("id", &event.id);
            record.text("taken_at", &now.text());
        }),
    };
    events.iter().zip(keys).map(mark).collect()
}
