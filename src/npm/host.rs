//! What the package offers to the module.

use orderhook_core::{Answer, Signature};
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

    /// Checks a signature: the place of the algorithm among all, and the address and bytes of the
    /// key, the content and the signature. Returns 1 if it holds, 0 if it does not, and 2 if the
    /// runtime cannot say so now. Never throws.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)] // Three pieces of memory.
    pub(crate) fn signature(
        this: &Host,
        algorithm: usize,
        key: usize,
        key_bytes: usize,
        content: usize,
        content_bytes: usize,
        signature: usize,
        signature_bytes: usize,
    ) -> u32;

    /// Does the same as `sha256` for these bytes and, after them, the body that is not laid out.
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

    /// Checks a signature.
    pub(crate) fn check(&self, question: Signature<'_>) -> Answer {
        let Signature { algorithm, key, content, signature } = question;
        let content: Vec<u8> = content.iter().flatten().copied().collect();
        let place = |bytes: &[u8]| (bytes.as_ptr() as usize, bytes.len());
        let ((key, key_bytes), (content, content_bytes)) = (place(key), place(&content));
        let (signature, signature_bytes) = place(signature);
        let answer = self.signature(
            algorithm as usize,
            key,
            key_bytes,
            content,
            content_bytes,
            signature,
            signature_bytes,
        );
        match answer {
            0 | 1 => Answer::Holds(answer == 1),
            _ => Answer::Unavailable,
        }
    }
}
