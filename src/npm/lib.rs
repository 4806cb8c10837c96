//! The thin page of exports behind the npm package: JavaScript's values in, the core's verdicts
//! out. What is thrown is a text, the code and the message with a line break between them; the
//! package makes a `WebhookError` of it.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt,
};

use orderhook_core::{
    Authenticity, Delivery, Headers, KeyFormat, Payload, Provider, Reading, Refusal, Scheme,
    Secret, Source, Token, UnixMillis, UtcOffset, Verified, Word,
    json::write::{self, Fields},
    provider,
};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use held::{Held, MAX_HELD};
use room::{Laid, Native};

mod fingerprint;
mod held;
mod room;

#[wasm_bindgen]
extern "C" {
    /// What the package does for the module while it verifies.
    pub type Host;

    /// The value of a header. Never throws.
    #[wasm_bindgen(method)]
    fn header(this: &Host, name: &str) -> Option<String>;

    /// Writes the SHA-256 of what stands at an address to another address, and says whether it did.
    /// Never throws.
    #[wasm_bindgen(method)]
    fn sha256(this: &Host, at: usize, length: usize, to: usize) -> bool;
}

/// Headers that are asked for, one by one.
struct Asked<'a>(&'a Host);

impl Headers for Asked<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.header(name).map(Cow::Owned)
    }
}

/// The headers of a delivery that was laid out: those of these names are in the room, others are
/// asked for.
struct Named<'a> {
    names: &'a [&'static str],
    laid: Laid<'a>,
    host: &'a Host,
}

impl Headers for Named<'_> {
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
    _held: Option<Held>,
}

#[wasm_bindgen]
impl Account {
    /// Prepares an account and wipes the secrets. One that is `counted` is kept for later
    /// deliveries; the caller frees another at once.
    ///
    /// Fails with `unknown_provider`, with `source_not_configured` where the settings do not hold
    /// together, and with `too_many_verifiers` where it is counted and too many secrets are held.
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
        Ok(Self { source, names: provider.headers(), refusal: Cell::new(None), _held: held })
    }

    /// The names of the headers that are laid out as texts, on a line each and in this order; behind
    /// them the URL, and what stood in the token's place.
    #[must_use]
    pub fn names(&self) -> String {
        joined(self.names.iter().copied(), "\n")
    }

    /// Of a delivery that was laid out, hashed by the host if it is `native`: what proves it (0 for
    /// `body_signed`, 1 for `headers_signed`, 2 for `url_token`), four times the number of the
    /// secret that signed it, counted from 1, and the highest bit. 0 where nothing does:
    /// [`Account::refusal`] says why.
    pub fn verify(&self, host: &Host, body: usize, texts: usize, now: f64, native: bool) -> u32 {
        self.verified(host, body, texts, now, native, |verified| {
            let proof = verified.proof();
            let secret = proof.secret_index.map_or(0, |index| index + 1);
            PROVEN | u32::try_from(secret).unwrap_or(0) << 2 | number(proof.authenticity)
        })
        .unwrap_or(0)
    }

    /// The event of a delivery that was laid out, as JSON text without a payload that is text:
    /// the caller has it. `null` is a test that carries no order; an empty text is a refusal.
    pub fn receive(
        &self,
        host: &Host,
        body: usize,
        texts: usize,
        now: f64,
        native: bool,
    ) -> String {
        let read = |verified: &Verified<'_>| json(verified.read(&self.source, millis(now)));
        self.verified(host, body, texts, now, native, read).unwrap_or_default()
    }

    /// Why the last delivery was refused: the code and the message.
    #[must_use]
    pub fn refusal(&self) -> String {
        self.refusal.get().map_or_else(String::new, |refusal| text(refusal.code(), refusal))
    }

    /// What `take` makes of the delivery, where it is authentic.
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
            let headers = Named { names: &self.names, laid, host };
            let url = laid.text(self.names.len()).unwrap_or_default();
            let offered = laid.text(self.names.len() + 1);
            let delivery = Delivery { headers: &headers, url, body: laid.body };
            let token = self.source.token().and_then(|token| token.check(offered?));
            let verified = if native {
                let native = Native { host, head: RefCell::new(head), body: laid.body };
                self.source.verify_with(&native, delivery, token, millis(now))
            } else {
                self.source.verify(delivery, token, millis(now))
            };
            match verified {
                Ok(verified) => Some(take(&verified)),
                Err(refusal) => {
                    self.refusal.set(Some(refusal));
                    None
                }
            }
        })
        .flatten()
    }
}

/// The bit of a proof, whatever it is.
const PROVEN: u32 = 1 << 31;

/// The event of a delivery that nobody verified, as JSON text.
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
    let headers = Asked(host);
    let delivery = Delivery { headers: &headers, url, body };
    Ok(json(provider.normalize(&name, zone(utc_offset)?, &delivery, millis(now))))
}

/// The headers with which this provider would prove a delivery: a name and a value, on a
/// line each.
#[wasm_bindgen]
pub fn sign(
    provider: &str,
    secret: &str,
    host: &Host,
    url: &str,
    body: &[u8],
    now: f64,
) -> Result<String, JsValue> {
    let provider = named(provider)?;
    let secret = provider
        .scheme
        .secret(secret)
        .map_err(|error| misconfigured(format!("the secret {error}")))?;
    let headers = Asked(host);
    let delivery = Delivery { headers: &headers, url, body };
    let signed = provider.scheme.sign(&secret, &delivery, millis(now)).map_err(misconfigured)?;
    let mut lines = String::new();
    for (name, value) in signed {
        lines += name;
        lines += "\n";
        lines += &value;
        lines += "\n";
    }
    Ok(lines)
}

/// Every provider as JSON text: its name, what it authenticates a delivery by (`body`, `headers`
/// or `url_token`), how its secrets are written (`null` where it has none), and its words.
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

fn word(word: &Word, fields: &mut Fields<'_>) {
    fields.text("text", word.text);
    fields.text("status", word.status.as_str());
    fields.flag("final", word.is_final);
}

/// A third of the size of `join`.
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

/// The secrets, prepared, in a vector that never moves them: a move leaves a copy behind.
fn keys(provider: &Provider, secrets: &[String]) -> Result<Vec<Secret>, JsValue> {
    let mut keys = Vec::with_capacity(secrets.len());
    for (at, text) in secrets.iter().enumerate() {
        let key = provider.scheme.secret(text);
        keys.push(key.map_err(|error| misconfigured(format!("secret {} {error}", at + 1)))?);
    }
    Ok(keys)
}

fn hold(secrets: usize) -> Result<Held, JsValue> {
    Held::take(secrets).ok_or_else(|| {
        thrown(
            "too_many_verifiers",
            format!(
                "verifiers that are still in memory hold {MAX_HELD} secrets: keep one `Verifier` \
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

fn number(authenticity: Authenticity) -> u32 {
    match authenticity {
        Authenticity::BodySigned | Authenticity::Unverified => 0,
        Authenticity::HeadersSigned => 1,
        Authenticity::UrlToken => 2,
    }
}

fn misconfigured(why: impl fmt::Display) -> JsValue {
    thrown("source_not_configured", why)
}

fn thrown(code: &str, message: impl fmt::Display) -> JsValue {
    JsValue::from(text(code, message))
}

fn text(code: &str, message: impl fmt::Display) -> String {
    format!("{code}\n{message}")
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
