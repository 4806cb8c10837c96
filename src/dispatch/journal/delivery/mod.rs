//! The deliveries of a journal: each event for each endpoint that wants it.
//!
//! A delivery is due, then leased, and then done, or due again, or dead. The caller sends a
//! pointer for each lease to the queue of attempts. If a lease ends without a report, its delivery is
//! due again, so a lost pointer loses no delivery.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{endpoint::Endpoints, host::Sql, json, moment};
pub(crate) use backlog::{Backlog, backlogs};
pub(crate) use copy::{has_succeeded, version};
pub(crate) use lease::Lease;
pub(super) use lease::{Handed, Leases};
pub(crate) use list::{CodeFilter, DeliveriesQuery, Sent, list, one};
pub(crate) use load::{Item, Load};
pub(crate) use replay::{Replayed, Retried, Wanted};
pub(crate) use report::{Disable, Outcome, Result as AttemptResult};

mod backlog;
mod copy;
mod lease;
mod list;
mod load;
mod replay;
mod report;

/// A step that a journal takes with deliveries.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Loads the deliveries of some leases: a [`Load`].
    Load(Vec<Lease>),
    /// Reports the outcomes of attempts: a list of [`Disable`].
    Report(Vec<Outcome>),
    /// Begins a delivery again: a [`Retried`].
    Retry {
        /// The endpoint's id.
        endpoint: String,
        /// The event's position.
        seq: i64,
    },
    /// Begins deliveries again, one part of them: a [`Replayed`].
    Replay(Wanted),
}

/// Takes a step. Returns its answer, in JSON, and what it has handed out.
pub(super) fn take_step(sql: &Sql<'_>, step: Step) -> Result<(String, Handed), JsValue> {
    let answer = match step {
        Step::Load(leases) => json::text(&load::load(sql, &leases)?),
        Step::Report(outcomes) => json::text(&report::report(sql, &outcomes)?),
        Step::Retry { endpoint, seq } => json::text(&replay::one(sql, &endpoint, seq)?),
        Step::Replay(wanted) => json::text(&replay::some(sql, &wanted)?),
    };
    Ok((answer, hand_out(sql)?))
}

/// Replaces the copy of the endpoints: see [`copy::set`]. Hands out what is due by the new copy, since
/// an endpoint that was changed is no longer waited for.
pub(super) fn set_endpoints(
    sql: &Sql<'_>,
    new: &Endpoints,
    known: Option<i64>,
) -> Result<Handed, JsValue> {
    copy::set(sql, new, known)?;
    hand_out(sql)
}

/// Hands out the deliveries that are due, and puts away those of endpoints that get no events.
pub(super) fn hand_out(sql: &Sql<'_>) -> Result<Handed, JsValue> {
    let is_more = copy::put_away(sql)?;
    Leases::open(sql, moment::now())?.close(is_more)
}
