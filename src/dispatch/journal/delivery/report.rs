//! Keeps what came of attempts.

use js_sys::Math;
use orderhook_core::dispatch::{Attempt, Decision, MAX_FAILING_MS, decide};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    copy::{self, Copy},
    lease::Lease,
};
use crate::host::Sql;

/// What came of an attempt.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) lease: Lease,
    /// When it ended.
    pub(crate) at: i64,
    /// The milliseconds that it took.
    pub(crate) ms: i64,
    pub(crate) result: Result,
    /// A word for what happened, if there is no answer.
    pub(crate) note: Option<String>,
    /// The beginning of the answer.
    pub(crate) answer: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Result {
    Answered {
        status: u16,
        /// The milliseconds of its `Retry-After`.
        retry_after: Option<u64>,
    },
    Unanswered,
    /// No other attempt would be different.
    Impossible,
    /// It was not attempted, for a reason that is not the endpoint's: it is due again after so many
    /// milliseconds.
    Postponed(i64),
}

/// An endpoint that is to be disabled.
#[derive(Serialize, Deserialize)]
pub(crate) struct Disable {
    pub(crate) endpoint: String,
    pub(crate) reason: String,
}

type Kept<T> = std::result::Result<T, JsValue>;

/// Keeps outcomes. Each is kept once: a second report of a lease changes nothing. Returns the
/// endpoints that are to be disabled.
pub(super) fn report(sql: &Sql<'_>, outcomes: &[Outcome]) -> Kept<Vec<Disable>> {
    let mut disable = Vec::new();
    for outcome in outcomes {
        if let Some(reason) = keep(sql, outcome)? {
            disable.push(Disable { endpoint: outcome.lease.endpoint.clone(), reason });
        }
    }
    Ok(disable)
}

/// The row of a delivery.
struct Delivery {
    attempts: i64,
    failed: u32,
}

fn keep(sql: &Sql<'_>, outcome: &Outcome) -> Kept<Option<String>> {
    let Some(copy) = copy::one(sql, &outcome.lease.endpoint)? else {
        return Ok(None);
    };
    let Some(delivery) = Delivery::read(sql, outcome)? else {
        return Ok(None);
    };
    let attempt = match outcome.result {
        Result::Postponed(ms) => {
            set_state(sql, outcome, "due", Some(outcome.at + ms))?;
            return Ok(None);
        }
        Result::Answered { status, retry_after } => Attempt::Answered { status, retry_after },
        Result::Unanswered => Attempt::Unanswered,
        Result::Impossible => Attempt::Impossible,
    };
    let decision = decide(attempt, copy.endpoint.format, delivery.failed, Math::random());
    delivery.write(sql, outcome, decision)?;
    if attempt == Attempt::Impossible {
        return Ok(None);
    }
    after(sql, &copy, outcome, decision)
}

impl Delivery {
    /// Reads the delivery that a lease is of. Whatever lease brought it, a success counts.
    fn read(sql: &Sql<'_>, outcome: &Outcome) -> Kept<Option<Self>> {
        const SELECT: &str = "SELECT attempts, failed FROM deliveries WHERE endpoint = ? \
            AND seq = ? AND state <> 'done' AND (state = 'leased' AND lease = ? OR ? AND lease >= ?)";
        let Lease { endpoint, seq, number } = &outcome.lease;
        let is_success = matches!(outcome.result, Result::Answered { status: 200..=299, .. });
        let is_success = i64::from(is_success);
        let values =
            [endpoint.into(), (*seq).into(), (*number).into(), is_success.into(), (*number).into()];
        let row = sql.first(SELECT, &values)?;
        Ok(row.map(|row| Self {
            attempts: row.int(0),
            failed: u32::try_from(row.int(1)).unwrap_or(u32::MAX),
        }))
    }

    fn write(&self, sql: &Sql<'_>, outcome: &Outcome, decision: Decision) -> Kept<()> {
        const WRITE: &str = "UPDATE deliveries SET attempts = ?, failed = ?, at = ?, ms = ?, \
            status = ?, note = ? WHERE endpoint = ? AND seq = ?";
        let (state, due) = match decision {
            Decision::Delivered => ("done", None),
            Decision::Retry(ms) => ("due", Some(outcome.at + i64::try_from(ms).unwrap_or(0))),
            Decision::Dead => ("dead", None),
            Decision::Disable => ("held", None),
        };
        set_state(sql, outcome, state, due)?;
        let has_failed = decision != Decision::Delivered;
        let values = [
            (self.attempts + 1).into(),
            (i64::from(self.failed) + i64::from(has_failed)).into(),
            outcome.at.into(),
            outcome.ms.into(),
            outcome.status().into(),
            outcome.note.as_ref().into(),
            (&outcome.lease.endpoint).into(),
            outcome.lease.seq.into(),
        ];
        sql.run(WRITE, &values)?;
        if has_failed { self.write_attempt(sql, outcome) } else { Ok(()) }
    }

    fn write_attempt(&self, sql: &Sql<'_>, outcome: &Outcome) -> Kept<()> {
        const INSERT: &str = "INSERT INTO attempts (endpoint, seq, n, at, ms, status, note, answer) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let values = [
            (&outcome.lease.endpoint).into(),
            outcome.lease.seq.into(),
            (self.attempts + 1).into(),
            outcome.at.into(),
            outcome.ms.into(),
            outcome.status().into(),
            outcome.note.as_ref().into(),
            outcome.answer.as_ref().into(),
        ];
        sql.run(INSERT, &values)
    }
}

impl Outcome {
    fn status(&self) -> Option<i64> {
        match self.result {
            Result::Answered { status, .. } => Some(i64::from(status)),
            _ => None,
        }
    }
}

fn set_state(sql: &Sql<'_>, outcome: &Outcome, state: &str, due: Option<i64>) -> Kept<()> {
    const SET: &str = "UPDATE deliveries SET state = ?, due = ? WHERE endpoint = ? AND seq = ?";
    let Lease { endpoint, seq, .. } = &outcome.lease;
    sql.run(SET, &[state.into(), due.into(), endpoint.into(), (*seq).into()])
}

/// Remembers since when the endpoint fails. Returns a reason to disable it.
fn after(
    sql: &Sql<'_>,
    copy: &Copy,
    outcome: &Outcome,
    decision: Decision,
) -> Kept<Option<String>> {
    const SET: &str = "UPDATE endpoints SET failing = ? WHERE id = ?";
    let failing = match decision {
        Decision::Delivered => None,
        _ => Some(copy.failing.unwrap_or(outcome.at)),
    };
    if failing != copy.failing {
        sql.run(SET, &[failing.into(), (&copy.endpoint.id).into()])?;
    }
    let longest = i64::try_from(MAX_FAILING_MS).unwrap_or(i64::MAX);
    Ok(match (decision, outcome.status(), failing) {
        (Decision::Disable, status, _) => {
            Some(format!("it answered {}", status.unwrap_or_default()))
        }
        (_, _, Some(since)) if outcome.at - since >= longest => {
            Some("no attempt has succeeded for 5 days".to_owned())
        }
        _ => None,
    })
}
