//! Gives the journals their copies of the endpoints.

use crate::{
    endpoint::Endpoints,
    host::{self, Failure, Host},
    log,
};

/// The journals that are asked together.
pub(crate) const TOGETHER: usize = 32;

/// The journals that one change is pushed to. A request may make 1,000 calls.
const MAX_PUSHED: usize = 500;

/// Gives journals their copies. Returns whether those that were asked have it. The others pull it
/// within seconds.
pub(crate) async fn push(host: &Host, journals: &[String], endpoints: &Endpoints) -> bool {
    let mut have_all = true;
    let asked = journals.get(..MAX_PUSHED).unwrap_or(journals);
    for journals in asked.chunks(TOGETHER) {
        let answers = host::set_endpoints(host, journals, endpoints).await;
        for (journal, answer) in journals.iter().zip(answers) {
            if let Err(Failure(cause)) = answer {
                log::journal_failure(journal, &cause);
                have_all = false;
            }
        }
    }
    have_all
}
