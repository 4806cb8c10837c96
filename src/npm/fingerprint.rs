use sha2::{Digest as _, Sha256};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

/// Returns the SHA-256 of an account's settings, in hex. The package's cache uses it as a key,
/// since no secret may be in the cache's keys. The settings are wiped.
#[wasm_bindgen]
#[must_use]
#[allow(unreachable_pub)] // Its callers are in JavaScript.
pub fn fingerprint(settings: String) -> String {
    let settings = Zeroizing::new(settings);
    hex::encode(Sha256::digest(settings.as_bytes()))
}
