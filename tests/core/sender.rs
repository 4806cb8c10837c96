//! The tests' own sender. Its tags come from the `hmac` crate alone.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Returns the number of cases that a property is tried on: `short` in `npm test`, ten times as many
/// in `.ci/long`, which sets LONG, and `PROPTEST_CASES` where that is set.
#[allow(dead_code)] // Not every suite has properties.
pub(crate) fn cases(short: u32) -> u32 {
    let set = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    set.unwrap_or(if std::env::var_os("LONG").is_some() { short * 10 } else { short })
}

/// Returns HMAC-SHA256 over the parts, joined without a separator.
#[allow(dead_code)] // Not every suite signs.
pub(crate) fn tag(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[allow(dead_code)] // Not every suite uses it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Returns a `Digest` header's value.
#[allow(dead_code)] // Not every suite uses it.
pub(crate) fn digest(body: &[u8]) -> String {
    format!("SHA-256={}", base64(&Sha256::digest(body)))
}
