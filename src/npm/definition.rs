use std::{cell::OnceCell, rc::Rc, sync::Arc};

use js_sys::Array;
use orderhook_core::{
    Delivery, KeyFormat, Meaning, Provider, Scheme, SourceError, UnixMillis, UtcOffset, is_name,
};
use wasm_bindgen::prelude::*;

use crate::{
    crossed::{NOTHING, cross},
    error::{misconfigured, push, texts, thrown},
    held::{DEFINITION_BYTES, Held, MAX_HELD_SECRETS},
    host::Host,
    memory::{KnownHeaders, Laid},
    secret,
};

/// A provider's definition, parsed once for all accounts at the provider.
#[wasm_bindgen]
pub struct Definition(Rc<Parsed>);

/// What accounts share.
pub(crate) struct Parsed {
    pub(crate) provider: Arc<Provider>,
    /// Its share in the secrets that may be held.
    share: usize,
    held: OnceCell<Held>,
}

#[wasm_bindgen]
impl Definition {
    /// Parses a definition. `scheme` is the name of one of its schemes. A `declared` one is the
    /// caller's.
    ///
    /// # Errors
    ///
    /// Fails with `invalid_definition`, and with `source_not_configured` if it has no scheme of
    /// this name.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value)] // An optional text from JavaScript is owned.
    pub fn new(
        name: &str,
        text: &str,
        scheme: Option<String>,
        declared: bool,
    ) -> Result<Self, JsValue> {
        let parsed = Provider::parse(name, text, scheme.as_deref());
        let provider = parsed.map_err(|error| match Provider::parse(name, text, None) {
            Ok(_) => misconfigured("", &error),
            Err(error) => thrown("invalid_definition", &error),
        })?;
        let share = if declared { text.len() / DEFINITION_BYTES } else { 0 };
        Ok(Self(Rc::new(Parsed { provider: Arc::new(provider), share, held: OnceCell::new() })))
    }

    /// Reads a delivery that was laid out and not verified. Returns the address of what was read,
    /// as `Account.receive` does.
    ///
    /// # Errors
    ///
    /// Fails with `source_not_configured` if the source's name or the UTC offset is malformed.
    pub fn normalize(
        &self,
        source: &str,
        utc_offset: Option<String>,
        host: &Host,
        body: usize,
        texts: usize,
        now: f64,
    ) -> Result<usize, JsValue> {
        if !is_name(source) {
            return Err(misconfigured("", &SourceError::Name));
        }
        let zone = zone(utc_offset)?;
        let provider = &*self.0.provider;
        let read = Laid::with(body, texts, |laid, _| {
            let headers = KnownHeaders { names: &[], laid, host };
            let url = laid.text(0).unwrap_or_default();
            let delivery = Delivery { headers: &headers, url, body: laid.body };
            if is_handshake(provider, &delivery) {
                return NOTHING;
            }
            cross(provider.normalize(source, zone, &delivery, millis(now)), provider)
        });
        Ok(read.unwrap_or(NOTHING))
    }

    /// Returns the headers with which this provider would prove a delivery: each name, followed by
    /// its value.
    ///
    /// # Errors
    ///
    /// Fails with `source_not_configured` if the secret or a signed header is not usable, or if the
    /// provider signs nothing.
    pub fn sign(
        &self,
        secret: &str,
        host: &Host,
        body: usize,
        laid: usize,
        now: f64,
    ) -> Result<Array, JsValue> {
        let scheme = &self.0.provider.scheme;
        let secret =
            secret::secret(scheme, secret).map_err(|error| misconfigured("the secret ", &error))?;
        let signed = Laid::with(body, laid, |laid, _| {
            let headers = KnownHeaders { names: &[], laid, host };
            let url = laid.text(0).unwrap_or_default();
            let delivery = Delivery { headers: &headers, url, body: laid.body };
            let signed = scheme.sign(&secret, &delivery, millis(now));
            let headers = Array::new();
            for (name, value) in signed.map_err(|error| misconfigured("", &error))? {
                push(&headers, name);
                push(&headers, &value);
            }
            Ok(headers)
        });
        signed.unwrap_or_else(|| Ok(Array::new()))
    }

    /// Returns what `providers` tells of it: what it authenticates a delivery by, how its secrets
    /// are written or an empty text, and four texts for each word: `event` or `status`, the word,
    /// our status, and `final` or an empty text.
    #[must_use]
    pub fn about(&self) -> Array {
        let provider = &*self.0.provider;
        let format = match &provider.scheme {
            scheme if scheme.has_public_keys() => "public_key",
            scheme => scheme.key_format().map_or("", KeyFormat::as_str),
        };
        let about = texts(&[authenticates(&provider.scheme), format]);
        let words = provider.words();
        for (is_topic, word) in provider
            .topics()
            .zip(&words)
            .flat_map(|(is_topic, words)| words.iter().map(move |word| (is_topic, word)))
        {
            let Meaning::Status { status, is_final } = word.meaning else {
                continue;
            };
            let kind = if is_topic { "event" } else { "status" };
            let last = if is_final { "final" } else { "" };
            for text in [kind, word.text, status.as_str(), last] {
                push(&about, text);
            }
        }
        about
    }
}

/// Says what is wrong with a definition: the key with the mistake, which is empty for the
/// definition as a whole, and what was expected there. Returns nothing if it is valid.
#[wasm_bindgen]
#[must_use]
#[allow(unreachable_pub)] // Its callers are in JavaScript.
pub fn check(name: &str, text: &str) -> Array {
    match Provider::parse(name, text, None) {
        Ok(_) => Array::new(),
        Err(error) => texts(&[&error.key, &error.text]),
    }
}

impl Definition {
    pub(crate) fn parsed(&self) -> Rc<Parsed> {
        Rc::clone(&self.0)
    }
}

impl Parsed {
    /// Takes the share of a definition that an account holds on to.
    pub(crate) fn hold(&self) -> Result<(), JsValue> {
        if self.share > 0 && self.held.get().is_none() {
            // It is empty, so this sets it.
            let _ = self.held.set(hold(self.share)?);
        }
        Ok(())
    }
}

/// Takes a share in the secrets that may be held.
///
/// # Errors
///
/// Fails with `too_many_verifiers` if less is left.
pub(crate) fn hold(share: usize) -> Result<Held, JsValue> {
    Held::take(share).ok_or_else(|| {
        let message = [
            "verifiers that are still in memory hold ",
            &MAX_HELD_SECRETS.to_string(),
            " secrets: keep one `Verifier` per account, or call `verify` and `receive` without one",
        ];
        thrown("too_many_verifiers", &message.concat())
    })
}

/// Whether a POST is a handshake, by which the provider only asks for an answer.
pub(crate) fn is_handshake(provider: &Provider, delivery: &Delivery<'_>) -> bool {
    provider.handshakes.iter().any(|handshake| handshake.is(delivery))
}

pub(crate) fn zone(text: Option<String>) -> Result<Option<UtcOffset>, JsValue> {
    let Some(text) = text else {
        return Ok(None);
    };
    let zone = UtcOffset::parse(&text);
    zone.map(Some).ok_or_else(|| misconfigured("", &"the UTC offset must be written as `+02:00`"))
}

pub(crate) fn millis(now: f64) -> UnixMillis {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
    UnixMillis(now as u64)
}

fn authenticates(scheme: &Scheme) -> &'static str {
    match scheme {
        scheme if scheme.covers_body() => "body",
        Scheme::Signed(_) | Scheme::PublicKey(_) | Scheme::HttpSignature(_) => "fields",
        Scheme::Token(_) => "token",
        Scheme::HeaderList(_) => "headers",
        Scheme::UrlToken => "url_token",
    }
}
