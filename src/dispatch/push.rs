//! Gives the journals their copies of the endpoints.

use crate::{
    endpoint::Endpoints,
    host::{self, Failure, Host},
    journal::Question,
    log,
};

/// The journals that are asked together.
pub(crate) const TOGETHER: usize = 32;

/// Gives each journal its copy. Returns whether all have it. One that was not reached pulls it within
/// seconds.
pub(crate) async fn push(host: &Host, journals: &[String], endpoints: Endpoints) -> bool {
    let question = Question::SetEndpoints(endpoints);
    let mut have_all = true;
    for journals in journals.chunks(TOGETHER) {
        let answers = host::ask_journals(host, journals, &question).await;
        for (journal, answer) in journals.iter().zip(answers) {
            if let Err(Failure(cause)) = answer {
                log::journal_failure(journal, &cause);
                have_all = false;
            }
        }
    }
    have_all
}
