//! Takes events: each is kept once, with its verdict, and its order's state follows.

use js_sys::Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::range::{self, Floor};
use crate::{
    config::Retention,
    event::Event,
    host::{Sql, Value},
    moment,
};

/// What became of an event.
#[derive(Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) seq: i64,
    pub(crate) verdict: Option<String>,
    /// Whether it was not known before.
    pub(crate) new: bool,
}

/// Takes events.
pub(super) fn take(sql: &Sql<'_>, texts: &Array, settings: &str) -> Result<Vec<Taken>, JsValue> {
    let mut floor = range::floor(sql)?;
    let ttl = Retention::parse(settings).ttl;
    texts
        .iter()
        .map(|text| {
            let text = text.as_string().unwrap_or_default();
            let event = Event::parse(&text).ok_or("a message is not an event")?;
            take_one(sql, &event, &text, ttl, &mut floor)
        })
        .collect()
}

fn take_one(
    sql: &Sql<'_>,
    event: &Event,
    text: &str,
    ttl: i64,
    floor: &mut Floor,
) -> Result<Taken, JsValue> {
    let again = match known(sql, event, ttl)? {
        Known::As(taken) => return Ok(taken),
        Known::Not { again } => again,
    };
    floor.seq += 1;
    floor.at = floor.at.max(moment::now());
    let verdict = event.order().map(|_| "fresh");
    insert(sql, event, text, verdict, again, floor)?;
    Ok(Taken { seq: floor.seq, verdict: verdict.map(Into::into), new: true })
}

/// Whether an event is known.
enum Known {
    As(Taken),
    Not {
        /// How often the id was counted before.
        again: i64,
    },
}

/// Looks for the event.
///
/// An id may come again for something that happened again: it is made of an order and a status
/// where the provider has no ids. So it is counted again if its time to live is over and the
/// provider's time differs. A second delivery of the same event has the same time.
fn known(sql: &Sql<'_>, event: &Event, ttl: i64) -> Result<Known, JsValue> {
    const SELECT: &str = "SELECT seq, verdict, again, received, time FROM events WHERE id = ? \
        ORDER BY again DESC LIMIT 1";
    let Some(row) = sql.first(SELECT, &[(&event.id).into()])? else {
        return Ok(Known::Not { again: 0 });
    };
    let is_over = event.received() - row.int(3) >= ttl;
    if is_over && event.time() != row.int(4) {
        return Ok(Known::Not { again: row.int(2) + 1 });
    }
    Ok(Known::As(Taken { seq: row.int(0), verdict: row.text(1), new: false }))
}

fn insert(
    sql: &Sql<'_>,
    event: &Event,
    text: &str,
    verdict: Option<&str>,
    again: i64,
    floor: &Floor,
) -> Result<(), JsValue> {
    const INSERT: &str = "INSERT INTO events (seq, id, again, ord, at, received, time, type, \
        status, verdict, test, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values: [Value<'_>; 12] = [
        floor.seq.into(),
        (&event.id).into(),
        again.into(),
        event.order().into(),
        floor.at.into(),
        event.received().into(),
        event.time().into(),
        (&event.kind).into(),
        event.status().into(),
        verdict.into(),
        i64::from(event.is_test()).into(),
        text.into(),
    ];
    sql.run(INSERT, &values)
}
