//! The core of orderhook: bytes in, verdict and event out.
//!
//! A delivery goes one way, and each step hands the next a value that proves the step:
//!
//! ```text
//! Delivery ─Source::challenge→ Challenge ─verify or answer→ Verified ─read→ Event ─intake→ Outbox
//! ```
//!
//! Nothing is parsed before it is authenticated. This crate has no clock, no I/O and no JavaScript:
//! the caller gives `now`, the delivery, the secrets and the ports [`Host`], [`Seen`] and
//! [`Outbox`]. [`intake`] takes all of these steps; [`Source`] has an example of the first ones.
//! [`dispatch`] is about the other end of the queue: what events make of an order.
#![forbid(unsafe_code)]

mod challenge;
mod delivery;
pub mod dispatch;
pub mod event;
mod fnv;
mod intake;
pub mod json;
mod outcome;
pub mod percent;
mod ports;
mod provider;
pub mod scheme;
mod source;
mod take;
mod time;

pub use challenge::{Answer, Challenge, Host, Parts, Question, Signature, Verified};
pub use delivery::{Delivery, Headers};
pub use event::{
    Change, Contact, Content, Customer, Data, Direction, EVENT_TYPES, Event, Item, ItemStatus,
    MAX_MESSAGE_BYTES, Message, Money, ORDER_STATUS, Order, Payload, Phase, Reading, Reason,
    Status, TimeSource, UNRECOGNIZED, Unrecognized,
};
pub use fnv::fnv1a;
pub use intake::{Received, intake};
pub use outcome::Intake;
pub use ports::{Body, Claim, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, Mark, Outbox, Seen};
pub use provider::{
    Answer as ProviderAnswer, DefinitionError, Handshake, HandshakeBody, Meaning, Provider,
    StatusWord,
};
pub use scheme::{
    Age, Algorithm, Authenticity, Encoding, Field, Fields, Hash, HeaderList, HttpSignature,
    KeyFormat, Layout, MAX_KEYS, MIN_TOKEN_BYTES, MacKind, Names, Part, Place, Proof, PublicKey,
    PublicKeyScheme, Refusal, Scheme, Secret, SecretError, SentToken, Settings, SignError,
    SignatureInput, Signed, Stamp, TagBytes, Tags, TimeForms, Token, TokenError, TokenProof,
};
pub use source::{Source, SourceError, is_name};
pub use time::{UnixMillis, UtcOffset};
