use std::collections::VecDeque;

use super::{halves::Halves, messages::Messages};
use crate::{
    host, json, log,
    registry::{self, DeadLetter},
};

/// The letters, and the bytes of them, that the registry is asked to keep at once.
const MAX_LETTERS: usize = 20;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Keeps the messages at places as dead letters, a part of them after the other.
pub(super) async fn keep(messages: &mut Messages<'_>, places: Vec<usize>) {
    let mut halves = Halves::new();
    let mut waiting = VecDeque::from([places]);
    while let Some(mut places) = waiting.pop_front() {
        if places.is_empty() {
            continue;
        }
        let letters = part(messages, &places);
        let rest = places.split_off(letters.len());
        if !rest.is_empty() {
            waiting.push_front(rest);
        }
        let Err(error) = registry::keep_dead_letters(messages.host, letters).await else {
            messages.keep(&places);
            continue;
        };
        if let Some(halves) = halves.of(messages, &places, &error) {
            waiting.extend(halves);
            continue;
        }
        if error.is_of_object {
            // The other parts would only add to its load.
            places.extend(waiting.drain(..).flatten());
        }
        log::untaken(None, &messages.ids(&places), &error.cause);
    }
}

/// Makes letters of the first places: as many as are kept at once, and at least one.
fn part(messages: &Messages<'_>, places: &[usize]) -> Vec<DeadLetter> {
    let (mut letters, mut bytes) = (Vec::new(), 0);
    for place in places.iter().take(MAX_LETTERS) {
        let letter = letter(messages, *place);
        bytes += json::text(&letter).len();
        if bytes > MAX_BYTES && !letters.is_empty() {
            break;
        }
        letters.push(letter);
    }
    letters
}

fn letter(messages: &Messages<'_>, place: usize) -> DeadLetter {
    let id = messages.ids(&[place]).concat();
    let (form, content) = host::content_of(messages.batch, place);
    DeadLetter::new(id, messages.attempts(place), form, content)
}
