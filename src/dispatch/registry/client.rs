//! Asks the registry.

use serde::de::DeserializeOwned;

use super::{activity::Sum, dead_letters::DeadLetter, question::Question};
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
    host::ask_registry(host, &Question::KeepDeadLetters { letters }).await
}

/// Adds sums of the receiver's answers.
pub(crate) async fn add_activity(host: &Host, sums: Vec<Sum>) -> Result<(), Failure> {
    ask(host, &Question::AddActivity { sums }).await
}

/// The journals whose alarms are looked at together.
const TOGETHER: usize = 32;

/// The journals that one run looks at. A request may make 1,000 calls.
const MAX_WATCHED: usize = 500;

/// The milliseconds from one run to the next, as wrangler.toml sets it.
const WATCH_MS: i64 = 300_000;

/// Sets the lost alarms of the registry and of journals again. Some alarms have never fired.
pub(crate) async fn watch(host: &Host) {
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
