//! The values that decide what an event says, and that stand outside the text that its hash is over.

use std::cell::Cell;

use super::{
    plan::{Field, Plan},
    value::{Covered, Flag, Frame, List, Value, note},
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
            let is_signed_header =
                || value.headers().into_iter().any(|names| frame.covered.header(names));
            if self.is_around(value, inner) || is_signed_header() {
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
        for names in self.deciding().flat_map(Value::headers) {
            if covered.header(names) || !covered.scheme.covers_body() {
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
        let is_outer = |scope: usize, slot: u16| {
            let is_it = |it: &Value| match it {
                Value::Place { scope: other, slot: its, .. } => (*other, *its) == (scope, slot),
                _ => false,
            };
            scope < inner && !self.volatile.iter().any(is_it)
        };
        match value {
            Value::Place { scope, slot, .. } => is_outer(*scope, *slot),
            Value::First(values) | Value::Join(values, _) => {
                values.iter().any(|value| self.is_around(value, inner))
            }
            Value::Element(element) => {
                let List { scope, start, .. } = element.list;
                is_outer(scope, start) || self.is_around(&element.take, inner)
            }
            Value::Cut(cut) => self.is_around(&cut.of, inner),
            _ => false,
        }
    }
}

impl Value {
    /// Returns the names of each header that a value may stand in.
    fn headers(&self) -> Vec<&[Box<str>]> {
        match self {
            Self::Header(names) => vec![names],
            Self::First(values) | Self::Join(values, _) => {
                values.iter().flat_map(Self::headers).collect()
            }
            Self::Cut(cut) => cut.of.headers(),
            _ => Vec::new(),
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
