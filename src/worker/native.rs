//! Verifying what is long: the runtime's own SHA-256 hashes it four times as fast as WebAssembly,
//! but gives its digest later. So a delivery is held against its scheme until nothing is left to
//! be hashed: once more for each secret that is tried.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
};

use js_sys::Uint8Array;
use orderhook_core::{Delivery, Digester, Refusal, Source, TokenProof, UnixMillis, Verified};

use crate::{failure::Failure, io, task::wait};

/// Bytes from which on the runtime's hash is worth its turn. Measured by the Worker's benchmark.
const LONG: usize = 8 * 1024;

const BLOCK: usize = 64;
type Digest = [u8; 32];

/// Holds a delivery against its source's scheme, as [`Source::verify`] does.
pub(crate) async fn verify<'a>(
    source: &Source,
    delivery: Delivery<'a>,
    token: Option<TokenProof>,
    now: UnixMillis,
) -> Result<Verified<'a>, Refusal> {
    if delivery.body.len() < LONG {
        return source.verify(delivery, token, now);
    }
    let mut native = Native::default();
    loop {
        let verdict = source.verify_with(&native, delivery, token, now);
        // A verdict that rests on a digest which is none is nobody's.
        let Some(bytes) = native.asked.take() else {
            return verdict;
        };
        let Ok(digest) = digest(&bytes).await else {
            return source.verify(delivery, token, now);
        };
        native.known.push(digest);
        native.next.set(0);
    }
}

async fn digest(bytes: &Uint8Array) -> Result<Digest, Failure> {
    let mut digest = Digest::default();
    let hashed = wait(io::sha256(bytes)).await?;
    Uint8Array::new(&hashed).copy_to(&mut digest);
    Ok(digest)
}

/// Has what is known, in the order in which it is asked for: once for each secret that is tried.
/// What comes next is noted.
#[derive(Default)]
struct Native {
    known: Vec<Digest>,
    next: Cell<usize>,
    asked: RefCell<Option<Uint8Array>>,
}

impl Digester for Native {
    fn sha256(&self, block: &[u8; BLOCK], parts: &[Cow<'_, [u8]>]) -> Option<Digest> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length < LONG {
            return None;
        }
        let next = self.next.get();
        self.next.set(next + 1);
        if let Some(digest) = self.known.get(next) {
            return Some(*digest);
        }
        let mut asked = self.asked.borrow_mut();
        if asked.is_none() {
            *asked = Some(joined(block, parts, u32::try_from(BLOCK + length).ok()?)?);
        }
        Some(Digest::default())
    }
}

/// The block, and the parts behind it, on the host's side.
fn joined(block: &[u8; BLOCK], parts: &[Cow<'_, [u8]>], length: u32) -> Option<Uint8Array> {
    let bytes = Uint8Array::new_with_length(length);
    let mut at = 0;
    let parts = parts.iter().map(|part| &**part);
    for part in std::iter::once(block.as_slice()).chain(parts) {
        let end = at + u32::try_from(part.len()).ok()?;
        bytes.subarray(at, end).copy_from(part);
        at = end;
    }
    Some(bytes)
}
