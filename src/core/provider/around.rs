//! The values that decide what an event says, and that stand outside the text that its hash is over.

use std::cell::Cell;

use super::{
    plan::{Field, Plan},
    value::{Covered, Flag, Frame, Value, note},
};
use crate::delivery::Delivery;

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
        for value in self.deciding() {
            if self.is_around(value, inner) || value.is_signed_header(frame.covered) {
                note(frame.word(value).as_deref(), &mut around);
            }
        }
        for time in self.value(Field::Time).into_iter().flat_map(Value::candidates) {
            if self.is_around(time, inner) {
                note(frame.word(time).as_deref(), &mut around);
            }
        }
        around
    }

    /// Returns the headers among the values that decide, as one text: the body was not read. Where
    /// the body is signed, a header that is not signed is left out: anyone could make a copy another
    /// event.
    pub(super) fn headers(&self, delivery: &Delivery<'_>, covered: Covered<'_>) -> String {
        let mut headers = String::new();
        for value in self.deciding().flat_map(Value::candidates) {
            if let Value::Header(names) = value
                && (covered.header(names) || !covered.scheme.covers_body())
            {
                note(names.iter().find_map(|name| delivery.header(name)).as_deref(), &mut headers);
            }
        }
        headers
    }

    /// Returns the values that decide what happened to which order.
    fn deciding(&self) -> impl Iterator<Item = &Value> {
        let flags = self.test.iter().chain(&self.is_return);
        let finals = self.lookups.iter().filter_map(|lookup| lookup.is_final.as_ref());
        let words = self.lookups.iter().map(|lookup| &lookup.word);
        words.chain(self.value(Field::OrderId)).chain(flags.chain(finals).map(Flag::value))
    }

    /// Whether any of a value stands in the body outside the element, and does not change between
    /// attempts.
    fn is_around(&self, value: &Value, inner: usize) -> bool {
        match value {
            Value::Place { scope, slot, .. } => {
                let is_it = |it: &Value| match it {
                    Value::Place { scope: other, slot: its, .. } => (other, its) == (scope, slot),
                    _ => false,
                };
                *scope < inner && !self.volatile.iter().any(is_it)
            }
            Value::First(values) | Value::Join(values, _) => {
                values.iter().any(|value| self.is_around(value, inner))
            }
            Value::Element(element) => element.list.scope < inner,
            Value::Cut(cut) => self.is_around(&cut.of, inner),
            _ => false,
        }
    }
}

impl Value {
    /// Whether any of a value stands in a signed header.
    fn is_signed_header(&self, covered: Covered<'_>) -> bool {
        match self {
            Self::Header(names) => covered.header(names),
            Self::First(values) | Self::Join(values, _) => {
                values.iter().any(|value| value.is_signed_header(covered))
            }
            Self::Cut(cut) => cut.of.is_signed_header(covered),
            _ => false,
        }
    }

    /// Returns the values of which the first that is there is taken.
    fn candidates(&self) -> &[Self] {
        match self {
            Self::First(values) => values,
            value => std::slice::from_ref(value),
        }
    }
}
