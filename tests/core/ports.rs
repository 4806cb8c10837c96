//! The ports in memory, with the three ways in which a service can answer.

use std::cell::{Cell, RefCell};

use orderhook_core::{
    Answer, Body, Claim, Delivery, Host, MAX_BATCH_EVENTS, MAX_MESSAGE_BYTES, Mark, Message,
    Outbox, Question, Received, Seen,
};
use sha2::{Digest, Sha256};

/// A way in which a port answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Works,
    /// The step is not done.
    Fails,
    /// The step is done, but the answer is lost.
    FailsButLanded,
}

impl Way {
    #[allow(dead_code)] // Not every suite uses it.
    pub(crate) const ALL: [Self; 3] = [Self::Works, Self::Fails, Self::FailsButLanded];

    fn act<T>(self, error: &'static str, act: impl FnOnce() -> T) -> Result<T, &'static str> {
        match self {
            Self::Works => Ok(act()),
            Self::Fails => Err(error),
            Self::FailsButLanded => {
                act();
                Err(error)
            }
        }
    }
}

/// A message in the outbox.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) json: String,
    /// The key of the body, if it is stored apart.
    pub(crate) kept: Option<String>,
    /// The bytes under that key.
    #[allow(dead_code)] // Not every suite reads it.
    pub(crate) stored: Option<Vec<u8>>,
}

/// A body of which the outbox has its own copy.
pub(crate) struct Copied {
    bytes: Vec<u8>,
    copy: Vec<u8>,
}

impl Body for Copied {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn release(&mut self) {
        self.bytes = Vec::new();
    }
}

/// Returns the delivery, with a copy of its body.
pub(crate) fn received(delivery: Delivery<'_>) -> Received<'_, Copied> {
    let Delivery { headers, url, body } = delivery;
    Received { headers, url, body: Copied { bytes: body.to_vec(), copy: body.to_vec() } }
}

/// A [`Seen`] and an [`Outbox`] that note their steps in one list, and a [`Host`] that hashes.
pub(crate) struct Ports {
    /// The answer to claims; `None` if they are granted and not noted, as by ports that cannot hold
    /// claims.
    pub(crate) claim: Cell<Option<Result<Claim, &'static str>>>,
    /// The way in which the host hashes; `None` if the core hashes.
    pub(crate) hash: Cell<Option<Way>>,
    /// Whether a signature holds, to the host.
    pub(crate) holds: Cell<bool>,
    /// How often the host was asked.
    pub(crate) asked: Cell<usize>,
    pub(crate) look: Cell<Way>,
    pub(crate) mark: Cell<Way>,
    pub(crate) put: Cell<Way>,
    /// Key and value.
    pub(crate) marks: RefCell<Vec<(String, String)>>,
    /// The keys of released claims.
    #[allow(dead_code)] // Not every suite reads it.
    pub(crate) released: RefCell<Vec<String>>,
    pub(crate) landed: RefCell<Vec<Landed>>,
    /// The steps that were asked for, in order, whatever their results.
    pub(crate) steps: RefCell<Vec<&'static str>>,
}

impl Ports {
    pub(crate) fn new(look: Way, mark: Way, put: Way) -> Self {
        Self {
            claim: Cell::new(None),
            hash: Cell::new(Some(Way::Works)),
            holds: Cell::new(false),
            asked: Cell::new(0),
            look: Cell::new(look),
            mark: Cell::new(mark),
            put: Cell::new(put),
            marks: RefCell::default(),
            released: RefCell::default(),
            landed: RefCell::default(),
            steps: RefCell::default(),
        }
    }

    pub(crate) fn working() -> Self {
        Self::new(Way::Works, Way::Works, Way::Works)
    }
}

impl Seen for Ports {
    type Error = &'static str;

    async fn seen(&self, keys: &[String]) -> Result<Vec<bool>, Self::Error> {
        self.steps.borrow_mut().push("look");
        let marks = self.marks.borrow();
        let is_marked = |key: &String| marks.iter().any(|(marked, _)| marked == key);
        self.look.get().act("look failed", || keys.iter().map(is_marked).collect())
    }

    async fn claim(&self, keys: &[String]) -> Result<Vec<Claim>, Self::Error> {
        let Some(answer) = self.claim.get() else {
            return Ok(vec![Claim::Granted; keys.len()]);
        };
        self.steps.borrow_mut().push("claim");
        answer.map(|claim| vec![claim; keys.len()])
    }

    fn release(&self, keys: Vec<String>) {
        if self.claim.get().is_some() {
            self.steps.borrow_mut().push("release");
        }
        self.released.borrow_mut().extend(keys);
    }

    fn mark(&self, marks: Vec<Mark>) {
        self.steps.borrow_mut().push("mark");
        if self.mark.get() != Way::Fails {
            let marks = marks.into_iter().map(|Mark { key, value }| (key, value));
            self.marks.borrow_mut().extend(marks);
        }
    }
}

impl Outbox<Copied> for Ports {
    type Error = &'static str;

    async fn put(&self, messages: &[Message<'_>], body: &Copied) -> Result<(), Self::Error> {
        self.steps.borrow_mut().push("put");
        assert!((1..=MAX_BATCH_EVENTS).contains(&messages.len()));
        // A long body is freed before the services are awaited, and is the only message's.
        let is_kept = messages.iter().any(|message| message.kept.is_some());
        assert!(!is_kept || messages.len() == 1 && body.bytes.len() < MAX_MESSAGE_BYTES / 6);
        // A body that is in its message is not copied for the outbox.
        assert!(is_kept || body.bytes == body.copy);
        let land = |message: &Message<'_>| Landed {
            json: crate::message::event(message).to_string(),
            kept: message.kept.clone(),
            stored: message.kept.is_some().then(|| body.copy.clone()),
        };
        let landed: Vec<_> = messages.iter().map(land).collect();
        assert!(landed.iter().map(|it| it.json.len() + 100).sum::<usize>() <= 256_000);
        self.put.get().act("put failed", || self.landed.borrow_mut().extend(landed))
    }
}

impl Host for Ports {
    fn hashes(&self, bytes: usize) -> bool {
        self.hash.get().is_some() && bytes > 0
    }

    async fn answer(&self, question: Question<'_>) -> Answer {
        self.asked.set(self.asked.get() + 1);
        let parts = match question {
            Question::Sha256(parts) => parts,
            Question::Signature(_) => return Answer::Holds(self.holds.get()),
        };
        let hash = || parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into();
        match self.hash.get() {
            Some(Way::Works) => Answer::Sha256(hash()),
            _ => Answer::Unanswered,
        }
    }
}
