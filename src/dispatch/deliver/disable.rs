//! Disables endpoints.

use crate::{
    host::{self, Failure, Host},
    journal::{Disable, Question},
    log,
    push::push,
    registry::{self, EndpointsQuestion, Saved},
};

/// Disables endpoints. If that fails, the next failure of the endpoint asks for it again.
pub(super) async fn disable(host: &Host, mut endpoints: Vec<Disable>) {
    endpoints.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
    endpoints.dedup_by(|one, other| one.endpoint == other.endpoint);
    for endpoint in endpoints {
        if let Err(Failure(cause)) = one(host, endpoint).await {
            log::failure("registry", &cause);
        }
    }
}

async fn one(host: &Host, endpoint: Disable) -> Result<(), Failure> {
    let Disable { endpoint: id, version, reason, since } = endpoint;
    let journals: Vec<String> = registry::ask(host, &registry::Question::Journals).await?;
    if let Some(since) = since
        && !fails_everywhere(host, &journals, &id, since).await
    {
        return Ok(());
    }
    let question =
        EndpointsQuestion::Disable { id: id.clone(), reason: reason.clone(), read: version };
    let saved = registry::ask(host, &registry::Question::Endpoints(question)).await?;
    if let Saved::Done(endpoints) = saved {
        log::endpoint(&id, "disabled", &reason);
        push(host, &journals, &endpoints).await;
    }
    Ok(())
}

/// Returns whether no journal knows of a success since a time. A journal that does not answer may know
/// of one.
async fn fails_everywhere(host: &Host, journals: &[String], endpoint: &str, since: i64) -> bool {
    let question = Question::HasSucceeded { endpoint: endpoint.to_owned(), since };
    for journals in journals.chunks(crate::push::TOGETHER) {
        let answers = host::ask_journals(host, journals, &question).await;
        for (journal, answer) in journals.iter().zip(answers) {
            match answer {
                Ok(answer) if answer == "false" => {}
                Ok(_) => return false,
                Err(Failure(cause)) => {
                    log::journal_failure(journal, &cause);
                    return false;
                }
            }
        }
    }
    true
}
