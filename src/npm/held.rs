//! The number of secrets in accounts that JavaScript has not freed yet.
//!
//! An account is freed in a turn of the event loop, after the garbage collector has found it.
//! Without a bound, a loop that makes accounts would run out of memory, and the module would end in
//! a trap.

use std::cell::Cell;

/// The secrets that accounts may hold at a time. They take 16 of the 64 MiB that the module may
/// have.
pub(crate) const MAX_HELD_SECRETS: usize = 32_768;

/// The bytes of a declared definition that count as one secret: parsed, each takes up to eight.
pub(crate) const DEFINITION_BYTES: usize = 64;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// A share in [`MAX_HELD_SECRETS`]. It is given back on drop.
pub(crate) struct Held(usize);

impl Held {
    /// Takes a share. Returns `None` if less is left.
    pub(crate) fn take(share: usize) -> Option<Self> {
        let held = HELD.get().checked_add(share).filter(|held| *held <= MAX_HELD_SECRETS)?;
        HELD.set(held);
        Some(Self(share))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get() - self.0);
    }
}
