use std::{cell::RefCell, collections::BTreeMap};

use orderhook_core::dispatch::{Taken, order_key};

use super::{dead_letters, halves::Halves, messages::Messages};
use crate::{
    config::Config,
    host::{self, CallError, Failure},
    journal::Outcome,
    log, registry,
};

/// A journal, and the places of its events.
type Group = (String, Vec<usize>);

/// Hands events to their journals. A message that is not an event goes to the dead letters at once,
/// since no retry would help.
pub(super) async fn take(messages: &mut Messages<'_>) {
    let texts = host::texts_of(messages.batch);
    let events: Vec<Option<Taken>> =
        texts.iter().map(|text| Taken::read(&text.as_string()?).ok()).collect();
    let groups = groups(&Config::of(messages.host), &events);
    let unknown = note(messages, &groups).await;
    let mut halves = Halves::new();
    let mut asked = groups;
    while !asked.is_empty() {
        let mut again = Vec::new();
        let answers = host::take(messages.host, &texts, &asked).await;
        for ((journal, places), answer) in asked.iter().zip(answers) {
            match answer.and_then(|answer| outcomes(&answer, places.len())) {
                Ok(outcomes) => {
                    log_new(&events, places, &outcomes);
                    if !unknown.contains(journal) {
                        messages.keep(places);
                    }
                }
                Err(error) => match halves.of(messages, places, &error) {
                    Some(halves) => again.extend(halves.map(|half| (journal.clone(), half))),
                    None => log::untaken(Some(journal), &messages.ids(places), &error.cause),
                },
            }
        }
        asked = again;
    }
    refuse(messages, &events).await;
}

/// Groups events by their journal.
fn groups(config: &Config, events: &[Option<Taken>]) -> Vec<Group> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        if let Some(event) = event {
            let order = event.report.as_ref().map_or(&*event.id, |report| &*report.order);
            let journal = config.journal(&event.source, &order_key(order));
            groups.entry(journal).or_default().push(place);
        }
    }
    groups.into_iter().collect()
}

/// Reads the outcome of each event. Any other answer says nothing about them.
fn outcomes(answer: &str, count: usize) -> Result<Vec<Outcome>, CallError> {
    let outcomes: Option<Vec<Outcome>> = serde_json::from_str(answer).ok();
    outcomes.filter(|outcomes| outcomes.len() == count).ok_or_else(|| {
        CallError::misunderstood("the journal's answer does not say what became of each event")
    })
}

/// Logs the events that were not known.
fn log_new(events: &[Option<Taken>], places: &[usize], outcomes: &[Outcome]) {
    for (place, outcome) in places.iter().zip(outcomes) {
        if let Some(Some(event)) = events.get(*place).filter(|_| outcome.new) {
            log::event(event, outcome.verdict.as_deref());
        }
    }
}

/// Makes journals known to the registry, once in an isolate's life. Returns those that are not
/// known. Their events are not acknowledged: no list would ask the journal.
async fn note(messages: &Messages<'_>, groups: &[Group]) -> Vec<String> {
    thread_local! {
        static NOTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }
    let (mut unknown, mut places) = (Vec::new(), Vec::new());
    for (journal, of_journal) in groups {
        if !NOTED.with_borrow(|noted| noted.contains(journal)) {
            unknown.push(journal.clone());
            places.extend_from_slice(of_journal);
        }
    }
    if unknown.is_empty() {
        return unknown;
    }
    if let Err(Failure(cause)) = registry::note(messages.host, &unknown).await {
        log::untaken(None, &messages.ids(&places), &cause);
        return unknown;
    }
    NOTED.with_borrow_mut(|noted| noted.extend(unknown));
    Vec::new()
}

/// Puts the messages that are not events to the dead letters.
async fn refuse(messages: &mut Messages<'_>, events: &[Option<Taken>]) {
    let is_bad = |place: &usize| events.get(*place).is_some_and(Option::is_none);
    let bad: Vec<usize> = messages.places().filter(is_bad).collect();
    for id in messages.ids(&bad) {
        log::refused(&host::queue_of(messages.batch), id, "not_an_event");
    }
    dead_letters::keep(messages, bad).await;
}
