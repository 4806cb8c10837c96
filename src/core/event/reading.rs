use crate::event::Event;

/// The result of reading an authentic delivery.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // Short-lived; a box would cost an allocation per delivery.
pub enum Reading<'a> {
    /// An event, recognised or not.
    Event(Event<'a>),
    /// The events of a delivery that carries several, at least one.
    Events(Vec<Event<'a>>),
    /// A test of the provider's without an order. It is not queued.
    Test,
    /// A delivery that says nothing of an order's state, as the provider's definition lists it.
    Ignored,
}
