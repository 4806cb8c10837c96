//! The values that decide what an event says, and that stand outside the text that its hash is over.

use std::cell::Cell;

use super::{
    plan::{Field, Plan},
    value::{Flag, Frame, Value},
};

impl Plan {
    /// Returns those values as one text, which is empty if there are none. Without them in the
    /// hash, two events that differ in them alone would have one id.
    ///
    /// `inner` is the scope of the element that the hash is over; 0 for the whole body. A time
    /// counts only if it stands in the body: a sender may write another one into a header with each
    /// attempt.
    pub(super) fn around<'a>(&'a self, frame: &Frame<'_, 'a>, inner: usize) -> String {
        let (holds, bytes, outside) = (Cell::new(true), Cell::new(0), Cell::default());
        let frame = &Frame { holds: &holds, bytes: &bytes, outside: &outside, ..*frame };
        let mut around = String::new();
        for value in self.deciding().filter(|value| value.is_around(frame, inner, true)) {
            note(frame, value, &mut around);
        }
        let time = self.value(Field::Time);
        if let Some(time) = time.filter(|time| time.is_around(frame, inner, false)) {
            note(frame, time, &mut around);
        }
        around
    }

    /// Returns the values that decide what happened to which order.
    fn deciding(&self) -> impl Iterator<Item = &Value> {
        let flags = self.test.iter().chain(&self.is_return);
        let finals = self.lookups.iter().filter_map(|lookup| lookup.is_final.as_ref());
        let words = self.lookups.iter().map(|lookup| &lookup.word);
        words.chain(self.value(Field::OrderId)).chain(flags.chain(finals).map(Flag::value))
    }
}

impl Value {
    /// Whether any of a value stands in the body outside the element, or in a signed header where
    /// headers count.
    fn is_around(&self, frame: &Frame<'_, '_>, inner: usize, with_headers: bool) -> bool {
        match self {
            Self::Place { scope, .. } => *scope < inner,
            Self::Header(names) => with_headers && frame.covered.header(names),
            Self::First(values) | Self::Join(values, _) => {
                values.iter().any(|value| value.is_around(frame, inner, with_headers))
            }
            Self::Cut(cut) => cut.of.is_around(frame, inner, with_headers),
            // A list that is searched stands in the element, and in the body where there is none.
            Self::Element(_) | Self::Query(_) | Self::Text(_) | Self::Hash => false,
        }
    }
}

/// Appends the text of a value. With their lengths, texts can be cut apart in one way only.
fn note<'a>(frame: &Frame<'_, 'a>, value: &'a Value, around: &mut String) {
    match frame.word(value) {
        Some(text) => around.extend(["\n", &text.len().to_string(), ":", &text]),
        None => around.push_str("\n-"),
    }
}
