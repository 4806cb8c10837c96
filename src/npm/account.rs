use std::{cell::Cell, rc::Rc, sync::Arc};

use js_sys::Array;
use orderhook_core::{
    Answer, Delivery, Hash, MacKind, Part, Proof, Provider, Question, Refusal, Scheme, Secret,
    Settings, Source, Token, TokenProof, UnixMillis, Verified,
};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{
    crossed::{NOTHING, REFUSED, cross},
    definition::{Definition, Parsed, hold, is_handshake, millis, zone},
    error::{error, misconfigured, push},
    held::Held,
    host::Host,
    memory::{HostHash, Kept, KnownHeaders, Laid},
    secret::secret,
};

/// The verdict on a body that the host was to hash, and could not.
const UNANSWERED: usize = 7;

/// One account at one provider, with its secrets prepared.
#[wasm_bindgen]
pub struct Account {
    source: Source,
    /// The headers that are laid out, in this order.
    names: Vec<Box<str>>,
    needs_url: bool,
    refusal: Cell<Option<Refusal>>,
    _parsed: Rc<Parsed>,
    _held: Option<Held>,
}

#[wasm_bindgen]
impl Account {
    /// Prepares an account and wipes the secrets. A `counted` account is kept for later deliveries;
    /// the caller frees any other at once.
    ///
    /// # Errors
    ///
    /// Fails with `source_not_configured` if the settings are not consistent, and with
    /// `too_many_verifiers` if it is counted and too many secrets are held.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)] // An account's settings.
    pub fn new(
        definition: &Definition,
        source: &str,
        secrets: Vec<String>,
        token: Option<String>,
        utc_offset: Option<String>,
        registered_url: Option<String>,
        token_header: Option<String>,
        counted: bool,
    ) -> Result<Self, JsValue> {
        let (secrets, token) = (Zeroizing::new(secrets), token.map(Zeroizing::new));
        let parsed = definition.parsed();
        let held = if counted { Some(hold(secrets.len().max(1))?) } else { None };
        let token = token.map(|text| Token::new(&text)).transpose();
        let token = token.map_err(|error| misconfigured("the token ", &error))?;
        let keys = keys(&parsed.provider, &secrets)?;
        let provider = Arc::clone(&parsed.provider);
        let names = provider.headers().into_iter().map(Into::into).collect();
        let settings = Settings {
            utc_offset: zone(utc_offset)?,
            url: registered_url.map(Into::into),
            token_header: token_header.map(|name| name.to_ascii_lowercase().into()),
            jwks: None,
        };
        let needs_url = settings.url.is_none() && signs_address(&provider.scheme);
        let source = Source::new(source, provider, keys, token, settings);
        let source = source.map_err(|error| misconfigured("", &error))?;
        if counted {
            parsed.hold()?;
        }
        let refusal = Cell::default();
        Ok(Self { source, names, needs_url, refusal, _parsed: parsed, _held: held })
    }

    /// Returns the names of the headers that are laid out as texts, in order. After them come the
    /// URL and the text in the token's place.
    #[must_use]
    pub fn names(&self) -> Array {
        let names = Array::new();
        for name in &self.names {
            push(&names, name);
        }
        names
    }

    /// Whether a delivery needs the whole URL that was posted to: the provider signs parts of it,
    /// and the settings have none.
    #[must_use]
    #[wasm_bindgen(js_name = needsUrl)]
    pub fn needs_url(&self) -> bool {
        self.needs_url
    }

    /// Whether a body can be verified that JavaScript keeps: the scheme needs nothing of it but a
    /// hash that ends with it.
    #[must_use]
    #[wasm_bindgen(js_name = takesKept)]
    pub fn takes_kept(&self) -> bool {
        let Scheme::Signed(scheme) = &self.source.provider().scheme else {
            return false;
        };
        scheme.mac == MacKind::Hmac(Hash::Sha256)
            && scheme.fields.is_empty()
            && scheme.content.iter().position(|part| *part == Part::Body)
                == Some(scheme.content.len() - 1)
    }

    /// Verifies a delivery that was laid out. The host hashes if `native`. Returns 0 for a refusal,
    /// of which [`Account::refusal`] says more. Else the lowest three bits are the place of the
    /// authenticity among all, from 1; the others are that of the secret, from 1, or 0 where none
    /// signed it.
    pub fn verify(&self, host: &Host, body: usize, texts: usize, now: f64, native: bool) -> usize {
        self.verdict(host, body, texts, now, native, None)
    }

    /// Does the same for a delivery whose body JavaScript keeps. Returns 7 if the host could not
    /// hash it: it has to be laid out.
    #[wasm_bindgen(js_name = verifyKept)]
    pub fn verify_kept(&self, host: &Host, texts: usize, now: f64) -> usize {
        let kept = Kept::default();
        let verdict = self.verdict(host, 0, texts, now, true, Some(&kept));
        if kept.is_unanswered.get() { UNANSWERED } else { verdict }
    }

    /// Verifies a delivery that was laid out, and reads it. Returns the address of what was read,
    /// as `crossed.rs` describes it; 1 for a delivery without an event, and 0 for a refusal.
    pub fn receive(&self, host: &Host, body: usize, texts: usize, now: f64, native: bool) -> usize {
        let now = millis(now);
        let laid = Laid::with(body, texts, |laid, head| {
            let hash = HostHash { host, head, body: laid.body, kept: None };
            self.delivered(host, laid, |delivery, token| {
                if self.is_handshake(&delivery, token) {
                    return Some(NOTHING);
                }
                let verified = self.check(delivery, token, hash, now, native)?;
                let reading = if native {
                    verified.read_with(now, &|bytes| host.digest(bytes))
                } else {
                    verified.read(now)
                };
                Some(cross(reading, verified.provider()))
            })
        });
        laid.flatten().unwrap_or(REFUSED)
    }

    /// Returns why the last delivery was refused: the code and the message.
    #[must_use]
    pub fn refusal(&self) -> Array {
        self.refusal.take().map_or_else(Array::new, |refusal| error(refusal.code(), &refusal))
    }
}

impl Account {
    fn verdict(
        &self,
        host: &Host,
        body: usize,
        texts: usize,
        now: f64,
        native: bool,
        kept: Option<&Kept>,
    ) -> usize {
        let laid = Laid::with(body, texts, |laid, head| {
            let hash = HostHash { host, head, body: laid.body, kept };
            self.delivered(host, laid, |delivery, token| {
                let verified = self.check(delivery, token, hash, millis(now), native)?;
                let Proof { authenticity, secret_index } = verified.proof();
                let secret = secret_index.map_or(0, |index| index + 1);
                Some((authenticity as usize + 1) | (secret << 3))
            })
        });
        laid.flatten().unwrap_or(REFUSED)
    }

    /// Calls `work` with a delivery that was laid out, and the proof that it came to the URL with
    /// this account's token.
    fn delivered<T>(
        &self,
        host: &Host,
        laid: Laid<'_>,
        work: impl FnOnce(Delivery<'_>, Option<TokenProof>) -> T,
    ) -> T {
        let headers = KnownHeaders { names: &self.names, laid, host };
        let url = laid.text(self.names.len()).unwrap_or_default();
        let offered = laid.text(self.names.len() + 1);
        let token = self.source.token().and_then(|token| token.check(offered?));
        work(Delivery { headers: &headers, url, body: laid.body }, token)
    }

    /// Whether a delivery is a handshake. Nothing proves one but the token, if there is a token.
    fn is_handshake(&self, delivery: &Delivery<'_>, token: Option<TokenProof>) -> bool {
        (token.is_some() || self.source.token().is_none())
            && is_handshake(self.source.provider(), delivery)
    }

    // Not inlined, since `verify` and `receive` share it.
    #[inline(never)]
    fn check<'a>(
        &'a self,
        delivery: Delivery<'a>,
        token: Option<TokenProof>,
        mut hash: HostHash<'_>,
        now: UnixMillis,
        native: bool,
    ) -> Option<Verified<'a>> {
        let challenge = self.source.challenge(delivery, token, now);
        let verified = challenge.and_then(|challenge| {
            challenge.answer(|question| {
                let is_asked = native || matches!(question, Question::Signature(_));
                if is_asked { hash.answer(question) } else { Answer::Unanswered }
            })
        });
        verified.map_err(|refusal| self.refusal.set(Some(refusal))).ok()
    }
}

/// Whether a scheme's signatures cover parts of the URL that was posted to.
fn signs_address(scheme: &Scheme) -> bool {
    let Scheme::HttpSignature(scheme) = scheme else {
        return false;
    };
    scheme.covers.iter().any(|name| name.starts_with('@'))
}

/// Prepares the secrets in a vector that never moves them: a move leaves a copy in memory.
fn keys(provider: &Provider, secrets: &[String]) -> Result<Vec<Secret>, JsValue> {
    let mut keys = Vec::with_capacity(secrets.len());
    for (at, text) in secrets.iter().enumerate() {
        let key = secret(&provider.scheme, text);
        keys.push(key.map_err(|error| {
            misconfigured(&["secret ", &(at + 1).to_string(), " "].concat(), &error)
        })?);
    }
    Ok(keys)
}
