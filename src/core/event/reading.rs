use crate::event::Event;

/// What an authentic delivery says.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // Lives for a moment; a box would be an allocation a delivery.
pub enum Reading<'a> {
    /// An event, recognised or not.
    Event(Event<'a>),
    /// A test of the provider's that carries no order: there is nothing to put anywhere.
    Test,
}
