//! Every cause that `explain` knows, at every provider that it can happen at, alone and in pairs.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod sender;

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use orderhook_core::{Delivery, Headers, KeyFormat, Provider, Reading, Scheme, Secret, UnixMillis};
use orderhook_explain::{Cause, Explanation, Question, Signer, explain};
use sender::{base64, tag};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: u64 = 1_700_000_000;
const BODY: &str = r#"{"a":[1.50,{}],"url":"https://h/é","empty":[]}"#;
/// 33 bytes as text. In base64, it is the key of the provider that needs base64.
const TEXT: &str = "c2VjcmV0IG9mIHRoZSBhY2NvdW50ISE=";
const BYTES: &[u8] = b"secret of the account!!";

/// Providers of several schemes. With all of the catalogue, each search would take as much longer.
static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let parse = |name| {
        let definition = orderhook_catalogue::definition(name);
        Provider::parse(name, definition, None).expect("a definition that is valid")
    };
    ["gooten", "standard-webhooks", "up42", "wakilni", "wegocod"].map(parse).into()
});

type Pairs = Vec<[String; 2]>;

struct Slice<'a>(&'a [[String; 2]]);

impl Headers for Slice<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.0.iter().find(|[n, _]| n.eq_ignore_ascii_case(name));
        found.map(|[_, value]| Cow::Borrowed(&**value))
    }
}

/// A delivery and the account that it came to.
#[derive(Clone)]
struct Case {
    provider: &'static Provider,
    secrets: Vec<String>,
    others: Vec<String>,
    token: bool,
    headers: Pairs,
    body: Vec<u8>,
    now: u64,
}

impl Case {
    /// Makes a valid delivery, signed with a key of these bytes.
    fn signed(provider: &'static Provider, key: &[u8], body: &[u8]) -> Self {
        let mut headers = vec![["webhook-id".to_owned(), "m-1".to_owned()]];
        let delivery = Delivery { headers: &Slice(&headers), url: "", body };
        let kind = provider.scheme.mac_kind();
        let secret = Secret::of(&hex::encode(key), KeyFormat::Hex, kind).expect("a secret");
        let signed = provider.scheme.sign(&secret, &delivery, UnixMillis(NOW * 1000));
        let signed = signed.expect("a provider that signs");
        headers.extend(signed.into_iter().map(|(name, value)| [name.to_owned(), value]));
        let (secrets, others) = (vec![TEXT.to_owned()], Vec::new());
        Self { provider, secrets, others, token: false, headers, body: body.to_vec(), now: NOW }
    }

    fn right(provider: &'static Provider) -> Self {
        let key = if is_utf8(provider) { TEXT.as_bytes() } else { BYTES };
        Self::signed(provider, key, BODY.as_bytes())
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn secret(mut self, text: impl Into<String>) -> Self {
        self.secrets = vec![text.into()];
        self
    }

    fn now(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    /// Changes the header with the tag.
    fn header(mut self, change: impl Fn(&mut [String; 2])) -> Self {
        let name = tag_header(self.provider);
        change(self.headers.iter_mut().find(|[n, _]| n == name).expect("a tag"));
        self
    }

    /// Replaces the tag by another way to write it.
    fn tag(self, write: impl Fn(&[u8]) -> String) -> Self {
        let bytes = |text: &str| {
            use base64::{Engine, engine::general_purpose::STANDARD};
            hex::decode(text).or_else(|_| STANDARD.decode(text)).expect("a tag")
        };
        self.header(|[_, value]| {
            let at = value.find([',', '=']).filter(|at| at + 10 < value.len());
            let at = at.map_or(0, |at| at + 1);
            let tag = write(&bytes(&value[at..]));
            value.replace_range(at.., &tag);
        })
    }

    fn explanation(&self) -> Explanation {
        self.explanation_among(&PROVIDERS)
    }

    fn explanation_among(&self, others: &[Provider]) -> Explanation {
        let delivery = Delivery { headers: &Slice(&self.headers), url: "", body: &self.body };
        let understands = |signer: &Signer| {
            let named = |provider: &&Provider| *provider.name == *signer.name;
            let provider = others.iter().chain([self.provider]).find(named).expect("a provider");
            let read = provider.normalize("a", None, &delivery, UnixMillis(0));
            matches!(read, Reading::Event(event) if event.data.content.is_ok())
        };
        let signer = |provider: &Provider| {
            let (name, scheme) = (provider.name.to_string(), provider.scheme.clone());
            Signer { name, scheme }
        };
        explain(&Question {
            provider: &signer(self.provider),
            others: &others.iter().map(signer).collect::<Vec<_>>(),
            understands: &understands,
            secrets: &self.secrets,
            other_secrets: &self.others,
            has_token: self.token,
            delivery,
            headers: &self.headers,
            now: UnixMillis(self.now * 1000),
            holds: &|_| false,
        })
    }

    #[track_caller]
    fn is(&self, expected: &[Cause]) {
        let explanation = self.explanation();
        assert_eq!(explanation.causes, expected, "{}", self.provider.name);
    }
}

fn is_utf8(provider: &Provider) -> bool {
    provider.scheme.key_format() == Some(KeyFormat::Utf8)
}

fn tag_header(provider: &'static Provider) -> &'static str {
    match &provider.scheme {
        Scheme::Signed(scheme) => scheme.tags.place.headers().next().expect("a header"),
        Scheme::HeaderList(scheme) => &scheme.signature,
        _ => panic!("a provider that signs nothing"),
    }
}

fn signing() -> impl Iterator<Item = &'static Provider> {
    PROVIDERS.iter().filter(|provider| provider.scheme.key_format().is_some())
}

/// Returns a provider with this scheme.
fn defined(scheme: &Value) -> &'static Provider {
    let definition = json!({
        "scheme": scheme,
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": "orderhook" },
    });
    let provider = Provider::parse("acme", &definition.to_string(), None);
    Box::leak(Box::new(provider.expect("a definition that is valid")))
}

fn by_name(name: &str) -> &'static Provider {
    PROVIDERS.iter().find(|provider| *provider.name == *name).expect("a provider")
}

#[test]
fn cause_names_are_unique() {
    let names: HashSet<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
    assert_eq!(names.len(), Cause::ALL.len());
}

#[test]
fn a_valid_delivery_has_no_cause() {
    for provider in signing() {
        Case::right(provider).is(&[]);
    }
}

#[test]
fn an_inexplicable_delivery_has_no_cause() {
    for provider in signing() {
        Case::right(provider).secret("YW5vdGhlcg==").is(&[]);
        let changed = Case::right(provider).body(BODY.replace("1.50", "1.5"));
        let listed = matches!(provider.scheme, Scheme::HeaderList(_));
        changed.is(if listed { &[Cause::Digest] } else { &[] });
    }
}

#[test]
fn another_secret_is_found() {
    for provider in signing() {
        let mut case = Case::right(provider).secret("YW5vdGhlcg==");
        case.others = vec!["b25l".to_owned(), TEXT.to_owned()];
        case.is(&[Cause::OtherSecret]);
        assert_eq!(case.explanation().secret_index, 1);
        case.others = vec![format!("{TEXT}\n")];
        case.is(&[Cause::OtherSecret, Cause::SecretBlanks]);
        case.secrets = vec![];
        case.is(&[Cause::OtherSecret, Cause::SecretBlanks]);
    }
}

#[test]
fn blanks_and_quotes_around_a_secret_are_found() {
    for provider in signing() {
        let right = Case::right(provider);
        for text in [format!(" {TEXT}"), format!("{TEXT}\r\n"), format!("\"{TEXT}\"")] {
            right.clone().secret(text).is(&[Cause::SecretBlanks]);
        }
        let prefixed = right.clone().secret(format!("whsec_{TEXT}"));
        prefixed.is(if is_utf8(provider) { &[Cause::SecretPrefix] } else { &[] });
        for key in ["\n", "\r\n", " "].map(|end| format!("{TEXT}{end}")) {
            let case = Case::signed(provider, key.as_bytes(), BODY.as_bytes());
            let text: &[_] = &[Cause::SecretBlanks, Cause::SecretIsText];
            let causes = &text[..if is_utf8(provider) { 1 } else { 2 }];
            case.is(causes);
            // A blank that was lost and another one that was added are one cause.
            case.secret(format!("\t{TEXT}")).is(causes);
        }
    }
    let wakilni = by_name("wakilni");
    Case::signed(wakilni, format!("whsec_{TEXT}").as_bytes(), b"{}").is(&[Cause::SecretPrefix]);
}

#[test]
fn a_secret_in_another_format_is_found() {
    for provider in signing() {
        let case = |text: &str| Case::signed(provider, BYTES, BODY.as_bytes()).secret(text);
        case(&hex::encode(BYTES)).is(&[Cause::SecretIsHex]);
        if is_utf8(provider) {
            case(TEXT).is(&[Cause::SecretIsBase64]);
            case(&format!("whsec_{TEXT}")).is(&[Cause::SecretPrefix, Cause::SecretIsBase64]);
        } else {
            case(TEXT.trim_end_matches('=')).is(&[Cause::SecretEncoding]);
            let key = &[0xfb, 0xef, 0xff];
            Case::signed(provider, key, b"{}").secret("--__").is(&[Cause::SecretEncoding]);
            for text in [TEXT, "a plain text"] {
                let case = Case::signed(provider, text.as_bytes(), b"{}");
                case.clone().secret(text).is(&[Cause::SecretIsText]);
                case.secret(format!("whsec_{text}")).is(&[Cause::SecretIsText]);
            }
        }
    }
}

/// One body as the usual serialisers write it. No text here ends with a newline.
const SPELLINGS: [&str; 12] = [
    r#"{"a":[1.50,{}],"url":"https://h/é","empty":[],"x":"<😀>"}"#,
    r#"{"a": [1.50, {}], "url": "https://h/\u00e9", "empty": [], "x": "<\ud83d\ude00>"}"#,
    r#"{"a": [1.50,{}],"url": "https://h/é","empty": [],"x": "<😀>"}"#,
    r#"{"a":[1.50,{}],"url":"https:\/\/h\/\u00e9","empty":[],"x":"<\ud83d\ude00>"}"#,
    r#"{"a":[1.50,{}],"url":"https:\/\/h\/é","empty":[],"x":"<😀>"}"#,
    r#"{"a":[1.50,{}],"url":"https://h/\u00E9","empty":[],"x":"<\uD83D\uDE00>"}"#,
    r#"{"a":[1.50,{}],"url":"https:\/\/h\/\u00E9","empty":[],"x":"<\uD83D\uDE00>"}"#,
    r#"{"a":[1.50,{}],"url":"https://h/é","empty":[],"x":"\u003c😀\u003e"}"#,
    r#"{"a":[1.50,{}],"url":"https://h/\u00E9","empty":[],"x":"\u003C\uD83D\uDE00\u003E"}"#,
    "{\n  \"a\": [\n    1.50,\n    {}\n  ],\n  \"url\": \"https://h/é\",\n  \"empty\": [],\n  \"x\": \"<😀>\"\n}",
    "{\n    \"a\": [\n        1.50,\n        {}\n    ],\n    \"url\": \"https:\\/\\/h\\/\\u00e9\",\n    \"empty\": [],\n    \"x\": \"<\\ud83d\\ude00>\"\n}",
    "{\n\t\"a\": [\n\t\t1.50,\n\t\t{}\n\t],\n\t\"url\": \"https://h/\\u00e9\",\n\t\"empty\": [],\n\t\"x\": \"<\\ud83d\\ude00>\"\n}",
];

#[test]
fn a_reserialised_body_is_found() {
    for provider in signing() {
        let key = if is_utf8(provider) { TEXT.as_bytes() } else { BYTES };
        for signed in SPELLINGS {
            let sent = Case::signed(provider, key, signed.as_bytes());
            for came in SPELLINGS {
                let causes: &[_] = if came == signed { &[] } else { &[Cause::BodyReserialised] };
                sent.clone().body(came).is(causes);
            }
        }
    }
}

#[test]
fn a_body_changed_at_its_edges_is_found() {
    use Cause::{BodyBom, BodyLineEnds, BodyNewline, BodyReserialised};
    let pretty = "{\n  \"a\": 1\n}";
    let crlf = "{\r\n  \"a\": 1\r\n}";
    let table: [(&str, &str, &[Cause]); 11] = [
        (pretty, "{\n  \"a\": 1\n}\n", &[BodyNewline]),
        (pretty, "{\n  \"a\": 1\n}\r\n", &[BodyNewline]),
        ("{}\n", "{}", &[BodyNewline]),
        ("{}\r\n", "{}", &[BodyNewline]),
        ("{}\r\n", "{}\n", &[BodyLineEnds]),
        ("\u{feff}{}", "{}", &[BodyBom]),
        (pretty, crlf, &[BodyLineEnds]),
        ("{\"a\":1}\n", pretty, &[BodyReserialised, BodyNewline]),
        ("\u{feff}{\"a\":1}", pretty, &[BodyReserialised, BodyBom]),
        ("{\"a\":1}", crlf, &[BodyReserialised]),
        ("\u{feff}{}\n", "{}", &[BodyNewline, BodyBom]),
    ];
    for provider in signing() {
        let key = if is_utf8(provider) { TEXT.as_bytes() } else { BYTES };
        for (one, other, causes) in table {
            Case::signed(provider, key, one.as_bytes()).body(other).is(causes);
            if causes != [BodyReserialised] {
                Case::signed(provider, key, other.as_bytes()).body(one).is(causes);
            }
        }
        // The same with other blanks, and with line ends that serialisers do not write.
        Case::signed(provider, key, crlf.as_bytes())
            .body("{\"a\":1}")
            .is(&[BodyReserialised, BodyLineEnds]);
    }
}

#[test]
fn a_tag_in_another_encoding_is_found() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    for provider in signing() {
        let right = Case::right(provider);
        let is_hex = &*provider.name == "wegocod";
        let ways: [fn(&[u8]) -> String; 4] = [
            |tag| hex::encode(tag),
            |tag| base64(tag),
            |tag| hex::encode_upper(tag),
            |tag| URL_SAFE_NO_PAD.encode(tag),
        ];
        for (at, write) in ways.into_iter().enumerate() {
            let is_right = at == usize::from(!is_hex);
            let causes: &[_] = if is_right { &[] } else { &[Cause::TagEncoding] };
            right.clone().tag(write).is(causes);
        }
    }
}

#[test]
fn a_prefix_and_quotes_around_a_tag_are_found() {
    for provider in signing() {
        let right = Case::right(provider);
        for change in [
            |value: &str| format!("sha256={value}"),
            |value: &str| format!("v1,v1,{value}"),
            |value: &str| format!("\"{value}\""),
            |value: &str| format!(" {value}\t"),
            |value: &str| format!("{value}="),
            |value: &str| value.split_once([',', '=']).map_or("", |(_, tag)| tag).to_owned(),
        ] {
            let changed = right.clone().header(|[_, value]| {
                let new = change(value);
                // A tag without a prefix has nothing to lose.
                *value = if new.len() < 43 { format!("{value};") } else { new };
            });
            changed.is(&[Cause::TagPrefix]);
        }
    }
}

/// The base64 of 20 and of 32 bytes ends with one sign, that of 64 bytes with two.
#[test]
fn the_padding_of_base64_is_part_of_the_tag() {
    for (hash, padding) in [("sha1", "="), ("sha256", "="), ("sha512", "==")] {
        let scheme = json!({
            "type": "hmac",
            "hash": hash,
            "signature": { "header": "x-signature", "encoding": "base64" },
            "signs": ["body"],
        });
        let right = Case::signed(defined(&scheme), TEXT.as_bytes(), BODY.as_bytes());
        right.is(&[]);
        let bare = right.clone().header(|[_, value]| {
            *value = value.strip_suffix(padding).expect("a padded tag").to_owned();
        });
        bare.is(&[Cause::TagEncoding]);
        right.header(|[_, value]| value.push('=')).is(&[Cause::TagPrefix]);
    }
}

#[test]
fn a_tag_in_another_header_is_found() {
    for provider in signing() {
        let case = Case::right(provider).header(|[name, _]| "X-Forwarded-Tag".clone_into(name));
        case.is(&[Cause::WrongHeader]);
        assert_eq!(case.explanation().header, "X-Forwarded-Tag");
        case.body(format!("{BODY}\n")).is(&[Cause::BodyNewline, Cause::WrongHeader]);
    }
}

#[test]
fn a_wrong_clock_is_found() {
    for provider in signing().filter(|provider| !matches!(&*provider.name, "wakilni" | "wegocod")) {
        for now in [0, NOW - 301, NOW + 301, NOW + 40_000, u64::MAX / 1000] {
            let case = Case::right(provider).now(now);
            case.is(&[Cause::Clock]);
            assert_eq!(case.explanation().signed_at, NOW);
            case.clone().body(format!("{BODY}\r\n")).is(&[Cause::BodyNewline, Cause::Clock]);
            case.secret(format!("{TEXT}\n")).is(&[Cause::SecretBlanks, Cause::Clock]);
        }
    }
}

#[test]
fn a_pair_of_causes_in_secret_and_body_is_found() {
    for provider in signing() {
        let case = Case::right(provider).secret(format!("{TEXT}\n"));
        let pretty = BODY.replace(':', ": ").replace("https: ", "https:").replace(',', ", ");
        case.body(pretty).is(&[Cause::SecretBlanks, Cause::BodyReserialised]);
    }
}

/// A body that its own provider's reader understands.
const OF_WEGOCOD: &str = r#"{"event":"order.status_updated","timestamp":"2026-05-09T12:00:00+02:00","order":{"reference":"R-1","old_status":"prepared","new_status":"out_for_delivery"}}"#;

#[test]
fn another_providers_delivery_is_found() {
    let sent = Case::signed(by_name("wegocod"), TEXT.as_bytes(), OF_WEGOCOD.as_bytes());
    for name in ["wakilni", "up42"] {
        let case = Case { provider: by_name(name), ..sent.clone() };
        case.is(&[Cause::OtherProvider]);
        assert_eq!(case.explanation().provider, "wegocod");
    }
    let case = Case { provider: by_name("up42"), ..sent.clone() };
    case.body(format!("{OF_WEGOCOD}\n")).is(&[Cause::OtherProvider, Cause::BodyNewline]);
    let case = Case { provider: by_name("gooten"), ..sent };
    case.is(&[Cause::OtherProvider]);
    let sent = Case::right(by_name("standard-webhooks"));
    Case { provider: by_name("wakilni"), ..sent.clone() }.is(&[Cause::OtherProvider]);
    let late = Case { provider: by_name("wakilni"), ..sent.now(NOW + 3600) };
    late.is(&[Cause::OtherProvider, Cause::Clock]);
}

/// Wakilni writes the same tag in base64, so each explanation has two causes.
#[test]
fn the_body_says_whose_it_is_where_the_secret_is_wrong_too() {
    let sent = Case::signed(by_name("wegocod"), TEXT.as_bytes(), OF_WEGOCOD.as_bytes());
    let case = Case { provider: by_name("wakilni"), ..sent }.secret(format!("{TEXT}\n"));
    case.is(&[Cause::OtherProvider, Cause::SecretBlanks]);
    assert_eq!(case.explanation().provider, "wegocod");
    let sent = Case::signed(by_name("wegocod"), TEXT.as_bytes(), BODY.as_bytes());
    let case = Case { provider: by_name("wakilni"), ..sent }.secret(format!("{TEXT}\n"));
    case.is(&[Cause::SecretBlanks, Cause::TagEncoding]);
    assert_eq!(case.explanation().provider, "wakilni");
}

#[test]
fn causes_without_a_proof_are_found() {
    for provider in signing() {
        let right = Case::right(provider);
        for at in 0..right.headers.len() {
            let mut case = right.clone();
            let [name, _] = case.headers.remove(at);
            if name == "webhook-id" && &*provider.name != "standard-webhooks" {
                continue;
            }
            case.is(&[Cause::MissingSignature]);
            assert_eq!(case.explanation().header, name);
        }
        // Without the right secret, nothing is proven even where a header has the digest.
        let wrong = right.clone().secret("YW5vdGhlcg==");
        wrong.clone().body("").is(&[Cause::BodyEmpty]);
        wrong.clone().body("[object Object]").is(&[Cause::BodyObject]);
        wrong.clone().body("a=1&b=2").is(&[Cause::BodyForm]);
        if !matches!(provider.scheme, Scheme::HeaderList(_)) {
            right.clone().body("").is(&[Cause::BodyEmpty]);
            right.body("[object Object]").is(&[Cause::BodyObject]);
        }
    }
}

#[test]
fn a_missing_token_is_found() {
    let nothing = |name| Case {
        provider: by_name(name),
        secrets: vec![],
        others: vec![],
        token: false,
        headers: vec![],
        body: b"{}".to_vec(),
        now: NOW,
    };
    nothing("gooten").is(&[Cause::Token]);
    nothing("up42").is(&[Cause::Token]);
    // A header list that does not cover the body.
    let date = "Mon, 09 Jan 2023 03:34:52 GMT";
    let signature = format!("up42-sig={}", base64(&tag(TEXT.as_bytes(), &[date.as_bytes()])));
    let input = format!(r#"up42-sig=("date");created={NOW}"#);
    let headers = [("date", date), ("signature-input", &input), ("signature", &signature)];
    let headers = headers.map(|(name, value)| [name.to_owned(), value.to_owned()]).to_vec();
    let case = Case { secrets: vec![TEXT.to_owned()], headers, ..nothing("up42") };
    case.is(&[Cause::Token]);
    case.clone().now(NOW + 300).is(&[Cause::Clock, Cause::Token]);
    Case { token: true, ..case }.now(NOW + 300).is(&[Cause::Clock]);
}

#[test]
fn a_form_begins_with_a_name_and_a_value() {
    let wrong = Case::right(by_name("wakilni")).secret("another secret");
    for form in ["a=1", "a_b-c.d%5B[0]=1&b", "A= ", "1=\u{e9}"] {
        wrong.clone().body(form).is(&[Cause::BodyForm]);
    }
    for other in ["=1", "a=", "a==", "YWI=", "a", "a b=1", "\u{e9}=1", "{\"a\":\"b=1\"}", "a:=1"] {
        wrong.clone().body(other).is(&[]);
    }
}

#[test]
fn an_account_without_secrets_misses_a_signature_where_one_is_needed() {
    let mut case = Case::right(by_name("wakilni"));
    case.secrets = vec![];
    case.clone().is(&[]);
    case.headers = vec![];
    case.is(&[Cause::MissingSignature]);
}

#[test]
fn the_first_of_equal_secrets_is_named() {
    let mut case = Case::right(by_name("wakilni")).body(format!("{BODY}\n"));
    case.secrets = ["another", TEXT, TEXT].map(str::to_owned).to_vec();
    case.is(&[Cause::BodyNewline]);
    assert_eq!(case.explanation().secret_index, 1);
}

#[test]
fn no_more_than_two_causes_of_the_rarer_kinds_are_tried() {
    let sent = Case::signed(by_name("wegocod"), TEXT.as_bytes(), b"{\n}").body("{\r\n}");
    sent.clone().secret(format!("{TEXT}\n")).is(&[Cause::SecretBlanks, Cause::BodyLineEnds]);
    let case = Case { provider: by_name("standard-webhooks"), ..sent };
    case.clone().is(&[Cause::OtherProvider, Cause::BodyLineEnds]);
    case.secret(format!("{TEXT}\n")).is(&[Cause::MissingSignature]);
}

#[test]
fn the_body_says_whose_it_is_only_where_both_explain_as_simply() {
    let sent = Case::signed(by_name("wakilni"), TEXT.as_bytes(), OF_WEGOCOD.as_bytes());
    sent.body(format!("{OF_WEGOCOD}\n")).is(&[Cause::BodyNewline]);
}

/// Returns the count on the host, and a smaller one on wasm32: each case takes a hundred times as
/// long in a module that is not optimised.
const fn many(count: usize) -> usize {
    if cfg!(target_arch = "wasm32") { count / 100 } else { count }
}

#[test]
fn a_large_body_is_explained() {
    let body = format!("[{}1]", "{\"id\":1,\"name\":\"a/b\"},".repeat(many(12_000)));
    for provider in signing() {
        let key = if is_utf8(provider) { TEXT.as_bytes() } else { BYTES };
        let case = Case::signed(provider, key, body.as_bytes());
        case.clone()
            .body(body.replace(',', ", ").replace(':', ": "))
            .is(&[Cause::BodyReserialised]);
        case.secret(format!("{TEXT}\n"))
            .body(format!("{body}\n"))
            .is(&[Cause::SecretBlanks, Cause::BodyNewline]);
    }
}

/// What is found after so much that the search gives up is not found.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_search_gives_up_after_64_mib() {
    let body = vec![b'a'; 1 << 20];
    let sent =
        Case::signed(by_name("wakilni"), TEXT.as_bytes(), &body).body([&body[..], b"\n"].concat());
    let after = |wrong: usize| {
        let mut case = sent.clone();
        case.secrets = vec!["another secret".to_owned(); wrong];
        case.secrets.push(TEXT.to_owned());
        case
    };
    // Each is tried twice: as it is, and without blanks around it.
    after(31).is(&[Cause::BodyNewline]);
    after(32).is(&[]);
    after(70).is(&[]);
}

#[test]
fn headers_of_8192_bytes_are_searched_and_longer_ones_are_not() {
    let padded = |length: usize| {
        Case::right(by_name("wakilni")).header(|[_, value]| *value = format!("{value:length$}"))
    };
    padded(8192).is(&[Cause::TagPrefix]);
    for length in [8193, 9000] {
        padded(length).is(&[]);
    }
}

#[test]
fn the_128th_header_is_searched_and_the_next_is_not() {
    let last_of = |count: usize| {
        let mut case = Case::right(by_name("wakilni"));
        let last = ["x-renamed".to_owned(), case.headers.pop().expect("a tag")[1].clone()];
        case.headers.resize(count - 1, ["x-other", "a"].map(str::to_owned));
        case.headers.push(last);
        case
    };
    last_of(128).is(&[Cause::WrongHeader]);
    last_of(129).is(&[Cause::MissingSignature]);
}

/// Words that cannot be a tag do not count.
#[test]
fn the_64th_text_that_may_be_the_tag_is_tried_and_the_next_is_not() {
    let after = |words: Vec<String>| {
        let case = Case::right(by_name("wakilni"));
        case.header(|[name, value]| {
            "x-renamed".clone_into(name);
            *value = format!("{} {value}", words.join(" "));
        })
    };
    let found = [Cause::TagPrefix, Cause::WrongHeader];
    after(vec![base64(&[7; 32]); 63]).is(&found);
    after(vec![base64(&[7; 32]); 64]).is(&[Cause::MissingSignature]);
    for word in [base64(&[7; 30]), hex::encode([7; 31])] {
        after(vec![word; 100]).is(&found);
    }
}

/// A header that was sent twice is one value, which the scheme cannot read.
#[test]
fn a_tag_beside_another_header_of_its_name_is_not_read() {
    let mut case = Case::right(by_name("up42"));
    let header = ["signature".to_owned(), "up42-sig=junk".to_owned()];
    case.headers.insert(0, header);
    assert!(case.explanation().causes.contains(&Cause::TagPrefix));
}

/// The others share four times as much, and none has more than the account's own provider.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_search_among_others_gives_up_after_256_mib() {
    let body = vec![b'a'; 1 << 20];
    let sent = Case::signed(by_name("wegocod"), TEXT.as_bytes(), &body);
    let sent = Case { provider: by_name("gooten"), ..sent };
    let others = |count: usize| -> Vec<_> {
        let definition = orderhook_catalogue::definition("wegocod");
        let name = |at: usize| format!("other-{at}");
        let parse = |at| Provider::parse(&name(at), definition, None).expect("a definition");
        (0..count).map(parse).collect()
    };
    for (count, wrong) in [(1, 31), (64, 1)] {
        let others = others(count);
        let causes = |wrong: usize| {
            let mut case = sent.clone();
            case.secrets = vec!["another secret".to_owned(); wrong];
            case.secrets.push(TEXT.to_owned());
            case.explanation_among(&others).causes
        };
        assert_eq!(causes(wrong), [Cause::OtherProvider], "{count}");
        assert_eq!(causes(wrong + 1), [], "{count}");
    }
}

/// A header list is proven with any body, so each body is hashed for the signed digest, with each
/// newline at its end.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_search_counts_the_bodies_that_are_hashed_for_a_digest() {
    let causes = |filled: usize| {
        let fill = "a".repeat(filled);
        let last = format!("{{\n\t\"a\": \"/\\u00E9\\u003C\\u0027\",\n\t\"b\": \"{fill}\"\n}}");
        let came = format!("{{\"a\":\"/\u{e9}<'\",\"b\":\"{fill}\"}}");
        let up42 = by_name("up42");
        let key = if is_utf8(up42) { TEXT.as_bytes() } else { BYTES };
        Case::signed(up42, key, last.as_bytes()).body(came).explanation().causes
    };
    assert_eq!(causes(1000), [Cause::BodyReserialised]);
    assert_eq!(causes(300_000), [Cause::Digest]);
}

/// Bodies that could make a variant grow, or a reader fail.
#[test]
fn an_odd_body_is_explained() {
    for body in [
        "[".repeat(many(1 << 18)),
        "{".repeat(1000) + &"}".repeat(2000),
        "\"\\ud800\\".to_owned(),
        "{\"\\ud800\\\\\\u12\":\"\\ud800\\udc00\\udc00\"}".to_owned(),
        "\u{feff}\u{feff}{}".to_owned(),
        "\r\n\r\r\n\n".to_owned(),
        "\u{feff}".to_owned(),
    ] {
        let _ = Case::right(by_name("wakilni")).body(body).explanation();
    }
    let _ = Case::right(by_name("wakilni")).body([0xff, 0xfe, b'"', 0xef, 0xbb]).explanation();
}

#[cfg(not(target_arch = "wasm32"))]
mod anything {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        let known = || select(vec!["v1,", "sha256=", "up42-sig=", "whsec_", " ", "\"", ",", "t="]);
        let tag = "[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?";
        prop_oneof![
            any::<String>(),
            (known(), tag, known()).prop_map(|(a, tag, b)| format!("{a}{tag}{b}")),
            Just(format!(r#"up42-sig=("date" "digest");created={NOW}"#)),
            Just(NOW.to_string()),
        ]
    }

    fn names() -> impl Strategy<Value = String> {
        let known = ["x-webhook-signature", "signature", "signature-input", "date", "digest"];
        let others = ["webhook-signature", "webhook-id", "webhook-timestamp"];
        let known: Vec<_> = known.into_iter().chain(others).map(str::to_owned).collect();
        prop_oneof![4 => select(known), 1 => any::<String>()]
    }

    fn body() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{},:\"\\\\u0-9a-fé \n\r]{0,80}".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: sender::cases(300), failure_persistence: None, ..ProptestConfig::default() })]

        /// An attacker's input never makes it panic, and an unsigned delivery is never proven.
        #[test]
        fn any_delivery_is_explained(
            provider in select(PROVIDERS.iter().collect::<Vec<_>>()),
            secrets in prop::collection::vec(text(), 0..3),
            others in prop::collection::vec(text(), 0..2),
            headers in prop::collection::vec((names(), text()).prop_map(|(n, v)| [n, v]), 0..9),
            body in body(),
            now in any::<u64>().prop_map(|now| now / 1000),
            token in any::<bool>(),
        ) {
            let case = Case { provider, secrets, others, token, headers, body, now };
            let unproven = [Cause::MissingSignature, Cause::Token, Cause::BodyEmpty, Cause::BodyObject, Cause::BodyForm];
            let causes = case.explanation().causes;
            prop_assert!(causes.iter().all(|cause| unproven.contains(cause)), "{:?}", causes);
        }
    }
}
