use std::{borrow::Cow, future::Future};

use crate::{
    delivery::Delivery,
    event::{Event, Reading, Unrecognized},
    provider::{Provider, Reader},
    scheme::{
        Algorithm, Proof, PublicKey, Refusal, Scheme, Secret, Settings, TokenProof,
        asymmetric::Offer,
        encoding::TAG_BYTES,
        mac::sha256,
        verify::{Check, MacCheck, SignatureCheck},
    },
    time::{UnixMillis, UtcOffset},
};

/// What is left to check of a delivery whose headers were read and whose age is right. Nothing
/// proves yet that it is authentic.
///
/// The core checks it with [`verify`](Self::verify). A host may compute faster, or may alone be
/// able to compute what the scheme needs. It is asked by [`answer`](Self::answer) or
/// [`answer_later`](Self::answer_later). The host only computes; the core decides. Both consume the
/// challenge, so that an answer is never used for another question.
pub struct Challenge<'a> {
    pub(crate) name: &'a str,
    pub(crate) provider: &'a Provider,
    pub(crate) secrets: &'a [Secret],
    pub(crate) utc_offset: Option<UtcOffset>,
    pub(crate) delivery: Delivery<'a>,
    pub(crate) token: Option<TokenProof>,
    pub(crate) check: Check<'a>,
}

/// A computation that a challenge asks of its host.
#[derive(Clone, Copy)]
pub enum Question<'q> {
    /// The SHA-256 of the parts, one after another.
    Sha256(Parts<'q>),
    /// Whether a signature holds. Only a host can say so: the core has no such algorithms.
    Signature(Signature<'q>),
}

/// A signature that is to be checked.
#[derive(Clone, Copy)]
pub struct Signature<'q> {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The public key, as a `SubjectPublicKeyInfo` in DER.
    pub key: &'q [u8],
    /// What was signed, one part after another.
    pub content: Parts<'q>,
    /// The signature's bytes.
    pub signature: &'q [u8],
}

/// Bytes to be hashed, in parts.
///
/// The first part may be derived from the key: a host that copies the parts must erase the copy.
#[derive(Clone, Copy)]
pub struct Parts<'q> {
    first: &'q [u8],
    rest: &'q [Cow<'q, [u8]>],
}

/// A host's answer to a question.
pub enum Answer {
    /// The SHA-256.
    Sha256([u8; TAG_BYTES]),
    /// Whether the signature holds.
    Holds(bool),
    /// The host could not compute it. The core computes it, if it can.
    Unanswered,
    /// Neither the host nor the core can compute it: the secret is not taken for the signer.
    Unavailable,
}

/// Computes what a challenge asks for. By default it computes nothing, and the core hashes.
pub trait Host {
    /// Whether the host hashes a signed content of this many bytes faster than the core does.
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
        std::iter::once(self.first).chain(self.rest.iter().map(|part| &**part))
    }

    /// Returns the length of all parts together, in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.iter().map(<[u8]>::len).sum()
    }
}

impl<'a> Challenge<'a> {
    /// Returns the length of the signed content, in bytes; 0 where nothing is signed. The content
    /// is hashed once for each secret that is tried.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        self.check.mac().map_or(0, |check| check.content().iter().map(|part| part.len()).sum())
    }

    /// Whether the host alone can check the challenge.
    #[must_use]
    pub fn needs_host(&self) -> bool {
        matches!(self.check, Check::Signature(_))
    }

    /// Checks the challenge in the core.
    ///
    /// # Errors
    ///
    /// Fails where no secret gives any of the tags, where a signed digest is not the body's, and
    /// where neither a signature nor the token authenticates the body.
    pub fn verify(self) -> Result<Verified<'a>, Refusal> {
        let proof = self.check.verify(self.secrets, self.delivery.body, self.token)?;
        Ok(self.verified(proof))
    }

    /// Checks the challenge with a host that answers at once.
    ///
    /// # Errors
    ///
    /// Fails as [`verify`](Self::verify) does.
    pub fn answer(
        self,
        mut host: impl FnMut(Question<'_>) -> Answer,
    ) -> Result<Verified<'a>, Refusal> {
        let mut signer = self.check.mac().and_then(|check| {
            let is_signer = |secret| {
                let asked = question(secret, check).map(&mut host);
                is_signed_by(secret, check, &asked.unwrap_or(Answer::Unanswered))
            };
            self.secrets.iter().position(is_signer)
        });
        if let Check::Signature(check) = &self.check {
            signer = signed_by(check, self.secrets, &mut host)?;
        }
        let body = self.delivery.body;
        let mut hash = || match host(Question::Sha256(Parts { first: body, rest: &[] })) {
            Answer::Sha256(digest) => digest,
            Answer::Holds(_) | Answer::Unanswered | Answer::Unavailable => sha256(body),
        };
        let proof = self.check.conclude(signer, &mut hash, self.token)?;
        Ok(self.verified(proof))
    }

    /// Checks the challenge with a host that answers later.
    ///
    /// # Errors
    ///
    /// Fails as [`verify`](Self::verify) does.
    pub async fn answer_later<H: Host>(self, host: &H) -> Result<Verified<'a>, Refusal> {
        let mut signer = None;
        if let Some(check) = self.check.mac() {
            for (at, secret) in self.secrets.iter().enumerate() {
                let answer = match question(secret, check) {
                    Some(question) => host.answer(question).await,
                    None => Answer::Unanswered,
                };
                if is_signed_by(secret, check, &answer) {
                    signer = Some(at);
                    break;
                }
            }
        }
        if let Check::Signature(check) = &self.check {
            signer = signed_by_later(check, self.secrets, host).await?;
        }
        let mut hash = || sha256(self.delivery.body);
        let proof = self.check.conclude(signer, &mut hash, self.token)?;
        Ok(self.verified(proof))
    }

    fn verified(self, proof: Proof) -> Verified<'a> {
        let Self { name, provider, utc_offset, delivery, .. } = self;
        Verified { name, provider, utc_offset, delivery, proof }
    }
}

/// Returns what a host is asked; `None` where the core alone can hash.
fn question<'q>(secret: &'q Secret, check: &'q MacCheck<'q>) -> Option<Question<'q>> {
    let first = secret.block()?;
    Some(Question::Sha256(Parts { first, rest: check.content() }))
}

fn is_signed_by(secret: &Secret, check: &MacCheck<'_>, answer: &Answer) -> bool {
    match *answer {
        Answer::Sha256(digest) => secret.tag_of_digest(digest).is_some_and(|tag| check.holds(&tag)),
        Answer::Unanswered => check.holds(&secret.tag(check.content())),
        Answer::Holds(_) | Answer::Unavailable => false,
    }
}

/// Returns the question whether a key made an offered signature.
fn signature<'q>(offer: &'q Offer<'q>, key: &'q PublicKey) -> Question<'q> {
    Question::Signature(Signature {
        algorithm: key.algorithm,
        key: &key.spki,
        content: Parts { first: &[], rest: &offer.content },
        signature: &offer.signature,
    })
}

/// Returns the place of the secret whose key made one of the signatures.
///
/// # Errors
///
/// Fails if a signature could not be checked, and none holds.
fn signed_by(
    check: &SignatureCheck<'_>,
    secrets: &[Secret],
    mut host: impl FnMut(Question<'_>) -> Answer,
) -> Result<Option<usize>, Refusal> {
    let mut is_open = false;
    for offer in &check.offers {
        for (at, key) in offer.keys(secrets) {
            match host(signature(offer, key)) {
                Answer::Holds(true) => return Ok(Some(at)),
                Answer::Holds(false) => {}
                _ => is_open = true,
            }
        }
    }
    if is_open { Err(Refusal::Unverifiable) } else { Ok(None) }
}

/// Does the same as [`signed_by`] with a host that answers later.
async fn signed_by_later<H: Host>(
    check: &SignatureCheck<'_>,
    secrets: &[Secret],
    host: &H,
) -> Result<Option<usize>, Refusal> {
    let mut is_open = false;
    for offer in &check.offers {
        for (at, key) in offer.keys(secrets) {
            match host.answer(signature(offer, key)).await {
                Answer::Holds(true) => return Ok(Some(at)),
                Answer::Holds(false) => {}
                _ => is_open = true,
            }
        }
    }
    if is_open { Err(Refusal::Unverifiable) } else { Ok(None) }
}

/// For a search that changes a delivery until it is authentic. The delivery's URL is the one that
/// the provider was given, and the source's token is not looked at.
impl Scheme {
    /// Returns the place of the secret whose public key proves a delivery. `holds` says whether a
    /// signature holds.
    ///
    /// # Errors
    ///
    /// Fails as [`Source::challenge`](crate::Source::challenge) and [`Challenge::answer`] do.
    pub fn signer(
        &self,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        now: UnixMillis,
        holds: &mut dyn FnMut(Signature<'_>) -> bool,
    ) -> Result<usize, Refusal> {
        let settings = Settings { url: Some(delivery.url.into()), ..Settings::default() };
        let check = self.signatures(delivery, now, &settings);
        let check = check.ok_or(Refusal::SignatureMismatch)??;
        let signer = signed_by(&check, secrets, |question| match question {
            Question::Signature(signature) => Answer::Holds(holds(signature)),
            Question::Sha256(_) => Answer::Unanswered,
        })?;
        let signer = signer.ok_or(Refusal::SignatureMismatch)?;
        check.covers.authenticity(&mut || sha256(delivery.body), None)?;
        Ok(signer)
    }

    /// Whether one of the public keys may have made a delivery's signature, by its id and by its
    /// algorithm.
    ///
    /// # Errors
    ///
    /// Fails as [`Source::challenge`](crate::Source::challenge) does.
    pub fn may_be_by(
        &self,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Result<bool, Refusal> {
        // The URL may be signed, but says nothing of the key.
        let settings = Settings::default();
        let check = self.signatures(delivery, now, &settings);
        Ok(check.ok_or(Refusal::SignatureMismatch)??.may_be_by(secrets))
    }
}

/// An authentic delivery. Only this can be read.
pub struct Verified<'a> {
    name: &'a str,
    provider: &'a Provider,
    utc_offset: Option<UtcOffset>,
    delivery: Delivery<'a>,
    proof: Proof,
}

impl<'a> Verified<'a> {
    /// Returns the provider that sent it.
    #[must_use]
    pub fn provider(&self) -> &'a Provider {
        self.provider
    }

    /// Returns what proves it.
    #[must_use]
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// Normalises the delivery. `now` is the time of receipt.
    #[must_use]
    pub fn read(&self, now: UnixMillis) -> Reading<'a> {
        self.read_with(now, &sha256)
    }

    /// Normalises the delivery, and has bodies hashed by `sha256`.
    #[must_use]
    pub fn read_with(
        &self,
        now: UnixMillis,
        sha256: &dyn Fn(&[u8]) -> [u8; TAG_BYTES],
    ) -> Reading<'a> {
        self.provider.read(&self.delivery, self.reader(now, sha256))
    }

    /// Makes the event of a delivery that is not understood.
    pub(crate) fn unread(&self, now: UnixMillis, reason: Unrecognized) -> Event<'a> {
        let reader = self.reader(now, &sha256);
        self.provider.unrecognized(&self.delivery, reader, reason.into())
    }

    fn reader<'r>(
        &'r self,
        now: UnixMillis,
        sha256: &'r dyn Fn(&[u8]) -> [u8; TAG_BYTES],
    ) -> Reader<'r> {
        let authenticity = self.proof.authenticity;
        Reader { source: self.name, zone: self.utc_offset, authenticity, now, sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::{scheme::Token, source::Source};

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn provider(name: &str) -> Arc<Provider> {
        let definition = orderhook_catalogue::definition(name);
        Arc::new(Provider::parse(name, definition, None).expect("a definition"))
    }

    struct Idle;

    impl Host for Idle {}

    #[test]
    fn a_host_hashes_nothing_unless_it_says_so() {
        assert!(!Idle.hashes(0) && !Idle.hashes(1 << 20));
    }

    #[test]
    fn hashed_parts_are_counted_in_bytes() {
        let provider = provider("wakilni");
        let secret = provider.scheme.secret("a secret").expect("a secret");
        let source =
            Source::new("a", provider, vec![secret], None, Settings::default()).expect("a source");
        let tag = "A".repeat(43) + "=";
        let headers: &[(&str, &str)] = &[("x-webhook-signature", &tag)];
        for body in ["", "{}", &"x".repeat(1000)] {
            let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
            let challenge = source.challenge(delivery, None, NOW).expect("a challenge");
            assert_eq!(challenge.content_bytes(), body.len());
            let answered = challenge.answer(|question| {
                let Question::Sha256(parts) = question else {
                    panic!("a hash");
                };
                // A block of the hash function comes before the content.
                assert_eq!(parts.bytes(), 64 + body.len());
                assert_eq!(parts.iter().map(<[u8]>::len).sum::<usize>(), 64 + body.len());
                Answer::Unanswered
            });
            assert_eq!(answered.err(), Some(Refusal::SignatureMismatch));
        }
    }

    #[test]
    fn what_nobody_can_hash_is_not_authentic() {
        let provider = provider("wakilni");
        let secret = provider.scheme.secret("a secret").expect("a secret");
        let unsigned: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &unsigned, url: "", body: b"{}" };
        let signed = provider.scheme.sign(&secret, &delivery, NOW).expect("headers");
        let source =
            Source::new("a", Arc::clone(&provider), vec![secret], None, Settings::default());
        let source = source.expect("a source");
        let headers = signed.as_slice();
        let answered = |answer: fn() -> Answer| {
            let delivery = Delivery { headers: &headers, ..delivery };
            let challenge = source.challenge(delivery, None, NOW).expect("a challenge");
            challenge.answer(|_| answer()).err()
        };
        assert_eq!(answered(|| Answer::Unanswered), None);
        assert_eq!(answered(|| Answer::Unavailable), Some(Refusal::SignatureMismatch));
    }

    #[test]
    fn a_token_alone_leaves_nothing_to_hash() {
        let provider = provider("gooten");
        let token = Token::new("a-token-of-a-shop").expect("a token");
        let proof = token.check("a-token-of-a-shop");
        let source =
            Source::new("a", provider, vec![], Some(token), Settings::default()).expect("a source");
        let headers: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &headers, url: "", body: b"{}" };
        let challenge = source.challenge(delivery, proof, NOW).expect("a challenge");
        assert_eq!(challenge.content_bytes(), 0);
    }
}
