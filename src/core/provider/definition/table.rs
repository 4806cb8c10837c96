use super::{Checked, DefinitionError};
use crate::json::{Json, Object};

const EMPTY: &str = "empty; give it a text, or leave the key out";

/// A table of a definition, with the key that leads to it.
pub(super) struct Table<'j> {
    key: String,
    object: &'j Object<'j>,
}

impl<'j> Table<'j> {
    /// Checks that a table has no other keys than `known`, and none twice.
    pub(super) fn new(key: &str, object: &'j Object<'j>, known: &[&str]) -> Checked<Self> {
        let table = Self { key: key.to_owned(), object };
        for name in object.keys() {
            if !known.contains(&name) {
                return Err(table.fail(name, &["unknown; known are ", &known.join(", ")].concat()));
            }
            if object.get(name).is_none() {
                return Err(table.fail(name, "given twice"));
            }
        }
        Ok(table)
    }

    /// Returns a table of any keys.
    pub(super) fn open(key: &str, object: &'j Object<'j>) -> Checked<Self> {
        let keys: Vec<_> = object.keys().collect();
        Self::new(key, object, &keys)
    }

    /// Returns the key of a value in this table.
    pub(super) fn key(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { [&*self.key, ".", name].concat() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'j Json<'j>> {
        self.object.get(name)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'j str> {
        self.object.keys()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the error of a value in this table.
    pub(super) fn fail(&self, name: &str, text: &str) -> DefinitionError {
        fail(&self.key(name), text)
    }

    /// Returns a value that must be there.
    pub(super) fn needed(&self, name: &str) -> Checked<&'j Json<'j>> {
        self.get(name).ok_or_else(|| self.fail(name, "missing"))
    }

    /// Returns the text of a value.
    pub(super) fn text(&self, name: &str) -> Checked<Option<&'j str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Text(text)) if text.is_empty() => Err(self.fail(name, EMPTY)),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.fail(name, "expected a text")),
        }
    }

    pub(super) fn needed_text(&self, name: &str) -> Checked<&'j str> {
        self.needed(name)?;
        Ok(self.text(name)?.unwrap_or_default())
    }

    /// Returns a flag that is false where it is not set.
    pub(super) fn is(&self, name: &str) -> Checked<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(value) => value.flag().ok_or_else(|| self.fail(name, "expected true or false")),
        }
    }

    /// Returns a whole number in a range.
    pub(super) fn whole(&self, name: &str, most: u32) -> Checked<Option<u32>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = match value {
            Json::Number(Some(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        let number = number.filter(|number| (1..=most).contains(number));
        let text = || ["expected a number from 1 to ", &most.to_string()].concat();
        number.map(Some).ok_or_else(|| self.fail(name, &text()))
    }

    /// Returns a table in this table.
    pub(super) fn table(&self, name: &str, known: &[&str]) -> Checked<Option<Table<'j>>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let object = value.object().ok_or_else(|| self.fail(name, "expected a table"))?;
        Table::new(&self.key(name), object, known).map(Some)
    }

    /// Returns one table, or several in a list, each with its key.
    pub(super) fn tables(&self, name: &str, most: usize) -> Checked<Vec<(String, &'j Object<'j>)>> {
        let key = self.key(name);
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Json::Object(object)) => Ok(vec![(key, object)]),
            Some(Json::List(list)) => {
                at_most(&key, list.len(), most, "tables")?;
                let table = |(at, json): (usize, &'j Json<'j>)| {
                    let key = [&*key, "[", &at.to_string(), "]"].concat();
                    let object = json.object().ok_or_else(|| fail(&key, "expected a table"))?;
                    Ok((key, object))
                };
                list.iter().enumerate().map(table).collect()
            }
            Some(_) => Err(self.fail(name, "expected a table")),
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

/// Returns one text, or several in a list.
pub(super) fn texts<'j>(key: &str, json: &'j Json<'j>, most: usize) -> Checked<Vec<&'j str>> {
    let text = |json: &'j Json<'j>| match json {
        Json::Text(text) if !text.is_empty() => Ok(&**text),
        Json::Text(_) => Err(fail(key, EMPTY)),
        Json::Number(Some(number)) => {
            let number = number.to_string();
            Err(fail(key, &["expected a text; write \"", &number, "\""].concat()))
        }
        _ => Err(fail(key, "expected a text")),
    };
    match json {
        Json::List(list) => {
            at_most(key, list.len(), most, "texts")?;
            if list.is_empty() {
                return Err(fail(key, EMPTY));
            }
            list.iter().map(text).collect()
        }
        json => Ok(vec![text(json)?]),
    }
}

/// Checks a number against its bound.
pub(super) fn at_most(key: &str, count: usize, most: usize, what: &str) -> Checked<()> {
    if count <= most {
        return Ok(());
    }
    let (count, most) = (count.to_string(), most.to_string());
    Err(fail(key, &[&count, " ", what, "; at most ", &most].concat()))
}

pub(super) fn fail(key: &str, text: &str) -> DefinitionError {
    DefinitionError { key: key.to_owned(), text: text.to_owned() }
}
