//! Follows docs/adding-a-provider.md: its definition reads its sample, and its errors are those that
//! the guide prints.
#![cfg(not(target_arch = "wasm32"))]

use std::sync::Arc;

use orderhook_core::{Delivery, Provider, Reading, Settings, Source, UnixMillis};
use serde_json::{Value, json};

const GUIDE: &str = include_str!("../../docs/adding-a-provider.md");
const SECRET: &str = "acme-example-secret";

/// The moment of receipt in the guide's event.
const NOW: UnixMillis = UnixMillis(1_778_324_305_000);

/// Returns the code blocks behind a marker.
fn blocks(marker: &str) -> Vec<&'static str> {
    let marker = format!("<!-- {marker} -->\n```");
    let block = |rest: &'static str| {
        let (_, block) = rest.split_once('\n').expect("a language");
        block.split_once("```\n").expect("the end of a block").0
    };
    let found: Vec<_> = GUIDE.split(&marker).skip(1).map(block).collect();
    assert!(!found.is_empty(), "{marker}");
    found
}

fn definition() -> Value {
    let toml = blocks("acme.toml").join("\n");
    let definition: toml::Value = toml::from_str(&toml).expect("TOML");
    serde_json::to_value(definition).expect("JSON")
}

#[test]
fn the_sample_becomes_the_event() {
    let provider = Provider::parse("acme", &definition().to_string(), None).expect("a definition");
    let secret = provider.scheme.secret(SECRET).expect("a secret");
    let source = Source::new("acme", Arc::new(provider), vec![secret], None, Settings::default());
    let source = source.expect("a source");

    let http = blocks("acme.http").concat();
    let (head, body) = http.split_once("\n\n").expect("a head and a body");
    let headers: Vec<_> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
    let length = headers.iter().find(|(name, _)| *name == "Content-Length").expect("a length");
    assert_eq!(length.1, body.len().to_string());

    let headers: &[(&str, &str)] = &headers;
    let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
    let verified = source.verify(delivery, None, NOW).expect("an authentic delivery");
    let Reading::Event(event) = verified.read(NOW) else {
        panic!("one event");
    };
    let mut event: Value = serde_json::from_str(&event.to_json()).expect("JSON");
    let payload = event.pointer_mut("/data").and_then(Value::as_object_mut).expect("data");
    assert_eq!(payload.remove("payload"), Some(json!(body)));
    let printed: Value = serde_json::from_str(&blocks("acme.json").concat()).expect("JSON");
    assert_eq!(printed, event, "{event:#}");
}

#[test]
fn each_mistake_has_the_error_that_is_printed() {
    let (_, table) = GUIDE.split_once("## Common mistakes").expect("the table");
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() > 5);
    for row in rows {
        let (written, error) = row.trim_matches(['|', ' ']).split_once(" | ").expect("two cells");
        let change: toml::Value = toml::from_str(written.trim_matches('`')).expect("TOML");
        let mut definition = definition();
        merge(&mut definition, serde_json::to_value(change).expect("JSON"));
        let found = Provider::parse("acme", &definition.to_string(), None).expect_err(written);
        assert_eq!(found.to_string(), error.trim_matches('`'), "{written}");
    }
}

/// Merges a change into a value; a table into the last one of a list.
fn merge(value: &mut Value, change: Value) {
    match (value, change) {
        (Value::Array(list), change @ Value::Object(_)) => {
            merge(list.last_mut().expect("a table"), change);
        }
        (Value::Object(object), Value::Object(change)) if !object.contains_key("join") => {
            for (key, change) in change {
                merge(object.entry(key).or_insert(Value::Null), change);
            }
        }
        (value, change) => *value = change,
    }
}
