use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use crate::{
    json::{Json, Object},
    scheme::algorithm::Algorithm,
};

/// The keys of one set that are looked at.
pub const MAX_KEYS: usize = 16;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The id by which a signature names it.
    pub(crate) id: Option<Box<str>>,
    pub(crate) algorithm: Algorithm,
    /// The key as a `SubjectPublicKeyInfo` (RFC 5280), in DER.
    pub(crate) spki: Vec<u8>,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(…)")
    }
}

/// What a key of 32 bytes of Ed25519 begins with, and one of 65 bytes of P-256 (RFC 8410, 5480).
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// The algorithm of an RSA key (RFC 3279).
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// The bytes of an RSA modulus: 2048 to 8192 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

impl PublicKey {
    /// Reads keys: a PEM `PUBLIC KEY`, a JWK, a JWK set, or the raw bytes of one in base64. Returns
    /// none if the text has no key that can be used.
    #[must_use]
    pub fn parse(text: &str) -> Vec<Self> {
        let text = text.trim();
        if text.starts_with('{') {
            return Self::of_json(text);
        }
        // A variable that was set on one line may have its line breaks written out.
        let text = text.replace("\\n", "\n");
        der(text.trim()).and_then(|der| Self::of_der(&der)).into_iter().collect()
    }

    /// Reads a JWK set, or a JWK. Keys that cannot be used are passed over.
    #[must_use]
    pub fn of_json(text: &str) -> Vec<Self> {
        let Ok(json) = Json::parse(text) else {
            return Vec::new();
        };
        let Some(root) = json.object() else {
            return Vec::new();
        };
        let list = ["keys", "signing_keys"].iter().find_map(|name| root.get(name)?.list());
        match list {
            Some(list) => {
                let objects = list.iter().take(MAX_KEYS).filter_map(Json::object);
                objects.filter_map(Self::of_jwk).collect()
            }
            None => Self::of_jwk(root).into_iter().collect(),
        }
    }

    fn of_jwk(jwk: &Object<'_>) -> Option<Self> {
        let text = |name| jwk.get(name).and_then(Json::text);
        let bytes = |name| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|it| it != "sig") {
            return None;
        }
        let operations = jwk.get("key_ops").map(|list| list.list().unwrap_or_default());
        if operations.is_some_and(|it| !it.iter().any(|it| it.text() == Some("verify"))) {
            return None;
        }
        let mut key = match (text("kty")?, text("crv")) {
            ("OKP", Some("Ed25519")) => Self::of_raw(&bytes("x")?)?,
            ("EC", Some("P-256")) => {
                let raw = [&[4][..], &bytes("x")?, &bytes("y")?].concat();
                Self::of_raw(&raw)?
            }
            ("RSA", _) => Self::of_der(&rsa(&bytes("n")?, &bytes("e")?))?,
            _ => return None,
        };
        if text("alg").is_some_and(|alg| alg != key.algorithm.jws() && alg != "Ed25519") {
            return None;
        }
        key.id = text("kid").map(Into::into);
        Some(key)
    }

    fn of_raw(raw: &[u8]) -> Option<Self> {
        let start = match raw.len() {
            32 => ED25519,
            65 => P256,
            _ => return None,
        };
        Self::of_der(&[start, raw].concat())
    }

    /// Reads a `SubjectPublicKeyInfo`, or the raw bytes of a key.
    fn of_der(der: &[u8]) -> Option<Self> {
        let algorithm = if der.len() == ED25519.len() + 32 && der.starts_with(ED25519) {
            Algorithm::Ed25519
        } else if der.len() == P256.len() + 65 && der.starts_with(P256) {
            Algorithm::EcdsaP256
        } else if is_rsa(der) {
            Algorithm::RsaSha256
        } else {
            return if matches!(der.len(), 32 | 65) { Self::of_raw(der) } else { None };
        };
        Some(Self { id: None, algorithm, spki: der.to_vec() })
    }
}

/// Returns the bytes of a PEM, or of a text in base64.
fn der(text: &str) -> Option<Vec<u8>> {
    let inner = match text.strip_prefix("-----BEGIN PUBLIC KEY-----") {
        Some(rest) => rest.strip_suffix("-----END PUBLIC KEY-----")?,
        None => text,
    };
    let packed: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

/// Whether a key is RSA's, with a modulus that is long enough.
fn is_rsa(der: &[u8]) -> bool {
    let modulus = der.strip_prefix(b"\x30\x82").and_then(|rest| {
        let rest = rest.get(2..)?.strip_prefix(RSA)?;
        // BIT STRING, SEQUENCE and INTEGER, each with a length of two bytes.
        let rest = rest.strip_prefix(b"\x03\x82")?.get(2..)?.strip_prefix(b"\x00\x30\x82")?;
        let (length, rest) = rest.get(2..)?.strip_prefix(b"\x02\x82")?.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        rest.get(..length)
    });
    modulus.is_some_and(|modulus| {
        let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
        MODULUS_BYTES.contains(&modulus.len()) && modulus.first().is_some_and(|it| *it != 0)
    })
}

/// Writes an RSA key in DER.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = tagged(0x30, &[integer(modulus), integer(exponent)].concat());
    let bits = tagged(3, &[&[0], key.as_slice()].concat());
    tagged(0x30, &[RSA, &bits].concat())
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    // A first bit that is set would make it negative.
    let sign: &[u8] = if bytes.first().is_some_and(|first| *first > 127) { &[0] } else { &[] };
    tagged(2, &[sign, bytes].concat())
}

/// Writes a value in DER: its tag, its length, and its bytes.
fn tagged(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let [.., high, low] = bytes.len().to_be_bytes();
    let head: &[u8] = match bytes.len() {
        0..=127 => &[tag, low],
        128..=255 => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    [head, bytes].concat()
}
