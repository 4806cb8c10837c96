//! Reads the deliveries of `providers/*/cases.json` by the folder's definition, without their proof.
//! They show what the language can say.
#![cfg(not(target_arch = "wasm32"))]

mod message;

use std::{fs, path::Path};

use orderhook_core::{Delivery, Event, Provider, Reading, UnixMillis};
use serde::Deserialize;
use serde_json::{Map, Value};

const NOW: UnixMillis = UnixMillis(1_796_000_000_000);

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    url: String,
    body: Option<Value>,
    body_text: Option<String>,
    events: Expected,
}

/// The events of a delivery: of each, some fields by their paths.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Events(Vec<Map<String, Value>>),
    /// `ignored`
    Word(String),
}

#[test]
fn every_delivery_is_read_by_its_definition() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("cases.json").exists())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let failed: Vec<_> = paths.iter().flat_map(|path| failures(path)).collect();
    assert!(failed.is_empty(), "{} differences:\n{}", failed.len(), failed.join("\n"));
}

/// Returns what is wrong with the cases of a provider's folder.
fn failures(path: &Path) -> Vec<String> {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(path.join("provider.toml")).expect("a definition");
    let definition: toml::Value = toml::from_str(&text).expect("TOML");
    let json = serde_json::to_string(&definition).expect("JSON");
    let provider = match Provider::parse(&name, &json, None) {
        Ok(provider) => provider,
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let cases = fs::read_to_string(path.join("cases.json")).expect("the cases");
    let cases: Cases = serde_json::from_str(&cases).expect("cases");
    cases.cases.iter().flat_map(|case| case.differences(&provider)).collect()
}

impl Case {
    fn differences(&self, provider: &Provider) -> Vec<String> {
        let body = match (&self.body, &self.body_text) {
            (Some(body), None) => body.to_string(),
            (None, Some(text)) => text.clone(),
            _ => panic!("{}: a case has `body` or `body_text`", self.name),
        };
        let headers: &[(String, String)] = &self.headers;
        let delivery = Delivery { headers: &headers, url: &self.url, body: body.as_bytes() };
        let got = match provider.normalize("shop", None, &delivery, NOW) {
            Reading::Event(event) => vec![written(event)],
            Reading::Events(events) => events.into_iter().map(written).collect(),
            Reading::Test => return self.is_word("test", provider),
            Reading::Ignored => return self.is_word("ignored", provider),
        };
        let Expected::Events(expected) = &self.events else {
            return vec![format!("{} / {}: an event", provider.name, self.name)];
        };
        if got.len() != expected.len() {
            let (got, expected) = (got.len(), expected.len());
            return vec![format!(
                "{} / {}: {got} events, not {expected}",
                provider.name, self.name
            )];
        }
        let pairs = expected.iter().zip(&got);
        let differences = pairs.flat_map(|(expected, got)| fields(expected, got));
        differences.map(|text| format!("{} / {}: {text}", provider.name, self.name)).collect()
    }

    fn is_word(&self, word: &str, provider: &Provider) -> Vec<String> {
        match &self.events {
            Expected::Word(expected) if expected == word => Vec::new(),
            _ => vec![format!("{} / {}: {word}", provider.name, self.name)],
        }
    }
}

/// Returns an event as JSON, which its message has to be, too.
fn written(event: Event<'_>) -> Value {
    let json = serde_json::from_str(&event.to_json()).expect("JSON");
    assert_eq!(message::event(&event.into_message("shop")), json);
    json
}

/// Returns where an event differs from the expected fields.
fn fields(expected: &Map<String, Value>, event: &Value) -> Vec<String> {
    let differs = |(path, expected): (&String, &Value)| {
        let got = event.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
        let got = match (path.as_str(), got.as_str()) {
            // An event that was not verified ends with the hash of its body.
            ("id", Some(id)) => id.rsplit_once(':').map_or(id, |(id, _)| id).into(),
            _ => got.clone(),
        };
        (got != *expected).then(|| format!("{path} is {got}, not {expected}"))
    };
    expected.iter().filter_map(differs).collect()
}
