//! Signatures by a private key: what the core reads of them, what a host is asked, and what its
//! answers prove. The host of these tests says what each test wants.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.
#![allow(clippy::needless_pass_by_value)] // Definitions are written where they are passed.

mod sender;

use std::{cell::Cell, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_executor::block_on;
use orderhook_core::{
    Answer, Authenticity, Delivery, Host, Proof, Provider, Question, Refusal, Scheme, Secret,
    Settings, Source, UnixMillis,
};
use sender::{base64, digest};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Headers<'h> = &'h [(&'h str, &'h str)];

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const URL: &str = "https://shop.example/hooks/acme?a=1";
const BODY: &str = r#"{"order":"7"}"#;
const MISMATCH: Refusal = Refusal::SignatureMismatch;

/// The public keys of the first three tests of RFC 8032, section 7.1.
const KEYS: [&str; 3] = [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
];

fn raw(key: usize) -> Vec<u8> {
    hex::decode(KEYS[key]).expect("hex")
}

/// Returns a key as a secret's text, without an id.
fn text(key: usize) -> String {
    base64(&raw(key))
}

/// Returns a key set with an id for each key.
fn key_set(ids: &[&str]) -> String {
    let key = |(at, id): (usize, &&str)| {
        let x = URL_SAFE_NO_PAD.encode(raw(at));
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": x })
    };
    let keys: Vec<_> = ids.iter().enumerate().map(key).collect();
    json!({ "keys": keys }).to_string()
}

/// Returns a signature of the right length.
fn tag() -> String {
    "ab".repeat(64)
}

fn provider(scheme: Value) -> Arc<Provider> {
    let definition = json!({
        "scheme": scheme,
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": "orderhook" },
    });
    Arc::new(Provider::parse("acme", &definition.to_string(), None).expect("a definition"))
}

fn signs(parts: Value) -> Value {
    json!({
        "type": "public-key",
        "algorithm": "ed25519",
        "signature": { "header": "x-tag", "encoding": "hex" },
        "signs": parts,
    })
}

fn with(mut scheme: Value, name: &str, value: Value) -> Value {
    scheme[name] = value;
    scheme
}

fn source(scheme: Value, secrets: &[String]) -> Source {
    let provider = provider(scheme);
    let secret = |text: &String| provider.scheme.secret(text).expect("a key");
    let secrets = secrets.iter().map(secret).collect();
    Source::new("shop", Arc::clone(&provider), secrets, None, Settings::default())
        .expect("a source")
}

fn delivery<'d>(headers: &'d Headers<'d>, body: &'d str) -> Delivery<'d> {
    Delivery { headers, url: URL, body: body.as_bytes() }
}

/// What a host answers, one after another: an answer is not `Clone`.
type Given = &'static [fn() -> Answer];

/// A host that gives these answers.
struct Answers {
    all: Given,
    asked: Cell<usize>,
}

impl Answers {
    fn new(all: Given) -> Self {
        Self { all, asked: Cell::new(0) }
    }

    /// Panics if it is not asked about the next key.
    fn next(&self, question: Question<'_>) -> Answer {
        let Question::Signature(question) = question else {
            panic!("a signature");
        };
        let at = self.asked.replace(self.asked.get() + 1);
        assert!(question.key.ends_with(&raw(at)), "key {at}");
        self.all[at]()
    }
}

impl Host for Answers {
    async fn answer(&self, question: Question<'_>) -> Answer {
        self.next(question)
    }
}

/// A host that answers at once and one that answers later are asked the same.
#[test]
fn the_first_key_that_signed_is_the_proof() {
    const YES: fn() -> Answer = || Answer::Holds(true);
    const NO: fn() -> Answer = || Answer::Holds(false);
    const OPEN: fn() -> Answer = || Answer::Unanswered;
    const NOT_HERE: fn() -> Answer = || Answer::Unavailable;
    // What could not be checked is neither accepted nor refused.
    let unknown = Err(Refusal::Unverifiable);
    let cases: [(Given, _); 9] = [
        (&[YES], Ok(0)),
        (&[NO, YES], Ok(1)),
        (&[NO, NO, YES], Ok(2)),
        (&[NO, NO, NO], Err(MISMATCH)),
        (&[OPEN, YES], Ok(1)),
        (&[NOT_HERE, NO, YES], Ok(2)),
        (&[OPEN, NO, NO], unknown.clone()),
        (&[NO, NO, NOT_HERE], unknown.clone()),
        (&[|| Answer::Sha256([0; 32]), NO, NO], unknown),
    ];
    let source = source(signs(json!(["body"])), &[0, 1, 2].map(text));
    let tag = tag();
    let headers: Headers<'_> = &[("x-tag", &tag)];
    for (answers, expected) in cases {
        let proof = |at| Proof { authenticity: Authenticity::BodySigned, secret_index: Some(at) };
        let expected: Result<Proof, Refusal> = expected.map(proof);
        let challenge = || source.challenge(delivery(&headers, BODY), None, NOW).expect("read");
        let (now, later) = (Answers::new(answers), Answers::new(answers));
        let verdict = challenge().answer(|question| now.next(question));
        assert_eq!(verdict.map(|verified| verified.proof()), expected);
        let verdict = block_on(challenge().answer_later(&later));
        assert_eq!(verdict.map(|verified| verified.proof()), expected);
        assert_eq!((now.asked.get(), later.asked.get()), (answers.len(), answers.len()));
    }
}

/// Returns the secret whose key signed, to a host that says it is the key of this number.
fn signer(
    scheme: &Scheme,
    key: usize,
    delivery: Delivery<'_>,
    content: &str,
) -> Result<usize, Refusal> {
    let secrets = [0, 1].map(|key| Secret::of_public_keys(&text(key)).expect("a key"));
    scheme.signer(&secrets, &delivery, NOW, &mut |signature| {
        let asked: Vec<u8> = signature.content.iter().flatten().copied().collect();
        assert_eq!(String::from_utf8(asked).expect("UTF-8"), content);
        signature.key.ends_with(&raw(key))
    })
}

/// A search looks for the key that made a signature. To it, the delivery's URL is the registered
/// one.
#[test]
fn a_search_finds_the_key_that_signed() {
    let tag = tag();
    let headers: Headers<'_> = &[("x-tag", &tag)];
    let scheme = &provider(signs(json!(["url", "body"]))).scheme;
    let content = [URL, BODY].concat();
    let found = |key| signer(scheme, key, delivery(&headers, BODY), &content);
    assert_eq!((found(0), found(1), found(2)), (Ok(0), Ok(1), Err(MISMATCH)));
    let none: Headers<'_> = &[];
    let missing = signer(scheme, 0, delivery(&none, BODY), "");
    assert_eq!(missing, Err(Refusal::MissingSignature { header: "x-tag".into() }));
    // No private key signs by a scheme with a shared secret.
    let mut hmac = with(signs(json!(["body"])), "type", json!("hmac"));
    hmac.as_object_mut().expect("a table").remove("algorithm");
    let hmac = &provider(hmac).scheme;
    assert_eq!(signer(hmac, 0, delivery(&headers, BODY), ""), Err(MISMATCH));
    assert_eq!(hmac.may_be_by(&[], &delivery(&headers, BODY), NOW), Err(MISMATCH));
}

#[test]
fn a_search_compares_the_signed_digest_with_the_body() {
    let scheme =
        &provider(json!({ "type": "http-signature", "covers": ["content-digest"] })).scheme;
    let found = |body: &str| {
        let digest = digest(BODY.as_bytes()).replace("SHA-256=", "sha-256=:") + ":";
        let input = r#"("content-digest")"#;
        let signature = format!("s=:{}:", base64(&[0xab; 64]));
        let content = format!("\"content-digest\": {digest}\n\"@signature-params\": {input}");
        let input = format!("s={input}");
        let headers: Headers<'_> =
            &[("content-digest", &digest), ("signature-input", &input), ("signature", &signature)];
        signer(scheme, 1, delivery(&headers, body), &content)
    };
    assert_eq!(found(BODY), Ok(1));
    assert_eq!(found("{}"), Err(Refusal::DigestMismatch));
}

/// Whether one of a text's keys may have made a signature that names this id.
fn may_be_by(secrets: &[Secret], id: &str) -> Result<bool, Refusal> {
    let scheme = with(signs(json!(["url", "body"])), "key_id", json!({ "header": "x-key" }));
    let tag = tag();
    let headers: Headers<'_> = &[("x-tag", &tag), ("x-key", id)];
    provider(scheme).scheme.may_be_by(secrets, &delivery(&headers, BODY), NOW)
}

#[test]
fn a_key_is_tried_by_its_id() {
    let set = |ids: &[&str]| [Secret::of_public_keys(&key_set(ids)).expect("keys")];
    assert_eq!(may_be_by(&set(&["a", "b"]), "b"), Ok(true));
    assert_eq!(may_be_by(&set(&["a", "b"]), "c"), Ok(false));
    assert_eq!(may_be_by(&[], "a"), Ok(false));
    // A key without an id is tried for any.
    let unnamed = [Secret::of_public_keys(&text(0)).expect("a key")];
    assert_eq!(may_be_by(&unnamed, "c"), Ok(true));
    // Each key alone is tried whichever one is named: it may stand under a wrong id.
    let alone = Secret::of_each_key(&key_set(&["a", "b"]));
    assert_eq!(alone.len(), 2);
    for key in alone {
        assert_eq!(may_be_by(&[key], "c"), Ok(true));
    }
    assert!(Secret::of_each_key("no key").is_empty());
}

#[test]
fn the_time_of_signing_is_read_before_the_proof() {
    let signed_at = |age: Value, signature: Value, headers: Headers<'_>, body: &str| {
        let scheme = with(signs(json!(["time", { "text": "." }, "body"])), "age", age);
        let provider = provider(with(scheme, "signature", signature));
        let Scheme::PublicKey(scheme) = &provider.scheme else { panic!("a public key") };
        scheme.signed_at(&delivery(&headers, body))
    };
    let bare = || json!({ "header": "x-tag", "encoding": "hex" });
    let header = || json!({ "header": "x-time", "within": 300 });
    let at = |time| signed_at(header(), bare(), &[("x-time", time), ("x-tag", "x")], BODY);
    assert_eq!(at("1700000000"), Some(1_700_000_000));
    // A time that is too old is a time, too.
    assert_eq!(at("5"), Some(5));
    assert_eq!(at("yesterday"), None);
    // A search wants the time where the signature is missing, too.
    assert_eq!(signed_at(header(), bare(), &[("x-time", "7")], BODY), Some(7));
    assert_eq!(signed_at(header(), bare(), &[], BODY), None);
    let millis = json!({ "field": "/at", "form": "milliseconds", "within": 300 });
    assert_eq!(signed_at(millis, bare(), &[], r#"{"at":1700000000123}"#), Some(1_700_000_000));
    let pairs = json!({ "header": "x-tag", "encoding": "hex", "pair": "v1" });
    let pair = json!({ "pair": "t", "within": 300 });
    assert_eq!(
        signed_at(pair, pairs, &[("x-tag", "t=1700000000,v1=x")], BODY),
        Some(1_700_000_000)
    );
    let undated = provider(signs(json!(["body"])));
    let Scheme::PublicKey(scheme) = &undated.scheme else { panic!("a public key") };
    assert_eq!(scheme.signed_at(&delivery(&(&[] as Headers<'_>), BODY)), None);
}

/// Returns what a detached JWS with this header signs.
fn jws_content(header: &str, body: &str) -> Result<String, Refusal> {
    let scheme = json!({
        "type": "public-key",
        "algorithm": "ed25519",
        "signature": { "header": "x-jws", "form": "jws" },
    });
    let source = source(scheme, &[text(0)]);
    // RFC 8037, appendix A.4, under any header.
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let jws = format!("{}..{signature}", URL_SAFE_NO_PAD.encode(header));
    let headers: Headers<'_> = &[("x-jws", &jws)];
    let mut content = Vec::new();
    let challenge = source.challenge(delivery(&headers, body), None, NOW)?;
    challenge.answer(|question| {
        let Question::Signature(asked) = question else { panic!("a signature") };
        assert_eq!(asked.signature, URL_SAFE_NO_PAD.decode(signature).expect("base64"));
        content = asked.content.iter().flatten().copied().collect();
        Answer::Holds(true)
    })?;
    Ok(String::from_utf8(content).expect("UTF-8"))
}

#[test]
fn a_detached_jws_signs_its_header_and_the_body() {
    // RFC 8037, appendix A.4.
    assert_eq!(
        jws_content(r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing").as_deref(),
        Ok("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")
    );
    // RFC 7797, section 4.2, with another `alg`: the body is signed as it is.
    assert_eq!(
        jws_content(r#"{"alg":"EdDSA","b64":false,"crit":["b64"]}"#, "$.02").as_deref(),
        Ok("eyJhbGciOiJFZERTQSIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02")
    );
    // With `b64` true, the body is encoded, as without it.
    for header in [r#"{"alg":"EdDSA","b64":true,"crit":["b64"]}"#, r#"{"alg":"EdDSA","b64":true}"#]
    {
        let content = jws_content(header, "$.02").expect(header);
        assert!(content.ends_with(".JC4wMg"), "{content}");
    }
}

/// RFC 7515, section 4.1.11: what is critical and not understood is refused. RFC 7797, section 6: a
/// body that is signed as it is needs `b64` among what is critical.
#[test]
fn a_jws_with_an_unknown_critical_parameter_is_refused() {
    for header in [
        r#"{"alg":"EdDSA","exp":1,"crit":["exp"]}"#,
        r#"{"alg":"EdDSA","b64":false,"exp":1,"crit":["b64","exp"]}"#,
        r#"{"alg":"EdDSA","crit":[]}"#,
        r#"{"alg":"EdDSA","b64":false,"crit":[]}"#,
        r#"{"alg":"EdDSA","b64":false,"crit":"b64"}"#,
        r#"{"alg":"EdDSA","b64":false}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"none"}"#,
        "{}",
    ] {
        let code = jws_content(header, "$.02").err().map(|refusal| refusal.code());
        assert_eq!(code, Some("malformed_signature"), "{header}");
    }
}
