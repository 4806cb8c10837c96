use crate::{
    challenge::{Host, Verified},
    delivery::{Delivery, Headers},
    event::Reading,
    outcome::Intake,
    ports::{Body, Outbox, Seen},
    scheme::{Refusal, TokenProof},
    source::Source,
    take::{Prepared, all_prepared, take},
    time::UnixMillis,
};

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

/// Takes a delivery all the way: verify, read, look up, claim, enqueue, mark.
///
/// An event is enqueued before it is marked: a failure between the two gives a duplicate, never a
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
        Reading::Events(events) => match all_prepared(events) {
            Ok(prepared) => return take(source, prepared, now, ports, &body).await,
            Err(reason) => verified.unread(now, reason),
        },
        Reading::Test => return Intake::Ready,
        Reading::Ignored => return Intake::Ignored,
    };
    match Prepared::new(source, event).without_body() {
        Ok(prepared) => {
            body.release();
            take(source, vec![prepared], now, ports, &body).await
        }
        Err(prepared) => take(source, vec![prepared], now, ports, &body).await,
    }
}

async fn verify<'a, H: Host>(
    source: &'a Source,
    delivery: Delivery<'a>,
    token: Option<TokenProof>,
    now: UnixMillis,
    host: &H,
) -> Result<Verified<'a>, Refusal> {
    let challenge = source.challenge(delivery, token, now)?;
    if challenge.needs_host() || host.hashes(challenge.content_bytes()) {
        challenge.answer_later(host).await
    } else {
        challenge.verify()
    }
}
