//! Why a delivery does not verify: a search over what usually goes wrong, alone and in pairs.
//!
//! A tag that a MAC gives is a proof: what is found so is what was signed. The search tries the
//! account's provider and the others, the texts that may be the tag, the keys that the secrets
//! may stand for, and the bodies that may have been signed, and answers with the fewest causes.
//! Where nothing proves anything, it says what can be seen without a proof: a header that is
//! missing, a body that something has read before.
//!
//! Everything is bounded: by [`MAX_WORK`], so that the rarer pairs are left out for a body of
//! hundreds of kilobytes; by [`MAX_CAUSES`]; and by the number and the size of the headers.
//!
//! It is written to be small before it is fast: it is a good part of the package's module.

#![forbid(unsafe_code)]

use std::borrow::Cow;

use candidate::{Candidate, candidates};
pub use cause::Cause;
use cause::Causes;
use orderhook_core::{
    Delivery, Encoding, HeaderList, HmacSha256, KeyFormat, Part, Refusal, Scheme, Stamp,
    UnixMillis,
    scheme::header_list::{Input, Listed, collect, parse_input, parse_signature},
};
use reading::{Reading, read};
use signer::SIGNERS;
pub use signer::{Signer, signer};
use variant::{ENDS, Variant};

mod candidate;
mod cause;
mod reading;
mod signer;
mod variant;

/// Bytes that are written or hashed at most for one provider's scheme.
const MAX_WORK: usize = 64 << 20;

/// What a MAC costs beside its content, in bytes of content.
const MAC_WORK: usize = 256;

/// Causes of the secret, the body and the provider together. Those of the header, the clock and
/// the newline at the body's end come on top: they cost nothing.
const MAX_CAUSES: u32 = 2;

/// What [`explain`] is asked: what is known of an account, and a delivery to it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Whose account it is.
    pub provider: &'static Signer,
    /// What its deliveries are signed with, as it was given.
    pub secrets: &'a [String],
    /// Secrets that the account does not use, and that may have signed nevertheless.
    pub other_secrets: &'a [String],
    /// Whether it came to the URL with the source's token.
    pub has_token: bool,
    /// The delivery.
    pub delivery: Delivery<'a>,
    /// Its headers once more, names and values, as far as they can be listed.
    pub headers: &'a [[String; 2]],
    /// What the time of signing is compared with.
    pub now: UnixMillis,
    /// Whether a provider's reader understands the body: asked where two providers' schemes prove
    /// the delivery alike.
    pub understands: &'a dyn Fn(&str) -> bool,
}

/// Why a delivery does not verify.
#[derive(Debug)]
pub struct Explanation {
    /// The fewest causes that explain it: with all of them put right, it verifies. Empty where
    /// nothing usual does.
    pub causes: Vec<Cause>,
    /// Whose delivery it is ([`Cause::OtherProvider`]).
    pub provider: &'static Signer,
    /// Where the secret stands among the account's, or among the others ([`Cause::OtherSecret`]).
    pub secret_index: usize,
    /// The header with the tag ([`Cause::WrongHeader`]), or the one that is missing
    /// ([`Cause::MissingSignature`]).
    pub header: String,
    /// When it was signed, in Unix seconds ([`Cause::Clock`]).
    pub signed_at: u64,
}

/// Says why a delivery does not verify that [`Source::verify`](orderhook_core::Source::verify) refused, or
/// whose account's settings do not hold together.
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let mut best = Found {
        rank: u32::MAX,
        causes: Causes::NONE,
        provider: question.provider,
        index: 0,
        header: "",
        signed_at: 0,
    };
    let mut missing = search(question, question.provider, &mut best);
    for provider in &SIGNERS {
        if provider.name != question.provider.name {
            search(question, provider, &mut best);
        }
    }
    if best.rank == u32::MAX {
        best.causes = question.seen(!missing.is_empty());
    } else {
        best.header.clone_into(&mut missing);
    }
    let Found { causes, provider, index: secret_index, signed_at, .. } = best;
    let causes = Cause::ALL.iter().copied().filter(|cause| causes.has(*cause)).collect();
    Explanation { causes, provider, secret_index, header: missing, signed_at }
}

/// Whether a body begins as a form does: with a name and `=`.
fn is_form(body: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(byte);
    let name = body.iter().take_while(|byte| is_name(byte)).count();
    // Base64 ends with it.
    name > 0
        && body.get(name) == Some(&b'=')
        && body.get(name + 1).is_some_and(|byte| *byte != b'=')
}

/// What makes the delivery verify.
struct Found<'a> {
    /// Smaller is simpler.
    rank: u32,
    causes: Causes,
    provider: &'static Signer,
    index: usize,
    header: &'a str,
    signed_at: u64,
}

impl Question<'_> {
    /// What can be seen where nothing is proven.
    fn seen(&self, is_missing: bool) -> Causes {
        let body = self.delivery.body;
        let rests_on_token =
            self.secrets.is_empty() && !matches!(self.provider.scheme, Scheme::Hmac(_));
        Causes::of(if rests_on_token && !self.has_token {
            Cause::Token
        } else if is_missing {
            Cause::MissingSignature
        } else if body.is_empty() {
            Cause::BodyEmpty
        } else if body == b"[object Object]" {
            Cause::BodyObject
        } else if is_form(body) {
            Cause::BodyForm
        } else {
            return Causes::NONE;
        })
    }
}

/// One provider's way to prove the delivery.
struct Plan<'a> {
    provider: &'static Signer,
    /// What is wrong in any case.
    causes: Causes,
    candidates: Vec<Candidate<'a>>,
    /// What is signed before the body, and after it.
    signed: [Vec<u8>; 2],
    /// The headers that are signed in the body's place.
    listed: Option<Listed<'a>>,
    signed_at: u64,
}

impl<'a> Plan<'a> {
    /// Returns `None` where the headers do not allow it; `missing` is the one that is missing, if one
    /// is.
    fn new(
        question: &Question<'a>,
        provider: &'static Signer,
        missing: &mut String,
    ) -> Option<Self> {
        let is_other = provider.name != question.provider.name;
        let mut plan = Plan {
            provider,
            causes: Causes::when(is_other, Cause::OtherProvider),
            candidates: Vec::new(),
            signed: [Vec::new(), Vec::new()],
            listed: None,
            signed_at: 0,
        };
        match &provider.scheme {
            Scheme::Hmac(scheme) => plan.read_tags(question, scheme, missing)?,
            Scheme::HeaderList(scheme) => plan.read_list(question, scheme, missing)?,
            Scheme::UrlToken => return None,
        }
        let is_off = provider
            .scheme
            .age()
            .is_some_and(|age| age.check(plan.signed_at, question.now).is_err());
        plan.causes = plan.causes.and(Causes::when(is_off, Cause::Clock));
        Some(plan)
    }

    fn read_tags(
        &mut self,
        question: &Question<'a>,
        scheme: &HmacSha256,
        missing: &mut String,
    ) -> Option<()> {
        let delivery = question.delivery;
        let tags = scheme.tags;
        let _ = needed(question, tags.header, missing);
        self.candidates =
            candidates(question.headers, tags.header, tags.encoding, &|value, tag| {
                tags.read(value).is_ok_and(|tags| tags.contains(tag))
            });
        let value = &self.candidates.first()?.header[1];
        let mut timestamp = String::new();
        if let Some((stamp, _)) = scheme.age {
            if let Stamp::Header(name) = stamp {
                needed(question, name, missing)?;
            }
            let (text, at) = tags.stamp(stamp, value, &delivery).ok()?;
            timestamp = text.into_owned();
            self.signed_at = at;
        }
        let content = scheme.content(&delivery, &timestamp);
        if let Err(Refusal::MissingSignature { header }) = content {
            let _ = needed(question, header, missing);
        }
        let parts = content.ok()?;
        let [before, after] = &mut self.signed;
        let mut signed = before;
        for (part, bytes) in scheme.content.iter().zip(&parts) {
            if *part == Part::Body {
                signed = &mut *after;
            } else {
                signed.extend_from_slice(bytes);
            }
        }
        Some(())
    }

    fn read_list(
        &mut self,
        question: &Question<'a>,
        scheme: &HeaderList,
        missing: &mut String,
    ) -> Option<()> {
        let input = needed(question, scheme.input, missing)?;
        let _ = needed(question, scheme.signature, missing);
        let Input { label, names, created } = parse_input(&input, scheme.created)?;
        let encoding = Encoding::Base64;
        self.candidates =
            candidates(question.headers, scheme.signature, encoding, &|value, tag| {
                parse_signature(value, label).as_ref() == Some(tag)
            });
        let tag = self.candidates.first()?.tag;
        for name in &names {
            needed(question, name, missing)?;
        }
        let (content, digests) = collect(&question.delivery, &names)?;
        self.signed[0].extend_from_slice(content.as_bytes());
        self.listed = Some(Listed { tag, content, digests });
        self.signed_at = created;
        Some(())
    }
}

/// Returns the value of a header that the scheme needs, and notes the first that is missing.
fn needed<'a>(question: &Question<'a>, name: &str, missing: &mut String) -> Option<Cow<'a, str>> {
    let value = question.delivery.header(name);
    if value.is_none() && missing.is_empty() {
        missing.push_str(name);
    }
    value
}

/// Looks whether the delivery is this provider's. Returns the name of a header that is missing.
fn search<'a>(question: &Question<'a>, provider: &'static Signer, best: &mut Found<'a>) -> String {
    let mut missing = String::new();
    let Some(plan) = Plan::new(question, provider, &mut missing) else {
        return missing;
    };
    let readings = plan.readings(question);
    let most = MAX_CAUSES - u32::from(provider.name != question.provider.name);
    let mut work = MAX_WORK;
    for causes in 0..=most {
        for of_body in (0..=causes).rev() {
            let of_key = |reading: &&Reading| reading.causes.count() == causes - of_body;
            if readings.iter().find(of_key).is_none() {
                continue;
            }
            variant::each(question.delivery.body, of_body, &mut |variant| {
                for reading in readings.iter().filter(of_key) {
                    if work > 0 {
                        let hashed = plan.hold(question, reading, &variant, best);
                        work = work.saturating_sub(hashed + MAC_WORK);
                    }
                }
                work = work.saturating_sub(variant.core.len());
                work > 0
            });
        }
        if best.rank <= plan.causes.count() + causes + 1 {
            break;
        }
    }
    missing
}

/// The rank of a delivery whose digest is wrong: after every other.
const LAST: u32 = 32;

impl<'a> Plan<'a> {
    /// Returns the keys that the secrets may stand for, fed with what is signed before the body.
    fn readings(&self, question: &Question<'_>) -> Vec<Reading> {
        let format = self.provider.scheme.key_format().unwrap_or(KeyFormat::Utf8);
        let own = (question.secrets, Causes::NONE);
        let others = (question.other_secrets, Causes::of(Cause::OtherSecret));
        let mut readings = Vec::new();
        for (secrets, wrong) in [own, others] {
            for (index, text) in secrets.iter().enumerate() {
                read(text, format, wrong, &mut |mut mac, causes| {
                    mac.update(&self.signed[0]);
                    readings.push(Reading { mac, causes, index });
                });
            }
        }
        readings
    }

    /// Compares one body, with each newline at its end, with the tags, under one key. Returns the
    /// bytes that were hashed.
    fn hold(
        &self,
        question: &Question<'_>,
        reading: &Reading,
        variant: &Variant<'_>,
        best: &mut Found<'a>,
    ) -> usize {
        let mut hashed = 0;
        let mut fed = reading.mac.clone();
        if self.listed.is_none() {
            fed.update(variant.core);
            hashed = variant.core.len();
        }
        for end in ENDS {
            let mut mac = fed.clone();
            if self.listed.is_none() {
                mac.update(end.as_bytes());
                mac.update(&self.signed[1]);
            }
            let tag = mac.tag();
            for candidate in self.candidates.iter().filter(|it| tag.matches(&it.tag)) {
                if self.listed.is_some() {
                    hashed += variant.core.len();
                }
                if let Some(causes) = self.body_causes(question, variant, end) {
                    self.found(question, reading, candidate, causes, best);
                }
            }
        }
        hashed
    }

    /// Returns what is wrong with the body, where it is this variant with this end; `None` where a
    /// signed digest says that it is not.
    fn body_causes(
        &self,
        question: &Question<'_>,
        variant: &Variant<'_>,
        end: &str,
    ) -> Option<Causes> {
        let causes = variant.causes.and(ended(variant.end, end));
        let Some(listed) = &self.listed else {
            return Some(causes);
        };
        let mut whole = variant.core.to_vec();
        whole.extend_from_slice(end.as_bytes());
        match listed.digests.cover(&whole) {
            Ok(true) => Some(causes),
            Ok(false) => Some(causes.and(Causes::when(!question.has_token, Cause::Token))),
            // That the body is another remains where no change of it explains the digest.
            Err(_) => (causes == Causes::NONE).then_some(Causes::of(Cause::Digest)),
        }
    }

    /// Keeps what was found, where it is simpler than the best so far.
    fn found(
        &self,
        question: &Question<'_>,
        reading: &Reading,
        candidate: &Candidate<'a>,
        causes: Causes,
        best: &mut Found<'a>,
    ) {
        let causes = causes.and(self.causes).and(reading.causes).and(candidate.causes);
        let rank = causes.count() + if causes.has(Cause::Digest) { LAST } else { 0 };
        // Two providers' schemes may differ in the tag's encoding alone: then the body says whose it
        // is.
        let is_tie = rank == best.rank && best.provider.name != self.provider.name;
        let is_better = rank < best.rank
            || is_tie
                && (question.understands)(self.provider.name)
                && !(question.understands)(best.provider.name);
        if is_better {
            *best = Found {
                rank,
                causes,
                provider: self.provider,
                index: reading.index,
                header: &candidate.header[0],
                signed_at: self.signed_at,
            };
        }
    }
}

/// What is wrong where the body has one newline at its end and another was signed.
fn ended(end: &str, signed: &str) -> Causes {
    let one = end.is_empty() || signed.is_empty();
    Causes::when(end != signed, if one { Cause::BodyNewline } else { Cause::BodyLineEnds })
}
