//! Delivers events to endpoints: takes pointers off the queue of attempts, loads their deliveries,
//! posts these, and reports the outcomes. A message is acknowledged after the report, or before it if
//! the endpoint is slow: see `leaveIfSlow` in `entry.js`.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    config::Config,
    consume::Messages,
    host::{self, Failure, Host, Loaded, Posted, Posts},
    journal::{AttemptOutcome, Disable, Lease, Load, Step},
    log,
};
use attempt::Attempt;
pub(crate) use bodies::Bodies;
use pointer::Pointers;
use prepare::{Prepared, prepare};
pub(crate) use request::{Message, Unsent, headers, proof_headers};

mod attempt;
mod bodies;
mod disable;
mod pointer;
mod prepare;
mod request;

/// Attempts the deliveries that the messages of a batch point to.
pub(crate) async fn attempt(messages: &mut Messages<'_>) {
    let pointers = Pointers::read(&host::texts_of(messages.batch));
    let queue = host::queue_of(messages.batch);
    for id in messages.ids(&pointers.unknown) {
        log::refused(&queue, id, "not_a_pointer");
    }
    let left = Run::begin(messages.host, pointers).work().await;
    let done: Vec<usize> = messages.places().filter(|place| !left.contains(place)).collect();
    messages.keep(&done);
}

/// The attempts of a batch. No journal waits for another: the requests of each begin once it has
/// answered, and each outcome is reported when it is there.
struct Run<'a> {
    host: &'a Host,
    config: Rc<Config>,
    /// The leases of each journal, with their places in the batch.
    journals: Vec<(String, Vec<(usize, Lease)>)>,
    /// The loads and posts under way.
    posts: Posts,
    /// The attempts whose requests are in `posts`, at the same places.
    attempts: Vec<Option<Attempt>>,
    /// The places of messages that are not done.
    left: Vec<usize>,
}

impl<'a> Run<'a> {
    /// Begins to load the deliveries that pointers name.
    fn begin(host: &'a Host, pointers: Pointers) -> Self {
        let journals: Vec<_> = pointers.journals.into_iter().collect();
        let step = |leases: &[(usize, Lease)]| {
            Step::Load(leases.iter().map(|(_, lease)| lease.clone()).collect())
        };
        let steps: Vec<(String, Step)> =
            journals.iter().map(|(journal, leases)| (journal.clone(), step(leases))).collect();
        let (attempts, left) = (Vec::new(), Vec::new());
        let posts = host::load(host, &steps);
        Self { host, config: Config::of(host), journals, posts, attempts, left }
    }

    /// Loads, posts and reports. Returns the places of messages that are not done.
    async fn work(mut self) -> Vec<usize> {
        let mut unreported = Vec::new();
        loop {
            let (loaded, posted) = host::ends(&self.posts).await;
            if loaded.is_empty() && posted.is_empty() {
                break;
            }
            let mut outcomes: Vec<_> =
                posted.into_iter().filter_map(|posted| self.end(posted)).collect();
            for loaded in loaded {
                outcomes.extend(self.post(loaded).await);
            }
            unreported.extend(self.report(outcomes).await);
        }
        // The journal may have been replaced by a deployment.
        let left = self.report(unreported).await;
        self.left.extend(left.into_iter().map(|(attempt, _)| attempt.place));
        self.left
    }

    /// Posts the deliveries of a journal. Returns the outcomes that are known without a request.
    async fn post(&mut self, loaded: Loaded) -> Vec<(Attempt, AttemptOutcome)> {
        let Some(leases) = self.journals.get(loaded.place) else {
            return Vec::new();
        };
        match loaded.answer.and_then(|text| parse::<Load>(&text)) {
            Ok(load) => {
                let context = (self.host, &*self.config);
                let prepared = prepare(context, leases, &load, loaded.at).await;
                let Prepared { posts, outcomes, disable } = prepared;
                disable::disable(self.host, disable).await;
                let (attempts, posts): (Vec<_>, Vec<_>) = posts.into_iter().unzip();
                self.attempts.extend(attempts.into_iter().map(Some));
                host::add(&self.posts, &posts);
                outcomes
            }
            Err(Failure(cause)) => {
                log::journal_failure(&leases.0, &cause);
                self.left.extend(leases.1.iter().map(|(place, _)| *place));
                Vec::new()
            }
        }
    }

    /// Returns what a journal keeps of a request.
    fn end(&mut self, posted: Posted) -> Option<(Attempt, AttemptOutcome)> {
        let attempt = self.attempts.get_mut(posted.place)?.take()?;
        let outcome = attempt.outcome_of(posted);
        Some((attempt, outcome))
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
                Ok(disable) => disable::disable(self.host, disable).await,
                Err(Failure(cause)) => {
                    log::journal_failure(&journal, &cause);
                    left.extend(outcomes);
                }
            }
        }
        left
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|_| Failure("the journal's answer is not understood".into()))
}
