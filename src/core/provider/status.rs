//! The status of an order: the look-ups of a definition, and which of them decides.

use std::borrow::Cow;

use super::{
    Meaning,
    plan::{Field, Lookup, Plan},
    value::{Element, Frame, Pick, Value},
};
use crate::event::{Change, ItemStatus, Reason, Status, Unrecognized};

/// What the look-ups say.
pub(super) struct Said<'a> {
    pub(super) change: Change<'a>,
    pub(super) is_ignored: bool,
}

impl Plan {
    /// Returns the status of a line, by the words of the last look-up.
    pub(super) fn item_status<'a>(
        &self,
        line: &Frame<'_, 'a>,
        value: &'a Value,
    ) -> Option<ItemStatus<'a>> {
        let word = line.word(value)?;
        let meaning = self.lookups.last().and_then(|lookup| lookup.words.find(&word));
        let (now, is_final) = status_of(meaning);
        Some(ItemStatus { now, is_final, provider_now: word })
    }

    /// Asks the look-ups: the first that knows its word decides. The frame then holds whether the
    /// proof covers all that decided.
    pub(super) fn said<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Said<'a>, Unrecognized> {
        let mut words = Words::default();
        for (at, lookup) in self.lookups.iter().enumerate() {
            frame.holds.set(true);
            words.ask(at, lookup, frame);
        }
        frame.holds.set(words.holds);
        let Some(shown) = words.shown(&self.lookups) else {
            let missing = |lookup: &Lookup| lookup.needed.missing(frame);
            return Err(self.lookups.last().map_or(Unrecognized::UnexpectedShape, missing));
        };
        let Words { asked, decided, is_documented, holds } = words;
        let meaning = decided.and_then(|at| asked.get(at)?.meaning);
        let is_ignored = meaning == Some(Meaning::Ignored) && is_documented;
        let (mut now, mut is_final) = status_of(meaning);
        let doubt = decided.map_or(Doubt::None, |at| doubt(&asked, at, now));
        frame.holds.set(holds && matches!(doubt, Doubt::None));
        let mut flag = self.lookups.iter().find_map(|lookup| frame.flag(lookup.is_final.as_ref()?));
        if matches!(doubt, Doubt::Contradicted) {
            (now, is_final, flag) = (Status::Unknown, false, None);
        }
        let was = self.was(frame);
        let (from, provider_was) = was.unzip();
        let has_word = is_documented && decided.is_some();
        let documented = self.has_step(from, now).unwrap_or(has_word);
        let reason = asked.iter().find_map(|asked| asked.reason);
        let provider_event = self.topic(frame);
        let provider_now = asked.into_iter().nth(shown).and_then(|asked| asked.word);
        let change = Change {
            now,
            reason,
            was: from,
            is_final: flag.unwrap_or(is_final),
            documented,
            provider_event,
            provider_now,
            provider_was,
        };
        Ok(Said { change, is_ignored })
    }

    /// Returns the provider's name of the event. It leaves alone what the frame holds of the proof.
    fn topic<'a>(&'a self, frame: &Frame<'_, 'a>) -> Option<Cow<'a, str>> {
        let (holds, outside) = (frame.holds.get(), frame.outside.take());
        let topic = self.text(frame, Field::Topic);
        frame.holds.set(holds);
        frame.outside.set(outside);
        topic
    }

    /// Whether the provider documents the step from one status to the next, where it documents steps.
    fn has_step(&self, from: Option<Status>, now: Status) -> Option<bool> {
        let steps = self.lookups.iter().find_map(|lookup| lookup.steps.as_ref())?;
        Some(from.is_some_and(|from| steps.contains(&(from, now))))
    }

    /// Returns the status before, and the provider's word for it.
    fn was<'a>(&'a self, frame: &Frame<'_, 'a>) -> Option<(Status, Cow<'a, str>)> {
        self.lookups.iter().find_map(|lookup| {
            let word = frame.word(lookup.was.as_ref()?)?;
            Some((lookup.words.status(&word), word))
        })
    }
}

/// What the look-ups that the proof does not cover say of the covered one that decided.
enum Doubt {
    None,
    /// One of them does not know its word, so the body may be of another kind.
    Unconfirmed,
    /// One of them says otherwise.
    Contradicted,
}

fn doubt(asked: &[Asked<'_>], decided: usize, now: Status) -> Doubt {
    if !asked.get(decided).is_some_and(|asked| asked.holds) {
        return Doubt::None;
    }
    let mut doubt = Doubt::None;
    for open in asked.iter().filter(|asked| !asked.holds) {
        match open.meaning {
            Some(Meaning::Status { status, .. }) if status != now => return Doubt::Contradicted,
            Some(_) => {}
            None => doubt = Doubt::Unconfirmed,
        }
    }
    doubt
}

/// The answer of one look-up.
struct Asked<'a> {
    /// Whether there is an element to say a word, even if it says none.
    is_there: bool,
    word: Option<Cow<'a, str>>,
    /// Whether the definition says the word, and not the provider.
    is_constant: bool,
    meaning: Option<Meaning>,
    reason: Option<Reason>,
    holds: bool,
}

/// The answers of the look-ups.
struct Words<'a> {
    asked: Vec<Asked<'a>>,
    decided: Option<usize>,
    is_documented: bool,
    /// Whether the proof covers the look-up that decided, and those before it.
    holds: bool,
}

impl Default for Words<'_> {
    fn default() -> Self {
        Self { asked: Vec::new(), decided: None, is_documented: true, holds: true }
    }
}

impl<'a> Words<'a> {
    fn ask(&mut self, at: usize, lookup: &'a Lookup, frame: &Frame<'_, 'a>) {
        let (is_there, word) = match &lookup.word {
            Value::Element(element) if matches!(element.pick, Pick::Slowest) => {
                slowest(frame, element, lookup)
            }
            value => {
                let word = frame.word(value);
                (word.is_some(), word)
            }
        };
        let meaning = word.as_deref().and_then(|word| lookup.words.find(word));
        let reason = word.as_deref().and_then(|word| lookup.reasons.find(word));
        let holds = frame.holds.get();
        if self.decided.is_none() {
            self.holds &= holds;
            match meaning {
                Some(Meaning::Next) => {}
                Some(_) => self.decided = Some(at),
                None => self.is_documented &= word.is_none(),
            }
        }
        let is_constant = lookup.word.is_constant(word.as_deref());
        self.asked.push(Asked { is_there, word, is_constant, meaning, reason, holds });
    }

    /// Returns the look-up whose word the event shows: the one that decided, else the last with a
    /// word. If its word is the topic, or is not the provider's own, it is the next one that has
    /// such a word, or the nearest before it; if there is none, the event shows no word.
    fn shown(&self, lookups: &[Lookup]) -> Option<usize> {
        let last = || self.asked.iter().rposition(|asked| asked.is_there);
        let from = self.decided.or_else(last)?;
        let is_shown = |at: &usize| {
            let lookup = lookups.get(*at).filter(|lookup| !lookup.is_topic && lookup.word.is_own());
            let asked = self.asked.get(*at).filter(|asked| !asked.is_constant);
            lookup.is_some() && asked.is_some_and(|asked| asked.word.is_some())
        };
        (from..lookups.len()).chain((0..from).rev()).find(is_shown).or(Some(lookups.len()))
    }
}

/// Returns the word of the element that is least far on its way. An element without a word may be
/// anywhere. Without any word, there is no such element.
fn slowest<'a>(
    frame: &Frame<'_, 'a>,
    Element { list, take, .. }: &'a Element,
    lookup: &Lookup,
) -> (bool, Option<Cow<'a, str>>) {
    let words = frame.rows(*list).map(|row| frame.at(*list, row).word(take));
    let mut slowest: Option<(u8, Option<Cow<'a, str>>)> = None;
    let mut has_word = false;
    for word in words {
        has_word |= word.is_some();
        let status = word.as_deref().map_or(Status::Unknown, |word| lookup.words.status(word));
        let way = way(status);
        if slowest.as_ref().is_none_or(|(least, _)| way < *least) {
            slowest = Some((way, word));
        }
    }
    (has_word, slowest.filter(|_| has_word).and_then(|(_, word)| word))
}

/// Returns how far on its way a line is. A line without a known status may be anywhere after the
/// start, so that an order with one is never called done. Lines that are closed without a delivery
/// are left out while others go on.
fn way(status: Status) -> u8 {
    match status {
        Status::Created => 1,
        Status::Unknown => 2,
        Status::Pending => 3,
        Status::Confirmed => 4,
        Status::Assigned => 5,
        Status::Processing => 6,
        Status::OnHold | Status::Postponed | Status::Exception => 7,
        Status::Picked => 8,
        Status::Preparing => 9,
        Status::Packed => 10,
        Status::InfoReceived => 11,
        Status::Shipped => 12,
        Status::InTransit => 13,
        Status::AttemptFailed => 14,
        Status::ReadyForPickup => 15,
        Status::OutForDelivery => 16,
        Status::Delivered => 17,
        Status::Test => 18,
        Status::Cancelled => 19,
        _ => 20,
    }
}

fn status_of(meaning: Option<Meaning>) -> (Status, bool) {
    match meaning {
        Some(Meaning::Status { status, is_final }) => (status, is_final),
        _ => (Status::Unknown, false),
    }
}
