//! Asks the registry.

use js_sys::Array;
use orderhook_core::dispatch::OPERATIONAL;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use super::{
    activity::Counts,
    dead_letters::{DeadLetter, DeadLettersQuestion},
    question::Question,
    watch::Pending,
};
use crate::{
    host::{self, CallError, Failure, Host},
    log, moment,
};

/// Asks the registry.
pub(crate) async fn ask<T: DeserializeOwned>(
    host: &Host,
    question: &Question,
) -> Result<T, Failure> {
    Ok(host::ask_registry(host, question).await?)
}

/// Makes journals known.
pub(crate) async fn note(host: &Host, journals: &[String]) -> Result<(), Failure> {
    ask(host, &Question::Note { journals: journals.to_vec() }).await
}

/// Keeps dead letters.
pub(crate) async fn keep_dead_letters(
    host: &Host,
    letters: Vec<DeadLetter>,
) -> Result<(), CallError> {
    host::ask_registry(host, &Question::DeadLetters(DeadLettersQuestion::Keep { letters })).await
}

/// Adds sums of the receiver's answers.
pub(crate) async fn add_activity(host: &Host, counts: Counts) -> Result<(), Failure> {
    ask(host, &Question::AddActivity(counts)).await
}

/// The journals whose alarms are looked at together.
const TOGETHER: usize = 32;

/// The journals that one run looks at. A request may make 1,000 calls.
const MAX_WATCHED: usize = 500;

/// The milliseconds from one run to the next, as wrangler.toml sets it.
const WATCH_MS: i64 = 300_000;

/// Sets lost alarms again, and tells what is to be told.
pub(crate) async fn watch(host: &Host) {
    check_alarms(host).await;
    if let Err(Failure(cause)) = tell(host).await {
        log::failure("registry", &cause);
    }
}

/// Hands the operational events to their journal, which knows those that it has.
async fn tell(host: &Host) -> Result<(), Failure> {
    let pending: Vec<Pending> = ask(host, &Question::Watch).await?;
    if pending.is_empty() {
        return Ok(());
    }
    let journal = OPERATIONAL.to_owned();
    note(host, std::slice::from_ref(&journal)).await?;
    let texts: Array = pending.iter().map(|notice| JsValue::from_str(&notice.event)).collect();
    let groups = [(journal, (0..pending.len()).collect())];
    for answer in host::take(host, &texts, &groups).await {
        answer?;
    }
    for notice in &pending {
        log::notice(&notice.id);
    }
    let ids = pending.into_iter().map(|notice| notice.id).collect();
    ask(host, &Question::RemoveNotices { ids }).await
}

/// Sets the lost alarms of the registry and of journals again. Some alarms have never fired.
async fn check_alarms(host: &Host) {
    if let Err(Failure(cause)) = host::check_registry(host).await {
        log::failure("registry", &cause);
    }
    let journals: Vec<String> = match ask(host, &Question::Journals).await {
        Ok(journals) => journals,
        Err(Failure(cause)) => return log::failure("registry", &cause),
    };
    for journals in turn(&journals, moment::now() / WATCH_MS).chunks(TOGETHER) {
        let checked = host::check_journals(host, journals).await;
        for (journal, checked) in journals.iter().zip(checked) {
            if let Err(Failure(cause)) = checked {
                log::journal_failure(journal, &cause);
            }
        }
    }
}

/// Returns the journals whose turn it is. The next run goes on where this one stops.
fn turn(journals: &[String], run: i64) -> &[String] {
    let turns = journals.len().div_ceil(MAX_WATCHED).max(1);
    let turn = usize::try_from(run).unwrap_or_default() % turns;
    journals.chunks(MAX_WATCHED).nth(turn).unwrap_or_default()
}
