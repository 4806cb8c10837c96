//! Takes the receiver's activity: counts of its answers, without any content of a delivery.
//!
//! The receiver sends at most one message in ten seconds from each isolate, as JSON:
//!
//! ```json
//! {
//!   "version": 1,
//!   "since": 1778320800000,
//!   "until": 1778320810000,
//!   "counts": [{ "source": "wakilni", "code": "accepted", "latency": 3, "count": 17 }]
//! }
//! ```
//!
//! - `since` and `until`: the time that was counted, in milliseconds since 1970.
//! - `counts`: at most 500 entries. `source` is the source's name. `code` is the code of the answer,
//!   as in its body and in the receiver's log: 1 to 64 of `a-z` and `_`. `latency` is the number of
//!   the bucket of [`BUCKETS`] that the answer's time is in. `count` is the number of such answers,
//!   at least 1.
//!
//! A message of a later version has another number. A message that is not understood is logged and
//! left out. That loses a count, but no event.

use orderhook_core::is_name;
use serde::Deserialize;

use crate::{moment, registry::Sum};

/// The buckets of the latency: the milliseconds that an answer took at most. The last bucket, with
/// the number 10, has no bound.
pub(crate) const BUCKETS: [u32; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// The version of the message.
const VERSION: u32 = 1;

/// The entries that a message may have.
const MAX_COUNTS: usize = 500;

/// The largest number of an entry.
const MAX_COUNT: i64 = 1_000_000_000;

#[derive(Deserialize)]
struct Message {
    version: u32,
    since: i64,
    until: i64,
    counts: Vec<Sum>,
}

/// Reads a message. Returns `None` for any other text.
pub(crate) fn read(text: &str) -> Option<Vec<Sum>> {
    let message: Message = serde_json::from_str(text).ok()?;
    let Message { version, since, until, mut counts } = message;
    let is_known = version == VERSION && since <= until && counts.len() <= MAX_COUNTS;
    if !is_known || !counts.iter().all(is_whole) {
        return None;
    }
    // A clock that is ahead must not add to the future.
    let at = until.clamp(0, moment::now());
    for sum in &mut counts {
        sum.at = at;
    }
    Some(counts)
}

fn is_whole(sum: &Sum) -> bool {
    let buckets = i64::try_from(BUCKETS.len()).unwrap_or(0);
    is_name(&sum.source)
        && is_code(&sum.code)
        && (0..=buckets).contains(&sum.latency)
        && (1..=MAX_COUNT).contains(&sum.count)
}

fn is_code(code: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (1..=64).contains(&code.len()) && code.bytes().all(is_allowed)
}
