//! Hashes long bodies natively, and checks signatures. The runtime's own SHA-256 is four times as fast as the module's,
//! but answers later.

use js_sys::Uint8Array;
use orderhook_core::{Answer, Parts, Signature};

use super::{Host, answered, sha256, signature};

/// The bytes from which on the runtime's hash is worth its wait, by the Worker's benchmark.
pub(crate) const LONG_BYTES: usize = 8 * 1024;

/// Hashes the parts.
pub(crate) async fn hash(host: &Host, parts: Parts<'_>) -> Answer {
    let Some(bytes) = copied(parts) else {
        return Answer::Unanswered;
    };
    sha256(host, &bytes);
    let Ok(hashed) = answered().await else {
        return Answer::Unanswered;
    };
    let hashed = Uint8Array::new(&hashed);
    let mut digest = [0; 32];
    if hashed.length() != 32 {
        return Answer::Unanswered;
    }
    hashed.copy_to(&mut digest);
    Answer::Sha256(digest)
}

/// Checks a signature, within `ms` milliseconds. The core cannot.
pub(crate) async fn check(host: &Host, question: Signature<'_>, ms: u32) -> Answer {
    let Signature { algorithm, key, content, signature: tag } = question;
    let Some(content) = copied(content) else {
        return Answer::Unavailable;
    };
    signature(host, algorithm as u32, &Uint8Array::from(key), &content, &Uint8Array::from(tag), ms);
    match answered().await {
        Ok(holds) => holds.as_bool().map_or(Answer::Unavailable, Answer::Holds),
        Err(_) => Answer::Unavailable,
    }
}

/// Copies the parts to the host, one after another.
fn copied(parts: Parts<'_>) -> Option<Uint8Array> {
    let bytes = Uint8Array::new_with_length(u32::try_from(parts.bytes()).ok()?);
    let mut at = 0;
    for part in parts.iter() {
        let end = at + u32::try_from(part.len()).ok()?;
        bytes.subarray(at, end).copy_from(part);
        at = end;
    }
    Some(bytes)
}
