//! Keeps the outcomes of attempts.

use js_sys::Math;
use orderhook_core::dispatch::{Attempt, Decision, MAX_FAILING_MS, decide, pause};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    copy::{self, Copy},
    lease::Lease,
};
use crate::{host::Sql, journal::history::Attempts};

/// The milliseconds for which a delivery waits while its endpoint is being disabled. If that fails,
/// the delivery is attempted again.
const DISABLING_MS: i64 = 15 * 60_000;

/// The milliseconds after which a delivery is attempted again if the answer was that of an earlier
/// version of its endpoint.
const AGAIN_MS: u64 = 1000;

/// The failed attempts of a delivery that are kept, and those whose answers are.
const MAX_KEPT: i64 = 10;
const MAX_ANSWERS: i64 = 3;

/// The outcome of an attempt.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) lease: Lease,
    /// The version of the endpoint that it was for.
    pub(crate) version: i64,
    /// When it ended.
    pub(crate) at: i64,
    /// The milliseconds that it took.
    pub(crate) ms: i64,
    pub(crate) result: Result,
    /// A word for what happened, if there is no answer, or if the answer is such a word.
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
    /// It was not attempted, and no delivery of the endpoint is due for so many milliseconds.
    Blocked(i64),
}

/// An endpoint that is to be disabled.
#[derive(Serialize, Deserialize)]
pub(crate) struct Disable {
    pub(crate) endpoint: String,
    /// The version of the endpoint that is meant.
    pub(crate) version: i64,
    pub(crate) reason: String,
    /// If it is disabled since no attempt succeeds: since when. Other journals may know of one.
    pub(crate) since: Option<i64>,
}

type Kept<T> = std::result::Result<T, JsValue>;

/// Keeps outcomes. Each is kept once: a second report of a lease changes nothing. Returns the
/// endpoints that are to be disabled.
pub(super) fn report(sql: &Sql<'_>, outcomes: &[Outcome]) -> Kept<Vec<Disable>> {
    let (mut disable, mut attempts) = (Vec::new(), Attempts::default());
    for outcome in outcomes {
        disable.extend(keep(sql, outcome, &mut attempts)?);
    }
    attempts.save(sql)?;
    Ok(disable)
}

/// The row of a delivery.
struct Delivery {
    attempts: i64,
    failed: u32,
}

fn keep(sql: &Sql<'_>, outcome: &Outcome, attempts: &mut Attempts) -> Kept<Option<Disable>> {
    let Some(copy) = copy::one(sql, &outcome.lease.endpoint)? else {
        return Ok(None);
    };
    let Some(delivery) = Delivery::read(sql, outcome)? else {
        return Ok(None);
    };
    let attempt = match outcome.result {
        Result::Postponed(ms) => return put_back(sql, outcome, ms).map(|()| None),
        Result::Blocked(ms) => {
            put_back(sql, outcome, 0)?;
            copy::wait(sql, &copy.endpoint.id, outcome.at + ms)?;
            return Ok(None);
        }
        Result::Answered { status, retry_after } => Attempt::Answered { status, retry_after },
        Result::Unanswered => Attempt::Unanswered,
        Result::Impossible => Attempt::Impossible,
    };
    let is_current = outcome.version == copy.endpoint.updated;
    let decision = match decide(attempt, copy.endpoint.format, delivery.failed, Math::random()) {
        Decision::Disable if !is_current => Decision::Retry(AGAIN_MS),
        decision => decision,
    };
    delivery.write(sql, outcome, decision)?;
    let has_failed = decision != Decision::Delivered;
    attempts.add(outcome.at, &copy.endpoint.id, has_failed, delivery.attempts > 0);
    if attempt == Attempt::Impossible || !is_current {
        return Ok(None);
    }
    after(sql, &copy, outcome, decision)
}

impl Delivery {
    /// Reads the delivery of a lease. A success counts even if the lease has ended.
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
        const WRITE: &str = "UPDATE deliveries SET state = ?, due = ?, attempts = ?, failed = ?, \
            at = ?, ms = ?, status = ?, note = ? WHERE endpoint = ? AND seq = ?";
        let (state, due) = match decision {
            Decision::Delivered => ("done", None),
            Decision::Retry(ms) => ("due", Some(outcome.at + i64::try_from(ms).unwrap_or(0))),
            Decision::Dead => ("dead", None),
            // It is held once the journal knows that the endpoint is disabled.
            Decision::Disable => ("due", Some(outcome.at + DISABLING_MS)),
        };
        let has_failed = decision != Decision::Delivered;
        let values = [
            state.into(),
            due.into(),
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
        // A delivery that was removed and made again may have left an attempt of this number.
        const INSERT: &str = "INSERT OR REPLACE INTO attempts \
            (endpoint, seq, n, at, ms, status, note, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
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
        sql.run(INSERT, &values)?;
        self.forget(sql, outcome)
    }

    /// Removes the attempts and answers before this one that are more than are kept.
    fn forget(&self, sql: &Sql<'_>, outcome: &Outcome) -> Kept<()> {
        const ANSWERS: &str = "UPDATE attempts SET answer = NULL \
            WHERE endpoint = ? AND seq = ? AND n <= ? AND answer IS NOT NULL";
        const ATTEMPTS: &str = "DELETE FROM attempts WHERE endpoint = ? AND seq = ? AND n <= ?";
        let Lease { endpoint, seq, .. } = &outcome.lease;
        for (forget, kept) in [(ANSWERS, MAX_ANSWERS), (ATTEMPTS, MAX_KEPT)] {
            let last = self.attempts + 1 - kept;
            sql.run(forget, &[endpoint.into(), (*seq).into(), last.into()])?;
        }
        Ok(())
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

/// Makes a delivery that was not attempted due again, and notes why it was not.
fn put_back(sql: &Sql<'_>, outcome: &Outcome, ms: i64) -> Kept<()> {
    const SET: &str = "UPDATE deliveries SET state = 'due', due = ?, note = ? \
        WHERE endpoint = ? AND seq = ?";
    let Lease { endpoint, seq, .. } = &outcome.lease;
    let (due, note) = ((outcome.at + ms).into(), outcome.note.as_ref().into());
    sql.run(SET, &[due, note, endpoint.into(), (*seq).into()])
}

/// Remembers whether the endpoint fails, and lets it pause. Returns it if it is to be disabled.
fn after(
    sql: &Sql<'_>,
    copy: &Copy,
    outcome: &Outcome,
    decision: Decision,
) -> Kept<Option<Disable>> {
    if decision == Decision::Delivered {
        return copy::succeed(sql, copy, outcome.at).map(|()| None);
    }
    let since = copy.failing.unwrap_or(outcome.at);
    let failing = copy.failing.map(|since| u64::try_from(outcome.at - since).unwrap_or(0));
    let retry_after = match outcome.result {
        Result::Answered { retry_after, .. } => retry_after,
        _ => None,
    };
    let ms = i64::try_from(pause(failing, retry_after)).unwrap_or(0);
    copy::fail(sql, copy, since)?;
    copy::wait(sql, &copy.endpoint.id, outcome.at + ms)?;
    let longest = i64::try_from(MAX_FAILING_MS).unwrap_or(i64::MAX);
    let (reason, since) = if decision == Decision::Disable {
        let word = outcome.note.as_ref().map_or(String::new(), |word| format!(": {word}"));
        (format!("it answered {}{word}", outcome.status().unwrap_or_default()), None)
    } else if outcome.at - since >= longest {
        ("no attempt has succeeded for 5 days".to_owned(), Some(since))
    } else {
        return Ok(None);
    };
    let (endpoint, version) = (copy.endpoint.id.clone(), copy.endpoint.updated);
    Ok(Some(Disable { endpoint, version, reason, since }))
}
