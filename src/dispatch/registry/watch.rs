//! Watches the sources and the dead letters, and keeps what is to be told until its journal has it.

use std::collections::BTreeMap;

use orderhook_core::dispatch::{
    Notice, Pulse, STEP_MS, Thresholds, WINDOW_MS, is_accepted, is_refused, tells_dead_letters,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::{
    config::thresholds,
    host::{Row, Sql},
    json,
    migrate::{meta, set_meta},
    moment,
};

/// The milliseconds after which counts are expected no more.
const LATE_MS: i64 = 2 * 60 * 60 * 1000;

/// The milliseconds after which nobody has watched: the cron runs every five minutes.
const UNWATCHED_MS: i64 = 15 * 60 * 1000;

/// The notices that are handed out at a time.
const MAX_NOTICES: i64 = 50;

/// The names in `meta`: when the sources were last looked at, since when that was never late, and
/// when it was last told that there are dead letters.
const WATCHED: &str = "watched";
const WATCHED_SINCE: &str = "watched_since";
const DEAD_LETTERS_TOLD: &str = "dead_letters_told";

/// An operational event that is not yet in its journal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) id: String,
    /// The event, as JSON text.
    pub(crate) event: String,
}

/// Keeps a notice until its journal has it.
pub(super) fn keep(sql: &Sql<'_>, notice: &Notice) -> Result<(), JsValue> {
    const INSERT: &str = "INSERT INTO notices (id, event) VALUES (?, ?) ON CONFLICT DO NOTHING";
    sql.run(INSERT, &[(&notice.id()).into(), (&notice.event(moment::now())).into()])
}

/// Removes the notices that their journal has.
pub(super) fn remove(sql: &Sql<'_>, ids: &[String]) -> Result<(), JsValue> {
    ids.iter().try_for_each(|id| sql.run("DELETE FROM notices WHERE id = ?", &[id.into()]))
}

/// Looks at the sources and the dead letters. Returns the notices that no journal has yet.
pub(super) fn watch(sql: &Sql<'_>, settings: &str) -> Result<Vec<Pending>, JsValue> {
    const PENDING: &str = "SELECT id, event FROM notices LIMIT ?";
    let look = Look::begin(sql, thresholds(settings))?;
    let mut pulses = read_pulses(sql)?;
    for (source, steps) in look.steps(sql)? {
        let known = pulses.remove(&source);
        look.source(sql, &source, known.as_ref(), &steps)?;
    }
    for (source, pulse) in pulses {
        look.source(sql, &source, Some(&pulse), &[])?;
    }
    look.dead_letters(sql)?;
    let rows = sql.rows(PENDING, &[MAX_NOTICES.into()])?;
    let pending = |row: &Row| Some(Pending { id: row.text(0)?, event: row.text(1)? });
    Ok(rows.iter().filter_map(pending).collect())
}

/// The receiver's answers of one code, in one step.
struct Counted {
    at: i64,
    code: String,
    count: i64,
}

/// One look at everything.
struct Look {
    now: i64,
    /// The time since which counts may be new.
    since: i64,
    /// Since when no look was late.
    watched: i64,
    thresholds: Thresholds,
}

impl Look {
    fn begin(sql: &Sql<'_>, thresholds: Thresholds) -> Result<Self, JsValue> {
        let (now, last) = (moment::now(), meta(sql, WATCHED)?);
        if now - last > UNWATCHED_MS {
            set_meta(sql, WATCHED_SINCE, now)?;
        }
        set_meta(sql, WATCHED, now)?;
        let (since, watched) = ((last - LATE_MS).max(0), meta(sql, WATCHED_SINCE)?);
        Ok(Self { now, since, watched, thresholds })
    }

    /// Returns the answers that may be new, by source, the earliest first.
    fn steps(&self, sql: &Sql<'_>) -> Result<BTreeMap<String, Vec<Counted>>, JsValue> {
        const SELECT: &str = "SELECT source, at, code, sum(n) FROM activity WHERE at >= ? \
            GROUP BY at, source, code ORDER BY at";
        let mut steps: BTreeMap<String, Vec<Counted>> = BTreeMap::new();
        for row in sql.rows(SELECT, &[self.since.into()])? {
            let code = row.text(2).unwrap_or_default();
            let counted = Counted { at: row.int(1), code, count: row.int(3) };
            steps.entry(row.text(0).unwrap_or_default()).or_default().push(counted);
        }
        Ok(steps)
    }

    /// Looks at a source, and keeps what is to be told of it.
    fn source(
        &self,
        sql: &Sql<'_>,
        source: &str,
        known: Option<&Pulse>,
        steps: &[Counted],
    ) -> Result<(), JsValue> {
        let is_of_source = |step: &&Counted| is_accepted(&step.code) || is_refused(&step.code);
        let first = steps.iter().find(is_of_source).map(|step| step.at);
        let Some(mut pulse) = known.cloned().or_else(|| first.map(Pulse::new)) else {
            return Ok(());
        };
        for step in steps.iter().filter(|step| is_accepted(&step.code)) {
            pulse.beat(step.at);
        }
        let since = self.now - self.now % STEP_MS + STEP_MS - WINDOW_MS;
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for step in steps.iter().filter(|step| step.at >= since) {
            *counts.entry(step.code.clone()).or_default() += step.count;
        }
        let Self { now, watched, thresholds, .. } = self;
        let silence = pulse.silence(source, *now, *watched, thresholds);
        let refusals = pulse.refusals(source, *now, (since, &counts), thresholds);
        silence.iter().chain(&refusals).try_for_each(|notice| keep(sql, notice))?;
        if known == Some(&pulse) { Ok(()) } else { write_pulse(sql, source, &pulse) }
    }

    fn dead_letters(&self, sql: &Sql<'_>) -> Result<(), JsValue> {
        const OLDEST: &str = "SELECT at, (SELECT count(*) FROM dead_letters) FROM dead_letters \
            ORDER BY seq LIMIT 1";
        let oldest = sql.first(OLDEST, &[])?;
        let oldest = oldest.map(|row| (row.int(0), row.int(1)));
        let told = meta(sql, DEAD_LETTERS_TOLD)?;
        match oldest {
            Some((since, count)) if tells_dead_letters(self.now, Some(since), told) => {
                set_meta(sql, DEAD_LETTERS_TOLD, self.now)?;
                keep(sql, &Notice::DeadLetters { count, since })
            }
            _ => Ok(()),
        }
    }
}

fn read_pulses(sql: &Sql<'_>) -> Result<BTreeMap<String, Pulse>, JsValue> {
    const SELECT: &str =
        "SELECT source, first, last, pauses, silence_told, is_refusing, refusing_told FROM pulses";
    let pulse = |row: &Row| Pulse {
        first: row.int(1),
        last: row.int(2),
        pauses: row.text(3).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        silence_told: row.int(4),
        is_refusing: row.int(5) != 0,
        refusing_told: row.int(6),
    };
    let rows = sql.rows(SELECT, &[])?;
    Ok(rows.iter().map(|row| (row.text(0).unwrap_or_default(), pulse(row))).collect())
}

fn write_pulse(sql: &Sql<'_>, source: &str, pulse: &Pulse) -> Result<(), JsValue> {
    const WRITE: &str = "INSERT INTO pulses (source, first, last, pauses, silence_told, \
        is_refusing, refusing_told) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
        first = excluded.first, last = excluded.last, pauses = excluded.pauses, \
        silence_told = excluded.silence_told, is_refusing = excluded.is_refusing, \
        refusing_told = excluded.refusing_told";
    let pauses = json::text(&pulse.pauses);
    let values = [
        source.into(),
        pulse.first.into(),
        pulse.last.into(),
        (&pauses).into(),
        pulse.silence_told.into(),
        i64::from(pulse.is_refusing).into(),
        pulse.refusing_told.into(),
    ];
    sql.run(WRITE, &values)
}
