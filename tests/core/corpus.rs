//! Runs the shared corpus through the core, on the host and on wasm32: the same deliveries, the
//! same results.

mod case;
mod catalogue;
mod message;
mod ports;

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use case::{Case, corpus};
use futures_executor::block_on;
use orderhook_core::{Intake, Meaning, Reading, Refusal, intake};
use ports::{Ports, received};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn every_delivery_is_verified_and_read_as_expected() {
    every(|case, body| {
        let (source, token) = case.source();
        case.deliver(body, |delivery| match source.verify(delivery, token, case.now()) {
            Err(refusal) => same(case, &refused(&refusal)),
            Ok(verified) => match verified.read(case.now()) {
                Reading::Test => same(case, &json!({ "test": true })),
                Reading::Event(event) => {
                    let proof = verified.proof();
                    let event: Value = serde_json::from_str(&event.to_json()).expect("JSON");
                    assert_eq!(payload(&event), body, "{}: the payload is the body", case.name);
                    same(
                        case,
                        &json!({
                            "authenticity": proof.authenticity.as_str(),
                            "secret_index": proof.secret_index,
                            "event": event,
                        }),
                    )
                }
                other => vec![format!("{other:?}")],
            },
        })
    });
}

#[test]
fn every_delivery_passes_intake_as_expected() {
    every(|case, body| {
        let (source, token) = case.source();
        let ports = Ports::working();
        let take = || {
            case.deliver(body, |delivery| {
                block_on(intake(&source, received(delivery), token, case.now(), &ports))
            })
        };
        match take() {
            Intake::Refused(refusal) => same(case, &refused(&refusal)),
            Intake::Ready => same(case, &json!({ "test": true })),
            Intake::Accepted { id, recognized, unseen: None } => {
                let event = only_event(&ports);
                let expected = case.expect.get("event").unwrap_or(&Value::Null);
                let key = format!("seen:{}:{id}", source.name());
                assert_eq!(event.get("id"), Some(&json!(id)), "{}", case.name);
                assert_eq!(recognized, event.pointer("/data/reason").is_none(), "{}", case.name);
                assert_eq!(ports.marks.borrow().first().map(|(k, _)| k), Some(&key));
                assert!(matches!(take(), Intake::Duplicate { id: again } if again == id));
                differences("event", expected, &event)
            }
            other => vec![format!("{other:?}")],
        }
    });
}

/// A provider is only done once each of its words is in the corpus. `standard-webhooks` has the
/// words of orderhook itself.
#[test]
fn every_word_of_every_provider_is_in_the_corpus() {
    let corpus = corpus();
    for name in providers(&corpus) {
        let of = corpus.iter().filter(|case| case.provider == name);
        let statuses: Vec<_> = of.flat_map(|case| statuses(&case.expect)).collect();
        assert!(!statuses.is_empty(), "`{name}` has no vectors in the corpus");
        for word in catalogue::provider(name).words().into_iter().flatten() {
            let Meaning::Status { status, is_final } = word.meaning else {
                continue;
            };
            let is_said = |said: &&&Value| {
                ["provider_event", "provider_now"]
                    .into_iter()
                    .any(|key| said.get(key) == Some(&json!(word.text)))
                    && said.get("now") == Some(&json!(status.as_str()))
                    && said.get("final") == Some(&json!(is_final))
            };
            let said = statuses.iter().find(is_said);
            assert!(said.is_some(), "no vector of `{name}` has the word {:?}", word.text);
        }
    }
}

/// The kinds are authentic, refused, and not understood.
#[test]
fn every_provider_has_deliveries_of_every_kind() {
    let corpus = corpus();
    for name in providers(&corpus) {
        let kinds = |pointer: &str, value: Value| {
            corpus
                .iter()
                .filter(|case| case.provider == name)
                .any(|case| case.expect.pointer(pointer) == Some(&value))
        };
        for kind in ["orderhook.order.status.v1", "orderhook.delivery.unrecognized.v1"] {
            assert!(kinds("/event/type", json!(kind)), "{name}: {kind}");
        }
        let mut of = corpus.iter().filter(|case| case.provider == name);
        assert!(of.any(|case| case.expect.get("code").is_some()), "{name}: no refusal");
    }
}

/// Returns the names of the providers that the corpus has. The words of the others are in their
/// `words.json`, which `tests/package/words.test.js` reads.
fn providers(corpus: &[Case]) -> BTreeSet<&str> {
    corpus.iter().map(|case| case.provider.as_str()).collect()
}

/// Every code that a refusal or an unrecognised event can carry, except `too_large`: it takes a
/// body too large for the corpus.
#[test]
fn every_code_is_in_the_corpus() {
    let corpus = corpus();
    for (pointer, codes) in [
        (
            "/code",
            &[
                "missing_signature",
                "malformed_signature",
                "signature_mismatch",
                "digest_mismatch",
                "timestamp_out_of_tolerance",
                "body_not_authenticated",
            ] as &[_],
        ),
        ("/event/data/reason/code", &["not_utf8", "not_json", "unexpected_shape", "missing_field"]),
        ("/authenticity", &["body_signed", "headers_signed", "url_token"]),
    ] {
        for code in codes {
            let found =
                corpus.iter().any(|case| case.expect.pointer(pointer) == Some(&json!(code)));
            assert!(found, "{code}");
        }
    }
}

/// Runs the check on every case, and reports all failures instead of the first.
#[track_caller]
fn every(check: impl Fn(&Case, &[u8]) -> Vec<String>) {
    let corpus = corpus();
    let failed: Vec<_> = corpus
        .iter()
        .map(|case| (case, check(case, &case.body())))
        .filter(|(_, differences)| !differences.is_empty())
        .map(|(case, differences)| format!("{}\n    {}", case.name, differences.join("\n    ")))
        .collect();
    let (failures, cases) = (failed.len(), corpus.len());
    assert!(failed.is_empty(), "{failures} of {cases} cases failed:\n{}", failed.join("\n"));
}

fn refused(refusal: &Refusal) -> Value {
    json!({ "code": refusal.code(), "text": refusal.to_string() })
}

fn same(case: &Case, got: &Value) -> Vec<String> {
    differences("expect", &case.expect, got)
}

/// Returns where two values differ, path by path.
fn differences(path: &str, expected: &Value, got: &Value) -> Vec<String> {
    if let (Value::Object(expected), Value::Object(got)) = (expected, got) {
        let keys = expected.keys().chain(got.keys().filter(|key| !expected.contains_key(*key)));
        let at = |key: &String| {
            let [expected, got] = [expected, got].map(|of| of.get(key).unwrap_or(&Value::Null));
            differences(&format!("{path}.{key}"), expected, got)
        };
        return keys.flat_map(at).collect();
    }
    if expected == got {
        Vec::new()
    } else {
        vec![format!("{path}: {expected} expected, {got} got")]
    }
}

fn payload(event: &Value) -> Vec<u8> {
    let text = |key| event.pointer(&format!("/data/{key}")).and_then(Value::as_str);
    match (text("payload"), text("payload_base64")) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(text)) => STANDARD.decode(text).expect("base64"),
        other => panic!("one of the two: {other:?}"),
    }
}

#[track_caller]
fn only_event(ports: &Ports) -> Value {
    let landed = ports.landed.borrow();
    assert_eq!(landed.len(), 1, "one message");
    let message = landed.first().expect("one message");
    assert_eq!(message.kept, None, "nothing in the corpus is too large for a message");
    serde_json::from_str(&message.json).expect("JSON")
}

/// Returns the order's status and those of its lines.
fn statuses(expect: &Value) -> Vec<&Value> {
    let items = expect.pointer("/event/data/items").and_then(Value::as_array);
    let of_items = items.into_iter().flatten().filter_map(|item| item.get("status"));
    of_items.chain(expect.pointer("/event/data/status")).collect()
}
