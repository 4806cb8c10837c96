//! Counts the deliveries of this isolate, for the consumer of the queue `ACTIVITY`.
//!
//! A message is JSON:
//!
//! ```json
//! { "version": 1, "since": 1731587954120, "until": 1731587964120, "counts": [
//!   { "source": "shop", "code": "accepted", "latency": 3, "count": 12 }] }
//! ```
//!
//! `since` and `until` are milliseconds since 1970. `code` is the code of the answer. `latency` is
//! the number of the first of 5, 10, 25, 50, 100, 250, 500, 1000, 2500 and 5000 that the
//! milliseconds until the answer do not exceed, or 10 above the last. A message has nothing else of a delivery. Deliveries to addresses that belong to
//! no source are not counted.
//!
//! An isolate sends at most one message in ten seconds. A lost message loses its counts.

use std::{cell::RefCell, rc::Rc};

use orderhook_core::UnixMillis;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{
    config::Configured,
    host::{self, Host, now},
    json::text,
};

/// The upper bounds of latencies, in milliseconds.
const BOUNDS: [u32; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// The milliseconds for which counts are added up before they are sent.
const EVERY_MS: u32 = 10_000;

/// The milliseconds after which counts are sent by another request: the runtime may have ended the
/// one that was to send them.
const OVERDUE_MS: u64 = 3 * EVERY_MS as u64;

#[derive(Serialize)]
struct Activity {
    version: u32,
    since: u64,
    until: u64,
    counts: Vec<Tally>,
    /// The time at which a request was last asked to send the counts.
    #[serde(skip)]
    asked: u64,
}

#[derive(Serialize)]
struct Tally {
    #[serde(serialize_with = "name")]
    source: Rc<Configured>,
    code: &'static str,
    latency: usize,
    count: u32,
}

/// The maximum number of entries of a message. A delivery that needs one more is not counted.
const MAX_TALLIES: usize = 500;

thread_local! {
    static ACTIVITY: RefCell<Option<Activity>> = const { RefCell::new(None) };
}

/// Counts a delivery that was answered, and has the counts sent in ten seconds if they are the
/// first since the last message.
pub(crate) fn count(host: &Host, source: &Rc<Configured>, code: &'static str, ms: u32) {
    let UnixMillis(now) = now();
    let latency = BOUNDS.iter().position(|bound| ms <= *bound).unwrap_or(BOUNDS.len());
    ACTIVITY.with_borrow_mut(|activity| {
        let activity = activity.get_or_insert_with(|| Activity::since(now));
        if now.saturating_sub(activity.asked) > OVERDUE_MS {
            activity.asked = now;
            host::send_activity(host, EVERY_MS);
        }
        let is_same = |tally: &&mut Tally| {
            tally.code == code && tally.latency == latency && Rc::ptr_eq(&tally.source, source)
        };
        if let Some(tally) = activity.counts.iter_mut().find(is_same) {
            tally.count += 1;
        } else if activity.counts.len() < MAX_TALLIES {
            activity.counts.push(Tally { source: Rc::clone(source), code, latency, count: 1 });
        }
    });
}

/// Takes the counts as JSON text; undefined if there are none.
#[wasm_bindgen(js_name = takeActivity)]
#[must_use]
pub fn take() -> Option<String> {
    let UnixMillis(until) = now();
    ACTIVITY.take().map(|activity| text(&Activity { until, ..activity }))
}

impl Activity {
    fn since(now: u64) -> Self {
        Self { version: 1, since: now, until: now, counts: Vec::new(), asked: 0 }
    }
}

fn name<S: serde::Serializer>(source: &Rc<Configured>, to: S) -> Result<S::Ok, S::Error> {
    source.name.serialize(to)
}
