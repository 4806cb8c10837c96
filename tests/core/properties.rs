//! Properties of any delivery. They run only on the host: proptest needs many cases, and the code
//! is the same.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod sender;

use std::{borrow::Cow, fmt, ops::Range};

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Answer, Authenticity, Delivery, Event, KeyFormat, MAX_MESSAGE_BYTES, Provider, Question,
    Reading, Refusal, Scheme, Secret, Source, Token, UnixMillis, UtcOffset, Verified,
    json::write,
    json::{self, JsonError, Object},
    provider,
};
use proptest::{prelude::*, sample::select, test_runner::FileFailurePersistence};
use sender::{base64, tag};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};
use time::{Date, Month, OffsetDateTime, Time, format_description::well_known::Rfc3339};

type Headers = Vec<(String, String)>;

const TOKEN: &str = "a-token";

/// Inputs that failed once are tried first. Their file is committed.
fn config(cases: u32) -> ProptestConfig {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/core/properties.txt");
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(FILE)) as _);
    ProptestConfig { cases: sender::cases(cases), failure_persistence, ..ProptestConfig::default() }
}

/// A provider whose `Debug` is its name alone.
#[derive(Clone, Copy)]
struct Named(&'static Provider);

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// Generates a provider that signs, and a secret in its format.
fn signing() -> impl Strategy<Value = (Named, String)> {
    let signing: Vec<_> =
        provider::ALL.iter().copied().filter(|p| p.scheme.key_format().is_some()).collect();
    let key = prop::collection::vec(any::<u8>(), 1..80);
    (select(signing), key, "\\PC*[^\\s\\p{C}]").prop_map(|(provider, key, text)| {
        let secret = match provider.scheme.key_format() {
            Some(KeyFormat::Utf8) => text,
            _ => base64(&key),
        };
        (Named(provider), secret)
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600),
        any::<String>().prop_map(String::into_bytes),
        any_provider()
            .prop_flat_map(|Named(provider)| shaped(provider))
            .prop_map(String::into_bytes),
    ]
}

fn any_provider() -> impl Strategy<Value = Named> {
    select(provider::ALL.iter().copied().map(Named).collect::<Vec<_>>())
}

/// Generates any moment of a clock. UP42's `created` is in seconds.
fn any_now() -> impl Strategy<Value = UnixMillis> {
    any::<u64>().prop_map(UnixMillis)
}

fn source(provider: &'static Provider, secret: &str) -> Source {
    let format = provider.scheme.key_format();
    let secret = |format| Secret::new(secret, format).expect("a secret");
    let token = matches!(provider.scheme, Scheme::UrlToken);
    let token = token.then(|| Token::new(TOKEN).expect("a token"));
    Source::new("a", provider, format.map(secret).into_iter().collect(), token, None)
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
    let Question::Sha256(parts) = question;
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
        verdict.as_ref().map(Verified::proof).map_err(|r| *r)
    };
    assert_eq!(proof(&verdict), proof(&hosts));
    let Ok(verified) = verdict else {
        return false;
    };
    if let Reading::Event(event) = verified.read(now) {
        is_an_event(event, body, now);
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
    assert!(message.whole().len() <= MAX_MESSAGE_BYTES);
    let sent: Value = serde_json::from_str(&message.whole()).expect("a message is JSON");
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
        let headers = sign(provider, &secret, &id, &body, now);
        prop_assert!(holds(&source(provider, &secret), &headers, "", &body, now));
    }

    #[test]
    fn a_flipped_bit_of_the_body_does_not_verify(
        (Named(provider), secret) in signing(),
        mut body in any_body().prop_filter("a body", |body| !body.is_empty()),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        now in any_now(),
    ) {
        let headers = sign(provider, &secret, "msg_1", &body, now);
        flip(&mut body, at, 0..8, bit);
        prop_assert!(!holds(&source(provider, &secret), &headers, "", &body, now));
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
        let mut headers = sign(provider, &secret, "msg_1", &body, now);
        let standard = provider.name == "standard-webhooks";
        let mut signed: Vec<_> = headers
            .iter_mut()
            .filter(|(name, _)| name != "signature-input" && (standard || name != "webhook-id"))
            .map(|(_, value)| value)
            .collect();
        let at_header = header.index(signed.len());
        let mut bytes = signed[at_header].clone().into_bytes();
        flip(&mut bytes, at, 0..7, bit);
        *signed[at_header] = String::from_utf8(bytes).expect("ASCII stays ASCII");
        prop_assert!(!holds(&source(provider, &secret), &headers, "", &body, now), "{:?}", headers);
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
        let headers = sign(provider, &text(&secret), "msg_1", &body, now);
        prop_assert!(!holds(&source(provider, &text(&other)), &headers, "", &body, now));
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
        holds(&source(provider, &secret), &headers, &url, &body, now);
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
fn cuts(Named(provider): Named, headers: &Headers, body: &[u8], other: &[u8]) -> Vec<Cut> {
    match provider.name {
        "standard-webhooks" => cuts_with_full_stops(headers, body),
        "up42" => cuts_between_headers(headers, other),
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
        Reading::Test => None,
    }
}

/// Makes a source with a secret and a token, if the provider has both.
fn guarded(provider: &'static Provider, secret: Option<&str>) -> Source {
    let prepared = |(text, format)| Secret::new(text, format).expect("a secret");
    let given = secret.zip(provider.scheme.key_format());
    let secrets = given.map(prepared).into_iter().collect();
    let token = Token::new(TOKEN).expect("a token");
    Source::new("a", provider, secrets, Some(token), None).expect("a source")
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
        let Some(headers) = try_sign(named.0, &secret, &id, &body, now) else {
            prop_assert!(id.contains('.'), "{} is not signed", id);
            return Ok(());
        };
        let source = guarded(named.0, Some(&secret));
        for cut in cuts(named, &headers, &body, &other) {
            let taken = identified(&source, &cut, now);
            prop_assert!(!matches!(taken, Some((_, Authenticity::BodySigned))), "{:?}", cut);
        }
    }

    /// A weaker proof never takes the id of a stronger one, whatever its sender writes.
    #[test]
    fn a_weaker_proof_takes_no_stronger_ones_id(
        Named(provider) in any_provider(),
        body in prop_oneof![any_provider().prop_flat_map(|p| shaped(p.0)).prop_map(String::into_bytes), any_body()],
        id in prop_oneof!["[a-z]{1,8}", "([a-z]{0,4}:)?[0-9a-f]{64}", Just("body".to_owned())],
        now in any_now(),
    ) {
        let weak = weakly_proven(provider, &id, &body, now);
        // The stronger sender may have sent anything that the weaker one knows.
        let ids: Vec<_> = weak.iter().map(|(id, _)| id.clone()).chain([id.clone()]).collect();
        for strong_id in ids {
            let bodies = strong_bodies(provider, &strong_id, &body);
            for body in bodies {
                let Some(headers) = try_sign(provider, "YWJj", &strong_id, &body, now) else {
                    continue;
                };
                let Some((strong, Authenticity::BodySigned)) =
                    identified(&guarded(provider, Some("YWJj")), &Cut { headers, body }, now)
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
    provider: &'static Provider,
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
            (!matches!(provider.scheme, Scheme::Hmac(_))).then(|| guarded(provider, None)),
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
fn strong_bodies(provider: &'static Provider, id: &str, body: &[u8]) -> [Vec<u8>; 2] {
    [body.to_vec(), named_body(provider, id)]
}

/// Returns a body whose event has this id at its provider.
fn named_body(provider: &'static Provider, id: &str) -> Vec<u8> {
    let body = match provider.name {
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

    /// The core's own reader accepts and refuses the same texts as `serde_json`, and reads the same
    /// values.
    #[test]
    fn json_is_read_as_by_serde_json(json in nearly_json()) {
        let valid = serde_json::from_str::<IgnoredAny>(&json).is_ok();
        match (Object::parse(&json), serde_json::from_str::<Fields<'_>>(&json)) {
            (Err(JsonError::Syntax), _) => prop_assert!(!valid),
            (Err(JsonError::NotAnObject), expected) => prop_assert!(valid && expected.is_err()),
            (Ok(object), Ok(Fields(expected))) => {
                let keys: Vec<_> = expected.iter().map(|(key, _)| key.as_str()).collect();
                prop_assert_eq!(object.keys().collect::<Vec<_>>(), keys.clone());
                for (key, raw) in &expected {
                    let once = keys.iter().filter(|k| *k == key).count() == 1;
                    prop_assert_eq!(object.raw(key), once.then_some(raw.get()));
                    prop_assert_eq!(json::text(raw.get()).map(Cow::into_owned), text_of(raw));
                    prop_assert_eq!(object.objects(key).count(), if once { objects_of(raw) } else { 0 });
                }
            }
            // A key that is not a text (half of a surrogate pair) is one that the core never looks
            // up.
            (Ok(_), Err(_)) => prop_assert!(valid && json.contains("\\u")),
        }
    }
}

proptest! {
    #![proptest_config(config(2000))]

    /// Authentic bodies of the providers' own keys: no field is lost, and reading never panics.
    #[test]
    fn every_event_has_the_required_fields(
        (Named(provider), body) in any_provider().prop_flat_map(|p| (Just(p), shaped(p.0))),
        id in "[ -\\-/-~]{1,300}",
        url in any_url(),
        now in any_now(),
    ) {
        let headers = sign(provider, "YWJj", &id, body.as_bytes(), now);
        prop_assert!(holds(&source(provider, "YWJj"), &headers, &url, body.as_bytes(), now));
    }

    #[test]
    fn moments_match_the_time_crate(
        (year, month, day) in (0..=9999_i32, 0..=13_u8, 0..=32_u8),
        (hour, minute, second) in (0..=24_u8, 0..=60_u8, 0..=59_u8),
        fraction in "(\\.[0-9]{1,9})?",
        (sign, ahead, minutes) in (select(vec!['+', '-']), 0..=24_u8, 0..=60_u8),
    ) {
        let zone = format!("{sign}{ahead:02}:{minutes:02}");
        let plain = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
        let text = format!("{}{fraction}{zone}", plain.replace(' ', "T"));
        let expected = OffsetDateTime::parse(&text, &Rfc3339).ok().and_then(utc);
        let expected = expected.map(|seconds| format!("{seconds}{fraction}Z"));
        prop_assert_eq!(moments(&text, None), expected.clone(), "{}", text);
        // The same without its zone, with the source's offset instead.
        let known = UtcOffset::parse(&zone);
        prop_assert_eq!(moments(&format!("{plain}{fraction}"), None), None);
        let in_zone = known.and_then(|zone| moments(&format!("{plain}{fraction}"), Some(zone)));
        prop_assert_eq!(in_zone, expected, "{} in {}", plain, zone);
    }

    #[test]
    fn every_day_matches_the_time_crate(seconds in 0..=253_402_300_799_u64, ms in 0..1000_u64) {
        let expected = OffsetDateTime::from_unix_timestamp(seconds.cast_signed()).expect("a time");
        let expected = format!("{}.{ms:03}Z", utc(expected).expect("a year of four digits"));
        prop_assert_eq!(UnixMillis(seconds * 1000 + ms).to_string(), expected);
    }
}

/// An object's keys and values as `serde_json` reads them, including keys that are given twice.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Fields<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(field) = map.next_entry()? {
            self.0.push(field);
        }
        Ok(self)
    }
}

/// Returns a string as `serde_json` reads it, or a number as it was written; `None` if it is blank.
fn text_of(raw: &RawValue) -> Option<String> {
    let number = raw.get().starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let text = serde_json::from_str(raw.get()).ok();
    let text = if number { Some(raw.get().to_owned()) } else { text };
    text.filter(|text: &String| !text.chars().all(json::is_blank))
}

/// Returns how many objects there are in a list, or in its place.
fn objects_of(raw: &RawValue) -> usize {
    let entries: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_else(|_| vec![raw]);
    entries.iter().filter(|entry| entry.get().starts_with('{')).count()
}

/// Generates JSON with a few characters inserted, removed or changed.
fn nearly_json() -> impl Strategy<Value = String> {
    const MARKS: &str = "{}[],:\"\\/u0019.eE+-truefalsn \t\n\r\u{b}\u{a0}\u{feff}é\0";
    let mark = select(MARKS.chars().collect::<Vec<_>>());
    let change = (any::<prop::sample::Index>(), prop::option::of(mark), any::<bool>());
    let json = prop_oneof![
        any_json(),
        prop::collection::vec((select(KEYS.to_vec()), any_json()), 0..4)
            .prop_map(|all| object(&all)),
        "[{}\\[\\],:\"\\\\u0-9dDaAeE.+ -]{0,24}",
        "\\{\"a\":\"(\\\\(u[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-f]{2}|u[dD][c-fC-F][0-9a-f]{2}|[\"\\\\/bfnrtx])|[a-zé]){0,6}\"\\}",
    ];
    (json, prop::collection::vec(change, 0..3)).prop_map(|(json, changes)| {
        let mut json: Vec<_> = json.chars().collect();
        for (at, mark, out) in changes {
            let at = at.index(json.len() + 1);
            let end = if out { (at + 1).min(json.len()) } else { at };
            json.splice(at..end, mark);
        }
        json.into_iter().collect()
    })
}

/// Returns a moment in UTC as RFC 3339, without its zone; `None` outside of the years 0 to 9999.
fn utc(moment: OffsetDateTime) -> Option<String> {
    let seconds = moment.unix_timestamp();
    let first = Date::from_calendar_date(0, Month::January, 1).expect("a day");
    let (first, day) = (first.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp(), 86_400);
    if !(first..=253_402_300_799).contains(&seconds) {
        return None;
    }
    let (date, time) = (first.max(seconds).div_euclid(day), seconds.rem_euclid(day));
    let date = Date::from_julian_day(i32::try_from(date).ok()? + 2_440_588).ok()?;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    Some(format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    ))
}

/// Returns what Wakilni's `timestamp` and `created_at` become, which is the same; `None` if the
/// event has the time of receipt.
#[track_caller]
fn moments(text: &str, zone: Option<UtcOffset>) -> Option<String> {
    let body = format!(
        r#"{{"event_id":"e","event":"Order Created","timestamp":"{text}","data":{{"order_id":1,"created_at":"{text}"}}}}"#
    );
    let provider = provider::by_name("wakilni").expect("a provider");
    let secret = Secret::new("s", KeyFormat::Utf8).expect("a secret");
    let source = Source::new("a", provider, vec![secret], None, zone).expect("a source");
    let signature = base64(&tag(b"s", &[body.as_bytes()]));
    let headers: &[_] = &[("x-webhook-signature", signature)];
    let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
    // With this time of receipt, every moment is in the past.
    let now = UnixMillis(u64::MAX);
    let verified = source.verify(delivery, None, now).expect("authentic");
    let Reading::Event(event) = verified.read(now) else { panic!("a test") };
    let created_at = event.data.content.expect("understood").order.created_at;
    let receipt = now.to_string();
    assert_eq!(event.time, created_at.clone().unwrap_or(receipt));
    created_at
}

fn any_url() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "https://h/\\?orderid=[%+0-9a-f&=#?]{0,20}"]
}

/// Generates headers that the schemes read, with values of any shape and values that are nearly
/// right.
fn any_headers() -> impl Strategy<Value = Headers> {
    let names = vec![
        "x-webhook-signature",
        "X-Attempt-Number",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "signature-input",
        "signature",
        "digest",
        "content-digest",
        "date",
    ];
    let value = prop_oneof![
        any::<String>(),
        "[0-9a-f]{64}",
        "[A-Za-z0-9+/]{43}=",
        "v1,[A-Za-z0-9+/]{43}=( v1[a,]?[A-Za-z0-9+/]{43}=){0,3}",
        "[a-z]{1,3}=:?[A-Za-z0-9+/]{43}=:?",
        "[a-z]{1,3}=\\((\"(date|digest|webhook-id)\" ?){0,3}\\);created=[0-9]{0,20}",
        "(SHA|sha)-256=:?[A-Za-z0-9+/]{43}=:?(, *[a-z]+=.*)?",
        "[+-]?[0-9]{0,21}",
    ];
    let header = (select(names), value).prop_map(|(name, value)| (name.to_owned(), value));
    prop::collection::vec(header, 0..8)
}

/// Generates JSON text of any kind, and objects with the providers' own keys, some given twice.
fn any_json() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        number(),
        any_text(),
        moment(),
        word(),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let keys = select(KEYS.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((keys, inner), 0..6).prop_map(|all| object(&all)),
        ]
    })
    .boxed()
}

const KEYS: [&str; 16] = [
    "event_id",
    "event",
    "data",
    "order_id",
    "order",
    "reference",
    "new_status",
    "items",
    "messageId",
    "body",
    "status",
    "Id",
    "Items",
    "Status",
    "Price",
    "id",
];

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn number() -> BoxedStrategy<String> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?".boxed()
}

fn any_text() -> BoxedStrategy<String> {
    prop_oneof![any::<String>(), "[a-z0-9\u{0}-\u{1f}é]{0,300}"]
        .prop_map(|text| Value::from(text).to_string())
        .boxed()
}

fn moment() -> BoxedStrategy<String> {
    "\"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?\""
        .boxed()
}

/// Generates a word of any provider.
fn word() -> BoxedStrategy<String> {
    let words: Vec<_> = provider::ALL
        .iter()
        .flat_map(|provider| provider.events.iter().chain(provider.statuses))
        .map(|word| Value::from(word.text).to_string())
        .collect();
    select(words).boxed()
}

/// Generates an object with these fields. Each is nearly always given and of its type, but may be
/// absent or of any other.
fn fields(fields: Vec<(&'static str, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let field = |(key, value): (&'static str, BoxedStrategy<String>)| {
        prop_oneof![
            12 => value.prop_map(move |value| Some((key, value))),
            1 => any_json().prop_map(move |value| Some((key, value))),
            1 => Just(None),
        ]
    };
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    let more = prop::option::weighted(0.1, (select(KEYS.to_vec()), any_json()));
    (fields, more)
        .prop_map(|(fields, more)| {
            object(&fields.into_iter().flatten().chain(more).collect::<Vec<_>>())
        })
        .boxed()
}

fn list(entry: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop::collection::vec(prop_oneof![9 => entry, 1 => any_json()], 0..5)
        .prop_map(|all| format!("[{}]", all.join(",")))
        .boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![3 => "\"[A-Z]{1,3}-[0-9]{1,6}\"", 1 => any_text(), 1 => number()].boxed()
}

/// Generates a body as the provider sends it, or nearly so.
fn shaped(provider: &'static Provider) -> BoxedStrategy<String> {
    match provider.name {
        "wakilni" => fields(vec![
            ("event_id", text()),
            ("event", word()),
            ("timestamp", moment()),
            ("data", wakilni_data()),
        ]),
        "wegocod" => fields(vec![
            ("event", text()),
            ("timestamp", moment()),
            ("order", wegocod_order()),
            (
                "customer",
                fields(["name", "phone", "city", "address"].map(|k| (k, text())).to_vec()),
            ),
            (
                "items",
                list(fields(
                    ["product_name", "sku", "quantity", "price"].map(|k| (k, text())).to_vec(),
                )),
            ),
        ]),
        "up42" => fields(vec![
            ("event", text()),
            ("liveMode", any_json()),
            ("messageId", text()),
            ("timestamp", moment()),
            (
                "body",
                fields(vec![
                    ("orderId", text()),
                    ("status", word()),
                    ("statusIsFinal", any_json()),
                ]),
            ),
        ]),
        "gooten" => fields(vec![
            ("Id", text()),
            ("NiceId", text()),
            ("Items", list(gooten_line())),
            ("Total", price()),
            (
                "ShippingAddress",
                fields(
                    ["FirstName", "LastName", "Line1", "Line2", "City"]
                        .map(|k| (k, text()))
                        .to_vec(),
                ),
            ),
        ]),
        _ => fields(vec![
            ("type", text()),
            ("timestamp", moment()),
            ("data", fields(vec![("order_id", text()), ("id", text()), ("status", word())])),
        ]),
    }
}

fn wakilni_data() -> BoxedStrategy<String> {
    fields(vec![
        ("order_id", text()),
        ("waybill", text()),
        ("created_at", moment()),
        ("new_status", word()),
        ("previous_status", word()),
        ("driver_name", text()),
        ("location", list(fields(vec![("office_name", text()), ("phone_number", text())]))),
    ])
}

fn wegocod_order() -> BoxedStrategy<String> {
    fields(vec![
        ("reference", text()),
        ("old_status", word()),
        ("new_status", word()),
        ("amount", text()),
        ("currency", text()),
        ("tracking_number", text()),
        ("delivery_notes", text()),
        ("created_at", moment()),
    ])
}

fn gooten_line() -> BoxedStrategy<String> {
    fields(vec![
        ("Sku", text()),
        ("Quantity", number()),
        ("Status", word()),
        ("TrackingNumber", text()),
        ("TrackingUrl", text()),
        ("Price", price()),
    ])
}

fn price() -> BoxedStrategy<String> {
    fields(vec![("Price", number()), ("CurrencyCode", text())])
}

/// The generator is only useful if most of its bodies are understood.
#[test]
fn most_generated_bodies_are_understood() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    for provider in provider::ALL.iter().copied() {
        let (strategy, source) = (shaped(provider), source(provider, "YWJj"));
        let understood = (0..200)
            .filter(|_| {
                let body = strategy.new_tree(&mut runner).expect("a body").current();
                let headers = sign(provider, "YWJj", "i", body.as_bytes(), UnixMillis(0));
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

/// Random dates never hit the days that calendars get wrong.
#[test]
fn leap_days_match_the_time_crate() {
    for year in [0, 1, 4, 100, 400, 1600, 1700, 1900, 1904, 2000, 2023, 2024, 2100, 9996, 9999] {
        for day in ["02-28", "02-29", "02-30", "03-01", "12-31", "01-01"] {
            let text = format!("{year:04}-{day}T12:00:00Z");
            let exists = OffsetDateTime::parse(&text, &Rfc3339).is_ok();
            assert_eq!(moments(&text, None), exists.then_some(text));
        }
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
        for provider in provider::ALL.iter().copied() {
            let now = UnixMillis(1_731_587_954_120);
            let headers = sign(provider, "YWJj", "msg_1", &body, now);
            assert!(
                holds(&source(provider, "YWJj"), &headers, "", &body, now),
                "{}",
                provider.name
            );
        }
    }
}
