//! The core's own reader of JSON, beside `serde_json`.

use std::{borrow::Cow, fmt};

use orderhook_core::json::{self, JsonError, Object};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Panics if the two read different things.
pub fn check(text: &str) {
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    match (Object::parse(text), serde_json::from_str::<Pairs<'_>>(text)) {
        (Err(JsonError::Syntax), _) => assert!(!is_json, "JSON is refused"),
        (Err(JsonError::NotAnObject), pairs) => {
            assert!(is_json && pairs.is_ok_and(|Pairs(all)| all.len() > 10_000) != is_other(text));
        }
        (Ok(object), Ok(Pairs(all))) => is_read(&object, &all),
        // A key that is not a text (half of a surrogate pair) is never looked up.
        (Ok(object), Err(_)) => {
            assert!(is_json && text.contains("\\u"), "no JSON is read");
            object.keys().for_each(|key| drop(object.text(key)));
        }
    }
}

/// JSON, but not an object.
fn is_other(text: &str) -> bool {
    !text.trim_start().starts_with('{')
}

fn is_read(object: &Object<'_>, all: &[(String, &RawValue)]) {
    assert!(object.keys().eq(all.iter().map(|(key, _)| key)));
    // Duplicate keys are looked up one by one.
    for (key, raw) in all.iter().take(64) {
        let once = all.iter().filter(|(other, _)| other == key).count() == 1;
        let raw = raw.get();
        assert_eq!(object.raw(key), once.then_some(raw));
        assert_eq!(json::text(raw).map(Cow::into_owned), text_of(raw));
        assert_eq!(object.text(key).map(Cow::into_owned), text_of(raw).filter(|_| once));
        assert_eq!(object.flag(key), serde_json::from_str(raw).ok().filter(|_| once));
        let whole = text_of(raw).and_then(|text| text.parse().ok());
        assert_eq!(object.whole(key), whole.filter(|_: &u32| once));
        let entries = serde_json::from_str::<Vec<&RawValue>>(raw).ok();
        let entries: Vec<_> =
            entries.map_or(vec![raw], |all| all.into_iter().map(RawValue::get).collect());
        assert!(json::entries(raw).eq(entries.iter().copied()));
        let objects = entries.iter().filter(|entry| entry.starts_with('{')).count();
        assert_eq!(object.objects(key).count(), if once { objects } else { 0 });
        assert_eq!(object.object(key).is_some(), once && raw.starts_with('{'));
    }
}

/// What `serde_json` makes of a string, and a number as it was written; blank is nothing.
fn text_of(raw: &str) -> Option<String> {
    let is_number = raw.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let text = if is_number { Some(raw.to_owned()) } else { serde_json::from_str(raw).ok() };
    text.filter(|text: &String| !text.chars().all(json::is_blank))
}

/// An object's keys and values as `serde_json` has them, with those that stand twice.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Pairs<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(pair) = map.next_entry()? {
            self.0.push(pair);
        }
        Ok(self)
    }
}
