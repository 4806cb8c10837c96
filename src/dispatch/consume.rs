//! Takes messages off the queues.

use std::{cell::RefCell, collections::BTreeMap};

use js_sys::Math;

use crate::{
    config::Config,
    event::Event,
    host::{self, Batch, Failure, Host},
    journal::Taken,
    log,
    registry::{self, DeadLetter},
};

/// The decision that acknowledges a message.
const ACK: i32 = -1;

/// The seconds after which a message comes again at first, and at most.
const FIRST_RETRY: u32 = 5;
const LAST_RETRY: u32 = 15 * 60;

/// Takes a batch. Returns the decision for each message.
pub(crate) async fn consume(host: &Host, batch: &Batch) -> Vec<i32> {
    let attempts = host::attempts_of(batch);
    let kept = match Queue::of(&host::queue_of(batch)) {
        Queue::Events => events(host, batch).await,
        Queue::DeadLetters => dead_letters(host, batch).await,
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
}

impl Queue {
    fn of(name: &str) -> Self {
        if name.ends_with("dead-letters") { Self::DeadLetters } else { Self::Events }
    }
}

/// Returns the seconds after which a message comes again: twice as many each time, within a fifth.
#[allow(clippy::cast_possible_truncation)] // At most 1080.
fn delay(attempts: u32) -> i32 {
    let doubled = FIRST_RETRY.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    (f64::from(doubled.min(LAST_RETRY)) * (0.8 + 0.4 * Math::random())) as i32
}

/// Hands events to their journals. A message that is not an event goes to the dead letters at once:
/// it will never be one.
async fn events(host: &Host, batch: &Batch) -> Vec<bool> {
    let config = Config::of(host);
    let texts = host::texts_of(batch);
    let events: Vec<Option<Event>> =
        texts.iter().map(|text| Event::parse(&text.as_string()?)).collect();
    let groups = groups(&config, &events);
    let mut kept = vec![false; events.len()];
    let noted = note(host, groups.iter().map(|(name, _)| name)).await;
    for ((_, places), answer) in groups.iter().zip(host::take(host, &texts, &groups).await) {
        match answer {
            Ok(answer) => {
                log_new(&events, places, &answer);
                set(&mut kept, places, noted);
            }
            Err(Failure(cause)) => log::failure("journal", &cause),
        }
    }
    refuse(host, batch, &events, &mut kept).await;
    kept
}

/// Groups events by their journal: its name, and the places of its events.
fn groups(config: &Config, events: &[Option<Event>]) -> Vec<(String, Vec<u32>)> {
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (place, event) in (0..).zip(events) {
        if let Some(event) = event {
            let order = event.order().unwrap_or(&event.id);
            groups.entry(config.journal(event.source(), order)).or_default().push(place);
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
fn log_new(events: &[Option<Event>], places: &[u32], answer: &str) {
    let taken: Vec<Taken> = serde_json::from_str(answer).unwrap_or_default();
    for (place, taken) in places.iter().zip(taken) {
        let event = usize::try_from(*place).ok().and_then(|place| events.get(place));
        if let Some(Some(event)) = event.filter(|_| taken.new) {
            log::event(event, taken.verdict.as_deref());
        }
    }
}

/// Makes journals known to the registry, once in an isolate's life. Returns whether they are. An
/// event is not acknowledged before: nobody would look for it.
async fn note(host: &Host, journals: impl Iterator<Item = &String>) -> bool {
    thread_local! {
        static NOTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }
    let unknown: Vec<String> =
        NOTED.with_borrow(|noted| journals.filter(|name| !noted.contains(name)).cloned().collect());
    if unknown.is_empty() {
        return true;
    }
    match registry::note(host, &unknown).await {
        Ok(()) => {
            NOTED.with_borrow_mut(|noted| noted.extend(unknown));
            true
        }
        Err(Failure(cause)) => {
            log::failure("registry", &cause);
            false
        }
    }
}

/// Puts the messages that are not events to the dead letters.
async fn refuse(host: &Host, batch: &Batch, events: &[Option<Event>], kept: &mut [bool]) {
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

async fn keep(host: &Host, letters: Vec<DeadLetter>) -> bool {
    match registry::keep_dead_letters(host, letters).await {
        Ok(()) => true,
        Err(Failure(cause)) => {
            log::failure("registry", &cause);
            false
        }
    }
}

fn letters(batch: &Batch) -> Vec<DeadLetter> {
    let (ids, attempts) = (host::ids_of(batch), host::attempts_of(batch));
    let (forms, contents) = (host::forms_of(batch), host::contents_of(batch));
    let of = ids.into_iter().zip(attempts).zip(forms.into_iter().zip(contents));
    of.map(|((id, attempts), (form, content))| DeadLetter::new(id, attempts, form, content))
        .collect()
}
