//! The event: its fields, its identity, and its form as a queue message.

mod cloud_event;
pub(crate) mod id;
pub(crate) mod message;
mod phase;
mod reading;
mod reason;
mod status;
pub mod table;
mod unrecognized;

pub(crate) use cloud_event::Envelope;
pub use cloud_event::{
    Change, Contact, Content, Customer, Data, Direction, EVENT_TYPES, Event, Item, ItemStatus,
    Money, ORDER_STATUS, Order, Payload, TimeSource, UNRECOGNIZED,
};
pub(crate) use id::Identity;
pub use message::{MAX_MESSAGE_BYTES, Message};
pub use phase::Phase;
pub use reading::Reading;
pub use reason::Reason;
pub use status::Status;
pub use table::Table;
pub use unrecognized::Unrecognized;
