//! JSON as a body and as settings, beside `serde_json`.

use orderhook_core::json::Json;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::oracles::wanted;

/// Panics if the two read different things.
pub fn check(text: &str) {
    wanted::is_read(text);
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    match (Json::parse(text), serde_json::from_str::<Value>(text)) {
        (Ok(json), Ok(value)) => is_same(&json, &value),
        (Ok(_), Err(_)) => panic!("no value is read"),
        // Only text without a value may be refused.
        (Err(_), value) => assert!(!is_json || value.is_err(), "JSON is refused"),
    }
}

/// Panics if a tree says another thing than `serde_json`.
fn is_same(json: &Json<'_>, value: &Value) {
    match (json, value) {
        (Json::Null, Value::Null) => {}
        (Json::Flag(flag), Value::Bool(due)) => assert_eq!(flag, due),
        (Json::Number(number), Value::Number(due)) => assert_eq!(*number, due.as_u64()),
        (Json::Text(text), Value::String(due)) => {
            assert_eq!(text, due);
            assert_eq!(json.whole(), due.parse().ok());
        }
        (Json::List(list), Value::Array(due)) => {
            assert_eq!(list.len(), due.len());
            list.iter().zip(due).for_each(|(json, due)| is_same(json, due));
        }
        (Json::Object(object), Value::Object(due)) => {
            // Duplicate keys are looked up one by one.
            for key in object.keys().take(64) {
                let is_once = object.keys().filter(|known| *known == key).count() == 1;
                assert_eq!(object.get(key).is_some(), is_once, "{key:?}");
                if let Some(json) = object.get(key) {
                    is_same(json, &due[key]);
                }
            }
            assert!(due.keys().take(64).all(|key| object.keys().any(|known| known == key)));
        }
        (json, value) => panic!("{json:?} is not {value}"),
    }
}
