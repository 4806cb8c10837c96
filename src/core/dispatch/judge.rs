use std::borrow::Cow;

use super::{order_state::OrderState, step::Step, taken::Taken, verdict::Verdict};
use crate::event::id::of_bytes;

/// The bytes of an order's id that a journal uses as it is.
const MAX_ORDER_KEY: usize = 1024;

/// Returns the key of an order: its id, or the SHA-256 of one that is longer than 1,024 bytes.
#[must_use]
pub fn order_key(order: &str) -> Cow<'_, str> {
    if order.len() <= MAX_ORDER_KEY {
        Cow::Borrowed(order)
    } else {
        Cow::Owned(of_bytes(order.as_bytes()))
    }
}

/// Judges an event by the state of its order. Returns the verdict, and the order's state after the
/// event. `order` is the state before; `None` if the event is the order's first.
///
/// Returns `None` for an event without an order: a delivery that was not understood. A provider's
/// test makes a test order. The first event that is not a test begins the order anew. For a later
/// test, the answer is `None`, so a test never changes a real order.
#[must_use]
pub fn judge(order: Option<&OrderState>, event: &Taken) -> Option<(Verdict, OrderState)> {
    let report = event.report.as_ref()?;
    if report.test && order.is_some_and(|order| !order.is_test()) {
        return None;
    }
    let step = Step::of(event, report);
    let mut state = match order.filter(|order| order.is_test() == report.test) {
        Some(order) => order.clone(),
        None => OrderState::new(&order_key(&report.order), report.test, &step),
    };
    let is_known = state.track.knows(&step);
    let before = state.shown().cloned();
    let changes = state.add(step.clone(), report);
    let is_shown = state.shown().is_some_and(|shown| shown.is_copy(&step));
    let says_same = |shown: &Step| shown.says_same(&step);
    let verdict = match (is_shown, changes) {
        (true, false) if before.as_ref().is_some_and(says_same) => Verdict::Repeat,
        (true, _) => Verdict::Fresh,
        (false, true) => Verdict::OutOfOrder,
        (false, false) if !is_known => Verdict::OutOfOrder,
        (false, false) if state.shown().is_some_and(says_same) => Verdict::Repeat,
        (false, false) => Verdict::Stale,
    };
    Some((verdict, state))
}
