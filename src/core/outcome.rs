use crate::scheme::Refusal;

/// The outcome of a delivery.
#[derive(Debug)]
pub enum Intake<S, O> {
    /// The event is safe.
    Accepted {
        /// The event's id.
        id: String,
        /// Whether the delivery was understood.
        recognized: bool,
        /// Why [`Seen`](crate::Seen) could not be read: the event may be a copy.
        unseen: Option<S>,
    },
    /// A copy is on its way and may still fail: the provider has to send the delivery again.
    HeldByCopy {
        /// The event's id.
        id: String,
        /// Milliseconds until the copy's outcome is known, at the latest.
        ms: u32,
    },
    /// The event was safe before.
    Duplicate {
        /// The event's id.
        id: String,
    },
    /// A test without an order.
    Ready,
    /// A delivery that says nothing of an order's state.
    Ignored,
    /// The delivery is not authentic.
    Refused(Refusal),
    /// The event may not be safe: the provider has to send the delivery again.
    Unsafe {
        /// The event's id.
        id: String,
        /// The outbox's error.
        error: O,
        /// Why [`Seen`](crate::Seen) could not be read.
        unseen: Option<S>,
    },
}
