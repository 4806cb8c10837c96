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
        if text("alg").is_some_and(|alg| !key.algorithm.is_named(alg)) {
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
        let algorithm = if let Some(point) = der.strip_prefix(ED25519)
            && is_ed25519(point)
        {
            Algorithm::Ed25519
        } else if let Some([4, point @ ..]) = der.strip_prefix(P256)
            && point.len() == 64
        {
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

/// The points of Ed25519 whose order is small, without the sign of `x`: with such a key, anyone can
/// make signatures that hold. The last three are 1 below the prime, the prime, and 1 above it.
const SMALL_ORDER: [[u8; 32]; 7] = [
    ends_in(0, 0, 0),
    ends_in(1, 0, 0),
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    ends_in(0xec, 0xff, 0x7f),
    ends_in(0xed, 0xff, 0x7f),
    ends_in(0xee, 0xff, 0x7f),
];

const fn ends_in(first: u8, others: u8, last: u8) -> [u8; 32] {
    let mut point = [others; 32];
    point[0] = first;
    point[31] = last;
    point
}

/// Whether a point is a key of Ed25519 that proves something.
fn is_ed25519(point: &[u8]) -> bool {
    let Ok(mut point) = <[u8; 32]>::try_from(point) else {
        return false;
    };
    point[31] &= 0x7f;
    !SMALL_ORDER.contains(&point)
}

/// Whether a key is RSA's, with a modulus that is long enough and an exponent that is odd and at
/// least 3.
fn is_rsa(der: &[u8]) -> bool {
    let parts = der.strip_prefix(b"\x30\x82").and_then(|rest| {
        let rest = rest.get(2..)?.strip_prefix(RSA)?;
        // BIT STRING, SEQUENCE and INTEGER, each with a length of two bytes.
        let rest = rest.strip_prefix(b"\x03\x82")?.get(2..)?.strip_prefix(b"\x00\x30\x82")?;
        let (length, rest) = rest.get(2..)?.strip_prefix(b"\x02\x82")?.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        rest.split_at_checked(length)
    });
    parts.is_some_and(|(modulus, exponent)| {
        let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
        MODULUS_BYTES.contains(&modulus.len())
            && modulus.first().is_some_and(|it| *it != 0)
            && is_exponent(exponent)
    })
}

/// Whether an INTEGER in DER is the exponent of an RSA key, of at most 127 bytes.
fn is_exponent(der: &[u8]) -> bool {
    let Some(([2, length @ ..=127], bytes)) = der.split_first_chunk() else {
        return false;
    };
    let is_odd = bytes.last().is_some_and(|last| last & 1 == 1);
    // Zeros before a number would hide that it is 1, and DER has none but for the sign.
    let is_shortest = !matches!(bytes, [0, ..=127, ..]);
    bytes.len() == usize::from(*length) && is_odd && is_shortest && bytes != [1]
}

/// Writes an RSA key in DER.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let [modulus, exponent] = [modulus, exponent].map(without_zeros);
    let key = tagged(0x30, &[integer(modulus), integer(exponent)].concat());
    let bits = tagged(3, &[&[0], key.as_slice()].concat());
    tagged(0x30, &[RSA, &bits].concat())
}

/// Returns a number without the zeros before it, which some writers of a JWK leave there.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    // A first bit that is set would make it negative.
    let sign: &[u8] = if bytes.first().is_some_and(|first| *first > 127) { &[0] } else { &[] };
    tagged(2, &[sign, bytes].concat())
}

/// Writes a value in DER: its tag, its length, and its bytes. No key that is taken has a value of
/// 128 to 255 bytes, whose length DER writes in yet another way.
fn tagged(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let [.., high, low] = bytes.len().to_be_bytes();
    let head: &[u8] = match bytes.len() {
        0..=127 => &[tag, low],
        _ => &[tag, 0x82, high, low],
    };
    [head, bytes].concat()
}
