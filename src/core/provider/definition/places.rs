use super::{
    Checked,
    table::{Key, at_most, fail},
};
use crate::{
    json::walk::{NodeId, Trie},
    provider::{
        plan::Needed,
        value::{Element, List, MAX_SCOPES, Pick, Value},
    },
};

/// The segments of a pointer.
const MAX_SEGMENTS: usize = 8;

/// The largest index of a list.
const MAX_INDEX: usize = 99;

/// The pointers of a definition.
const MAX_PATHS: usize = 96;

/// The places that a definition names, as a trie.
pub(super) struct Places {
    pub(super) trie: Trie,
    pub(super) headers: Vec<Box<str>>,
    paths: usize,
    /// The values that the proof covers, where it does not cover the whole body.
    signed: Vec<NodeId>,
    /// The objects around the fields that are taken out of the payload.
    around_redacted: Vec<NodeId>,
    /// The scope of the events.
    pub(super) events: usize,
    /// The names of bases. They stand here, so that a base is copied and dropped without code.
    names: Vec<Needed>,
    /// The name of the value that was placed first since it was taken.
    named: Option<usize>,
}

/// Where a relative pointer begins.
#[derive(Clone, Copy)]
pub(super) struct Base {
    pub(super) scope: usize,
    pub(super) node: NodeId,
    /// Whether a relative pointer may begin here.
    pub(super) is_open: bool,
    /// Whether the proof covers what is here, even if it does not cover the whole body.
    pub(super) is_signed: bool,
    /// The base's name, as `data` or `items[]`, and the objects that it is in.
    /// It is the place of these among the names.
    pub(super) needed: usize,
}

impl Base {
    /// The body.
    pub(super) fn root() -> Self {
        Self { scope: 0, node: Trie::ROOT, is_open: false, is_signed: false, needed: 0 }
    }

    /// Returns the base at a key of this one.
    fn key(self, places: &mut Places, name: &str, key: &Key<'_>) -> Checked<Self> {
        if places.trie.is_list(self.node) {
            return both(&places.needed(self.needed), key);
        }
        let mut needed = places.needed(self.needed);
        let is_named = !needed.name.is_empty();
        if is_named && !needed.name.ends_with("[]") {
            needed.within.push((self.scope, places.trie.slot(self.node), needed.name.clone()));
        }
        needed.name = [&*needed.name, if is_named { "." } else { "" }, name].concat().into();
        let needed = places.add(needed);
        let node = places.trie.key(self.node, name);
        let is_signed = self.is_signed || places.signed.contains(&node);
        Ok(Self { scope: self.scope, node, is_open: true, is_signed, needed })
    }

    /// Returns the list at this base, and the base of its elements.
    pub(super) fn rows(self, places: &mut Places, key: &Key<'_>) -> Checked<(List, Self)> {
        if self.scope + 1 >= MAX_SCOPES {
            return Err(fail(key, &["more than 4 lists within one another"]));
        }
        if places.around_redacted.contains(&self.node) {
            let text = "a redacted field is in this list; nothing is taken out of a list";
            return Err(fail(key, &[text]));
        }
        if places.trie.is_object(self.node) {
            return both(&places.needed(self.needed), key);
        }
        let start = places.trie.slot(self.node);
        let (slot, node) = places.trie.rows(self.node);
        let mut needed = places.needed(self.needed);
        needed.name = [&*needed.name, "[]"].concat().into();
        let needed = places.add(needed);
        let Self { scope, is_signed, .. } = self;
        let list = List { scope, slot, start, is_signed };
        Ok((list, Self { scope: scope + 1, node, is_open: true, is_signed, needed }))
    }
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            trie: Trie::new(),
            headers: Vec::new(),
            paths: 0,
            signed: Vec::new(),
            around_redacted: Vec::new(),
            events: 0,
            names: vec![Needed::default()],
            named: None,
        }
    }

    /// Returns the list at a pointer, and the base of its elements. A list is searched in full: one
    /// that is not the base's own would be searched once more for each of its elements, or for each
    /// event, which takes longer than linear.
    pub(super) fn list(
        &mut self,
        base: &Base,
        pointer: &str,
        key: &Key<'_>,
    ) -> Checked<(List, Base)> {
        let (list, element) = self.base(base, pointer, key)?.rows(self, key)?;
        if list.scope < base.scope.max(self.events) {
            let text = "a list of the whole body cannot be searched for each element; write it without \"/\"";
            return Err(fail(key, &[text]));
        }
        Ok((list, element))
    }

    /// Whether nothing was placed.
    pub(super) fn is_empty(&self) -> bool {
        self.paths == 0
    }

    /// Notes that the proof covers the value at a pointer, and all that is in it.
    pub(super) fn sign(&mut self, pointer: &str, key: &Key<'_>) -> Checked<()> {
        let base = self.base(&Base::root(), pointer, key)?;
        self.signed.push(base.node);
        Ok(())
    }

    pub(super) fn finish(self) -> (Trie, Vec<Box<str>>) {
        (self.trie, self.headers)
    }

    pub(super) fn header(&mut self, name: &str) {
        self.headers.push(name.into());
        let name = self.add(Needed { within: Vec::new(), name: name.into() });
        self.named.get_or_insert(name);
    }

    fn add(&mut self, needed: Needed) -> usize {
        self.names.push(needed);
        self.names.len() - 1
    }

    /// Returns the name of a base.
    pub(super) fn needed(&self, at: usize) -> Needed {
        self.names.get(at).cloned().unwrap_or_default()
    }

    /// Returns the name of the value that was placed first since the last call.
    pub(super) fn take_name(&mut self) -> Needed {
        self.named.take().map(|at| self.needed(at)).unwrap_or_default()
    }

    /// Returns the value at a pointer.
    pub(super) fn value(&mut self, base: &Base, pointer: &str, key: &Key<'_>) -> Checked<Value> {
        let (base, segments) = self.start(base, pointer, key)?;
        self.walk(base, &segments, key)
    }

    /// Returns the value at a pointer that is taken out of the payload. In a list, it would not be
    /// found.
    pub(super) fn redacted(&mut self, pointer: &str, key: &Key<'_>) -> Checked<Value> {
        let (mut base, segments) = self.start(&Base::root(), pointer, key)?;
        for segment in &segments {
            if segment.contains(|c| matches!(c, '"' | '\\' | '\0'..' ')) {
                let text = "a field whose key needs an escape in JSON cannot be redacted";
                return Err(fail(key, &[text]));
            }
            self.around_redacted.push(base.node);
            base = base.key(self, segment, key)?;
        }
        Ok(self.place(base))
    }

    /// Returns the base at a pointer. An index has no base of its own.
    pub(super) fn base(&mut self, base: &Base, pointer: &str, key: &Key<'_>) -> Checked<Base> {
        let (mut base, segments) = self.start(base, pointer, key)?;
        for segment in &segments {
            if index(segment).is_some() {
                return Err(fail(
                    key,
                    &["an index cannot stand here, only in the place of a value"],
                ));
            }
            base = base.key(self, segment, key)?;
        }
        Ok(base)
    }

    fn start(&mut self, base: &Base, pointer: &str, key: &Key<'_>) -> Checked<(Base, Vec<String>)> {
        self.paths += 1;
        if self.paths > MAX_PATHS {
            return Err(fail(key, &["more than 96 places in one definition"]));
        }
        let (base, path) = match pointer.strip_prefix('/') {
            Some(path) => (Base::root(), path),
            None if pointer.is_empty() => {
                return Err(fail(key, &["empty; write a place, as \"/data/id\""]));
            }
            None if pointer.contains('.') && !pointer.contains('/') => {
                let pointer = slashed(pointer);
                return Err(fail(key, &["write \"", &pointer, "\": a place is a JSON Pointer"]));
            }
            None if !base.is_open => {
                let (base, text) =
                    ("\" is a place without a base; write \"/", "\", or { text = \"");
                return Err(fail(key, &["\"", pointer, base, pointer, text, pointer, "\" }"]));
            }
            None => (*base, pointer),
        };
        if path.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return Err(fail(
                key,
                &["in a place, write `~` as `~0`, and a `/` within a key as `~1`"],
            ));
        }
        let mut segments = Vec::new();
        for segment in path.split('/') {
            if segment.is_empty() {
                return Err(fail(key, &["\"", pointer, "\" has a segment without a name"]));
            }
            segments.push(unescaped(segment));
        }
        at_most(key, segments.len(), MAX_SEGMENTS, "segments")?;
        Ok((base, segments))
    }

    fn walk(&mut self, mut base: Base, segments: &[String], key: &Key<'_>) -> Checked<Value> {
        for (at, segment) in segments.iter().enumerate() {
            let Some(nth) = index(segment) else {
                base = base.key(self, segment, key)?;
                continue;
            };
            if nth > MAX_INDEX {
                return Err(fail(key, &["an index is at most 99"]));
            }
            let (list, element) = base.rows(self, key)?;
            let take = self.walk(element, segments.get(at + 1..).unwrap_or_default(), key)?;
            return Ok(Value::Element(Box::new(Element { list, pick: Pick::Nth(nth), take })));
        }
        Ok(self.place(base))
    }

    fn place(&mut self, base: Base) -> Value {
        self.named.get_or_insert(base.needed);
        let slot = self.trie.slot(base.node);
        Value::Place { scope: base.scope, slot, is_signed: base.is_signed }
    }
}

/// Returns the error of a place that is a list and an object: the keys of the object would not be
/// found.
fn both<T>(place: &Needed, key: &Key<'_>) -> Checked<T> {
    let text = "` is a list and an object in this definition; put an index before the object's keys, as an object counts as a list of one";
    Err(fail(key, &["`", &place.name, text]))
}

/// Returns a path with dots as a pointer.
fn slashed(path: &str) -> String {
    let mut pointer = String::new();
    for name in path.split('.') {
        pointer.push('/');
        pointer.push_str(name);
    }
    pointer
}

/// Returns a segment of a pointer as the key that it names.
fn unescaped(segment: &str) -> String {
    let mut parts = segment.split('~');
    let mut key = String::from(parts.next().unwrap_or_default());
    for part in parts {
        // The escapes were checked: this is `~0` or `~1`.
        key.push_str(if part.starts_with('0') { "~" } else { "/" });
        key.push_str(part.get(1..).unwrap_or_default());
    }
    key
}

fn index(segment: &str) -> Option<usize> {
    let is_number = segment.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { segment.parse().ok() } else { None }
}
