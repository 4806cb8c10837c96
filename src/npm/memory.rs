//! The part of the module's memory in which JavaScript lays a delivery out. It takes one copy of
//! its bytes, and one call with numbers.
//!
//! | bytes | |
//! |---|---|
//! | 512 | the head: the host writes a digest to its beginning; the bytes that are signed before the body end it |
//! | any | the body |
//! | each 4 + n | the texts: a length, lowest byte first, and UTF-8; `0xffff_ffff` for a missing text |
//!
//! The JavaScript half is `pkg/lib/memory.js`.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
};

use orderhook_core::{Answer, Headers, Parts, Question};
use wasm_bindgen::prelude::*;

use crate::host::Host;

/// The bytes of the head: the digest, the key's block, and what a scheme signs before the body.
const HEAD_BYTES: usize = 512;
const ABSENT: u32 = u32::MAX;

thread_local! {
    static MEMORY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Reserves memory for a body and texts of this many bytes. Returns its address, or 0 if no memory
/// is left.
#[wasm_bindgen]
#[must_use]
#[allow(unreachable_pub)] // Its callers are in JavaScript.
pub fn reserve(bytes: usize) -> usize {
    MEMORY.with_borrow_mut(|memory| {
        let wanted = bytes.saturating_add(HEAD_BYTES);
        if memory.len() < wanted {
            // Growing in place would copy the old bytes, which are of no use.
            *memory = Vec::new();
            if memory.try_reserve_exact(wanted).is_err() {
                return 0;
            }
            memory.resize(wanted, 0);
        }
        memory.as_ptr() as usize + HEAD_BYTES
    })
}

/// A delivery that was laid out.
#[derive(Clone, Copy)]
pub(crate) struct Laid<'a> {
    pub(crate) body: &'a [u8],
    texts: &'a [u8],
}

impl Laid<'_> {
    /// Calls `work` with a body of `body` bytes, texts of `texts` bytes, and the head. Returns
    /// `None` if fewer bytes are laid out: the memory is lost with a call that ended in a trap.
    pub(crate) fn with<T>(
        body: usize,
        texts: usize,
        work: impl FnOnce(Laid<'_>, &mut [u8]) -> T,
    ) -> Option<T> {
        let mut memory = MEMORY.take();
        let laid = memory.split_at_mut_checked(HEAD_BYTES).and_then(|(head, rest)| {
            let (body, rest) = rest.split_at_checked(body)?;
            Some((Laid { body, texts: rest.get(..texts)? }, head))
        });
        let done = laid.map(|(laid, head)| work(laid, head));
        // In any case, since JavaScript writes the next delivery into it.
        MEMORY.set(memory);
        done
    }

    /// Returns the text at this place, counted from 0.
    pub(crate) fn text(&self, place: usize) -> Option<&str> {
        let mut rest = self.texts;
        for _ in 0..place {
            rest = after(rest)?.1;
        }
        std::str::from_utf8(after(rest)?.0?).ok()
    }
}

/// Returns the first text's bytes, if it is not missing, and the texts after it.
fn after(texts: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = texts.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length == ABSENT {
        return Some((None, rest));
    }
    let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Some(text), rest))
}

/// The headers of a delivery that was laid out. Those of these names are laid out with it; others
/// are read from JavaScript.
pub(crate) struct KnownHeaders<'a> {
    pub(crate) names: &'a [Box<str>],
    pub(crate) laid: Laid<'a>,
    pub(crate) host: &'a Host,
}

impl Headers for KnownHeaders<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.names.iter().position(|known| **known == *name) {
            Some(place) => self.laid.text(place).map(Cow::Borrowed),
            None => self.host.header(name).map(Cow::Owned),
        }
    }
}

/// The host's hash, over a delivery that was laid out.
pub(crate) struct HostHash<'a> {
    pub(crate) host: &'a Host,
    pub(crate) head: &'a mut [u8],
    /// The body that is laid out after the head.
    pub(crate) body: &'a [u8],
    /// Set for a body that JavaScript has kept. The host adds it where the empty one stands that is
    /// laid out.
    pub(crate) kept: Option<&'a Kept>,
}

/// A body that is not laid out.
#[derive(Default)]
pub(crate) struct Kept {
    /// Whether the host could not hash it: then no verdict on it counts.
    pub(crate) is_unanswered: Cell<bool>,
}

impl HostHash<'_> {
    pub(crate) fn answer(&mut self, question: Question<'_>) -> Answer {
        let parts = match question {
            Question::Sha256(parts) => parts,
            Question::Signature(signature) => return self.host.check(signature),
        };
        match (self.sha256(parts), self.kept) {
            (Some(digest), _) => Answer::Sha256(digest),
            (None, None) => Answer::Unanswered,
            (None, Some(kept)) => {
                // The core has no body to hash in the host's place.
                kept.is_unanswered.set(true);
                Answer::Unavailable
            }
        }
    }

    /// Lays the parts out before the body, so that the host hashes one piece. Returns `None` if
    /// they are longer than the head, do not end with the body, or could not be hashed.
    fn sha256(&mut self, parts: Parts<'_>) -> Option<[u8; 32]> {
        let ends_with_body =
            parts.iter().last().is_some_and(|last| std::ptr::eq(&raw const *last, self.body));
        let after = if ends_with_body { self.body.len() } else { 0 };
        let length = parts.bytes() - after;
        let (answer, place) = self.head.split_first_chunk_mut()?;
        let place = place.get_mut(place.len().checked_sub(length)?..)?;
        let mut rest = &mut *place;
        for part in parts.iter() {
            let Some((start, end)) = rest.split_at_mut_checked(part.len()) else {
                break;
            };
            start.copy_from_slice(part);
            rest = end;
        }
        let (at, to) = (place.as_ptr() as usize, answer.as_mut_ptr() as usize);
        let is_written = match self.kept {
            None => self.host.sha256(at, length + after, to),
            Some(_) => ends_with_body && self.host.sha256_with_body(at, length, to),
        };
        // The first part is derived from the key.
        place.fill(0);
        // Otherwise it holds the digest of another delivery.
        is_written.then_some(*answer)
    }
}
