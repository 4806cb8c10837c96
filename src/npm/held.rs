//! How many secrets the accounts hold that JavaScript has not let go of yet.
//!
//! An account is freed in a turn of its own, after the garbage collector has found it: without a
//! bound, a loop that makes one after another runs out of memory, and the module ends in a trap.

use std::cell::Cell;

/// Secrets that accounts may hold at a time: they take 16 of the 64 MiB that the module may have.
pub(crate) const MAX_HELD: usize = 32_768;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// The share of one account in [`MAX_HELD`], given back on drop.
pub(crate) struct Held(usize);

impl Held {
    /// Takes the share of an account with this many secrets: one secret's, where it has none.
    /// `None` where not as much is left.
    pub(crate) fn take(secrets: usize) -> Option<Self> {
        let share = secrets.max(1);
        let held = HELD.get().checked_add(share).filter(|held| *held <= MAX_HELD)?;
        HELD.set(held);
        Some(Self(share))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get() - self.0);
    }
}
