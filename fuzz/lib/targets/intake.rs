//! The whole way of a delivery to any provider: it is taken if and only if its provider's rule,
//! said apart, lets it, its event is what every event is, and its second copy is a duplicate.
//!
//! The marks are those of `header_list`.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    task::{Context, Poll, Waker},
};

use crate::{
    Post,
    account::{Delivered, Proven, SOURCE, ruled, secret},
    oracles::event::{self, Origin},
};
use arbitrary::Arbitrary;
use orderhook_core::{
    Answer, Delivery, Host, Intake, Mark, Message, Outbox, Provider, Question, Reading, Refusal,
    Scheme, Seen, Source, TokenProof, UnixMillis, intake,
};
use sha2::{Digest, Sha256};

/// A delivery, and what fails while it is taken.
#[derive(Arbitrary, Debug)]
pub struct Case {
    provider: u8,
    /// Which of the ports fail: look, mark, put; and whether a failed call takes effect.
    fails: u8,
    sent: Delivered,
}

/// Panics if a delivery is accepted, refused, queued or marked against the rule.
pub fn check(case: &Case) {
    let Proven { source, post, due } = case.sent.make(ruled(case.provider));
    let (token, now) = (case.sent.settings.proof(&source), case.sent.settings.now());
    let is_test = post.deliver(|delivery| {
        let verdict = source.verify(delivery, token, now);
        let challenge = source.challenge(delivery, token, now);
        let by_host = challenge.and_then(|challenge| challenge.answer(hashed));
        assert_eq!(verdict.as_ref().err(), by_host.as_ref().err());
        let proof = |it: &orderhook_core::Verified<'_>| it.proof();
        let found = verdict.as_ref().ok().map(proof);
        assert_eq!(found, by_host.as_ref().ok().map(proof));
        assert_eq!(found.map(|it| (it.authenticity, it.secret_index)), due, "{post:?}");
        let Ok(verified) = verdict else {
            return false;
        };
        let reading = verified.read(now);
        let is_test = matches!(reading, Reading::Test);
        let definition = orderhook_catalogue::definition(&source.provider().name);
        let definition = serde_json::from_str(definition).expect("JSON");
        event::check_reading(reading, &Origin::of(&definition, SOURCE, &post.body));
        is_test
    });
    let ports = Ports { fails: Cell::new(case.fails), ..Ports::default() };
    let take =
        |delivery: Delivery<'_>| now_or_never(intake(&source, delivery.into(), token, now, &ports));
    let first = post.deliver(take);
    ports.fails.set(0);
    let second = post.deliver(take);
    ports.check(&first, &second, due.is_some(), is_test, case.fails, &post);
    signed_is_taken(case, &source, token, &post);
}

/// Hashes for the core.
fn hashed(question: Question<'_>) -> Answer {
    let Question::Sha256(parts) = question else {
        panic!("a hash");
    };
    Answer::Sha256(parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into())
}

const LOOK: u8 = 1;
const MARK: u8 = 2;
const PUT: u8 = 4;
const LANDS: u8 = 8;

#[derive(Default)]
struct Ports {
    fails: Cell<u8>,
    marks: RefCell<Vec<String>>,
    /// The text and the numbers of each event.
    landed: RefCell<Vec<(String, Vec<i32>)>>,
}

impl Ports {
    fn act<T>(&self, what: u8, act: impl FnOnce() -> T) -> Result<T, u8> {
        let (fails, lands) = (self.fails.get() & what != 0, self.fails.get() & LANDS != 0);
        let done = (!fails || lands).then(act);
        done.filter(|_| !fails).ok_or(what)
    }

    /// Checks the results of two copies, the second with ports that work.
    fn check(
        &self,
        first: &Intake<u8, u8>,
        second: &Intake<u8, u8>,
        is_authentic: bool,
        is_test: bool,
        fails: u8,
        post: &Post,
    ) {
        let (landed, marks) = (self.landed.borrow(), self.marks.borrow());
        if !is_authentic || is_test {
            assert!(landed.is_empty() && marks.is_empty());
            for intake in [first, second] {
                match intake {
                    Intake::Refused(_) => assert!(!is_authentic),
                    Intake::Ready => assert!(is_test),
                    other => panic!("{other:?} of {post:?}"),
                }
            }
            return;
        }
        let id = match first {
            Intake::Accepted { id, .. } => {
                assert_eq!(fails & PUT, 0);
                id
            }
            Intake::Unsafe { id, .. } => {
                assert_ne!(fails & PUT, 0);
                id
            }
            other => panic!("{other:?} of {post:?}"),
        };
        let is_marked = fails & PUT == 0 && (fails & MARK == 0 || fails & LANDS != 0);
        match second {
            Intake::Duplicate { id: again } => assert!(is_marked && again == id),
            Intake::Accepted { id: again, unseen: None, .. } => assert!(!is_marked && again == id),
            other => panic!("{other:?} after {first:?}"),
        }
        assert!(!landed.is_empty(), "an authentic event is nowhere");
        assert!(landed.iter().all(|event| event == &landed[0]), "two copies, two events");
        assert!(marks.iter().all(|mark| *mark == format!("seen:{SOURCE}:{id}")));
        assert!(marks[0].len() <= 512, "longer than a key may be");
    }
}

impl Seen for Ports {
    type Error = u8;

    async fn seen(&self, keys: &[String]) -> Result<Vec<bool>, u8> {
        let marks = self.marks.borrow();
        self.act(LOOK, || keys.iter().map(|key| marks.contains(key)).collect())
    }

    fn mark(&self, marks: Vec<Mark>) {
        for Mark { key, value } in marks {
            serde_json::from_str::<serde_json::Value>(&value).expect("a mark is JSON");
            self.act(MARK, || self.marks.borrow_mut().push(key)).ok();
        }
    }
}

impl Host for Ports {
    fn hashes(&self, bytes: usize) -> bool {
        bytes.is_multiple_of(2)
    }

    async fn answer(&self, question: Question<'_>) -> Answer {
        hashed(question)
    }
}

impl Outbox<&[u8]> for Ports {
    type Error = u8;

    async fn put(&self, messages: &[Message<'_>], _: &&[u8]) -> Result<(), u8> {
        let land = |message: &Message<'_>| {
            assert!(message.kept.as_ref().is_none_or(|key| key.len() <= 512), "too long a key");
            (message.table.text().to_owned(), message.table.ints().to_vec())
        };
        let landed = messages.iter().map(land);
        self.act(PUT, || self.landed.borrow_mut().extend(landed))
    }
}

/// These ports never wait.
fn now_or_never<T>(work: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(work).poll(&mut context) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}

/// The same delivery, signed by our own `sign`, is authentic, unless it lacks the source's token.
fn signed_is_taken(case: &Case, source: &Source, token: Option<TokenProof>, post: &Post) {
    let provider: &Provider = source.provider();
    let keys = case.sent.settings.keys(&provider.scheme);
    let (Some(key), Some(format)) = (keys.first(), provider.scheme.key_format()) else {
        return;
    };
    let now = UnixMillis(case.sent.settings.now);
    let mut post = post.clone();
    let own = ["webhook-signature", "webhook-timestamp", "signature-input", "signature"];
    let own = [&own[..], &["x-webhook-signature", "date", "digest", "webhook-id"]].concat();
    post.headers.retain(|[name, _]| !own.contains(&name.to_ascii_lowercase().as_str()));
    post.headers.push(["Webhook-Id".to_owned(), format!("msg_{}", case.fails)]);
    let signed = post.deliver(|it| provider.scheme.sign(&secret(key, format), &it, now));
    let signed = signed.expect("a provider that signs");
    post.headers.extend(signed.into_iter().map(|(name, value)| [name.to_owned(), value]));
    let proof = post.deliver(|it| source.verify(it, token, now).map(|it| it.proof()));
    if source.token().is_some() && token.is_none() {
        assert_eq!(proof.err(), Some(Refusal::TokenMismatch));
        return;
    }
    let proof = proof.expect("what is signed verifies");
    assert_eq!(proof.secret_index, Some(0));
    assert!(!matches!(provider.scheme, Scheme::UrlToken));
}
