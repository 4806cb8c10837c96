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
    host::{Row, Sql, Value},
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

impl Outcome {
    /// Reads what became of an event that is known.
    fn of_known(row: &Row) -> Self {
        Self { seq: row.int(0), verdict: row.text(1), new: false }
    }
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
    /// What the column `again` has.
    again: i64,
}

impl Taker<'_> {
    fn take(&mut self, text: &str) -> Result<Outcome, JsValue> {
        let event = Taken::read(text).map_err(|error| refusal(&error))?;
        let again = again(&event);
        if let Some(outcome) = self.known(&event, again)? {
            return Ok(outcome);
        }
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

    /// Looks for the event. Where the id may come again, the event is known if one of its id was
    /// received within the time to live before or after it: events may arrive in any order.
    fn known(&self, event: &Taken, again: i64) -> Result<Option<Outcome>, JsValue> {
        const ONCE: &str =
            "SELECT seq, verdict FROM events WHERE id = ? ORDER BY again DESC LIMIT 1";
        // The index of (id, again) leads to few rows, however often the id has come.
        const AGAIN: &str = "SELECT seq, verdict FROM events \
            WHERE id = ?1 AND (again = 0 OR again BETWEEN ?2 - ?3 AND ?2 + ?3) \
            AND abs(received - ?2) < ?3 ORDER BY abs(received - ?2) LIMIT 1";
        let id = (&event.id).into();
        let row = if again == 0 {
            self.sql.first(ONCE, &[id])?
        } else {
            self.sql.first(AGAIN, &[id, again.into(), self.ttl.into()])?
        };
        Ok(row.as_ref().map(Outcome::of_known))
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

/// Returns what tells an event from others of its id: when it was received if its id may come again,
/// and 0 if not. It is of the event alone, so it is the same after its order was erased, or the
/// journal restored.
fn again(event: &Taken) -> i64 {
    if event.is_composed() { moment::of(&event.received).max(1) } else { 0 }
}

fn refusal(error: &NotAnEvent) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
