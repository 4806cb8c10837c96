//! Deliveries that carry several events.

use std::{cell::OnceCell, ops::Range};

use super::{
    Provider,
    read::Reader,
    value::{Frame, List},
};
use crate::{
    event::{Event, Payload, Reading, Unrecognized},
    json::{entry, skip_value},
};

/// The events of one delivery.
const MAX_EVENTS: usize = 500;

/// The bytes of all texts in these events. A long text of the whole body is in each of them.
const MAX_BYTES: usize = 16 << 20;

/// A part of the body that an event is made of.
struct Part<'f, 'a> {
    /// The frame of an element; `None` for another value in an element's place, and for an object
    /// without the inner list.
    frame: Option<Frame<'f, 'a>>,
    /// Where it stands in the text.
    range: Range<usize>,
}

impl Provider {
    /// Reads an event of each element.
    ///
    /// Elements that say nothing of an order's state, and `null`, are left out. An element that is
    /// not understood becomes an unrecognised event, and so does anything else in an element's
    /// place. Where two elements have one id but differ, or none is there, the whole body becomes
    /// an unrecognised event.
    pub(super) fn read_each<'a>(&'a self, frame: &Frame<'_, 'a>, by: Reader<'_>) -> Reading<'a> {
        let hashed = OnceCell::new();
        // It is over the whole body, and may be asked for once for each part.
        let hash = || hashed.get_or_init(|| (frame.hash)()).clone();
        let frame = &Frame { hash: &hash, ..*frame };
        let undivided = |reason| Reading::Event(self.unrecognized(frame.delivery, by, reason));
        let mut parts = Vec::new();
        let is_whole = collect(frame, &self.plan.each, &mut parts);
        if frame.found.is_full || !is_whole {
            return undivided(Unrecognized::TooLarge.into());
        }
        if parts.iter().all(|part| part.frame.is_none()) {
            return undivided(Unrecognized::MissingField(self.plan.each_name.clone()).into());
        }
        let mut made: Vec<(Event<'a>, Range<usize>)> = Vec::with_capacity(parts.len());
        let whole = frame.found.whole();
        for (position, part) in parts.into_iter().enumerate() {
            let event = self.part(&part, position, frame, by);
            if frame.bytes.get() > MAX_BYTES {
                return undivided(Unrecognized::TooLarge.into());
            }
            let Some(event) = event else {
                continue;
            };
            let twin = made.iter().find(|(known, _)| known.id == event.id);
            match twin {
                None => made.push((event, part.range)),
                Some((_, range)) if whole.get(range.clone()) == whole.get(part.range) => {}
                Some(_) => return undivided(Unrecognized::RepeatedId.into()),
            }
        }
        if made.is_empty() {
            return Reading::Ignored;
        }
        Reading::Events(made.into_iter().map(|(event, _)| event).collect())
    }

    /// Makes the event of one part; `None` if it says nothing of an order's state.
    fn part<'a>(
        &'a self,
        Part { frame, range }: &Part<'_, 'a>,
        position: usize,
        whole: &Frame<'_, 'a>,
        by: Reader<'_>,
    ) -> Option<Event<'a>> {
        let found = whole.found;
        let element = found.whole().get(range.clone()).unwrap_or_default();
        let payload = match found.body().and_then(|body| body.get(range.clone())) {
            _ if self.hides_secret(found) => Payload::Redacted(String::new()),
            _ if let Some(text) = self.redacted(found, range) => Payload::Redacted(text),
            Some(element) => Payload::Text(element.into()),
            None => Payload::Text(element.to_owned().into()),
        };
        let Some(frame) = frame else {
            let unread = Unrecognized::MissingField(self.plan.each_name.clone()).into();
            let placed = || by.hash_with((whole.hash)(), &["#", &position.to_string()].concat());
            return Some(self.event(by.unread(unread), payload, placed, by));
        };
        let hash = |bytes: &[u8]| {
            by.hash_with(by.hash(bytes), &self.plan.around(frame, self.plan.each.len()))
        };
        // Two equal elements without an id are two events.
        let placed = || hash(&[element.as_bytes(), b"#", position.to_string().as_bytes()].concat());
        let hash = || hash(element.as_bytes());
        let frame = Frame { hash: &hash, ..*frame };
        match self.plan.make(&frame, by.authenticity) {
            Ok(Some(made)) => Some(self.event(made, payload, placed, by)),
            Ok(None) => None,
            Err(unread) => Some(self.event(by.unread(unread), payload, placed, by)),
        }
    }
}

/// Collects the parts of some lists, each in the elements of the one before. Returns false if there
/// are too many.
fn collect<'f, 'a>(frame: &Frame<'f, 'a>, lists: &[List], parts: &mut Vec<Part<'f, 'a>>) -> bool {
    let Some((list, inner)) = lists.split_first() else {
        return true;
    };
    let json = frame.found.whole().as_bytes();
    let (mut rows, ranges) = (frame.rows(*list), ranges(frame, *list));
    for range in &ranges {
        let first = json.get(range.start);
        let row = if first == Some(&b'{') { rows.next() } else { None };
        let element = row.map(|row| frame.at(*list, row));
        let holds = |frame: &Frame<'_, '_>| inner.first().is_none_or(|list| is_list(frame, *list));
        match element.filter(holds) {
            Some(frame) if !inner.is_empty() => {
                if !collect(&frame, inner, parts) {
                    return false;
                }
            }
            frame => parts.push(Part { frame, range: range.clone() }),
        }
    }
    ranges.len().max(parts.len()) <= MAX_EVENTS
}

/// Whether there is a list, an object in its place, or `null`.
fn is_list(frame: &Frame<'_, '_>, list: List) -> bool {
    let start = frame.found.start(frame.base(list.scope), list.start);
    let first = start.and_then(|start| frame.found.whole().as_bytes().get(start));
    matches!(first, Some(b'[' | b'{' | b'n'))
}

/// Returns where the entries of a list stand in the text, without `null`; an object in the list's
/// place stands for a list of one.
fn ranges(frame: &Frame<'_, '_>, list: List) -> Vec<Range<usize>> {
    let json = frame.found.whole().as_bytes();
    let Some(start) = frame.found.start(frame.base(list.scope), list.start) else {
        return Vec::new();
    };
    if json.get(start) == Some(&b'{') {
        return skip_value(json, start).map(|end| start..end).into_iter().collect();
    }
    let (mut at, mut ranges) = (start, Vec::new());
    while let Some((start, end)) = entry(json, at).filter(|_| ranges.len() <= MAX_EVENTS) {
        if json.get(start) != Some(&b'n') {
            ranges.push(start..end);
        }
        at = end;
    }
    ranges
}
