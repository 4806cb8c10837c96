use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::{Zeroize, Zeroizing};

use crate::scheme::{
    definition::{KeyFormat, Scheme},
    encoding::TAG_BYTES,
    hash::Hash,
    html,
    mac::{BLOCK_BYTES, HmacHalves, Mac, MacKind, Tag},
    public_key::PublicKey,
};

/// The bytes that a token must have, so that it cannot be guessed.
pub const MIN_TOKEN_BYTES: usize = 16;

/// A signing secret, prepared for verifying.
///
/// It holds the keyed state of the MAC, and the key's block for a host that hashes in the core's
/// place. It is wiped on drop, elided in `Debug`, not `Clone`, and never empty.
///
/// ```
/// use orderhook_core::{KeyFormat, Secret, SecretError};
///
/// let text = Secret::new("abc", KeyFormat::Utf8)?;
/// let base64 = Secret::new("whsec_YWJj", KeyFormat::Whsec)?;
/// assert!(text.is_same_key(&base64));
/// assert_eq!(format!("{text:?}"), "Secret(…)");
/// assert_eq!(Secret::new("undefined", KeyFormat::Utf8).err(), Some(SecretError::NotSet));
/// # Ok::<_, SecretError>(())
/// ```
pub struct Secret {
    mac: Mac,
    /// For HMAC-SHA256 only.
    halves: Option<HmacHalves>,
    /// The public keys that it holds, for a scheme that has no secret.
    keys: Vec<PublicKey>,
    key_bytes: usize,
}

impl Secret {
    /// Prepares a secret for HMAC-SHA256, as the provider's portal shows it.
    ///
    /// Blanks around a UTF-8 secret are part of it.
    ///
    /// # Errors
    ///
    /// Fails if the text is blank, is not written in `format`, or is what JavaScript makes of a
    /// value that is not set.
    pub fn new(text: &str, format: KeyFormat) -> Result<Self, SecretError> {
        Self::of(text, format, MacKind::Hmac(Hash::Sha256))
    }

    /// Prepares a secret for a MAC of any kind, as [`Secret::new`] does.
    ///
    /// # Errors
    ///
    /// Fails as [`Secret::new`] does.
    pub fn of(text: &str, format: KeyFormat, kind: MacKind) -> Result<Self, SecretError> {
        let secret = Self::prepare(text, format, kind);
        wipe_stack();
        secret
    }

    // Not inlined, so that its stack lies where `wipe_stack` wipes.
    #[inline(never)]
    fn prepare(text: &str, format: KeyFormat, kind: MacKind) -> Result<Self, SecretError> {
        if text.trim().is_empty() {
            return Err(SecretError::Empty);
        }
        if is_not_set(text.strip_prefix("whsec_").unwrap_or(text)) {
            return Err(SecretError::NotSet);
        }
        let key = Zeroizing::new(match format {
            KeyFormat::Utf8 | KeyFormat::Nfkd => text.as_bytes().to_vec(),
            KeyFormat::Base64 => decode_base64(text)?,
            KeyFormat::Hex => hex::decode(text).map_err(|_| SecretError::NotHex)?,
            KeyFormat::Whsec => decode_base64(text.strip_prefix("whsec_").unwrap_or(text))?,
            KeyFormat::Html => html::decoded(text).as_bytes().to_vec(),
        });
        if key.is_empty() {
            return Err(SecretError::Empty);
        }
        let halves = (kind == MacKind::Hmac(Hash::Sha256)).then(|| HmacHalves::new(&key));
        Ok(Self { mac: Mac::new(kind, &key), halves, keys: Vec::new(), key_bytes: key.len() })
    }

    /// Takes public keys, as [`PublicKey::parse`] reads them.
    ///
    /// # Errors
    ///
    /// Fails if the text has no public key that can be used.
    pub fn of_public_keys(text: &str) -> Result<Self, SecretError> {
        if text.trim().is_empty() {
            return Err(SecretError::Empty);
        }
        if is_not_set(text) {
            return Err(SecretError::NotSet);
        }
        let keys = PublicKey::parse(text);
        if keys.is_empty() {
            return Err(SecretError::NotAKey);
        }
        Ok(Self::of_keys(keys))
    }

    /// Takes each public key of a text as a secret of its own, whose key is tried whichever one a
    /// signature names.
    #[must_use]
    pub fn of_each_key(text: &str) -> Vec<Self> {
        let keys = PublicKey::parse(text).into_iter();
        keys.map(|key| Self::of_keys(vec![PublicKey { id: None, ..key }])).collect()
    }

    fn of_keys(keys: Vec<PublicKey>) -> Self {
        let all: Vec<_> = keys.iter().flat_map(|key| key.spki.clone()).collect();
        let mac = Mac::new(MacKind::Suffix(Hash::Sha256), &all);
        Self { mac, halves: None, keys, key_bytes: all.len() }
    }

    /// Returns the public keys that it holds.
    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Returns the length of the key in bytes.
    #[must_use]
    pub fn key_bytes(&self) -> usize {
        self.key_bytes
    }

    /// Whether another secret has the same key, even in another format. Compares in constant time.
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.mac().tag().matches(&other.mac().tag().bytes())
    }

    /// Returns the MAC, keyed with this secret.
    #[must_use]
    pub fn mac(&self) -> Mac {
        self.mac.clone()
    }

    /// Returns the tag of this content.
    #[inline(never)] // Its callers share it.
    pub(crate) fn tag(&self, content: &[Cow<'_, [u8]>]) -> Tag {
        let mut mac = self.mac();
        for part in content {
            mac.update(part);
        }
        mac.tag()
    }

    /// Returns the block that a host hashes before the content; `None` if no host can.
    pub(crate) fn block(&self) -> Option<&[u8; BLOCK_BYTES]> {
        self.halves.as_ref().map(HmacHalves::block)
    }

    /// Returns the tag of a content, from the host's SHA-256 of the block and the content.
    pub(crate) fn tag_of_digest(&self, digest: [u8; TAG_BYTES]) -> Option<Tag> {
        self.halves.as_ref().map(|halves| halves.tag(digest))
    }

    /// Returns the token that the secret is, for a scheme that sends it.
    pub(super) fn token(&self) -> &[u8] {
        self.mac.suffix().unwrap_or_default()
    }
}

impl Scheme {
    /// Prepares a secret of this scheme. A scheme without secrets takes any text:
    /// [`Source::new`](crate::Source::new) refuses it.
    ///
    /// # Errors
    ///
    /// Fails as [`Secret::new`] does. Fails if the scheme sends the secret, and it is short.
    pub fn secret(&self, text: &str) -> Result<Secret, SecretError> {
        if self.has_public_keys() {
            let secret = Secret::of_public_keys(text)?;
            let is_known = match self {
                Self::PublicKey(scheme) => {
                    secret.keys.iter().any(|key| key.algorithm == scheme.algorithm)
                }
                _ => true,
            };
            return if is_known { Ok(secret) } else { Err(SecretError::OtherAlgorithm) };
        }
        let format = self.key_format().unwrap_or(KeyFormat::Utf8);
        let secret = Secret::of(text, format, self.mac_kind())?;
        if let Self::Token(scheme) = self
            && scheme.secret_part(text).len() < MIN_TOKEN_BYTES
        {
            let is_basic = scheme.is_basic;
            return Err(if is_basic { SecretError::ShortPassword } else { SecretError::Short });
        }
        Ok(secret)
    }
}

/// Overwrites the part of the stack that the last call used. It holds copies of a key, which no
/// destructor reaches.
#[inline(never)]
fn wipe_stack() {
    const STACK_BYTES: usize = 4096;
    let mut area = [0_u8; STACK_BYTES];
    area.zeroize();
    std::hint::black_box(&mut area);
}

/// Whether a text is what JavaScript makes of a value that is not set.
pub(crate) fn is_not_set(text: &str) -> bool {
    matches!(text, "undefined" | "null")
}

fn decode_base64(text: &str) -> Result<Vec<u8>, SecretError> {
    STANDARD.decode(text).map_err(|_| SecretError::NotBase64)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A reason why a text is not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// The text is empty or blank.
    Empty,
    /// `undefined` or `null`: a value that is not set was made into text.
    NotSet,
    /// The format is base64, but the text is not.
    NotBase64,
    /// The format is hex, but the text is not.
    NotHex,
    /// It is sent with each delivery, and can be guessed.
    Short,
    /// It is not a user and a password, or the password can be guessed.
    ShortPassword,
    /// The text is no public key that can be used.
    NotAKey,
    /// None of the public keys is of the scheme's algorithm.
    OtherAlgorithm,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::NotSet => {
                "is the text of a value that is not set: set the variable it comes from"
            }
            Self::NotBase64 => "is not standard base64 with its padding",
            Self::NotHex => "is not hex",
            Self::NotAKey => {
                "is no public key: give a PEM `PUBLIC KEY`, a JWK or a JWK set of RSA from 2048 bits on, P-256 or Ed25519"
            }
            Self::OtherAlgorithm => {
                "has no public key of the algorithm by which this provider signs"
            }
            Self::Short => {
                "has fewer than 16 bytes and can be guessed: set a longer one at the provider"
            }
            Self::ShortPassword => {
                "must be `user:password`, and the password must have at least 16 bytes: a shorter one can be guessed"
            }
        })
    }
}

impl std::error::Error for SecretError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, format: KeyFormat, error: SecretError) {
        assert_eq!(Secret::new(text, format).err(), Some(error), "{text:?} as {format:?}");
    }

    #[test]
    fn an_empty_secret_is_refused() {
        for format in KeyFormat::ALL {
            for text in ["", " ", "\t\r\n"] {
                refused(text, format, SecretError::Empty);
            }
        }
        refused("whsec_", KeyFormat::Whsec, SecretError::Empty);
    }

    #[test]
    fn a_secret_in_another_format_is_refused() {
        refused("whsec_abc", KeyFormat::Whsec, SecretError::NotBase64);
        refused("YWJj\n", KeyFormat::Base64, SecretError::NotBase64);
        refused("YWI", KeyFormat::Base64, SecretError::NotBase64);
        refused("abc", KeyFormat::Hex, SecretError::NotHex);
        refused("zz", KeyFormat::Hex, SecretError::NotHex);
    }

    #[test]
    fn every_format_gives_the_same_key() {
        let tag =
            |text, format| Secret::new(text, format).expect(text).mac().tag().bytes().to_vec();
        let expected = tag("abc", KeyFormat::Utf8);
        for (text, format) in [
            ("abc", KeyFormat::Html),
            ("abc", KeyFormat::Nfkd),
            ("YWJj", KeyFormat::Base64),
            ("616263", KeyFormat::Hex),
            ("YWJj", KeyFormat::Whsec),
            ("whsec_YWJj", KeyFormat::Whsec),
        ] {
            assert_eq!(tag(text, format), expected, "{text}");
        }
    }

    #[test]
    fn a_value_that_is_not_set_is_refused() {
        for format in KeyFormat::ALL {
            for text in ["undefined", "null", "whsec_undefined", "whsec_null"] {
                refused(text, format, SecretError::NotSet);
            }
        }
        assert!(Secret::new("undefined1", KeyFormat::Utf8).is_ok());
    }

    #[test]
    fn keys_in_different_formats_are_compared() {
        let secret = |text, format| Secret::new(text, format).expect(text);
        let key = secret("abc", KeyFormat::Utf8);
        assert!(key.is_same_key(&secret("whsec_YWJj", KeyFormat::Whsec)));
        assert!(!key.is_same_key(&secret("YWJj", KeyFormat::Utf8)));
        assert_eq!((key.key_bytes(), secret("YWJj", KeyFormat::Base64).key_bytes()), (3, 3));
    }

    #[test]
    fn debug_elides_the_value() {
        let secret = Secret::new("hunter2", KeyFormat::Utf8).expect("secret");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
