//! A life of an order for each provider of the catalogue, made of its folder's deliveries and of its
//! definition's words: in order, reversed and repeated. Its events and their ids hold.

#![cfg(not(target_arch = "wasm32"))] // It reads files.
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;
mod folder;
mod sender;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use folder::{Folder, Sent};
use orderhook_core::{
    Meaning, StatusWord, UnixMillis,
    dispatch::{OrderState, Taken, Verdict, judge},
};
use serde_json::Value;

const MINUTE: u64 = 60_000;

/// The statuses in the order in which a life may have them.
const COURSE: [&str; 30] = [
    "created",
    "pending",
    "confirmed",
    "processing",
    "preparing",
    "packed",
    "info_received",
    "assigned",
    "picked",
    "shipped",
    "in_transit",
    "out_for_delivery",
    "ready_for_pickup",
    "postponed",
    "on_hold",
    "exception",
    "attempt_failed",
    "cancellation_pending",
    "expired",
    "returning",
    "return_received",
    "delivered",
    "returned",
    "returned_to_stock",
    "cancelled",
    "declined",
    "rejected",
    "failed",
    "refunded",
    "test",
];

/// The place of `delivered`.
const END: usize = 21;

/// The steps of a life. A signature may be at most five minutes old.
const MAX_STEPS: usize = 4;

/// A delivery for each status that an order had, one after another.
struct Life {
    folder: Folder,
    steps: Vec<(&'static str, Sent)>,
    /// Whether the provider tells when something happened.
    has_time: bool,
}

impl Life {
    fn of(name: &'static str) -> Self {
        let folder = Folder::of(name);
        let candidates = folder.deliveries().into_iter().map(|sent| found(&folder, &sent));
        let longest = candidates.max_by_key(BTreeMap::len).expect("a delivery");
        let moved = longest.values().next().map(|sent| time_places(&folder, sent));
        let moved = moved.unwrap_or_default();
        let has_time = !moved.is_empty();
        let steps = chosen(longest).into_iter().enumerate().map(|(at, (status, mut sent))| {
            for place in moved.iter().take(1) {
                move_time(&mut sent, place, at as u64);
            }
            (status, sent)
        });
        let mut steps: Vec<_> = steps.collect();
        number(&folder, &mut steps);
        Self { folder, steps, has_time }
    }

    /// Returns the event of a step that is received in some second.
    fn event(&self, step: usize, second: u64) -> Value {
        let (status, sent) = &self.steps[step];
        let now = UnixMillis(sent.now.0 + second * 1000);
        let events = self.folder.read(sent, now);
        let found = events.into_iter().find(|event| event["data"]["status"]["now"] == *status);
        found.unwrap_or_else(|| panic!("{}: an event that is {status}", self.folder.name))
    }

    fn last(&self) -> &'static str {
        self.steps[self.steps.len() - 1].0
    }
}

/// Gives each delivery's event an id of its own, where the provider sends one: two events never share
/// it.
fn number(folder: &Folder, steps: &mut [(&'static str, Sent)]) {
    let id = |sent: &Sent| folder.read(sent, sent.now).first().map(|event| event["id"].to_string());
    let all: BTreeSet<_> = steps.iter().map(|(_, sent)| id(sent)).collect();
    if all.len() == steps.len() {
        return;
    }
    let said = |sent: &Sent| {
        let event = folder.read(sent, sent.now).first().cloned().unwrap_or_default();
        (event["subject"].clone(), event["time"].clone(), event["data"]["status"].clone())
    };
    for (at, (_, sent)) in steps.iter_mut().enumerate() {
        let renumbered = sent.leaves().into_iter().find_map(|(place, text)| {
            let mut other = sent.clone();
            let number = text.parse::<u64>().map(|number| number + at as u64 + 1);
            other.put(&place, &number.map_or_else(|_| format!("{text}{at}"), |it| it.to_string()));
            (id(&other) != id(sent) && said(&other) == said(sent)).then_some(other)
        });
        *sent = renumbered.expect(folder.name);
    }
}

/// Returns the first steps that an order can have, and an end if it has one.
fn chosen(mut found: BTreeMap<usize, Sent>) -> Vec<(&'static str, Sent)> {
    let last = found.pop_last();
    // The statuses from `delivered` on end a life: there is one of them at most.
    let goes_on = |(at, _): &(usize, Sent)| *at < END;
    let first = found.into_iter().filter(goes_on).take(MAX_STEPS - 1);
    first.chain(last).map(|(at, sent)| (COURSE[at], sent)).collect()
}

/// Returns the deliveries that differ from one in a status word alone, by the places of their
/// statuses in the course of an order.
fn found(folder: &Folder, base: &Sent) -> BTreeMap<usize, Sent> {
    let tables = folder.provider.words();
    let words: Vec<_> = tables.iter().flatten().collect();
    let orders = subjects(&folder.read(base, base.now));
    let mut best = BTreeMap::new();
    for put in word_places(&base.leaves(), &words) {
        let mut all = BTreeMap::new();
        for word in &words {
            let mut sent = base.clone();
            let is_put = put.word(&mut sent, word.text);
            let at = course(word).filter(|_| is_put);
            let at = at.filter(|at| says(folder, &orders, &sent, COURSE[*at]));
            at.map(|at| all.entry(at).or_insert(sent));
        }
        if all.len() > best.len() {
            best = all;
        }
    }
    best
}

/// The place of a status word; or the two places of one that is joined of two.
struct WordPlace {
    places: Vec<String>,
    /// What stands before the word.
    before: String,
}

impl WordPlace {
    /// Puts a word into its place, unless it has another number of parts.
    fn word(&self, sent: &mut Sent, word: &str) -> bool {
        let parts: Vec<_> = match self.places.len() {
            1 => vec![word],
            _ => word.split('/').collect(),
        };
        for (place, part) in self.places.iter().zip(&parts) {
            sent.put(place, &format!("{}{part}", self.before));
        }
        parts.len() == self.places.len()
    }
}

/// Returns the places where a word of the tables stands.
fn word_places(leaves: &[(String, String)], words: &[&StatusWord<'_>]) -> Vec<WordPlace> {
    let single = leaves.iter().filter_map(|(place, text)| {
        let before = words.iter().find_map(|word| before(text, word.text))?;
        Some(WordPlace { places: vec![place.clone()], before: before.to_owned() })
    });
    let at =
        |part: &str| leaves.iter().find(|(_, text)| text == part).map(|(place, _)| place.clone());
    let joined = words.iter().filter_map(|word| {
        let (one, other) = word.text.split_once('/')?;
        Some(WordPlace { places: vec![at(one)?, at(other)?], before: String::new() })
    });
    single.chain(joined).collect()
}

/// Returns what stands before a word that a text ends with, if the word can be told from it.
fn before<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let before = text.strip_suffix(word)?;
    before.is_empty().then_some("").or_else(|| before.ends_with(['/', '#']).then_some(before))
}

/// Returns the place of a word's status in the course of an order; `None` if it has none.
fn course(word: &StatusWord<'_>) -> Option<usize> {
    let Meaning::Status { status, .. } = word.meaning else {
        return None;
    };
    let is_whole = !word.text.ends_with('*');
    COURSE.iter().position(|one| *one == status.as_str()).filter(|at| is_whole && *at < 29)
}

/// Whether a changed delivery is of the same orders, and says this status of one.
fn says(folder: &Folder, orders: &[String], sent: &Sent, status: &str) -> bool {
    let events = folder.read(sent, sent.now);
    let is_step =
        |event: &&Value| event["data"]["status"]["now"] == status && event["data"]["test"] == false;
    let mut steps = events.iter().filter(is_step);
    subjects(&events) == orders && steps.any(|event| event["data"]["order"]["id"].is_string())
}

fn subjects(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["subject"].to_string()).collect()
}

/// Returns the places whose time is the event's.
fn time_places(folder: &Folder, sent: &Sent) -> Vec<String> {
    let time = |sent: &Sent| {
        let events = folder.read(sent, sent.now);
        events.first().and_then(|event| event["time"].as_str().map(str::to_owned))
    };
    let before = time(sent);
    let places = sent.leaves().into_iter().map(|(place, _)| place);
    places
        .filter(|place| {
            let mut moved = sent.clone();
            move_time(&mut moved, place, 1) && time(&moved) != before
        })
        .collect()
}

/// Moves the time in a place by some minutes. Returns whether a time is there.
fn move_time(sent: &mut Sent, place: &str, minutes: u64) -> bool {
    let leaves = sent.leaves();
    let text = leaves.iter().find(|(known, _)| known == place).map(|(_, text)| text);
    let moved = text.and_then(|text| moved(text, minutes));
    if let Some(text) = &moved {
        sent.put(place, text);
    }
    moved.is_some()
}

/// Returns a time as it is written some minutes later.
fn moved(text: &str, minutes: u64) -> Option<String> {
    let number = text.parse::<u64>().ok();
    let unit = number.and(match text.len() {
        10 => Some(60),
        13 => Some(MINUTE),
        _ => None,
    });
    if let (Some(number), Some(unit)) = (number, unit) {
        return Some((number + minutes * unit).to_string());
    }
    // The minutes stand behind the first colon, or behind the hours of a compact time.
    let at = match text.find(':') {
        Some(at) => at + 1,
        None if number.is_some() => (text.len() == 6).then_some(2)?,
        None => text.find('T').filter(|at| *at == 8)? + 3,
    };
    let now: u64 = text.get(at..at + 2)?.parse().ok()?;
    // Near the end of an hour, all times are earlier, so that none is in the next one.
    let later = if now > 55 { now - 10 + minutes } else { now + minutes };
    Some(format!("{}{later:02}{}", &text[..at], &text[at + 2..]))
}

fn live(name: &str, events: &[Value]) -> (Vec<Verdict>, OrderState) {
    let (mut verdicts, mut order) = (Vec::new(), None);
    for event in events {
        let taken = Taken::read(&event.to_string()).expect("an event");
        let (verdict, after) = judge(order.as_ref(), &taken).expect(name);
        verdicts.push(verdict);
        order = Some(after);
    }
    (verdicts, order.expect("at least one event"))
}

fn ids(events: &[Value]) -> BTreeSet<String> {
    events.iter().map(|event| event["id"].to_string()).collect()
}

fn shown(order: &OrderState) -> &'static str {
    order.shown().expect("a step").now.as_str()
}

/// The lives of all providers. To find them takes a while.
static LIVES: LazyLock<Vec<Life>> =
    LazyLock::new(|| orderhook_catalogue::names().map(Life::of).collect());

#[test]
fn every_provider_has_a_life() {
    for life in &*LIVES {
        let statuses: Vec<_> = life.steps.iter().map(|(status, _)| *status).collect();
        assert!(statuses.len() > 1, "{}: {statuses:?}", life.folder.name);
        let is_told = life.event(0, 0)["data"]["time_source"] == "provider";
        assert_eq!(is_told, life.has_time, "{}", life.folder.name);
    }
}

#[test]
fn in_order_each_event_is_fresh_and_has_an_id_of_its_own() {
    for life in &*LIVES {
        let name = life.folder.name;
        let events: Vec<_> =
            (0..life.steps.len()).map(|at| life.event(at, at as u64 * 60)).collect();
        let (verdicts, order) = live(name, &events);
        assert_eq!(verdicts, vec![Verdict::Fresh; events.len()], "{name}");
        assert_eq!(shown(&order), life.last(), "{name}");
        assert_eq!(ids(&events).len(), events.len(), "{name}");
    }
}

#[test]
fn reversed_the_ids_are_the_same_and_no_order_leaves_its_end() {
    for life in &*LIVES {
        let name = life.folder.name;
        let count = life.steps.len();
        let in_order: Vec<_> = (0..count).map(|at| life.event(at, at as u64 * 60)).collect();
        let reversed: Vec<_> =
            (0..count).rev().zip(0..).map(|(at, minute)| life.event(at, minute * 60)).collect();
        assert_eq!(ids(&reversed), ids(&in_order), "{name}");
        let (_, order) = live(name, &reversed);
        let is_final = in_order[count - 1]["data"]["status"]["final"] == true;
        // Without a time of the provider's, what came last is newest, unless the order has ended.
        let expected = if life.has_time || is_final { life.last() } else { life.steps[0].0 };
        assert_eq!(shown(&order), expected, "{name}");
    }
}

#[test]
fn repeated_an_event_has_the_same_id_and_changes_nothing() {
    for life in &*LIVES {
        let name = life.folder.name;
        let twice =
            |at: usize| [life.event(at, at as u64 * 60), life.event(at, at as u64 * 60 + 30)];
        let pairs: Vec<_> = (0..life.steps.len()).map(twice).collect();
        for [first, again] in &pairs {
            assert_eq!(first["id"], again["id"], "{name}");
        }
        let (verdicts, order) = live(name, &pairs.concat());
        for pair in verdicts.chunks(2) {
            assert_eq!(pair, [Verdict::Fresh, Verdict::Repeat], "{name}");
        }
        assert_eq!(shown(&order), life.last(), "{name}");
    }
}
