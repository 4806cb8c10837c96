//! Counts of the receiver's answers, added up over five minutes.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    host::{Row, Sql},
    moment,
};

/// A number of answers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sum {
    /// When they were given, in milliseconds since 1970.
    #[serde(default)]
    pub(crate) at: i64,
    pub(crate) source: String,
    pub(crate) code: String,
    /// The number of the bucket of their latency.
    pub(crate) latency: i64,
    pub(crate) count: i64,
}

/// The time that a sum is over.
const STEP_MS: i64 = 5 * 60 * 1000;

/// The sums that an answer may have.
const MAX_SUMS: i64 = 20_000;

/// Adds sums.
pub(super) fn add(sql: &Sql<'_>, sums: &[Sum]) -> Result<(), JsValue> {
    const ADD: &str = "INSERT INTO activity VALUES (?, ?, ?, ?, ?) \
        ON CONFLICT DO UPDATE SET n = n + excluded.n";
    for Sum { at, source, code, latency, count } in sums {
        let at = at - at % STEP_MS;
        let values = [at.into(), source.into(), code.into(), (*latency).into(), (*count).into()];
        sql.run(ADD, &values)?;
    }
    Ok(())
}

/// Returns the sums of the last day.
pub(super) fn of_day(sql: &Sql<'_>) -> Result<Vec<Sum>, JsValue> {
    const SELECT: &str = "SELECT source, code, latency, sum(n) FROM activity WHERE at >= ? \
        GROUP BY source, code, latency LIMIT ?";
    let since = moment::now() - moment::DAY_MS;
    let rows = sql.rows(SELECT, &[since.into(), MAX_SUMS.into()])?;
    let sum = |row: &Row| {
        let (source, code) = (row.text(0)?, row.text(1)?);
        Some(Sum { at: since, source, code, latency: row.int(2), count: row.int(3) })
    };
    Ok(rows.iter().filter_map(sum).collect())
}

/// Returns the sums since a time, of a source or of all, in steps. The earliest are left out if
/// there are too many.
pub(super) fn since(
    sql: &Sql<'_>,
    since: i64,
    step: i64,
    source: Option<&str>,
) -> Result<Vec<Sum>, JsValue> {
    const SELECT: &str = "SELECT at - at % ?1, source, code, latency, sum(n) FROM activity \
        WHERE at >= ?2 AND (?3 IS NULL OR source = ?3) GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC LIMIT ?4";
    let values = [step.into(), since.into(), source.into(), MAX_SUMS.into()];
    let rows = sql.rows(SELECT, &values)?;
    let sum = |row: &Row| {
        let (source, code) = (row.text(1)?, row.text(2)?);
        Some(Sum { at: row.int(0), source, code, latency: row.int(3), count: row.int(4) })
    };
    Ok(rows.iter().filter_map(sum).collect())
}
