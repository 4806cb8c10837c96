//! The core of orderhook: bytes in, verdict and event out.
//!
//! A delivery goes one way, and each step hands the next a value that proves the step:
//!
//! ```text
//! Delivery ──Source::verify──▶ Verified ──Verified::read──▶ Event ──intake──▶ Outbox
//! ```
//!
//! Nothing is parsed before it is authenticated. There is no clock, no I/O and no JavaScript
//! in this crate: the caller gives `now`, the delivery, the secrets and two ports,
//! [`Seen`] and [`Outbox`].
#![forbid(unsafe_code)]

mod delivery;
mod digest;
mod event;
mod explain;
pub mod fields;
mod header_list;
mod identity;
mod instant;
mod intake;
pub mod json;
mod mac;
mod message;
pub mod providers;
mod refusal;
mod scheme;
mod secret;
mod sign;
mod source;
mod status;
mod tag;
mod token;
mod unrecognized;
mod verify;
mod word;

pub use delivery::{Delivery, Headers};
pub use event::{
    Change, Contact, Content, Customer, Data, Event, Item, ItemStatus, Money, ORDER_STATUS, Order,
    Payload, TimeSource, UNRECOGNIZED,
};
pub use explain::{Cause, Explanation, Question, explain};
pub use header_list::HeaderList;
pub use instant::{UnixMillis, UtcOffset};
pub use intake::{Claim, Intake, Outbox, Prepared, Seen, intake, take};
pub use mac::Digester;
pub use message::{MOST_MESSAGE_BYTES, Message};
pub use providers::Provider;
pub use refusal::{Authenticity, Refusal};
pub use scheme::{Age, HmacSha256, KeyFormat, Layout, Part, Scheme, Stamp, Tags};
pub use secret::{Secret, SecretError};
pub use sign::SignError;
pub use source::{Source, SourceError};
pub use status::Status;
pub use tag::Encoding;
pub use token::{Token, TokenError, TokenProof};
pub use unrecognized::Unrecognized;
pub use verify::{Proof, Reading, Verified};
pub use word::Word;
