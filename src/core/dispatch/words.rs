//! Reads the words that events carry.

use crate::event::{Direction, Phase, Reason, Status, TimeSource};

/// Returns the status of this word.
pub(super) fn status(word: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.as_str() == word)
}

/// Returns the reason of this word. An unknown reason is read as `other`.
pub(super) fn reason(word: &str) -> Reason {
    let known = Reason::ALL.into_iter().find(|reason| reason.as_str() == word);
    known.unwrap_or(Reason::Other)
}

/// Returns the direction of this word.
pub(super) fn direction(word: &str) -> Option<Direction> {
    [Direction::Forward, Direction::Return].into_iter().find(|way| way.as_str() == word)
}

/// Returns the source of a time of this word.
pub(super) fn time_source(word: &str) -> Option<TimeSource> {
    [TimeSource::Provider, TimeSource::Receipt].into_iter().find(|source| source.as_str() == word)
}

/// Returns the phase of this word.
pub(super) fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.as_str() == word)
}
