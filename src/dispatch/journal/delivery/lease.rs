//! Leases deliveries: at most so many of an endpoint at a time, so that a slow one delays no other.

use orderhook_core::dispatch::{Filter, Format, Taken, Verdict};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::copy::{self, Copy};
use crate::host::Sql;

/// The milliseconds after which a delivery that was not reported is due again. A batch of pointers
/// to one slow endpoint takes 75 seconds.
const LEASE_MS: i64 = 120_000;

/// The deliveries of an endpoint that are leased at a time: while its attempts succeed, and while
/// they fail.
const CAP: i64 = 10;
const CAP_FAILING: i64 = 1;

/// Slack takes a message a second.
const PACE_MS: i64 = 1000;

/// The milliseconds until the next step, while more is to be put away.
const SOON_MS: i64 = 100;

/// A delivery that was handed out. This is what the queue of attempts carries.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) endpoint: String,
    /// The event's position.
    pub(crate) seq: i64,
    /// The number of the lease.
    #[serde(rename = "lease")]
    pub(crate) number: i64,
}

/// The leases that a step has handed out.
#[derive(Default)]
pub(crate) struct Handed {
    pub(crate) leases: Vec<Lease>,
    /// When to hand out more.
    pub(crate) due: Option<i64>,
}

/// Leases deliveries in one step.
pub(crate) struct Leases<'a> {
    sql: &'a Sql<'a>,
    now: i64,
    desks: Vec<Desk>,
    handed: Vec<Lease>,
}

/// An endpoint, and the deliveries of it that may be leased.
struct Desk {
    id: String,
    filter: Option<Filter>,
    is_active: bool,
    is_paced: bool,
    /// How many more may be leased.
    free: i64,
    next: i64,
}

impl Desk {
    fn open(sql: &Sql<'_>, copy: &Copy, now: i64) -> Result<Self, JsValue> {
        const END: &str = "UPDATE deliveries SET state = 'due' \
            WHERE endpoint = ? AND state = 'leased' AND due <= ?";
        const LEASED: &str = "SELECT count(*) FROM deliveries \
            WHERE endpoint = ? AND state = 'leased' AND due IS NOT NULL";
        let (id, is_active) = (&copy.endpoint.id, copy.is_active());
        let mut free = 0;
        let is_paced = copy.endpoint.format == Format::Slack;
        if is_active {
            sql.run(END, &[id.into(), now.into()])?;
            let leased = sql.first(LEASED, &[id.into()])?.map_or(0, |row| row.int(0));
            let is_narrow = is_paced || copy.failing.is_some();
            free = (if is_narrow { CAP_FAILING } else { CAP }) - leased;
        }
        let (id, filter) = (id.clone(), copy.filter());
        Ok(Self { id, filter, is_active, is_paced, free, next: copy.next })
    }

    /// Whether a delivery may be leased now.
    fn is_open(&self, now: i64) -> bool {
        self.is_active && self.free > 0 && self.next <= now
    }

    /// Takes one of the places.
    fn take_place(&mut self, sql: &Sql<'_>, now: i64) -> Result<(), JsValue> {
        self.free -= 1;
        if self.is_paced {
            self.next = now + PACE_MS;
            let set = "UPDATE endpoints SET next = ? WHERE id = ?";
            sql.run(set, &[self.next.into(), (&self.id).into()])?;
        }
        Ok(())
    }

    /// Returns when there will be more to lease.
    fn due(&self, sql: &Sql<'_>, now: i64) -> Result<Option<i64>, JsValue> {
        const FIRST: &str = "SELECT due FROM deliveries \
            WHERE endpoint = ? AND state = ? AND due IS NOT NULL ORDER BY due LIMIT 1";
        let first = |state: &str| {
            let row = sql.first(FIRST, &[(&self.id).into(), state.into()])?;
            Ok::<_, JsValue>(row.map(|row| row.int(0)))
        };
        if !self.is_active {
            return Ok(None);
        }
        let ends = first("leased")?;
        // A report opens a place, and leases the next.
        let waits = if self.free > 0 { first("due")?.map(|due| due.max(self.next)) } else { None };
        let due = [ends, waits].into_iter().flatten().min();
        Ok(due.map(|due| due.max(now)))
    }
}

impl<'a> Leases<'a> {
    /// Begins. Deliveries whose leases have ended are due again. Due deliveries are leased, as far as
    /// there is room.
    pub(crate) fn open(sql: &'a Sql<'a>, now: i64) -> Result<Self, JsValue> {
        let copies = copy::all(sql)?;
        let desks = copies.iter().map(|copy| Desk::open(sql, copy, now));
        let desks = desks.collect::<Result<_, _>>()?;
        let mut leases = Self { sql, now, desks, handed: Vec::new() };
        leases.hand_out()?;
        Ok(leases)
    }

    /// Adds the deliveries of a new event, and leases those whose endpoints have room.
    pub(crate) fn add(
        &mut self,
        seq: i64,
        event: &Taken,
        verdict: Option<Verdict>,
    ) -> Result<(), JsValue> {
        const INSERT: &str = "INSERT INTO deliveries (endpoint, seq, state, due, lease, attempts, \
            failed) VALUES (?, ?, ?, ?, ?, 0, 0)";
        let (sql, now) = (self.sql, self.now);
        let wants = |desk: &&mut Desk| {
            desk.filter.as_ref().is_none_or(|filter| filter.wants(event, verdict))
        };
        for desk in self.desks.iter_mut().filter(wants) {
            // Without the filter it is not known whether the event is wanted.
            let (state, due, lease) = if !desk.is_active || desk.filter.is_none() {
                ("held", None, 0)
            } else if desk.is_open(now) {
                desk.take_place(sql, now)?;
                self.handed.push(Lease { endpoint: desk.id.clone(), seq, number: 1 });
                ("leased", Some(now + LEASE_MS), 1)
            } else {
                ("due", Some(now), 0)
            };
            let values = [(&desk.id).into(), seq.into(), state.into(), due.into(), lease.into()];
            sql.run(INSERT, &values)?;
        }
        Ok(())
    }

    /// Leases due deliveries, as far as there is room. Those that wait longest come first.
    fn hand_out(&mut self) -> Result<(), JsValue> {
        const DUE: &str = "SELECT seq, lease FROM deliveries \
            WHERE endpoint = ? AND state = 'due' AND due <= ? ORDER BY due, seq LIMIT ?";
        const LEASE: &str = "UPDATE deliveries SET state = 'leased', due = ?, lease = ? \
            WHERE endpoint = ? AND seq = ?";
        let (sql, now) = (self.sql, self.now);
        for desk in self.desks.iter_mut().filter(|desk| desk.is_open(now)) {
            let id = desk.id.clone();
            for row in sql.rows(DUE, &[(&id).into(), now.into(), desk.free.into()])? {
                if !desk.is_open(now) {
                    break;
                }
                let (seq, number) = (row.int(0), row.int(1) + 1);
                let due = now + LEASE_MS;
                sql.run(LEASE, &[due.into(), number.into(), (&id).into(), seq.into()])?;
                desk.take_place(sql, now)?;
                self.handed.push(Lease { endpoint: id.clone(), seq, number });
            }
        }
        Ok(())
    }

    /// Ends. Returns the leases, and when there will be more.
    pub(crate) fn close(self, is_more: bool) -> Result<Handed, JsValue> {
        let dues = self.desks.iter().map(|desk| desk.due(self.sql, self.now));
        let dues = dues.collect::<Result<Vec<_>, _>>()?;
        let soon = is_more.then_some(self.now + SOON_MS);
        Ok(Handed { leases: self.handed, due: dues.into_iter().flatten().chain(soon).min() })
    }
}
