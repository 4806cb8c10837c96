//! What the package offers to the module.

use sha2::{Digest as _, Sha256};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The functions that the package offers to the module while it works on a delivery.
    pub type Host;

    /// Returns the value of a header. Never throws.
    #[wasm_bindgen(method)]
    pub(crate) fn header(this: &Host, name: &str) -> Option<String>;

    /// Writes the SHA-256 of the bytes at an address to another address. Returns whether it did.
    /// Never throws.
    #[wasm_bindgen(method)]
    pub(crate) fn sha256(this: &Host, at: usize, length: usize, to: usize) -> bool;

    /// Does the same for these bytes and, after them, the body that is not laid out.
    #[wasm_bindgen(method, js_name = sha256WithBody)]
    pub(crate) fn sha256_with_body(this: &Host, at: usize, length: usize, to: usize) -> bool;
}

impl Host {
    /// Returns the SHA-256 of some bytes of the module's memory. The core computes it if the host
    /// cannot.
    pub(crate) fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        if self.sha256(bytes.as_ptr() as usize, bytes.len(), digest.as_mut_ptr() as usize) {
            digest
        } else {
            Sha256::digest(bytes).into()
        }
    }
}
