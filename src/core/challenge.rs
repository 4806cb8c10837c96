use std::future::Future;

use crate::{
    delivery::Delivery,
    scheme::{
        Refusal, Secret, TokenProof,
        encoding::TAG_BYTES,
        verify::{Check, MacCheck},
    },
    source::{Source, Verified},
};

/// What is left to check of a delivery: its headers were read and its age is right, but nothing
/// proves yet that it is authentic.
///
/// The core checks it with [`verify`](Self::verify). A host that computes faster, or that alone can
/// compute what the scheme needs, is asked by [`answer`](Self::answer) or
/// [`answer_later`](Self::answer_later). It gives results of computations; the core decides. An
/// answer is used for the question that it was given to, and for no other: both consume the
/// challenge.
pub struct Challenge<'s, 'd> {
    source: &'s Source,
    delivery: Delivery<'d>,
    token: Option<TokenProof>,
    check: Check<'d>,
}

/// What a challenge asks of its host.
#[derive(Clone, Copy)]
pub enum Question<'q> {
    /// The SHA-256 of some parts, one after another.
    Sha256(Parts<'q>),
}

/// Bytes to be hashed.
///
/// The first part is made of the key. A host that copies the parts erases the copy.
#[derive(Clone, Copy)]
pub struct Parts<'q> {
    block: &'q [u8],
    check: &'q MacCheck<'q>,
}

/// What a host answers.
pub enum Answer {
    /// The SHA-256.
    Sha256([u8; TAG_BYTES]),
    /// The host could not compute it. The core does, where it can.
    Unanswered,
}

/// Computes what a challenge asks for. By default it computes nothing, and the core does.
pub trait Host {
    /// Whether it hashes a signed content of this many bytes faster than the core.
    fn hashes(&self, _bytes: usize) -> bool {
        false
    }

    /// Answers a question.
    fn answer(&self, _question: Question<'_>) -> impl Future<Output = Answer> {
        async { Answer::Unanswered }
    }
}

impl<'q> Parts<'q> {
    /// Returns the parts, in order.
    pub fn iter(self) -> impl Iterator<Item = &'q [u8]> {
        std::iter::once(self.block).chain(self.check.content().iter().map(|part| &**part))
    }

    /// Returns their length in bytes, together.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.iter().map(<[u8]>::len).sum()
    }
}

impl<'s, 'd> Challenge<'s, 'd> {
    pub(crate) fn new(
        source: &'s Source,
        delivery: Delivery<'d>,
        token: Option<TokenProof>,
        check: Check<'d>,
    ) -> Self {
        Self { source, delivery, token, check }
    }

    /// Returns the bytes of the signed content, which are hashed once for each secret that is
    /// tried; 0 where nothing is.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        self.check.mac().map_or(0, |check| check.content().iter().map(|part| part.len()).sum())
    }

    /// Checks it in the core.
    ///
    /// # Errors
    ///
    /// Fails where no secret gives any of the tags, where a signed digest is not that of the body,
    /// and where neither a signature nor the token authenticates the body.
    pub fn verify(self) -> Result<Verified<'d>, Refusal> {
        let proof = self.check.verify(self.source.secrets(), self.delivery.body, self.token)?;
        Ok(Verified::new(self.delivery, self.source.provider(), proof))
    }

    /// Checks it with a host that answers at once.
    ///
    /// # Errors
    ///
    /// Fails as [`verify`](Self::verify) does.
    pub fn answer(
        self,
        mut host: impl FnMut(Question<'_>) -> Answer,
    ) -> Result<Verified<'d>, Refusal> {
        let signer = self.check.mac().and_then(|check| {
            let is_signer = |secret| is_signed_by(secret, check, &host(question(secret, check)));
            self.source.secrets().iter().position(is_signer)
        });
        self.conclude(signer)
    }

    /// Checks it with a host that answers later.
    ///
    /// # Errors
    ///
    /// Fails as [`verify`](Self::verify) does.
    pub async fn answer_later<H: Host>(self, host: &H) -> Result<Verified<'d>, Refusal> {
        let mut signer = None;
        if let Some(check) = self.check.mac() {
            for (at, secret) in self.source.secrets().iter().enumerate() {
                let answer = host.answer(question(secret, check)).await;
                if is_signed_by(secret, check, &answer) {
                    signer = Some(at);
                    break;
                }
            }
        }
        self.conclude(signer)
    }

    fn conclude(self, signer: Option<usize>) -> Result<Verified<'d>, Refusal> {
        let proof = self.check.conclude(signer, self.delivery.body, self.token)?;
        Ok(Verified::new(self.delivery, self.source.provider(), proof))
    }
}

fn question<'q>(secret: &'q Secret, check: &'q MacCheck<'q>) -> Question<'q> {
    Question::Sha256(Parts { block: secret.block(), check })
}

fn is_signed_by(secret: &Secret, check: &MacCheck<'_>, answer: &Answer) -> bool {
    check.holds(&match *answer {
        Answer::Sha256(digest) => secret.tag_of_digest(digest),
        Answer::Unanswered => secret.tag(check.content()),
    })
}
