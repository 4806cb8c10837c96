//! Delivers events to endpoints: takes pointers off the queue of attempts, loads what they point to,
//! posts it, and reports what came of it. A message is acknowledged after the report.

use std::collections::BTreeMap;

use orderhook_core::dispatch::{Taken, Verdict};

use crate::{
    config::Config,
    consume::Messages,
    endpoint::Endpoint,
    host::{self, Failure, Host, Post, Posted},
    journal::{AttemptOutcome, AttemptResult, Disable, Item, Lease, Load, Step},
    log, moment,
    push::push,
    registry::{self, EndpointsQuestion, Saved},
    seal::Sealed,
};
use pointer::Pointers;
pub(crate) use request::{Message, Unsent, retry_after};

mod pointer;
mod request;

/// The milliseconds for which a delivery waits if the endpoint's secrets cannot be read, or KV cannot.
const LATER_MS: i64 = 15 * 60_000;

/// The milliseconds that a lease must still have when its request begins.
const MARGIN_MS: i64 = 20_000;

/// A delivery that is being attempted.
struct Attempt {
    /// The place of its message in the batch.
    place: usize,
    journal: String,
    lease: Lease,
}

/// Attempts what the messages of a batch point to.
pub(crate) async fn attempt(messages: &mut Messages<'_>) {
    let pointers = Pointers::read(&host::texts_of(messages.batch));
    let queue = host::queue_of(messages.batch);
    for id in messages.ids(&pointers.unknown) {
        log::refused(&queue, id, "not_a_pointer");
    }
    let host = messages.host;
    let mut run = Run {
        host,
        config: Config::of(host),
        attempts: Vec::new(),
        posts: Vec::new(),
        outcomes: Vec::new(),
    };
    let mut left = run.load(&pointers).await;
    left.extend(run.post().await);
    let done: Vec<usize> = messages.places().filter(|place| !left.contains(place)).collect();
    messages.keep(&done);
}

/// The attempts of a batch.
struct Run<'a> {
    host: &'a Host,
    config: std::rc::Rc<Config>,
    /// The attempts whose requests are in `posts`, at the same places.
    attempts: Vec<Attempt>,
    posts: Vec<Post>,
    /// What is known without a request.
    outcomes: Vec<(Attempt, AttemptOutcome)>,
}

impl Run<'_> {
    /// Loads what the pointers point to, and makes the requests. Returns the places of messages whose
    /// journals could not be asked.
    async fn load(&mut self, pointers: &Pointers) -> Vec<usize> {
        let mut failed = Vec::new();
        let steps: Vec<(String, Step)> = pointers
            .journals
            .iter()
            .map(|(journal, leases)| {
                let leases = leases.iter().map(|(_, lease)| lease.clone()).collect();
                (journal.clone(), Step::Load(leases))
            })
            .collect();
        let answers = host::deliver(self.host, &steps, true).await;
        for ((journal, leases), answer) in pointers.journals.iter().zip(answers) {
            match answer.and_then(|text| parse::<Load>(&text)) {
                Ok(load) => self.prepare(journal, leases, load).await,
                Err(Failure(cause)) => {
                    log::journal_failure(journal, &cause);
                    failed.extend(leases.iter().map(|(place, _)| *place));
                }
            }
        }
        failed
    }

    /// Makes the requests of a journal.
    async fn prepare(&mut self, journal: &str, leases: &[(usize, Lease)], load: Load) {
        let Load { endpoints, items } = load;
        let mut opened = BTreeMap::new();
        for endpoint in &endpoints {
            let keys = &self.config.seal_keys;
            let sealed = Sealed::unseal(keys, &endpoint.id, &endpoint.sealed).await;
            if sealed.is_none() {
                log::failure("seal", &format!("the secrets of {} cannot be read", endpoint.id));
            }
            opened.insert(endpoint.id.clone(), (endpoint, sealed));
        }
        for item in items {
            let place = leases.iter().find(|(_, lease)| *lease == item.lease);
            let known = opened.get(&item.lease.endpoint);
            if let (Some((place, lease)), Some((endpoint, sealed))) = (place, known) {
                let attempt =
                    Attempt { place: *place, journal: journal.to_owned(), lease: lease.clone() };
                self.add(attempt, &item, endpoint, sealed.as_ref()).await;
            }
        }
    }

    async fn add(
        &mut self,
        attempt: Attempt,
        item: &Item,
        endpoint: &Endpoint,
        sealed: Option<&Sealed>,
    ) {
        let (result, note) = match self.request(item, endpoint, sealed).await {
            Ok(post) => {
                self.posts.push(post);
                return self.attempts.push(attempt);
            }
            Err(Unsent::Impossible(word)) => (AttemptResult::Impossible, word),
            Err(Unsent::Refused(code)) => {
                let disable = Disable { endpoint: endpoint.id.clone(), reason: code.to_owned() };
                self.disable(vec![disable]).await;
                (AttemptResult::Postponed(LATER_MS), code)
            }
            Err(Unsent::Unreadable) => (AttemptResult::Postponed(LATER_MS), "unreadable"),
            Err(Unsent::Unavailable(Failure(cause))) => {
                log::failure("kv", &cause);
                (AttemptResult::Postponed(LATER_MS), "unavailable")
            }
        };
        let lease = attempt.lease.clone();
        let note = Some(note.to_owned());
        let at = moment::now();
        self.outcomes
            .push((attempt, AttemptOutcome { lease, at, ms: 0, result, note, answer: None }));
    }

    async fn request(
        &self,
        item: &Item,
        endpoint: &Endpoint,
        sealed: Option<&Sealed>,
    ) -> Result<Post, Unsent> {
        let event = Taken::read(&item.event).map_err(|_| Unsent::Impossible("not_an_event"))?;
        let message = Message {
            endpoint: &endpoint.id,
            format: endpoint.format,
            sealed: sealed.ok_or(Unsent::Unreadable)?,
            identity: (&event.source, &event.id),
            event: &item.event,
            verdict: item.verdict.as_deref().and_then(Verdict::parse),
            until: item.until - MARGIN_MS,
        };
        message.request(self.host, &self.config.guard).await
    }

    /// Posts, and reports each outcome when it is there. Returns the places of messages whose outcome
    /// could not be reported.
    async fn post(&mut self) -> Vec<usize> {
        let posts = host::post(&std::mem::take(&mut self.posts));
        let mut attempts: Vec<Option<Attempt>> =
            std::mem::take(&mut self.attempts).into_iter().map(Some).collect();
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let mut unreported = Vec::new();
        loop {
            unreported.extend(self.report(outcomes).await);
            let ended = host::next(&posts).await;
            if ended.is_empty() {
                break;
            }
            let outcome = |posted: Posted| {
                let attempt = attempts.get_mut(posted.place)?.take()?;
                let outcome = outcome(attempt.lease.clone(), posted);
                Some((attempt, outcome))
            };
            outcomes = ended.into_iter().filter_map(outcome).collect();
        }
        // The journal may have been replaced by a deployment.
        let left = self.report(unreported).await;
        left.into_iter().map(|(attempt, _)| attempt.place).collect()
    }

    /// Reports outcomes to their journals. Returns those that were not kept.
    async fn report(
        &self,
        outcomes: Vec<(Attempt, AttemptOutcome)>,
    ) -> Vec<(Attempt, AttemptOutcome)> {
        let mut groups: BTreeMap<String, Vec<(Attempt, AttemptOutcome)>> = BTreeMap::new();
        for (attempt, outcome) in outcomes {
            groups.entry(attempt.journal.clone()).or_default().push((attempt, outcome));
        }
        let step = |outcomes: &Vec<(Attempt, AttemptOutcome)>| {
            Step::Report(outcomes.iter().map(|(_, outcome)| outcome.clone()).collect())
        };
        let steps: Vec<(String, Step)> =
            groups.iter().map(|(journal, outcomes)| (journal.clone(), step(outcomes))).collect();
        let answers = host::deliver(self.host, &steps, true).await;
        let mut left = Vec::new();
        for ((journal, outcomes), answer) in groups.into_iter().zip(answers) {
            match answer.and_then(|text| parse::<Vec<Disable>>(&text)) {
                Ok(disable) => self.disable(disable).await,
                Err(Failure(cause)) => {
                    log::journal_failure(&journal, &cause);
                    left.extend(outcomes);
                }
            }
        }
        left
    }

    /// Disables endpoints. If that fails, the next failure of the endpoint asks for it again.
    async fn disable(&self, disable: Vec<Disable>) {
        for Disable { endpoint: id, reason } in disable {
            log::endpoint(&id, "disabled", &reason);
            let question = EndpointsQuestion::Disable { id, reason };
            match registry::ask(self.host, &registry::Question::Endpoints(question)).await {
                Ok(Saved::Done(endpoints)) => {
                    let journals = registry::ask(self.host, &registry::Question::Journals).await;
                    push(self.host, &journals.unwrap_or_default() as &Vec<String>, endpoints).await;
                }
                Ok(_) => {}
                Err(Failure(cause)) => log::failure("registry", &cause),
            }
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|_| Failure("the journal's answer is not understood".into()))
}

/// Returns what a journal keeps of a request.
fn outcome(lease: Lease, posted: Posted) -> AttemptOutcome {
    let Posted { at, ms, answer, .. } = posted;
    let (result, note, answer) = match answer {
        Ok(answer) => {
            let retry_after = answer.retry_after.and_then(|text| retry_after(&text, at));
            let result = AttemptResult::Answered { status: answer.status, retry_after };
            (result, None, Some(answer.text))
        }
        Err(word) if word == "late" => (AttemptResult::Postponed(0), Some(word), None),
        Err(word) => (AttemptResult::Unanswered, Some(word), None),
    };
    AttemptOutcome { lease, at, ms, result, note, answer }
}
