//! Where events may be posted to, what is posted, and when again.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;

use orderhook_core::{
    Delivery, Secret, Status, TimeSource, UnixMillis,
    dispatch::{
        Attempt, Content, Decision, Format, Guard, GuardError, MAX_ATTEMPTS, MAX_FAILING_MS, Taken,
        Verdict, Written, decide, endpoint_secret, message_id, pause, sample, sign_message,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;

fn secret(fill: u8, bytes: usize) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("whsec_{}", STANDARD.encode(vec![fill; bytes]))
}

fn read(text: &str) -> Secret {
    endpoint_secret(text).expect("a secret")
}

#[test]
fn a_message_id_is_the_same_for_an_event_and_has_no_dot() {
    let id = message_id("shop", "a.b", 0);
    assert_eq!(id, message_id("shop", "a.b", 0));
    assert!(id.starts_with("msg_") && id.len() == 4 + 52, "{id}");
    assert!(id[4..].bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)));
    assert_ne!(id, message_id("shop", "a.c", 0));
    assert_ne!(message_id("shop", "x", 0), message_id("sho", "px", 0));
    assert_ne!(message_id("shop", "x", 1), message_id("shop", "x", 0));
    assert_ne!(message_id("shop", "x", 1), message_id("shop", "x", 2));
    // As `printf 'shop\n1' | sha256sum | xxd -r -p | base32` writes it, in lower case.
    assert_eq!(
        message_id("shop", "1", 0),
        "msg_l4nu6yqyg7yuoxato7vtym37v2qaeng5n6joopv3p7ontjl7ef4q"
    );
}

#[test]
fn an_endpoints_secret_has_24_to_64_bytes() {
    for (bytes, is_secret) in [(23, false), (24, true), (64, true), (65, false)] {
        assert_eq!(endpoint_secret(&secret(7, bytes)).is_some(), is_secret, "{bytes}");
    }
    for text in ["", "whsec_", "whsec_?", &secret(7, 32)[6..], "WHSEC_AAAA"] {
        assert!(endpoint_secret(text).is_none(), "{text}");
    }
}

/// Verifies as the receiver of a message does.
fn verifies(headers: &[(&str, String)], body: &[u8], text: &str, now: UnixMillis) -> bool {
    let provider = catalogue::provider("standard-webhooks");
    let delivery = Delivery { headers: &headers, url: "", body };
    provider.scheme.verify(&[read(text)], &delivery, None, now).is_ok()
}

#[test]
fn a_message_verifies_with_each_active_secret_alone() {
    let (old, new, other) = (secret(1, 32), secret(2, 24), secret(3, 32));
    let (body, now) = (b"{\"a\":1}", UnixMillis(1_778_320_800_123));
    let id = message_id("shop", "1", 0);
    let headers = sign_message(&id, body, &[read(&new), read(&old)], now);
    assert_eq!(headers[1], ("webhook-timestamp", "1778320800".to_owned()));
    assert_eq!(headers[2].1.split(' ').count(), 2);
    assert!(verifies(&headers, body, &old, now));
    assert!(verifies(&headers, body, &new, now));
    assert!(!verifies(&headers, body, &other, now));
    assert!(!verifies(&headers, b"{\"a\":2}", &new, now));
    assert!(!verifies(&headers, body, &new, UnixMillis(now.0 + 301_000)));
}

#[test]
fn the_guard_lets_public_names_through() {
    let guard = Guard::default();
    for url in [
        "https://example.com",
        "https://example.com/",
        "https://EXAMPLE.com/Hooks/%20?a=b&c=d",
        "https://example.com.:8443/a",
        "https://a.b-c.example.co.uk:443/~x/;y,z!$'()*+=:@[]",
        "https://xn--bcher-kva.example/",
        "https://hooks.slack.com/services/T0/B0/x",
        "https://1password.com/",
        "https://localhost.example.com/",
        "https://test.example.com/",
        "https://mylan.example/",
        "https://wlan.example.home.example.com/",
        "https://mylocal/".replace("mylocal", "my.local.example").as_str(),
    ] {
        assert_eq!(guard.check(url), Ok(()), "{url}");
    }
    let longest = format!("https://example.com/{}", "a".repeat(2048 - 20));
    assert_eq!(guard.check(&longest), Ok(()));
    assert_eq!(guard.check(&format!("{longest}a")), Err(GuardError::TooLong));
}

#[test]
#[allow(clippy::too_many_lines)] // A table.
fn the_guard_refuses_everything_else() {
    let guard = Guard::new(["Hooks.Example.com.".to_owned()], Vec::new());
    let rows: &[(GuardError, &[&str])] = &[
        (
            GuardError::NotHttps,
            &[
                "",
                "example.com",
                "http://example.com/",
                "HTTPS://example.com/",
                "ftp://example.com",
                "https:example.com",
                "https:/example.com",
                "javascript:alert(1)",
                "file:///etc/passwd",
            ],
        ),
        (
            GuardError::NotPlain,
            &[
                "https://exa mple.com/",
                " https://example.com/",
                "https://example.com/\n",
                "https://example.com/#a",
                "https:\\\\example.com",
                "https://example.com\\@10.0.0.1/",
                "https://①②⑦.⓪.⓪.①/",
                "https://metadata。google。internal/",
                "https://bücher.example/",
                "https://exam\tple.com/",
                "https://example.com/\0",
            ],
        ),
        (
            GuardError::UserInfo,
            &[
                "https://a@example.com/",
                "https://a:b@example.com/",
                "https://@example.com/",
                "https://example.com@10.0.0.1/",
            ],
        ),
        (
            GuardError::Port,
            &[
                "https://example.com:80/",
                "https://example.com:22/",
                "https://example.com:/",
                "https://example.com:0443/",
                "https://example.com:443:443/",
                "https://127.0.0.1:65536",
            ],
        ),
        (
            GuardError::NotAName,
            &[
                "https://",
                "https:///",
                "https://?",
                "https://example/",
                "https://127.0.0.1/",
                "https://127.1/",
                "https://2130706433/",
                "https://0x7f.1/",
                "https://017700000001/",
                "https://0x7f000001/",
                "https://10.0.0.0x1/",
                "https://1.2.3.4./",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]:443/",
                "https://.example.com/",
                "https://example..com/",
                "https://example.com../",
                "https://%6c%6f%63%61%6c.example/",
                "https://example.com%2f/",
                "https://example.1a/",
                "https://./",
                "https://..",
                "https://[::1]",
            ],
        ),
        (
            GuardError::Private,
            &[
                "https://localhost/",
                "https://LOCALHOST./",
                "https://a.localhost/",
                "https://printer.local/",
                "https://printer.local../",
                "https://metadata.google.internal/",
                "https://router.home.arpa:8443/",
                "https://local/",
                "https://a.b.internal",
                "https://printer.lan/",
                "https://nas.home/",
                "https://wiki.intranet/",
                "https://a.localdomain/",
                "https://example.test/",
                "https://example.invalid/",
                "https://abc.onion/",
            ],
        ),
        (
            GuardError::Own,
            &[
                "https://hooks.example.com/",
                "https://HOOKS.EXAMPLE.COM./hooks/shop",
                "https://hooks.example.com:8443/",
            ],
        ),
    ];
    for (error, urls) in rows {
        for url in *urls {
            assert_eq!(guard.check(url), Err(*error), "{url:?}");
        }
        assert!(error.code().starts_with("url_"));
        assert!(error.to_string().starts_with("the URL"));
    }
    let label = "a".repeat(64);
    assert_eq!(guard.check(&format!("https://{label}.com/")), Err(GuardError::NotAName));
    let name = ["a"; 130].join(".");
    assert_eq!(guard.check(&format!("https://{name}/")), Err(GuardError::NotAName));
}

/// A URL that must be refused.
#[derive(Deserialize)]
struct Refused {
    url: String,
    code: String,
}

#[test]
fn the_guard_refuses_each_url_of_the_table() {
    let table = include_str!("../vectors/refused-urls.json");
    let rows: Vec<Refused> = serde_json::from_str(table).expect("a table");
    assert!(rows.len() >= 40, "{}", rows.len());
    let guard = Guard::new(["hooks.example.com".to_owned()], Vec::new());
    for Refused { url, code } in rows {
        let refusal = guard.check(&url).expect_err(&url);
        assert_eq!(refusal.code(), code, "{url:?}");
    }
}

#[test]
fn a_developers_pairs_are_exact() {
    let guard = Guard::new([], vec!["127.0.0.1:9000".into(), "localhost:9001".into()]);
    for url in ["http://127.0.0.1:9000/a", "https://127.0.0.1:9000", "http://localhost:9001?b"] {
        assert_eq!(guard.check(url), Ok(()), "{url}");
    }
    for url in [
        "http://127.0.0.1:9001/",
        "http://127.0.0.1/",
        "http://localhost:9000/",
        "ftp://127.0.0.1:9000/",
        "http://a@127.0.0.1:9000/",
        "http://127.0.0.1:9000.example.com/",
        "http://127.0.0.1:90000/",
    ] {
        assert!(guard.check(url).is_err(), "{url}");
    }
}

/// A Worker learns its own host from the requests that it gets.
#[test]
fn the_guard_refuses_the_host_of_the_request() {
    let guard = Guard::new(["hooks.example.com".to_owned()], vec!["localhost:9000".to_owned()]);
    let more = guard.with_own("Dispatch.Example.com.");
    let own = Err(GuardError::Own);
    assert_eq!(guard.check("https://dispatch.example.com/"), Ok(()));
    assert_eq!(more.check("https://dispatch.example.com/"), own);
    assert_eq!(more.check("https://hooks.example.com/"), own);
    assert_eq!(more.check("https://other.example.com/"), Ok(()));
    assert_eq!(more.check("http://localhost:9000/"), Ok(()));
}

fn answered(status: u16) -> Attempt {
    Attempt::Answered { status, retry_after: None }
}

#[test]
fn the_schedule_is_that_of_standard_webhooks() {
    let mut all = Vec::new();
    for failed in 0..MAX_ATTEMPTS {
        all.push(decide(Attempt::Unanswered, Format::CloudEvents, failed, 0.5));
    }
    let seconds = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];
    let mut expected: Vec<_> = seconds.iter().map(|s| Decision::Retry(s * 1000)).collect();
    expected.push(Decision::Dead);
    assert_eq!(all, expected);
    assert_eq!(seconds.iter().sum::<u64>(), 75 * 3600 + 35 * 60 + 5);
    assert_eq!(decide(answered(500), Format::Payload, u32::MAX, 0.5), Decision::Dead);
}

/// The five days of `docs/endpoints.md`.
#[test]
fn an_endpoint_may_fail_longer_than_a_delivery_is_tried() {
    assert_eq!(MAX_FAILING_MS, 120 * HOUR);
}

#[test]
fn delays_are_spread_by_a_fifth() {
    for (random, ms) in [(0.0, 4_000), (1.0, 6_000), (2.0, 6_000), (-1.0, 4_000)] {
        assert_eq!(decide(answered(500), Format::Slack, 0, random), Decision::Retry(ms));
    }
}

#[test]
fn an_endpoint_may_ask_for_a_later_attempt_of_a_day_at_most() {
    let ask = |retry_after, failed| {
        let attempt = Attempt::Answered { status: 429, retry_after: Some(retry_after) };
        decide(attempt, Format::CloudEvents, failed, 0.5)
    };
    assert_eq!(ask(1_000, 0), Decision::Retry(5_000));
    assert_eq!(ask(60_000, 0), Decision::Retry(60_000));
    assert_eq!(ask(1_000_000 * HOUR, 0), Decision::Retry(24 * HOUR));
    assert_eq!(ask(60_000, 9), Decision::Dead);
}

/// A tenth of the time for which its attempts have failed, from five seconds to a minute.
#[test]
fn a_pause_is_longer_the_longer_an_endpoint_fails() {
    for (failing, asked, expected) in [
        (None, None, 0),
        (Some(0), None, 5 * SECOND),
        (Some(50 * SECOND), None, 5 * SECOND),
        (Some(70 * SECOND), None, 7 * SECOND),
        (Some(600 * SECOND), None, 60 * SECOND),
        (Some(601 * SECOND), None, 60 * SECOND),
        // The longer of the two counts.
        (None, Some(2 * SECOND), 2 * SECOND),
        (Some(0), Some(2 * SECOND), 5 * SECOND),
        (Some(70 * SECOND), Some(8 * SECOND), 8 * SECOND),
        (None, Some(24 * HOUR), 24 * HOUR),
        (None, Some(25 * HOUR), 24 * HOUR),
    ] {
        assert_eq!(pause(failing, asked), expected, "{failing:?} {asked:?}");
    }
}

#[test]
fn statuses_decide() {
    use Decision::{Dead, Delivered, Disable, Retry};
    let rows = [
        (200, Delivered, Delivered),
        (204, Delivered, Delivered),
        (299, Delivered, Delivered),
        (199, Retry(5_000), Retry(5_000)),
        (301, Retry(5_000), Retry(5_000)),
        (400, Retry(5_000), Dead),
        (401, Retry(5_000), Retry(5_000)),
        (403, Retry(5_000), Disable),
        (404, Retry(5_000), Disable),
        (410, Disable, Disable),
        (429, Retry(5_000), Retry(5_000)),
        (500, Retry(5_000), Retry(5_000)),
    ];
    for (status, other, slack) in rows {
        assert_eq!(decide(answered(status), Format::CloudEvents, 0, 0.5), other, "{status}");
        assert_eq!(decide(answered(status), Format::Payload, 0, 0.5), other, "{status}");
        assert_eq!(decide(answered(status), Format::Slack, 0, 0.5), slack, "{status}");
    }
    assert_eq!(decide(Attempt::Impossible, Format::CloudEvents, 0, 0.5), Dead);
}

fn event(more: &Value) -> Value {
    let mut event = json!({
        "specversion": "1.0", "id": "e.1", "source": "/hooks/shop",
        "type": "orderhook.order.status.v1", "subject": "A-1", "time": "2026-05-09T12:00:00Z",
        "data": {
            "provider": "standard-webhooks", "authenticity": "body_signed",
            "received_at": "2026-05-09T12:00:01Z", "order": { "id": "A-1" },
            "status": { "now": "out_for_delivery", "was": "shipped" },
        },
    });
    for (name, value) in more.as_object().expect("an object") {
        event["data"][name] = value.clone();
    }
    event
}

fn body(written: Written<'_>) -> (&'static str, Vec<u8>) {
    match written {
        Written::Body(Content { kind, body }) => (kind, body.into_owned()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.as_str()), Some(format));
    }
    assert_eq!(Format::parse("Slack"), None);
    assert!(Format::CloudEvents.is_signed() && Format::Payload.is_signed());
    assert!(!Format::Slack.is_signed() && Format::Slack.has_secret_url());
    assert!(!Format::CloudEvents.has_secret_url() && !Format::Payload.has_secret_url());
}

/// Slack answers with a word. Any other text is not a refusal of Slack's.
#[test]
fn only_slacks_own_words_name_a_refusal() {
    for word in ["invalid_token", "no_service", "channel_is_archived", "user_not_found"] {
        assert_eq!(Format::Slack.refusal(word), Some(word));
        assert_eq!(Format::Slack.refusal(&format!(" {word}\n")), Some(word));
        assert_eq!(Format::CloudEvents.refusal(word), None);
        assert_eq!(Format::Payload.refusal(word), None);
    }
    for answer in ["", "ok", "No_Service", "no_service for T0/B0", "<html>no_service</html>"] {
        assert_eq!(Format::Slack.refusal(answer), None, "{answer}");
    }
}

#[test]
fn cloudevents_is_the_event_with_its_verdict() {
    let event = event(&json!({ "payload": "{}" }));
    let text = event.to_string();
    let (kind, sent) = body(Format::CloudEvents.write(&text, None));
    assert_eq!((kind, sent), ("application/cloudevents+json", text.clone().into_bytes()));
    let (_, sent) = body(Format::CloudEvents.write(&text, Some(Verdict::OutOfOrder)));
    let mut expected = event;
    expected["orderhookverdict"] = "out_of_order".into();
    assert_eq!(serde_json::from_slice::<Value>(&sent).expect("JSON"), expected);
    let (_, sent) = body(Format::CloudEvents.write(" { }", Some(Verdict::Fresh)));
    assert_eq!(sent, br#"{"orderhookverdict":"fresh" }"#);
}

#[test]
fn payload_is_the_providers_body() {
    let rows: [(Value, &str, &[u8]); 5] = [
        (json!({ "payload": "{\"a\": 1}\n" }), "application/json", b"{\"a\": 1}\n"),
        (json!({ "payload": "a=1&b=2" }), "text/plain; charset=utf-8", b"a=1&b=2"),
        (json!({ "payload": "" }), "text/plain; charset=utf-8", b""),
        (
            json!({ "payload": "\u{e9}\u{0}" }),
            "text/plain; charset=utf-8",
            "\u{e9}\u{0}".as_bytes(),
        ),
        (json!({ "payload_base64": "/wA=" }), "application/octet-stream", b"\xff\0"),
    ];
    for (data, kind, bytes) in rows {
        let text = event(&data).to_string();
        assert_eq!(body(Format::Payload.write(&text, None)), (kind, bytes.to_vec()), "{data}");
    }
    let key = format!("payload:shop:{}", "0".repeat(64));
    let text = event(&json!({ "payload_ref": key })).to_string();
    assert_eq!(Format::Payload.write(&text, None), Written::Stored(key));
    for text in [event(&json!({})).to_string(), "{".into(), "[]".into()] {
        assert_eq!(Format::Payload.write(&text, None), Written::Nothing);
    }
}

fn slack(event: &Value) -> Value {
    let text = event.to_string();
    let (kind, body) = body(Format::Slack.write(&text, None));
    assert_eq!(kind, "application/json");
    serde_json::from_slice(&body).expect("JSON")
}

#[test]
fn slack_gets_a_line_and_fields() {
    let message = slack(&event(&json!({})));
    assert_eq!(message["text"], "Order A-1: out for delivery (was shipped), shop");
    assert_eq!(message["unfurl_links"], false);
    let fields = message["blocks"][0]["fields"].as_array().expect("fields");
    let texts: Vec<_> = fields.iter().map(|field| field["text"].as_str().expect("text")).collect();
    assert_eq!(
        texts,
        [
            "Order: A-1",
            "Status: out for delivery (was shipped)",
            "Source: shop",
            "Time: 2026-05-09T12:00:00Z"
        ]
    );
    assert!(fields.iter().all(|field| field["type"] == "plain_text"));
    assert_eq!(message["blocks"][1]["elements"][0]["text"], "body_signed · event e.1");
}

#[test]
fn slack_gets_no_mention_and_no_link_of_a_provider() {
    let order = json!({ "id": "1", "reference": "<!channel> & <https://evil.example|x>" });
    let message = slack(&event(&json!({ "order": order, "test": true })));
    assert_eq!(
        message["text"],
        "Test: order &lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;: out for delivery \
         (was shipped), shop"
    );
    let long = json!({ "id": "&".repeat(5000) });
    let message = slack(&event(&json!({ "order": long })));
    assert!(message["text"].as_str().expect("text").len() <= 5 * 300);
    assert!(message.to_string().len() < 10_000);
}

/// The line has at most 300 bytes, and a name takes half of them.
#[test]
fn slack_shows_the_status_and_the_source_of_an_order_with_a_long_name() {
    let message = slack(&event(&json!({ "order": { "id": "9".repeat(5000) } })));
    let text = message["text"].as_str().expect("text");
    assert!(text.starts_with("Order 999") && text.len() <= 300, "{text}");
    assert!(text.ends_with("9: out for delivery (was shipped), shop"), "{text}");
}

/// The types of events that can be tried, and the lists of members that `pkg/event.schema.json`
/// requires of each: where they stand in an event, and in the schema.
const REQUIRED: [(&str, &[(&str, &str)]); 2] = [
    (
        "orderhook.order.status.v1",
        &[
            ("", "/required"),
            ("", "/oneOf/0/required"),
            ("/data", "/$defs/delivery/required"),
            ("/data", "/$defs/orderStatus/required"),
            ("/data/order", "/$defs/order/required"),
            ("/data/status", "/$defs/change/required"),
        ],
    ),
    (
        "orderhook.delivery.unrecognized.v1",
        &[
            ("", "/required"),
            ("/data", "/$defs/delivery/required"),
            ("/data", "/$defs/unrecognized/required"),
            ("/data/reason", "/$defs/unrecognized/properties/reason/required"),
        ],
    ),
];

#[test]
fn a_sample_has_every_member_that_its_type_requires() {
    let schema = include_str!("../../pkg/event.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    for (kind, lists) in REQUIRED {
        let sample = sample(kind, "shop", "e-1", "2026-05-09T12:00:00.000Z", Status::Delivered);
        let sample: Value = serde_json::from_str(&sample).expect("JSON");
        for (place, list) in lists {
            let of = sample.pointer(place).expect(place);
            for name in schema.pointer(list).and_then(Value::as_array).expect(list) {
                let name = name.as_str().expect("a name");
                assert!(of.get(name).is_some(), "{kind}: {place} has no {name}");
            }
        }
    }
}

#[test]
fn a_sample_is_read_as_an_event_and_says_that_it_is_a_test() {
    let now = "2026-05-09T12:00:00.000Z";
    for (kind, _) in REQUIRED {
        let text = sample(kind, "shop", "e-1", now, Status::AttemptFailed);
        assert_eq!(body(Format::Payload.write(&text, None)).1, br#"{"test":true}"#);
        let event = Taken::read(&text).expect("an event");
        assert_eq!((event.kind, &*event.source, &*event.id), (kind, "shop", "e-1"));
        assert_eq!((event.time.as_str(), event.received.as_str()), (now, now));
        assert_eq!((event.time_source, &*event.authenticity), (TimeSource::Receipt, "unverified"));
        let report = event.report.map(|report| (report.status, report.test));
        let is_order = kind == "orderhook.order.status.v1";
        assert_eq!(report, is_order.then_some((Status::AttemptFailed, true)));
    }
}

#[test]
fn slack_is_told_of_a_delivery_that_was_not_understood() {
    let mut event = event(&json!({}));
    event["type"] = "orderhook.delivery.unrecognized.v1".into();
    assert_eq!(slack(&event)["text"], "A delivery of shop was not understood");
    assert_eq!(Format::Slack.write("{}", None), Written::Nothing);
}
