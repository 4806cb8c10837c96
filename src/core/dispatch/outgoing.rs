//! Signs messages to endpoints, as Standard Webhooks says.

use sha2::{Digest, Sha256};

use crate::{
    delivery::Delivery,
    scheme::{
        Age, Encoding, Fields, Hash, KeyFormat, Layout, MacKind, Part, Place, Scheme, Secret,
        Signed, Stamp, Tags, TimeForms,
    },
    time::UnixMillis,
};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// The bytes that the key of an endpoint's secret has, at least and at most.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Returns the id of an event's message: the same for every attempt and every endpoint. It is a hash,
/// since an event's id may have a full stop, which separates the parts of the signed content.
/// `again` tells an event from others of its id; 0 where there are no others.
#[must_use]
pub fn message_id(source: &str, id: &str, again: i64) -> String {
    let hash = Sha256::new().chain_update(source).chain_update("\n").chain_update(id);
    let hash = if again == 0 { hash } else { hash.chain_update(format!("\n{again}")) };
    ["msg_", &base32(&hash.finalize())].concat()
}

/// Reads an endpoint's secret: `whsec_` and the base64 of 24 to 64 bytes. Returns `None` for any
/// other text.
#[must_use]
pub fn endpoint_secret(text: &str) -> Option<Secret> {
    let secret = text.starts_with("whsec_").then(|| Secret::new(text, KeyFormat::Whsec))?.ok()?;
    KEY_BYTES.contains(&secret.key_bytes()).then_some(secret)
}

/// Returns the headers that prove a message to its receiver. The signature has a tag of each secret.
///
/// ```
/// use orderhook_core::{UnixMillis, dispatch::{endpoint_secret, sign_message}};
///
/// let secret = endpoint_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
/// let body = br#"{"test": 2432232314}"#;
/// let now = UnixMillis(1_614_265_330_000);
/// let headers = sign_message("msg_p5jXN8AQM9LWM0D4loKWxJek", body, &[secret], now);
/// assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
/// ```
#[must_use]
pub fn sign_message(
    id: &str,
    body: &[u8],
    secrets: &[Secret],
    now: UnixMillis,
) -> [(&'static str, String); 3] {
    let (scheme, headers) = (scheme(), [(ID, id)]);
    let delivery = Delivery { headers: &&headers[..], url: "", body };
    let tags: Vec<String> = secrets
        .iter()
        .filter_map(|secret| scheme.sign(secret, &delivery, now).ok())
        .flatten()
        .filter_map(|(name, value)| (name == SIGNATURE).then_some(value))
        .collect();
    [(ID, id.to_owned()), (TIMESTAMP, now.seconds().to_string()), (SIGNATURE, tags.join(" "))]
}

/// Returns the scheme of `providers/standard-webhooks/provider.toml`.
fn scheme() -> Scheme {
    let dot = || Part::Literal(".".into());
    Scheme::Signed(Signed {
        mac: MacKind::Hmac(Hash::Sha256),
        key: KeyFormat::Whsec,
        tags: Tags {
            place: Place::Header(SIGNATURE.into()),
            layout: Layout::Listed(' ', "v1,".into()),
            encodings: vec![Encoding::Base64],
        },
        content: vec![Part::Header(ID.into()), dot(), Part::Timestamp, dot(), Part::Body],
        age: Some((Stamp::Header(TIMESTAMP.into()), Age { past: 300, future: 300 })),
        forms: TimeForms::default(),
        fields: Fields::default(),
    })
}

/// Returns base32 (RFC 4648) in lower case, without padding.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0);
    let digit = |five: u32| {
        let at = usize::try_from(five & 31).unwrap_or(0);
        DIGITS.get(at).map_or('a', |digit| char::from(*digit))
    };
    for byte in bytes {
        (bits, count) = (bits << 8 | u32::from(*byte), count + 8);
        while count >= 5 {
            count -= 5;
            text.push(digit(bits >> count));
        }
        bits &= 31;
    }
    if count > 0 {
        text.push(digit(bits << (5 - count)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "my======"),
            ("fo", "mzxq===="),
            ("foo", "mzxw6==="),
            ("foob", "mzxw6yq="),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi======"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text.trim_end_matches('='), "{bytes:?}");
        }
    }
}
