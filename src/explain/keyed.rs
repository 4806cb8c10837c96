//! Searches for what is wrong with a signature by a private key. Each trial changes the delivery as
//! a mistake may have changed it, turned back, and asks the core whether that one is authentic. The
//! host checks the signatures, so their number is bounded.

use crate::{
    Found, LAST, Question, Signer,
    cause::{Cause, Causes},
    covered,
    edit::{Edit, Edited},
    ended, sent,
    variant::{self, ENDS, Variant},
};
use orderhook_core::{Delivery, HttpSignature, Refusal, Scheme, Secret, Signature, UnixMillis};

/// The signatures that the host checks, and the bytes of their contents together. A host that
/// answers later keeps all of them meanwhile.
const MAX_CHECKS: usize = 200;
const MAX_CHECKED_BYTES: usize = 16 << 20;

/// The keys that the core tries for one signature.
const MAX_KEYS: usize = 4;

/// A signed content of at most so many bytes is remembered with its answer: under a signature that
/// covers a digest, it is the same for each body.
const MAX_REMEMBERED: usize = 8192;

/// What can be seen without a proof: causes, and the header that they are about.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) causes: Causes,
    pub(crate) header: String,
}

/// Keys that are tried together, and the cause if one of them made the signature.
struct Keys {
    secrets: Vec<Secret>,
    causes: Causes,
    /// The place of their text among the account's secrets, or among the others.
    index: usize,
}

/// Searches for a proof that the delivery is this provider's. Returns what can be seen without one.
pub(crate) fn search<'a>(
    question: &Question<'a>,
    provider: &'a Signer,
    best: &mut Found<'a>,
) -> Seen {
    let is_other = provider.name != question.provider.name;
    let scheme = &provider.scheme;
    let (signed_at, is_off) = time(scheme, &question.delivery, question.now);
    let off = Causes::when(is_off, Cause::Clock);
    let mut trial = Trial {
        question,
        provider,
        best,
        keys: keys(question),
        causes: off.and(Causes::when(is_other, Cause::OtherProvider)),
        now: if is_off { UnixMillis(signed_at.saturating_mul(1000)) } else { question.now },
        signed_at,
        host: Host { checks: MAX_CHECKS, bytes: MAX_CHECKED_BYTES, known: Vec::new() },
    };
    trial.run(is_other);
    trial.seen()
}

/// Returns the time of signing, in Unix seconds, and whether it is too far from now.
fn time(scheme: &Scheme, delivery: &Delivery<'_>, now: UnixMillis) -> (u64, bool) {
    let (at, expires) = if let Scheme::PublicKey(scheme) = scheme {
        (scheme.signed_at(delivery), None)
    } else {
        let input = delivery.header("signature-input").unwrap_or_default();
        let stated = HttpSignature::input(&input);
        stated.map_or((None, None), |it| (it.created.or(it.expires), it.expires))
    };
    let is_old = at.zip(scheme.age()).is_some_and(|(at, age)| age.check(at, now).is_err());
    let is_over = expires.is_some_and(|expires| expires < now.seconds());
    (at.unwrap_or_default(), is_old || is_over)
}

/// Returns the keys to try: the account's as they are, then whichever key they name, then others.
fn keys(question: &Question<'_>) -> Vec<Keys> {
    let own = question.secrets;
    let as_given = own.iter().filter_map(|text| Secret::of_public_keys(text).ok()).collect();
    let mut all = vec![Keys { secrets: as_given, causes: Causes::NONE, index: 0 }];
    let others = question.other_secrets;
    for (texts, cause) in [(own, Cause::OtherKey), (others, Cause::OtherSecret)] {
        for (index, text) in texts.iter().enumerate() {
            let mut rest = Secret::of_each_key(text).into_iter().peekable();
            while rest.peek().is_some() {
                let secrets = rest.by_ref().take(MAX_KEYS).collect();
                all.push(Keys { secrets, causes: Causes::of(cause), index });
            }
        }
    }
    all
}

/// A search for one provider.
struct Trial<'t, 'a> {
    question: &'t Question<'a>,
    provider: &'a Signer,
    best: &'t mut Found<'a>,
    keys: Vec<Keys>,
    /// The causes that hold in any case.
    causes: Causes,
    now: UnixMillis,
    signed_at: u64,
    host: Host,
}

impl Trial<'_, '_> {
    /// Tries the delivery as it came, then with one change, then with one of its body. Of another
    /// provider, only the first is tried.
    fn run(&mut self, is_other: bool) {
        let (delivery, scheme) = (self.question.delivery, &self.provider.scheme);
        let none = Edit::default();
        self.try_one([&none, &none], delivery.body, Causes::NONE);
        if is_other {
            return;
        }
        let mut sent = sent::edits(&delivery, self.question.headers, scheme);
        sent.insert(0, none);
        let none = Edit::default();
        for proof in &sent {
            self.try_one([proof, &none], delivery.body, Causes::NONE);
        }
        for changed in covered::edits(&delivery, scheme) {
            for proof in &sent {
                self.try_one([proof, &changed], delivery.body, Causes::NONE);
            }
        }
        for causes in [0, 1] {
            variant::each(delivery.body, causes, &mut |variant| {
                for proof in &sent {
                    self.try_ends(proof, &variant);
                }
                self.host.checks != 0
            });
        }
    }

    /// Tries a body with each newline at its end.
    fn try_ends(&mut self, proof: &Edit, variant: &Variant<'_>) {
        for end in ENDS {
            let body = [variant.core, end.as_bytes()].concat();
            let causes = variant.causes.and(ended(variant.end, end));
            self.try_one([proof, &Edit::default()], &body, causes);
        }
    }

    /// Asks whether a changed delivery is authentic, with each of the keys, and keeps the finding if
    /// it is simpler than the best so far.
    fn try_one(&mut self, edits: [&Edit; 2], body: &[u8], causes: Causes) {
        let [proof, changed] = edits;
        let Question { delivery, .. } = *self.question;
        let causes = causes.and(self.causes).and(proof.causes).and(changed.causes);
        let headers = Edited { headers: delivery.headers, edits };
        let url = changed.url.as_deref().unwrap_or(delivery.url);
        let edited = Delivery { headers: &headers, url, body };
        for at in 0..self.keys.len() {
            let Some(Keys { secrets, causes: of_key, index }) = self.keys.get(at) else {
                return;
            };
            let causes = causes.and(*of_key);
            if causes.count() >= self.best.rank {
                continue;
            }
            let holds = &mut |signature: Signature<'_>| self.host.holds(self.question, signature);
            let signer = self.provider.scheme.signer(secrets, &edited, self.now, holds);
            let (causes, last) = match signer {
                Ok(_) => (causes, 0),
                Err(Refusal::DigestMismatch) => (causes.and(Causes::of(Cause::Digest)), LAST),
                Err(_) => continue,
            };
            let about = if changed.about.is_empty() { proof } else { changed };
            let (index, header) = (*index, about.about.clone());
            self.keep(causes, causes.count() + last, index, header);
        }
    }

    fn keep(&mut self, causes: Causes, rank: u32, index: usize, header: String) {
        if rank < self.best.rank {
            let (provider, signed_at) = (self.provider, self.signed_at);
            *self.best = Found { rank, causes, provider, index, header, signed_at };
        }
    }

    /// Returns what can be seen without a proof.
    fn seen(&self) -> Seen {
        let Question { delivery, .. } = *self.question;
        let scheme = &self.provider.scheme;
        let own = self.keys.first().map_or(&[][..], |keys| &keys.secrets);
        let with =
            |cause, header: &str| Seen { causes: Causes::of(cause), header: header.to_owned() };
        match scheme.may_be_by(own, &delivery, self.now) {
            Ok(false) if !own.is_empty() => with(Cause::UnknownKey, ""),
            Err(Refusal::MissingSignature { header }) => with(Cause::MissingSignature, &header),
            Err(_) => {
                let names = covered::names(&delivery, scheme);
                let is_missing =
                    |name: &&String| !name.starts_with('@') && delivery.header(name).is_none();
                if let Some(name) = names.iter().find(is_missing) {
                    return with(Cause::MissingSignature, name);
                }
                uncovered(scheme, &delivery, &names)
                    .map_or_else(Seen::default, |name| with(Cause::NotCovered, name))
            }
            Ok(_) => Seen::default(),
        }
    }
}

/// Returns the first component that a signature must cover, and does not.
fn uncovered<'s>(scheme: &'s Scheme, delivery: &Delivery<'_>, names: &[String]) -> Option<&'s str> {
    let Scheme::HttpSignature(scheme) = scheme else {
        return None;
    };
    let is_there = |name: &str| match name {
        "@query" => delivery.url.contains('?'),
        name => name.starts_with('@') || delivery.header(name).is_some(),
    };
    let sent = scheme.covers_if_present.iter().map(|name| &**name).filter(|name| is_there(name));
    let needed = scheme.covers.iter().map(|name| &**name).chain(sent);
    let is_covered = |name: &str| names.iter().any(|covered| covered == name);
    // Without a list that can be read, nothing is known of it.
    let mut needed = needed.filter(|_| !names.is_empty());
    needed.find(|name| !is_covered(name))
}

/// The host that checks signatures, within bounds.
struct Host {
    checks: usize,
    bytes: usize,
    known: Vec<(Vec<u8>, bool)>,
}

impl Host {
    fn holds(&mut self, question: &Question<'_>, signature: Signature<'_>) -> bool {
        let Signature { key, content, signature: tag, .. } = signature;
        let bytes = content.bytes();
        let is_short = bytes <= MAX_REMEMBERED;
        let asked = || [key, tag].into_iter().chain(content.iter()).collect::<Vec<_>>().concat();
        let asked = if is_short { asked() } else { Vec::new() };
        if let Some((_, holds)) = self.known.iter().find(|(known, _)| is_short && *known == asked) {
            return *holds;
        }
        if self.checks == 0 || self.bytes < bytes {
            return false;
        }
        self.checks -= 1;
        self.bytes -= bytes;
        let holds = (question.holds)(signature);
        if is_short {
            self.known.push((asked, holds));
        }
        holds
    }
}
