use std::cmp::Ordering;

use super::{moment::Moment, step::Step};

/// A value of an order, and the event that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact<T> {
    pub(super) value: T,
    pub(super) by: Stamp,
}

/// Decides which of two events counts more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) is_strong: bool,
    pub(super) time: Moment,
    pub(super) received: Moment,
    pub(super) id: String,
}

impl Stamp {
    pub(super) fn of(step: &Step) -> Self {
        let Step { time, received, id, .. } = step.clone();
        Self { is_strong: step.is_strong(), time, received, id }
    }

    /// Compares by weight, then by time and receipt. An event that has only its receipt and is not
    /// final counts least, since it may be late.
    fn compare(&self, other: &Self) -> Ordering {
        (self.is_strong, &self.time, &self.received, &self.id).cmp(&(
            other.is_strong,
            &other.time,
            &other.received,
            &other.id,
        ))
    }
}

/// Keeps the value of the event that counts more. Returns whether that changes the value.
pub(super) fn keep<T: PartialEq>(known: &mut Option<Fact<T>>, value: T, by: &Stamp) -> bool {
    match known {
        Some(known) if known.by.compare(by).is_ge() => false,
        Some(known) => {
            known.by = by.clone();
            std::mem::replace(&mut known.value, value) != known.value
        }
        None => {
            *known = Some(Fact { value, by: by.clone() });
            true
        }
    }
}
