//! The events that this isolate is taking, or took a short while ago. A copy that finds its event
//! here needs no call to KV and causes no error.
//!
//! It holds plain state. The runtime ties each promise and timer to the request that made it, so
//! none passes from one request to another: a copy looks here again on timers of its own.
//!
//! The state goes with the instance of the module that holds it, and so do the deliveries.

use std::cell::RefCell;

use orderhook_core::fnv1a;

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing, or a copy failed.
    Unknown,
    /// A copy is on its way.
    Pending,
    /// The queue has it.
    Safe,
}

/// The turn of a delivery that has an event on its way. A later delivery has another turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn(u32);

/// The number of sets, and of places in each set. A hash of an event's key chooses the set. A full
/// set forgets its oldest event, and a copy of that event is then looked up in KV.
const SETS: usize = 512;
const PLACES: usize = 4;

/// The milliseconds after which a delivery that has not reported its end counts as gone: the
/// runtime may end a request at any time.
const MAX_PENDING_MS: f64 = 60_000.0;

/// The milliseconds for which an event is known to be safe, at most.
pub(crate) const MAX_SAFE_MS: f64 = 10.0 * 60.0 * 1000.0;

struct Entry {
    /// `seen:{source}:{id}`, of at most 512 bytes.
    key: String,
    state: State,
    /// Milliseconds since 1970 from which on the entry says nothing any more.
    until: f64,
}

enum State {
    Pending(Turn),
    Safe,
}

#[derive(Default)]
struct Recent {
    /// Empty until the first event.
    sets: Vec<Vec<Entry>>,
    turns: u32,
}

thread_local! {
    static RECENT: RefCell<Recent> = const { RefCell::new(Recent { sets: Vec::new(), turns: 0 }) };
}

/// Returns what is known of a key's event.
pub(crate) fn standing(key: &str, now: f64) -> Standing {
    RECENT.with_borrow_mut(|recent| {
        let entry = recent.set(key).iter().find(|entry| entry.key == key && entry.until > now);
        match entry.map(|entry| &entry.state) {
            None => Standing::Unknown,
            Some(State::Pending(_)) => Standing::Pending,
            Some(State::Safe) => Standing::Safe,
        }
    })
}

/// Notes that a delivery has the key's event on its way.
pub(crate) fn begin(key: &str, now: f64) -> Turn {
    RECENT.with_borrow_mut(|recent| {
        recent.turns = recent.turns.wrapping_add(1);
        let turn = Turn(recent.turns);
        recent.put(key, State::Pending(turn), now + MAX_PENDING_MS, now);
        turn
    })
}

/// Notes that the key's event is safe, for `ms` milliseconds. It is safe for every copy, whichever
/// delivery says so.
pub(crate) fn safe(key: &str, now: f64, ms: f64) {
    RECENT.with_borrow_mut(|recent| recent.put(key, State::Safe, now + ms.min(MAX_SAFE_MS), now));
}

/// Forgets a delivery of the turn that ended without its event being safe.
pub(crate) fn end(key: &str, turn: Turn) {
    let is_its = |entry: &Entry| {
        matches!(entry.state, State::Pending(pending) if pending == turn) && entry.key == key
    };
    RECENT.with_borrow_mut(|recent| recent.set(key).retain(|entry| !is_its(entry)));
}

/// Forgets everything.
pub(crate) fn clear() {
    RECENT.take();
}

impl Recent {
    fn set(&mut self, key: &str) -> &mut Vec<Entry> {
        self.sets.resize_with(SETS, Vec::new);
        // Only authentic deliveries have keys, so an attacker cannot fill one set.
        #[allow(clippy::indexing_slicing)] // There are as many sets.
        &mut self.sets[fnv1a(key) as usize % SETS]
    }

    fn put(&mut self, key: &str, state: State, until: f64, now: f64) {
        let set = self.set(key);
        if let Some(entry) = set.iter_mut().find(|entry| entry.key == key) {
            (entry.state, entry.until) = (state, until);
            return;
        }
        set.retain(|entry| entry.until > now);
        if set.len() == PLACES {
            set.remove(oldest(set));
        }
        set.push(Entry { key: key.to_owned(), state, until });
    }
}

/// Returns the place of the entry to forget: the first that is safe, else the first. Entries stand
/// in the order in which they began.
fn oldest(set: &[Entry]) -> usize {
    set.iter().position(|entry| matches!(entry.state, State::Safe)).unwrap_or_default()
}
