//! The event: its fields, its identity, and its form as a queue message.

mod cloud_event;
pub(crate) mod id;
pub(crate) mod message;
mod reading;
mod status;
pub mod table;
mod unrecognized;

pub(crate) use cloud_event::Envelope;
pub use cloud_event::{
    Change, Contact, Content, Customer, Data, Event, Item, ItemStatus, Money, ORDER_STATUS, Order,
    Payload, TimeSource, UNRECOGNIZED,
};
pub(crate) use id::Identity;
pub use message::{MAX_MESSAGE_BYTES, Message};
pub use reading::Reading;
pub use status::Status;
pub use table::Table;
pub use unrecognized::Unrecognized;
