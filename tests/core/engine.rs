//! The rules of the engine, which no definition can weaken.
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

use std::sync::Arc;

use orderhook_core::{
    Authenticity, Delivery, Event, Provider, Reading, Secret, Settings, Source, Token, UnixMillis,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: UnixMillis = UnixMillis(1_796_000_000_000);
const SECRET: &str = "a secret of a sender";

/// Returns a provider with an HMAC over the body, and what a definition says beside.
fn provider(more: &Value) -> Provider {
    let mut definition = json!({
        "scheme": {
            "type": "hmac",
            "signature": { "header": "x-signature", "encoding": "hex" },
            "signs": ["body"],
        },
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": { "delivered": ["Done"], "shipped": ["Sent"] } },
    });
    let tables = definition.as_object_mut().expect("an object");
    for (name, table) in more.as_object().expect("an object") {
        tables.insert(name.clone(), table.clone());
    }
    Provider::parse("acme", &definition.to_string(), None).expect("a definition")
}

/// Signs a body, verifies the delivery, and gives what it is read as.
fn received<T>(
    more: &Value,
    headers: &[(&str, &str)],
    body: &str,
    take: impl FnOnce(Reading<'_>) -> T,
) -> T {
    let provider = Arc::new(provider(more));
    let secret = || Secret::new(SECRET, orderhook_core::KeyFormat::Utf8).expect("a secret");
    let unsigned: &[(&str, &str)] = &[];
    let unsigned = Delivery { headers: &unsigned, url: "", body: body.as_bytes() };
    let signed = provider.scheme.sign(&secret(), &unsigned, NOW).expect("headers");
    let mut all: Vec<_> = headers.to_vec();
    all.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
    let source =
        Source::new("shop", Arc::clone(&provider), vec![secret()], None, Settings::default())
            .expect("a source");
    let headers: &[(&str, &str)] = &all;
    let delivery =
        Delivery { headers: &headers, url: "https://h/hooks/shop?q=7", body: body.as_bytes() };
    take(source.verify(delivery, None, NOW).expect("authentic").read(NOW))
}

fn event(more: &Value, headers: &[(&str, &str)], body: &str) -> Value {
    received(more, headers, body, |reading| match reading {
        Reading::Event(event) => json_of(&event),
        other => panic!("{other:?}"),
    })
}

fn events(more: &Value, body: &str) -> Vec<Value> {
    received(more, &[], body, |reading| match reading {
        Reading::Events(events) => events.iter().map(json_of).collect(),
        Reading::Event(event) => vec![json_of(&event)],
        Reading::Ignored => Vec::new(),
        Reading::Test => panic!("a test"),
    })
}

fn json_of(event: &Event<'_>) -> Value {
    serde_json::from_str(&event.to_json()).expect("JSON")
}

/// Returns the only event.
fn only(events: &[Value]) -> &Value {
    assert_eq!(events.len(), 1);
    events.first().expect("an event")
}

fn at<'v>(event: &'v Value, path: &str) -> &'v Value {
    event.pointer(path).unwrap_or(&Value::Null)
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

const BODY: &str = r#"{"order":"A-1","state":"Done","id":"e1","test":false}"#;

#[test]
fn a_signed_body_covers_its_values() {
    let event = event(&json!({ "event": { "id": "/id" } }), &[], BODY);
    assert_eq!(at(&event, "/data/authenticity"), Authenticity::BodySigned.as_str());
    assert_eq!((at(&event, "/id"), at(&event, "/subject")), (&json!("e1"), &json!("A-1")));
}

#[test]
fn a_value_that_is_not_signed_makes_a_weaker_proof() {
    let body = r#"{"order":"A-1","state":"Done"}"#;
    let header = json!({ "header": "x-value" });
    for (tables, value) in [
        (json!({ "order": { "id": header } }), "A-1"),
        (json!({ "order": { "id": { "query": "q" } } }), "unused"),
        (json!({ "event": { "test": header } }), "true"),
        (
            json!({ "status": [
                { "word": ["/none", header], "words": { "shipped": ["Sent"] } },
            ] }),
            "Sent",
        ),
    ] {
        let event = event(&tables, &[("x-value", value)], body);
        assert_eq!(at(&event, "/data/authenticity"), "fields_signed", "{tables}");
        assert_eq!(at(&event, "/type"), "orderhook.order.status.v1", "{tables}");
        // What the id is made of is signed: the body.
        assert_eq!(at(&event, "/id"), &json!(sha256(body)), "{tables}");
    }
}

#[test]
fn a_candidate_before_the_one_that_is_taken_counts() {
    let order = json!({ "order": { "id": [{ "header": "x-value" }, "/order"] } });
    let event = event(&order, &[], BODY);
    assert_eq!(at(&event, "/data/authenticity"), "fields_signed");
}

#[test]
fn a_value_that_decides_nothing_may_be_unsigned() {
    let tables = json!({
        "order": { "id": "/order", "reference": { "header": "x-value" } },
        "event": { "topic": { "header": "x-value" }, "attempt": { "header": "x-attempt" } },
    });
    let event = event(&tables, &[("x-value", "R-1"), ("x-attempt", "3")], BODY);
    assert_eq!(at(&event, "/data/authenticity"), "body_signed");
    assert_eq!(at(&event, "/data/order/reference"), "R-1");
    assert_eq!(at(&event, "/data/status/provider_event"), "R-1");
    assert_eq!(at(&event, "/data/attempt"), 3);
}

#[test]
fn an_id_that_is_not_signed_holds_the_bodys_hash() {
    let tables = json!({ "event": { "id": { "header": "x-id" } } });
    let ids = |tables: &Value| {
        at(&event(tables, &[("x-id", "e1")], BODY), "/id").as_str().expect("an id").to_owned()
    };
    // The order and its status are signed, so the event's authenticity is that of the body.
    assert_eq!(ids(&tables), format!("e1:{}", sha256(BODY)));
}

#[test]
fn a_time_that_is_not_signed_is_that_of_receipt() {
    let tables = json!({ "event": { "time": [{ "header": "x-time" }, "/time"] } });
    let body = r#"{"order":"A-1","state":"Done","time":"2026-01-01T00:00:00Z"}"#;
    let event = event(&tables, &[("x-time", "2020-01-01T00:00:00Z")], body);
    assert_eq!(at(&event, "/data/time_source"), "receipt");
}

#[test]
fn an_unsigned_topic_that_contradicts_the_body_is_unknown() {
    let tables = json!({ "status": [
        { "word": "/state", "words": { "delivered": ["Done"], "shipped": ["Sent"] } },
        { "word": { "header": "x-topic" }, "words": { "cancelled": ["cancel"], "delivered": ["done"] } },
    ] });
    let read = |topic: &str| {
        let event = event(&tables, &[("x-topic", topic)], BODY);
        (at(&event, "/data/status/now").clone(), at(&event, "/data/authenticity").clone())
    };
    assert_eq!(read("cancel"), (json!("unknown"), json!("fields_signed")));
    assert_eq!(read("done"), (json!("delivered"), json!("body_signed")));
    assert_eq!(read("another"), (json!("delivered"), json!("body_signed")));
}

#[test]
fn a_delivery_that_says_nothing_is_ignored_if_it_is_listed() {
    let words = json!({ "status": {
        "word": "/state",
        "words": { "delivered": ["Done"], "ignored": ["moved"] },
    } });
    let is_ignored =
        |body: &str| received(&words, &[], body, |reading| matches!(reading, Reading::Ignored));
    assert!(is_ignored(r#"{"order":"A-1","state":"moved"}"#));
    assert!(is_ignored(r#"{"state":"MOVED"}"#));
    assert!(!is_ignored(r#"{"order":"A-1","state":"flown"}"#));
    assert!(!is_ignored(r#"{"order":"A-1"}"#));
}

fn each() -> Value {
    json!({
        "event": { "each": "/events", "id": "id" },
        "order": { "id": "order" },
        "status": { "word": "state", "words": { "delivered": ["Done"], "ignored": ["moved"] } },
    })
}

#[test]
fn each_element_is_an_event() {
    let body = r#"{"events": [
        {"id":"1","order":"A","state":"Done"}, null, {"id":"2","order":"B","state":"moved"},
        {"order":"C","state":"Done"}, {"order":"C","state":"Done"}, {"id":"3","state":"Done"} ]}"#;
    let events = events(&each(), body);
    let ids: Vec<_> =
        events.iter().map(|event| at(event, "/id").as_str().expect("an id")).collect();
    let hash = |position: usize, element: &str| sha256(&format!("{element}#{position}"));
    let element = r#"{"order":"C","state":"Done"}"#;
    let unread = r#"{"id":"3","state":"Done"}"#;
    assert_eq!(ids, ["1", &hash(2, element), &hash(3, element), &hash(4, unread)]);
    let (first, last) = (events.first().expect("one"), events.last().expect("one"));
    assert_eq!(at(first, "/data/payload"), r#"{"id":"1","order":"A","state":"Done"}"#);
    assert_eq!(at(last, "/type"), "orderhook.delivery.unrecognized.v1");
    assert_eq!(at(last, "/data/payload"), unread);
}

#[test]
fn equal_elements_are_one_event_and_different_ones_with_one_id_are_not_understood() {
    let twice = r#"{"events":[{"id":"1","order":"A","state":"Done"},{"id":"1","order":"A","state":"Done"}]}"#;
    assert_eq!(events(&each(), twice).len(), 1);
    let other = r#"{"events":[{"id":"1","order":"A","state":"Done"},{"id":"1","order":"B","state":"Done"}]}"#;
    let events = events(&each(), other);
    assert_eq!(at(only(&events), "/data/reason/code"), "repeated_id");
    assert_eq!(at(only(&events), "/data/payload"), other);
}

#[test]
fn a_delivery_has_at_most_500_events() {
    let body = |count: usize| {
        let element = |n| format!(r#"{{"id":"{n}","order":"A","state":"Done"}}"#);
        let elements: Vec<_> = (0..count).map(element).collect();
        format!(r#"{{"events":[{}]}}"#, elements.join(","))
    };
    assert_eq!(events(&each(), &body(500)).len(), 500);
    let many = body(501);
    let events = events(&each(), &many);
    assert_eq!(at(only(&events), "/data/reason/code"), "too_large");
    assert_eq!(at(only(&events), "/data/payload"), &json!(many));
}

#[test]
fn a_delivery_without_elements_is_not_understood() {
    for body in [r#"{"events":[]}"#, r#"{"events":[1,null]}"#, "{}"] {
        let events = events(&each(), body);
        assert_eq!(at(only(&events), "/data/reason/text"), "the body has no usable `events[]`");
    }
}

#[test]
fn an_element_whose_keys_have_escapes_is_read() {
    let body = r#"{"events":[{"\u0069d":"1","order":"A","state":"Done"}]}"#;
    let events = events(&each(), body);
    assert_eq!(at(only(&events), "/id"), "1");
}

#[test]
fn a_volatile_value_is_left_out_of_the_hash_of_a_body_that_is_not_signed() {
    let definition = json!({
        "scheme": { "type": "url-token" },
        "event": { "volatile": ["/retries", "/meta"] },
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": { "delivered": ["Done"] } },
    });
    let provider =
        Arc::new(Provider::parse("acme", &definition.to_string(), None).expect("a definition"));
    let token = Token::new("a-token-of-a-shop").expect("a token");
    let proof = token.check("a-token-of-a-shop");
    let source = Source::new("shop", provider, Vec::new(), Some(token), Settings::default())
        .expect("a source");
    let id = |body: &str| {
        let headers: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
        let verified = source.verify(delivery, proof, NOW).expect("authentic");
        match verified.read(NOW) {
            Reading::Event(event) => event.id.into_owned(),
            other => panic!("{other:?}"),
        }
    };
    let body = |retries: &str, state: &str| {
        format!(
            r#"{{"order":"A","retries":{retries},"state":"{state}","meta":{{"a":[{retries}]}}}}"#
        )
    };
    assert_eq!(id(&body("1", "Done")), id(&body("2", "Done")));
    assert_ne!(id(&body("1", "Done")), id(&body("1", "Sent")));
}

#[test]
fn a_topic_that_decides_is_needed() {
    let tables = json!({
        "event": { "topic": "/topic" },
        "status": [
            { "word": "/topic", "words": { "delivered": ["done"], "next": ["changed"] } },
            { "word": "/state", "words": { "delivered": ["Done"] } },
        ],
    });
    let without = event(&tables, &[], r#"{"order":"A-1","state":"Done"}"#);
    assert_eq!(at(&without, "/data/reason/text"), "the body has no usable `topic`");
    let documented = |topic: &str| {
        let body = format!(r#"{{"order":"A-1","state":"Done","topic":"{topic}"}}"#);
        let event = event(&tables, &[], &body);
        assert_eq!(at(&event, "/data/status/now"), "delivered");
        assert_eq!(at(&event, "/data/status/provider_now"), "Done");
        at(&event, "/data/status/documented").clone()
    };
    assert_eq!((documented("changed"), documented("new")), (json!(true), json!(false)));
}

/// A topic in a header stands after the body's words, and is not what an event shows.
#[test]
fn where_the_topic_decides_the_word_of_another_look_up_is_shown() {
    let tables = json!({
        "event": { "topic": { "header": "x-topic" } },
        "status": [
            { "word": "/state", "words": { "failed": ["Lost"], "next": ["Sent"] } },
            { "word": { "header": "x-topic" }, "words": { "delivered": ["order.done"] } },
        ],
    });
    let shown = |topic: &str, body: &str| {
        let event = event(&tables, &[("x-topic", topic)], body);
        let status = |key| at(&event, &format!("/data/status/{key}")).clone();
        [status("now"), status("provider_now")]
    };
    let body = |state: &str| format!(r#"{{"order":"A-1","state":"{state}"}}"#);
    assert_eq!(shown("order.done", &body("Sent")), ["delivered", "Sent"]);
    assert_eq!(shown("order.new", &body("Folded")), ["unknown", "Folded"]);
    assert_eq!(shown("order.done", r#"{"order":"A-1"}"#), [json!("delivered"), Value::Null]);
}

/// A word that is in no table may say anything: what a later look-up ignores, it does not.
#[test]
fn a_delivery_with_an_unlisted_word_is_never_ignored() {
    let tables = json!({
        "status": [
            { "word": "/state", "words": { "delivered": ["Done"] } },
            { "word": "/payment", "words": { "ignored": ["paid"] } },
        ],
    });
    let paid = r#"{"order":"A-1","payment":"paid"}"#;
    assert!(received(&tables, &[], paid, |reading| matches!(reading, Reading::Ignored)));
    let event = event(&tables, &[], r#"{"order":"A-1","state":"Flown","payment":"paid"}"#);
    let status = ["now", "documented"].map(|key| at(&event, &format!("/data/status/{key}")));
    assert_eq!(status, [&json!("unknown"), &json!(false)]);
}

#[test]
fn the_first_look_up_with_a_reason_says_it_whichever_decides() {
    let tables = json!({
        "status": [
            {
                "word": "/detail",
                "words": { "shipped": ["Gone"], "next": ["Rain", "hold*"] },
                "reasons": { "weather": ["Rain"], "held": ["hold*"], "documents": ["HOLD_PAPERS"] },
            },
            {
                "word": "/state",
                "words": { "exception": ["Late"], "on_hold": ["Stopped"] },
                "reasons": { "delayed": ["late"] },
            },
        ],
    });
    let said = |detail: &str, state: &str| {
        let body = format!(r#"{{"order":"A-1","detail":"{detail}","state":"{state}"}}"#);
        let event = event(&tables, &[], &body);
        let status = |key| event.pointer("/data/status").and_then(|status| status.get(key));
        let said = ["now", "phase", "reason"].map(status);
        serde_json::to_string(&said).expect("JSON")
    };
    for (detail, state, expected) in [
        ("Gone", "Late", r#"["shipped","moving","delayed"]"#),
        ("Gone", "Stopped", r#"["shipped","moving",null]"#),
        ("RAIN", "Late", r#"["exception","problem","weather"]"#),
        ("Sun", "Late", r#"["exception","problem","delayed"]"#),
        ("hold papers", "Stopped", r#"["on_hold","problem","documents"]"#),
        ("hold_money", "Stopped", r#"["on_hold","problem","held"]"#),
        ("Sun", "Moon", r#"["unknown","other",null]"#),
    ] {
        assert_eq!(said(detail, state), expected, "{detail}, {state}");
    }
}
