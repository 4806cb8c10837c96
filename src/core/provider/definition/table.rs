use super::{Checked, DefinitionError, Mistake};
use crate::json::{Json, Object};

const EMPTY: &str = "empty; give it a text, or leave the key out";

/// A key of a definition, with those that lead to it. It is written out for an error only.
#[derive(Clone, Copy)]
pub(super) struct Key<'k> {
    outer: Option<&'k Self>,
    name: &'k str,
    /// The place in a list, for a key without a name.
    index: usize,
}

impl Key<'_> {
    /// The definition as a whole.
    pub(super) const ROOT: Key<'static> = Key { outer: None, name: "", index: 0 };

    /// Returns the key of a value in the table at this one.
    pub(super) fn of<'n>(&'n self, name: &'n str) -> Key<'n> {
        Key { outer: Some(self), name, index: 0 }
    }

    /// Returns the key of an entry of the list at this one.
    pub(super) fn index(&self, index: usize) -> Key<'_> {
        Key { outer: Some(self), name: "", index }
    }

    fn write(&self, out: &mut String) {
        let Some(outer) = self.outer else {
            return;
        };
        outer.write(out);
        if self.name.is_empty() {
            out.push('[');
            out.push_str(&self.index.to_string());
            out.push(']');
            return;
        }
        if !out.is_empty() {
            out.push('.');
        }
        out.push_str(self.name);
    }
}

/// A table of a definition, with the key that leads to it.
pub(super) struct Table<'k, 'j> {
    pub(super) key: Key<'k>,
    object: &'j Object<'j>,
}

impl<'k, 'j> Table<'k, 'j> {
    /// Checks that a table has no other keys than `known`, and none twice.
    pub(super) fn new(key: Key<'k>, object: &'j Object<'j>, known: &[&str]) -> Checked<Self> {
        let table = Self::open(key, object)?;
        if let Some(name) = object.keys().find(|name| !known.contains(name)) {
            return Err(table.fail(name, &["unknown; known are ", &listed(known)]));
        }
        Ok(table)
    }

    /// Returns a table of any keys.
    pub(super) fn open(key: Key<'k>, object: &'j Object<'j>) -> Checked<Self> {
        let table = Self { key, object };
        match object.keys().find(|name| object.get(name).is_none()) {
            Some(name) => Err(table.fail(name, &["given twice"])),
            None => Ok(table),
        }
    }

    /// Returns the key of a value in this table.
    pub(super) fn key<'n>(&'n self, name: &'n str) -> Key<'n> {
        self.key.of(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'j Json<'j>> {
        self.object.get(name)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'j str> {
        self.object.keys()
    }

    /// Returns the first key of the table that is not among `known`.
    pub(super) fn other(&self, known: &[&str]) -> Option<&'j str> {
        self.keys().find(|name| !known.contains(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the only key of a table that has one.
    pub(super) fn only_key(&self) -> Option<&'j str> {
        let mut keys = self.keys();
        keys.next().filter(|_| keys.next().is_none())
    }

    /// Returns the error of a value in this table, from the parts of its text.
    #[cold]
    #[inline(never)]
    #[allow(clippy::unnecessary_box_returns)] // See `Mistake`.
    pub(super) fn fail(&self, name: &str, text: &[&str]) -> Mistake {
        fail(&self.key(name), text)
    }

    /// Returns a value that must be there.
    pub(super) fn needed(&self, name: &str) -> Checked<&'j Json<'j>> {
        match self.get(name) {
            Some(value) => Ok(value),
            None => Err(self.fail(name, &["missing"])),
        }
    }

    /// Returns the text of a value.
    pub(super) fn text(&self, name: &str) -> Checked<Option<&'j str>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => text(&self.key(name), value).map(Some),
        }
    }

    pub(super) fn needed_text(&self, name: &str) -> Checked<&'j str> {
        text(&self.key(name), self.needed(name)?)
    }

    /// Returns a flag that is false where it is not set.
    pub(super) fn is(&self, name: &str) -> Checked<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Json::Flag(flag)) => Ok(*flag),
            Some(_) => Err(self.fail(name, &["expected true or false"])),
        }
    }

    /// Returns a whole number in a range.
    pub(super) fn whole(&self, name: &str, most: u32) -> Checked<Option<u32>> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Number(Some(number))) if (1..=u64::from(most)).contains(number) => {
                Ok(u32::try_from(*number).ok())
            }
            Some(_) => Err(self.fail(name, &["expected a number from 1 to ", &most.to_string()])),
        }
    }

    /// Returns a table in this table.
    pub(super) fn table<'n>(
        &'n self,
        name: &'n str,
        known: &[&str],
    ) -> Checked<Option<Table<'n, 'j>>> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Object(object)) => Table::new(self.key(name), object, known).map(Some),
            Some(_) => Err(self.fail(name, &[TABLE])),
        }
    }

    /// Returns a table of any keys in this table.
    pub(super) fn rows<'n>(&'n self, name: &'n str) -> Checked<Option<Table<'n, 'j>>> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Object(object)) => Table::open(self.key(name), object).map(Some),
            Some(_) => Err(self.fail(name, &[TABLE])),
        }
    }

    /// Gives one table, or several in a list, each with its key. Returns how many there are.
    pub(super) fn each_table(
        &self,
        name: &str,
        most: usize,
        give: &mut dyn FnMut(Key<'_>, &'j Object<'j>, usize) -> Checked<()>,
    ) -> Checked<usize> {
        let key = self.key(name);
        match self.get(name) {
            None => Ok(0),
            Some(Json::Object(object)) => give(key, object, 0).map(|()| 1),
            Some(Json::List(list)) => {
                at_most(&key, list.len(), most, "tables")?;
                for (at, json) in list.iter().enumerate() {
                    let key = key.index(at);
                    let Json::Object(object) = json else {
                        return Err(fail(&key, &[TABLE]));
                    };
                    give(key, object, at)?;
                }
                Ok(list.len())
            }
            Some(_) => Err(fail(&key, &[TABLE])),
        }
    }

    /// Returns one text, or several in a list.
    pub(super) fn texts(&self, name: &str, most: usize) -> Checked<Vec<&'j str>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(json) => texts(&self.key(name), json, most),
        }
    }
}

pub(super) const TABLE: &str = "expected a table";

/// Returns the entries of a list that must be one.
pub(super) fn list<'j>(key: &Key<'_>, json: &'j Json<'j>) -> Checked<&'j [Json<'j>]> {
    match json {
        Json::List(list) => Ok(list),
        _ => Err(fail(key, &["expected a list"])),
    }
}

fn text<'j>(key: &Key<'_>, json: &'j Json<'j>) -> Checked<&'j str> {
    match json {
        Json::Text(text) if text.is_empty() => Err(fail(key, &[EMPTY])),
        Json::Text(text) => Ok(text),
        _ => Err(fail(key, &["expected a text"])),
    }
}

/// Returns one text, or several in a list.
pub(super) fn texts<'j>(key: &Key<'_>, json: &'j Json<'j>, most: usize) -> Checked<Vec<&'j str>> {
    let list = match json {
        Json::List(list) if list.is_empty() => return Err(fail(key, &[EMPTY])),
        Json::List(list) => list.as_slice(),
        json => std::slice::from_ref(json),
    };
    at_most(key, list.len(), most, "texts")?;
    let mut found = Vec::with_capacity(list.len());
    for json in list {
        if let Json::Number(Some(number)) = json {
            let number = number.to_string();
            return Err(fail(key, &["expected a text; write \"", &number, "\""]));
        }
        found.push(text(key, json)?);
    }
    Ok(found)
}

/// Checks a number against its bound.
pub(super) fn at_most(key: &Key<'_>, count: usize, most: usize, what: &str) -> Checked<()> {
    if count <= most {
        return Ok(());
    }
    Err(fail(key, &[&count.to_string(), " ", what, "; at most ", &most.to_string()]))
}

/// Returns texts with commas between them.
pub(super) fn listed(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(text);
    }
    out
}

/// Returns an error, from the parts of its text.
#[cold]
#[inline(never)]
#[allow(clippy::unnecessary_box_returns)] // See `Mistake`.
pub(super) fn fail(key: &Key<'_>, parts: &[&str]) -> Mistake {
    let mut error = DefinitionError { key: String::new(), text: String::new() };
    key.write(&mut error.key);
    for part in parts {
        error.text.push_str(part);
    }
    Box::new(error)
}
