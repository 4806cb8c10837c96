//! A body as a tree, by `serde_json` and the rules of a definition's places.

use std::{borrow::Cow, collections::HashSet, fmt};

use orderhook_core::json::is_blank;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The levels that are read: nothing that is wanted stands deeper.
const MAX_DEPTH: usize = 20;

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Tree {
    /// A string, a number, `true`, `false` or `null`, as it was written.
    Scalar(String),
    List(Vec<Tree>),
    /// Keys and values, including keys that are given twice.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads a text; `None` if `serde_json` does not read it, or a key is half of a surrogate pair.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        Self::of(serde_json::from_str::<&RawValue>(json).ok()?, 0)
    }

    fn of(raw: &RawValue, depth: usize) -> Option<Self> {
        let (json, depth) = (raw.get(), depth + 1);
        if depth > MAX_DEPTH {
            return Some(Self::Scalar("null".to_owned()));
        }
        Some(match json.as_bytes().first()? {
            b'[' => {
                let list: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                Self::List(list.into_iter().map(|raw| Self::of(raw, depth)).collect::<Option<_>>()?)
            }
            b'{' => {
                let Fields(fields) = serde_json::from_str(json).ok()?;
                let field = |(key, raw)| Some((key, Self::of(raw, depth)?));
                Self::Object(fields.into_iter().map(field).collect::<Option<_>>()?)
            }
            _ => Self::Scalar(json.to_owned()),
        })
    }

    /// Returns the value at a path of keys. A key that is given twice has none.
    pub(crate) fn at(&self, path: &[impl AsRef<str>]) -> Option<&Self> {
        let Some((key, path)) = path.split_first() else {
            return Some(self);
        };
        let Self::Object(fields) = self else {
            return None;
        };
        let mut values = fields.iter().filter(|(known, _)| known == key.as_ref());
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)?.at(path)
    }

    /// Whether an object in it has a key that is given twice.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn has_twins(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::List(list) => list.iter().any(Self::has_twins),
            Self::Object(fields) => {
                let keys: HashSet<_> = fields.iter().map(|(key, _)| key).collect();
                keys.len() < fields.len() || fields.iter().any(|(_, value)| value.has_twins())
            }
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Returns the objects in a list, or the object in its place.
    pub(crate) fn objects(&self) -> Vec<&Self> {
        match self {
            Self::List(list) => list.iter().filter(|entry| entry.is_object()).collect(),
            Self::Object(_) => vec![self],
            Self::Scalar(_) => Vec::new(),
        }
    }

    /// Returns the entry of a list whose entries are themselves wanted: its objects, and its strings
    /// without an escape that they need.
    pub(crate) fn row(&self, nth: usize) -> Option<&Self> {
        let is_row = |entry: &&Self| match entry {
            Self::Object(_) => true,
            Self::List(_) => false,
            Self::Scalar(json) => {
                let string = serde_json::from_str::<String>(json);
                string.is_ok_and(|text| !text.contains(|c| matches!(c, '"' | '\\' | '\0'..' ')))
            }
        };
        match self {
            Self::List(list) => list.iter().filter(is_row).nth(nth),
            Self::Object(_) => (nth == 0).then_some(self),
            Self::Scalar(_) => None,
        }
    }

    /// Returns a string, or a number as it was written; `None` if it is blank.
    pub(crate) fn text(&self) -> Option<String> {
        let Self::Scalar(json) = self else {
            return None;
        };
        let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let text = if is_number { Some(json.clone()) } else { serde_json::from_str(json).ok() };
        text.filter(|text: &String| !text.chars().all(is_blank))
    }

    /// Returns a text, or `true` or `false`.
    pub(crate) fn word(&self) -> Option<String> {
        let is_flag = |json: &String| json == "true" || json == "false";
        match self {
            Self::Scalar(json) if is_flag(json) => Some(json.clone()),
            _ => self.text(),
        }
    }
}

/// An object's keys and values as `serde_json` reads them.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Fields<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(field) = map.next_entry()? {
            self.0.push(field);
        }
        Ok(self)
    }
}

/// Returns a text of an event.
pub(crate) fn texts(text: Option<&Cow<'_, str>>) -> Option<String> {
    text.map(ToString::to_string)
}
