//! Takes events: keeps each once, with its verdict, and updates its order's state.

use js_sys::Array;
use orderhook_core::dispatch::{NotAnEvent, Taken, Verdict, judge, order_key};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    delivery::{Handed, Leases},
    names,
    range::{self, Floor},
    state::{self, Stored},
    tallies::{EVENTS, Tallies},
};
use crate::{
    config::Retention,
    host::{Sql, Value},
    moment,
};

/// The outcome of taking an event.
#[derive(Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) seq: i64,
    /// `None` for an event that changes no order.
    pub(crate) verdict: Option<String>,
    /// Whether it was not known before.
    pub(crate) new: bool,
}

/// Takes events.
pub(super) fn take(
    sql: &Sql<'_>,
    texts: &Array,
    settings: &str,
) -> Result<(Vec<Outcome>, Handed), JsValue> {
    let mut taker = Taker {
        sql,
        ttl: Retention::parse(settings).ttl,
        floor: range::floor(sql)?,
        tallies: Tallies::default(),
        leases: Leases::open(sql, moment::now())?,
    };
    let outcomes = texts.iter().map(|text| taker.take(&text.as_string().unwrap_or_default()));
    let outcomes = outcomes.collect::<Result<_, _>>()?;
    taker.tallies.save(sql)?;
    Ok((outcomes, taker.leases.close(false)?))
}

struct Taker<'a> {
    sql: &'a Sql<'a>,
    /// The milliseconds after which an id can be counted again.
    ttl: i64,
    floor: Floor,
    tallies: Tallies,
    leases: Leases<'a>,
}

/// An event at the place that it gets.
struct Placed<'a> {
    event: &'a Taken,
    text: &'a str,
    /// The order's key.
    order: Option<&'a str>,
    verdict: Option<Verdict>,
    /// How often the id was counted before.
    again: i64,
}

impl Taker<'_> {
    fn take(&mut self, text: &str) -> Result<Outcome, JsValue> {
        let event = Taken::read(text).map_err(|error| refusal(&error))?;
        let again = match self.known(&event)? {
            Known::As(outcome) => return Ok(outcome),
            Known::Not { again } => again,
        };
        self.floor.seq += 1;
        self.floor.at = self.floor.at.max(moment::now());
        let order = event.report.as_ref().map(|report| order_key(&report.order));
        let order = order.as_deref();
        let verdict = order.map_or(Ok(None), |order| self.judge(order, &event))?;
        #[cfg(feature = "panic-probe")]
        super::probe::panic_if_asked(&event.id, "after the order");
        self.insert(&Placed { event: &event, text, order, verdict, again })?;
        self.leases.add(self.floor.seq, &event, verdict)?;
        #[cfg(feature = "panic-probe")]
        super::probe::panic_if_asked(&event.id, "after the event");
        let verdict = verdict.map(|verdict| verdict.as_str().to_owned());
        Ok(Outcome { seq: self.floor.seq, verdict, new: true })
    }

    /// Looks for the event. A composed id may come again when something happens again, so it counts
    /// as a new event after its time to live.
    fn known(&self, event: &Taken) -> Result<Known, JsValue> {
        const SELECT: &str = "SELECT seq, verdict, again, received FROM events WHERE id = ? \
            ORDER BY again DESC LIMIT 1";
        let Some(row) = self.sql.first(SELECT, &[(&event.id).into()])? else {
            return Ok(Known::Not { again: 0 });
        };
        let age = moment::of(&event.received) - row.int(3);
        if age >= self.ttl && event.is_composed() {
            return Ok(Known::Not { again: row.int(2) + 1 });
        }
        Ok(Known::As(Outcome { seq: row.int(0), verdict: row.text(1), new: false }))
    }

    /// Judges an event by its order's state, and keeps the state after it. Returns `None` for a
    /// test that names a real order: it leaves the order its state, and adds its names.
    fn judge(&mut self, order: &str, event: &Taken) -> Result<Option<Verdict>, JsValue> {
        let before = Stored::read(self.sql, order)?;
        let mut known = before.as_ref().map(|stored| stored.names.clone()).unwrap_or_default();
        let has_new_names = names::add(self.sql, order, &mut known, event)?;
        let state = before.as_ref().and_then(|stored| stored.state.as_ref());
        let Some((verdict, state)) = judge(state, event) else {
            if has_new_names {
                state::write_names(self.sql, order, &known)?;
            }
            return Ok(None);
        };
        let was = before.as_ref().map(|stored| stored.status.as_str());
        self.count(was, state.status().as_str());
        let created = before.as_ref().map_or(self.floor.at, |stored| stored.created);
        state::write(self.sql, &state, self.floor.seq, created, &known)?;
        Ok(Some(verdict))
    }

    /// Counts an order by its status.
    fn count(&mut self, was: Option<&str>, status: &str) {
        if was != Some(status) {
            if let Some(was) = was {
                self.tallies.add(was, -1);
            }
            self.tallies.add(status, 1);
        }
    }

    fn insert(&mut self, placed: &Placed<'_>) -> Result<(), JsValue> {
        const INSERT: &str = "INSERT INTO events (seq, id, again, ord, at, received, type, status, \
            verdict, test, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let Placed { event, text, order, verdict, again } = placed;
        let report = event.report.as_ref();
        let values: [Value<'_>; 11] = [
            self.floor.seq.into(),
            (&event.id).into(),
            (*again).into(),
            (*order).into(),
            self.floor.at.into(),
            moment::of(&event.received).into(),
            event.kind.into(),
            report.map(|report| report.status.as_str()).into(),
            verdict.map(Verdict::as_str).into(),
            i64::from(report.is_some_and(|report| report.test)).into(),
            (*text).into(),
        ];
        self.sql.run(INSERT, &values)?;
        self.tallies.add(EVENTS, 1);
        Ok(())
    }
}

/// Whether an event is known.
enum Known {
    As(Outcome),
    Not {
        /// How often the id was counted before.
        again: i64,
    },
}

fn refusal(error: &NotAnEvent) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
