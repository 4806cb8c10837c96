//! Copies of a delivery, sent again at an exact moment: while it is remembered, once it is
//! forgotten, and at the edges of the signed time's tolerance.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;
mod message;
mod sender;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    convert::Infallible,
};

use futures_executor::block_on;
use orderhook_core::{
    Delivery, Host, Intake, Mark, Message, Outbox, Secret, Seen, Settings, Source, Token,
    UnixMillis, intake,
};
use sender::{base64, digest, tag};
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SECRET: &str = "a secret";
/// The same secret, as Standard Webhooks writes it.
const WHSEC: &str = "whsec_YSBzZWNyZXQ=";
const TOKEN: &str = "a-token-of-a-shop";
/// The time of signing and of the first sending.
const SIGNED: u64 = 1_731_587_954;
const DAY: u64 = 24 * 60 * 60;
/// The default of `DEDUP_TTL_SECONDS`.
const WEEK: u64 = 7 * DAY;

const ACCEPTED: &str = "accepted";
const DUPLICATE: &str = "duplicate";
const TOO_OLD: &str = "timestamp_out_of_tolerance";

/// A memory that forgets each mark after `ttl` seconds, as KV does, and a queue.
struct Ports {
    ttl: u64,
    /// Seconds since 1970.
    now: Cell<u64>,
    marks: RefCell<HashMap<String, u64>>,
    queued: RefCell<Vec<Value>>,
}

impl Seen for Ports {
    type Error = Infallible;

    async fn seen(&self, keys: &[String]) -> Result<Vec<bool>, Infallible> {
        let marks = self.marks.borrow();
        let is_marked = |key| {
            let marked: Option<&u64> = marks.get(key);
            marked.is_some_and(|marked| self.now.get() < marked + self.ttl)
        };
        Ok(keys.iter().map(is_marked).collect())
    }

    fn mark(&self, marks: Vec<Mark>) {
        let now = self.now.get();
        self.marks.borrow_mut().extend(marks.into_iter().map(|mark| (mark.key, now)));
    }
}

impl Host for Ports {}

impl Outbox<&[u8]> for Ports {
    type Error = Infallible;

    async fn put(&self, messages: &[Message<'_>], _: &&[u8]) -> Result<(), Infallible> {
        self.queued.borrow_mut().extend(messages.iter().map(message::event));
        Ok(())
    }
}

/// A delivery that an attacker copied on its way.
struct Captured {
    provider: &'static str,
    secret: &'static str,
    url: &'static str,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
}

impl Captured {
    fn source(&self) -> Source {
        let provider = catalogue::provider(self.provider);
        let secret = |format| Secret::new(self.secret, format).expect("a secret");
        let secrets = provider.scheme.key_format().map(secret).into_iter().collect();
        let token = matches!(self.provider, "gooten" | "up42");
        let token = token.then(|| Token::new(TOKEN).expect("a token"));
        Source::new("a", provider, secrets, token, Settings::default()).expect("a source")
    }

    /// Returns the outcome of the delivery at this time, in seconds since 1970.
    fn sent(&self, at: u64, ports: &Ports) -> &'static str {
        self.sent_at(UnixMillis(at * 1000), ports)
    }

    fn sent_at(&self, now: UnixMillis, ports: &Ports) -> &'static str {
        ports.now.set(now.seconds());
        let source = self.source();
        let token = source.token().and_then(|token| token.check(TOKEN));
        let headers: &[(&str, String)] = &self.headers;
        let delivery = Delivery { headers: &headers, url: self.url, body: self.body.as_bytes() };
        match block_on(intake(&source, delivery.into(), token, now, ports)) {
            Intake::Accepted { .. } => ACCEPTED,
            Intake::Duplicate { .. } => DUPLICATE,
            Intake::Refused(refusal) => refusal.code(),
            other => panic!("{other:?}"),
        }
    }

    /// Replaces the time in the header that has it, without signing anew.
    fn stamped(mut self, created: u64) -> Self {
        for (name, value) in &mut self.headers {
            match *name {
                "signature-input" => {
                    *value = value.replace(&SIGNED.to_string(), &created.to_string());
                }
                "webhook-timestamp" => *value = created.to_string(),
                _ => {}
            }
        }
        self
    }
}

fn signed(parts: &[&str]) -> [u8; 32] {
    let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
    tag(SECRET.as_bytes(), &parts)
}

fn wakilni() -> Captured {
    let body = r#"{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}"#;
    let headers = vec![("x-webhook-signature", base64(&signed(&[body])))];
    Captured { provider: "wakilni", secret: SECRET, url: "", headers, body }
}

fn wegocod() -> Captured {
    let body = r#"{"order":{"reference":"R-1","new_status":"delivered"}}"#;
    let headers = vec![("x-webhook-signature", hex::encode(signed(&[body])))];
    Captured { provider: "wegocod", secret: SECRET, url: "", headers, body }
}

fn gooten() -> Captured {
    let body = r#"{"Id":"7-1","Items":[{"Status":"Shipped"}]}"#;
    Captured {
        provider: "gooten",
        secret: "",
        url: "https://h/?orderid=7-1",
        headers: Vec::new(),
        body,
    }
}

fn up42() -> Captured {
    let body = r#"{"messageId":"m-1","body":{"orderId":"o","status":"PLACED"}}"#;
    let digest = digest(body.as_bytes());
    let headers = vec![
        ("signature-input", format!("s=(\"digest\");created={SIGNED}")),
        ("signature", format!("s={}", base64(&signed(&[&digest])))),
        ("digest", digest),
    ];
    Captured { provider: "up42", secret: SECRET, url: "", headers, body }
}

/// Returns a delivery whose digest is not signed.
fn up42_bare() -> Captured {
    let date = "Thu, 14 Nov 2024 12:39:14 GMT".to_owned();
    let headers = vec![
        ("signature-input", format!("s=(\"date\");created={SIGNED}")),
        ("signature", format!("s={}", base64(&signed(&[&date])))),
        ("date", date),
    ];
    Captured { headers, ..up42() }
}

fn standard() -> Captured {
    let body = r#"{"type":"order.shipped","data":{"order_id":"1","status":"shipped"}}"#;
    let stamp = SIGNED.to_string();
    let headers = vec![
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-signature", format!("v1,{}", base64(&signed(&["msg_1.", &stamp, ".", body])))),
        ("webhook-timestamp", stamp),
    ];
    Captured { provider: "standard-webhooks", secret: WHSEC, url: "", headers, body }
}

/// Sends a delivery when it was signed, and again so many seconds later, for each row separately.
#[track_caller]
fn replayed(copy: impl Fn() -> Captured, ttl: u64, rows: &[(u64, &str)]) {
    for (later, expected) in rows {
        let ports = new_ports(ttl);
        assert_eq!(copy().sent(SIGNED, &ports), ACCEPTED);
        assert_eq!(copy().sent(SIGNED + later, &ports), *expected, "after {later} s");
        let events = 1 + usize::from(*expected == ACCEPTED);
        let queued = ports.queued.borrow();
        let ids: Vec<_> = queued.iter().map(id).collect();
        assert_eq!(ids.len(), events, "after {later} s");
        assert!(ids.iter().all(|id| *id == ids[0]), "a copy is told by its id");
    }
}

fn new_ports(ttl: u64) -> Ports {
    Ports { ttl, now: Cell::default(), marks: RefCell::default(), queued: RefCell::default() }
}

fn id(event: &Value) -> String {
    format!("{} {}", event["source"], event["id"])
}

#[test]
fn a_copy_without_a_signed_time_is_a_duplicate_until_it_is_forgotten() {
    for copy in [wakilni, wegocod, gooten] {
        replayed(
            copy,
            WEEK,
            &[
                (0, DUPLICATE),
                (300, DUPLICATE),
                (DAY, DUPLICATE),
                (WEEK - 1, DUPLICATE),
                (WEEK, ACCEPTED),
                (100 * WEEK, ACCEPTED),
            ],
        );
    }
}

#[test]
fn a_standard_webhooks_copy_is_refused_after_300_seconds() {
    replayed(
        standard,
        WEEK,
        &[
            (0, DUPLICATE),
            (300, DUPLICATE),
            (301, TOO_OLD),
            (DAY, TOO_OLD),
            (WEEK, TOO_OLD),
            (100 * WEEK, TOO_OLD),
        ],
    );
}

#[test]
fn an_unchanged_up42_copy_is_refused_after_299_seconds() {
    for copy in [up42, up42_bare] {
        replayed(
            copy,
            WEEK,
            &[
                (0, DUPLICATE),
                (299, DUPLICATE),
                (300, TOO_OLD),
                (DAY, TOO_OLD),
                (WEEK, TOO_OLD),
                (100 * WEEK, TOO_OLD),
            ],
        );
    }
}

/// Only whole seconds count: a copy within the last one is in time.
#[test]
fn the_last_second_of_the_tolerance_counts_in_full() {
    for (copy, last) in [(up42 as fn() -> Captured, 299), (standard, 300)] {
        let ports = new_ports(WEEK);
        assert_eq!(copy().sent(SIGNED, &ports), ACCEPTED);
        let end = (SIGNED + last) * 1000 + 999;
        assert_eq!(copy().sent_at(UnixMillis(end), &ports), DUPLICATE);
        assert_eq!(copy().sent_at(UnixMillis(end + 1), &ports), TOO_OLD);
    }
}

/// `created` is not signed, so an attacker with a copy can change it.
#[test]
fn an_up42_copy_with_a_new_time_is_a_duplicate_until_it_is_forgotten() {
    for copy in [up42, up42_bare] {
        for (later, expected) in [
            (299, DUPLICATE),
            (300, DUPLICATE),
            (DAY, DUPLICATE),
            (WEEK - 1, DUPLICATE),
            (WEEK, ACCEPTED),
        ] {
            let ports = new_ports(WEEK);
            assert_eq!(copy().sent(SIGNED, &ports), ACCEPTED);
            let now = SIGNED + later;
            assert_eq!(copy().stamped(now).sent(now, &ports), expected, "after {later} s");
        }
    }
}

/// With Standard Webhooks, the same is a forgery.
#[test]
fn a_standard_webhooks_copy_with_a_new_time_is_refused() {
    for later in [1, 299, DAY, WEEK] {
        let ports = new_ports(WEEK);
        assert_eq!(standard().sent(SIGNED, &ports), ACCEPTED);
        let now = SIGNED + later;
        assert_eq!(standard().stamped(now).sent(now, &ports), "signature_mismatch");
    }
}

/// A copy that was signed ahead of this clock is in time for longer. A mark that lives for less
/// than twice 300 seconds is forgotten before the last copy is refused.
#[test]
fn a_memory_shorter_than_the_tolerance_lets_a_copy_through() {
    replayed(standard, 60, &[(59, DUPLICATE), (60, ACCEPTED), (300, ACCEPTED), (301, TOO_OLD)]);
    replayed(up42, 60, &[(59, DUPLICATE), (60, ACCEPTED), (299, ACCEPTED), (300, TOO_OLD)]);
    for (ttl, last) in [(600, ACCEPTED), (601, DUPLICATE)] {
        let ports = new_ports(ttl);
        assert_eq!(standard().sent(SIGNED - 301, &ports), TOO_OLD);
        assert_eq!(standard().sent(SIGNED - 300, &ports), ACCEPTED);
        assert_eq!(standard().sent(SIGNED + 299, &ports), DUPLICATE);
        assert_eq!(standard().sent(SIGNED + 300, &ports), last);
        assert_eq!(standard().sent(SIGNED + 301, &ports), TOO_OLD);
    }
}

/// A copy that is accepted again is remembered again.
#[test]
fn each_acceptance_is_remembered_for_the_full_time() {
    let ports = new_ports(WEEK);
    let said: Vec<_> = [0, WEEK - 1, WEEK, WEEK + 1, 2 * WEEK - 1, 2 * WEEK]
        .map(|later| wakilni().sent(SIGNED + later, &ports))
        .into();
    assert_eq!(said, [ACCEPTED, DUPLICATE, ACCEPTED, DUPLICATE, DUPLICATE, ACCEPTED]);
}
