//! Explains why a delivery does not verify. It searches the usual mistakes, alone and in pairs.
//!
//! A tag that matches is a proof: what gives it is what was signed. The search tries the account's
//! provider and the others, every text that may be the tag, every key that the secrets may mean,
//! and every body that may have been signed. It answers with the fewest causes. Without a proof, it
//! names what can be seen: a missing header, or a body that was consumed or converted before.
//!
//! A signature by a private key is checked by the host, so `keyed` tries far less.
//!
//! Everything is bounded: by `MAX_WORK` and `OTHERS_WORK`, so that the rarer pairs are left out for
//! a body of hundreds of kilobytes; by `MAX_CAUSES`; and by the number and the size of the headers.
//!
//! The code prefers small to fast, since it is a good part of the package's module.

#![forbid(unsafe_code)]

use std::borrow::Cow;

use candidate::{Candidate, Due, Named, candidates, tokens};
pub use cause::Cause;
use cause::Causes;
use keyed::Seen;
use orderhook_core::{
    Delivery, Encoding, HeaderList, KeyFormat, Names, Part, Place, Refusal, Scheme, SentToken,
    Signature, Signed, Stamp, TagBytes, UnixMillis,
    scheme::header_list::{Input, Listed, collect, parse_input, parse_signature},
};
use reading::{Key, Reading, read};
pub use signer::Signer;
use variant::{ENDS, Variant};

mod candidate;
mod cause;
mod covered;
mod edit;
mod keyed;
mod reading;
mod sent;
mod signer;
mod variant;

/// The bytes that are written or hashed for one provider's scheme, at most.
const MAX_WORK: usize = 64 << 20;

/// The bytes that are written or hashed for the other providers together. Each has the same share:
/// a long catalogue does not make the search slow, and none is left out for its place in it.
const OTHERS_WORK: usize = 4 * MAX_WORK;

/// The cost of a MAC beside its content, in bytes of content.
const MAC_WORK: usize = 256;

/// The causes of the secret, the body and the provider together. Those of the header, the clock and
/// the newline at the body's end are not counted: they cost nothing to try.
const MAX_CAUSES: u32 = 2;

/// A question to [`explain`]: an account, and a delivery to it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The account's provider.
    pub provider: &'a Signer,
    /// The providers whose delivery it may be as well. One with the name of the account's is
    /// passed over.
    pub others: &'a [Signer],
    /// The account's secrets, as they were given.
    pub secrets: &'a [String],
    /// Secrets that the account does not use, but that may have signed the delivery.
    pub other_secrets: &'a [String],
    /// Whether the delivery came to the URL with the source's token.
    pub has_token: bool,
    /// The delivery.
    pub delivery: Delivery<'a>,
    /// The delivery's headers as a list of names and values, as far as they can be listed.
    pub headers: &'a [[String; 2]],
    /// The time that the time of signing is compared with.
    pub now: UnixMillis,
    /// Whether a signature by a private key holds. A host that can only say so later answers `false`
    /// at first, and asks again once it knows.
    pub holds: &'a dyn Fn(Signature<'_>) -> bool,
    /// Whether the body is one of this provider's. It is asked if the schemes of two providers
    /// prove the delivery alike.
    pub understands: &'a dyn Fn(&Signer) -> bool,
}

/// The reasons why a delivery does not verify.
#[derive(Debug)]
pub struct Explanation {
    /// The fewest causes that explain it: once all of them are mended, it verifies. Empty if no
    /// usual cause does.
    pub causes: Vec<Cause>,
    /// The name of the provider whose delivery it is ([`Cause::OtherProvider`]).
    pub provider: String,
    /// The place of the secret among the account's, or among the others ([`Cause::OtherSecret`]),
    /// counted from 0.
    pub secret_index: usize,
    /// The header with the tag ([`Cause::WrongHeader`]), or the missing one
    /// ([`Cause::MissingSignature`]).
    pub header: String,
    /// The time of signing, in Unix seconds ([`Cause::Clock`]).
    pub signed_at: u64,
}

/// Says why a delivery does not verify. It is for deliveries that
/// [`Source::verify`](orderhook_core::Source::verify) refused, and for accounts whose settings are
/// not consistent.
///
/// ```
/// use orderhook_core::{Delivery, UnixMillis};
/// use orderhook_explain::{Cause, Question, Signer, explain};
///
/// let wegocod = orderhook_catalogue::definition("wegocod");
/// let wegocod = Signer::parse("wegocod", wegocod, None)?;
///
/// // A secret that was copied together with a line break.
/// let secrets = ["the secret from WeGoCod's portal\n".to_owned()];
/// let signature = "315096b844dc70737f1791b170fa75987a1e8adbcf1377ef7a499cac84c529f8";
/// let headers = [["x-webhook-signature".to_owned(), signature.to_owned()]];
/// let pairs: Vec<_> = headers.iter().map(|[name, value]| (name, value)).collect();
/// let body = br#"{"order":{"reference":"A-1","new_status":"delivered"}}"#;
///
/// let explanation = explain(&Question {
///  provider: &wegocod,
///  others: &[],
///  secrets: &secrets,
///  other_secrets: &[],
///  has_token: false,
///  delivery: Delivery { headers: &pairs.as_slice(), url: "", body },
///  headers: &headers,
///  now: UnixMillis(1_731_587_954_120),
///  holds: &|_| false,
///  understands: &|_| true,
/// });
/// assert_eq!(explanation.causes, [Cause::SecretBlanks]);
/// # Ok::<_, orderhook_core::DefinitionError>(())
/// ```
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let mut best = Found {
        rank: u32::MAX,
        causes: Causes::NONE,
        provider: question.provider,
        index: 0,
        header: String::new(),
        signed_at: 0,
    };
    let seen = search(question, question.provider, MAX_WORK, &mut best);
    for provider in question.others {
        if provider.name != question.provider.name {
            let share = OTHERS_WORK / question.others.len();
            search(question, provider, share.min(MAX_WORK), &mut best);
        }
    }
    if best.rank == u32::MAX {
        best.causes = question.seen(seen.causes);
        best.header = seen.header;
    }
    let Found { causes, provider, index: secret_index, header, signed_at, .. } = best;
    let causes = Cause::ALL.iter().copied().filter(|cause| causes.has(*cause)).collect();
    let provider = (*provider.name).to_owned();
    Explanation { causes, provider, secret_index, header, signed_at }
}

/// Whether a body begins as a form does: with a name and `=`.
fn is_form(body: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(byte);
    let name = body.iter().take_while(|byte| is_name(byte)).count();
    // The padding of base64 looks like this, too.
    name > 0
        && body.get(name) == Some(&b'=')
        && body.get(name + 1).is_some_and(|byte| *byte != b'=')
}

/// A way to make the delivery verify.
struct Found<'a> {
    /// A smaller rank is a simpler explanation.
    rank: u32,
    causes: Causes,
    provider: &'a Signer,
    index: usize,
    header: String,
    signed_at: u64,
}

impl Question<'_> {
    /// Whether the delivery is this provider's rather than the other's if both explain it as
    /// simply. Their schemes may differ only in the tag's encoding; then the body decides.
    fn prefers(&self, provider: &Signer, other: &Signer) -> bool {
        provider.name != other.name && (self.understands)(provider) && !(self.understands)(other)
    }

    /// Returns what can be seen without a proof.
    fn seen(&self, of_headers: Causes) -> Causes {
        let body = self.delivery.body;
        let rests_on_token = self.secrets.is_empty()
            && matches!(self.provider.scheme, Scheme::HeaderList(_) | Scheme::UrlToken);
        Causes::of(if rests_on_token && !self.has_token {
            Cause::Token
        } else if of_headers != Causes::NONE {
            return of_headers;
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
    provider: &'a Signer,
    /// The causes that hold in any case.
    causes: Causes,
    candidates: Vec<Candidate<'a>>,
    /// The bytes that are signed before the body, and after it.
    signed: [Vec<u8>; 2],
    /// Whether the body is hashed between the two.
    hashes_body: bool,
    /// The headers that are signed in the body's place.
    listed: Option<Listed<'a>>,
    signed_at: u64,
}

impl<'a> Plan<'a> {
    /// Makes a plan; `None` if the headers do not allow one. `missing` becomes the name of a
    /// missing header.
    fn new(question: &Question<'a>, provider: &'a Signer, missing: &mut String) -> Option<Self> {
        let is_other = provider.name != question.provider.name;
        let mut plan = Plan {
            provider,
            causes: Causes::when(is_other, Cause::OtherProvider),
            candidates: Vec::new(),
            signed: [Vec::new(), Vec::new()],
            hashes_body: false,
            listed: None,
            signed_at: 0,
        };
        match &provider.scheme {
            Scheme::Signed(scheme) => plan.read_tags(question, scheme, missing)?,
            Scheme::Token(scheme) => plan.read_token(question, scheme, missing)?,
            Scheme::HeaderList(scheme) => plan.read_list(question, scheme, missing)?,
            // A host checks the one; nothing is signed by the other.
            Scheme::PublicKey(_) | Scheme::HttpSignature(_) | Scheme::UrlToken => return None,
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
        scheme: &Signed,
        missing: &mut String,
    ) -> Option<()> {
        let delivery = question.delivery;
        let (tags, hash) = (&scheme.tags, scheme.mac.hash());
        let (name, whole, headers) = read_place(question, &tags.place, missing, &|field| {
            scheme.field(&delivery, field).ok()
        });
        let reads = |value: &str, tag: &TagBytes| {
            tags.read(value, hash).is_ok_and(|tags| tags.contains(tag))
        };
        let (whole, encodings, bytes) = (whole.as_deref(), &*tags.encodings, hash.bytes());
        let due = Due { name, whole, encodings, bytes, reads: &reads };
        self.candidates = candidates(headers.into_iter(), &due);
        let [_, value] = &*self.candidates.first()?.header;
        let mut timestamp = String::new();
        if let Some((stamp, _)) = &scheme.age {
            if let Stamp::Header(names) = stamp {
                first(question, names, missing)?;
            }
            let (text, at) = scheme.stamp(stamp, value, &delivery).ok()?;
            timestamp = text.into_owned();
            self.signed_at = at;
        }
        let content = scheme.parts(&delivery, &timestamp);
        if let Err(Refusal::MissingSignature { header }) = &content {
            let _ = needed(question, header, missing);
        }
        self.sign(scheme, &content.ok()?);
        Some(())
    }

    /// Keeps what is signed before the body and after it.
    fn sign(&mut self, scheme: &Signed, parts: &[Cow<'_, [u8]>]) {
        let [before, after] = &mut self.signed;
        let mut signed = before;
        for (part, bytes) in scheme.content.iter().zip(parts) {
            if *part == Part::Body {
                self.hashes_body = true;
                signed = &mut *after;
            } else {
                signed.extend_from_slice(bytes);
            }
        }
    }

    fn read_token(
        &mut self,
        question: &Question<'a>,
        scheme: &SentToken,
        missing: &mut String,
    ) -> Option<()> {
        let field = |field: &_| scheme.field(&question.delivery, field).ok();
        let (name, _, headers) = read_place(question, &scheme.place, missing, &field);
        self.candidates = tokens(headers.into_iter(), name, scheme);
        self.candidates.first().map(|_| ())
    }

    fn read_list(
        &mut self,
        question: &Question<'a>,
        scheme: &HeaderList,
        missing: &mut String,
    ) -> Option<()> {
        let input = needed(question, &scheme.input, missing)?;
        let whole = needed(question, &scheme.signature, missing);
        let Input { label, names, created } = parse_input(&input, &scheme.created)?;
        let reads = |value: &str, tag: &TagBytes| {
            parse_signature(value, label).is_some_and(|found| found == **tag)
        };
        let due = Due {
            name: &scheme.signature,
            whole: whole.as_deref(),
            encodings: &[Encoding::Base64],
            bytes: 32,
            reads: &reads,
        };
        self.candidates = candidates(question.headers.iter().map(Cow::Borrowed), &due);
        let tag = *self.candidates.first()?.tag.first_chunk()?;
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

/// Returns the name of a place, its text, and the headers or the field in which it may be found.
fn read_place<'a, 's>(
    question: &Question<'a>,
    place: &'s Place,
    missing: &mut String,
    field: &dyn Fn(&'s orderhook_core::Field) -> Option<Cow<'a, str>>,
) -> (&'s str, Option<Cow<'a, str>>, Vec<Named<'a>>) {
    match place {
        Place::Header(names) => {
            let whole = first(question, names, missing);
            let sent = |name: &&str| question.delivery.header(name).is_some();
            let name = names.iter().find(sent).unwrap_or(names.first());
            (name, whole, question.headers.iter().map(Cow::Borrowed).collect())
        }
        Place::Field(at) => {
            let whole = field(at);
            let named = whole.as_ref().map(|text| [at.pointer().to_owned(), text.to_string()]);
            (at.pointer(), whole, named.map(Cow::Owned).into_iter().collect())
        }
    }
}

/// Returns the value of the first of these headers that there is, as `needed` does.
fn first<'a>(question: &Question<'a>, names: &Names, missing: &mut String) -> Option<Cow<'a, str>> {
    let found = names.iter().find_map(|name| question.delivery.header(name));
    found.or_else(|| needed(question, names.first(), missing))
}

/// Returns the value of a header that the scheme needs, and notes the first one that is missing.
fn needed<'a>(question: &Question<'a>, name: &str, missing: &mut String) -> Option<Cow<'a, str>> {
    let value = question.delivery.header(name);
    if value.is_none() && missing.is_empty() {
        missing.push_str(name);
    }
    value
}

/// Searches for a proof that the delivery is this provider's, with this much work at most. Returns
/// what can be seen without a proof.
fn search<'a>(
    question: &Question<'a>,
    provider: &'a Signer,
    work: usize,
    best: &mut Found<'a>,
) -> Seen {
    if provider.scheme.has_public_keys() {
        return keyed::search(question, provider, best);
    }
    let mut header = String::new();
    if let Some(plan) = Plan::new(question, provider, &mut header) {
        plan.search(question, work, best);
    }
    let causes = Causes::when(!header.is_empty(), Cause::MissingSignature);
    Seen { causes, header }
}

/// The rank of a delivery whose digest is wrong: after every other.
const LAST: u32 = 32;

impl<'a> Plan<'a> {
    /// Searches for a proof by a secret, with this much work at most.
    fn search(&self, question: &Question<'a>, mut work: usize, best: &mut Found<'a>) {
        let readings = self.readings(question);
        let most = MAX_CAUSES - u32::from(self.provider.name != question.provider.name);
        let least = self.causes.count();
        let mut ranks = (least..=least + most).peekable();
        while let Some(rank) = ranks.next() {
            let causes = rank - least;
            for of_body in (0..=causes).rev() {
                let of_key = |reading: &&Reading| reading.causes.count() == causes - of_body;
                if readings.iter().find(of_key).is_none() {
                    continue;
                }
                variant::each(question.delivery.body, of_body, &mut |variant| {
                    for reading in readings.iter().filter(of_key) {
                        if work != 0 {
                            let bodies = self.hold(question, reading, &variant, best);
                            work = work.saturating_sub(bodies * variant.core.len() + MAC_WORK);
                        }
                    }
                    work = work.saturating_sub(variant.core.len());
                    work != 0
                });
            }
            // To stop where nothing still to come can win saves time, and changes no answer.
            if !ranks.peek().is_some_and(|next| self.wins(question, *next, best)) {
                break;
            }
        }
    }

    /// Whether a finding of this rank is simpler than the best so far.
    fn wins(&self, question: &Question<'_>, rank: u32, best: &Found<'_>) -> bool {
        rank < best.rank || rank == best.rank && question.prefers(self.provider, best.provider)
    }

    /// Returns the keys that the secrets may mean, fed with the bytes that are signed before the
    /// body.
    fn readings(&self, question: &Question<'_>) -> Vec<Reading> {
        let scheme = &self.provider.scheme;
        let format = scheme.key_format().unwrap_or(KeyFormat::Utf8);
        let due = Key { format, mac: scheme.mac_kind() };
        let own = (question.secrets, Causes::NONE);
        let others = (question.other_secrets, Causes::of(Cause::OtherSecret));
        let mut readings = Vec::new();
        for (secrets, wrong) in [own, others] {
            for (index, text) in secrets.iter().enumerate() {
                read(text, due, wrong, &mut |mut mac, causes| {
                    mac.update(&self.signed[0]);
                    readings.push(Reading { mac, causes, index });
                });
            }
        }
        readings
    }

    /// Compares one body, with each newline at its end, with the tags under one key. Returns how
    /// often the body was hashed.
    fn hold(
        &self,
        question: &Question<'_>,
        reading: &Reading,
        variant: &Variant<'_>,
        best: &mut Found<'a>,
    ) -> usize {
        let mut bodies = usize::from(self.hashes_body);
        let mut fed = reading.mac.clone();
        if self.hashes_body {
            fed.update(variant.core);
        }
        for end in ENDS {
            let mut mac = fed.clone();
            if self.hashes_body {
                mac.update(end.as_bytes());
                mac.update(&self.signed[1]);
            }
            let tag = mac.tag();
            let mut proven = self.candidates.iter().filter(|it| tag.matches(&it.tag)).peekable();
            if proven.peek().is_none() {
                continue;
            }
            // A signed digest is compared.
            bodies += usize::from(self.listed.is_some());
            let causes = self.body_causes(question, variant, end);
            for candidate in proven {
                self.found(question, reading, candidate, causes, best);
            }
        }
        bodies
    }

    /// Returns the causes in the body if the signed body is this variant with this end; the digest
    /// if a signed one is another body's.
    fn body_causes(&self, question: &Question<'_>, variant: &Variant<'_>, end: &str) -> Causes {
        let causes = variant.causes.and(ended(variant.end, end));
        let Some(listed) = &self.listed else {
            return causes;
        };
        let mut whole = variant.core.to_vec();
        whole.extend_from_slice(end.as_bytes());
        match listed.digests.cover(&whole) {
            Ok(true) => causes,
            Ok(false) => causes.and(Causes::when(!question.has_token, Cause::Token)),
            Err(_) => Causes::of(Cause::Digest),
        }
    }

    /// Keeps a finding if it is simpler than the best so far.
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
        let [header, _] = &*candidate.header;
        if self.wins(question, rank, best) {
            *best = Found {
                rank,
                causes,
                provider: self.provider,
                index: reading.index,
                header: header.clone(),
                signed_at: self.signed_at,
            };
        }
    }
}

/// Returns the cause if the body ends with `end` and another newline was signed.
fn ended(end: &str, signed: &str) -> Causes {
    let one = end.is_empty() || signed.is_empty();
    Causes::when(end != signed, if one { Cause::BodyNewline } else { Cause::BodyLineEnds })
}
