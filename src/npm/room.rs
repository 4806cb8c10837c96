//! The room in the module's memory where JavaScript lays out a delivery: one copy of its bytes,
//! and one call with numbers.
//!
//! In front of the body is a head for what is hashed before it, so that the host hashes both as
//! one piece. Behind the body stand texts: a length of four bytes, the lowest first, and the
//! text's UTF-8; a length of `0xffff_ffff` is a text that is not there.

use std::{borrow::Cow, cell::RefCell};

use orderhook_core::Digester;
use wasm_bindgen::prelude::*;

use crate::Host;

/// Bytes of the head: the answer, the key's block, and what a scheme signs before the body.
const HEAD_BYTES: usize = 512;
const ABSENT: u32 = u32::MAX;

thread_local! {
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a body and texts of this many bytes. Its address; 0 where there is no memory
/// left.
#[wasm_bindgen]
#[must_use]
#[allow(unreachable_pub)] // Its callers are in JavaScript.
pub fn room(bytes: usize) -> usize {
    ROOM.with_borrow_mut(|room| {
        let wanted = bytes.saturating_add(HEAD_BYTES);
        if room.len() < wanted {
            // Grown in place it would be copied; what stood there is of no use.
            *room = Vec::new();
            if room.try_reserve_exact(wanted).is_err() {
                return 0;
            }
            room.resize(wanted, 0);
        }
        room.as_ptr() as usize + HEAD_BYTES
    })
}

/// What was laid out.
#[derive(Clone, Copy)]
pub(crate) struct Laid<'a> {
    pub(crate) body: &'a [u8],
    texts: &'a [u8],
}

impl Laid<'_> {
    /// Gives `work` what was laid out, a body of `body` bytes and texts of `texts`, and the head.
    /// Nothing where the room does not hold as much: it is gone where `work` ended in a trap.
    pub(crate) fn with<T>(
        body: usize,
        texts: usize,
        work: impl FnOnce(Laid<'_>, &mut [u8]) -> T,
    ) -> Option<T> {
        let mut room = ROOM.take();
        let laid = room.split_at_mut_checked(HEAD_BYTES).and_then(|(head, rest)| {
            let (body, rest) = rest.split_at_checked(body)?;
            Some((Laid { body, texts: rest.get(..texts)? }, head))
        });
        let done = laid.map(|(laid, head)| work(laid, head));
        // In any case: JavaScript goes on writing into it.
        ROOM.set(room);
        done
    }

    /// The text that stands at this place, counted from 0.
    pub(crate) fn text(&self, place: usize) -> Option<&str> {
        let mut rest = self.texts;
        for _ in 0..place {
            rest = after(rest)?.1;
        }
        std::str::from_utf8(after(rest)?.0?).ok()
    }
}

/// The first text's bytes, where it is one, and what follows it.
fn after(texts: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = texts.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length == ABSENT {
        return Some((None, rest));
    }
    let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Some(text), rest))
}

/// The host's SHA-256 over what stands in the room.
pub(crate) struct Native<'a> {
    pub(crate) host: &'a Host,
    pub(crate) head: RefCell<&'a mut [u8]>,
    /// The body that stands behind the head.
    pub(crate) body: &'a [u8],
}

impl Digester for Native<'_> {
    /// `None` where the content is longer than the head and does not end with the body.
    fn sha256(&self, block: &[u8; 64], parts: &[Cow<'_, [u8]>]) -> Option<[u8; 32]> {
        let (before, behind) = match parts.split_last() {
            Some((last, parts)) if std::ptr::eq(&raw const **last, self.body) => {
                (parts, last.len())
            }
            _ => (parts, 0),
        };
        let mut head = self.head.borrow_mut();
        let (answer, room) = head.split_first_chunk_mut()?;
        let length = block.len() + before.iter().map(|part| part.len()).sum::<usize>();
        let room = room.get_mut(room.len().checked_sub(length)?..)?;
        let mut rest = &mut *room;
        for part in std::iter::once(block.as_slice()).chain(before.iter().map(|part| &**part)) {
            let (place, behind) = rest.split_at_mut_checked(part.len())?;
            place.copy_from_slice(part);
            rest = behind;
        }
        let (at, to) = (room.as_ptr() as usize, answer.as_mut_ptr() as usize);
        let is_written = self.host.sha256(at, length + behind, to);
        // The block is the key's.
        room.fill(0);
        // Otherwise there stands the digest of another delivery.
        is_written.then_some(*answer)
    }
}
