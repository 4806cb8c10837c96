//! Every way to sign, as a definition writes it: published vectors, and what an attacker changes.
//!
//! The signatures that are not published were made by Python's `hmac` and `hashlib`.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.
#![allow(clippy::needless_pass_by_value)] // Definitions are written where they are passed.

use std::{borrow::Cow, sync::Arc};

use orderhook_core::{
    Algorithm, Answer, Authenticity, Delivery, Part, Proof, Provider, Question, Reading, Refusal,
    SecretError, Settings, SignError, Source, SourceError, UnixMillis,
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const ORDER: &str = r#"{"order":"7"}"#;

/// A delivery and the account that it is for.
#[derive(Clone)]
struct Case {
    scheme: Value,
    secret: String,
    settings: Settings,
    headers: Vec<(String, String)>,
    body: String,
    now: UnixMillis,
}

fn case(scheme: Value, secret: &str, headers: &[(&str, &str)], body: &str) -> Case {
    Case {
        scheme,
        secret: secret.to_owned(),
        settings: Settings::default(),
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: body.to_owned(),
        now: NOW,
    }
}

impl Case {
    fn at(mut self, url: &str) -> Self {
        self.settings.url = Some(url.into());
        self
    }

    fn with_body(&self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.clone() }
    }

    fn with_header(&self, name: &str, value: &str) -> Self {
        let mut case = self.clone();
        case.headers.retain(|(known, _)| known != name);
        case.headers.push((name.to_owned(), value.to_owned()));
        case
    }

    fn without(&self, name: &str) -> Self {
        let mut case = self.clone();
        case.headers.retain(|(known, _)| known != name);
        case
    }

    fn provider(&self) -> Arc<Provider> {
        let definition = json!({
            "scheme": self.scheme,
            "event": { "id": "/event" },
            "order": { "id": ["/order", "/data/order/orderId"] },
            "status": { "word": ["/state", "/data/order/status"], "words": "orderhook" },
        });
        let provider = Provider::parse("acme", &definition.to_string(), None);
        Arc::new(provider.unwrap_or_else(|error| panic!("{error}: {definition}")))
    }

    fn source(&self) -> Source {
        let provider = self.provider();
        let secret = provider.scheme.secret(&self.secret).expect("a secret");
        let settings = self.settings.clone();
        Source::new("shop", provider, vec![secret], None, settings).expect("a source")
    }

    /// Returns the headers that prove the delivery.
    fn signature(&self) -> Result<Vec<(String, String)>, SignError> {
        let provider = self.provider();
        let secret = provider.scheme.secret(&self.secret).expect("a secret");
        let headers = self.headers.as_slice();
        let url = self.settings.url.as_deref().unwrap_or_default();
        let delivery = Delivery { headers: &headers, url, body: self.body.as_bytes() };
        let signed = provider.scheme.sign(&secret, &delivery, NOW)?;
        Ok(signed.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
    }

    fn verdict(&self) -> Result<Authenticity, Refusal> {
        self.read().map(|(authenticity, _)| authenticity)
    }

    /// Returns the proof, and the event as JSON.
    fn read(&self) -> Result<(Authenticity, Value), Refusal> {
        let source = self.source();
        let headers = self.headers.as_slice();
        let url = "https://elsewhere.example/hooks/shop";
        let delivery = Delivery { headers: &headers, url, body: self.body.as_bytes() };
        let verified = source.verify(delivery, None, self.now)?;
        let Reading::Event(event) = verified.read(self.now) else {
            panic!("an event");
        };
        let json = serde_json::from_str(&event.to_json()).expect("JSON");
        Ok((verified.proof().authenticity, json))
    }

    #[track_caller]
    fn holds(&self, authenticity: Authenticity) {
        assert_eq!(self.verdict(), Ok(authenticity), "{:?}", self.headers);
    }

    #[track_caller]
    fn mismatches(&self) {
        assert_eq!(self.verdict(), Err(Refusal::SignatureMismatch), "{:?}", self.headers);
    }

    #[track_caller]
    fn is_malformed(&self) {
        let verdict = self.verdict();
        let code = verdict.as_ref().err().map(Refusal::code);
        assert_eq!(code, Some("malformed_signature"), "{verdict:?}");
    }

    #[track_caller]
    fn is_missing(&self) {
        assert_eq!(self.verdict().err().map(|it| it.code()), Some("missing_signature"));
    }

    /// Another account's secret, or a copy that is sent to it, does not verify.
    #[track_caller]
    fn is_one_accounts(&self) {
        let mut other = self.clone();
        // Another key in every form: text, hex and base64.
        "f00dfacef00dfacef00dfacef00dface".clone_into(&mut other.secret);
        if self.scheme["token"]["basic"] == true {
            other.secret.insert_str(0, "user:");
        }
        other.mismatches();
    }
}

fn hmac(encoding: &str) -> Value {
    json!({
        "type": "hmac",
        "signature": { "header": "x-tag", "encoding": encoding },
        "signs": ["body"],
    })
}

fn with(mut scheme: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().expect("a table") {
        scheme[key] = value.clone();
    }
    scheme
}

use Authenticity::{BodySigned, FieldsSigned, HeaderToken};

#[test]
fn published_vectors_of_the_body_verify() {
    // Shopify, shopify-api-js.
    let shopify = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=";
    let shopify =
        case(hmac("base64"), "test_secret_key", &[("x-tag", shopify)], r#"{"foo": "bar"}"#);
    // Sendcloud, sendcloud.dev/api/v2/webhooks.
    let sendcloud = "1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a";
    let sendcloud = case(hmac("hex"), "secretkey", &[("x-tag", sendcloud)], r#"{"key": "value"}"#);
    for case in [shopify, sendcloud] {
        case.holds(BodySigned);
        case.with_body(&format!("{}\n", case.body)).mismatches();
        case.is_one_accounts();
    }
}

/// RFC 2202 and RFC 4231, the first test cases; and RFC 4648 for the encodings.
#[test]
fn hmac_knows_three_hashes() {
    const KEY: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
    for (hash, tag) in [
        ("sha1", "b617318655057264e28bc0b6fb378c8ef146be00"),
        ("sha256", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            "sha512",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
    ] {
        let scheme = with(hmac("hex"), json!({ "hash": hash, "key": "hex" }));
        let case = case(scheme, KEY, &[("x-tag", tag)], "Hi There");
        case.holds(BodySigned);
        case.with_body("Hi there").mismatches();
        case.is_one_accounts();
        for bad in ["", &tag[2..], &format!("{tag}00"), &tag.to_uppercase()] {
            case.with_header("x-tag", bad).is_malformed();
        }
        // A tag of another hash, which has another length.
        let other = if hash == "sha256" { &tag[..40] } else { &"0".repeat(64) };
        case.with_header("x-tag", other).is_malformed();
        case.with_header("x-tag", &"0".repeat(tag.len())).mismatches();
    }
}

/// Onfleet: HMAC-SHA512, with a key in hex.
#[test]
fn a_key_in_hex_signs_with_sha_512() {
    let tag = "db14460ade2c13ead5daafe177d8860014c2db575f6cce5e5fde97f18b1484e3cb9d70aa44ced08d86bcd775da5e9187bfe6901f00a313a9facdbacedeee6789";
    let scheme = with(hmac("hex"), json!({ "hash": "sha512", "key": "hex" }));
    let case = case(scheme, "00112233445566778899aabbccddeeff", &[("x-tag", tag)], ORDER);
    case.holds(BodySigned);
    case.is_one_accounts();
}

#[test]
fn encodings_are_told_apart_by_their_lengths() {
    const HEX: &str = "b43bd8dfe62e96167f143f273d6a3828ee45eb74870be653021f5ccd29e0982c";
    const BASE64: &str = "tDvY3+YulhZ/FD8nPWo4KO5F63SHC+ZTAh9czSngmCw=";
    const URL: &str = "tDvY3-YulhZ_FD8nPWo4KO5F63SHC-ZTAh9czSngmCw";
    let signed = |encodings: Value, tag: &str| {
        let signature = json!({ "header": "x-tag", "encoding": encodings });
        let scheme = with(hmac("hex"), json!({ "signature": signature }));
        case(scheme, "a secret", &[("x-tag", tag)], ORDER)
    };
    for tag in [HEX, BASE64, URL] {
        signed(json!(["hex", "base64", "base64url"]), tag).holds(BodySigned);
    }
    signed(json!(["hex", "base64"]), URL).is_malformed();
    signed(json!("base64url"), &format!("{URL}=")).is_malformed();
    signed(json!("base64url"), BASE64).is_malformed();
    signed(json!("base64"), URL).is_malformed();
}

#[test]
fn prefixes_may_be_optional() {
    const HEX: &str = "b43bd8dfe62e96167f143f273d6a3828ee45eb74870be653021f5ccd29e0982c";
    let signature = json!({ "header": "x-tag", "encoding": "hex", "prefix": ["sha256=", ""] });
    let scheme = with(hmac("hex"), json!({ "signature": signature }));
    let case = case(scheme, "a secret", &[("x-tag", HEX)], ORDER);
    case.holds(BodySigned);
    case.with_header("x-tag", &format!("sha256={HEX}")).holds(BodySigned);
    for bad in [format!("sha256=sha256={HEX}"), format!("sha1={HEX}"), format!("={HEX}")] {
        case.with_header("x-tag", &bad).is_malformed();
    }
}

#[test]
fn a_list_may_have_commas() {
    const HEX: &str = "b43bd8dfe62e96167f143f273d6a3828ee45eb74870be653021f5ccd29e0982c";
    let signature = json!({ "header": "x-tag", "encoding": "hex", "prefix": "s=", "list": "," });
    let scheme = with(hmac("hex"), json!({ "signature": signature }));
    let case = case(scheme, "a secret", &[("x-tag", &format!("s={HEX}"))], ORDER);
    case.holds(BodySigned);
    let other = "0".repeat(64);
    case.with_header("x-tag", &format!("s={other}, s={HEX}")).holds(BodySigned);
    case.with_header("x-tag", &format!("s={other},t={HEX}")).mismatches();
}

/// `WooCommerce` decodes the secret's entities, and `EasyPost` puts it into the form NFKD.
#[test]
fn a_secret_is_changed_before_it_is_a_key() {
    let woo = [("x-tag", "2wAaknCsRvrfMtczcQ0hEG2R5bHCJHhG1VcVquZ79sg=")];
    for secret in ["a&amp;b&lt;c", "a&b<c", "a&#038;b&#60;c"] {
        case(with(hmac("base64"), json!({ "key": "html" })), secret, &woo, ORDER).holds(BodySigned);
    }
    case(hmac("base64"), "a&amp;b&lt;c", &woo, ORDER).mismatches();
    let easypost = [("x-tag", "cc99bd2ce7576d7510d9e26313330f9215fce4eeaea018e39ad01d60235804ce")];
    // The host has normalised it.
    let scheme = with(hmac("hex"), json!({ "key": "nfkd" }));
    case(scheme, "se\u{301}cret", &easypost, ORDER).holds(BodySigned);
}

/// Square's published vectors: the URL as it was registered, and the body.
#[test]
fn the_registered_url_is_signed() {
    let scheme = with(hmac("base64"), json!({ "signs": ["url", "body"] }));
    let square = |key, url, tag, body| case(scheme.clone(), key, &[("x-tag", tag)], body).at(url);
    let first = square(
        "Ibxx_5AKakO-3qeNVR61Dw",
        "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
        "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
        r#"{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z","data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}"#,
    );
    let second = square(
        "signature-key",
        "https://webhook.site/webhooks",
        "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
        r#"{"data":{"type":"webhooks","id":">id<"}}"#,
    );
    for case in [first, second] {
        case.holds(BodySigned);
        // The delivery's own URL counts for nothing: it comes from elsewhere.
        let url = case.settings.url.clone().expect("a URL");
        case.clone().at(&format!("{url}/")).mismatches();
        // Bytes cannot move from the URL to the body: the URL is the source's.
        case.with_body(&format!("/{}", case.body)).mismatches();
        case.is_one_accounts();
    }
}

/// Ecwid: two fields of the body, a number as it is written.
#[test]
fn fields_are_signed_in_the_bodys_place() {
    let signs = json!([{ "field": "/created" }, { "text": "." }, { "field": "/event" }]);
    let scheme = with(hmac("base64"), json!({ "signs": signs }));
    let tag = [("x-tag", "aTWF/jFPs3bL444pfgmHgluEcKhRbLqYuq5q33L5dnA=")];
    let body = r#"{"created":1700000000,"event":"9f2e","order":"7","state":"shipped"}"#;
    let ecwid = case(scheme, "client_secret", &tag, body);
    let (authenticity, event) = ecwid.read().expect("authentic");
    assert_eq!(authenticity, FieldsSigned);
    assert_eq!(event["data"]["authenticity"], "fields_signed");
    // What is not covered can be changed, and the event says no more than that. It is another one.
    let id =
        |case: &Case| case.read().expect("authentic").1["id"].as_str().expect("an id").to_owned();
    let changed = ecwid.with_body(&body.replace("shipped", "delivered"));
    changed.holds(FieldsSigned);
    assert!(id(&ecwid).starts_with("9f2e:") && id(&changed).starts_with("9f2e:"));
    assert_ne!(id(&ecwid), id(&changed));
    for changed in [
        body.replace("1700000000", "1700000001"),
        body.replace("1700000000", "17e8"),
        body.replace("9f2e", "9f2f"),
    ] {
        ecwid.with_body(&changed).mismatches();
    }
    // A number and a text are written differently, and signed alike.
    ecwid.with_body(&body.replace("1700000000", "\"1700000000\"")).holds(FieldsSigned);
    for missing in [
        "",
        "{",
        "[]",
        &body.replace("\"event\"", "\"other\""),
        &body.replace("9f2e", ""),
        // A field that stands twice could be read in two ways.
        &body.replace("\"order\"", "\"event\":\"9f2e\",\"order\""),
        &body.replace("\"event\"", "\"\\u0065vent\""),
    ] {
        ecwid.with_body(missing).is_missing();
    }
    // The separator in the field before it would let bytes move.
    ecwid.with_body(&body.replace("1700000000", "\"1.7\"")).is_malformed();
    ecwid.without("x-tag").is_missing();
    ecwid.is_one_accounts();
}

/// `QDelivery`: one field. An id that is not covered has the body's hash.
#[test]
fn an_id_that_no_field_covers_has_the_bodys_hash() {
    let scheme = with(hmac("hex"), json!({ "signs": [{ "field": "/payload_id" }] }));
    let tag = "505c54abf82ae39f57a1928ccbdbaa469f6719a633010153d6eb0c00e138dd5b";
    let body = r#"{"payload_id":"p-1","event":"e","order":"7","state":"shipped"}"#;
    let case = case(scheme, "a secret", &[("x-tag", tag)], body);
    let (_, event) = case.read().expect("authentic");
    let (_, forged) = case.with_body(&body.replace('7', "8")).read().expect("authentic");
    assert_ne!(event["id"], forged["id"]);
    assert!(event["id"].as_str().expect("an id").starts_with("e:"));
}

/// Without its hash, a body whose order or status was changed would be a copy of the true one.
#[test]
fn an_id_stands_alone_where_the_order_and_the_status_are_signed_with_it() {
    let id = |fields: &[&str]| {
        let parts = fields.iter().flat_map(|it| [json!({ "field": it }), json!({ "text": "." })]);
        let scheme = with(hmac("hex"), json!({ "signs": parts.collect::<Vec<_>>() }));
        let body = r#"{"event":"9f2e","order":"7","state":"shipped"}"#;
        let mut case = case(scheme, "a secret", &[], body);
        case.headers = case.signature().expect("headers");
        let (_, event) = case.read().expect("authentic");
        event["id"].as_str().expect("an id").to_owned()
    };
    assert_eq!(id(&["/event", "/order", "/state"]), "9f2e");
    for fields in [["/event", "/order"], ["/event", "/state"], ["/order", "/state"]] {
        assert!(id(&fields).starts_with("9f2e:"), "{fields:?}");
    }
}

fn lalamove(time: &str, tag: &str) -> Case {
    let scheme = json!({
        "type": "hmac",
        "signature": { "field": "/signature", "encoding": "hex" },
        "signs": [
            "time", { "text": "\r\n" }, "method", { "text": "\r\n" }, "path",
            { "text": "\r\n\r\n" }, { "field": "/data" },
        ],
        "age": { "field": "/timestamp", "form": ["seconds", "milliseconds"], "within": 300 },
    });
    let body = format!(
        r#"{{"event":"e","signature":"{tag}","timestamp":{time},"data":{{"order":{{"orderId":"7","status":"COMPLETED"}}}}}}"#
    );
    case(scheme, "api_secret", &[], &body).at("https://hooks.example/hooks/lala?x=1")
}

/// Lalamove: the tag, the time and the signed object stand in the body.
#[test]
fn a_tag_may_stand_in_the_body() {
    let seconds =
        lalamove("1700000000", "f0b8e4eb542bf26ec7b1dd3c17bd9760f5de7a56d2b07a66a4174b76090c57ce");
    let millis = lalamove(
        "1700000000123",
        "3f49683812c83109f19bea9b033b5c3b25180b75b60fca96eaac4eeb9b3d6800",
    );
    for case in [&seconds, &millis] {
        let (authenticity, event) = case.read().expect("authentic");
        assert_eq!(authenticity, FieldsSigned);
        assert_eq!(event["data"]["order"]["id"], "7");
        // Byte for byte: a blank within the signed object is another object.
        case.with_body(&case.body.replace("\"7\",", "\"7\", ")).mismatches();
        case.with_body(&case.body.replace("COMPLETED", "CANCELED")).mismatches();
        case.clone().at("https://hooks.example/hooks/other").mismatches();
        case.with_body(&case.body.replace("signature", "other")).is_missing();
        case.is_one_accounts();
    }
    let refused = |now| Case { now: UnixMillis(now), ..seconds.clone() }.verdict().err();
    let late = Some(Refusal::TimestampOutOfTolerance { past: 300, future: 300 });
    assert_eq!(refused(1_700_000_300_000), None);
    assert_eq!(refused(1_700_000_301_000), late);
    assert_eq!(refused(1_699_999_699_000), late);
    seconds.with_body(&seconds.body.replace("1700000000", "true")).is_malformed();
}

/// The headers of a delivery whose proof stands in the body say nothing of it.
#[test]
fn headers_alone_are_not_refused_where_the_proof_is_in_the_body() {
    let source = lalamove("1", &"0".repeat(64)).source();
    let headers: &[(&str, &str)] = &[];
    assert_eq!(source.check_headers(&headers, "", None, NOW), Ok(()));
    let source = case(hmac("hex"), "a secret", &[], "").source();
    assert!(source.check_headers(&headers, "", None, NOW).is_err());
}

/// Shippo: pairs of a time and a tag.
#[test]
fn a_time_may_stand_among_pairs() {
    let scheme = json!({
        "type": "hmac",
        "signature": { "header": "x-tag", "encoding": "hex", "pair": "v1" },
        "signs": ["time", { "text": "." }, "body"],
        "age": { "pair": "t", "within": 300 },
    });
    let tag = "t=1700000000,v1=0e6c2ed360f3d3e53045d2a8eb2fe41e2dbe487fed4e3bd956356c35ccf08d72";
    let body = r#"{"event":"track_updated"}"#;
    let shippo = case(scheme, "orderhook-test", &[("x-tag", tag)], body);
    shippo.holds(BodySigned);
    shippo.with_header("x-tag", &tag.replace("1700000000", "1700000001")).mismatches();
    shippo.is_one_accounts();
}

#[test]
fn a_time_may_be_a_date() {
    let scheme = |form: Value| {
        json!({
            "type": "hmac",
            "signature": { "header": "x-tag", "encoding": "base64" },
            "signs": ["time", { "text": "." }, "body"],
            "age": { "header": "x-time", "form": form, "within": 300 },
        })
    };
    let headers = [
        ("x-tag", "EwsYb+CSCEk11o7ulSRMuUFVJTsczlRrSSzAy/efG00="),
        ("x-time", "2023-11-14T22:13:20.5Z"),
    ];
    let dated = case(scheme(json!("rfc3339")), "a secret", &headers, ORDER);
    dated.holds(BodySigned);
    case(scheme(json!(["seconds", "milliseconds"])), "a secret", &headers, ORDER).is_malformed();
    let at = |time| dated.with_header("x-time", time);
    for same in ["2023-11-14T22:13:20Z", "2023-11-15T00:13:20.5+02:00"] {
        at(same).mismatches();
    }
    for bad in [
        "1700000000",
        "2023-11-14T22:13:20.5",
        "2023-11-14T22:13:20.5+02",
        "2023-11-14T22:13:20.5z",
        "20231114T221320Z",
        "Tue, 14 Nov 2023 22:13:20 GMT",
        "",
    ] {
        at(bad).is_malformed();
    }
    assert!(matches!(
        at("2023-11-14T22:19:20.5Z").verdict(),
        Err(Refusal::TimestampOutOfTolerance { .. })
    ));
}

/// Svix sends its own names in the place of Standard Webhooks'.
#[test]
fn the_first_name_of_a_header_counts() {
    let scheme = json!({
        "type": "hmac",
        "key": "whsec",
        "signature": {
            "header": ["webhook-signature", "svix-signature"],
            "encoding": "base64", "list": " ", "prefix": "v1,",
        },
        "signs": [
            { "header": ["webhook-id", "svix-id"] }, { "text": "." }, "time", { "text": "." },
            "body",
        ],
        "age": { "header": ["webhook-timestamp", "svix-timestamp"], "within": 300 },
    });
    let headers = [
        ("svix-id", "msg_1"),
        ("svix-timestamp", "1700000000"),
        ("svix-signature", "v1,4PQvqF4RHb59ex9vYLNAZS0n9axzUcNJFaUHTKGeAA0="),
    ];
    let svix = case(scheme, "whsec_YSBzZWNyZXQgb2Ygc3ZpeA==", &headers, ORDER);
    svix.holds(BodySigned);
    for name in ["svix-id", "svix-timestamp", "svix-signature"] {
        svix.without(name).is_missing();
    }
    svix.with_header("webhook-id", "msg_2").mismatches();
    svix.with_header("svix-id", "msg_1.1").is_malformed();
}

/// 17TRACK: a plain hash, with the key at its end.
#[test]
fn a_digest_ends_with_the_secret() {
    let scheme = json!({
        "type": "digest",
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": ["body", { "text": "/" }, "secret"],
    });
    let tag = "07d7b9e5ee79558392cb4f3ca4df6fb4fc81a86348a19ec57d5e8a7f2148698f";
    let body = r#"{"event":"TRACKING_UPDATED"}"#;
    let digest = case(scheme.clone(), "orderhook-test", &[("x-tag", tag)], body);
    digest.holds(BodySigned);
    digest.with_body(&format!("{body}/")).mismatches();
    digest.with_header("x-tag", &"0".repeat(64)).mismatches();
    digest.with_header("x-tag", &tag.to_uppercase()).is_malformed();
    digest.is_one_accounts();
    let long = "ec23ad950a5fc6a6bac28a58a4919c4a61d73568585d547a0502868ec5bc53553a6e75123a3e4e338a359c99953539aac0ce2b0a3fa9384163cdc22d7c43da57";
    case(with(scheme, json!({ "hash": "sha512" })), "a secret", &[("x-tag", long)], ORDER)
        .holds(BodySigned);
}

const TOKEN: &str = "0123456789abcdef";

fn token(place: Value) -> Value {
    json!({ "type": "token", "token": place })
}

#[test]
fn a_token_is_compared_as_a_whole() {
    let case = case(token(json!({ "header": "x-api-key" })), TOKEN, &[("x-api-key", TOKEN)], ORDER);
    case.holds(HeaderToken);
    for bad in ["0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", " 0123456789abcdef"] {
        case.with_header("x-api-key", bad).mismatches();
    }
    case.with_header("x-api-key", &format!("{TOKEN}, {TOKEN}")).mismatches();
    case.with_header("x-api-key", "").is_malformed();
    case.without("x-api-key").is_missing();
    case.is_one_accounts();
    let (_, event) =
        case.with_body(r#"{"event":"e","order":"7","state":"shipped"}"#).read().expect("authentic");
    assert_eq!(event["data"]["authenticity"], "header_token");
    assert!(event["id"].as_str().expect("an id").starts_with("e:"), "with the body's hash");
}

#[test]
fn a_token_may_have_a_prefix_or_be_basic() {
    let sent = |place: Value, secret: &str, value: &str| {
        case(token(place), secret, &[("authorization", value)], ORDER)
    };
    let bearer = json!({ "header": "authorization", "prefix": "Bearer " });
    sent(bearer.clone(), TOKEN, "Bearer 0123456789abcdef").holds(HeaderToken);
    sent(bearer.clone(), TOKEN, "bearer 0123456789abcdef").holds(HeaderToken);
    sent(bearer.clone(), TOKEN, TOKEN).is_malformed();
    sent(bearer, TOKEN, "Bearer  0123456789abcdef").mismatches();
    let either = json!({ "header": "authorization", "prefix": ["Bearer ", ""] });
    for value in ["Bearer 0123456789abcdef", TOKEN] {
        sent(either.clone(), TOKEN, value).holds(HeaderToken);
    }
    sent(either, TOKEN, "Basic 0123456789abcdef").mismatches();
    let basic = json!({ "header": "authorization", "basic": true });
    // As in RFC 7617, section 2, with a longer password.
    let (secret, other) = ("Aladdin:open sesame open", "Aladdin:open-sesame open");
    let aladdin = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZSBvcGVu";
    sent(basic.clone(), secret, aladdin).holds(HeaderToken);
    sent(basic.clone(), other, aladdin).mismatches();
    sent(basic.clone(), secret, &format!("{aladdin}=")).is_malformed();
    sent(basic, secret, "Basic Aladdin:open sesame open").is_malformed();
}

#[test]
fn a_source_may_name_the_header_of_its_token() {
    let place = json!({ "header": "x-api-key", "chosen": true });
    let mut named = case(token(place), TOKEN, &[("x-my-key", TOKEN)], ORDER);
    named.settings.token_header = Some("x-my-key".into());
    named.holds(HeaderToken);
    named.without("x-my-key").with_header("x-api-key", TOKEN).is_missing();
    named.settings.token_header = None;
    named.is_missing();
    named.with_header("x-api-key", TOKEN).holds(HeaderToken);
}

/// Tookan: the token stands in the body, beside other secrets. None of them is in an event.
#[test]
fn a_token_in_the_body_is_redacted() {
    let scheme = with(token(json!({ "field": "/secret" })), json!({ "redact": "/access/token" }));
    let body = r#"{"event":"e","order":"7","secret":"0123456789abcdef","access":{"token":["t-1"]},"state":"shipped"}"#;
    let tookan = case(scheme, TOKEN, &[], body);
    let (authenticity, event) = tookan.read().expect("authentic");
    assert_eq!(authenticity, HeaderToken);
    assert_eq!(
        event["data"]["payload"],
        r#"{"event":"e","order":"7","secret":"redacted","access":{"token":"redacted"},"state":"shipped"}"#
    );
    // A delivery that is not understood is redacted, too.
    let (_, event) = tookan.with_body(&body.replace("order", "number")).read().expect("authentic");
    assert_eq!(event["type"], "orderhook.delivery.unrecognized.v1");
    let payload = event["data"]["payload"].as_str().expect("a payload");
    assert!(!payload.contains(TOKEN) && !payload.contains("t-1"), "{payload}");
    tookan.with_body(&body.replace("cdef", "cdeg")).mismatches();
    tookan.with_body(&body.replace("\"secret\"", "\"other\"")).is_missing();
    tookan.with_body(r#"{"secret":"0123456789abcdef","secret":"0123456789abcdef"}"#).is_missing();
    tookan.with_body(r#"{"secret":null}"#).mismatches();
    tookan.is_one_accounts();
}

/// A payload that is too large for its message would be stored as it came, with the secret.
#[test]
fn a_large_payload_with_a_secret_is_not_kept() {
    let scheme = token(json!({ "field": "/secret" }));
    let long = "x".repeat(130_000);
    let body =
        format!(r#"{{"event":"e","order":"7","secret":"{TOKEN}","state":"shipped","x":"{long}"}}"#);
    let case = case(scheme, TOKEN, &[], &body);
    let source = case.source();
    let headers: &[(&str, &str)] = &[];
    let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
    let verified = source.verify(delivery, None, NOW).expect("authentic");
    let Reading::Event(event) = verified.read(NOW) else {
        panic!("an event");
    };
    let message = event.into_message("shop");
    assert_eq!(
        (message.payload.as_deref(), message.kept, message.recognized),
        (Some(""), None, true)
    );
}

#[test]
fn a_short_token_is_no_secret() {
    let short = case(token(json!({ "header": "x-api-key" })), "", &[], "");
    let scheme = &short.provider().scheme;
    assert_eq!(scheme.secret("0123456789abcde").err(), Some(SecretError::Short));
    assert!(scheme.secret(TOKEN).is_ok());
    // The user, and the name of an authentication scheme, are no secret.
    let error = |place: &Value, secret: &str| {
        let provider = case(token(place.clone()), "", &[], "").provider();
        provider.scheme.secret(secret).err()
    };
    let is_short = |place: &Value, secret| error(place, secret) == Some(SecretError::Short);
    let basic = json!({ "header": "authorization", "basic": true });
    for secret in ["a-user-of-many-letters:0123456789abcde", "0123456789abcdef0", ":"] {
        assert_eq!(error(&basic, secret), Some(SecretError::ShortPassword), "{secret}");
    }
    assert_eq!(error(&basic, "u:0123456789abcdef"), None);
    let bare = json!({ "header": "authorization" });
    for secret in ["Bearer 012345678", "basic 0123456789abcde", "Bearer 0123456789 "] {
        assert!(is_short(&bare, secret), "{secret}");
    }
    assert!(!is_short(&bare, "Bearer 0123456789abcdef"));
    let prefixed = json!({ "header": "authorization", "prefix": "Token " });
    assert!(is_short(&prefixed, "Token 0123456789"));
    let short = "has fewer than 16 bytes and can be guessed: set a longer one at the provider";
    assert_eq!(SecretError::Short.to_string(), short);
    let password = "must be `user:password`, and the password must have at least 16 bytes: a shorter one can be guessed";
    assert_eq!(SecretError::ShortPassword.to_string(), password);
}

#[test]
fn a_scheme_signs_what_it_verifies() {
    let dated = json!({
        "type": "hmac",
        "signature": { "header": "x-tag", "encoding": ["base64url", "hex"], "prefix": ["a=", ""] },
        "signs": [{ "header": ["x-id", "x-other"] }, { "text": "|" }, "time", { "text": "." }, "body"],
        "age": { "header": "x-time", "form": "rfc3339", "within": 300 },
    });
    let millis = with(
        dated.clone(),
        json!({ "age": { "header": "x-time", "form": "milliseconds", "within": 300 } }),
    );
    let digest = json!({
        "type": "digest",
        "hash": "sha512",
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": [{ "field": "/order" }, { "text": "/" }, "secret"],
    });
    let place = |place| token(place);
    for (scheme, authenticity) in [
        (dated, BodySigned),
        (millis, BodySigned),
        (digest, FieldsSigned),
        (with(hmac("hex"), json!({ "hash": "sha1" })), BodySigned),
        (place(json!({ "header": "x-api-key" })), HeaderToken),
        (place(json!({ "header": "authorization", "basic": true })), HeaderToken),
        (place(json!({ "header": "authorization", "prefix": ["Bearer ", ""] })), HeaderToken),
    ] {
        let mut case = case(scheme, "user:0123456789abcdef", &[("x-other", "1")], ORDER);
        let headers = case.signature().expect("headers");
        case.headers.extend(headers);
        case.holds(authenticity);
        case.is_one_accounts();
    }
    let url = case(
        with(hmac("hex"), json!({ "signs": ["url", "path", "body"] })),
        "a secret",
        &[],
        ORDER,
    );
    let mut url = url.at("https://shop.example/hooks?a=1");
    url.headers = url.signature().expect("headers");
    url.holds(BodySigned);
    let in_body = lalamove("1", "x").signature().err();
    assert_eq!(in_body, Some(SignError::InBody("/signature".into())));
    assert_eq!(
        in_body.expect("an error").to_string(),
        "this provider's proof stands in the body: write it to `/signature` yourself"
    );
}

/// A sample keeps the time that stands in its body, and is signed with it.
#[test]
fn a_time_in_the_body_is_signed_as_it_stands() {
    let scheme = with(
        hmac("hex"),
        json!({
            "signs": ["time", { "text": "." }, "body"],
            "age": { "field": "/at", "within": 300 },
        }),
    );
    let mut case = case(scheme, "a secret", &[], r#"{"at":1699999990,"order":"7"}"#);
    case.headers = case.signature().expect("headers");
    case.holds(BodySigned);
    let refusal = Refusal::MissingField { field: "/at".into() };
    assert_eq!(case.with_body(ORDER).signature(), Err(SignError::Header(refusal)));
}

/// A search shows the field as it was signed.
#[test]
fn a_signed_field_is_the_text_that_was_signed() {
    let scheme = with(hmac("hex"), json!({ "signs": [{ "field": "/at" }] }));
    let provider = case(scheme, "a secret", &[], "").provider();
    let signed = provider.scheme.signed().expect("a tag");
    let [Part::Field(field)] = signed.content.as_slice() else {
        panic!("a field");
    };
    let read = |body: &str| {
        let headers: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
        signed.field(&delivery, field).map(Cow::into_owned)
    };
    for (value, text) in [("17", "17"), (r#""1\u0037""#, "17"), (r#"{"a": 1}"#, r#"{"a": 1}"#)] {
        assert_eq!(read(&format!(r#"{{"at":{value}}}"#)).as_deref(), Ok(text), "{value}");
    }
    for body in ["{}", "[]", r#"{"at":1,"at":1}"#] {
        assert_eq!(read(body), Err(Refusal::MissingField { field: "/at".into() }), "{body}");
    }
}

#[test]
fn settings_that_a_scheme_needs_are_asked_for() {
    let made = |scheme: Value, url: Option<&str>, header: Option<&str>, secrets: usize| {
        let provider = case(scheme, "", &[], "").provider();
        let secret = || provider.scheme.secret("0123456789abcdef").expect("a secret");
        let secrets = (0..secrets).map(|_| secret()).collect();
        let settings = Settings {
            url: url.map(Into::into),
            token_header: header.map(Into::into),
            ..Settings::default()
        };
        Source::new("shop", Arc::clone(&provider), secrets, None, settings).err()
    };
    let url = with(hmac("hex"), json!({ "signs": ["url", "body"] }));
    assert_eq!(made(url.clone(), None, None, 1), Some(SourceError::NeedsUrl));
    for bad in ["", "/hooks/shop", "shop.example", "ftp://shop.example", "https://", "https://a b"]
    {
        assert_eq!(made(url.clone(), Some(bad), None, 1), Some(SourceError::Url), "{bad}");
    }
    assert_eq!(made(url, Some("https://shop.example"), None, 1), None);
    let fixed = hmac("hex");
    assert_eq!(
        made(fixed.clone(), Some("https://shop.example"), None, 1),
        Some(SourceError::SignsNoUrl)
    );
    assert_eq!(made(fixed, None, Some("x-key"), 1), Some(SourceError::HeaderIsFixed));
    let named = token(json!({ "header": "x-api-key", "chosen": true }));
    assert_eq!(made(named.clone(), None, None, 0), Some(SourceError::NeedsSentToken));
    assert_eq!(made(named.clone(), None, Some("x key"), 1), Some(SourceError::Header));
    assert_eq!(made(named, None, Some("x-key"), 1), None);
    for (error, text) in [
        (
            SourceError::NeedsUrl,
            "the URL that the provider was given is needed, since the provider signs it: set it as `url` of a source, or as `registeredUrl` in the package",
        ),
        (
            SourceError::Url,
            "the URL that the provider was given must be a whole one, as `https://example.com/hooks/shop`",
        ),
        (
            SourceError::SignsNoUrl,
            "the URL that the provider was given must go: this provider does not sign it",
        ),
        (
            SourceError::Header,
            "the header of the token must be a header's name without digits, and with a `-` if it is longer than 20 letters, so that it is no secret",
        ),
        (
            SourceError::HeaderIsFixed,
            "the header of the token must go: this provider's definition names it",
        ),
        (
            SourceError::NeedsSentToken,
            "`secrets` is needed: it names the token that this provider sends with its deliveries",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

fn public_key() -> Value {
    json!({
        "type": "public-key",
        "algorithm": "ed25519",
        "key_id": { "header": "x-key" },
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": ["body"],
    })
}

/// The key of RFC 8037, appendix A.2, under an id.
fn key_set(id: &str) -> String {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": x }] }).to_string()
}

/// The core picks the keys and the bytes, and the host checks.
#[test]
fn a_host_is_asked_for_a_signature() {
    let tag = "ab".repeat(64);
    let case = case(public_key(), &key_set("k"), &[("x-tag", &tag), ("x-key", "k")], ORDER);
    let source = case.source();
    let asked = |headers: &[(String, String)], answer: fn() -> Answer| {
        let mut count = 0;
        let delivery = Delivery { headers: &headers, url: "", body: ORDER.as_bytes() };
        let challenge = source.challenge(delivery, None, NOW)?;
        assert!(challenge.needs_host());
        let verified = challenge.answer(|question| {
            let Question::Signature(question) = question else {
                panic!("a signature");
            };
            let content: Vec<u8> = question.content.iter().flatten().copied().collect();
            assert_eq!(
                (content.as_slice(), question.signature),
                (ORDER.as_bytes(), &[0xab; 64][..])
            );
            assert_eq!((question.algorithm, question.key.len()), (Algorithm::Ed25519, 44));
            count += 1;
            answer()
        });
        verified.map(|verified| (verified.proof(), count))
    };
    let proof = Proof { authenticity: BodySigned, secret_index: Some(0) };
    assert_eq!(asked(&case.headers, || Answer::Holds(true)), Ok((proof, 1)));
    assert_eq!(asked(&case.headers, || Answer::Holds(false)), Err(Refusal::SignatureMismatch));
    // What could not be checked is neither accepted nor refused.
    for answer in [|| Answer::Unanswered, || Answer::Unavailable, || Answer::Sha256([0; 32])] {
        assert_eq!(asked(&case.headers, answer), Err(Refusal::Unverifiable));
    }
    assert_eq!(case.verdict(), Err(Refusal::Unverifiable), "the core alone cannot say");
    // An unknown key is refused without a question.
    let other = case.with_header("x-key", "other");
    assert_eq!(asked(&other.headers, || panic!("no question")), Err(Refusal::SignatureMismatch));
    for bad in ["", &tag[2..], &tag.to_uppercase(), "zz"] {
        let bad = case.with_header("x-tag", bad);
        let refusal = asked(&bad.headers, || panic!("no question")).err();
        assert_eq!(refusal.map(|it| it.code()), Some("malformed_signature"));
    }
    let refusal = asked(&case.without("x-key").headers, || panic!("no question")).err();
    assert_eq!(refusal.map(|it| it.code()), Some("missing_signature"));
    let provider = case.provider();
    let secret = provider.scheme.secret(&case.secret).expect("keys");
    let headers: &[(&str, &str)] = &[];
    let delivery = Delivery { headers: &headers, url: "", body: b"" };
    assert_eq!(provider.scheme.sign(&secret, &delivery, NOW), Err(SignError::NeedsPrivateKey));
}

#[test]
fn fetched_keys_take_the_place_of_a_sources_own() {
    let tag = "ab".repeat(64);
    let headers = [("x-tag", tag.as_str()), ("x-key", "new")];
    let headers = headers.as_slice();
    let provider = case(public_key(), "", &[], "").provider();
    let settings =
        Settings { jwks: Some("https://acme.example/keys".into()), ..Settings::default() };
    let source = Source::new("shop", provider, Vec::new(), None, settings).expect("a source");
    assert_eq!(source.jwks(), Some("https://acme.example/keys"));
    let delivery = Delivery { headers: &headers, url: "", body: b"{}" };
    let knows = |set: &str| source.with_keys(set).map(|source| source.knows_key(delivery, NOW));
    assert_eq!(knows(&key_set("old")), Some(false));
    assert_eq!(knows(&key_set("new")), Some(true));
    for useless in
        ["", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#, "<html>"]
    {
        assert_eq!(knows(useless), None, "{useless}");
    }
}

#[test]
fn keys_are_fetched_from_public_addresses_only() {
    let made = |scheme: Value, url: &str| {
        let provider = case(scheme, "", &[], "").provider();
        let settings = Settings { jwks: Some(url.into()), ..Settings::default() };
        Source::new("shop", provider, Vec::new(), None, settings).err()
    };
    for good in ["https://acme.example", "https://a.b-c.example/jwks.json?x=1"] {
        assert_eq!(made(public_key(), good), None, "{good}");
    }
    for bad in [
        "",
        "http://acme.example/keys",
        "https://",
        "https://acme",
        "https://localhost/keys",
        "https://a.localhost",
        "https://keys.internal",
        "https://127.0.0.1/keys",
        "https://127.1",
        "https://0x7f.1",
        "https://[::1]/keys",
        "https://acme.example:8443/keys",
        "https://user@acme.example/keys",
        "https://acme.example\\@evil.example",
        "https://ACME.example",
        "https://acme.example./keys",
        "https://acme..example",
    ] {
        assert_eq!(made(public_key(), bad), Some(SourceError::Jwks), "{bad}");
    }
    let provider = case(public_key(), "", &[], "").provider();
    let without = Source::new("shop", provider, Vec::new(), None, Settings::default()).err();
    assert_eq!(without, Some(SourceError::NeedsKeys));
    let provider = case(hmac("hex"), "", &[], "").provider();
    let secret = provider.scheme.secret("a secret").expect("a secret");
    let settings = Settings { jwks: Some("https://acme.example".into()), ..Settings::default() };
    let useless = Source::new("shop", provider, vec![secret], None, settings).err();
    assert_eq!(useless, Some(SourceError::NoKeys));
}

#[test]
fn a_refusal_names_the_field() {
    for (refusal, code, text) in [
        (
            Refusal::MissingField { field: "/sig".into() },
            "missing_signature",
            "the body has no field `/sig`",
        ),
        (
            Refusal::MalformedField { field: "/sig".into(), expected: "a tag" },
            "malformed_signature",
            "the body's field `/sig` is not a tag",
        ),
    ] {
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, text));
    }
}
