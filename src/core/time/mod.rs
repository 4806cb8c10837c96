//! Moments: the clock's, and a provider's in every form that providers send.

mod calendar;
mod digits;
mod offset;
mod parse;
mod write;

pub use offset::UtcOffset;
pub(crate) use parse::{rfc3339_seconds, to_utc};
pub use write::UnixMillis;
pub(crate) use write::http_date;
