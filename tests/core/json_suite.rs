//! `JSONTestSuite`: its files as bodies of a definition, and as settings. `tests/vectors/README.md`
//! describes their form.

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Delivery, Event, Provider, Reading, Status, UnixMillis, Unrecognized, json::Json,
};
use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SUITE: &str = include_str!("../vectors/json-test-suite.json");

/// One file of the suite.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    base64: Option<String>,
    #[serde(default)]
    repeat: String,
    #[serde(default)]
    times: usize,
    #[serde(default)]
    suffix: String,
}

/// What the suite says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Json,
    NotJson,
    /// Either.
    Any,
}

impl File {
    fn bytes(&self) -> Vec<u8> {
        match &self.base64 {
            Some(text) => STANDARD.decode(text).expect("base64"),
            None => [self.repeat.repeat(self.times), self.suffix.clone()].concat().into_bytes(),
        }
    }

    fn due(&self) -> Due {
        match self.name.split_once('_') {
            Some(("y", _)) => Due::Json,
            Some(("n", _)) => Due::NotJson,
            Some(("i", _)) => Due::Any,
            _ => panic!("{} is of no kind", self.name),
        }
    }
}

fn suite() -> Vec<File> {
    let suite: Vec<File> = serde_json::from_str(SUITE).expect("the suite is JSON");
    assert_eq!(suite.len(), 318);
    suite
}

/// A definition that wants what objects of the suite have: its places are in an object, in a list
/// and in a list of lists.
fn provider() -> Provider {
    let definition = r#"{
        "scheme": { "type": "url-token" },
        "event": { "topic": "/a", "notes": "/a/0/b" },
        "order": { "id": ["/asd", "/min", "/title", "/order/id"], "reference": "/x/0/id" },
        "status": { "word": { "text": "any" }, "words": { "created": ["any"] } },
        "items": { "each": "/order/list", "sku": "id", "name": "names/0" }
    }"#;
    Provider::parse("acme", definition, None).expect("a definition")
}

fn read<T>(body: &[u8], take: impl FnOnce(Event<'_>) -> T) -> T {
    let headers: &[(&str, &str)] = &[];
    let (provider, delivery) = (provider(), Delivery { headers: &headers, url: "", body });
    match provider.normalize("a", None, &delivery, UnixMillis(0)) {
        Reading::Event(event) => take(event),
        other => panic!("{other:?}"),
    }
}

/// Returns why a body is not an event; `None` if it is one.
fn reason(body: &[u8]) -> Option<Unrecognized> {
    read(body, |event| event.data.content.err())
}

const NO_JSON: [Unrecognized; 2] = [Unrecognized::NotJson, Unrecognized::NotUtf8];

#[test]
fn a_file_is_read_as_the_suite_says() {
    for file in suite() {
        let (body, name) = (file.bytes(), &file.name);
        let found = reason(&body);
        let is_refused = found.as_ref().is_some_and(|reason| NO_JSON.contains(reason));
        match file.due() {
            Due::Json => assert!(!is_refused, "{name}: {found:?}"),
            Due::NotJson => assert!(is_refused, "{name}: {found:?}"),
            Due::Any => {}
        }
    }
}

/// In an object, under a key that is wanted, one that is not, and in a list.
#[test]
fn a_value_is_read_as_the_suite_says() {
    for file in suite() {
        let (value, name) = (file.bytes(), &file.name);
        for (before, after) in [
            (r#"{"asd":1,"order":"#, "}"),
            (r#"{"asd":1,"order":{"id":"#, "}}"),
            (r#"{"asd":1,"other":"#, "}"),
            (r#"{"asd":1,"order":{"list":["#, "]}}"),
        ] {
            let body = [before.as_bytes(), &value, after.as_bytes()].concat();
            match (file.due(), reason(&body)) {
                (Due::Json, None) | (Due::Any, _) => {}
                (Due::NotJson, Some(reason)) if NO_JSON.contains(&reason) => {}
                // With these, what is wrong in a file of its own is not wrong in another.
                (Due::NotJson, _) if is_mended(&value, &body) => {}
                (due, found) => panic!("{name} in {before}: {found:?}, and {due:?}"),
            }
        }
    }
}

/// Whether `serde_json` finds no fault with a body.
fn is_mended(value: &[u8], body: &[u8]) -> bool {
    let is_json = |text| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    !is_json(value) && is_json(body)
}

/// The objects of the suite that have an order's id, by what they become.
#[test]
fn the_objects_are_events() {
    let suite = suite();
    let ids: Vec<_> = suite
        .iter()
        .filter(|file| file.due() == Due::Json)
        .filter_map(|file| {
            read(&file.bytes(), |event| {
                let content = event.data.content.ok()?;
                assert_eq!(content.status.now, Status::Created);
                Some((file.name.clone(), content.order.id.into_owned()))
            })
        })
        .collect();
    let expected = [
        ("y_object", "sdf"),
        ("y_object_basic", "sdf"),
        ("y_object_extreme_numbers", "-1.0e+28"),
        ("y_object_string_unicode", "Полтора Землекопа"),
    ];
    let found: Vec<_> = ids.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    assert_eq!(found, expected);
}

/// `n_` and `y_` are met; of `i_`, what is not the grammar's: a number out of range, half of a
/// surrogate pair, and too many levels.
#[test]
fn settings_are_read_as_the_suite_says() {
    for file in suite() {
        let (bytes, name) = (file.bytes(), &file.name);
        let Ok(text) = str::from_utf8(&bytes) else {
            assert_ne!(file.due(), Due::Json, "{name}");
            continue;
        };
        let json = Json::parse(text);
        match file.due() {
            Due::Json => assert!(json.is_ok(), "{name}"),
            Due::NotJson => assert!(json.is_err(), "{name}: {json:?}"),
            Due::Any => {}
        }
        let value = serde_json::from_str::<serde_json::Value>(text);
        assert_eq!(json.is_ok(), value.is_ok(), "{name}");
    }
}
