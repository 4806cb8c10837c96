use std::{cmp::Ordering, collections::VecDeque};

use super::{
    bounds::{MAX_TEXT, MAX_WORD, cut, whole},
    moment::Moment,
    taken::{Report, Taken},
};
use crate::event::{Reason, Status, TimeSource, id::of_bytes};

/// The digits of an event's id that a step keeps of its hash.
const ID_DIGITS: usize = 16;

/// One event of an order, as the order remembers it: what happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it happened.
    pub time: Moment,
    /// The origin of `time`.
    pub time_source: TimeSource,
    /// When the receiver got it.
    pub received: Moment,
    /// The first digits of the SHA-256 of the event's id.
    pub(super) id: String,
    /// The new status.
    pub now: Status,
    /// The provider's word for it, where it is [`Status::Unknown`].
    pub word: Option<String>,
    /// The status before.
    pub was: Option<Status>,
    /// Why it has that status.
    pub reason: Option<Reason>,
    /// Whether no other status follows.
    pub is_final: bool,
    /// The tracking number of the parcel that the event names.
    pub parcel: Option<String>,
}

impl Step {
    /// Returns the step of an event.
    pub(super) fn of(event: &Taken, report: &Report) -> Self {
        Self {
            time: event.time.clone(),
            time_source: event.time_source,
            received: event.received.clone(),
            id: of_bytes(event.id.as_bytes()).chars().take(ID_DIGITS).collect(),
            now: report.status,
            word: word(report.status, report.provider_now.as_deref()),
            was: report.was,
            reason: report.reason,
            is_final: report.is_final,
            parcel: report.tracking_number.as_deref().and_then(|number| whole(number, MAX_TEXT)),
        }
    }

    /// Whether the step may take an order out of a final status: it has the provider's time, or is
    /// final itself.
    pub(super) fn is_strong(&self) -> bool {
        self.time_source == TimeSource::Provider || self.is_final
    }

    /// Whether both steps are of one event, or of two copies of it.
    pub(super) fn is_copy(&self, other: &Self) -> bool {
        self.id == other.id && self.time == other.time
    }

    /// Whether both steps say the same of the order.
    pub(super) fn says_same(&self, other: &Self) -> bool {
        self.has_status_of(other) && self.reason == other.reason && self.is_final == other.is_final
    }

    /// Whether both steps have the same status. Two unknown words are two statuses.
    pub(super) fn has_status_of(&self, other: &Self) -> bool {
        self.now == other.now && self.word == other.word
    }

    /// Whether both steps may be of one parcel: they name the same, or one of them names none.
    pub(super) fn may_share_parcel(&self, other: &Self) -> bool {
        self.parcel.is_none() || other.parcel.is_none() || self.parcel == other.parcel
    }

    /// Compares by time, then by receipt; the rest only makes the order total.
    pub(super) fn by_time(&self, other: &Self) -> Ordering {
        (&self.time, &self.received, &self.id).cmp(&(&other.time, &other.received, &other.id))
    }
}

/// Returns a provider's word for a status that nobody documented.
pub(super) fn word(status: Status, word: Option<&str>) -> Option<String> {
    word.filter(|_| status == Status::Unknown).map(|word| cut(word, MAX_WORD))
}

/// Sorts steps by time. At equal times, a step that begins with the status that another ends with
/// comes after it; otherwise, the step that was received later comes later.
pub(super) fn in_order<T>(mut all: Vec<T>, step: impl Fn(&T) -> &Step) -> Vec<T> {
    all.sort_by(|a, b| step(a).by_time(step(b)));
    if all.windows(2).all(|pair| matches!(pair, [a, b] if step(a).time != step(b).time)) {
        return all;
    }
    let mut rest = VecDeque::from(all);
    let mut ordered = Vec::with_capacity(rest.len());
    while let Some(first) = rest.front() {
        let time = &step(first).time;
        let same = || rest.iter().map(&step).take_while(|other| other.time == *time);
        // In a circle of statuses, receipt decides.
        let at = if same().nth(1).is_some() { first_to_come(same) } else { 0 };
        ordered.extend(rest.remove(at));
    }
    ordered
}

/// Returns the position of the first step that does not come after another of the same time.
fn first_to_come<'s, I: Iterator<Item = &'s Step>>(same: impl Fn() -> I) -> usize {
    let mut reached = [false; Status::ALL.len()];
    for step in same() {
        // Two unknown words may be two statuses.
        if let Some(reached) = reached.get_mut(step.now as usize) {
            *reached = step.now != Status::Unknown;
        }
    }
    let comes_after = |step: &Step| {
        step.was.is_some_and(|was| was != step.now && reached.get(was as usize) == Some(&true))
    };
    same().position(|step| !comes_after(step)).unwrap_or(0)
}
