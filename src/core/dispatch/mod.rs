//! The pure part of `orderhook-dispatch`: events as they come from the queue, and what they make of
//! an order.
//!
//! [`Taken`] reads an event. [`judge`] adds it to the [`OrderState`] and says what it means to the
//! order, its [`Verdict`]. [`timeline`] puts an order's events in order.
//!
//! # Which of two events is newer
//!
//! Statuses are never ranked, since carriers may go back to an earlier status. The newer event is
//!
//! 1. the one that happened later: `time` is the provider's moment, or that of receipt if the
//!    provider names none;
//! 2. at equal times, the one whose `was` is the other's `now`;
//! 3. otherwise, the one that was received later.
//!
//! An order shows its newest event, with one exception: an event that has only its receipt, and is
//! not final, never takes the order out of a final status. Only an event with the provider's time,
//! or another final one, does. The same rules hold for each parcel.
//!
//! An order's reference, items, expected delivery and direction are those of the newest event that
//! has them. Events with the provider's time or a final status count before all others there.
//!
//! # The verdicts
//!
//! | | it says something new | it does not |
//! |---|---|---|
//! | the order shows the event | `fresh` | `repeat` |
//! | the order shows another one | `out_of_order` | `repeat` if it says what the order shows, else `stale` |
//!
//! An event that the order shows says something new if the status, its reason or its finality
//! differ from what the order showed before, or if a parcel, the items or another field changes.
//!
//! An older event says something new if it changes a parcel or a field, or if its status is new at
//! its place on the timeline: neither the event before nor the event after it, of the same parcel,
//! has that status. If it has only its receipt and comes after a final status, its place says
//! nothing: then its status is new if no known event of the parcel has it.
//!
//! The state remembers the latest 33 events one by one, so an event that is older than all of
//! them is compared with the oldest of them.

mod bounds;
mod contact;
pub mod csv;
mod customer;
mod fact;
mod filter;
mod format;
mod guard;
mod judge;
mod moment;
mod notice;
mod numbers;
mod order_state;
mod outgoing;
mod parcel;
mod plain;
mod pulse;
mod retry;
mod sample;
mod step;
mod stored;
mod taken;
mod timeline;
mod track;
mod verdict;
mod view;
mod words;

pub use bounds::{MAX_CUSTOMERS, MAX_ITEMS, MAX_PARCELS, MAX_STATE_BYTES, MAX_STEPS};
pub use contact::Contact;
pub use customer::customer_keys;
pub use filter::{Filter, FilterError};
pub use format::{Content, Format, Written};
pub use guard::{Guard, GuardError};
pub use judge::{judge, order_key};
pub use moment::Moment;
pub use notice::{
    DEAD_LETTERS, ENDPOINT_DISABLED, Notice, OPERATIONAL, OPERATIONAL_TYPES, SOURCE_REFUSING,
    SOURCE_SILENT,
};
pub use order_state::{Line, OrderState};
pub use outgoing::{endpoint_secret, message_id, sign_message};
pub use parcel::Parcel;
pub use pulse::{
    Pulse, STEP_MS, Thresholds, WINDOW_MS, is_accepted, is_refused, tells_dead_letters,
};
pub use retry::{Attempt, Decision, MAX_ATTEMPTS, MAX_FAILING_MS, decide, pause};
pub use sample::{operational_sample, sample};
pub use step::Step;
pub use stored::{STATE_VERSION, StateError};
pub use taken::{ItemReport, NotAnEvent, Report, Taken, Told};
pub use timeline::{Entry, timeline};
pub use verdict::Verdict;
