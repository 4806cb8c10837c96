//! Verifying what is long: the runtime's own SHA-256 hashes it four times as fast as WebAssembly,
//! but gives its digest later. So a delivery is held against its scheme twice: once to learn what
//! has to be hashed, and once with the digests.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
};

use js_sys::Uint8Array;
use orderhook_core::{Delivery, Digester, Refusal, Source, TokenProof, UnixMillis, Verified};

use crate::{
    io::{self, Failure},
    task::wait,
};

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
    let asked = Asked::default();
    // Its verdict rests on digests that are none: it counts only where nothing was asked.
    let verdict = source.verify_with(&asked, delivery, token, now);
    let asked = asked.0.into_inner();
    if asked.is_empty() {
        return verdict;
    }
    let known = digests(&asked).await.unwrap_or_default();
    source.verify_with(&Known { digests: known, next: Cell::new(0) }, delivery, token, now)
}

async fn digests(asked: &[Uint8Array]) -> Result<Vec<Digest>, Failure> {
    let mut digests = Vec::new();
    for bytes in asked {
        let mut digest = Digest::default();
        let hashed = wait(io::sha256(bytes)).await?;
        Uint8Array::new(&hashed).copy_to(&mut digest);
        digests.push(digest);
    }
    Ok(digests)
}

/// Notes what is to be hashed.
#[derive(Default)]
struct Asked(RefCell<Vec<Uint8Array>>);

impl Digester for Asked {
    fn sha256(&self, block: &[u8; BLOCK], parts: &[Cow<'_, [u8]>]) -> Option<Digest> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length < LONG {
            return None;
        }
        let bytes = Uint8Array::new_with_length(u32::try_from(BLOCK + length).ok()?);
        let mut at = 0;
        let parts = parts.iter().map(|part| &**part);
        for part in std::iter::once(block.as_slice()).chain(parts) {
            let end = at + u32::try_from(part.len()).ok()?;
            bytes.subarray(at, end).copy_from(part);
            at = end;
        }
        self.0.borrow_mut().push(bytes);
        Some(Digest::default())
    }
}

/// The digests of what was asked for, in the same order. What the runtime could not hash is left
/// to the core.
struct Known {
    digests: Vec<Digest>,
    next: Cell<usize>,
}

impl Digester for Known {
    fn sha256(&self, _: &[u8; BLOCK], parts: &[Cow<'_, [u8]>]) -> Option<Digest> {
        if parts.iter().map(|part| part.len()).sum::<usize>() < LONG {
            return None;
        }
        let next = self.next.get();
        self.next.set(next + 1);
        self.digests.get(next).copied()
    }
}
