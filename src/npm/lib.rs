//! The thin page of exports behind the npm package: JavaScript's values in, the core's verdicts
//! out. What is thrown is a text, the code and the message with a line break between them; the
//! package makes a `WebhookError` of it.

use std::{borrow::Cow, fmt};

use orderhook_core::{
    Authenticity, Delivery, Headers, KeyFormat, Provider, Reading, Refusal, Scheme, Source, Status,
    Token, TokenProof, UnixMillis, UtcOffset, Verified, Word, providers,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Anything that gives a header's value by its name in lower case: `Headers`, a `Map`.
    pub type Lookup;

    #[wasm_bindgen(method)]
    fn get(this: &Lookup, name: &str) -> Option<String>;
}

struct Given<'a>(&'a Lookup);

impl Headers for Given<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).map(Cow::Owned)
    }
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// One account at one provider, with its secrets prepared.
#[wasm_bindgen]
pub struct Account(Source);

#[wasm_bindgen]
impl Account {
    /// Fails with `unknown_provider`, or `source_not_configured` where the settings do not hold
    /// together.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value)] // wasm-bindgen takes a vector by value only.
    pub fn new(
        provider: &str,
        source: Option<String>,
        secrets: Vec<String>,
        token: Option<String>,
        utc_offset: Option<String>,
    ) -> Result<Self, JsValue> {
        let provider = named(provider)?;
        let secrets: Result<Vec<_>, _> = secrets
            .iter()
            .enumerate()
            .map(|(at, text)| {
                provider
                    .scheme
                    .secret(text)
                    .map_err(|error| misconfigured(format!("secret {} {error}", at + 1)))
            })
            .collect();
        let token = token.map(|text| Token::new(&text)).transpose();
        let token = token.map_err(|error| misconfigured(format!("the token {error}")))?;
        let name = source.unwrap_or_else(|| provider.name.to_owned());
        Source::new(&name, provider, secrets?, token, zone(utc_offset)?)
            .map(Self)
            .map_err(misconfigured)
    }

    /// What proves the delivery (0 for `body_signed`, 1 for `headers_signed`, 2 for `url_token`),
    /// and four times the number of the secret that signed it, counted from 1.
    pub fn verify(
        &self,
        headers: &Lookup,
        url: &str,
        body: &[u8],
        offered: Option<String>,
        now: f64,
    ) -> Result<u32, JsValue> {
        self.verified(headers, url, body, offered, now, |verified| {
            let proof = verified.proof();
            let secret = proof.secret_index.map_or(0, |index| index + 1);
            number(proof.authenticity) + 4 * u32::try_from(secret).unwrap_or(0)
        })
    }

    /// The event of a delivery as JSON text; none where it is a test that carries no order.
    pub fn receive(
        &self,
        headers: &Lookup,
        url: &str,
        body: &[u8],
        offered: Option<String>,
        now: f64,
    ) -> Result<Option<String>, JsValue> {
        self.verified(headers, url, body, offered, now, |verified| {
            json(&verified.read(&self.0, millis(now)))
        })
    }

    /// What `take` makes of the delivery, where it is authentic.
    fn verified<T>(
        &self,
        headers: &Lookup,
        url: &str,
        body: &[u8],
        offered: Option<String>,
        now: f64,
        take: impl FnOnce(&Verified<'_>) -> T,
    ) -> Result<T, JsValue> {
        let headers = Given(headers);
        let delivery = Delivery { headers: &headers, url, body };
        let verified = self.0.verify(delivery, self.proof(offered), millis(now));
        verified.map(|verified| take(&verified)).map_err(refused)
    }

    fn proof(&self, offered: Option<String>) -> Option<TokenProof> {
        self.0.token()?.check(&offered?)
    }
}

/// The event of a delivery that nobody verified, as JSON text.
#[wasm_bindgen]
pub fn normalize(
    provider: &str,
    source: Option<String>,
    utc_offset: Option<String>,
    headers: &Lookup,
    url: &str,
    body: &[u8],
    now: f64,
) -> Result<Option<String>, JsValue> {
    let provider = named(provider)?;
    let name = source.unwrap_or_else(|| provider.name.to_owned());
    let headers = Given(headers);
    let delivery = Delivery { headers: &headers, url, body };
    Ok(json(&provider.normalize(&name, zone(utc_offset)?, &delivery, millis(now))))
}

/// The headers with which this provider would prove a delivery: name, value, name, value.
#[wasm_bindgen]
pub fn sign(
    provider: &str,
    secret: &str,
    headers: &Lookup,
    url: &str,
    body: &[u8],
    now: f64,
) -> Result<Vec<String>, JsValue> {
    let provider = named(provider)?;
    let secret = provider
        .scheme
        .secret(secret)
        .map_err(|error| misconfigured(format!("the secret {error}")))?;
    let headers = Given(headers);
    let delivery = Delivery { headers: &headers, url, body };
    let signed = provider.scheme.sign(&secret, &delivery, millis(now)).map_err(misconfigured)?;
    Ok(signed.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect())
}

/// Every provider as JSON text: its name, what it authenticates a delivery by (`body`, `headers`
/// or `url_token`), how its secrets are written (`null` where it has none), and its words.
#[wasm_bindgen]
#[must_use]
pub fn providers() -> String {
    let providers: Vec<_> = providers::ALL.iter().copied().map(About::from).collect();
    serde_json::to_string(&providers).unwrap_or_default()
}

fn named(name: &str) -> Result<&'static Provider, JsValue> {
    providers::by_name(name).ok_or_else(|| {
        let names: Vec<_> = providers::ALL.iter().map(|provider| provider.name).collect();
        thrown(
            "unknown_provider",
            format!("there is no such provider: there are {}", names.join(", ")),
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

fn json(reading: &Reading<'_>) -> Option<String> {
    match reading {
        Reading::Event(event) => Some(event.to_json()),
        Reading::Test => None,
    }
}

fn number(authenticity: Authenticity) -> u32 {
    match authenticity {
        Authenticity::BodySigned | Authenticity::Unverified => 0,
        Authenticity::HeadersSigned => 1,
        Authenticity::UrlToken => 2,
    }
}

#[allow(clippy::needless_pass_by_value)] // As `map_err` wants it.
fn refused(refusal: Refusal) -> JsValue {
    thrown(refusal.code(), refusal)
}

fn misconfigured(why: impl fmt::Display) -> JsValue {
    thrown("source_not_configured", why)
}

fn thrown(code: &str, message: impl fmt::Display) -> JsValue {
    JsValue::from(format!("{code}\n{message}"))
}

#[derive(Serialize)]
struct About {
    name: &'static str,
    authenticates: &'static str,
    secret: Option<&'static str>,
    events: Vec<AboutWord>,
    statuses: Vec<AboutWord>,
}

#[derive(Serialize)]
struct AboutWord {
    text: &'static str,
    status: Status,
    #[serde(rename = "final")]
    is_final: bool,
}

impl From<&Provider> for About {
    fn from(provider: &Provider) -> Self {
        Self {
            name: provider.name,
            authenticates: authenticates(&provider.scheme),
            secret: provider.scheme.key_format().map(format),
            events: provider.events.iter().map(AboutWord::from).collect(),
            statuses: provider.statuses.iter().map(AboutWord::from).collect(),
        }
    }
}

impl From<&Word> for AboutWord {
    fn from(word: &Word) -> Self {
        Self { text: word.text, status: word.status, is_final: word.is_final }
    }
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
