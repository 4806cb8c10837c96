//! Every cause that `explain` knows of a signature by a private key. The host of these tests has no
//! such algorithm: to it, a signature is the SHA-512 of the key's last bytes and the content. The
//! package's tests have real keys.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod sender;

use std::{borrow::Cow, cell::Cell};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use orderhook_core::{Delivery, Headers, Signature, UnixMillis};
use orderhook_explain::{Cause, Explanation, Question, Signer, explain};
use sender::base64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: u64 = 1_700_000_000;
const BODY: &str = r#"{"order":"7","state":"shipped"}"#;
const URL: &str = "https://shop.example/hooks/acme?a=1";

struct Slice<'a>(&'a [[String; 2]]);

impl Headers for Slice<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.0.iter().find(|[n, _]| n.eq_ignore_ascii_case(name));
        found.map(|[_, value]| Cow::Borrowed(&**value))
    }
}

/// The ways to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Header,
    Jws,
    Message,
    /// Over the URL and the body.
    Url,
    /// With the time of signing beside the signature.
    Pairs,
}

use Kind::{Header, Jws, Message, Pairs, Url};

const KINDS: [Kind; 3] = [Header, Jws, Message];

impl Kind {
    fn signer(self) -> Signer {
        let scheme = match self {
            Header => json!({
                "type": "public-key",
                "algorithm": "ecdsa-p256",
                "key_id": { "header": "x-key" },
                "signature": { "header": "x-signature", "encoding": "base64", "prefix": "v1=" },
                "signs": [{ "header": "x-topic" }, { "text": "." }, "time", { "text": "." }, "body"],
                "age": { "header": "x-time", "within": 300 },
            }),
            Jws => json!({
                "type": "public-key",
                "algorithm": "ecdsa-p256",
                "signature": { "header": "x-signature", "form": "jws" },
            }),
            Message => json!({
                "type": "http-signature",
                "covers": ["@method", "@path", "@authority", "content-digest"],
                "covers_if_present": ["@query", "x-agent"],
                "age": { "within": 300 },
            }),
            Url => json!({
                "type": "public-key",
                "algorithm": "ecdsa-p256",
                "signature": { "header": "x-signature", "encoding": "base64" },
                "signs": ["url", { "text": "." }, "body"],
            }),
            Pairs => json!({
                "type": "public-key",
                "algorithm": "ecdsa-p256",
                "signature": { "header": "x-signature", "encoding": "hex", "pair": "v1" },
                "signs": ["time", { "text": "." }, "body"],
                "age": { "pair": "t", "within": 300 },
            }),
        };
        signer("acme", &scheme)
    }

    /// Returns the header that has the signature.
    fn place(self) -> &'static str {
        if self == Message { "signature" } else { "x-signature" }
    }

    /// Returns a delivery's headers, signed by the key of this number, and naming a key.
    fn sign(self, by: u8, id: &str, body: &str) -> Vec<[String; 2]> {
        match self {
            Header => {
                let tag = tag(by, &format!("order-paid.{NOW}.{body}"));
                vec![
                    ["x-topic", "order-paid"].map(str::to_owned),
                    ["x-time".into(), NOW.to_string()],
                    ["x-key".into(), id.into()],
                    ["x-signature".into(), format!("v1={}", base64(&tag))],
                ]
            }
            Jws => {
                let head = json!({ "alg": "ES256", "kid": id }).to_string();
                let head = URL_SAFE_NO_PAD.encode(head);
                let tag = tag(by, &format!("{head}.{}", URL_SAFE_NO_PAD.encode(body)));
                vec![["x-signature".into(), format!("{head}..{}", URL_SAFE_NO_PAD.encode(tag))]]
            }
            Message => message(by, id, body, COVERED, &format!(";created={NOW}")),
            Url => over_url(by, URL, body),
            Pairs => {
                let tag = hex::encode(tag(by, &format!("{NOW}.{body}")));
                vec![["x-signature".into(), format!("t={NOW},v1={tag}")]]
            }
        }
    }
}

const COVERED: &[&str] = &["@method", "@path", "@authority", "@query", "content-digest", "x-topic"];

fn message(by: u8, id: &str, body: &str, covered: &[&str], times: &str) -> Vec<[String; 2]> {
    let digest = format!("sha-256=:{}:", base64(&Sha256::digest(body)));
    let value = |name: &str| match name {
        "@method" => "POST",
        "@path" => "/hooks/acme",
        "@authority" => "shop.example",
        "@query" => "?a=1",
        "x-topic" => "order-paid",
        _ => &*digest,
    };
    let line = |name: &&str| format!("\"{name}\": {}\n", value(name));
    let list: Vec<_> = covered.iter().map(|name| format!("\"{name}\"")).collect();
    let input = format!("({}){times};keyid=\"{id}\"", list.join(" "));
    let base: String = covered.iter().map(line).collect();
    let tag = base64(&tag(by, &format!("{base}\"@signature-params\": {input}")));
    vec![
        ["content-digest".into(), digest.clone()],
        ["x-topic", "order-paid"].map(str::to_owned),
        ["signature-input".into(), format!("s={input}")],
        ["signature".into(), format!("s=:{tag}:")],
    ]
}

fn over_url(by: u8, url: &str, body: &str) -> Vec<[String; 2]> {
    vec![["x-signature".into(), base64(&tag(by, &format!("{url}.{body}")))]]
}

fn signer(name: &str, scheme: &Value) -> Signer {
    let definition = json!({
        "scheme": scheme,
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": "orderhook" },
    });
    Signer::parse(name, &definition.to_string(), None).expect("a definition")
}

/// A key of P-256: the host of these tests looks at its last bytes only.
fn key(number: u8, id: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.encode([number; 32]);
    json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": bytes, "y": bytes })
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn tag(by: u8, content: &str) -> [u8; 64] {
    Sha512::digest([&[by; 32][..], content.as_bytes()].concat()).into()
}

/// A delivery, and the account that it came to.
#[derive(Clone)]
struct Case {
    kind: Kind,
    secrets: Vec<String>,
    others: Vec<String>,
    headers: Vec<[String; 2]>,
    body: String,
    url: String,
    now: u64,
}

impl Case {
    fn of(kind: Kind) -> Self {
        Self::signed(kind, kind.sign(1, "a", BODY))
    }

    fn signed(kind: Kind, headers: Vec<[String; 2]>) -> Self {
        Self {
            kind,
            secrets: vec![set(&[key(1, "a"), key(2, "b")])],
            others: vec![],
            headers,
            body: BODY.to_owned(),
            url: URL.to_owned(),
            now: NOW,
        }
    }

    fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// Returns the value of the header with the signature.
    fn signature(&self) -> String {
        let place = self.kind.place();
        let found = self.headers.iter().find(|[name, _]| name == place);
        found.expect("a signature")[1].clone()
    }

    /// Changes a header; one that becomes empty goes.
    fn header(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let at = self.headers.iter().position(|[n, _]| n == name).expect("a header");
        self.headers[at][1] = change(&self.headers[at][1]);
        self.headers.retain(|[_, value]| !value.is_empty());
        self
    }

    /// Writes the signature in another way.
    fn tag(self, write: impl Fn(&[u8]) -> String) -> Self {
        let kind = self.kind;
        self.header(kind.place(), |value| {
            let (from, to) = match kind {
                Header => (3, value.len()),
                Jws => (value.find("..").expect("a JWS") + 2, value.len()),
                Message => (3, value.len() - 1),
                Url | Pairs => panic!("a kind whose signature is written in one way here"),
            };
            let text = &value[from..to];
            let tag = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text));
            format!("{}{}{}", &value[..from], write(&tag.expect("a tag")), &value[to..])
        })
    }

    fn explanation(&self) -> Explanation {
        self.counted(&Cell::new(0), &[])
    }

    fn counted(&self, checks: &Cell<usize>, others: &[Signer]) -> Explanation {
        let holds = |Signature { key, content, signature, .. }: Signature<'_>| {
            checks.set(checks.get() + 1);
            let content: Vec<u8> = content.iter().flatten().copied().collect();
            let signed = [&key[key.len() - 32..], &content].concat();
            *signature == *Sha512::digest(signed)
        };
        explain(&Question {
            provider: &self.kind.signer(),
            others,
            secrets: &self.secrets,
            other_secrets: &self.others,
            has_token: false,
            delivery: Delivery {
                headers: &Slice(&self.headers),
                url: &self.url,
                body: self.body.as_bytes(),
            },
            headers: &self.headers,
            now: UnixMillis(self.now * 1000),
            holds: &holds,
            understands: &|_| false,
        })
    }

    #[track_caller]
    fn is(&self, expected: &[Cause]) -> Explanation {
        let explanation = self.explanation();
        assert_eq!(explanation.causes, expected, "{:?}", self.kind);
        explanation
    }
}

#[test]
fn a_valid_delivery_has_no_cause() {
    for kind in KINDS {
        Case::of(kind).is(&[]);
    }
}

#[test]
fn another_key_is_found_and_an_unknown_one_is_not() {
    for kind in KINDS {
        Case::signed(kind, kind.sign(2, "a", BODY)).is(&[Cause::OtherKey]);
        Case::signed(kind, kind.sign(3, "a", BODY)).is(&[]);
        Case::signed(kind, kind.sign(3, "z", BODY)).is(&[Cause::UnknownKey]);
        let mut case = Case::signed(kind, kind.sign(3, "a", BODY));
        case.others = vec![set(&[key(2, "b")]), set(&[key(3, "c")])];
        assert_eq!(case.is(&[Cause::OtherSecret]).secret_index, 1);
        case.body(&format!("{BODY}\n")).is(&[Cause::OtherSecret, Cause::BodyNewline]);
    }
}

#[test]
fn each_key_of_a_long_set_is_tried() {
    for kind in KINDS {
        let mut case = Case::signed(kind, kind.sign(16, "a", BODY));
        let keys: Vec<_> = (1..=16).map(|number| key(number, &format!("k-{number}"))).collect();
        case.secrets = vec![set(&keys)];
        case.is(&[Cause::OtherKey]);
    }
}

#[test]
fn a_changed_body_is_found() {
    use Cause::{BodyBom, BodyLineEnds, BodyNewline, BodyReserialised};
    for kind in KINDS {
        for (signed, came, causes) in [
            (BODY, &*format!("{BODY}\r\n"), &[BodyNewline][..]),
            ("{}\n", "{}", &[BodyNewline]),
            (BODY, &format!("\u{feff}{BODY}"), &[BodyBom]),
            ("{\r\n}", "{\n}", &[BodyLineEnds]),
            (BODY, r#"{"order": "7", "state": "shipped"}"#, &[BodyReserialised]),
            (
                BODY,
                "{\"order\": \"7\", \"state\": \"shipped\"}\n",
                &[BodyReserialised, BodyNewline],
            ),
        ] {
            Case::signed(kind, kind.sign(1, "a", signed)).body(came).is(causes);
        }
        let other = Case::of(kind).body(r#"{"order":"8"}"#);
        other.is(if kind == Message { &[Cause::Digest] } else { &[] });
    }
}

#[test]
fn a_changed_header_is_found() {
    for kind in [Header, Message] {
        for changed in ["order-paid;v=1", "order-paid, again"] {
            let case = Case::of(kind).header("x-topic", |_| changed.to_owned());
            assert_eq!(case.is(&[Cause::CoveredHeader]).header, "x-topic", "{changed}");
        }
        Case::of(kind).header("x-topic", |_| "order-sent".to_owned()).is(&[]);
    }
}

#[test]
fn a_changed_url_is_found() {
    let at = |url: &str| {
        let mut case = Case::of(Message);
        url.clone_into(&mut case.url);
        case
    };
    for (url, about) in [
        ("https://shop.example/hooks/acme/?a=1", "@path"),
        ("https://internal:8080/hooks/acme?a=1", "@authority"),
        ("/hooks/acme?a=1", "@authority"),
    ] {
        let mut case = at(url);
        case.headers.push(["x-forwarded-host".into(), " shop.example".into()]);
        assert_eq!(case.is(&[Cause::CoveredHeader]).header, about, "{url}");
    }
    at("https://shop.example/hooks/other?a=1").is(&[]);
    let covered = &["@method", "@path", "@authority", "content-digest"];
    let without = message(1, "a", BODY, covered, &format!(";created={NOW}"));
    assert_eq!(Case::signed(Message, without).is(&[Cause::CoveredHeader]).header, "@query");
}

#[test]
fn a_change_of_a_signed_url_is_found() {
    for (signed, came, about) in [
        ("https://shop.example/a?b=1", "http://shop.example/a?b=1", "@scheme"),
        ("http://shop.example/a?b=1", "https://shop.example/a?b=1", "@scheme"),
        ("https://shop.example/a/", "https://shop.example/a", "@path"),
        ("https://shop.example/a", "https://shop.example/a?b=1", "@query"),
    ] {
        let mut case = Case::signed(Url, over_url(1, signed, BODY));
        came.clone_into(&mut case.url);
        assert_eq!(case.is(&[Cause::CoveredHeader]).header, about, "{came}");
    }
}

#[test]
fn what_is_not_covered_is_seen() {
    let covered = |covered: &[&str]| {
        Case::signed(Message, message(1, "a", BODY, covered, &format!(";created={NOW}")))
    };
    let less = covered(&["@method", "@path", "@query", "content-digest"]);
    assert_eq!(less.is(&[Cause::NotCovered]).header, "@authority");
    let mut more = Case::of(Message);
    more.headers.push(["x-agent".into(), "a".into()]);
    assert_eq!(more.is(&[Cause::NotCovered]).header, "x-agent");
    let missing = Case::of(Message).header("x-topic", |_| String::new());
    assert_eq!(missing.is(&[Cause::MissingSignature]).header, "x-topic");
}

#[test]
fn a_missing_header_is_seen() {
    for kind in KINDS {
        let case = Case::of(kind).header(kind.place(), |_| String::new());
        assert_eq!(case.is(&[Cause::MissingSignature]).header, kind.place());
    }
    for name in ["x-key", "x-time", "x-topic"] {
        let case = Case::of(Header).header(name, |_| String::new());
        assert_eq!(case.is(&[Cause::MissingSignature]).header, name);
    }
}

#[test]
fn a_tag_in_another_encoding_is_found() {
    for kind in KINDS {
        Case::of(kind).tag(|tag| hex::encode(tag)).is(&[Cause::TagEncoding]);
        Case::of(kind).tag(|tag| hex::encode_upper(tag)).is(&[Cause::TagEncoding]);
        Case::of(kind).tag(der).is(&[Cause::TagEncoding]);
        let other: fn(&[u8]) -> String = match kind {
            Jws => |tag| STANDARD.encode(tag),
            _ => |tag| URL_SAFE_NO_PAD.encode(tag),
        };
        Case::of(kind).tag(other).is(&[Cause::TagEncoding]);
    }
}

/// Writes a signature of ECDSA as a SEQUENCE of two INTEGERs.
fn der(tag: &[u8]) -> String {
    let number = |bytes: &[u8]| {
        let zero: &[u8] = if bytes[0] > 127 { &[0] } else { &[] };
        let length = u8::try_from(zero.len() + bytes.len()).expect("a short number");
        [&[2, length], zero, bytes].concat()
    };
    let numbers = [number(&tag[..32]), number(&tag[32..])].concat();
    let length = u8::try_from(numbers.len()).expect("a short signature");
    STANDARD.encode([&[0x30, length][..], &numbers].concat())
}

#[test]
fn what_stands_around_a_tag_is_found() {
    for kind in KINDS {
        let quoted = Case::of(kind).header(kind.place(), |value| match kind {
            Header => value.replace("v1=", "sha256="),
            Jws => format!(" \"{value}\""),
            Message => value.replace(':', ""),
            Url | Pairs => panic!("not among the kinds"),
        });
        quoted.is(&[Cause::TagPrefix]);
        let mut moved = Case::of(kind);
        let place = moved.headers.iter_mut().find(|[name, _]| name == kind.place());
        "X-Renamed".clone_into(&mut place.expect("a header")[0]);
        assert_eq!(moved.is(&[Cause::WrongHeader]).header, "X-Renamed");
    }
    let attached = Case::of(Jws).header("x-signature", |value| {
        value.replace("..", &format!(".{}.", URL_SAFE_NO_PAD.encode(BODY)))
    });
    attached.is(&[Cause::TagPrefix]);
}

/// The time of signing moves with the signature.
#[test]
fn a_moved_tag_with_its_time_is_found() {
    let mut case = Case::of(Pairs);
    case.is(&[]);
    "x-renamed".clone_into(&mut case.headers[0][0]);
    assert_eq!(case.is(&[Cause::WrongHeader]).header, "x-renamed");
}

/// A signature that is wrong stands in the right header, and others like it stand in other headers.
#[test]
fn the_eighth_signature_in_another_place_is_tried_and_the_next_is_not() {
    for kind in KINDS {
        let wrong = |by: u8| Case::signed(kind, kind.sign(by, "a", BODY)).signature();
        let after = |others: u8| {
            let mut case = Case::of(kind);
            let right = case.signature();
            case = case.header(kind.place(), |_| wrong(100));
            case.headers.extend((0..others).map(|at| [format!("x-{at}"), wrong(at + 101)]));
            case.headers.push(["x-right".into(), right]);
            case
        };
        assert_eq!(after(7).is(&[Cause::WrongHeader]).header, "x-right");
        after(8).is(&[]);
    }
}

#[test]
fn the_fewest_causes_are_found_where_two_signatures_hold() {
    let mut case = Case::of(Header);
    let by_another_key = Case::signed(Header, Header.sign(2, "a", BODY)).signature();
    case.headers.push(["x-renamed".into(), by_another_key]);
    case.clone()
        .header("x-signature", |_| "none".to_owned())
        .is(&[Cause::OtherKey, Cause::WrongHeader]);
    let with_newline = Case::signed(Header, Header.sign(1, "a", &format!("{BODY}\n"))).signature();
    case.header("x-signature", |_| with_newline.clone()).is(&[Cause::BodyNewline]);
}

#[test]
fn the_first_of_equal_sets_is_named() {
    for (body, causes) in
        [(BODY, &[Cause::OtherSecret][..]), ("[]", &[Cause::OtherSecret, Cause::Digest])]
    {
        let mut case = Case::signed(Message, Message.sign(3, "a", BODY)).body(body);
        case.others = [4, 3, 3].map(|number| set(&[key(number, "c")])).to_vec();
        assert_eq!(case.is(causes).secret_index, 1);
    }
}

/// Without any key, nothing is known of the one that the delivery names.
#[test]
fn an_account_without_keys_does_not_say_that_the_key_is_unknown() {
    for kind in KINDS {
        for secrets in [vec![], vec!["no key".to_owned()]] {
            Case { secrets, ..Case::of(kind) }.is(&[]);
        }
    }
}

#[test]
fn a_wrong_clock_is_found() {
    for kind in [Header, Message] {
        for now in [NOW - 301, NOW + 301, NOW + 40_000] {
            let case = Case { now, ..Case::of(kind) };
            assert_eq!(case.is(&[Cause::Clock]).signed_at, NOW);
            case.body(&format!("{BODY}\n")).is(&[Cause::BodyNewline, Cause::Clock]);
        }
        for now in [NOW - 300, NOW + 300] {
            Case { now, ..Case::of(kind) }.is(&[]);
        }
    }
    let expired = |times: &str| Case::signed(Message, message(1, "a", BODY, COVERED, times));
    let case = expired(&format!(";created={};expires={}", NOW - 60, NOW - 1));
    assert_eq!(case.is(&[Cause::Clock]).signed_at, NOW - 60);
    expired(&format!(";created={};expires={NOW}", NOW - 60)).is(&[]);
    assert_eq!(expired(";created=0").is(&[Cause::Clock]).signed_at, 0);
}

#[test]
fn a_body_says_what_it_is_where_nothing_is_proven() {
    for kind in [Header, Jws] {
        let wrong = Case::signed(kind, kind.sign(3, "a", BODY));
        wrong.clone().body("").is(&[Cause::BodyEmpty]);
        wrong.clone().body("[object Object]").is(&[Cause::BodyObject]);
        wrong.body("order=7").is(&[Cause::BodyForm]);
    }
    Case::of(Message).body("").is(&[Cause::Digest]);
}

#[test]
fn another_providers_delivery_is_found() {
    let header = Header.signer();
    let other = Signer { name: "other".to_owned(), ..header };
    let mut case = Case::of(Header);
    case.kind = Jws;
    let explanation = case.counted(&Cell::new(0), std::slice::from_ref(&other));
    assert_eq!((explanation.causes, &*explanation.provider), (vec![Cause::OtherProvider], "other"));
    // Nothing else is tried for it.
    let changed = case.body(&format!("{BODY}\n")).counted(&Cell::new(0), &[other]);
    assert_eq!(changed.causes, [Cause::TagPrefix][..0]);
}

#[test]
fn the_host_is_asked_200_times_at_most() {
    for kind in [Header, Jws] {
        let checks = Cell::new(0);
        let mut case =
            Case::signed(kind, kind.sign(99, "a", BODY)).body(r#"{"a":"/é<😀>'","b":[1,{}]}"#);
        case.secrets = vec![set(&(1..=16).map(|number| key(number, "a")).collect::<Vec<_>>())];
        assert_eq!(case.counted(&checks, &[]).causes, []);
        assert_eq!(checks.get(), 200, "{kind:?}");
    }
    // The same question is asked once, whatever the body: its digest is signed.
    let checks = Cell::new(0);
    Case::of(Message).body("[]").counted(&checks, &[]);
    assert!(checks.get() < 30, "{}", checks.get());
}

/// Three contents are signed: with the URL as it came, with another path, and without the query.
/// The digest is compared with the body, so that no check is spent on a change of it.
#[test]
fn the_host_is_not_asked_about_a_changed_digest() {
    let covered = &["@method", "@path", "@authority", "@query", "content-digest"];
    let headers = message(3, "a", BODY, covered, &format!(";created={NOW}"));
    let mut case = Case::signed(Message, headers);
    case.secrets = vec![set(&[key(1, "a")])];
    let checks = Cell::new(0);
    assert_eq!(case.counted(&checks, &[]).causes, []);
    assert_eq!(checks.get(), 3);
}

/// A host that answers later keeps all that it is asked.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_host_is_asked_about_16_mib_at_most() {
    let before = format!("order-paid.{NOW}.").len();
    let asked = |content: usize| {
        let headers = Header.sign(3, "a", "");
        let case = Case::signed(Header, headers).body(&"a".repeat(content - before));
        let checks = Cell::new(0);
        assert_eq!(case.counted(&checks, &[]).causes, []);
        checks.get()
    };
    assert_eq!(asked(16 << 20), 1);
    assert_eq!(asked((16 << 20) + 1), 0);
}
