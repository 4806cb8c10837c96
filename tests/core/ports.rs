//! The ports in memory, with the three ways in which a service can answer.

use std::cell::{Cell, RefCell};

use orderhook_core::{
    Answer, Body, Claim, Delivery, Host, MAX_MESSAGE_BYTES, Message, Outbox, Question, Received,
    Seen,
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
    pub(crate) release: Cell<Way>,
    /// The way in which the host hashes; `None` if the core hashes.
    pub(crate) hash: Cell<Option<Way>>,
    pub(crate) look: Cell<Way>,
    pub(crate) mark: Cell<Way>,
    pub(crate) put: Cell<Way>,
    /// Key and value.
    pub(crate) marks: RefCell<Vec<(String, String)>>,
    pub(crate) landed: RefCell<Vec<Landed>>,
    /// The steps that were asked for, in order, whatever their results.
    pub(crate) steps: RefCell<Vec<&'static str>>,
}

impl Ports {
    pub(crate) fn new(look: Way, mark: Way, put: Way) -> Self {
        Self {
            claim: Cell::new(None),
            release: Cell::new(Way::Works),
            hash: Cell::new(Some(Way::Works)),
            look: Cell::new(look),
            mark: Cell::new(mark),
            put: Cell::new(put),
            marks: RefCell::default(),
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

    async fn seen(&self, key: &str) -> Result<bool, Self::Error> {
        self.steps.borrow_mut().push("look");
        let marked = || self.marks.borrow().iter().any(|(marked, _)| marked == key);
        self.look.get().act("look failed", marked)
    }

    async fn claim(&self, _: &str) -> Result<Claim, Self::Error> {
        let Some(answer) = self.claim.get() else {
            return Ok(Claim::Granted);
        };
        self.steps.borrow_mut().push("claim");
        answer
    }

    async fn release(&self, _: &str) -> Result<(), Self::Error> {
        if self.claim.get().is_some() {
            self.steps.borrow_mut().push("release");
        }
        self.release.get().act("release failed", || ())
    }

    async fn mark(&self, key: &str, value: &str) -> Result<(), Self::Error> {
        self.steps.borrow_mut().push("mark");
        let mark = || self.marks.borrow_mut().push((key.to_owned(), value.to_owned()));
        self.mark.get().act("mark failed", mark)
    }
}

impl Outbox<Copied> for Ports {
    type Error = &'static str;

    async fn put(&self, message: &Message<'_>, body: &Copied) -> Result<(), Self::Error> {
        self.steps.borrow_mut().push("put");
        let json = crate::message::event(message).to_string();
        let kept = message.kept.clone();
        // A long body is freed before the services are awaited.
        assert!(kept.is_none() || body.bytes.len() < MAX_MESSAGE_BYTES / 6);
        let stored = kept.is_some().then(|| body.copy.clone());
        let landed = Landed { json, kept, stored };
        self.put.get().act("put failed", || self.landed.borrow_mut().push(landed))
    }
}

impl Host for Ports {
    fn hashes(&self, bytes: usize) -> bool {
        self.hash.get().is_some() && bytes > 0
    }

    async fn answer(&self, question: Question<'_>) -> Answer {
        let Question::Sha256(parts) = question;
        let hash = || parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into();
        match self.hash.get() {
            Some(Way::Works) => Answer::Sha256(hash()),
            _ => Answer::Unanswered,
        }
    }
}
