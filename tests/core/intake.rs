//! A delivery's way over both ports, for every answer of the ports.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;
mod message;
mod ports;
mod sender;

use std::sync::Arc;

use futures_executor::block_on;
use orderhook_core::{
    Claim, Delivery, Host, Intake, MAX_MESSAGE_BYTES, Mark, Message, Outbox, Provider, Refusal,
    Secret, Seen, Settings, Source, Token, UnixMillis, dispatch::Taken, intake,
};
use ports::{Landed, Ports, Way, received};
use sender::{base64, digest, tag};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Outcome = Intake<&'static str, &'static str>;

const SECRET: &str = "a secret";
const TOKEN: &str = "a-token-of-a-shop";
const NOW: UnixMillis = UnixMillis(1_731_587_954_120);
const BODY: &str = r#"{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}"#;
const KEY: &str = "seen:wakilni:e-1";
const MARK: &str = r#"{"id":"e-1","taken_at":"2024-11-14T12:39:14.120Z"}"#;

fn source(name: &str, provider: &str) -> Source {
    source_of(name, catalogue::provider(provider))
}

fn source_of(name: &str, provider: Arc<Provider>) -> Source {
    let secret = |format| Secret::new(SECRET, format).expect("a secret");
    let secrets: Vec<_> = provider.scheme.key_format().map(secret).into_iter().collect();
    let token = secrets.is_empty().then(|| Token::new(TOKEN).expect("a token"));
    Source::new(name, provider, secrets, token, Settings::default()).expect("a source")
}

/// Takes in a body with these headers, at a URL with the right token.
fn take<P>(source: &Source, headers: &[(&str, String)], body: &[u8], ports: &P) -> Outcome
where
    P: Host + Seen<Error = &'static str> + Outbox<ports::Copied, Error = &'static str>,
{
    let token = source.token().and_then(|token| token.check(TOKEN));
    let delivery = Delivery { headers: &headers, url: "", body };
    block_on(intake(source, received(delivery), token, NOW, ports))
}

/// Takes in a body that Wakilni signed.
fn wakilni(body: &[u8], ports: &Ports) -> Outcome {
    let headers = [("x-webhook-signature", base64(&tag(SECRET.as_bytes(), &[body])))];
    take(&source("wakilni", "wakilni"), &headers, body, ports)
}

/// Takes in a body that WeGoCod signed.
fn wegocod(body: &[u8], ports: &Ports) -> Outcome {
    let headers = [("x-webhook-signature", hex::encode(tag(SECRET.as_bytes(), &[body])))];
    take(&source("wegocod", "wegocod"), &headers, body, ports)
}

#[track_caller]
fn only(ports: &Ports) -> Landed {
    let mut landed = ports.landed.borrow_mut();
    assert_eq!(landed.len(), 1, "one message");
    let message = landed.pop().expect("one message");
    assert!(message.json.len() <= MAX_MESSAGE_BYTES, "{} bytes", message.json.len());
    message
}

fn event(message: &Landed) -> Value {
    serde_json::from_str(&message.json).expect("an event is JSON")
}

/// Returns what the Worker's answer depends on: the row of the table, and the id.
fn row(outcome: Outcome) -> (&'static str, String) {
    match outcome {
        Intake::Accepted { id, recognized: true, unseen: None } => ("accepted", id),
        Intake::Accepted { id, recognized: false, unseen: None } => ("accepted, unrecognized", id),
        Intake::Accepted { id, unseen: Some(error), .. } | Intake::Unsafe { id, error, .. } => {
            (error, id)
        }
        Intake::HeldByCopy { id, .. } => ("held", id),
        Intake::Duplicate { id } => ("duplicate", id),
        Intake::Ready => ("ready", String::new()),
        Intake::Ignored => ("ignored", String::new()),
        Intake::Refused(refusal) => (refusal.code(), String::new()),
    }
}

#[track_caller]
fn is_row(outcome: Outcome, expected: &str, id: &str) {
    assert_eq!(row(outcome), (expected, id.to_owned()));
}

#[test]
fn an_event_is_looked_up_put_and_marked_in_order() {
    let ports = Ports::working();
    is_row(wakilni(BODY.as_bytes(), &ports), "accepted", "e-1");
    assert_eq!(*ports.steps.borrow(), ["look", "put", "mark"]);
    assert_eq!(*ports.marks.borrow(), [(KEY.to_owned(), MARK.to_owned())]);
    let message = only(&ports);
    assert_eq!(message.kept, None);
    assert_eq!(event(&message)["data"]["payload"], BODY);
}

#[test]
fn a_duplicate_is_only_looked_up() {
    let ports = Ports::working();
    is_row(wakilni(BODY.as_bytes(), &ports), "accepted", "e-1");
    for _ in 1..100 {
        ports.steps.borrow_mut().clear();
        is_row(wakilni(BODY.as_bytes(), &ports), "duplicate", "e-1");
        assert_eq!(*ports.steps.borrow(), ["look"]);
    }
    only(&ports);
    // The same event in other bytes is the same event.
    is_row(wakilni(format!("{BODY}\n").as_bytes(), &ports), "duplicate", "e-1");
}

#[test]
fn a_claim_is_taken_before_the_put_and_ends_with_the_mark() {
    let ports = Ports::working();
    ports.claim.set(Some(Ok(Claim::Granted)));
    is_row(wakilni(BODY.as_bytes(), &ports), "accepted", "e-1");
    assert_eq!(*ports.steps.borrow(), ["look", "claim", "put", "mark"]);
    ports.steps.borrow_mut().clear();
    // A marked event is not claimed.
    is_row(wakilni(BODY.as_bytes(), &ports), "duplicate", "e-1");
    assert_eq!(*ports.steps.borrow(), ["look"]);
}

#[test]
fn a_delivery_without_a_claim_puts_nothing() {
    for (claim, expected) in [(Claim::Held { ms: 7 }, "held"), (Claim::Safe, "duplicate")] {
        // Any look-up but one that finds the event.
        for look in [Way::Works, Way::Fails] {
            let ports = Ports::new(look, Way::Works, Way::Works);
            ports.claim.set(Some(Ok(claim)));
            is_row(wakilni(BODY.as_bytes(), &ports), expected, "e-1");
            assert_eq!(*ports.steps.borrow(), ["look", "claim"]);
        }
    }
}

#[test]
fn a_failed_claim_stops_nothing() {
    let ports = Ports::working();
    ports.claim.set(Some(Err("claim failed")));
    is_row(wakilni(BODY.as_bytes(), &ports), "claim failed", "e-1");
    assert_eq!(*ports.steps.borrow(), ["look", "claim", "put", "mark"]);
    only(&ports);
}

#[test]
fn a_claim_is_released_after_a_failed_put() {
    // The claim may have been granted, and its answer lost.
    for claim in [Ok(Claim::Granted), Err("claim failed")] {
        let ports = Ports::new(Way::Works, Way::Works, Way::Fails);
        ports.claim.set(Some(claim));
        let outcome = wakilni(BODY.as_bytes(), &ports);
        let Intake::Unsafe { unseen, .. } = &outcome else { panic!("{outcome:?}") };
        assert_eq!(*unseen, claim.err());
        is_row(outcome, "put failed", "e-1");
        assert_eq!(*ports.steps.borrow(), ["look", "claim", "put", "release"]);
        assert_eq!(*ports.released.borrow(), [KEY]);
        assert!(ports.marks.borrow().is_empty());
    }
}

#[test]
fn ids_of_two_sources_are_separate() {
    let ports = Ports::working();
    let headers = [("x-webhook-signature", base64(&tag(SECRET.as_bytes(), &[BODY.as_bytes()])))];
    for name in ["a", "b"] {
        let source = source(name, "wakilni");
        is_row(take(&source, &headers, BODY.as_bytes(), &ports), "accepted", "e-1");
        is_row(take(&source, &headers, BODY.as_bytes(), &ports), "duplicate", "e-1");
    }
    let marks = ports.marks.borrow();
    let keys: Vec<_> = marks.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["seen:a:e-1", "seen:b:e-1"]);
}

#[test]
fn an_unrecognized_delivery_is_accepted_once() {
    let ports = Ports::working();
    let (said, id) = row(wakilni(b"\xff", &ports));
    assert_eq!(said, "accepted, unrecognized");
    // SHA-256 of the one byte 0xff.
    assert_eq!(id, "a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89");
    is_row(wakilni(b"\xff", &ports), "duplicate", &id);
    let event = event(&only(&ports));
    assert_eq!(event["type"], "orderhook.delivery.unrecognized.v1");
    assert_eq!(event["data"]["payload_base64"], "/w==");
    let reason = json!({ "code": "not_utf8", "text": "the body is not UTF-8" });
    assert_eq!(event["data"]["reason"], reason);
}

#[test]
fn a_test_without_an_order_touches_nothing() {
    let ports = Ports::new(Way::Fails, Way::Fails, Way::Fails);
    for body in ["", " ", "{}", "[]", "null"] {
        is_row(take(&source("g", "gooten"), &[], body.as_bytes(), &ports), "ready", "");
    }
    assert!(ports.steps.borrow().is_empty());
}

/// The verdict is the same if the core hashes, if the host does, and if the host fails to.
#[test]
fn a_host_that_cannot_hash_changes_no_verdict() {
    let (signed, forged) = (tag(SECRET.as_bytes(), &[BODY.as_bytes()]), [0; 32]);
    for hash in [None, Some(Way::Works), Some(Way::Fails)] {
        for (tag, expected) in [(signed.as_slice(), "accepted"), (&forged, "signature_mismatch")] {
            let ports = Ports::working();
            ports.hash.set(hash);
            let headers = [("x-webhook-signature", base64(tag))];
            let outcome = take(&source("wakilni", "wakilni"), &headers, BODY.as_bytes(), &ports);
            assert_eq!(row(outcome).0, expected, "{hash:?}");
        }
    }
}

/// To ask a host costs a way to JavaScript and back, so it is asked only for what it does faster.
#[test]
fn a_host_is_not_asked_for_what_the_core_hashes() {
    let headers = [("x-webhook-signature", base64(&tag(SECRET.as_bytes(), &[BODY.as_bytes()])))];
    for (hash, asked) in [(None, 0), (Some(Way::Works), 1)] {
        let ports = Ports::working();
        ports.hash.set(hash);
        let outcome = take(&source("wakilni", "wakilni"), &headers, BODY.as_bytes(), &ports);
        is_row(outcome, "accepted", "e-1");
        assert_eq!(ports.asked.get(), asked);
    }
}

/// The core has no such algorithm: the host is asked whether or not it hashes.
#[test]
fn a_host_is_asked_whether_a_signature_by_a_private_key_holds() {
    let definition = json!({
        "scheme": {
            "type": "public-key",
            "algorithm": "ed25519",
            "signature": { "header": "x-tag", "encoding": "hex" },
            "signs": ["body"],
        },
        "event": { "id": "/event_id" },
        "order": { "id": "/data/order_id" },
        "status": { "word": "/event", "words": { "created": ["Order Confirmed"] } },
    });
    let provider = Provider::parse("acme", &definition.to_string(), None).expect("a definition");
    // RFC 8037, appendix A.2.
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = provider.scheme.secret(key).expect("a key");
    let source = Source::new("acme", Arc::new(provider), vec![key], None, Settings::default());
    let source = source.expect("a source");
    let headers = [("x-tag", "ab".repeat(64))];
    for hash in [None, Some(Way::Works)] {
        for (holds, expected) in [(true, "accepted"), (false, "signature_mismatch")] {
            let ports = Ports::working();
            ports.hash.set(hash);
            ports.holds.set(holds);
            let outcome = take(&source, &headers, BODY.as_bytes(), &ports);
            assert_eq!((row(outcome).0, ports.asked.get()), (expected, 1), "{hash:?}");
        }
    }
}

/// A forged delivery is never looked up. So an attacker neither learns which events were seen, nor
/// marks an id by guessing it.
#[test]
fn a_refused_delivery_touches_nothing() {
    let ports = Ports::working();
    let refused = |provider, headers: &[(&str, String)], expected: Refusal| {
        let source = source("a", provider);
        let delivery = Delivery { headers: &headers, url: "", body: BODY.as_bytes() };
        let outcome = block_on(intake(&source, received(delivery), None, NOW, &ports));
        let Intake::Refused(refusal) = outcome else { panic!("{outcome:?}") };
        assert_eq!(refusal, expected);
    };
    let header = "x-webhook-signature";
    refused("wakilni", &[], Refusal::MissingSignature { header: header.into() });
    let expected = "44 characters of standard base64";
    let malformed = Refusal::MalformedSignature { header: header.into(), expected };
    refused("wakilni", &[(header, "x".to_owned())], malformed);
    let forged = base64(&tag(b"a guess", &[BODY.as_bytes()]));
    refused("wakilni", &[(header, forged)], Refusal::SignatureMismatch);
    refused("gooten", &[], Refusal::BodyNotAuthenticated);
    let list = |created: u64, name: &'static str, value: &str| {
        let signature = base64(&tag(SECRET.as_bytes(), &[value.as_bytes()]));
        [
            (name, value.to_owned()),
            ("signature-input", format!("s=(\"{name}\");created={created}")),
            ("signature", format!("s={signature}")),
        ]
    };
    let now = NOW.seconds();
    let other = digest(b"another body");
    refused("up42", &list(now, "digest", &other), Refusal::DigestMismatch);
    refused("up42", &list(now, "host", "h"), Refusal::BodyNotAuthenticated);
    let old = Refusal::TimestampOutOfTolerance { past: 299, future: 299 };
    refused("up42", &list(now - 300, "host", "h"), old.clone());
    refused("up42", &list(now + 300, "host", "h"), old);
    assert!(ports.steps.borrow().is_empty());
}

/// Every combination of the three answers. An accepted event has landed, and any other is taken
/// when it is sent again. No event is lost.
#[test]
fn no_failure_of_the_ports_loses_an_event() {
    for look in [Way::Works, Way::Fails] {
        for mark in Way::ALL {
            for put in Way::ALL {
                one_way(look, mark, put);
            }
        }
    }
}

#[track_caller]
fn one_way(look: Way, mark: Way, put: Way) {
    let ports = Ports::new(look, mark, put);
    let said = row(wakilni(BODY.as_bytes(), &ports));
    let (expected, steps): (_, &[_]) = match (look, mark, put) {
        (_, _, Way::Fails | Way::FailsButLanded) => ("put failed", &["look", "put"]),
        (Way::Works, _, _) => ("accepted", &["look", "put", "mark"]),
        _ => ("look failed", &["look", "put", "mark"]),
    };
    let way = format!("look {look:?}, mark {mark:?}, put {put:?}");
    assert_eq!(said, (expected, "e-1".to_owned()), "{way}");
    assert_eq!(*ports.steps.borrow(), steps, "{way}");
    let landed = usize::from(put != Way::Fails);
    assert_eq!(ports.landed.borrow().len(), landed, "{way}");
    let marked = usize::from(put == Way::Works && mark != Way::Fails);
    assert_eq!(ports.marks.borrow().len(), marked, "{way}: only what is safe is marked");
    again(&ports, landed, marked, &way);
}

/// Sends the delivery again with all ports working.
#[track_caller]
fn again(ports: &Ports, landed: usize, marked: usize, way: &str) {
    for port in [&ports.look, &ports.mark, &ports.put] {
        port.set(Way::Works);
    }
    let said = row(wakilni(BODY.as_bytes(), ports));
    let expected = if marked == 1 { "duplicate" } else { "accepted" };
    assert_eq!(said, (expected, "e-1".to_owned()), "{way}, again");
    assert_eq!(ports.landed.borrow().len(), landed + 1 - marked, "{way}, again");
    assert_eq!(*ports.marks.borrow(), [(KEY.to_owned(), MARK.to_owned())], "{way}, again");
    for message in ports.landed.borrow().iter() {
        assert_eq!(event(message)["id"], "e-1", "every copy has the id that tells it as one");
    }
}

#[test]
fn a_mark_is_json_for_any_id() {
    let ports = Ports::working();
    let body = r#"{"event_id":"a\"\\/é","event":"Order Confirmed","data":{"order_id":1}}"#;
    is_row(wakilni(body.as_bytes(), &ports), "accepted", "a\"\\/é");
    let marks = ports.marks.borrow();
    let (key, value) = marks.first().expect("a mark");
    assert_eq!(key, "seen:wakilni:a\"\\/é");
    let value: Value = serde_json::from_str(value).expect("JSON");
    assert_eq!(value, json!({ "id": "a\"\\/é", "taken_at": "2024-11-14T12:39:14.120Z" }));
}

/// A KV key has at most 512 bytes.
#[test]
fn the_longest_names_fit_a_key() {
    let ports = Ports::working();
    let id = "i".repeat(256);
    let body = format!(
        r#"{{"event_id":"{id}","event":"Order Confirmed","data":{{"order_id":1}},"pad":"{}"}}"#,
        "x".repeat(MAX_MESSAGE_BYTES)
    );
    let headers = [("x-webhook-signature", base64(&tag(SECRET.as_bytes(), &[body.as_bytes()])))];
    let source = source(&"s".repeat(32), "wakilni");
    is_row(take(&source, &headers, body.as_bytes(), &ports), "accepted", &id);
    let (key, _) = ports.marks.borrow_mut().pop().expect("a mark");
    let payload = only(&ports).kept.expect("a payload apart");
    assert_eq!(key, format!("seen:{}:{id}", "s".repeat(32)));
    assert_eq!(payload, key_of(&"s".repeat(32), body.as_bytes()));
    assert!(key.len() <= 512 && payload.len() <= 512);
}

/// Returns a body with this much text in a field that is not read.
fn padded(pad: usize) -> String {
    format!("{},\"pad\":\"{}\"}}", &BODY[..BODY.len() - 1], "x".repeat(pad))
}

#[test]
fn a_message_may_have_the_exact_maximum_size() {
    let ports = Ports::working();
    wakilni(padded(0).as_bytes(), &ports);
    let room = MAX_MESSAGE_BYTES - only(&ports).json.len();
    for (pad, kept) in [(room - 1, false), (room, false), (room + 1, true)] {
        let (ports, body) = (Ports::working(), padded(pad));
        is_row(wakilni(body.as_bytes(), &ports), "accepted", "e-1");
        let message = only(&ports);
        if kept {
            assert_kept(&message, "wakilni", body.as_bytes());
        } else {
            assert_eq!(message.json.len(), MAX_MESSAGE_BYTES + pad - room);
            assert_eq!(message.kept, None);
            assert_eq!(event(&message)["data"]["payload"], body);
        }
    }
}

/// Returns the key that a body of this source is stored under.
fn key_of(source: &str, body: &[u8]) -> String {
    format!("payload:{source}:{}", hex::encode(Sha256::digest(body)))
}

#[track_caller]
fn assert_kept(message: &Landed, source: &str, body: &[u8]) {
    let data = &event(message)["data"];
    assert_eq!(data["payload_ref"], key_of(source, body));
    assert!(data.get("payload").is_none() && data.get("payload_base64").is_none());
    assert_eq!(message.kept, Some(key_of(source, body)));
    assert_eq!(message.stored.as_deref(), Some(body));
}

/// A later body of the same id never replaces a body that an event points to.
#[test]
fn two_large_bodies_under_one_id_are_stored_apart() {
    let ports = Ports::working();
    for pad in [200_000, 200_001] {
        // The mark has expired.
        ports.marks.borrow_mut().clear();
        is_row(wakilni(padded(pad).as_bytes(), &ports), "accepted", "e-1");
    }
    let landed = ports.landed.borrow();
    let [first, second] = landed.as_slice() else { panic!("two messages") };
    assert_kept(first, "wakilni", padded(200_000).as_bytes());
    assert_kept(second, "wakilni", padded(200_001).as_bytes());
}

/// An event whose payload is stored apart keeps all other fields.
#[test]
fn a_large_body_keeps_its_other_event_fields() {
    let (small, large) = (Ports::working(), Ports::working());
    wakilni(padded(0).as_bytes(), &small);
    let body = padded(200_000);
    is_row(wakilni(body.as_bytes(), &large), "accepted", "e-1");
    let message = only(&large);
    assert_kept(&message, "wakilni", body.as_bytes());
    let [mut small, mut large] = [event(&only(&small)), event(&message)];
    for (event, key) in [(&mut small, "payload"), (&mut large, "payload_ref")] {
        event["data"].as_object_mut().expect("data").remove(key).expect(key);
    }
    assert_eq!(large, small);
}

/// The size of the message counts, not of the body: escapes and base64 make it longer.
#[test]
fn a_body_that_grows_in_json_is_stored_apart() {
    let quotes = padded(0).replace("\"pad\":\"", &format!("\"pad\":\"{}", "\\\"".repeat(32_000)));
    let ports = Ports::working();
    assert!(quotes.len() < MAX_MESSAGE_BYTES);
    is_row(wakilni(quotes.as_bytes(), &ports), "accepted", "e-1");
    assert_kept(&only(&ports), "wakilni", quotes.as_bytes());
    let bytes = vec![0xff; 100_000];
    let ports = Ports::working();
    let (said, _) = row(wakilni(&bytes, &ports));
    assert_eq!(said, "accepted, unrecognized");
    assert_kept(&only(&ports), "wakilni", &bytes);
}

/// `WeGoCod`'s key counts again after a while, whatever characters the shop's references have.
#[test]
fn a_key_of_an_order_and_its_status_is_told_from_an_id_of_the_providers_own() {
    for reference in ["R-1", "SHOP:129", "50%-129", "a:b:%3A"] {
        let body = json!({ "order": { "reference": reference, "new_status": "out_for_delivery" } });
        let ports = Ports::working();
        assert_eq!(row(wegocod(body.to_string().as_bytes(), &ports)).0, "accepted", "{reference}");
        let event = Taken::read(&only(&ports).json).expect("an event");
        assert!(event.is_composed(), "{}", event.id);
    }
}

/// An event that is too large even without its payload is sent as unrecognised, under the same id.
#[test]
fn an_event_that_is_too_large_keeps_its_id() {
    let name = "n".repeat(MAX_MESSAGE_BYTES);
    let body = format!(
        r#"{{"order":{{"reference":"R-1","old_status":"pending","new_status":"picked_up"}},"customer":{{"name":"{name}"}}}}"#
    );
    let ports = Ports::working();
    let (_, id) = row(wegocod(body.as_bytes(), &ports));
    assert_eq!(id, "R-1:picked_up");
    let message = only(&ports);
    assert_kept(&message, "wegocod", body.as_bytes());
    let event = event(&message);
    assert_eq!(event["id"], "R-1:picked_up");
    assert_eq!(event["type"], "orderhook.delivery.unrecognized.v1");
    assert_eq!(event.get("subject"), None);
    assert_eq!(event["data"].get("order"), None);
    let reason = json!({ "code": "too_large", "text": "the event is too large for a queue" });
    assert_eq!(event["data"]["reason"], reason);
    is_row(wegocod(body.as_bytes(), &ports), "duplicate", "R-1:picked_up");
}

#[test]
fn an_event_may_have_the_exact_maximum_size_without_its_payload() {
    let sent = |length: usize| {
        let name = "n".repeat(length);
        let order = r#"{"reference":"R-1","new_status":"picked_up"}"#;
        let body = format!(r#"{{"order":{order},"customer":{{"name":"{name}"}}}}"#);
        let ports = Ports::working();
        let (said, _) = row(wegocod(body.as_bytes(), &ports));
        (said, only(&ports).json.len())
    };
    let (_, bytes) = sent(100_000);
    let room = 100_000 + MAX_MESSAGE_BYTES - bytes;
    assert_eq!(sent(room), ("accepted", MAX_MESSAGE_BYTES));
    assert_eq!(sent(room + 1).0, "accepted, unrecognized");
}

/// Control characters of a URL and lines without values take many bytes in an event. `only` checks
/// the message's size.
#[test]
fn a_small_delivery_with_a_large_event_is_not_recognized() {
    let tables = r#"
        "event": { "notes": { "query": "q" } },
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": { "delivered": ["Done"] } },
        "items": { "each": "/lines" }
    "#;
    let definition = format!(r#"{{"scheme":{{"type":"url-token"}},{tables}}}"#);
    let provider = Provider::parse("acme", &definition, None).expect("a definition");
    let source = source_of("acme", provider.into());
    let lines = vec!["{}"; 1_200].join(",");
    for (query, lines) in [("%01".repeat(40_000), ""), (String::new(), &*lines)] {
        let ports = Ports::working();
        let body = format!(r#"{{"order":"1","state":"Done","lines":[{lines}]}}"#);
        let url = format!("https://h/hooks/acme?q={query}");
        let no_headers: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &no_headers, url: &url, body: body.as_bytes() };
        let token = source.token().and_then(|token| token.check(TOKEN));
        let outcome = block_on(intake(&source, received(delivery), token, NOW, &ports));
        assert_eq!(row(outcome).0, "accepted, unrecognized");
        assert_kept(&only(&ports), "acme", body.as_bytes());
    }
}

/// It is in its message in base64.
#[test]
fn a_body_of_other_bytes_that_fits_is_not_stored_apart() {
    let bytes = vec![0xff; 30_000];
    let ports = Ports::working();
    assert_eq!(row(wakilni(&bytes, &ports)).0, "accepted, unrecognized");
    let message = only(&ports);
    assert_eq!(
        (&event(&message)["data"]["payload_base64"], message.kept),
        (&base64(&bytes).into(), None)
    );
}

/// The event and the outcome, which the log shows, agree.
#[test]
fn an_event_that_is_too_large_is_not_recognized() {
    let body = format!(
        r#"{{"order":{{"reference":"{}","new_status":"picked_up"}}}}"#,
        "R".repeat(MAX_MESSAGE_BYTES)
    );
    let (said, id) = row(wegocod(body.as_bytes(), &Ports::working()));
    assert_eq!((said, id.len()), ("accepted, unrecognized", 64));
}

const MIB: usize = 1 << 20;

/// Repeats `part` between `open` and `close` until there is 1 MiB of it.
fn filled(open: &str, part: &str, close: &str) -> String {
    let parts = (MIB - open.len() - close.len()) / part.len();
    format!("{open}{}{close}", part.repeat(parts))
}

/// The largest bodies that a Worker takes by default, of the kinds that cost the most to read. On
/// wasm32 they must fit into 64 MiB of memory.
#[test]
fn a_body_of_1_mib_is_accepted() {
    let start = r#"{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1},"#;
    for body in [
        filled(&format!("{start}\"pad\":\""), "x", "\"}"),
        filled(&format!("{start}\"pad\":\""), "\\\"", "\"}"),
        filled(&format!("{start}\"pad\":["), "{},", "0]}"),
        filled(&format!("{start}\"pad\":"), "[", "\"}"),
        filled(start, "\"\":0,", "\"end\":0}"),
        filled(&format!("{start}\"pad\":"), " ", "0}"),
        filled("", "[", ""),
        filled("", "\0", ""),
        filled("", "\u{feff}", ""),
        filled("\"", "é", "\""),
    ] {
        let ports = Ports::working();
        let (said, _) = row(wakilni(body.as_bytes(), &ports));
        assert!(said.starts_with("accepted"), "{said}: {}", &body[..20]);
        assert_kept(&only(&ports), "wakilni", body.as_bytes());
    }
    let bytes = vec![0x80; MIB];
    let ports = Ports::working();
    let (said, _) = row(wakilni(&bytes, &ports));
    assert_eq!(said, "accepted, unrecognized");
    assert_kept(&only(&ports), "wakilni", &bytes);
}

/// A short line makes a long item. The event must not be many times as large as the body.
#[test]
fn a_body_of_1_mib_of_lines_is_accepted() {
    let order = r#"{"order":{"reference":"R-1","new_status":"pending"},"items":["#;
    let gooten_order = r#"{"Id":"7-1","Items":[{"Status":"New"},"#;
    for (part, is_read) in [("0,", true), ("{},", false), ("{\"a\":1},", false), ("[],", true)] {
        let body = filled(order, part, "{}]}");
        let ports = Ports::working();
        let (_, id) = row(wegocod(body.as_bytes(), &ports));
        // So many lines are not read at all.
        let hash = hex::encode(Sha256::digest(&body));
        assert_eq!(id, if is_read { "R-1:pending" } else { &hash }, "{part}");
        assert_kept(&only(&ports), "wegocod", body.as_bytes());

        let body = filled(gooten_order, part, "{}]}");
        let ports = Ports::working();
        let (_, id) = row(take(&source("g", "gooten"), &[], body.as_bytes(), &ports));
        assert!(id.starts_with(if is_read { "7-1:" } else { "body:" }), "{id}");
        assert_kept(&only(&ports), "g", body.as_bytes());
    }
}

/// With more lines than an event may have, the delivery is not understood. It keeps its id.
#[test]
fn an_order_of_too_many_lines_keeps_its_id() {
    for (lines, expected) in [(1_000, "accepted"), (1_201, "accepted, unrecognized")] {
        let body = format!(
            r#"{{"order":{{"reference":"R-1","new_status":"pending"}},"items":[{}{{}}]}}"#,
            "{},".repeat(lines - 1)
        );
        let ports = Ports::working();
        is_row(wegocod(body.as_bytes(), &ports), expected, "R-1:pending");
        only(&ports);
    }
}

/// Takes in events of a provider that sends several at once.
fn several<P>(body: &str, ports: &P) -> Outcome
where
    P: Host + Seen<Error = &'static str> + Outbox<ports::Copied, Error = &'static str>,
{
    let definition = r#"{
        "scheme": {
            "type": "hmac",
            "signature": { "header": "x-tag", "encoding": "hex" },
            "signs": ["body"]
        },
        "event": { "each": "/events", "id": "id" },
        "order": { "id": "order" },
        "status": { "word": "word", "words": { "shipped": ["Sent"], "ignored": ["Edited"] } }
    }"#;
    let provider = Provider::parse("acme", definition, None).expect("a definition");
    let headers = [("x-tag", hex::encode(tag(SECRET.as_bytes(), &[body.as_bytes()])))];
    take(&source_of("acme", Arc::new(provider)), &headers, body.as_bytes(), ports)
}

/// Returns a body of events with these ids.
fn events(ids: &[&str]) -> String {
    let event = |id: &&str| format!(r#"{{"id":"{id}","order":1,"word":"Sent"}}"#);
    format!(r#"{{"events":[{}]}}"#, ids.iter().map(event).collect::<Vec<_>>().join(","))
}

#[test]
fn the_events_of_a_delivery_are_looked_up_put_and_marked_together() {
    let ports = Ports::working();
    is_row(several(&events(&["a", "b"]), &ports), "accepted", "a");
    assert_eq!(*ports.steps.borrow(), ["look", "put", "mark"]);
    let landed = ports.landed.borrow();
    let ids: Vec<_> = landed.iter().map(|message| event(message)["id"].clone()).collect();
    assert_eq!(ids, ["a", "b"]);
    let payload = |message| event(message)["data"]["payload"].clone();
    assert_eq!(payload(&landed[0]), r#"{"id":"a","order":1,"word":"Sent"}"#);
    assert_eq!(marked(&ports), ["seen:acme:a", "seen:acme:b"]);
}

/// Returns the marked keys.
fn marked(ports: &Ports) -> Vec<String> {
    ports.marks.borrow().iter().map(|(key, _)| key.clone()).collect()
}

#[test]
fn an_event_that_a_delivery_names_twice_is_one() {
    let ports = Ports::working();
    is_row(several(&events(&["a", "b", "a"]), &ports), "accepted", "a");
    assert_eq!(marked(&ports), ["seen:acme:a", "seen:acme:b"]);
    assert_eq!(ports.landed.borrow().len(), 2);
}

/// After a failure, the provider's next try sends the rest.
#[test]
fn the_events_that_were_not_safe_are_taken_with_the_next_try() {
    let ports = Ports::working();
    is_row(several(&events(&["a"]), &ports), "accepted", "a");
    ports.put.set(Way::Fails);
    is_row(several(&events(&["a", "b", "c"]), &ports), "put failed", "b");
    assert_eq!(*ports.released.borrow(), ["seen:acme:b", "seen:acme:c"]);
    ports.put.set(Way::Works);
    ports.steps.borrow_mut().clear();
    is_row(several(&events(&["a", "b", "c"]), &ports), "accepted", "b");
    assert_eq!(*ports.steps.borrow(), ["look", "put", "mark"]);
    is_row(several(&events(&["a", "b", "c"]), &ports), "duplicate", "a");
    assert_eq!(marked(&ports), ["seen:acme:a", "seen:acme:b", "seen:acme:c"]);
    assert_eq!(ports.landed.borrow().len(), 3);
}

/// A batch has at most 100 events. The ports check its bytes, too.
#[test]
fn many_events_are_taken_in_batches() {
    let ids: Vec<_> = (0..250).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let ports = Ports::working();
    is_row(several(&events(&ids), &ports), "accepted", "0");
    assert_eq!(*ports.steps.borrow(), ["look", "put", "mark"].repeat(3));
    assert_eq!((ports.landed.borrow().len(), marked(&ports).len()), (250, 250));

    let ports = Ports::working();
    let long = format!("Sent\",\"pad\":\"{}\"", "x".repeat(100_000));
    let body = events(&ids[..5]).replace("Sent\"", &long);
    is_row(several(&body, &ports), "accepted", "0");
    assert_eq!(*ports.steps.borrow(), ["look", "put", "mark"].repeat(3));
    assert_eq!(ports.landed.borrow().len(), 5);
}

/// A Queue takes 256,000 bytes at once, and counts about 100 more for each message.
#[test]
fn a_batch_leaves_room_for_the_metadata_of_its_messages() {
    let ids: Vec<_> = (10..110).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let padded = |ids: &[&str], pad: usize| {
        events(ids).replace("Sent\"", &format!("Sent\",\"pad\":\"{}\"", "x".repeat(pad)))
    };
    let ports = Ports::working();
    is_row(several(&padded(&ids[..2], 0), &ports), "accepted", "10");
    let pad = 2_500 - ports.landed.borrow()[0].json.len();
    let ports = Ports::working();
    is_row(several(&padded(&ids, pad), &ports), "accepted", "10");
    assert_eq!(*ports.steps.borrow(), ["look", "put", "mark"].repeat(2));
    assert_eq!(ports.landed.borrow().len(), 100);
}

/// The answer says if one event was not understood, whichever batch it is in.
#[test]
fn a_delivery_is_recognized_if_every_batch_of_it_is() {
    let ids: Vec<_> = (0..150).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    for id in [1, 99, 100, 149] {
        let ports = Ports::working();
        let without = format!(r#""id":"{id}""#);
        let body = events(&ids).replace(&format!(r#"{without},"order":1"#), &without);
        is_row(several(&body, &ports), "accepted, unrecognized", "0");
        assert_eq!(ports.landed.borrow().len(), 150, "{id}");
    }
}

/// A batch that is not safe ends the delivery. Those before it are duplicates with the next try.
#[test]
fn a_batch_that_fails_keeps_those_before_it() {
    let ids: Vec<_> = (0..150).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let ports = Ports::working();
    is_row(several(&events(&ids[..100]), &ports), "accepted", "0");
    ports.put.set(Way::Fails);
    is_row(several(&events(&ids), &ports), "put failed", "100");
    ports.put.set(Way::Works);
    is_row(several(&events(&ids), &ports), "accepted", "100");
    assert_eq!((ports.landed.borrow().len(), marked(&ports).len()), (150, 150));
}

#[test]
fn events_without_a_claim_are_not_put() {
    for (claim, expected) in [(Claim::Held { ms: 7 }, "held"), (Claim::Safe, "duplicate")] {
        let ports = Ports::working();
        ports.claim.set(Some(Ok(claim)));
        is_row(several(&events(&["a", "b"]), &ports), expected, "a");
        assert_eq!(*ports.steps.borrow(), ["look", "claim"]);
    }
}

/// The ports of a delivery of which a copy of one event is on its way.
struct OneHeld<'p>(&'p Ports);

impl Seen for OneHeld<'_> {
    type Error = &'static str;

    async fn seen(&self, keys: &[String]) -> Result<Vec<bool>, Self::Error> {
        self.0.seen(keys).await
    }

    async fn claim(&self, keys: &[String]) -> Result<Vec<Claim>, Self::Error> {
        let claim = |key: &String| {
            if key.ends_with(":b") { Claim::Held { ms: 7 } } else { Claim::Granted }
        };
        Ok(keys.iter().map(claim).collect())
    }

    fn mark(&self, marks: Vec<Mark>) {
        self.0.mark(marks);
    }
}

impl Host for OneHeld<'_> {}

impl Outbox<ports::Copied> for OneHeld<'_> {
    type Error = &'static str;

    async fn put(&self, messages: &[Message<'_>], body: &ports::Copied) -> Result<(), Self::Error> {
        self.0.put(messages, body).await
    }
}

/// The provider has to send the delivery again until no event of it is held.
#[test]
fn one_event_that_is_held_holds_the_delivery_but_not_the_others() {
    let ports = Ports::working();
    is_row(several(&events(&["a", "b", "c"]), &OneHeld(&ports)), "held", "b");
    assert_eq!(marked(&ports), ["seen:acme:a", "seen:acme:c"]);
    is_row(several(&events(&["a", "b", "c"]), &ports), "accepted", "b");
    assert_eq!(ports.landed.borrow().len(), 3);
}

#[test]
fn events_that_say_nothing_of_an_order_touch_nothing() {
    let ports = Ports::new(Way::Fails, Way::Fails, Way::Fails);
    for body in [
        r#"{"events":[{"id":"a","order":1,"word":"Edited"}]}"#,
        r#"{"events":[{"id":"a","order":1,"word":"Edited"},{"id":"b","order":1,"word":"edited"}]}"#,
    ] {
        is_row(several(body, &ports), "ignored", "");
    }
    assert!(ports.steps.borrow().is_empty());
}

#[test]
fn each_event_of_a_delivery_may_have_the_exact_maximum_size() {
    let padded = |pad: usize| {
        let long = format!("Sent\",\"pad\":\"{}\"", "x".repeat(pad));
        events(&["a", "b"]).replace("Sent\"", &long)
    };
    let ports = Ports::working();
    is_row(several(&padded(0), &ports), "accepted", "a");
    let room = MAX_MESSAGE_BYTES - ports.landed.borrow()[0].json.len();
    let ports = Ports::working();
    is_row(several(&padded(room), &ports), "accepted", "a");
    let sizes: Vec<_> = ports.landed.borrow().iter().map(|it| it.json.len()).collect();
    assert_eq!(sizes, [MAX_MESSAGE_BYTES; 2]);
    let (ports, body) = (Ports::working(), padded(room + 1));
    let hash = hex::encode(Sha256::digest(&body));
    is_row(several(&body, &ports), "accepted, unrecognized", &hash);
}

/// Only the body of a whole delivery is stored apart.
#[test]
fn events_that_are_too_large_are_taken_as_one() {
    let ports = Ports::working();
    let body = events(&["a", "b"])
        .replace("Sent\"", &format!("Sent\",\"pad\":\"{}\"", "x".repeat(MAX_MESSAGE_BYTES)));
    let hash = hex::encode(Sha256::digest(&body));
    is_row(several(&body, &ports), "accepted, unrecognized", &hash);
    assert_kept(&only(&ports), "acme", body.as_bytes());
}

/// The fakes compare keys as they are. A retry is only known if its key does not depend on the
/// time.
#[test]
fn a_key_does_not_depend_on_the_time() {
    let ports = Ports::working();
    let source = source("wakilni", "wakilni");
    let headers = [("x-webhook-signature", base64(&tag(SECRET.as_bytes(), &[b"?"])))];
    let headers: &[(&str, String)] = &headers;
    for (now, expected) in [(0, "accepted, unrecognized"), (u64::MAX, "duplicate")] {
        let delivery = Delivery { headers: &headers, url: "", body: b"?" };
        let outcome = intake(&source, received(delivery), None, UnixMillis(now), &ports);
        assert_eq!(row(block_on(outcome)).0, expected);
    }
}
