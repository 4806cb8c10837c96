//! Deliveries that carry several events.

use std::ops::Range;

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

/// An element that an event is made of: its frame, and where it stands in the text.
struct Part<'f, 'a> {
    frame: Frame<'f, 'a>,
    range: Range<usize>,
}

impl Provider {
    /// Reads an event of each element.
    ///
    /// Elements that say nothing of an order's state are left out. An element that is not
    /// understood becomes an unrecognised event. Where two elements have one id but differ, the
    /// whole body becomes an unrecognised event.
    pub(super) fn read_each<'a>(&'a self, frame: &Frame<'_, 'a>, by: Reader<'_>) -> Reading<'a> {
        let delivery = frame.delivery;
        let mut parts = Vec::new();
        collect(frame, &self.plan.each, &mut parts);
        if frame.found.is_full || parts.len() > MAX_EVENTS {
            return Reading::Event(self.unrecognized(delivery, by, Unrecognized::TooLarge.into()));
        }
        if parts.is_empty() {
            let missing = Unrecognized::MissingField(self.plan.each_name.clone());
            return Reading::Event(self.unrecognized(delivery, by, missing.into()));
        }
        let mut made: Vec<(Event<'a>, Range<usize>)> = Vec::with_capacity(parts.len());
        let whole = frame.found.whole();
        for (position, part) in parts.into_iter().enumerate() {
            let event = self.part(&part, position, by);
            if frame.bytes.get() > MAX_BYTES {
                return Reading::Event(self.unrecognized(
                    delivery,
                    by,
                    Unrecognized::TooLarge.into(),
                ));
            }
            let Some(event) = event else {
                continue;
            };
            let twin = made.iter().find(|(known, _)| known.id == event.id);
            match twin {
                None => made.push((event, part.range)),
                Some((_, range)) if whole.get(range.clone()) == whole.get(part.range) => {}
                Some(_) => {
                    let reason = Unrecognized::RepeatedId;
                    return Reading::Event(self.unrecognized(delivery, by, reason.into()));
                }
            }
        }
        if made.is_empty() {
            return Reading::Ignored;
        }
        Reading::Events(made.into_iter().map(|(event, _)| event).collect())
    }

    /// Makes the event of one element; `None` if it says nothing of an order's state.
    fn part<'a>(
        &'a self,
        Part { frame, range }: &Part<'_, 'a>,
        position: usize,
        by: Reader<'_>,
    ) -> Option<Event<'a>> {
        let found = frame.found;
        let element = found.whole().get(range.clone()).unwrap_or_default();
        let payload = match found.body().and_then(|body| body.get(range.clone())) {
            _ if self.hides_secret(found) => Payload::Redacted(String::new()),
            _ if let Some(text) = self.redacted(found, range) => Payload::Redacted(text),
            Some(element) => Payload::Text(element.into()),
            None => Payload::Text(element.to_owned().into()),
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

fn collect<'f, 'a>(frame: &Frame<'f, 'a>, lists: &[List], parts: &mut Vec<Part<'f, 'a>>) {
    let Some((list, inner)) = lists.split_first() else {
        return;
    };
    let mut ranges = ranges(frame, *list).into_iter();
    for row in frame.rows(*list) {
        let (Some(range), true) = (ranges.next(), parts.len() <= MAX_EVENTS) else {
            return;
        };
        let frame = frame.at(*list, row);
        if inner.is_empty() {
            parts.push(Part { frame, range });
        } else {
            collect(&frame, inner, parts);
        }
    }
}

/// Returns where the objects of a list stand in the text; an object in the list's place stands for
/// a list of one.
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
        if json.get(start) == Some(&b'{') {
            ranges.push(start..end);
        }
        at = end;
    }
    ranges
}
