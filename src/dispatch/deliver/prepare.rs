//! Makes the requests of a journal's deliveries.

use std::collections::BTreeMap;

use orderhook_core::dispatch::{Taken, Verdict};

use super::{
    attempt::Attempt,
    bodies::{Bodies, MAX_BYTES},
    request::{Message, Unsent},
};
use crate::{
    config::Config,
    endpoint::Endpoint,
    host::{Host, Post},
    journal::{AttemptOutcome, AttemptResult, Disable, Item, Lease, Load},
    log, moment,
    seal::Sealed,
};

/// The milliseconds for which an endpoint gets nothing if its secrets cannot be read, and a delivery
/// if KV cannot.
const LATER_MS: i64 = 15 * 60_000;
/// The milliseconds after which a large body is tried again, if others went before it.
const SOON_MS: i64 = 1000;

/// KV may need a minute to show a body everywhere. So the body of an event that is younger than this
/// may still come, and is looked for again after `LOOK_AGAIN_MS`.
const YOUNG_MS: i64 = 10 * 60_000;
const LOOK_AGAIN_MS: i64 = 60_000;

/// The milliseconds that a lease must still have when its request begins.
const MARGIN_MS: i64 = 20_000;

/// The milliseconds after a load in which its requests may begin. An endpoint that is paused, deleted
/// or changed later gets none of them.
const BEGIN_MS: i64 = 10_000;

/// The requests of a journal, and the outcomes that are known without a request.
#[derive(Default)]
pub(super) struct Prepared {
    /// Each attempt with its request.
    pub(super) posts: Vec<(Attempt, Post)>,
    pub(super) outcomes: Vec<(Attempt, AttemptOutcome)>,
    /// The endpoints whose URLs are not allowed.
    pub(super) disable: Vec<Disable>,
}

/// A delivery that was loaded.
struct Loaded<'a> {
    attempt: Attempt,
    item: &'a Item,
    endpoint: &'a Endpoint,
    /// The event; `None` if its text is not one.
    event: Option<Taken>,
}

/// Makes the requests of a journal's deliveries. `at` is when the load began.
pub(super) async fn prepare(
    (host, config): (&Host, &Config),
    (journal, leases): &(String, Vec<(usize, Lease)>),
    load: &Load,
    at: i64,
) -> Prepared {
    let opened = open(config, &load.endpoints).await;
    let loaded: Vec<Loaded<'_>> = load
        .items
        .iter()
        .filter_map(|item| Loaded::of(journal, leases, &load.endpoints, item))
        .collect();
    let sealed = |loaded: &Loaded<'_>| opened.get(&loaded.endpoint.id);
    let messages = loaded.iter().map(|loaded| loaded.message(sealed(loaded), at));
    let keys = messages.filter_map(|message| message?.key()).collect();
    let bodies = Bodies::read(host, keys).await;
    let (mut prepared, mut bytes) = (Prepared::default(), 0);
    for loaded in loaded {
        let request = match (loaded.message(sealed(&loaded), at), &loaded.event) {
            (Some(_), _) if bytes > MAX_BYTES => Err(Unsent::Later),
            (Some(message), _) => message.request(&bodies, &config.guard),
            (None, None) => Err(Unsent::Impossible("not_an_event")),
            (None, Some(_)) => Err(Unsent::Unreadable),
        };
        match request {
            Ok(post) => {
                bytes += post.body.len();
                prepared.posts.push((loaded.attempt, post));
            }
            Err(unsent) => {
                prepared.disable.extend(loaded.disable(&unsent));
                prepared.outcomes.push(loaded.outcome(&unsent));
            }
        }
    }
    prepared
}

/// Opens the sealed URLs and secrets of endpoints.
async fn open(config: &Config, endpoints: &[Endpoint]) -> BTreeMap<String, Sealed> {
    let mut opened = BTreeMap::new();
    for Endpoint { id, sealed, .. } in endpoints {
        match Sealed::unseal(&config.seal_keys, id, sealed).await {
            Some(sealed) => drop(opened.insert(id.clone(), sealed)),
            None => log::failure("seal", &format!("the secrets of {id} cannot be read")),
        }
    }
    opened
}

impl<'a> Loaded<'a> {
    fn of(
        journal: &str,
        leases: &[(usize, Lease)],
        endpoints: &'a [Endpoint],
        item: &'a Item,
    ) -> Option<Self> {
        let (place, lease) = leases.iter().find(|(_, lease)| *lease == item.lease)?;
        let endpoint = endpoints.iter().find(|endpoint| endpoint.id == lease.endpoint)?;
        let attempt = Attempt {
            place: *place,
            journal: journal.to_owned(),
            lease: lease.clone(),
            version: item.version,
            format: endpoint.format,
        };
        Some(Self { attempt, item, endpoint, event: Taken::read(&item.event).ok() })
    }

    /// Returns the message; `None` if the event or the endpoint's secrets cannot be read.
    fn message<'b>(&'b self, sealed: Option<&'b Sealed>, at: i64) -> Option<Message<'b>> {
        let event = self.event.as_ref()?;
        Some(Message {
            endpoint: &self.endpoint.id,
            format: self.endpoint.format,
            sealed: sealed?,
            identity: (&event.source, &event.id),
            again: self.item.again,
            event: &self.item.event,
            verdict: self.item.verdict.as_deref().and_then(Verdict::parse),
            hops: event.hops,
            until: (self.item.until - MARGIN_MS).min(at + BEGIN_MS),
        })
    }

    /// Returns the endpoint and the reason to disable it, if its URL is not allowed.
    fn disable(&self, unsent: &Unsent) -> Option<Disable> {
        let Unsent::Refused(code) = unsent else {
            return None;
        };
        let (endpoint, version) = (self.endpoint.id.clone(), self.item.version);
        Some(Disable { endpoint, version, reason: (*code).to_owned(), since: None })
    }

    fn outcome(self, unsent: &Unsent) -> (Attempt, AttemptOutcome) {
        let at = moment::now();
        let (result, note) = match unsent {
            Unsent::Impossible(word) => (AttemptResult::Impossible, Some(*word)),
            Unsent::Refused(code) => (AttemptResult::Blocked(LATER_MS), Some(*code)),
            Unsent::Unreadable => (AttemptResult::Blocked(LATER_MS), Some("unreadable")),
            Unsent::Unavailable => (AttemptResult::Postponed(LATER_MS), Some("unavailable")),
            Unsent::Later => (AttemptResult::Postponed(SOON_MS), None),
            Unsent::Missing if self.is_young(at) => {
                (AttemptResult::Postponed(LOOK_AGAIN_MS), Some("payload_missing"))
            }
            Unsent::Missing => (AttemptResult::Impossible, Some("payload_gone")),
        };
        let outcome = self.attempt.outcome(at, result, note.map(ToOwned::to_owned));
        (self.attempt, outcome)
    }

    fn is_young(&self, now: i64) -> bool {
        let received = self.event.as_ref().map(|event| moment::of(&event.received));
        received.is_some_and(|received| now - received < YOUNG_MS)
    }
}
