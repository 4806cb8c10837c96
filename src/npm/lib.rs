//! The exports of the npm package: JavaScript's values in, the core's verdicts out. An error is
//! thrown as an array of its code and its message, which the package turns into a `WebhookError`.

use std::{borrow::Cow, cell::Cell, fmt};

use js_sys::Array;

use orderhook_core::{
    Authenticity, Delivery, Headers, KeyFormat, Payload, Provider, Reading, Refusal, Scheme,
    Secret, Source, StatusWord, Token, TokenProof, UnixMillis, UtcOffset, Verified,
    json::write::{self, Fields},
    provider,
};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use held_secrets::{HeldSecrets, MAX_HELD_SECRETS};
use memory::{HostHash, Laid};
use verdict::Verdict;

mod fingerprint;
mod held_secrets;
mod memory;
#[allow(clippy::float_cmp)] // In what wasm-bindgen writes of an enum.
mod verdict;

#[wasm_bindgen]
extern "C" {
    /// The functions that the package offers to the module while it verifies.
    pub type Host;

    /// Returns the value of a header. Never throws.
    #[wasm_bindgen(method)]
    fn header(this: &Host, name: &str) -> Option<String>;

    /// Writes the SHA-256 of the bytes at an address to another address. Returns whether it did.
    /// Never throws.
    #[wasm_bindgen(method)]
    fn sha256(this: &Host, at: usize, length: usize, to: usize) -> bool;
}

/// Headers that are read from JavaScript, one by one.
struct HostHeaders<'a>(&'a Host);

impl Headers for HostHeaders<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.header(name).map(Cow::Owned)
    }
}

/// The headers of a delivery that was laid out. Those of these names are laid out with it; others
/// are read from JavaScript.
struct KnownHeaders<'a> {
    names: &'a [&'static str],
    laid: Laid<'a>,
    host: &'a Host,
}

impl Headers for KnownHeaders<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.names.iter().position(|known| *known == name) {
            Some(place) => self.laid.text(place).map(Cow::Borrowed),
            None => self.host.header(name).map(Cow::Owned),
        }
    }
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// One account at one provider, with its secrets prepared.
#[wasm_bindgen]
pub struct Account {
    source: Source,
    /// The headers that are laid out, in this order.
    names: Vec<&'static str>,
    refusal: Cell<Option<Refusal>>,
    secret_index: Cell<Option<usize>>,
    _held: Option<HeldSecrets>,
}

#[wasm_bindgen]
impl Account {
    /// Prepares an account and wipes the secrets. A `counted` account is kept for later deliveries;
    /// the caller frees any other at once.
    ///
    /// # Errors
    ///
    /// Fails with `unknown_provider`; with `source_not_configured` if the settings are not
    /// consistent; and with `too_many_verifiers` if it is counted and too many secrets are held.
    #[wasm_bindgen(constructor)]
    pub fn new(
        provider: &str,
        source: Option<String>,
        secrets: Vec<String>,
        token: Option<String>,
        utc_offset: Option<String>,
        counted: bool,
    ) -> Result<Self, JsValue> {
        let (secrets, token) = (Zeroizing::new(secrets), token.map(Zeroizing::new));
        let provider = named(provider)?;
        let held = if counted { Some(hold(secrets.len())?) } else { None };
        let token = token.map(|text| Token::new(&text)).transpose();
        let token = token.map_err(|error| misconfigured(format!("the token {error}")))?;
        let name = source.unwrap_or_else(|| provider.name.to_owned());
        let source =
            Source::new(&name, provider, keys(provider, &secrets)?, token, zone(utc_offset)?);
        let source = source.map_err(misconfigured)?;
        let names = provider.headers();
        Ok(Self {
            source,
            names,
            refusal: Cell::default(),
            secret_index: Cell::default(),
            _held: held,
        })
    }

    /// Returns the names of the headers that are laid out as texts, in order. After them come the
    /// URL and the text in the token's place.
    #[must_use]
    pub fn names(&self) -> Array {
        texts(&self.names)
    }

    /// Verifies a delivery that was laid out. The host hashes if `native`.
    /// [`Account::secret_index`] says more of a proof, and [`Account::refusal`] of a refusal.
    pub fn verify(
        &self,
        host: &Host,
        body: usize,
        texts: usize,
        now: f64,
        native: bool,
    ) -> Verdict {
        self.verified(host, body, texts, now, native, |verified| {
            let proof = verified.proof();
            self.secret_index.set(proof.secret_index);
            match proof.authenticity {
                Authenticity::BodySigned | Authenticity::Unverified => Verdict::BodySigned,
                Authenticity::HeadersSigned => Verdict::HeadersSigned,
                Authenticity::UrlToken => Verdict::UrlToken,
            }
        })
        .unwrap_or(Verdict::Refused)
    }

    /// Returns the secret that signed the last delivery that [`Account::verify`] proved, counted
    /// from 0.
    #[must_use]
    #[wasm_bindgen(js_name = secretIndex)]
    pub fn secret_index(&self) -> Option<usize> {
        self.secret_index.get()
    }

    /// Verifies a delivery that was laid out, and returns its event as JSON text. A payload that is
    /// text is left out: the caller has it. Returns `null` for a test without an order, and an
    /// empty text for a refusal.
    pub fn receive(
        &self,
        host: &Host,
        body: usize,
        texts: usize,
        now: f64,
        native: bool,
    ) -> String {
        let read = |verified: &Verified<'_>| json(verified.read(millis(now)));
        self.verified(host, body, texts, now, native, read).unwrap_or_default()
    }

    /// Returns why the last delivery was refused: the code and the message.
    #[must_use]
    pub fn refusal(&self) -> Array {
        self.refusal.get().map_or_else(Array::new, |refusal| error(refusal.code(), refusal))
    }

    /// Verifies a delivery that was laid out, and applies `take` if it is authentic.
    fn verified<T>(
        &self,
        host: &Host,
        body: usize,
        texts: usize,
        now: f64,
        native: bool,
        take: impl FnOnce(&Verified<'_>) -> T,
    ) -> Option<T> {
        Laid::with(body, texts, |laid, head| {
            let headers = KnownHeaders { names: &self.names, laid, host };
            let url = laid.text(self.names.len()).unwrap_or_default();
            let offered = laid.text(self.names.len() + 1);
            let delivery = Delivery { headers: &headers, url, body: laid.body };
            let token = self.source.token().and_then(|token| token.check(offered?));
            match self.check(delivery, token, host, head, millis(now), native) {
                Ok(verified) => Some(take(&verified)),
                Err(refusal) => {
                    self.refusal.set(Some(refusal));
                    None
                }
            }
        })
        .flatten()
    }

    // Not inlined, since `verify` and `receive` share it.
    #[inline(never)]
    fn check<'a>(
        &'a self,
        delivery: Delivery<'a>,
        token: Option<TokenProof>,
        host: &Host,
        head: &mut [u8],
        now: UnixMillis,
        native: bool,
    ) -> Result<Verified<'a>, Refusal> {
        let challenge = self.source.challenge(delivery, token, now)?;
        if !native {
            return challenge.verify();
        }
        let mut host = HostHash { host, head, body: delivery.body };
        challenge.answer(|question| host.answer(question))
    }
}

/// Returns the event of a delivery that was not verified, as JSON text.
///
/// # Errors
///
/// Fails with `unknown_provider`, and with `source_not_configured` if the UTC offset is malformed.
#[wasm_bindgen]
pub fn normalize(
    provider: &str,
    source: Option<String>,
    utc_offset: Option<String>,
    host: &Host,
    url: &str,
    body: &[u8],
    now: f64,
) -> Result<String, JsValue> {
    let provider = named(provider)?;
    let name = source.unwrap_or_else(|| provider.name.to_owned());
    let headers = HostHeaders(host);
    let delivery = Delivery { headers: &headers, url, body };
    Ok(json(provider.normalize(&name, zone(utc_offset)?, &delivery, millis(now))))
}

/// Returns the headers with which this provider would prove a delivery: each name, followed by its
/// value.
///
/// # Errors
///
/// Fails with `unknown_provider`, and with `source_not_configured` if the secret or a signed header
/// is not usable, or if the provider signs nothing.
#[wasm_bindgen]
pub fn sign(
    provider: &str,
    secret: &str,
    host: &Host,
    url: &str,
    body: &[u8],
    now: f64,
) -> Result<Array, JsValue> {
    let provider = named(provider)?;
    let secret = provider
        .scheme
        .secret(secret)
        .map_err(|error| misconfigured(format!("the secret {error}")))?;
    let headers = HostHeaders(host);
    let delivery = Delivery { headers: &headers, url, body };
    let signed = provider.scheme.sign(&secret, &delivery, millis(now)).map_err(misconfigured)?;
    let pairs: Vec<_> = signed.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
    Ok(texts(&pairs))
}

/// Returns every provider as JSON text: its name, what it authenticates a delivery by (`body`,
/// `headers` or `url_token`), how its secrets are written (`null` if it has no secrets), and its
/// words.
#[wasm_bindgen]
#[must_use]
pub fn providers() -> String {
    write::array(provider::ALL, |provider, about| {
        about.text("name", provider.name);
        about.text("authenticates", authenticates(&provider.scheme));
        about.text_or_null("secret", provider.scheme.key_format().map(format));
        about.objects("events", provider.events, word);
        about.objects("statuses", provider.statuses, word);
    })
}

fn word(word: &StatusWord, fields: &mut Fields<'_>) {
    fields.text("text", word.text);
    fields.text("status", word.status.as_str());
    fields.flag("final", word.is_final);
}

/// Joins texts. It is a third of the size of `join`.
fn joined(texts: impl Iterator<Item = &'static str>, between: &str) -> String {
    let mut joined = String::new();
    for text in texts {
        if !joined.is_empty() {
            joined.push_str(between);
        }
        joined.push_str(text);
    }
    joined
}

fn named(name: &str) -> Result<&'static Provider, JsValue> {
    provider::by_name(name).ok_or_else(|| {
        let names = joined(provider::ALL.iter().map(|provider| provider.name), ", ");
        thrown("unknown_provider", format!("there is no such provider: there are {names}"))
    })
}

/// Prepares the secrets in a vector that never moves them: a move leaves a copy in memory.
fn keys(provider: &Provider, secrets: &[String]) -> Result<Vec<Secret>, JsValue> {
    let mut keys = Vec::with_capacity(secrets.len());
    for (at, text) in secrets.iter().enumerate() {
        let key = provider.scheme.secret(text);
        keys.push(key.map_err(|error| misconfigured(format!("secret {} {error}", at + 1)))?);
    }
    Ok(keys)
}

fn hold(secrets: usize) -> Result<HeldSecrets, JsValue> {
    HeldSecrets::take(secrets).ok_or_else(|| {
        thrown(
            "too_many_verifiers",
            format!(
                "verifiers that are still in memory hold {MAX_HELD_SECRETS} secrets: keep one `Verifier` \
                 per account, or call `verify` and `receive` without one"
            ),
        )
    })
}

fn zone(text: Option<String>) -> Result<Option<UtcOffset>, JsValue> {
    let Some(text) = text else {
        return Ok(None);
    };
    let zone = UtcOffset::parse(&text);
    zone.map(Some).ok_or_else(|| misconfigured("the UTC offset must be written as `+02:00`"))
}

fn millis(now: f64) -> UnixMillis {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
    UnixMillis(now as u64)
}

fn json(reading: Reading<'_>) -> String {
    let Reading::Event(mut event) = reading else {
        return "null".to_owned();
    };
    if matches!(event.data.payload, Payload::Text(_)) {
        event.data.payload = Payload::Omitted;
    }
    event.to_json()
}

fn misconfigured(why: impl fmt::Display) -> JsValue {
    thrown("source_not_configured", why)
}

fn thrown(code: &str, message: impl fmt::Display) -> JsValue {
    error(code, message).into()
}

/// Returns a code and a message, for a `WebhookError`.
fn error(code: &str, message: impl fmt::Display) -> Array {
    texts(&[code, &message.to_string()])
}

fn texts(texts: &[&str]) -> Array {
    let array = Array::new();
    for text in texts {
        array.push(&JsValue::from_str(text));
    }
    array
}

fn authenticates(scheme: &Scheme) -> &'static str {
    match scheme {
        Scheme::Hmac(_) => "body",
        Scheme::HeaderList(_) => "headers",
        Scheme::UrlToken => "url_token",
    }
}

fn format(format: KeyFormat) -> &'static str {
    match format {
        KeyFormat::Utf8 => "utf8",
        KeyFormat::Base64 => "base64",
        KeyFormat::Hex => "hex",
        KeyFormat::Whsec => "whsec",
    }
}
