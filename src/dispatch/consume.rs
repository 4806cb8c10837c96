//! Takes messages off the queues.

use std::{cell::RefCell, collections::BTreeMap};

use js_sys::Math;
use orderhook_core::dispatch::{Taken, order_key};

use crate::{
    activity,
    config::Config,
    host::{self, Batch, Failure, Host},
    journal::Outcome,
    log,
    registry::{self, DeadLetter},
};

/// The decision that acknowledges a message.
const ACK: i32 = -1;

/// The seconds after which a message is redelivered: the first delay, and the longest.
const FIRST_RETRY: u32 = 5;
const LAST_RETRY: u32 = 15 * 60;

/// Takes a batch. Returns the decision for each message.
pub(crate) async fn consume(host: &Host, batch: &Batch) -> Vec<i32> {
    let attempts = host::attempts_of(batch);
    let kept = match Queue::of(&host::queue_of(batch)) {
        Queue::Events => events(host, batch).await,
        Queue::DeadLetters => dead_letters(host, batch).await,
        Queue::Activity => activity(host, batch).await,
    };
    kept.iter()
        .zip(attempts)
        .map(|(is_kept, attempts)| if *is_kept { ACK } else { delay(attempts) })
        .collect()
}

/// A queue, by the end of its name: a second installation has its own in front.
enum Queue {
    Events,
    DeadLetters,
    Activity,
}

impl Queue {
    fn of(name: &str) -> Self {
        if name.ends_with("dead-letters") {
            Self::DeadLetters
        } else if name.ends_with("activity") {
            Self::Activity
        } else {
            Self::Events
        }
    }
}

/// Returns the seconds after which a message is redelivered. The delay doubles each time, and
/// varies at random by up to a fifth.
#[allow(clippy::cast_possible_truncation)] // At most 1080.
fn delay(attempts: u32) -> i32 {
    let doubled = FIRST_RETRY.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    (f64::from(doubled.min(LAST_RETRY)) * (0.8 + 0.4 * Math::random())) as i32
}

/// Hands events to their journals. A message that is not an event goes to the dead letters at once,
/// since no retry would help.
async fn events(host: &Host, batch: &Batch) -> Vec<bool> {
    let config = Config::of(host);
    let texts = host::texts_of(batch);
    let events: Vec<Option<Taken>> =
        texts.iter().map(|text| Taken::read(&text.as_string()?).ok()).collect();
    let groups = groups(&config, &events);
    let mut kept = vec![false; events.len()];
    let noted = note(host, groups.iter().map(|(name, _)| name)).await;
    let mut failed = Vec::new();
    for (group, answer) in groups.iter().zip(host::take(host, &texts, &groups).await) {
        match answer {
            Ok(answer) => {
                log_new(&events, &group.1, &answer);
                set(&mut kept, &group.1, noted);
            }
            Err(Failure(cause)) => {
                log::failure("journal", &cause);
                failed.extend(one_by_one(group, &host::attempts_of(batch)));
            }
        }
    }
    for (group, answer) in failed.iter().zip(host::take(host, &texts, &failed).await) {
        if let Ok(answer) = answer {
            log_new(&events, &group.1, &answer);
            set(&mut kept, &group.1, noted);
        }
    }
    refuse(host, batch, &events, &mut kept).await;
    kept
}

/// Splits a group that failed before, so that one event that cannot be taken holds up no other.
fn one_by_one((journal, places): &Group, attempts: &[u32]) -> Vec<Group> {
    let has_failed = places.iter().any(|place| {
        let place = usize::try_from(*place).ok();
        place.and_then(|place| attempts.get(place)).is_some_and(|attempts| *attempts > 1)
    });
    if !has_failed || places.len() == 1 {
        return Vec::new();
    }
    places.iter().map(|place| (journal.clone(), vec![*place])).collect()
}

/// A journal, and the places of its events.
type Group = (String, Vec<u32>);

/// Groups events by their journal.
fn groups(config: &Config, events: &[Option<Taken>]) -> Vec<Group> {
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (place, event) in (0..).zip(events) {
        if let Some(event) = event {
            let order = event.report.as_ref().map_or(&*event.id, |report| &*report.order);
            let journal = config.journal(&event.source, &order_key(order));
            groups.entry(journal).or_default().push(place);
        }
    }
    groups.into_iter().collect()
}

fn set(kept: &mut [bool], places: &[u32], is_kept: bool) {
    for place in places {
        if let Some(kept) = usize::try_from(*place).ok().and_then(|place| kept.get_mut(place)) {
            *kept = is_kept;
        }
    }
}

/// Logs the events that were not known.
fn log_new(events: &[Option<Taken>], places: &[u32], answer: &str) {
    let outcomes: Vec<Outcome> = serde_json::from_str(answer).unwrap_or_default();
    for (place, outcome) in places.iter().zip(outcomes) {
        let event = usize::try_from(*place).ok().and_then(|place| events.get(place));
        if let Some(Some(event)) = event.filter(|_| outcome.new) {
            log::event(event, outcome.verdict.as_deref());
        }
    }
}

/// Makes journals known to the registry, once in an isolate's life. Returns whether they are known.
/// An event is not acknowledged before that: no list would ask its journal.
async fn note(host: &Host, journals: impl Iterator<Item = &String>) -> bool {
    thread_local! {
        static NOTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }
    let unknown: Vec<String> =
        NOTED.with_borrow(|noted| journals.filter(|name| !noted.contains(name)).cloned().collect());
    if unknown.is_empty() {
        return true;
    }
    let is_noted = is_done(&registry::note(host, &unknown).await);
    if is_noted {
        NOTED.with_borrow_mut(|noted| noted.extend(unknown));
    }
    is_noted
}

/// Puts the messages that are not events to the dead letters.
async fn refuse(host: &Host, batch: &Batch, events: &[Option<Taken>], kept: &mut [bool]) {
    if events.iter().all(Option::is_some) {
        return;
    }
    let queue = host::queue_of(batch);
    let mut letters = letters(batch);
    let mut is_bad = events.iter().map(Option::is_none);
    letters.retain(|_| is_bad.next().unwrap_or_default());
    for letter in &letters {
        log::refused(&queue, &letter.id, "not_an_event");
    }
    let is_kept = keep(host, letters).await;
    for (kept, event) in kept.iter_mut().zip(events) {
        *kept = if event.is_none() { is_kept } else { *kept };
    }
}

/// Keeps the messages of the dead-letter queue.
async fn dead_letters(host: &Host, batch: &Batch) -> Vec<bool> {
    let letters = letters(batch);
    let count = letters.len();
    vec![keep(host, letters).await; count]
}

/// Adds the sums of the receiver's answers. A message that is not understood is left out.
async fn activity(host: &Host, batch: &Batch) -> Vec<bool> {
    let texts = host::texts_of(batch);
    let mut sums = Vec::new();
    for (text, id) in texts.iter().zip(host::ids_of(batch)) {
        match text.as_string().and_then(|text| activity::read(&text)) {
            Some(read) => sums.extend(read),
            None => log::refused(&host::queue_of(batch), &id, "not_activity"),
        }
    }
    let added = registry::add_activity(host, sums).await;
    vec![is_done(&added); host::ids_of(batch).len()]
}

/// Logs why the registry could not be asked.
fn is_done(asked: &Result<(), Failure>) -> bool {
    if let Err(Failure(cause)) = asked {
        log::failure("registry", cause);
    }
    asked.is_ok()
}

async fn keep(host: &Host, letters: Vec<DeadLetter>) -> bool {
    is_done(&registry::keep_dead_letters(host, letters).await)
}

fn letters(batch: &Batch) -> Vec<DeadLetter> {
    let (ids, attempts) = (host::ids_of(batch), host::attempts_of(batch));
    let (forms, contents) = (host::forms_of(batch), host::contents_of(batch));
    let of = ids.into_iter().zip(attempts).zip(forms.into_iter().zip(contents));
    of.map(|((id, attempts), (form, content))| DeadLetter::new(id, attempts, form, content))
        .collect()
}
