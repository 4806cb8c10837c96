//! Panics for the tests, in the middle of a step.

/// Panics if the event's id asks for it at this place.
pub(super) fn panic_if_asked(id: &str, place: &str) {
    assert!(id != format!("panic {place}"), "a test asked for this");
}
