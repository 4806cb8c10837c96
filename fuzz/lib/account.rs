//! An account at a provider, and deliveries to it.

use std::sync::Arc;

use arbitrary::Arbitrary;
use hmac::{Hmac, KeyInit, Mac};
use orderhook_core::{
    KeyFormat, Provider, Scheme, Secret, Source, Token, TokenProof, UnixMillis, UtcOffset,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Post,
    oracles::rule::{self, Known, Verdict},
};

/// The name of every source.
pub const SOURCE: &str = "a-1";

/// The token of a source that has one.
pub const TOKEN: &str = "a-token-of-a-shop";

/// Returns the provider of this name.
#[must_use]
pub fn provider(name: &str) -> Arc<Provider> {
    let definition = orderhook_catalogue::definition(name);
    Arc::new(Provider::parse(name, definition, None).expect("a definition that is valid"))
}

/// Returns the provider of this number, whatever that is, among those whose rule is said in
/// [`rule`].
#[must_use]
pub fn ruled(at: u8) -> Arc<Provider> {
    let [first, ..] = rule::PROVIDERS;
    let at = usize::from(at) % rule::PROVIDERS.len();
    provider(rule::PROVIDERS.get(at).unwrap_or(&first))
}

/// Returns the provider of this number, whatever that is, and its definition. The first numbers are
/// always the same, so that an input that once failed stays what it was.
#[must_use]
pub fn catalogue(at: u8) -> (Arc<Provider>, Value) {
    let others = orderhook_catalogue::names().filter(|name| !rule::PROVIDERS.contains(name));
    let names: Vec<_> = rule::PROVIDERS.into_iter().chain(others).collect();
    let name = names[usize::from(at) % names.len()];
    let definition = serde_json::from_str(orderhook_catalogue::definition(name)).expect("JSON");
    (provider(name), definition)
}

/// The keys that a fuzzer picks from: short, of a hash's block, longer than one, not ASCII.
const KEYS: [&str; 6] = [
    "a-secret",
    "k",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "whsec_one-that-is-longer-than-the-block-of-the-hash-and-is-hashed-itself",
    "clé 🔑",
    "another",
];

/// A key by its number, whatever that is.
#[must_use]
pub fn key(at: u8) -> &'static str {
    KEYS[usize::from(at) % KEYS.len()]
}

/// A key as text of this format.
#[must_use]
pub fn text_of(key: &str, format: KeyFormat) -> String {
    match format {
        KeyFormat::Utf8 | KeyFormat::Html | KeyFormat::Nfkd => key.to_owned(),
        KeyFormat::Base64 => base64(key.as_bytes()),
        KeyFormat::Hex => hex::encode(key),
        KeyFormat::Whsec => format!("whsec_{}", base64(key.as_bytes())),
    }
}

/// A key as a secret of this format.
#[must_use]
pub fn secret(key: &str, format: KeyFormat) -> Secret {
    Secret::new(&text_of(key, format), format).expect("a secret")
}

/// HMAC-SHA256, by the crate itself.
#[must_use]
pub fn tag(key: &[u8], content: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(content).finalize().into_bytes().into()
}

/// Standard base64.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

/// A SHA-256 in base64.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    base64(&Sha256::digest(bytes))
}

/// The settings of an account, and how the delivery to it is made.
#[derive(Arbitrary, Debug)]
pub struct Settings {
    /// The number of each secret's key.
    pub keys: [u8; 2],
    /// The number of secrets, and whether there is a token: if the provider allows it.
    pub shape: u8,
    /// Whether the delivery came with the token: 0 for without, 1 for the right one, else another.
    pub offered: u8,
    /// The zone of moments without one.
    pub zone: u8,
    /// The time of receipt, in milliseconds.
    pub now: u64,
}

impl Settings {
    /// The keys, as many as the provider allows.
    #[must_use]
    pub fn keys(&self, scheme: &Scheme) -> Vec<&'static str> {
        let least = usize::from(matches!(scheme, Scheme::Signed(_)));
        let most = if matches!(scheme, Scheme::UrlToken) { 0 } else { 2 };
        let count = usize::from(self.shape % 3).clamp(least, most);
        self.keys.map(key).into_iter().take(count).collect()
    }

    /// Returns a valid source.
    #[must_use]
    pub fn source(&self, provider: Arc<Provider>) -> Source {
        let keys = self.keys(&provider.scheme);
        let format = provider.scheme.key_format().unwrap_or(KeyFormat::Utf8);
        let secrets = keys.iter().map(|key| secret(key, format)).collect();
        let is_alone = keys.is_empty() || self.shape >= 128;
        let token = is_alone.then(|| Token::new(TOKEN).expect("a token"));
        Source::new(SOURCE, provider, secrets, token, zone(self.zone).into()).expect("a source")
    }

    /// The proof that the delivery came with the source's token.
    #[must_use]
    pub fn proof(&self, source: &Source) -> Option<TokenProof> {
        let another = format!("{TOKEN}{}", char::from(self.offered));
        let offered = match self.offered {
            0 => return None,
            1 => TOKEN,
            _ => &another,
        };
        source.token()?.check(offered)
    }

    /// Returns whether the delivery came with the source's token, computed apart from the core.
    #[must_use]
    pub fn is_proven(&self, source: &Source) -> bool {
        source.token().is_some() && self.offered == 1
    }

    /// The time of receipt.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.now)
    }
}

/// A zone by its number, or none.
#[must_use]
pub fn zone(at: u8) -> Option<UtcOffset> {
    let zone = ["", "Z", "+02:00", "-0930", "+23:59", "-23"][usize::from(at) % 6];
    UtcOffset::parse(zone)
}

/// A delivery to an account. Marks in its headers' values stand for text that only its sender
/// knows.
#[derive(Arbitrary, Debug)]
pub struct Delivered {
    /// The account.
    pub settings: Settings,
    /// The change in the body after it was signed: where, and which bits.
    pub changed: (u16, u8),
    /// How often U+0006 and U+0007 are repeated in the body, so that a small input is a large body.
    pub stretch: u8,
    /// The delivery.
    pub post: Post,
}

/// A delivery as it came, and the expected verdict.
pub struct Proven {
    /// The provider's account that it came to.
    pub source: Source,
    /// The delivery.
    pub post: Post,
    /// What proves it, computed apart from the core.
    pub due: Verdict,
}

impl Delivered {
    /// Returns the delivery to an account at this provider: replaces its marks, then changes its
    /// body.
    #[must_use]
    pub fn make(&self, provider: Arc<Provider>) -> Proven {
        let keys = self.settings.keys(&provider.scheme);
        let source = self.settings.source(provider);
        let name = source.provider().name.clone();
        let mut post = self.post.clone();
        post.body = stretched(&post.body, usize::from(self.stretch));
        let now = self.settings.now / 1000;
        post.fill(&[('\u{5}', now.to_string()), ('\u{6}', digest(&post.body))]);
        if let Some(content) = rule::content(&name, &post) {
            let is_hex = &*name == "wegocod";
            let text = |tag: [u8; 32]| if is_hex { hex::encode(tag) } else { base64(&tag) };
            let tags = keys.iter().map(|key| text(tag(key.as_bytes(), &content)));
            post.fill(&['\u{1}', '\u{2}'].into_iter().zip(tags).collect::<Vec<_>>());
        }
        if let Some(byte) = post.body.get_mut(usize::from(self.changed.0)) {
            *byte ^= self.changed.1;
        }
        let is_proven = self.settings.is_proven(&source);
        let lacks_token = source.token().is_some() && !is_proven;
        let verdict = || rule::verdict(&name, &post, &Known { keys: &keys, is_proven, now });
        let due = if lacks_token { None } else { verdict() };
        Proven { source, post, due }
    }
}

/// Returns a body in which one character is repeated, and two others stand for list entries.
fn stretched(body: &[u8], times: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for byte in body {
        match byte {
            6 => out.extend(b"{},".repeat(times * 8)),
            7 => out.extend(b"x".repeat(times * 600)),
            byte => out.push(*byte),
        }
    }
    out
}
