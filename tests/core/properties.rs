//! Properties of any delivery. They run only on the host: proptest needs many cases, and the code
//! is the same.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;
mod generate;
mod message;
mod sender;

use std::{ops::Range, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use generate::{
    Headers, Named, any_body, any_headers, any_now, any_provider, any_shaped, any_url, config,
    providers, shaped,
};
use orderhook_core::{
    Answer, Authenticity, Delivery, Event, KeyFormat, MAX_MESSAGE_BYTES, Provider, Question,
    Reading, Refusal, Scheme, Secret, Settings, Source, Token, UnixMillis, Verified, json::write,
};
use proptest::{prelude::*, sample::select};
use sender::{base64, tag};
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const TOKEN: &str = "a-token-of-a-shop";

/// Generates a provider that signs, and a secret in its format.
fn signing() -> impl Strategy<Value = (Named, String)> {
    let mut signing = providers();
    signing.retain(|Named(provider)| provider.scheme.key_format().is_some());
    let key = prop::collection::vec(any::<u8>(), 1..80);
    (select(signing), key, "\\PC*[^\\s\\p{C}]").prop_map(|(named, key, text)| {
        let secret = match named.0.scheme.key_format() {
            Some(KeyFormat::Utf8) => text,
            _ => base64(&key),
        };
        (named, secret)
    })
}

fn source(provider: &Arc<Provider>, secret: &str) -> Source {
    let format = provider.scheme.key_format();
    let secret = |format| Secret::new(secret, format).expect("a secret");
    let token = matches!(provider.scheme, Scheme::UrlToken);
    let token = token.then(|| Token::new(TOKEN).expect("a token"));
    Source::new(
        "a",
        Arc::clone(provider),
        format.map(secret).into_iter().collect(),
        token,
        Settings::default(),
    )
    .expect("a source")
}

/// Returns the headers of a delivery that our own `sign` signed.
fn sign(provider: &Provider, secret: &str, id: &str, body: &[u8], now: UnixMillis) -> Headers {
    try_sign(provider, secret, id, body, now).expect("signed")
}

/// Does the same; `None` if an id cannot be signed.
fn try_sign(
    provider: &Provider,
    secret: &str,
    id: &str,
    body: &[u8],
    now: UnixMillis,
) -> Option<Headers> {
    let mut headers = vec![("webhook-id".to_owned(), id.to_owned())];
    if let Some(format) = provider.scheme.key_format() {
        let given: &[(String, String)] = &headers;
        let delivery = Delivery { headers: &given, url: "", body };
        let secret = Secret::new(secret, format).expect("a secret");
        let signed = provider.scheme.sign(&secret, &delivery, now).ok()?;
        headers.extend(signed.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    Some(headers)
}

/// Hashes for the core.
fn hashed(question: Question<'_>) -> Answer {
    let Question::Sha256(parts) = question else {
        panic!("a hash");
    };
    Answer::Sha256(parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into())
}

/// Returns whether the delivery is authentic, checked with every way to hash. If it is, its event
/// is checked too.
fn holds(source: &Source, headers: &Headers, url: &str, body: &[u8], now: UnixMillis) -> bool {
    let headers: &[(String, String)] = headers;
    let token = source.token().and_then(|token| token.check(TOKEN));
    let delivery = Delivery { headers: &headers, url, body };
    let verdict = source.verify(delivery, token, now);
    let challenge = source.challenge(delivery, token, now);
    let hosts = challenge.and_then(|challenge| challenge.answer(hashed));
    let proof = |verdict: &Result<Verified<'_>, Refusal>| {
        verdict.as_ref().map(Verified::proof).map_err(Clone::clone)
    };
    assert_eq!(proof(&verdict), proof(&hosts));
    let Ok(verified) = verdict else {
        return false;
    };
    match verified.read(now) {
        Reading::Event(event) => is_an_event(event, body, now),
        Reading::Test => {}
        other => panic!("{other:?}"),
    }
    true
}

#[track_caller]
fn is_an_event(event: Event<'_>, body: &[u8], now: UnixMillis) {
    let json: Value = serde_json::from_str(&event.to_json()).expect("an event is JSON");
    let id = json["id"].as_str().expect("an id");
    assert!((1..=256).contains(&id.len()), "an id of {} bytes", id.len());
    assert!(is_cloudevents_string(id), "{id:?}");
    assert!(json["subject"].as_str().is_none_or(is_cloudevents_string), "{}", json["subject"]);
    assert_eq!(json["source"], "/hooks/a");
    is_timed(&json, now);
    for moment in [&json["time"], &json["data"]["received_at"]] {
        let moment = moment.as_str().expect("a moment");
        assert!(OffsetDateTime::parse(moment, &Rfc3339).is_ok(), "{moment}");
    }
    let data = &json["data"];
    let text = |key| data.get(key).and_then(Value::as_str);
    match (text("payload"), text("payload_base64")) {
        (Some(text), None) => assert_eq!(text.as_bytes(), body),
        (None, Some(text)) => assert_eq!(STANDARD.decode(text).expect("base64"), body),
        other => panic!("one of the two: {other:?}"),
    }
    is_one_kind(&json, event.data.content.as_ref().ok().map(|content| &*content.order.id));
    let message = event.into_message("a");
    let sent = message::event(&message);
    assert!(sent.to_string().len() <= MAX_MESSAGE_BYTES);
    assert_eq!(sent["id"], json["id"]);
    match message.kept {
        None => assert_eq!(sent, json),
        Some(key) => {
            assert_eq!(key, format!("payload:a:{}", hex::encode(Sha256::digest(body))));
            assert_eq!(sent["data"]["payload_ref"], key);
        }
    }
}

/// Whether the `CloudEvents` type String allows a text.
fn is_cloudevents_string(text: &str) -> bool {
    text.chars().all(|c| {
        let is_control = matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}');
        let is_noncharacter =
            matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) % 65_536 >= 65_534;
        !is_control && !is_noncharacter
    })
}

/// Checks that the time is the provider's and at most a day ahead, or is that of receipt.
#[track_caller]
fn is_timed(event: &Value, now: UnixMillis) {
    let moment = |value: &Value| {
        let text = value.as_str().expect("a moment");
        OffsetDateTime::parse(text, &Rfc3339).expect("RFC 3339")
    };
    let received = moment(&event["data"]["received_at"]);
    match event["data"]["time_source"].as_str() {
        Some("receipt") => assert_eq!(event["time"], event["data"]["received_at"]),
        Some("provider") => {
            // Whole seconds count.
            let ahead = moment(&event["time"]).unix_timestamp() - received.unix_timestamp();
            assert!(ahead <= 86_400, "{ahead} s ahead at {now}");
        }
        other => panic!("{other:?}"),
    }
}

/// Checks that an order's event has content, and the other kind a reason.
#[track_caller]
fn is_one_kind(event: &Value, order_id: Option<&str>) {
    let data = &event["data"];
    if event["type"] == "orderhook.order.status.v1" {
        assert_eq!(data["order"]["id"].as_str(), order_id);
        if order_id.is_some_and(is_cloudevents_string) {
            assert_eq!(event["subject"], data["order"]["id"]);
        }
        assert!(event["subject"].as_str().is_some_and(|id| !id.trim().is_empty()));
        assert!(data["status"]["now"].is_string() && data.get("reason").is_none());
    } else {
        assert_eq!(event["type"], "orderhook.delivery.unrecognized.v1");
        assert!(data["reason"]["code"].is_string() && data.get("order").is_none());
    }
}

fn flip(bytes: &mut [u8], at: prop::sample::Index, bits: Range<u8>, bit: u8) {
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << (bits.start + bit % (bits.end - bits.start));
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn a_signed_delivery_verifies(
        (Named(provider), secret) in signing(),
        body in any_body(),
        id in "[ -\\-/-~]{1,300}",
        now in any_now(),
    ) {
        let headers = sign(&provider, &secret, &id, &body, now);
        prop_assert!(holds(&source(&provider, &secret), &headers, "", &body, now));
    }

    #[test]
    fn a_flipped_bit_of_the_body_does_not_verify(
        (Named(provider), secret) in signing(),
        mut body in any_body().prop_filter("a body", |body| !body.is_empty()),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        now in any_now(),
    ) {
        let headers = sign(&provider, &secret, "msg_1", &body, now);
        flip(&mut body, at, 0..8, bit);
        prop_assert!(!holds(&source(&provider, &secret), &headers, "", &body, now));
    }

    /// Every header that `sign` gives is a tag or is signed, except for UP42's list. That one is
    /// worth what it lists, which `schemes.rs` checks.
    #[test]
    fn a_flipped_bit_of_a_tag_or_a_signed_header_does_not_verify(
        (Named(provider), secret) in signing(),
        body in any_body(),
        header in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0..7_u8,
        now in any_now(),
    ) {
        let mut headers = sign(&provider, &secret, "msg_1", &body, now);
        let standard = &*provider.name == "standard-webhooks";
        let mut signed: Vec<_> = headers
            .iter_mut()
            .filter(|(name, _)| name != "signature-input" && (standard || name != "webhook-id"))
            .map(|(_, value)| value)
            .collect();
        let at_header = header.index(signed.len());
        let mut bytes = signed[at_header].clone().into_bytes();
        flip(&mut bytes, at, 0..7, bit);
        *signed[at_header] = String::from_utf8(bytes).expect("ASCII stays ASCII");
        prop_assert!(!holds(&source(&provider, &secret), &headers, "", &body, now), "{:?}", headers);
    }

    #[test]
    fn another_secret_does_not_verify(
        (Named(provider), secret) in signing(),
        (_, other) in signing(),
        body in any_body(),
        now in any_now(),
    ) {
        let text = |secret: &str| match provider.scheme.key_format() {
            Some(KeyFormat::Utf8) => secret.to_owned(),
            _ => base64(secret.as_bytes()),
        };
        prop_assume!(secret != other && secret.len() <= 64 && other.len() <= 64);
        // HMAC pads a short key with NUL, so keys that differ only in NULs at the end are the same.
        prop_assume!(!secret.ends_with('\0') && !other.ends_with('\0'));
        let headers = sign(&provider, &text(&secret), "msg_1", &body, now);
        prop_assert!(!holds(&source(&provider, &text(&other)), &headers, "", &body, now));
    }

    /// Any input from the network: headers in any shape, any body, any URL, any clock.
    #[test]
    fn no_delivery_makes_the_core_panic(
        (Named(provider), secret) in signing(),
        headers in any_headers(),
        url in any_url(),
        body in any_body(),
        now in any_now(),
    ) {
        holds(&source(&provider, &secret), &headers, &url, &body, now);
    }
}

/// A signed delivery whose signed text an attacker has cut into other parts.
#[derive(Clone, Debug)]
struct Cut {
    headers: Headers,
    body: Vec<u8>,
}

/// Returns every delivery with the same signed text, cut at other places. `other` is the attacker's
/// own body, for a scheme that signs no body.
fn cuts(provider: &Provider, headers: &Headers, body: &[u8], other: &[u8]) -> Vec<Cut> {
    match &*provider.name {
        "standard-webhooks" => cuts_with_full_stops(headers, body),
        // It signs no header's name, so the same body under its digest is a copy of the delivery.
        "up42" if other != body => cuts_between_headers(headers, other),
        _ => Vec::new(),
    }
}

fn value<'h>(headers: &'h Headers, name: &str) -> &'h str {
    headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Returns `id.time.body`, cut at any two full stops.
fn cuts_with_full_stops(headers: &Headers, body: &[u8]) -> Vec<Cut> {
    let (id, time) = (value(headers, "webhook-id"), value(headers, "webhook-timestamp"));
    let text = [id.as_bytes(), b".", time.as_bytes(), b".", body].concat();
    let stops: Vec<_> = (0..text.len()).filter(|at| text[*at] == b'.').take(24).collect();
    let pairs = stops.iter().flat_map(|first| stops.iter().map(move |second| (*first, *second)));
    pairs
        .filter(|(first, second)| first < second)
        .filter_map(|(first, second)| {
            let header = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
            let mut headers = headers.clone();
            for (name, part) in
                [("webhook-id", &text[..first]), ("webhook-timestamp", &text[first + 1..second])]
            {
                headers.retain(|(known, _)| known != name);
                headers.push((name.to_owned(), header(part)?));
            }
            Some(Cut { headers, body: text[second + 1..].to_vec() })
        })
        .filter(|cut| value(&cut.headers, "webhook-id") != id || cut.body != body)
        .collect()
}

/// Returns the values of the listed headers, cut into two at any place, under names with and
/// without a meaning.
fn cuts_between_headers(headers: &Headers, body: &[u8]) -> Vec<Cut> {
    let text = ["date", "digest"].map(|name| value(headers, name)).concat();
    let input = value(headers, "signature-input");
    let names = [("x-a", "x-b"), ("digest", "x-b"), ("x-a", "digest"), ("date", "content-digest")];
    names
        .into_iter()
        .flat_map(|(first, second)| {
            let (text, input) = (&text, &input);
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).map(move |at| {
                let input = input.replacen("date", first, 1).replacen(
                    "\"digest\"",
                    &format!("\"{second}\""),
                    1,
                );
                let headers = vec![
                    (first.to_owned(), text[..at].to_owned()),
                    (second.to_owned(), text[at..].to_owned()),
                    ("signature-input".to_owned(), input),
                    ("signature".to_owned(), value(headers, "signature").to_owned()),
                ];
                Cut { headers, body: body.to_vec() }
            })
        })
        .collect()
}

/// Generates a body that contains text like the other parts of a signed text.
fn cuttable_body() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof!["\\.[0-9]{9,11}\\.", "[a-z{}\":]{0,8}", "\\.", "[0-9]{1,3}"];
    prop::collection::vec(part, 1..8).prop_map(|parts| parts.concat().into_bytes())
}

/// Returns the event's id and the delivery's authenticity; `None` if it is refused.
fn identified(
    source: &Source,
    Cut { headers, body }: &Cut,
    now: UnixMillis,
) -> Option<(String, Authenticity)> {
    let token = source.token().and_then(|token| token.check(TOKEN));
    let headers: &[(String, String)] = headers;
    let delivery = Delivery { headers: &headers, url: "", body };
    let verified = source.verify(delivery, token, now).ok()?;
    let authenticity = verified.proof().authenticity;
    match verified.read(now) {
        Reading::Event(event) => Some((event.id.into_owned(), authenticity)),
        _ => None,
    }
}

/// Makes a source with a secret and a token, if the provider has both.
fn guarded(provider: &Arc<Provider>, secret: Option<&str>) -> Source {
    let prepared = |(text, format)| Secret::new(text, format).expect("a secret");
    let given = secret.zip(provider.scheme.key_format());
    let secrets = given.map(prepared).into_iter().collect();
    let token = Token::new(TOKEN).expect("a token");
    Source::new("a", Arc::clone(provider), secrets, Some(token), Settings::default())
        .expect("a source")
}

proptest! {
    #![proptest_config(config(300))]

    /// An attacker who has seen a signed delivery cannot make another one by moving bytes from one
    /// signed part to another. At most it is worth the token, under an id that says so.
    #[test]
    fn signed_parts_cannot_be_cut_in_another_way(
        (named, secret) in signing(),
        body in prop_oneof![cuttable_body(), any_body()],
        id in "[a-z_.0-9]{1,20}",
        other in any_body(),
        millis in 1_600_000_000_000..1_800_000_000_000_u64,
        at_once in any::<bool>(),
    ) {
        let now = UnixMillis(millis);
        let body = if at_once {
            // A customer's text that holds the time of signing.
            [format!("hi.{}.", now.seconds()).as_bytes(), &body].concat()
        } else {
            body
        };
        let Some(headers) = try_sign(&named.0, &secret, &id, &body, now) else {
            prop_assert!(id.contains('.'), "{} is not signed", id);
            return Ok(());
        };
        let source = guarded(&named.0, Some(&secret));
        for cut in cuts(&named.0, &headers, &body, &other) {
            let taken = identified(&source, &cut, now);
            prop_assert!(!matches!(taken, Some((_, Authenticity::BodySigned))), "{:?}", cut);
        }
    }

    /// A weaker proof never takes the id of a stronger one, whatever its sender writes.
    #[test]
    fn a_weaker_proof_takes_no_stronger_ones_id(
        Named(provider) in any_provider(),
        body in prop_oneof![any_shaped().prop_map(|(_, body)| body.into_bytes()), any_body()],
        id in prop_oneof!["[a-z]{1,8}", "([a-z]{0,4}:)?[0-9a-f]{64}", Just("body".to_owned())],
        now in any_now(),
    ) {
        let weak = weakly_proven(&provider, &id, &body, now);
        // The stronger sender may have sent anything that the weaker one knows.
        let ids: Vec<_> = weak.iter().map(|(id, _)| id.clone()).chain([id.clone()]).collect();
        for strong_id in ids {
            let bodies = strong_bodies(&provider, &strong_id, &body);
            for body in bodies {
                let Some(headers) = try_sign(&provider, "YWJj", &strong_id, &body, now) else {
                    continue;
                };
                let Some((strong, Authenticity::BodySigned)) =
                    identified(&guarded(&provider, Some("YWJj")), &Cut { headers, body }, now)
                else {
                    continue;
                };
                prop_assert!(weak.iter().all(|(weak, _)| *weak != strong), "{}", strong);
            }
        }
    }
}

/// Returns the ids of a delivery whose body is not authenticated: with a signature over other
/// headers, with the token alone, and unverified.
fn weakly_proven(
    provider: &Arc<Provider>,
    id: &str,
    body: &[u8],
    now: UnixMillis,
) -> Vec<(String, Authenticity)> {
    let body = &[body.to_vec(), named_body(provider, id)];
    let with_token = |body: &Vec<u8>| {
        let mut headers = vec![("webhook-id".to_owned(), id.to_owned())];
        headers.extend(sign_date(now));
        let cut = Cut { headers, body: body.clone() };
        let sources = [
            (!matches!(provider.scheme, Scheme::Signed(_))).then(|| guarded(provider, None)),
            matches!(provider.scheme, Scheme::HeaderList(_))
                .then(|| guarded(provider, Some("YWJj"))),
        ];
        let mut found: Vec<_> =
            sources.iter().flatten().filter_map(|source| identified(source, &cut, now)).collect();
        let headers: &[(String, String)] = &cut.headers;
        let delivery = Delivery { headers: &headers, url: "", body };
        if let Reading::Event(event) = provider.normalize("a", None, &delivery, now) {
            found.push((event.id.into_owned(), Authenticity::Unverified));
        }
        found
    };
    body.iter().flat_map(with_token).collect()
}

/// Returns UP42's headers over a date alone, which do not cover the body.
fn sign_date(now: UnixMillis) -> Headers {
    let signature = base64(&tag(b"YWJj", &[b"a date"]));
    [
        ("date", "a date".to_owned()),
        ("signature-input", format!("s=(\"date\");created={}", now.seconds())),
        ("signature", format!("s={signature}")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Returns bodies that a sender with the secret may have signed: this one, and one of this id.
fn strong_bodies(provider: &Arc<Provider>, id: &str, body: &[u8]) -> [Vec<u8>; 2] {
    [body.to_vec(), named_body(provider, id)]
}

/// Returns a body whose event has this id at its provider.
fn named_body(provider: &Arc<Provider>, id: &str) -> Vec<u8> {
    let body = match &*provider.name {
        "wakilni" => {
            serde_json::json!({ "event_id": id, "event": "Order Created", "data": { "order_id": 1 } })
        }
        "up42" => {
            serde_json::json!({ "messageId": id, "body": { "orderId": "o", "status": "PLACED" } })
        }
        "gooten" => serde_json::json!({ "Id": id, "Items": [{ "Status": "New" }] }),
        "wegocod" => {
            let (reference, status) = id.rsplit_once(':').unwrap_or((id, "pending"));
            serde_json::json!({ "order": { "reference": reference, "new_status": status } })
        }
        _ => serde_json::json!({ "data": { "order_id": "1", "status": "shipped" } }),
    };
    body.to_string().into_bytes()
}

proptest! {
    #![proptest_config(config(4000))]

    /// `serde_json` reads back what the core writes, for any text.
    #[test]
    fn serde_json_reads_a_written_text_back(text in "\\PC*|[\u{0}-\u{7f}]*") {
        let json = write::object(|fields| fields.text("a", &text));
        let read: Value = serde_json::from_str(&json).expect("JSON");
        prop_assert_eq!(read, serde_json::json!({ "a": text }));
    }
}

proptest! {
    #![proptest_config(config(2000))]

    /// Authentic bodies of the providers' own keys: no field is lost, and reading never panics.
    #[test]
    fn every_event_has_the_required_fields(
        (Named(provider), body) in any_shaped(),
        id in "[ -\\-/-~]{1,300}",
        url in any_url(),
        now in any_now(),
    ) {
        let headers = sign(&provider, "YWJj", &id, body.as_bytes(), now);
        prop_assert!(holds(&source(&provider, "YWJj"), &headers, &url, body.as_bytes(), now));
    }
}

/// The generator is only useful if most of its bodies are understood.
#[test]
fn most_generated_bodies_are_understood() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    for Named(provider) in providers() {
        let (strategy, source) = (shaped(&provider), source(&provider, "YWJj"));
        let understood = (0..200)
            .filter(|_| {
                let body = strategy.new_tree(&mut runner).expect("a body").current();
                let headers = sign(&provider, "YWJj", "i", body.as_bytes(), UnixMillis(0));
                let headers: &[(String, String)] = &headers;
                let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
                let token = source.token().and_then(|token| token.check(TOKEN));
                let verified = source.verify(delivery, token, UnixMillis(0)).expect("authentic");
                matches!(verified.read(UnixMillis(0)), Reading::Event(e) if e.data.content.is_ok())
            })
            .count();
        assert!(understood > 80, "{}: {understood} of 200", provider.name);
    }
}

/// Bodies that break readers, signed by every provider that signs.
#[test]
fn bodies_that_break_readers_verify_and_read() {
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for body in [
        Vec::new(),
        b"\0".to_vec(),
        b"{\"event\":\"\0\"}".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\xef\xbb\xbf".to_vec(),
        b"{\"data\":1,\"data\":2,\"event\":1,\"event\":2}".to_vec(),
        b"{\"order\":{\"amount\":1e999999,\"reference\":-0.0e-999}}".to_vec(),
        deep(10_000).into_bytes(),
        format!("{{\"data\":{}}}", deep(100_000)).into_bytes(),
        "{\"order\":".repeat(100_000).into_bytes(),
        vec![b' '; 1 << 20],
        vec![0xff; 1 << 20],
    ] {
        for Named(provider) in providers() {
            let now = UnixMillis(1_731_587_954_120);
            let headers = sign(&provider, "YWJj", "msg_1", &body, now);
            assert!(
                holds(&source(&provider, "YWJj"), &headers, "", &body, now),
                "{}",
                provider.name
            );
        }
    }
}
