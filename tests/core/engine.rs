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
    let unsigned = Delivery { headers: &headers, url: "", body: body.as_bytes() };
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
        // Another value is another event, and neither has the id of a stronger proof.
        let other = self::event(&tables, &[("x-value", "another")], body);
        assert!(id_of(&event).starts_with("body:"), "{tables}");
        if !tables.to_string().contains("query") {
            assert_ne!(id_of(&event), id_of(&other), "{tables}");
            let known = sha256(&format!("{}\n{}:{value}", sha256(body), value.len()));
            assert_eq!(id_of(&event), format!("body:{known}"), "{tables}");
        }
    }
}

/// An attacker who has an authentic delivery changes what is not signed.
#[test]
fn a_weaker_proof_never_takes_the_id_of_a_stronger_one() {
    let signed_id = json!({ "event": { "id": "/id" } });
    let unsigned_id = json!({ "event": { "id": { "header": "x-id" } } });
    let topic = json!({ "status": [
        { "word": "/state", "words": { "delivered": ["Done"] } },
        { "word": { "header": "x-topic" }, "words": { "delivered": ["done"], "cancelled": ["off"] } },
    ] });
    for mut tables in [signed_id, unsigned_id, json!({})] {
        tables["status"] = topic["status"].clone();
        let read = |topic: &[(&str, &str)]| event(&tables, topic, BODY);
        let strong = read(&[("x-topic", "done"), ("x-id", "a")]);
        assert_eq!(at(&strong, "/data/authenticity"), "body_signed");
        let weak: Vec<_> = [&[("x-topic", "off")][..], &[("x-topic", "else")], &[]]
            .into_iter()
            .map(read)
            .collect();
        for (at_, event) in weak.iter().enumerate() {
            assert_eq!(at(event, "/data/authenticity"), "fields_signed", "{tables}");
            assert_ne!(id_of(event), id_of(&strong), "{tables}");
            assert!(weak[..at_].iter().all(|other| id_of(other) != id_of(event)), "{tables}");
        }
    }
}

/// A delivery of which no event can be made, since an unsigned value is missing, is another one.
#[test]
fn an_unsigned_value_that_is_missing_takes_no_id() {
    let topic = json!({ "header": "x-topic" });
    let tables = json!({
        "event": { "id": "/id", "topic": topic },
        "status": { "word": topic, "words": { "delivered": ["a"] } },
    });
    let (known, unread) = (event(&tables, &[("x-topic", "a")], BODY), event(&tables, &[], BODY));
    assert_eq!(at(&unread, "/type"), "orderhook.delivery.unrecognized.v1");
    assert_eq!(at(&unread, "/data/authenticity"), "fields_signed");
    assert!(id_of(&unread).starts_with("body:"));
    assert_ne!(id_of(&known), id_of(&unread));
    // What is missing in the body is missing in each copy.
    let unread = event(&json!({ "event": { "id": "/none" } }), &[], BODY);
    assert_eq!(
        (id_of(&unread), at(&unread, "/data/authenticity")),
        (&*sha256(BODY), &json!("body_signed"))
    );
}

#[test]
fn a_flag_and_a_status_before_that_are_not_signed_make_a_weaker_proof() {
    let header = json!({ "header": "x-value" });
    for key in ["final", "was"] {
        let mut status = json!({ "word": "/state", "words": { "delivered": ["Done"] } });
        status[key] = header.clone();
        let event = event(&json!({ "status": status }), &[("x-value", "false")], BODY);
        assert_eq!(at(&event, "/data/authenticity"), "fields_signed", "{key}");
    }
    // A status that is in doubt is not final, whatever a flag says.
    let tables = json!({ "status": [
        { "word": "/state", "final": "/final", "words": { "delivered": ["Done"] } },
        { "word": { "header": "x-topic" }, "words": { "cancelled": ["off"] } },
    ] });
    let body = BODY.replace('}', r#","final":true}"#);
    let event = event(&tables, &[("x-topic", "off")], &body);
    assert_eq!(
        (at(&event, "/data/status/now"), at(&event, "/data/status/final")),
        (&json!("unknown"), &json!(false))
    );
}

#[test]
fn a_composed_id_without_its_time_has_the_bodys_hash() {
    let id = |prescribed: bool, body: &str| {
        let join = json!({ "join": ["/order", "/time"], "prescribed": prescribed });
        id_of(&event(&json!({ "event": { "id": join, "time": "/time" } }), &[], body)).to_owned()
    };
    let body = r#"{"order":"A-1","state":"Done"}"#;
    // As each id that ends like one of ours, it is hashed.
    let hashed = sha256(&format!("A-1::{}", sha256(body)));
    assert_eq!([id(true, body), id(false, body)], [hashed.clone(), hashed]);
    let timed = r#"{"order":"A-1","state":"Done","time":"2026-01-01T00:00:00Z"}"#;
    assert_eq!([id(true, timed), id(false, timed)], ["A-1:2026-01-01T00:00:00Z"; 2]);
}

/// A key that a page prescribes is one only as a whole.
#[test]
fn a_prescribed_id_without_any_of_its_parts_has_the_bodys_hash() {
    let id = |body: &str| {
        let join = json!({ "join": ["/order", "/key"], "prescribed": true });
        id_of(&event(&json!({ "event": { "id": join, "time": "/time" } }), &[], body)).to_owned()
    };
    let timed = r#"{"order":"A-1","state":"Done","time":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(id(timed), sha256(&format!("A-1::{}", sha256(timed))));
    assert_eq!(id(r#"{"order":"A-1","state":"Done","key":"7"}"#), "A-1:7");
}

/// Two events may differ in a value alone that is true or false.
#[test]
fn a_composed_id_with_a_time_has_what_is_true_or_false() {
    let id = |held: &str, time: &str| {
        let join = json!({ "join": ["/order", "/held", "/time"] });
        let body = format!(r#"{{"order":"A-1","state":"Done","held":{held},"time":{time}}}"#);
        let event = event(&json!({ "event": { "id": join, "time": "/time" } }), &[], &body);
        (id_of(&event).to_owned(), body)
    };
    let time = "1778320800";
    assert_eq!(id("true", time).0, "A-1:true:1778320800");
    assert_eq!(id("false", time).0, "A-1:false:1778320800");
    assert_eq!(id("null", time).0, "A-1::1778320800");
    // `true` is not a time, so the body's hash follows.
    let (hashed, body) = id("true", "true");
    assert_eq!(hashed, sha256(&format!("A-1:true::{}", sha256(&body))));
}

/// Without a time, a key is what the page prescribes, and no page prescribes true or false.
#[test]
fn a_prescribed_id_has_nothing_that_is_true_or_false() {
    let join = json!({ "join": ["/order", "/key"], "prescribed": true });
    let body = r#"{"order":"A-1","state":"Done","key":true}"#;
    let event = event(&json!({ "event": { "id": join } }), &[], body);
    assert_eq!(id_of(&event), sha256(&format!("A-1::{}", sha256(body))));
}

fn id_of(event: &Value) -> &str {
    at(event, "/id").as_str().expect("an id")
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

/// With an id that anyone can change, each copy of a delivery would be a new event.
#[test]
fn an_id_that_is_not_signed_is_not_used() {
    let tables = json!({ "event": { "id": { "header": "x-id" } } });
    for headers in [&[("x-id", "e1")][..], &[("x-id", "e2")], &[]] {
        let event = event(&tables, headers, BODY);
        assert_eq!(
            (id_of(&event), at(&event, "/data/authenticity")),
            (&*sha256(BODY), &json!("body_signed"))
        );
    }
}

#[test]
fn a_header_is_an_id_only_where_it_is_signed() {
    let scheme = json!({
        "type": "hmac",
        "signature": { "header": "x-signature", "encoding": "hex" },
        "signs": [{ "header": ["x-id", "x-old-id"] }, { "text": "." }, "body"],
    });
    let id = |names: Value| {
        let tables = json!({ "scheme": scheme, "event": { "id": { "header": names } } });
        id_of(&event(&tables, &[("x-id", "e1"), ("x-other", "e2")], BODY)).to_owned()
    };
    assert_eq!(id(json!(["x-id", "x-old-id"])), "e1");
    for names in [json!("x-other"), json!(["x-other", "x-id"]), json!(["x-old-id", "x-id"])] {
        assert_eq!(id(names.clone()), sha256(BODY), "{names}");
    }
}

#[test]
fn a_time_that_is_not_signed_is_that_of_receipt() {
    let tables = json!({ "event": { "id": "/id", "time": [{ "header": "x-time" }, "/time"] } });
    let body = r#"{"order":"A-1","state":"Done","id":"e1","time":"2026-01-01T00:00:00Z"}"#;
    let event = event(&tables, &[("x-time", "2020-01-01T00:00:00Z")], body);
    assert_eq!(at(&event, "/data/time_source"), "receipt");
    // It decides nothing, so the event keeps its id.
    assert_eq!((id_of(&event), at(&event, "/data/authenticity")), ("e1", &json!("body_signed")));
}

/// Returns an HMAC over these parts.
fn signing(parts: &Value) -> Value {
    let signature = json!({ "header": "x-signature", "encoding": "hex" });
    json!({ "type": "hmac", "signature": signature, "signs": parts })
}

#[test]
fn a_header_is_signed_under_each_name_that_a_delivery_may_use() {
    let text = json!({ "text": "|" });
    let either = json!({ "header": ["x-id", "x-event"] });
    let (one, other) = (json!({ "header": "x-id" }), json!({ "header": "x-event" }));
    for (parts, is_signed) in [
        (json!([either, text, "body"]), true),
        (json!([one, text, other, text, "body"]), true),
        (json!([one, text, "body"]), false),
    ] {
        let tables = json!({ "scheme": signing(&parts), "event": { "id": either } });
        let event = event(&tables, &[("x-id", "e1"), ("x-event", "e2")], BODY);
        // With an id that anyone can change, each copy of a delivery would be a new event.
        let expected = if is_signed { "e1".to_owned() } else { sha256(BODY) };
        assert_eq!(id_of(&event), expected, "{parts}");
    }
}

/// The signature is over the blank one, so anyone can add the other.
#[test]
fn a_header_behind_a_blank_one_decides_nothing() {
    let either = json!({ "header": ["x-topic", "x-event"] });
    let tables = json!({
        "scheme": signing(&json!([either, { "text": "|" }, "body"])),
        "status": { "word": either, "words": { "delivered": ["Done"] } },
    });
    let event = event(&tables, &[("x-topic", " "), ("x-event", "Done")], BODY);
    assert_eq!(at(&event, "/type"), "orderhook.delivery.unrecognized.v1");
}

#[test]
fn a_field_that_is_signed_by_itself_holds() {
    let (text, field) = (json!({ "text": "|" }), |place: &str| json!({ "field": place }));
    let id = |parts: &Value| {
        let tables = json!({ "scheme": signing(parts), "event": { "id": "/id" } });
        let event = event(&tables, &[], BODY);
        assert_eq!(at(&event, "/data/authenticity"), "fields_signed");
        id_of(&event).to_owned()
    };
    let all = json!([field("/id"), text, field("/order"), text, field("/state")]);
    assert_eq!(id(&all), "e1");
    // Anyone can change the status, which is not signed. That is another event.
    let others = json!([field("/id"), text, field("/order")]);
    assert_eq!(id(&others), format!("e1:{}", sha256(BODY)));
}

#[test]
fn a_body_that_is_not_json_has_the_id_and_the_attempt_of_its_headers() {
    let text = json!({ "text": "|" });
    for (parts, expected) in [
        (json!(["body"]), sha256("not JSON")),
        (json!([{ "header": "x-id" }, text, "body"]), "e1".to_owned()),
    ] {
        let tables = json!({
            "scheme": signing(&parts),
            "event": { "id": { "header": "x-id" }, "attempt": { "header": "x-attempt" } },
        });
        let event = event(&tables, &[("x-id", "e1"), ("x-attempt", "3")], "not JSON");
        assert_eq!(at(&event, "/data/reason/code"), "not_json");
        assert_eq!((id_of(&event), at(&event, "/data/attempt")), (&*expected, &json!(3)));
    }
}

#[test]
fn a_provider_names_each_header_that_its_deliveries_are_read_from_once() {
    let topic = json!({ "header": "x-topic" });
    let provider = provider(&json!({
        "event": { "id": { "header": ["x-id", "x-signature"] }, "topic": topic },
        "status": { "word": topic, "words": { "delivered": ["done"] } },
    }));
    assert_eq!(provider.headers(), ["x-signature", "x-id", "x-topic"]);
}

#[test]
fn a_provider_says_which_words_are_those_of_its_topic() {
    let topic = json!({ "header": "x-topic" });
    let lookup = |word: &Value| json!({ "word": word, "words": { "delivered": ["done"] } });
    let of_status = provider(&json!({ "status": lookup(&json!("/state")) }));
    let of_both = provider(&json!({
        "event": { "id": "/id", "topic": topic },
        "status": [lookup(&json!("/state")), lookup(&topic)],
    }));
    assert_eq!(of_status.topics().collect::<Vec<_>>(), [false]);
    assert_eq!(of_both.topics().collect::<Vec<_>>(), [false, true]);
    assert_eq!(of_both.words().len(), 2);
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
    // The body may be of another kind.
    assert_eq!(read("another"), (json!("delivered"), json!("fields_signed")));
    assert_eq!(read(""), (json!("delivered"), json!("fields_signed")));
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
fn a_provider_says_whether_a_delivery_may_have_several_events() {
    assert!(provider(&each()).is_fan_out());
    assert!(!provider(&json!({})).is_fan_out());
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

/// Returns the ids of the events of two bodies.
fn ids_of(tables: &Value, bodies: [&str; 2]) -> [Vec<String>; 2] {
    bodies.map(|body| events(tables, body).iter().map(|event| id_of(event).to_owned()).collect())
}

#[test]
fn what_decides_around_an_element_is_in_its_hash() {
    let tables = |id: Value, order: &str| {
        let mut tables = json!({
            "event": { "each": "/events", "time": "/at" },
            "order": { "id": order },
            "status": { "word": "/kind", "words": { "shipped": ["Sent"], "delivered": ["Done"] } },
        });
        if !id.is_null() {
            tables["event"]["id"] = id;
        }
        tables
    };
    let body = |more: &str, kind: &str, at: &str, order: &str| {
        format!(
            r#"{{{more}"kind":"{kind}","at":"2026-01-01T{at}:00Z","order":"{order}","events":[{{"oid":1}}]}}"#
        )
    };
    let sent = body("", "Sent", "12:00", "A");
    let plain = tables(json!(null), "oid");
    let [ids, _] = ids_of(&plain, [&sent, &sent]);
    let around = "\n4:Sent\n20:2026-01-01T12:00:00Z";
    assert_eq!(ids, [sha256(&format!("{}{around}", sha256(r#"{"oid":1}#0"#)))]);

    let hashed = json!({ "join": ["oid", { "hash": "body" }] });
    for (tables, other) in [
        (&plain, body("", "Done", "12:00", "A")),
        (&plain, body("", "Sent", "13:00", "A")),
        (&tables(json!(null), "/order"), body("", "Sent", "12:00", "B")),
        (&tables(hashed, "/order"), body("", "Sent", "12:00", "B")),
    ] {
        let [ids, others] = ids_of(tables, [&sent, &other]);
        assert_eq!((ids.len(), others.len()), (1, 1));
        assert_ne!(ids, others, "{tables} {other}");
        // What decides nothing may change between attempts.
        let again = sent.replacen('{', r#"{"attempt":2,"#, 1);
        let [ids, others] = ids_of(tables, [&sent, &again]);
        assert_eq!(ids, others, "{tables}");
    }
}

/// Returns a value, and others that are made of it.
fn made_of(plain: &Value) -> [Value; 4] {
    [
        plain.clone(),
        json!(["/none", plain]),
        json!({ "join": [plain, "/none"], "with": "/" }),
        json!({ "of": plain, "after": "is" }),
    ]
}

/// Returns the tables of definitions. In each, a value or one that is made of it decides: as the
/// word, or as a flag beside the word at the place `state`.
fn decided_by(plain: &Value, state: &str) -> Vec<Value> {
    let words = json!({ "shipped": ["Sent"], "delivered": ["Done"] });
    let status = |key: &str, value: &Value| {
        let mut table = json!({ "word": state, "words": words });
        table[key] = value.clone();
        json!({ "status": table })
    };
    let mut tables: Vec<_> = made_of(plain).iter().map(|value| status("word", value)).collect();
    let flag = json!({ "of": plain, "starts": "is D" });
    tables.push(status("final", &flag));
    for key in ["test", "return"] {
        let mut table = status("word", &json!(state));
        table["event"] = json!({ key: flag });
        tables.push(table);
    }
    tables
}

#[test]
fn whatever_decides_around_an_element_is_in_its_hash() {
    let body = |kind: &str| {
        let event = r#"{"oid":1,"state":"Sent","lines":[{}]}"#;
        format!(r#"{{"kind":"{kind}","events":[{event}]}}"#)
    };
    let taken = json!({ "in": "lines", "pick": "first", "take": "/kind" });
    for place in [json!("/kind"), taken] {
        for mut tables in decided_by(&place, "state") {
            tables["order"] = json!({ "id": "oid" });
            tables["event"]["each"] = json!("/events");
            let [sent, done] = ids_of(&tables, [&body("is Sent"), &body("is Done")]);
            assert_eq!((sent.len(), done.len()), (1, 1));
            assert_ne!(sent, done, "{tables}");
        }
    }
}

#[test]
fn a_signed_header_that_decides_is_in_the_bodys_hash() {
    let tables = json!({
        "scheme": {
            "type": "hmac",
            "signature": { "header": "x-signature", "encoding": "hex" },
            "signs": [
                { "header": "x-topic" }, { "text": "." }, { "header": "x-at" }, { "text": "." }, "body",
            ],
        },
        "event": { "time": { "header": "x-at" } },
        "status": { "word": { "header": "x-topic" }, "words": { "delivered": ["Done"] } },
    });
    let id = |topic, signed_at| {
        let event = event(&tables, &[("x-topic", topic), ("x-at", signed_at)], BODY);
        assert_eq!(at(&event, "/data/authenticity"), "body_signed");
        id_of(&event).to_owned()
    };
    let done = id("Done", "2026-01-01T12:00:00Z");
    assert_eq!(done, sha256(&format!("{}\n4:Done", sha256(BODY))));
    assert_ne!(id("Sent", "2026-01-01T12:00:00Z"), done);
    // A sender may write another time with each attempt.
    assert_eq!(id("Done", "2026-01-01T13:00:00Z"), done);
    // Of a body that is not understood, only the header says what happened.
    for body in ["{}", "no JSON"] {
        let id = |topic| {
            let headers = [("x-topic", topic), ("x-at", "2026-01-01T12:00:00Z")];
            id_of(&event(&tables, &headers, body)).to_owned()
        };
        assert_eq!(id("Done"), sha256(&format!("{}\n4:Done", sha256(body))), "{body}");
        assert_ne!(id("Sent"), id("Done"), "{body}");
    }
}

#[test]
fn a_value_at_an_index_of_the_body_is_around_an_element() {
    let body = r#"{"orders":["A"],"log":[{"state":"Sent"}],"scans":["2026-01-01T12:00:00Z"],"events":[{"oid":1,"state":"Sent"}]}"#;
    let tables = |order: &str, word: &str, time: &str| {
        json!({
            "event": { "each": "/events", "time": time },
            "order": { "id": order },
            "status": { "word": word, "words": { "shipped": ["Sent"], "delivered": ["Done"] } },
        })
    };
    for (tables, other) in [
        (tables("/orders/0", "state", "at"), body.replace("\"A\"", "\"B\"")),
        (tables("oid", "/log/0/state", "at"), body.replacen("Sent", "Done", 1)),
        (tables("oid", "state", "/scans/0"), body.replace("12:00", "13:00")),
    ] {
        let [one, other] = ids_of(&tables, [body, &other]);
        assert_ne!(one, other, "{tables}");
    }
}

/// The word is looked at again for the hash in the id. That says nothing of the proof of the id.
#[test]
fn an_unsigned_word_takes_no_id_from_an_element() {
    let tables = json!({
        "event": { "each": "/events", "id": { "join": ["oid", { "hash": "body" }] } },
        "order": { "id": "oid" },
        "status": {
            "word": ["/kind", { "header": "x-kind" }],
            "words": { "shipped": ["Sent"], "delivered": ["Done"] },
        },
    });
    let id = |kind| {
        let body = r#"{"events":[{"oid":"A-1"}]}"#;
        received(&tables, &[("x-kind", kind)], body, |reading| match reading {
            Reading::Events(events) => {
                id_of(&json_of(events.first().expect("an event"))).to_owned()
            }
            other => panic!("{other:?}"),
        })
    };
    assert!(id("Sent").starts_with("A-1:"));
    assert_ne!(id("Sent"), id("Done"));
}

#[test]
fn whatever_a_signed_header_decides_is_in_the_bodys_hash() {
    let scheme = signing(&json!([{ "header": "x-kind" }, { "text": "." }, "body"]));
    for mut tables in decided_by(&json!({ "header": "x-kind" }), "/state") {
        tables["scheme"] = scheme.clone();
        for body in [BODY, "{}", "no JSON"] {
            let id = |kind| id_of(&event(&tables, &[("x-kind", kind)], body)).to_owned();
            assert_ne!(id("is Sent"), id("is Done"), "{tables} {body}");
            assert_eq!(id("is Sent"), id("is Sent"), "{tables} {body}");
        }
    }
}

/// A sender may write another one with each attempt.
#[test]
fn a_time_of_a_header_or_one_that_changes_is_not_in_an_elements_hash() {
    let tables = |volatile: &str, time: Value| {
        json!({
            "event": { "each": "/events", "time": time, "volatile": [volatile] },
            "order": { "id": "oid" },
            "status": { "word": "state", "words": { "shipped": ["Sent"] } },
        })
    };
    let body = |at: &str| {
        let (at, event) = (format!("2026-01-01T{at}:00Z"), r#"{"oid":1,"state":"Sent"}"#);
        format!(r#"{{"sent_at":"{at}","tries":["{at}"],"events":[{event}]}}"#)
    };
    let expected = format!("body:{}", sha256(r#"{"oid":1,"state":"Sent"}#0"#));
    let scheme = json!({ "type": "url-token" });
    for (volatile, time) in [
        ("/sent_at", json!("/sent_at")),
        ("/sent_at", json!(["/sent_at", { "header": "x-at" }])),
        ("/tries", json!("/tries/0")),
    ] {
        let mut tables = tables(volatile, time);
        tables["scheme"] = scheme.clone();
        let id = |at| id_by_token(&tables, &[("x-at", "2026-01-01T00:00:00Z")], &body(at));
        assert_eq!([id("12:00"), id("13:00")], [&*expected; 2]);
    }
}

/// Returns the id of the event of a delivery that a token proves.
fn id_by_token(tables: &Value, headers: &[(&str, &str)], body: &str) -> String {
    let token = || Token::new("a-token-of-sixteen-bytes").expect("a token");
    let source = Source::new(
        "shop",
        Arc::new(provider(tables)),
        Vec::new(),
        Some(token()),
        Settings::default(),
    );
    let source = source.expect("a source");
    let proof = token().check("a-token-of-sixteen-bytes").expect("the token");
    let delivery =
        Delivery { headers: &headers, url: "https://h/hooks/shop?o=1", body: body.as_bytes() };
    let reading = source.verify(delivery, Some(proof), NOW).expect("authentic").read(NOW);
    let event = match reading {
        Reading::Event(event) => json_of(&event),
        Reading::Events(events) => json_of(events.first().expect("an event")),
        other => panic!("{other:?}"),
    };
    id_of(&event).to_owned()
}

#[test]
fn what_decides_outside_the_body_is_in_the_hash_where_a_token_is_the_proof() {
    let tables = json!({
        "scheme": { "type": "url-token" },
        "status": { "word": { "header": "x-topic" }, "words": { "delivered": ["Done"] } },
    });
    let mut tables = tables;
    for (event, body) in [
        (json!({}), BODY),
        (json!({ "id": "/order" }), BODY),
        (json!({ "id": { "join": ["/order", { "hash": "body" }] } }), BODY),
        (
            json!({ "each": "/events", "id": { "join": ["eid", "nth"], "prescribed": true } }),
            r#"{"events":[{"order":"A"}]}"#,
        ),
        (json!({}), "no JSON"),
    ] {
        let key = if event["each"].is_null() { "/order" } else { "order" };
        (tables["event"], tables["order"]) = (event, json!({ "id": key }));
        let id = |topic| id_by_token(&tables, &[("x-topic", topic)], body);
        assert_ne!(id("Sent"), id("Done"), "{tables}");
        assert_eq!(id("Done"), id("Done"), "{tables}");
    }
}

/// Gooten's page says what such an id is made of.
#[test]
fn an_id_that_is_all_that_decides_outside_the_body_is_not_in_the_hash_again() {
    let tables = json!({
        "scheme": { "type": "url-token" },
        "event": { "id": { "header": "x-order" } },
        "order": { "id": { "header": "x-order" } },
    });
    let id = id_by_token(&tables, &[("x-order", "A")], BODY);
    assert_eq!(id, format!("A:{}", sha256(BODY)));
    // Of a delivery that is not understood, the order is in the hash alone.
    let body = r#"{"state":null}"#;
    let unread = |order| id_by_token(&tables, &[("x-order", order)], body);
    assert_ne!(unread("A"), unread("B"));
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
fn an_id_may_stand_in_a_list_of_the_element() {
    let body = r#"{"events":[
        {"ids":["1"],"parcels":[{"id":"p1"}],"order":"A","state":"Done"},
        {"ids":["2"],"parcels":[{"id":"p2"}],"order":"B","state":"Done"}]}"#;
    let parcel = json!({ "in": "parcels", "pick": "first", "take": "id" });
    for (id, expected) in [(json!("ids/0"), ["1", "2"]), (parcel, ["p1", "p2"])] {
        let mut tables = each();
        tables["event"]["id"] = id;
        let events = events(&tables, body);
        assert_eq!(events.iter().map(id_of).collect::<Vec<_>>(), expected);
    }
}

/// The payload is the element byte for byte.
#[test]
fn an_element_keeps_its_escapes_whatever_stands_beside_it() {
    let element = r#"{"id":"1","order":"A","state":"Done","note":"caf\u00e9"}"#;
    let body = format!(r#"{{"events":["\u00e9",{element}]}}"#);
    let events = events(&each(), &body);
    let payloads: Vec<_> = events.iter().map(|event| at(event, "/data/payload")).collect();
    assert_eq!(payloads, [r#""\u00e9""#, element]);
}

/// Returns the ids, the payloads and the reasons of the events of a body.
fn parts_of(tables: &Value, body: &str) -> Vec<[String; 3]> {
    let part = |event: &Value| {
        let text = |pointer| at(event, pointer).as_str().unwrap_or_default().to_owned();
        ["/id", "/data/payload", "/data/reason/text"].map(text)
    };
    events(tables, body).iter().map(part).collect()
}

#[test]
fn anything_else_in_an_elements_place_is_not_lost() {
    let (one, other) =
        (r#"{"id":"1","order":"A","state":"Done"}"#, r#"{\"id\":\"2\",\"state\":\"Done\"}"#);
    let body = format!(r#"{{"events":[{one},"{other}",null,[{one}],7]}}"#);
    let id = |position| sha256(&format!("{}#{position}", sha256(&body)));
    let reason = "the body has no usable `events[]`".to_owned();
    let expected = [
        ["1".to_owned(), one.to_owned(), String::new()],
        [id(1), format!("\"{other}\""), reason.clone()],
        [id(2), format!("[{one}]"), reason.clone()],
        [id(3), "7".to_owned(), reason],
    ];
    assert_eq!(parts_of(&each(), &body), expected);
}

#[test]
fn an_object_without_the_inner_list_is_not_lost() {
    let mut tables = each();
    tables["event"]["each"] = json!(["/orders", "events"]);
    let element = r#"{"id":"1","order":"A","state":"Done"}"#;
    let read = format!(r#"{{"events":[{element}]}}"#);
    // These have no event, and say so.
    let empty = r#"{"events":[]},{"events":null},{"events":[null]}"#;
    for unread in [
        format!(r#"{{"event":[{element}]}}"#),
        format!(r#"{{"events":[{element}],"events":[{element}]}}"#),
        format!(r#"{{"events":"[{}]"}}"#, element.replace('"', "'")),
    ] {
        let parts = parts_of(&tables, &format!(r#"{{"orders":[{empty},{unread},{read}]}}"#));
        let [[_, payload, reason], [id, _, other]] = parts.as_slice() else {
            panic!("{parts:?}");
        };
        assert_eq!(*payload, unread);
        assert_eq!(reason, "the body has no usable `orders[].events[]`");
        assert_eq!((id.as_str(), other.as_str()), ("1", ""));
    }
}

#[test]
fn a_delivery_of_more_entries_than_events_is_too_large() {
    let mut tables = each();
    tables["event"]["each"] = json!(["/orders", "events"]);
    let empty = |n| vec![r#"{"events":[]}"#; n].join(",");
    let read = r#"{"events":[{"id":"1","order":"A","state":"Done"}]}"#;
    for (n, reason) in [(499, ""), (500, "the event is too large for a queue")] {
        let parts = parts_of(&tables, &format!(r#"{{"orders":[{},{read}]}}"#, empty(n)));
        let [[_, _, found]] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!(found, reason, "{n}");
    }
    // `null` does not count.
    let body = format!(r#"{{"orders":[{}{read}]}}"#, "null,".repeat(1_000));
    assert!(matches!(parts_of(&tables, &body).as_slice(), [[id, ..]] if id == "1"));
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

#[test]
fn the_word_of_one_element_may_be_the_status() {
    let body = r#"{"order":"A-1","parcels":[{"state":"Done"},{"state":"New"},{"state":"Sent"}]}"#;
    for (pick, expected) in [("first", "delivered"), ("last", "shipped"), ("slowest", "created")] {
        let words = json!({ "created": ["New"], "shipped": ["Sent"], "delivered": ["Done"] });
        let word = json!({ "in": "/parcels", "pick": pick, "take": "state" });
        let tables = json!({ "status": { "word": word, "words": words } });
        let event = event(&tables, &[], body);
        assert_eq!(at(&event, "/data/status/now"), expected, "{pick}");
        assert_eq!(at(&event, "/data/authenticity"), "body_signed", "{pick}");
    }
}

/// An order is as far as its slowest line. A line that may be anywhere, and one that is held up,
/// keep it from being further.
#[test]
fn of_two_lines_the_one_that_is_less_far_is_the_slowest() {
    const WAY: [&str; 18] = [
        "created",
        "a word of no table",
        "pending",
        "confirmed",
        "assigned",
        "processing",
        "on_hold",
        "picked",
        "preparing",
        "packed",
        "info_received",
        "shipped",
        "in_transit",
        "attempt_failed",
        "ready_for_pickup",
        "out_for_delivery",
        "delivered",
        "cancelled",
    ];
    let word = json!({ "in": "/lines", "pick": "slowest", "take": "state" });
    let tables = json!({ "status": { "word": word, "words": "orderhook" } });
    for (slow, fast) in WAY.into_iter().zip(WAY.into_iter().skip(1)) {
        for [first, second] in [[slow, fast], [fast, slow]] {
            let body =
                json!({ "order": "A-1", "lines": [{ "state": first }, { "state": second }] });
            let event = event(&tables, &[], &body.to_string());
            assert_eq!(at(&event, "/data/status/provider_now"), slow, "{first}, {second}");
        }
    }
}

/// A word that is composed is not the provider's own.
#[test]
fn a_composed_word_decides_and_is_not_shown() {
    let joined = json!({
        "word": { "join": ["/state", "/detail"], "with": "/" },
        "words": { "delivered": ["Done/Safe"] },
    });
    let plain = json!({ "word": "/detail", "words": { "shipped": ["Safe"] } });
    let body = r#"{"order":"A-1","state":"Done","detail":"Safe"}"#;
    for (status, shown) in [(joined.clone(), Value::Null), (json!([joined, plain]), json!("Safe"))]
    {
        let event = event(&json!({ "status": status }), &[], body);
        assert_eq!(at(&event, "/data/status/now"), "delivered");
        assert_eq!(at(&event, "/data/status/provider_now"), &shown);
    }
}

#[test]
fn a_place_may_name_the_hundredth_entry_of_a_list() {
    let entries: Vec<_> = (0..120).map(|n| n.to_string()).collect();
    let body = json!({ "order": entries, "state": "Done" }).to_string();
    let event = event(&json!({ "order": { "id": "/order/99" } }), &[], &body);
    assert_eq!(at(&event, "/subject"), "99");
}

#[test]
fn a_customer_without_an_object_is_there_if_one_text_is() {
    let tables = json!({ "customer": { "name": "/to", "city": "/city" } });
    let customer = |more: &str| {
        let event = event(&tables, &[], &BODY.replace('}', more));
        at(&event, "/data/customer").clone()
    };
    assert_eq!(customer("}"), Value::Null);
    let known = customer(r#","city":"Pune"}"#);
    assert_eq!((at(&known, "/city"), at(&known, "/name")), (&json!("Pune"), &Value::Null));
}

/// Reads the payload of the only event, by a definition that takes these places out of it.
fn redacted(places: &Value, mut tables: Value, body: &str) -> Value {
    tables["scheme"] = signing(&json!(["body"]));
    tables["scheme"]["redact"] = places.clone();
    at(only(&events(&tables, body)), "/data/payload").clone()
}

#[test]
fn a_secret_is_taken_out_of_the_payload_and_nothing_else() {
    for (places, body, expected) in [
        // A secret in a secret.
        (
            json!(["/card/code", "/card"]),
            r#"{"order":"A-1","card":{"code":"hunter2","last":"hunter3"},"state":"Done"}"#,
            r#"{"order":"A-1","card":"redacted","state":"Done"}"#,
        ),
        // One of two secrets is missing.
        (
            json!(["/card", "/pin"]),
            r#"{"order":"A-1","pin":"hunter2","state":"Done"}"#,
            r#"{"order":"A-1","pin":"redacted","state":"Done"}"#,
        ),
    ] {
        assert_eq!(redacted(&places, json!({}), body), expected);
    }
}

/// A secret may stand anywhere in what is not JSON.
#[test]
fn the_payload_of_a_body_that_is_not_read_is_empty_where_secrets_are_taken_out() {
    let broken = r#"{"order":"A-1","pin":"hunter2"} x"#;
    assert_eq!(redacted(&json!(["/pin"]), json!({}), broken), "");
    assert_eq!(at(&event(&json!({}), &[], broken), "/data/payload"), broken);
}

#[test]
fn the_payload_of_an_element_has_no_secret_and_no_gap() {
    let element = r#"{"id":"1","order":"A","state":"Done","pin":"hunter2"}"#;
    for (places, body, expected) in [
        // Before the elements and after them.
        (
            json!(["/pin", "/token"]),
            format!(r#"{{"pin":"hunter3","events":[{element}],"token":["hunter4"]}}"#),
            element,
        ),
        // An object in the list's place.
        (json!(["/events"]), format!(r#"{{"events":{element}}}"#), "\"redacted\""),
        // A secret that stands twice leaves the payload empty.
        (json!(["/pin"]), format!(r#"{{"pin":"a","pin":"b","events":[{element}]}}"#), ""),
    ] {
        assert_eq!(redacted(&places, each(), &body), expected, "{places}");
    }
}
