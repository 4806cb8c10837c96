//! Finds the wanted values of a body in one pass.
//!
//! `serde_json` reads the body once and holds it to the grammar. The wanted places are a [`Trie`];
//! where each value stands is computed from its key, which points into the body. Nothing is built,
//! and numbers keep their digits. A nested value that nobody wants costs no stack.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::text::{escape, skip_blanks, skip_scalar, text};

/// The spans that one body may take: eight bytes each. A body of lists alone would have more rows
/// than any order.
const MAX_SPANS: usize = 1 << 17;

/// The place of a value in the text. An object and a list have a start alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span(u32, u32);

const NONE: Span = Span(u32::MAX, u32::MAX);

/// The places of a body that are wanted, as a tree of keys.
///
/// Each place has a slot in its scope. The scope of a list's elements is a row of its own: slot 0
/// of a row names the next row.
#[derive(Clone, Debug)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    /// The number of slots of each scope.
    widths: Vec<u16>,
}

#[derive(Clone, Debug)]
struct Node {
    keys: Vec<(Box<str>, usize)>,
    scope: usize,
    slot: u16,
    rows: Option<Rows>,
}

/// The elements of a list.
#[derive(Clone, Copy, Debug)]
struct Rows {
    /// The slot of the list, in the scope of its node.
    slot: u16,
    element: usize,
}

/// A node of a [`Trie`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(usize);

/// A reason why a body is not an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is not JSON.
    Syntax,
    /// It is JSON of another type.
    NotAnObject,
}

impl Trie {
    pub(crate) const ROOT: NodeId = NodeId(0);

    pub(crate) fn new() -> Self {
        let root = Node { keys: Vec::new(), scope: 0, slot: 0, rows: None };
        Self { nodes: vec![root], widths: vec![1] }
    }

    /// Returns the value of a key in the object at a node.
    pub(crate) fn key(&mut self, NodeId(at): NodeId, key: &str) -> NodeId {
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else {
            return NodeId(at);
        };
        if let Some((_, known)) = node.keys.iter().find(|(known, _)| **known == *key) {
            return NodeId(*known);
        }
        node.keys.push((key.into(), new));
        let scope = node.scope;
        self.push(scope);
        NodeId(new)
    }

    /// Returns the elements of the list at a node: the list's slot, and the node of each element.
    pub(crate) fn rows(&mut self, NodeId(at): NodeId) -> (u16, NodeId) {
        let (element, scope) = (self.nodes.len(), self.widths.len());
        let Some(node) = self.nodes.get(at) else {
            return (0, NodeId(at));
        };
        if let Some(Rows { slot, element }) = node.rows {
            return (slot, NodeId(element));
        }
        let slot = self.allot(node.scope);
        // Slot 0 of a row names the next row.
        self.widths.push(1);
        self.push(scope);
        if let Some(node) = self.nodes.get_mut(at) {
            node.rows = Some(Rows { slot, element });
        }
        (slot, NodeId(element))
    }

    /// Whether the elements of a list are wanted at a node.
    pub(crate) fn is_list(&self, NodeId(at): NodeId) -> bool {
        self.nodes.get(at).is_some_and(|node| node.rows.is_some())
    }

    /// Whether the keys of an object are wanted at a node.
    pub(crate) fn is_object(&self, NodeId(at): NodeId) -> bool {
        self.nodes.get(at).is_some_and(|node| !node.keys.is_empty())
    }

    /// Returns the slot of a node in its scope.
    pub(crate) fn slot(&self, NodeId(at): NodeId) -> u16 {
        self.nodes.get(at).map_or(0, |node| node.slot)
    }

    fn push(&mut self, scope: usize) {
        let slot = self.allot(scope);
        self.nodes.push(Node { keys: Vec::new(), scope, slot, rows: None });
    }

    fn allot(&mut self, scope: usize) -> u16 {
        let Some(width) = self.widths.get_mut(scope) else {
            return 0;
        };
        *width += 1;
        *width - 1
    }

    fn width(&self, node: &Node) -> usize {
        usize::from(self.widths.get(node.scope).copied().unwrap_or(1))
    }

    /// Finds the wanted values of a body.
    ///
    /// A key that is given twice has no value. An object in a list's place counts as a list of one.
    pub(crate) fn walk<'b>(&self, body: &'b str) -> Result<Found<'b>, BodyError> {
        let (found, copied) = self.find(body)?;
        if !copied {
            return Ok(found);
        }
        let plain = written_out(body);
        let (Found { spans, is_full, has_twins, .. }, _) = self.find(&plain)?;
        Ok(Found { text: Cow::Owned(plain), spans, is_full, has_twins })
    }

    /// Finds the wanted values of a body in which no wanted key is written with escapes.
    pub(crate) fn walk_plain<'b>(&self, body: &'b str) -> Option<Found<'b>> {
        let (found, copied) = self.find(body).ok()?;
        (!copied).then_some(found)
    }

    /// Finds the wanted values, and whether one could not be placed, since its key is written with
    /// escapes.
    fn find<'b>(&self, body: &'b str) -> Result<(Found<'b>, bool), BodyError> {
        let width = usize::from(self.widths.first().copied().unwrap_or(1));
        let mut spans = Vec::with_capacity(4 * width);
        spans.resize(width, NONE);
        let mut state = State {
            trie: self,
            body,
            spans,
            is_object: false,
            copied: false,
            is_full: false,
            has_twins: false,
        };
        let mut reader = serde_json::Deserializer::from_str(body);
        let root = Walk { node: 0, base: 0, list: None, state: &mut state };
        if root.deserialize(&mut reader).is_err() || reader.end().is_err() {
            return Err(BodyError::Syntax);
        }
        let State { spans, is_object, copied, is_full, has_twins, .. } = state;
        if !is_object {
            return Err(BodyError::NotAnObject);
        }
        Ok((Found { text: Cow::Borrowed(body), spans, is_full, has_twins }, copied))
    }
}

/// The wanted values of one body.
pub(crate) struct Found<'b> {
    text: Cow<'b, str>,
    spans: Vec<Span>,
    /// Whether the body has more rows than are kept.
    pub(crate) is_full: bool,
    /// Whether a wanted key is given twice.
    pub(crate) has_twins: bool,
}

impl<'b> Found<'b> {
    /// Returns the JSON text of a scalar; `None` where there is none.
    pub(crate) fn scalar(&self, base: usize, slot: u16) -> Option<&str> {
        let Span(start, end) = self.span(base, slot);
        self.text.get(start as usize..end as usize).filter(|text| !text.is_empty())
    }

    /// Returns the text of a string, or a number as it was written; `None` where it is absent,
    /// blank or of another type.
    pub(crate) fn text(&self, base: usize, slot: u16) -> Option<Cow<'b, str>> {
        let Span(start, end) = self.span(base, slot);
        match &self.text {
            Cow::Borrowed(body) => text(body.get(start as usize..end as usize)?),
            Cow::Owned(_) => Some(Cow::Owned(text(self.scalar(base, slot)?)?.into_owned())),
        }
    }

    /// Whether the value is an object.
    pub(crate) fn is_object(&self, base: usize, slot: u16) -> bool {
        let Span(start, _) = self.span(base, slot);
        self.text.as_bytes().get(start as usize) == Some(&b'{')
    }

    /// Returns the position of a value in the text.
    pub(crate) fn start(&self, base: usize, slot: u16) -> Option<usize> {
        let span = self.span(base, slot);
        (span != NONE).then_some(span.0 as usize)
    }

    /// Returns the text in which the values are: the body, or the body with its escapes written
    /// out.
    pub(crate) fn whole(&self) -> &str {
        &self.text
    }

    /// Returns the text as a part of the body, if the values are in the body itself.
    pub(crate) fn body(&self) -> Option<&'b str> {
        if let Cow::Borrowed(body) = self.text { Some(body) } else { None }
    }

    /// Returns the bases of a list's rows.
    pub(crate) fn rows(&self, base: usize, slot: u16) -> impl Iterator<Item = usize> {
        let mut next = self.span(base, slot).0;
        std::iter::from_fn(move || {
            let row = next as usize;
            next = self.spans.get(row)?.0;
            Some(row)
        })
    }

    fn span(&self, base: usize, slot: u16) -> Span {
        self.spans.get(base + usize::from(slot)).copied().unwrap_or(NONE)
    }
}

/// Returns the same JSON with every escape written out that may stand for itself. A key is then a
/// part of the text.
#[cold]
fn written_out(json: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(json.len()), json);
    while let Some((before, escaped)) = rest.split_once('\\') {
        out.push_str(before);
        let Some((first, behind)) = escaped.split_at_checked(1) else {
            break;
        };
        let is_plain = |character: &char| !matches!(character, '\0'..' ' | '"' | '\\');
        if let Some((character, behind)) = escape(escaped).filter(|(it, _)| is_plain(it)) {
            out.push(character);
            rest = behind;
        } else {
            out.push('\\');
            out.push_str(first);
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

#[allow(clippy::struct_excessive_bools)] // Marks that are set on the way.
struct State<'t, 'b> {
    trie: &'t Trie,
    body: &'b str,
    spans: Vec<Span>,
    is_object: bool,
    copied: bool,
    is_full: bool,
    has_twins: bool,
}

impl State<'_, '_> {
    fn set(&mut self, at: usize, span: Span) {
        if let Some(place) = self.spans.get_mut(at) {
            *place = span;
        }
    }

    /// Notes the value whose key ends before the quote at `quote`.
    fn note(&mut self, at: usize, quote: usize) {
        let json = self.body.as_bytes();
        let colon = skip_blanks(json, quote + 1);
        let start = skip_blanks(json, colon + 1);
        let end = match json.get(start) {
            Some(b'{' | b'[') | None => start,
            Some(_) => skip_scalar(json, start).unwrap_or(start),
        };
        self.set(at, span(start, end));
    }

    /// Appends a row to the list at `list`, whose span has its first and its last row. Returns its base; `None` where no more fit.
    fn append(&mut self, list: usize, node: &Node) -> Option<usize> {
        let (row, width) = (self.spans.len(), self.trie.width(node));
        if row + width > MAX_SPANS {
            self.is_full = true;
            return None;
        }
        self.spans.resize(row + width, NONE);
        let Span(first, end) = self.spans.get(list).copied().unwrap_or(NONE);
        let place = span(row, row);
        if first == NONE.0 {
            self.set(list, place);
        } else {
            self.set(end as usize, place);
            self.set(list, Span(first, place.1));
        }
        Some(row)
    }

    /// Forgets what was found under a node.
    fn clear(&mut self, node: usize, base: usize) {
        let trie = self.trie;
        let Some(node) = trie.nodes.get(node) else {
            return;
        };
        self.set(base + usize::from(node.slot), NONE);
        if let Some(rows) = node.rows {
            self.set(base + usize::from(rows.slot), NONE);
        }
        for (_, kid) in &node.keys {
            self.clear(*kid, base);
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // A body has at most 4 MiB.
fn span(start: usize, end: usize) -> Span {
    Span(start as u32, end as u32)
}

/// Reads the value at a node. For the element of a list, `list` is the list's span, and the row is
/// made once the element is seen to be one.
struct Walk<'s, 't, 'b> {
    node: usize,
    base: usize,
    list: Option<usize>,
    state: &'s mut State<'t, 'b>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'t> Walk<'_, 't, '_> {
    /// Returns the node of an object and its base, after the row of an element was made.
    fn enter(&mut self) -> Option<(&'t Node, usize)> {
        let trie = self.state.trie;
        let node = trie.nodes.get(self.node)?;
        if let Some(list) = self.list {
            return Some((node, self.state.append(list, node)?));
        }
        let Some(rows) = node.rows else {
            return Some((node, self.base));
        };
        let element = trie.nodes.get(rows.element)?;
        let row = self.state.append(self.base + usize::from(rows.slot), element)?;
        Some((element, row))
    }
}

// Every method is overridden: a default one would link the code that describes a value's type.
impl<'de> Visitor<'de> for Walk<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let Some((node, base)) = self.enter() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let state = self.state;
        state.is_object |= self.node == 0;
        let mut seen = 0_u128;
        let start = state.body.as_ptr() as usize;
        while let Some(key) = map.next_key_seed(Key { keys: &node.keys, start })? {
            let Some((at, kid, quote)) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            state.copied |= quote.is_none();
            let is_first = seen >> at & 1 == 0;
            seen |= 1 << at;
            state.has_twins |= !is_first;
            let (Some(child), Some(quote), true) = (state.trie.nodes.get(kid), quote, is_first)
            else {
                map.next_value::<IgnoredAny>()?;
                state.clear(kid, base);
                continue;
            };
            if child.keys.is_empty() && child.rows.is_none() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Walk { node: kid, base, list: None, state })?;
            }
            state.note(base + usize::from(child.slot), quote);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { node, base, list: within, state } = self;
        let rows = state.trie.nodes.get(node).and_then(|node| node.rows);
        let Some(rows) = rows.filter(|_| within.is_none()) else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let (node, list_at) = (rows.element, Some(base + usize::from(rows.slot)));
        while list.next_element_seed(Walk { node, base, list: list_at, state })?.is_some() {}
        Ok(())
    }

    /// Takes a string that is itself wanted of a list.
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        let Self { node, list: Some(list), state, .. } = self else {
            return Ok(());
        };
        let trie = state.trie;
        let Some(node) = trie.nodes.get(node).filter(|node| node.keys.is_empty()) else {
            return Ok(());
        };
        if let Some(row) = state.append(list, node) {
            let start = text.as_ptr() as usize - state.body.as_ptr() as usize;
            state.set(row + usize::from(node.slot), span(start - 1, start + text.len() + 1));
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        let node = self.state.trie.nodes.get(self.node);
        let is_wanted = self.list.is_some() && node.is_some_and(|node| node.keys.is_empty());
        self.state.copied |= is_wanted;
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// Looks a key up. Gives its place among the keys, its node, and the position of the quote that
/// ends it; no position for a key that is written with escapes.
struct Key<'t> {
    keys: &'t [(Box<str>, usize)],
    /// The address of the body.
    start: usize,
}

type FoundKey = Option<(usize, usize, Option<usize>)>;

impl Key<'_> {
    fn find(&self, key: &str, quote: Option<usize>) -> FoundKey {
        let at = self.keys.iter().position(|(known, _)| **known == *key)?;
        self.keys.get(at).map(|(_, node)| (at, *node, quote))
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = FoundKey;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<FoundKey, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = FoundKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<FoundKey, E> {
        let quote = key.as_ptr() as usize + key.len() - self.start;
        Ok(self.find(key, Some(quote)))
    }

    fn visit_str<E>(self, key: &str) -> Result<FoundKey, E> {
        Ok(self.find(key, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text at a path of keys, where `*` is the first element of a list.
    fn find(body: &str, path: &str) -> Option<String> {
        let mut trie = Trie::new();
        let (mut node, mut lists) = (Trie::ROOT, Vec::new());
        for key in path.split('/') {
            if key == "*" {
                let (list, element) = trie.rows(node);
                lists.push(list);
                node = element;
            } else {
                node = trie.key(node, key);
            }
        }
        let found = trie.walk(body).expect("an object");
        let mut base = 0;
        for list in lists {
            base = found.rows(base, list).next()?;
        }
        found.text(base, trie.slot(node)).map(Cow::into_owned)
    }

    #[track_caller]
    fn finds(body: &str, path: &str, expected: Option<&str>) {
        assert_eq!(find(body, path).as_deref(), expected, "{path} of {body}");
    }

    #[test]
    fn values_are_found_by_their_path() {
        let body = r#" { "x":[{"a":1}], "a" : { "b":"é\n" , "c":-1.50e400}, "d":true } "#;
        finds(body, "a/b", Some("é\n"));
        finds(body, "a/c", Some("-1.50e400"));
        finds(body, "d", None);
        finds(body, "a", None);
        finds(body, "a/b/c", None);
        finds(body, "b", None);
        finds(body, "x/*/a", Some("1"));
    }

    #[test]
    fn elements_of_another_type_are_left_out() {
        finds(r#"{"a":[null,1,"x",[{"b":1}],{"b":2}]}"#, "a/*/b", Some("2"));
        finds(r#"{"a":{"b":2}}"#, "a/*/b", Some("2"));
        finds(r#"{"a":[]}"#, "a/*/b", None);
        finds(r#"{"a":[1,{},"x","y"]}"#, "a/*", None);
        finds(r#"{"a":[1,"x","y"]}"#, "a/*", Some("x"));
        finds(r#"{"a":["\u00e9\n"]}"#, "a/*", None);
        finds(r#"{"a":["\u00e9"]}"#, "a/*", Some("é"));
        finds(r#"{"a":[{"b":[{"c":1}]},{"b":[{"c":2}]}]}"#, "a/*/b/*/c", Some("1"));
    }

    #[test]
    fn a_key_given_twice_has_no_value() {
        finds(r#"{"a":1,"a":2}"#, "a", None);
        finds(r#"{"a":1,"\u0061":2}"#, "a", None);
        finds(r#"{"\u0061":1,"a":2,"a":3}"#, "a", None);
        finds(r#"{"a":{"b":1},"a":1}"#, "a/b", None);
        finds(r#"{"a":{"b":1},"a":{"b":2}}"#, "a/b", None);
        finds(r#"{"a":[{"b":1}],"a":[]}"#, "a/*/b", None);
        finds(r#"{"a":[{"b":1,"b":2},{"b":3}]}"#, "a/*/b", None);
        finds(r#"{"a":{"b":1},"c":{"b":2}}"#, "a/b", Some("1"));
    }

    #[test]
    fn a_key_with_escapes_is_found() {
        finds(r#"{"\u0061":"\u00e9\"\\\u0000x"}"#, "a", Some("é\"\\\0x"));
        finds(r#"{"caf\u00e9":{"b":"\ud83d\ude00"}}"#, "café/b", Some("😀"));
        finds(r#"{"\ud83d\ude00":1}"#, "😀", Some("1"));
        finds(r#"{"\u0061":"b\/c"}"#, "a", Some("b/c"));
        finds(r#"{"\\u0061":1}"#, "a", None);
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        finds(&format!(r#"{{"a":{deep},"b":1}}"#), "b", Some("1"));
        finds(&format!(r#"{{"a":{deep},"b":1}}"#), "a", None);
        finds(&format!(r#"{{"a":{deep}}}"#), "a/*/b", None);
    }

    #[test]
    fn another_body_is_refused() {
        let trie = Trie::new();
        for json in ["[]", "1", "null", r#""{}""#, "[{}]"] {
            assert_eq!(trie.walk(json).err(), Some(BodyError::NotAnObject), "{json}");
        }
        for json in ["", "{", "{}x", "{'a':1}", "{\"a\":01}", "\u{feff}{}", "{\"a\":\"\n\"}"] {
            assert_eq!(trie.walk(json).err(), Some(BodyError::Syntax), "{json}");
        }
    }

    #[test]
    fn rows_are_bounded() {
        let mut trie = Trie::new();
        let list = trie.key(Trie::ROOT, "a");
        let (slot, element) = trie.rows(list);
        trie.key(element, "b");
        for (rows, is_full) in [(40_000, false), (50_000, true)] {
            let body = format!(r#"{{"a":[{}{{}}]}}"#, "{},".repeat(rows - 1));
            let found = trie.walk(&body).expect("an object");
            assert_eq!(found.is_full, is_full);
            assert!(found.rows(0, slot).count() <= MAX_SPANS / 3);
        }

        // Four spans of the body and two of each row: they take all of the room.
        let mut trie = Trie::new();
        trie.key(Trie::ROOT, "b");
        let list = trie.key(Trie::ROOT, "a");
        trie.rows(list);
        let most = (MAX_SPANS - 4) / 2;
        for (rows, is_full) in [(most, false), (most + 1, true)] {
            let body = format!(r#"{{"a":[{}{{}}]}}"#, "{},".repeat(rows - 1));
            assert_eq!(trie.walk(&body).expect("an object").is_full, is_full, "{rows}");
        }
    }
}
