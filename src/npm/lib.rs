//! The thin page of exports behind the JavaScript tools: what signs here is the core.

use orderhook_core::{Delivery, KeyFormat, Scheme, Secret, UnixMillis, Word, providers};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use wasm_bindgen::prelude::*;

/// Every provider as JSON text: its name, what it authenticates a delivery by (`body`, `headers`
/// or `url_token`), how its secrets are written (`null` where it has none), and its words.
#[wasm_bindgen]
#[must_use]
pub fn providers() -> String {
    let providers: Vec<_> = providers::ALL.iter().copied().map(About).collect();
    serde_json::to_string(&providers).unwrap_or_default()
}

/// The headers with which this provider would prove a delivery.
///
/// `headers` are the delivery's own, and so is what comes back: name, value, name, value. `now`
/// is in milliseconds since 1970. Fails with what is wrong with the provider's name, the secret
/// or the headers.
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value)] // wasm-bindgen takes a vector by value only.
pub fn sign(
    provider: &str,
    secret: &str,
    url: &str,
    headers: Vec<String>,
    body: &[u8],
    now: f64,
) -> Result<Vec<String>, JsError> {
    let provider = providers::by_name(provider).ok_or_else(|| {
        let names: Vec<_> = providers::ALL.iter().map(|provider| provider.name).collect();
        let names = names.join(", ");
        JsError::new(&format!("there is no such provider: there are {names}"))
    })?;
    let format = provider.scheme.key_format().unwrap_or(KeyFormat::Utf8);
    let secret = Secret::new(secret, format)
        .map_err(|error| JsError::new(&format!("the secret {error}")))?;
    let (pairs, _) = headers.as_chunks::<2>();
    let pairs: Vec<_> = pairs.iter().map(|[name, value]| (name, value)).collect();
    let delivery = Delivery { headers: &pairs.as_slice(), url, body };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
    let now = UnixMillis(now as u64);
    let signed = provider.scheme.sign(&secret, &delivery, now)?;
    Ok(signed.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect())
}

struct About(&'static providers::Provider);

impl Serialize for About {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(provider) = self;
        let mut about = serializer.serialize_struct("About", 5)?;
        about.serialize_field("name", provider.name)?;
        about.serialize_field("authenticates", authenticates(&provider.scheme))?;
        about.serialize_field("secret", &provider.scheme.key_format().map(format))?;
        about.serialize_field("events", &words(provider.events))?;
        about.serialize_field("statuses", &words(provider.statuses))?;
        about.end()
    }
}

fn words(words: &'static [Word]) -> Vec<AboutWord> {
    words.iter().map(AboutWord).collect()
}

struct AboutWord(&'static Word);

impl Serialize for AboutWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(word) = self;
        let mut about = serializer.serialize_struct("Word", 3)?;
        about.serialize_field("text", word.text)?;
        about.serialize_field("status", word.status.as_str())?;
        about.serialize_field("final", &word.is_final)?;
        about.end()
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
