//! What a scheme says of itself: the headers that it reads, how old a delivery may be, what its
//! proof covers, and what it expected in the place of a text that it cannot read.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.
#![allow(clippy::needless_pass_by_value)] // Definitions are written where they are passed.

use std::sync::Arc;

use orderhook_core::{
    Age, Delivery, MIN_TOKEN_BYTES, Provider, Scheme, Settings, Source, SourceError, UnixMillis,
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

/// Returns a provider with this scheme, whose events have an id in a header.
fn provider(scheme: &Value) -> Arc<Provider> {
    let definition = json!({
        "scheme": scheme,
        "event": { "id": { "header": "x-event" } },
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": "orderhook" },
    });
    let provider = Provider::parse("acme", &definition.to_string(), None);
    Arc::new(provider.unwrap_or_else(|error| panic!("{error}: {definition}")))
}

/// Returns a signature in a header over these parts, with these keys beside.
fn signed(kind: &str, signs: Value, more: Value) -> Value {
    let mut scheme = json!({
        "type": kind,
        "signature": { "header": ["x-tag", "x-old-tag"], "encoding": "hex" },
        "signs": signs,
    });
    for (key, value) in more.as_object().expect("a table") {
        scheme[key] = value.clone();
    }
    scheme
}

fn dated(kind: &str, more: Value) -> Value {
    let parts = json!([{ "header": "x-topic" }, { "text": "." }, "time", { "text": "." }, "body"]);
    let mut scheme = signed(kind, parts, more);
    scheme["age"] = json!({ "header": "x-time", "within": 300 });
    scheme
}

fn by_key(more: Value) -> Value {
    let mut scheme = dated("public-key", more);
    scheme["algorithm"] = json!("ed25519");
    scheme
}

fn header_list() -> Value {
    json!({
        "type": "header-list",
        "list": "x-list",
        "signature": { "header": "x-signature", "encoding": "base64" },
        "age": { "parameter": "created", "within": 299 },
    })
}

fn http_signature(more: Value) -> Value {
    let mut scheme = json!({ "type": "http-signature", "covers": ["@method", "content-digest"] });
    for (key, value) in more.as_object().expect("a table") {
        scheme[key] = value.clone();
    }
    scheme
}

fn token(place: Value) -> Value {
    json!({ "type": "token", "token": place })
}

/// A host that takes a few headers out of a request asks for these. Without one, each delivery
/// would be refused.
#[test]
fn every_header_that_is_read_is_named() {
    let in_pairs = json!({
        "signature": { "header": "x-tag", "encoding": "hex", "pair": "v1" },
        "age": { "pair": "t", "within": 300 },
    });
    let in_body = json!({
        "signature": { "field": "/tag", "encoding": "hex" },
        "age": { "field": "/at", "within": 300 },
    });
    let parts = json!(["time", { "text": "." }, { "field": "/order" }]);
    let wanted = json!({ "covers_if_present": ["@query", "x-agent"] });
    let fixed = json!({ "header": ["authorization", "x-api-key"] });
    let same = json!([{ "header": "x-event" }, { "text": "." }, "body"]);
    for (scheme, expected) in [
        (signed("hmac", json!(["body"]), json!({})), "x-old-tag x-tag"),
        (dated("hmac", json!({})), "x-old-tag x-tag x-time x-topic"),
        (signed("hmac", parts.clone(), in_pairs), "x-tag"),
        (signed("hmac", parts, in_body), ""),
        (signed("hmac", same, json!({})), "x-old-tag x-tag"),
        (by_key(json!({})), "x-old-tag x-tag x-time x-topic"),
        (
            by_key(json!({ "key_id": { "header": "x-key" } })),
            "x-key x-old-tag x-tag x-time x-topic",
        ),
        (header_list(), "date digest x-list x-signature"),
        (http_signature(json!({})), "content-digest signature signature-input"),
        (http_signature(wanted), "content-digest signature signature-input x-agent"),
        (token(fixed), "authorization x-api-key"),
        (token(json!({ "field": "/secret" })), ""),
        (json!({ "type": "url-token" }), ""),
    ] {
        let provider = provider(&scheme);
        let mut names = provider.headers();
        names.sort_unstable();
        let mut expected: Vec<_> = expected.split_whitespace().chain(["x-event"]).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "{scheme}");
    }
}

#[test]
fn a_scheme_says_how_old_a_delivery_may_be() {
    let within = |seconds| Some(Age { past: seconds, future: seconds });
    for (scheme, expected) in [
        (dated("hmac", json!({})), within(300)),
        (signed("hmac", json!(["body"]), json!({})), None),
        (by_key(json!({})), within(300)),
        (header_list(), within(299)),
        (http_signature(json!({ "age": { "within": 60 } })), within(60)),
        (http_signature(json!({})), None),
        (token(json!({ "header": "x-api-key" })), None),
        (json!({ "type": "url-token" }), None),
    ] {
        assert_eq!(provider(&scheme).scheme.age(), expected, "{scheme}");
    }
}

#[test]
fn a_scheme_says_whether_its_proof_covers_the_body() {
    let field = || json!([{ "field": "/order" }]);
    let key = json!({ "algorithm": "ed25519" });
    for (scheme, expected) in [
        (signed("hmac", json!(["body"]), json!({})), true),
        (signed("hmac", field(), json!({})), false),
        (signed("public-key", json!(["body"]), key.clone()), true),
        (signed("public-key", field(), key), false),
        (http_signature(json!({})), true),
        // The sender may sign a digest of the body, or may not.
        (header_list(), false),
        (token(json!({ "header": "x-api-key" })), false),
        (json!({ "type": "url-token" }), false),
    ] {
        assert_eq!(provider(&scheme).scheme.covers_body(), expected, "{scheme}");
    }
}

/// The key of RFC 8037, appendix A.2.
const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn secret(scheme: &Scheme) -> String {
    if scheme.has_public_keys() { KEY.to_owned() } else { "0".repeat(MIN_TOKEN_BYTES) }
}

fn source(scheme: &Value) -> Result<Source, SourceError> {
    let provider = provider(scheme);
    let secret = provider.scheme.secret(&secret(&provider.scheme)).expect("a secret");
    Source::new("shop", provider, vec![secret], None, Settings::default())
}

/// Without the URL that the provider was given, no signature over it would ever match.
#[test]
fn a_signed_url_is_asked_for() {
    let key = json!({ "algorithm": "ed25519" });
    for part in ["url", "path"] {
        for scheme in [
            signed("hmac", json!([part, "body"]), json!({})),
            signed("public-key", json!([part, "body"]), key.clone()),
        ] {
            assert_eq!(source(&scheme).err(), Some(SourceError::NeedsUrl), "{scheme}");
        }
    }
}

/// Returns the error of a delivery by these headers.
#[track_caller]
fn error(scheme: &Value, headers: &[(&str, &str)]) -> String {
    let source = source(scheme).expect("a source");
    let delivery = Delivery { headers: &headers, url: "", body: b"{}" };
    source.verify(delivery, None, NOW).err().expect("a refusal").to_string()
}

/// Two hexadecimal digits stand for a byte, and four characters of base64 for three bytes.
#[test]
fn the_error_of_a_tag_says_how_long_it_is() {
    for (hash, encoding, expected) in [
        ("sha1", json!("hex"), "40 digits of lower-case hex"),
        ("sha256", json!("hex"), "64 digits of lower-case hex"),
        ("sha512", json!("hex"), "128 digits of lower-case hex"),
        ("sha1", json!("base64"), "28 characters of standard base64"),
        ("sha256", json!("base64"), "44 characters of standard base64"),
        ("sha512", json!("base64"), "88 characters of standard base64"),
        ("sha256", json!("base64url"), "a tag in base64 for URLs, without padding"),
        ("sha512", json!("base64url"), "a tag in base64 for URLs, without padding"),
        ("sha256", json!(["hex", "base64"]), "a tag in one of its encodings"),
    ] {
        let signature = json!({ "header": "x-tag", "encoding": encoding });
        let scheme =
            signed("hmac", json!(["body"]), json!({ "hash": hash, "signature": signature }));
        let expected = format!("the header `x-tag` is not {expected}");
        assert_eq!(error(&scheme, &[("x-tag", "?")]), expected, "{scheme}");
    }
}

#[test]
fn the_error_of_a_time_says_its_forms() {
    for (forms, expected) in [
        (json!("seconds"), "a time in Unix seconds"),
        (json!("milliseconds"), "a time in Unix milliseconds"),
        (json!(["seconds", "milliseconds"]), "a time in Unix seconds or milliseconds"),
        (json!("rfc3339"), "a time in RFC 3339 with its zone"),
        (json!(["seconds", "rfc3339"]), "a time in one of its forms"),
    ] {
        let age = json!({ "header": "x-time", "form": forms, "within": 300 });
        let parts = json!(["time", { "text": "." }, "body"]);
        let scheme = signed("hmac", parts, json!({ "age": age }));
        let tag = "0".repeat(64);
        let expected = format!("the header `x-time` is not {expected}");
        assert_eq!(error(&scheme, &[("x-tag", &tag), ("x-time", "?")]), expected, "{scheme}");
    }
}

/// A source may name the header of its token. Errors name that one, since the other is not read.
#[test]
fn the_error_of_a_token_names_the_header_that_was_read() {
    let scheme = token(json!({ "header": "x-api-key", "chosen": true, "prefix": "Bearer " }));
    let provider = provider(&scheme);
    let text = |header: Option<&str>| {
        let secret = provider.scheme.secret(&secret(&provider.scheme)).expect("a secret");
        let settings = Settings { token_header: header.map(Into::into), ..Settings::default() };
        let source = Source::new("shop", Arc::clone(&provider), vec![secret], None, settings);
        let headers: &[(&str, &str)] = &[("x-api-key", "?"), ("x-mine", "?")];
        let delivery = Delivery { headers: &headers, url: "", body: b"{}" };
        let refused = source.expect("a source").verify(delivery, None, NOW).err();
        refused.expect("a refusal").to_string()
    };
    assert_eq!(text(None), "the header `x-api-key` is not a token as this provider sends it");
    assert_eq!(
        text(Some("x-mine")),
        "the header `x-mine` is not a token as this provider sends it"
    );
}
