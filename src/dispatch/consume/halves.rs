use super::messages::Messages;
use crate::host::CallError;

/// The questions that may be asked once more for a batch, in halves. Two messages among a hundred
/// are found with 28; a journal that fails for every message gets no more than these.
const MAX_QUESTIONS: usize = 32;

/// Divides messages that failed together, so that one that cannot be kept holds up no other.
pub(super) struct Halves {
    /// The questions that are left.
    left: usize,
}

impl Halves {
    pub(super) fn new() -> Self {
        Self { left: MAX_QUESTIONS }
    }

    /// Returns the two halves of places that failed together; `None` if they are not to be asked
    /// for now. No message causes a failure of the object itself. A first failure is often gone
    /// with the retry.
    pub(super) fn of(
        &mut self,
        messages: &Messages<'_>,
        places: &[usize],
        error: &CallError,
    ) -> Option<[Vec<usize>; 2]> {
        let may_help = !error.is_of_object && places.len() > 1 && messages.came_before(places);
        if !may_help {
            return None;
        }
        self.left = self.left.checked_sub(2)?;
        let (first, second) = places.split_at(places.len() / 2);
        Some([first.to_vec(), second.to_vec()])
    }
}
