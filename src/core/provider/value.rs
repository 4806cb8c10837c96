//! Values: how one is found in a delivery, and whether the proof covers what decided it.

use std::{borrow::Cow, cell::Cell};

use crate::{
    delivery::Delivery,
    json::{is_blank, walk::Found},
    scheme::{Part, Scheme},
    time::{UtcOffset, to_utc},
};

/// The scopes of a value: the body, an element of a list, an element of a list in that, and so on.
pub(super) const MAX_SCOPES: usize = 5;

/// Where a value stands.
#[derive(Debug)]
pub(super) enum Value {
    /// At a place of the body.
    Place {
        scope: usize,
        slot: u16,
        /// Whether a proof over parts of the body covers it.
        is_signed: bool,
    },
    /// In the first of these headers that the delivery has.
    Header(Vec<Box<str>>),
    /// In the query of the URL.
    Query(Box<str>),
    /// A constant.
    Text(Box<str>),
    /// The first of these that has a value.
    First(Vec<Self>),
    /// Those of these that have a value, with a text between them.
    Join(Vec<Self>, Box<str>),
    /// In one element of a list.
    Element(Box<Element>),
    /// A part of a text.
    Cut(Box<Cut>),
    /// The SHA-256 of the body, or of the element that the event is made of.
    Hash,
}

impl Value {
    /// Whether a proof by a scheme that signs the body covers all that this value is made of.
    /// Other schemes do not say beforehand what they cover.
    pub(super) fn is_covered_by(&self, scheme: &Scheme) -> bool {
        let covered = Covered { scheme, body: true };
        let all = |values: &[Self]| values.iter().all(|value| value.is_covered_by(scheme));
        scheme.covers_body()
            && match self {
                Self::Header(names) => covered.header(names),
                Self::Query(_) => false,
                Self::First(values) | Self::Join(values, _) => all(values),
                Self::Element(element) => element.take.is_covered_by(scheme),
                Self::Cut(cut) => cut.of.is_covered_by(scheme),
                Self::Place { .. } | Self::Text(_) | Self::Hash => true,
            }
    }

    /// Whether a word that was found is the constant among the candidates.
    pub(super) fn is_constant(&self, word: Option<&str>) -> bool {
        match self {
            Self::Text(text) => word.is_some_and(|word| std::ptr::eq(word, &raw const **text)),
            Self::First(values) => values.last().is_some_and(|value| value.is_constant(word)),
            _ => false,
        }
    }

    /// Whether the value is a text of the provider's own, and not one that is composed.
    pub(super) fn is_own(&self) -> bool {
        !matches!(self, Self::Join(..) | Self::Text(_))
    }

    /// Whether the value may differ between the events of one delivery.
    pub(super) fn varies(&self) -> bool {
        match self {
            Self::Place { scope, .. } => *scope > 0,
            Self::Element(element) => element.list.scope > 0,
            Self::First(values) | Self::Join(values, _) => values.iter().any(Self::varies),
            Self::Cut(cut) => cut.of.varies(),
            Self::Hash => true,
            Self::Header(_) | Self::Query(_) | Self::Text(_) => false,
        }
    }
}

/// A value that is true or false.
#[derive(Debug)]
pub(super) enum Flag {
    Value(Value),
    /// `true` or `false`, and neither as a text.
    Literal(Value, bool),
    /// One of these words.
    Is(Value, Vec<Box<str>>),
    /// A text that begins so.
    Starts(Value, Box<str>),
}

impl Flag {
    /// Returns the value that says it.
    pub(super) fn value(&self) -> &Value {
        match self {
            Self::Value(value)
            | Self::Literal(value, _)
            | Self::Is(value, _)
            | Self::Starts(value, _) => value,
        }
    }
}

/// A list of the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) scope: usize,
    /// The slot of its rows.
    pub(super) slot: u16,
    /// The slot of the list itself.
    pub(super) start: u16,
    /// Whether a proof over parts of the body covers it.
    pub(super) is_signed: bool,
}

#[derive(Debug)]
pub(super) struct Element {
    pub(super) list: List,
    pub(super) pick: Pick,
    pub(super) take: Value,
}

/// The element of a list that is taken.
#[derive(Debug)]
pub(super) enum Pick {
    /// The element of this number, from 0.
    Nth(usize),
    /// The first with a value here; without a place, with the value that is taken.
    First(Option<Value>),
    /// The last with a value here.
    Last(Option<Value>),
    /// The first with this text here.
    Key(Value, Box<str>),
    /// The one with the latest time here.
    Latest(Value),
    /// The one whose status is least far on its way.
    Slowest,
}

#[derive(Debug)]
pub(super) struct Cut {
    pub(super) of: Value,
    pub(super) after: Option<Box<str>>,
    pub(super) before: Option<Box<str>>,
}

/// The parts of a delivery that its proof covers.
#[derive(Clone, Copy)]
pub(super) struct Covered<'f> {
    pub(super) scheme: &'f Scheme,
    pub(super) body: bool,
}

impl Covered<'_> {
    /// Whether the value of the first of these headers is signed.
    pub(super) fn header(self, names: &[Box<str>]) -> bool {
        if let Scheme::HttpSignature(scheme) = self.scheme {
            return names.iter().all(|name| scheme.covers.contains(name));
        }
        let Some(scheme) = self.scheme.signed() else {
            return false;
        };
        let is_signed = |names: &[Box<str>]| {
            scheme.content.iter().any(|part| matches!(part, Part::Header(it) if it.is(names)))
        };
        is_signed(names) || names.iter().all(|name| is_signed(std::slice::from_ref(name)))
    }
}

/// A delivery whose values are found, at one element of its lists.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 'a> {
    pub(super) found: &'f Found<'a>,
    pub(super) delivery: &'f Delivery<'a>,
    /// The base of each scope.
    pub(super) bases: [usize; MAX_SCOPES],
    pub(super) covered: Covered<'f>,
    /// Whether the proof covers all that was looked at.
    pub(super) holds: &'f Cell<bool>,
    /// The values outside the body that were looked at and that the proof does not cover.
    pub(super) outside: &'f Cell<String>,
    /// The bytes of all texts that were found.
    pub(super) bytes: &'f Cell<usize>,
    pub(super) zone: Option<UtcOffset>,
    /// Returns the hash of what the event is made of.
    pub(super) hash: &'f dyn Fn() -> String,
}

/// Whether `true` and `false` are texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Text,
    Word,
}

impl<'a> Frame<'_, 'a> {
    /// Returns the frame of an element.
    pub(super) fn at(&self, list: List, row: usize) -> Self {
        let mut frame = *self;
        if let Some(base) = frame.bases.get_mut(list.scope + 1) {
            *base = row;
        }
        frame
    }

    pub(super) fn base(&self, scope: usize) -> usize {
        self.bases.get(scope).copied().unwrap_or(0)
    }

    /// Returns the rows of a list.
    pub(super) fn rows(&self, list: List) -> impl Iterator<Item = usize> {
        self.found.rows(self.base(list.scope), list.slot)
    }

    /// Returns a text, or a number as it was written; `None` where it is absent, blank or of
    /// another type.
    pub(super) fn text(&self, value: &'a Value) -> Option<Cow<'a, str>> {
        self.get(value, As::Text)
    }

    /// Returns a text, a number, or `true` or `false` as a text.
    pub(super) fn word(&self, value: &'a Value) -> Option<Cow<'a, str>> {
        self.get(value, As::Word)
    }

    /// Returns a moment as RFC 3339 in UTC.
    pub(super) fn time(&self, value: &'a Value) -> Option<String> {
        match value {
            Value::First(values) => values.iter().find_map(|value| self.time(value)),
            value => to_utc(&self.text(value)?, self.zone),
        }
    }

    /// Returns a whole number that is not negative.
    pub(super) fn whole(&self, value: &'a Value) -> Option<u32> {
        self.text(value)?.parse().ok()
    }

    /// Returns a flag; `None` where it is neither true nor false.
    pub(super) fn flag(&self, flag: &'a Flag) -> Option<bool> {
        match flag {
            Flag::Value(value) => match &*self.word(value)? {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            Flag::Literal(value, is) => {
                let word = self.word(value)?;
                let is_literal = self.text(value).is_none();
                Some(is_literal && *word == *if *is { "true" } else { "false" })
            }
            Flag::Is(value, words) => {
                let word = self.word(value)?;
                Some(words.iter().any(|known| **known == *word))
            }
            Flag::Starts(value, start) => Some(self.word(value)?.starts_with(&**start)),
        }
    }

    fn get(&self, value: &'a Value, kind: As) -> Option<Cow<'a, str>> {
        let text = self.find(value, kind)?;
        self.bytes.set(self.bytes.get() + text.len());
        Some(text)
    }

    fn find(&self, value: &'a Value, kind: As) -> Option<Cow<'a, str>> {
        match value {
            Value::Place { scope, slot, is_signed } => {
                self.look(self.covered.body || *is_signed);
                self.place(self.base(*scope), *slot, kind)
            }
            Value::Header(names) => {
                // As a signature takes it: a blank header hides the names after its own.
                let text = names.iter().find_map(|name| self.delivery.header(name));
                let text = text.filter(|text| !text.chars().all(is_blank));
                self.look_outside(self.covered.header(names), text.as_deref());
                text
            }
            Value::Query(name) => {
                // A source's own URL is signed, not that of the delivery.
                let text = self.delivery.query(name);
                self.look_outside(false, text.as_deref());
                text
            }
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::First(values) => values.iter().find_map(|value| self.get(value, kind)),
            Value::Join(values, with) => self.join(values, with, kind),
            Value::Element(element) => self.element(element, kind),
            Value::Cut(cut) => cut.of(self.get(&cut.of, As::Text)?),
            Value::Hash => Some(Cow::Owned((self.hash)())),
        }
    }

    fn look(&self, is_covered: bool) {
        self.holds.set(self.holds.get() && is_covered);
    }

    /// Notes a value of a header or of the query.
    fn look_outside(&self, is_covered: bool, text: Option<&str>) {
        self.look(is_covered);
        if is_covered {
            return;
        }
        let mut outside = self.outside.take();
        note(text, &mut outside);
        self.outside.set(outside);
    }

    fn place(&self, base: usize, slot: u16, kind: As) -> Option<Cow<'a, str>> {
        let text = self.found.text(base, slot);
        if text.is_some() || kind == As::Text {
            return text;
        }
        match self.found.scalar(base, slot)? {
            "true" => Some(Cow::Borrowed("true")),
            "false" => Some(Cow::Borrowed("false")),
            _ => None,
        }
    }

    fn join(&self, values: &'a [Value], with: &str, kind: As) -> Option<Cow<'a, str>> {
        let mut joined: Option<Cow<'a, str>> = None;
        for part in values.iter().filter_map(|value| self.get(value, kind)) {
            joined = Some(match joined {
                None => part,
                Some(before) => Cow::Owned([&*before, with, &part].concat()),
            });
        }
        joined
    }

    fn element(&self, element: &'a Element, kind: As) -> Option<Cow<'a, str>> {
        let Element { list, pick, take } = element;
        self.look(self.covered.body || list.is_signed);
        let (mut picked, mut latest) = (None, None);
        for (nth, row) in self.rows(*list).enumerate() {
            let line = self.at(*list, row);
            let is_picked = match pick {
                Pick::Nth(n) => nth == *n,
                Pick::First(Some(by)) | Pick::Last(Some(by)) => line.word(by).is_some(),
                Pick::First(None) | Pick::Last(None) => line.get(take, kind).is_some(),
                Pick::Key(by, text) => line.word(by).is_some_and(|word| *word == **text),
                Pick::Latest(by) => is_later(&mut latest, line.time(by)),
                Pick::Slowest => false,
            };
            if is_picked {
                picked = Some(line);
                if !matches!(pick, Pick::Last(_) | Pick::Latest(_)) {
                    break;
                }
            }
        }
        picked?.get(take, kind)
    }
}

/// Appends the text of a value to those that a hash is over. With their lengths, they can be cut
/// apart in one way only.
pub(super) fn note(text: Option<&str>, texts: &mut String) {
    match text {
        Some(text) => texts.extend(["\n", &text.len().to_string(), ":", text]),
        None => texts.push_str("\n-"),
    }
}

/// Whether a moment is not before the latest that was seen. It is the latest then.
fn is_later(latest: &mut Option<String>, moment: Option<String>) -> bool {
    // Without the `Z` after its decimals, moments are ordered as texts.
    let moment = moment.map(|utc| utc.trim_end_matches('Z').to_owned());
    let is_later = moment.is_some() && moment >= *latest;
    if is_later {
        *latest = moment;
    }
    is_later
}

/// Returns where a mark begins, which has 1 to 64 bytes: a definition bounds it. `str::find` would
/// add 5 % to the package's module: a search for long marks, and the text of a panic.
fn find(text: &str, mark: &str) -> Option<usize> {
    let mut windows = text.as_bytes().windows(mark.len().max(1));
    windows.position(|window| window == mark.as_bytes())
}

impl Cut {
    /// Returns the part of a text; `None` where a mark is missing or nothing is left.
    fn of<'a>(&self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let mut range = 0..text.len();
        if let Some(after) = &self.after {
            range.start = find(&text, after)? + after.len();
        }
        if let Some(before) = &self.before {
            range.end = range.start + find(text.get(range.start..)?, before)?;
        }
        let part = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(range)?),
            Cow::Owned(text) => Cow::Owned(text.get(range)?.to_owned()),
        };
        (!part.chars().all(is_blank)).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_marks() {
        let cut = |after: Option<&str>, before: Option<&str>, text: &str| {
            let cut = Cut {
                of: Value::Hash,
                after: after.map(Into::into),
                before: before.map(Into::into),
            };
            let (owned, borrowed) =
                (cut.of(Cow::Owned(text.to_owned())), cut.of(Cow::Borrowed(text)));
            assert_eq!(owned, borrowed);
            borrowed.map(Cow::into_owned)
        };
        let url = "https://h/receipts/12/x";
        assert_eq!(cut(Some("/receipts/"), Some("/"), url).as_deref(), Some("12"));
        assert_eq!(cut(Some("/receipts/"), None, url).as_deref(), Some("12/x"));
        assert_eq!(cut(None, Some(":"), url).as_deref(), Some("https"));
        assert_eq!(cut(Some("/orders/"), None, url), None);
        assert_eq!(cut(Some("/x"), None, url), None);
        assert_eq!(cut(Some("12/"), Some("/"), url), None);
    }
}
