//! Counts the attempts of each endpoint, in sums of 15 minutes. A report writes the sums of its
//! attempts in its own transaction, so each attempt is counted once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::{Row, Sql},
    moment::{self, DAY_MS},
};

/// The time that a sum is over. Longer steps are multiples of it.
const STEP_MS: i64 = 15 * 60 * 1000;

/// For how long sums are kept.
const KEPT_MS: i64 = 7 * DAY_MS;

/// The sums that one step removes.
const STEP: i64 = 500;

/// The attempts of an endpoint in a step of time.
#[derive(Serialize, Deserialize)]
pub(crate) struct AttemptSum {
    /// When the step begins, in milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) endpoint: String,
    pub(crate) counts: Counts,
}

/// Numbers of attempts.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) delivered: i64,
    pub(crate) failed: i64,
    /// Those of both that were not the first of their delivery.
    pub(crate) retries: i64,
}

impl Counts {
    pub(crate) fn add(&mut self, more: Self) {
        self.delivered += more.delivered;
        self.failed += more.failed;
        self.retries += more.retries;
    }
}

/// The attempts of a report.
#[derive(Default)]
pub(super) struct Attempts(BTreeMap<(i64, String), Counts>);

impl Attempts {
    /// Counts an attempt that ended at a time.
    pub(super) fn add(&mut self, at: i64, endpoint: &str, has_failed: bool, is_retry: bool) {
        let counts = Counts {
            delivered: i64::from(!has_failed),
            failed: i64::from(has_failed),
            retries: i64::from(is_retry),
        };
        self.0.entry((at - at % STEP_MS, endpoint.to_owned())).or_default().add(counts);
    }

    /// Writes the sums.
    pub(super) fn save(&self, sql: &Sql<'_>) -> Result<(), JsValue> {
        const ADD: &str = "INSERT INTO attempt_sums (at, endpoint, delivered, failed, retries) \
            VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
            delivered = delivered + excluded.delivered, failed = failed + excluded.failed, \
            retries = retries + excluded.retries";
        self.0.iter().try_for_each(|((at, endpoint), counts)| {
            let Counts { delivered, failed, retries } = *counts;
            let values =
                [(*at).into(), endpoint.into(), delivered.into(), failed.into(), retries.into()];
            sql.run(ADD, &values)
        })
    }
}

/// Returns the attempts since a time, in sums of a step.
pub(super) fn since(sql: &Sql<'_>, since: i64, step: i64) -> Result<Vec<AttemptSum>, JsValue> {
    const SELECT: &str = "SELECT at - at % ?1, endpoint, sum(delivered), sum(failed), sum(retries) \
        FROM attempt_sums WHERE at >= ?2 GROUP BY 1, 2 ORDER BY 1, 2";
    let rows = sql.rows(SELECT, &[step.into(), since.into()])?;
    let sum = |row: &Row| {
        let counts = Counts { delivered: row.int(2), failed: row.int(3), retries: row.int(4) };
        Some(AttemptSum { at: row.int(0), endpoint: row.text(1)?, counts })
    };
    Ok(rows.iter().filter_map(sum).collect())
}

/// Removes a step of the sums that are too old. Returns whether there may be more.
pub(super) fn prune(sql: &Sql<'_>) -> Result<bool, JsValue> {
    const DELETE: &str = "DELETE FROM attempt_sums WHERE (at, endpoint) IN \
        (SELECT at, endpoint FROM attempt_sums WHERE at < ? ORDER BY at LIMIT ?) RETURNING 1";
    let before = moment::now() - KEPT_MS - STEP_MS;
    let removed = sql.rows(DELETE, &[before.into(), STEP.into()])?;
    Ok(i64::try_from(removed.len()) == Ok(STEP))
}
