//! What an account needs so that a proof is its own: its token, and keys that prove something.
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use orderhook_core::{
    Answer, Delivery, Provider, PublicKey, Reading, Refusal, SecretError, Settings, Source,
    SourceError, Token, TokenError, UnixMillis,
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const TOKEN: &str = "a-token-of-a-shop";

fn provider(scheme: &Value) -> Arc<Provider> {
    let definition = json!({
        "scheme": scheme,
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": "orderhook" },
    });
    Arc::new(Provider::parse("acme", &definition.to_string(), None).expect("a definition"))
}

fn token() -> Token {
    Token::new(TOKEN).expect("a token")
}

fn hmac() -> Value {
    json!({
        "type": "hmac",
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": ["body"],
    })
}

fn public_key(algorithm: &str) -> Value {
    json!({
        "type": "public-key",
        "algorithm": algorithm,
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": ["body"],
    })
}

/// The key of RFC 8037, appendix A.2.
fn ed25519(id: usize) -> Value {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": id.to_string(), "x": x })
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A copy of a delivery to another account has a signature that holds, where the two have one key.
#[test]
fn a_source_with_a_token_takes_nothing_without_it() {
    let sent = json!({ "type": "token", "token": { "header": "x-tag" } });
    for scheme in [hmac(), sent] {
        let provider = provider(&scheme);
        let secret = || provider.scheme.secret("0123456789abcdef").expect("a secret");
        let none: &[(&str, &str)] = &[];
        let body = br#"{"order":"7","state":"shipped"}"#;
        let delivery = Delivery { headers: &none, url: "", body };
        let signed = provider.scheme.sign(&secret(), &delivery, NOW).expect("headers");
        let headers = signed.as_slice();
        let delivery = Delivery { headers: &headers, ..delivery };
        let source = |token: Option<Token>| {
            let provider = Arc::clone(&provider);
            Source::new("shop", provider, vec![secret()], token, Settings::default())
                .expect("a source")
        };
        let source_with = source(Some(token()));
        let verdict = |source: &Source, offered: Option<&str>| {
            let proof = source.token().and_then(|token| token.check(offered?));
            source.verify(delivery, proof, NOW).err()
        };
        assert_eq!(verdict(&source(None), None), None);
        assert_eq!(verdict(&source_with, Some(TOKEN)), None);
        for offered in [None, Some(""), Some("another-token-0123")] {
            assert_eq!(verdict(&source_with, offered), Some(Refusal::TokenMismatch));
        }
        let refused = source_with.check_headers(&headers, "", None, NOW);
        assert_eq!(refused, Err(Refusal::TokenMismatch));
    }
    let refusal = Refusal::TokenMismatch;
    assert_eq!(refusal.code(), "body_not_authenticated");
    assert_eq!(refusal.to_string(), "the URL's token is missing or another");
}

#[test]
fn a_token_in_a_url_has_at_least_16_bytes() {
    assert_eq!(Token::new("0123456789abcde").err(), Some(TokenError::Short));
    assert!(Token::new("0123456789abcdef").is_ok());
    assert_eq!(
        TokenError::Short.to_string(),
        "has fewer than 16 bytes and can be guessed (make one with `openssl rand -hex 32`)"
    );
}

#[test]
fn keys_that_many_share_need_a_token() {
    let mut scheme = public_key("ed25519");
    let made = |scheme: &Value, token: Option<Token>| {
        let provider = provider(scheme);
        let keys = provider.scheme.secret(&set(&[ed25519(1)])).expect("keys");
        Source::new("shop", provider, vec![keys], token, Settings::default()).err()
    };
    assert_eq!(made(&scheme, None), None);
    scheme["shared_keys"] = json!(true);
    assert_eq!(made(&scheme, None), Some(SourceError::SharesKeys));
    assert_eq!(made(&scheme, Some(token())), None);
    assert_eq!(
        SourceError::SharesKeys.to_string(),
        "`token` is needed: this provider signs for all its customers with the same keys, so a signature does not tell whose delivery it is"
    );
}

#[test]
fn each_of_the_keys_is_tried_for_a_signature() {
    let provider = provider(&public_key("ed25519"));
    let keys: Vec<_> = (0..16).map(ed25519).collect();
    let source = |sets: &[&[Value]]| {
        let secret = |keys: &&[Value]| provider.scheme.secret(&set(keys)).expect("keys");
        let secrets = sets.iter().map(secret).collect();
        Source::new("shop", Arc::clone(&provider), secrets, None, Settings::default())
    };
    let tag = "ab".repeat(64);
    let headers = [("x-tag", tag.as_str())];
    let headers = headers.as_slice();
    let full = source(&[&keys]).expect("a source");
    let delivery = Delivery { headers: &headers, url: "", body: b"{}" };
    let mut asked = 0;
    let verdict = full.challenge(delivery, None, NOW).expect("a challenge").answer(|_| {
        asked += 1;
        Answer::Holds(false)
    });
    assert_eq!((verdict.err(), asked), (Some(Refusal::SignatureMismatch), 16));
    let more = source(&[&keys, &[ed25519(16)]]).err();
    assert_eq!(more, Some(SourceError::TooManyKeys));
    assert_eq!(
        SourceError::TooManyKeys.to_string(),
        "`secrets` has more than 16 public keys: take out those that are no longer used"
    );
}

#[test]
fn a_key_is_of_the_schemes_algorithm() {
    let key = set(&[ed25519(1)]);
    let error = provider(&public_key("rsa-sha256")).scheme.secret(&key).err();
    assert_eq!(error, Some(SecretError::OtherAlgorithm));
    assert!(provider(&public_key("ed25519")).scheme.secret(&key).is_ok());
    assert_eq!(
        SecretError::OtherAlgorithm.to_string(),
        "has no public key of the algorithm by which this provider signs"
    );
}

/// The error of a text as the keys of a scheme.
fn error(algorithm: &str, key: &str) -> Option<SecretError> {
    provider(&public_key(algorithm)).scheme.secret(key).err()
}

#[test]
fn a_point_of_small_order_is_no_key() {
    let raw = |bytes: &[u8]| error("ed25519", &STANDARD.encode(bytes));
    let ends = |first: u8, others: u8, last: u8| [&[first][..], &[others; 30], &[last]].concat();
    for bad in [
        ends(0, 0, 0),
        ends(1, 0, 0),
        ends(1, 0, 0x80),
        ends(0xec, 0xff, 0x7f),
        ends(0xed, 0xff, 0x7f),
        ends(0xee, 0xff, 0xff),
        hex::decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
            .expect("hex"),
        hex::decode("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")
            .expect("hex"),
    ] {
        assert_eq!(raw(&bad), Some(SecretError::NotAKey), "{bad:?}");
    }
    assert_eq!(raw(&ends(2, 0, 0)), None);
}

#[test]
fn a_point_of_p_256_is_written_in_full() {
    for (first, expected) in
        [(4, None), (2, Some(SecretError::NotAKey)), (0, Some(SecretError::NotAKey))]
    {
        let point = [&[first][..], &[7; 64]].concat();
        assert_eq!(error("ecdsa-p256", &STANDARD.encode(point)), expected);
    }
}

#[test]
fn an_exponent_of_rsa_is_odd_and_at_least_3() {
    let n = format!("{}A", "w".repeat(341));
    for (e, expected) in [
        ("AQAB", None),
        ("Aw", None),
        ("AQ", Some(SecretError::NotAKey)),
        ("Ag", Some(SecretError::NotAKey)),
        ("AQAA", Some(SecretError::NotAKey)),
        ("AAAB", Some(SecretError::NotAKey)),
        ("AAEAAQ", None),
        ("", Some(SecretError::NotAKey)),
        // 128 bytes, which no host takes.
        (&format!("{}AQE", "AQEB".repeat(42)), Some(SecretError::NotAKey)),
    ] {
        let key = json!({ "kty": "RSA", "n": n, "e": e });
        assert_eq!(error("rsa-sha256", &set(&[key])), expected, "{e}");
    }
}

/// A host reads a key as `SubjectPublicKeyInfo`, and refuses one that is not in DER. OpenSSL wrote
/// the bytes around the modulus.
#[test]
fn a_key_of_rsa_is_the_same_in_either_form() {
    let modulus = [&[0xc3; 255][..], &[0xc1]].concat();
    for (exponent, before, after) in [
        (&[3][..], "30820120300d06092a864886f70d01010105000382010d003082010802820101", "020103"),
        (&[0x7f], "30820120300d06092a864886f70d01010105000382010d003082010802820101", "02017f"),
        (&[0x81], "30820121300d06092a864886f70d01010105000382010e003082010902820101", "02020081"),
        (
            &[1, 0, 1],
            "30820122300d06092a864886f70d01010105000382010f003082010a02820101",
            "0203010001",
        ),
    ] {
        let [n, e] = [&modulus, exponent].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let jwk = json!({ "kty": "RSA", "n": n, "e": e }).to_string();
        let der = format!("{before}00{}{after}", hex::encode(&modulus));
        let spki = STANDARD.encode(hex::decode(der).expect("hex"));
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n");
        let keys = [jwk, spki, pem].map(|text| PublicKey::parse(&text));
        assert_eq!(keys[0].len(), 1, "{after}");
        assert!(keys[0] == keys[1] && keys[0] == keys[2], "{after}");
        let [n, e] =
            [&modulus, exponent].map(|bytes| URL_SAFE_NO_PAD.encode([&[0, 0], bytes].concat()));
        let padded = json!({ "kty": "RSA", "n": n, "e": e }).to_string();
        assert!(keys[0] == PublicKey::parse(&padded), "{after}");
    }
}

/// An exponent of 1 would make the signature of a body its hash, which anyone can make.
#[test]
fn zeros_before_an_exponent_of_rsa_are_refused_in_der() {
    let modulus = hex::encode([&[0xc3; 255][..], &[0xc1]].concat());
    for (length, sequence, bits, after, count) in [
        ("20", "0d", "08", "020101", 0),
        ("20", "0d", "08", "020103", 1),
        ("21", "0e", "09", "02020001", 0),
        ("21", "0e", "09", "02020003", 0),
        ("21", "0e", "09", "02020081", 1),
        ("22", "0f", "0a", "0203000001", 0),
        ("22", "0f", "0a", "0203010001", 1),
    ] {
        let der = format!(
            "308201{length}300d06092a864886f70d0101010500038201{sequence}00308201{bits}0282010100{modulus}{after}"
        );
        let spki = STANDARD.encode(hex::decode(der).expect("hex"));
        assert_eq!(PublicKey::parse(&spki).len(), count, "{after}");
    }
}

/// RFC 7517, sections 4.2 and 4.3.
#[test]
fn a_key_that_is_not_for_verifying_is_no_key() {
    let with = |name: &str, value: Value| {
        let mut key = ed25519(1);
        key[name] = value;
        error("ed25519", &set(&[key]))
    };
    for (name, value) in [
        ("use", json!("sig")),
        ("key_ops", json!(["verify"])),
        ("key_ops", json!(["sign", "verify"])),
    ] {
        assert_eq!(with(name, value.clone()), None, "{name} {value}");
    }
    for (name, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!(["encrypt", "wrapKey"])),
        ("key_ops", json!([])),
        ("key_ops", json!("verify")),
    ] {
        let refused = with(name, value.clone());
        assert_eq!(refused, Some(SecretError::NotAKey), "{name} {value}");
    }
}

#[test]
fn the_name_ed25519_goes_with_its_keys_alone() {
    let with = |mut key: Value, alg: &str| {
        key["alg"] = json!(alg);
        set(&[key])
    };
    assert_eq!(error("ed25519", &with(ed25519(1), "Ed25519")), None);
    assert_eq!(error("ed25519", &with(ed25519(1), "RS256")), Some(SecretError::NotAKey));
    let rsa = json!({ "kty": "RSA", "n": format!("{}A", "w".repeat(341)), "e": "AQAB" });
    assert_eq!(error("rsa-sha256", &with(rsa.clone(), "RS256")), None);
    assert_eq!(error("rsa-sha256", &with(rsa, "Ed25519")), Some(SecretError::NotAKey));
}

/// The name is shown in answers, and a secret may have been put in its place.
#[test]
fn a_name_that_looks_like_a_secret_is_no_header() {
    let scheme = json!({ "type": "token", "token": { "header": "x-tag", "chosen": true } });
    let provider = provider(&scheme);
    let made = |header: &str| {
        let secret = provider.scheme.secret("0123456789abcdef").expect("a secret");
        let settings = Settings { token_header: Some(header.into()), ..Settings::default() };
        Source::new("shop", Arc::clone(&provider), vec![secret], None, settings).err()
    };
    let longest = "a".repeat(20);
    for good in
        ["authorization", "x-api-key", "token", "x-a-name-of-more-than-twenty-letters", &longest]
    {
        assert_eq!(made(good), None, "{good}");
    }
    for bad in ["x-key-1", "c5c26d5a-70d6-46c7-a652-d7c09825ad29", "abcdefghijklmnopqrstu"] {
        assert_eq!(made(bad), Some(SourceError::Header), "{bad}");
    }
}

/// The sender of a message chooses the parts that it signs, and the URL may be among them.
#[test]
fn the_url_of_a_signed_message_is_whole_or_not_set() {
    let provider = provider(&json!({ "type": "http-signature", "covers": ["content-digest"] }));
    let made = |url: Option<&str>| {
        let keys = provider.scheme.secret(&set(&[ed25519(1)])).expect("keys");
        let settings = Settings { url: url.map(Into::into), ..Settings::default() };
        Source::new("shop", Arc::clone(&provider), vec![keys], None, settings).err()
    };
    for good in [None, Some("https://shop.example/hooks/shop"), Some("http://localhost:8787")] {
        assert_eq!(made(good), None, "{good:?}");
    }
    for bad in ["", "/hooks/shop", "https://", "https://a b", "https://shop.example/#a"] {
        assert_eq!(made(Some(bad)), Some(SourceError::Url), "{bad}");
    }
}

/// A delivery to one of two such sources verifies at the other.
#[test]
fn two_sources_share_a_key_if_any_key_of_theirs_is_the_same() {
    let provider = provider(&hmac());
    let source = |secrets: &[&str]| {
        let secret = |text: &&str| provider.scheme.secret(text).expect("a secret");
        let secrets = secrets.iter().map(secret).collect();
        Source::new("shop", Arc::clone(&provider), secrets, None, Settings::default())
            .expect("a source")
    };
    let (one, other, third) = ("a-secret-of-a-shop", "a-secret-of-a-cafe", "a-secret-of-a-bank");
    for (own, others, expected) in [
        (&[one][..], &[one][..], true),
        (&[one], &[other], false),
        (&[one, other], &[third, other], true),
        (&[one, other], &[third], false),
    ] {
        assert_eq!(source(own).shares_key(&source(others)), expected, "{own:?} {others:?}");
        assert_eq!(source(others).shares_key(&source(own)), expected, "{others:?} {own:?}");
    }
}

/// Else an attacker has any body parsed.
#[test]
fn a_tag_in_a_header_is_read_before_the_body() {
    let scheme = json!({
        "type": "hmac",
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": [{ "field": "/order" }],
    });
    let provider = provider(&scheme);
    let secret = provider.scheme.secret("a secret").expect("a secret");
    let source = Source::new("shop", provider, vec![secret], None, Settings::default());
    let source = source.expect("a source");
    let code = |value: Option<&str>, body: &[u8]| {
        let headers: Vec<_> = value.map(|value| ("x-tag", value)).into_iter().collect();
        let headers = headers.as_slice();
        let delivery = Delivery { headers: &headers, url: "", body };
        let refused = source.verify(delivery, None, NOW).err().map(|it| it.code());
        let by_headers = source.check_headers(&headers, "", None, NOW).err().map(|it| it.code());
        (refused, by_headers)
    };
    let (missing, malformed) = (Some("missing_signature"), Some("malformed_signature"));
    assert_eq!(code(None, b"{"), (missing, missing));
    assert_eq!(code(Some("zz"), b"{"), (malformed, malformed));
    let tag = "0".repeat(64);
    assert_eq!(code(Some(&tag), b"{"), (missing, None));
    assert_eq!(code(Some(&tag), br#"{"\u006frder":"7"}"#), (missing, None));
    assert_eq!(code(Some(&tag), br#"{"order":"7"}"#), (Some("signature_mismatch"), None));
}

/// The signature of a private key is looked for first, too.
#[test]
fn a_signature_in_a_header_is_missed_before_the_body_is_read() {
    let with = |signature: Value, parts: Value| {
        let mut scheme = public_key("ed25519");
        (scheme["signature"], scheme["signs"]) = (signature, parts);
        let provider = provider(&scheme);
        let keys = provider.scheme.secret(&set(&[ed25519(1)])).expect("keys");
        let source = Source::new("shop", provider, vec![keys], None, Settings::default());
        let source = source.expect("a source");
        let code = |headers: &[(&str, &str)]| {
            source.check_headers(&headers, "", None, NOW).err().map(|it| it.code())
        };
        (code(&[]), code(&[("x-tag", "zz")]))
    };
    let header = || json!({ "header": "x-tag", "encoding": "hex" });
    let field = || json!({ "field": "/tag", "encoding": "hex" });
    let (missing, malformed) = (Some("missing_signature"), Some("malformed_signature"));
    assert_eq!(with(header(), json!(["body"])), (missing, malformed));
    assert_eq!(with(header(), json!([{ "field": "/order" }])), (missing, None));
    assert_eq!(with(field(), json!(["body"])), (None, None));
}

#[test]
fn a_secret_that_stands_twice_leaves_the_payload_empty() {
    let scheme = json!({
        "type": "token",
        "token": { "header": "x-tag" },
        "redact": ["/access/token"],
    });
    let provider = provider(&scheme);
    let secret = provider.scheme.secret(TOKEN).expect("a secret");
    let source = Source::new("shop", provider, vec![secret], None, Settings::default());
    let source = source.expect("a source");
    let payload = |body: &str| {
        let headers = [("x-tag", TOKEN)];
        let headers = headers.as_slice();
        let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
        let verified = source.verify(delivery, None, NOW).expect("authentic");
        let Reading::Event(event) = verified.read(NOW) else {
            panic!("an event");
        };
        let json: Value = serde_json::from_str(&event.to_json()).expect("JSON");
        json.pointer("/data/payload").and_then(Value::as_str).expect("a payload").to_owned()
    };
    for body in [
        r#"{"order":"7","state":"shipped","access":{"token":"hunter2","token":"hunter3"}}"#,
        r#"{"order":"7","state":"shipped","access":{"token":"hunter2"},"access":{"token":"hunter3"}}"#,
        r#"{"order":"7","access":{"token":"hunter2","\u0074oken":"hunter3"}}"#,
    ] {
        assert_eq!(payload(body), "", "{body}");
    }
    // Where the secret is found, another key may stand twice.
    let other = r#"{"order":"7","state":"shipped","state":"shipped","access":{"token":"hunter2"}}"#;
    assert_eq!(payload(other), other.replace("\"hunter2\"", "\"redacted\""));
}
