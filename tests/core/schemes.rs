//! The interpreter of schemes, with schemes that no provider uses, and the exact texts of errors.

#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;
mod sender;

use orderhook_core::{
    Age, Authenticity, Delivery, Encoding, Fields, Hash, HeaderList, KeyFormat, Layout, MacKind,
    Part, Place, Proof, Refusal, Scheme, Secret, SecretError, Settings, SignError, Signed, Source,
    SourceError, Stamp, Tags, TimeForms, Token, TokenError, TokenProof, UnixMillis, Unrecognized,
};
use sender::{base64, digest, tag};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Headers<'a> = &'a [(&'a str, &'a str)];

const KEY: &str = "a secret";
const BODY: &[u8] = b"{\"a\":1}\n";
const NOW: u64 = 1_700_000_000;
const SECONDS: &str = "1700000000";

const SIGNED: Result<Authenticity, Refusal> = Ok(Authenticity::BodySigned);
const MISMATCH: Result<Authenticity, Refusal> = Err(Refusal::SignatureMismatch);
const TOO_OLD: Result<Authenticity, Refusal> =
    Err(Refusal::TimestampOutOfTolerance { past: 300, future: 60 });
const HEX: &str = "64 digits of lower-case hex";
const BASE64: &str = "44 characters of standard base64";
const TIME: &str = "a time in Unix seconds";

const TOKEN: &str = "a-token-of-a-shop";

fn malformed(header: &str, expected: &'static str) -> Result<Authenticity, Refusal> {
    Err(Refusal::MalformedSignature { header: header.into(), expected })
}

fn missing(header: &str) -> Result<Authenticity, Refusal> {
    Err(Refusal::MissingSignature { header: header.into() })
}

/// Returns how tags are written in `x-tag`.
fn tags(layout: Layout, encoding: Encoding) -> Tags {
    Tags { place: Place::Header("x-tag".into()), layout, encodings: vec![encoding] }
}

fn literal(text: &str) -> Part {
    Part::Literal(text.into())
}

fn header(name: &str) -> Part {
    Part::Header(name.into())
}

/// A tag over the body, bare, in hex, in `x-tag`.
fn plain() -> Signed {
    Signed {
        mac: MacKind::Hmac(Hash::Sha256),
        key: KeyFormat::Utf8,
        tags: tags(Layout::Bare, Encoding::Hex),
        content: vec![Part::Body],
        age: None,
        forms: TimeForms::default(),
        fields: Fields::default(),
    }
}

/// As Stripe signs: `t=<seconds>,v1=<hex>` over `<seconds>.<body>`.
fn pairs() -> Signed {
    Signed {
        tags: tags(Layout::Pairs("v1".into()), Encoding::Hex),
        content: vec![Part::Timestamp, literal("."), Part::Body],
        age: Some((Stamp::Pair("t".into()), Age { past: 300, future: 60 })),
        ..plain()
    }
}

/// As Slack signs: `v0=<hex>` over `v0:<seconds>:<body>`, with the time in a header.
fn stamped() -> Signed {
    Signed {
        tags: tags(Layout::Prefixed(vec!["v0=".into()]), Encoding::Hex),
        content: vec![literal("v0:"), Part::Timestamp, literal(":"), Part::Body],
        age: Some((Stamp::Header("x-time".into()), Age { past: 300, future: 60 })),
        ..plain()
    }
}

/// A list of `v1,<base64>`, as Standard Webhooks has, without a time.
fn listed() -> Signed {
    Signed { tags: tags(Layout::Listed(' ', "v1,".into()), Encoding::Base64), ..plain() }
}

/// UP42's list of signed headers.
fn list() -> Scheme {
    Scheme::HeaderList(HeaderList {
        input: "signature-input".into(),
        signature: "signature".into(),
        key: KeyFormat::Utf8,
        created: "created".into(),
        age: Age { past: 299, future: 299 },
    })
}

fn verify(
    scheme: &Scheme,
    keys: &[&str],
    delivery: &Delivery<'_>,
    token: Option<TokenProof>,
) -> Result<Proof, Refusal> {
    let format = scheme.key_format().unwrap_or(KeyFormat::Utf8);
    let secret = |key: &&str| Secret::new(key, format).expect("a secret");
    let secrets: Vec<_> = keys.iter().map(secret).collect();
    scheme.verify(&secrets, delivery, token, UnixMillis(NOW * 1000))
}

/// Verifies one delivery of `BODY` by a scheme with one secret.
#[allow(clippy::needless_pass_by_value)] // Its callers have it by value.
#[track_caller]
fn check(scheme: &Signed, headers: Headers<'_>, expected: Result<Authenticity, Refusal>) {
    let delivery = Delivery { headers: &headers, url: "", body: BODY };
    let verdict = verify(&Scheme::Signed(scheme.clone()), &[KEY], &delivery, None);
    assert_eq!(verdict.map(|proof| proof.authenticity), expected, "{headers:?}");
}

fn hex_tag(parts: &[&[u8]]) -> String {
    hex::encode(tag(KEY.as_bytes(), parts))
}

fn proof() -> Option<TokenProof> {
    Token::new(TOKEN).expect("a token").check(TOKEN)
}

#[test]
fn githubs_published_vector_verifies() {
    let github = Scheme::Signed(Signed {
        tags: Tags {
            place: Place::Header("x-hub-signature-256".into()),
            ..tags(Layout::Prefixed(vec!["sha256=".into()]), Encoding::Hex)
        },
        ..plain()
    });
    let headers: Headers<'_> = &[(
        "X-Hub-Signature-256",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    )];
    let holds = |secret, body: &[u8]| {
        let delivery = Delivery { headers: &headers, url: "", body };
        verify(&github, &[secret], &delivery, None)
    };
    let proof = Proof { authenticity: Authenticity::BodySigned, secret_index: Some(0) };
    assert_eq!(holds("It's a Secret to Everybody", b"Hello, World!"), Ok(proof));
    assert_eq!(
        holds("It's a secret to everybody", b"Hello, World!"),
        Err(Refusal::SignatureMismatch)
    );
    assert_eq!(
        holds("It's a Secret to Everybody", b"Hello, World"),
        Err(Refusal::SignatureMismatch)
    );
}

#[test]
fn a_bare_tag_in_hex_has_one_canonical_form() {
    let tag = hex_tag(&[BODY]);
    let expected = |text: &str, expected| check(&plain(), &[("x-tag", text)], expected);
    expected(&tag, SIGNED);
    for bad in [
        "",
        " ",
        &tag[1..],
        &tag[2..],
        &tag[..32],
        &format!("{tag}0"),
        &format!("{tag}00"),
        &format!("{tag}{tag}"),
        &format!(" {tag}"),
        &format!("{tag} "),
        &format!("{tag}\n"),
        &format!("{tag}\0"),
        &format!("0x{tag}"),
        &format!("sha256={tag}"),
        &format!("{tag}, {tag}"),
        &tag.to_uppercase(),
        &format!("g{}", &tag[1..]),
        &format!("é{}", &tag[2..]),
        &base64(&sender::tag(KEY.as_bytes(), &[BODY])),
    ] {
        expected(bad, malformed("x-tag", HEX));
    }
    expected(&hex_tag(&[b""]), MISMATCH);
    expected(&"0".repeat(64), MISMATCH);
    check(&plain(), &[], missing("x-tag"));
    check(&plain(), &[("x-tag", &tag), ("x-tag", &tag)], malformed("x-tag", HEX));
}

#[test]
fn a_bare_tag_in_base64_has_one_canonical_form() {
    let scheme = Signed { tags: tags(Layout::Bare, Encoding::Base64), ..plain() };
    let bytes = tag(KEY.as_bytes(), &[BODY]);
    let tag = base64(&bytes);
    let expected = |text: &str, expected| check(&scheme, &[("x-tag", text)], expected);
    expected(&tag, SIGNED);
    let with_trailing_bits = {
        // The last character has two bits that belong to no byte.
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let at = ALPHABET.find(&tag[42..43]).expect("a letter of base64");
        format!("{}{}=", &tag[..42], &ALPHABET[at + 1..at + 2])
    };
    for bad in [
        "",
        "=",
        &tag[..43],
        &tag[4..],
        &format!("{tag}="),
        &format!("{tag}AAAA"),
        &format!("{}==", &tag[..42]),
        &format!(" {tag}"),
        &format!("{tag} "),
        &format!("{}\r\n{}", &tag[..20], &tag[20..]),
        &format!("-{}", &tag[1..]),
        &format!("_{}", &tag[1..]),
        &with_trailing_bits,
        &hex::encode(bytes),
        &base64(&bytes[..31]),
        &base64(&[&bytes[..], &[0]].concat()),
    ] {
        expected(bad, malformed("x-tag", BASE64));
    }
}

#[test]
fn a_prefix_is_given_once() {
    let scheme =
        Signed { tags: tags(Layout::Prefixed(vec!["sha256=".into()]), Encoding::Hex), ..plain() };
    let tag = hex_tag(&[BODY]);
    check(&scheme, &[("x-tag", &format!("sha256={tag}"))], SIGNED);
    for bad in [
        String::new(),
        "sha256=".to_owned(),
        tag.clone(),
        format!("sha256=sha256={tag}"),
        format!("SHA256={tag}"),
        format!("sha256= {tag}"),
        format!(" sha256={tag}"),
        format!("sha1={tag}"),
        format!("sha256={tag},sha256={tag}"),
    ] {
        check(&scheme, &[("x-tag", &bad)], malformed("x-tag", HEX));
    }
}

#[test]
fn pairs_hold_tags_and_the_time() {
    let tag = hex_tag(&[SECONDS.as_bytes(), b".", BODY]);
    let other = "0".repeat(64);
    let expected = |text: String, expected| check(&pairs(), &[("x-tag", &text)], expected);
    for good in [
        format!("t={SECONDS},v1={tag}"),
        format!("v1={tag},t={SECONDS}"),
        format!("t={SECONDS}, v1={tag}"),
        format!("t={SECONDS},v1={other},v1={tag}"),
        format!("t={SECONDS},v0={other},v1={tag},v2=x"),
        format!("t={SECONDS},v1=abc,v1={tag}"),
        format!("t={SECONDS},,junk,v1={tag}"),
    ] {
        expected(good, SIGNED);
    }
    for bad in [
        String::new(),
        format!("t={SECONDS}"),
        format!("t={SECONDS},v0={tag}"),
        format!("t={SECONDS},V1={tag}"),
        format!("t={SECONDS},v1=v1={tag}"),
        format!("t={SECONDS},v1= {tag}"),
        format!("t={SECONDS};v1={tag}"),
        format!("t={SECONDS},v1={}", tag.to_uppercase()),
    ] {
        expected(bad, malformed("x-tag", HEX));
    }
    for bad in [
        format!("v1={tag}"),
        format!("t={SECONDS},t={SECONDS},v1={tag}"),
        format!("t=1,v1={tag},t={SECONDS}"),
    ] {
        expected(bad, malformed("x-tag", "a list with one time of signing"));
    }
    expected(format!("t={SECONDS},v1={other}"), MISMATCH);
    expected(format!("t=1700000001,v1={tag}"), MISMATCH);
}

#[test]
fn unreadable_entries_of_a_list_are_skipped() {
    let tag = base64(&tag(KEY.as_bytes(), &[BODY]));
    let other = base64(&[0; 32]);
    let expected = |text: String, expected| check(&listed(), &[("x-tag", &text)], expected);
    expected(format!("v1,{tag}"), SIGNED);
    expected(format!("v1,{other} v1,{tag}"), SIGNED);
    expected(format!("v2,{other}  v1,{tag} "), SIGNED);
    expected(format!("v1,short v1,{tag}"), SIGNED);
    expected(format!("v1,{other} v2,{tag}"), MISMATCH);
    for bad in [format!("v2,{tag}"), format!("v1,v1,{tag}"), format!("v1,{tag},v1,{tag}"), tag] {
        expected(bad, malformed("x-tag", BASE64));
    }
}

/// Each is compared with each secret's, before anything is proved.
#[test]
fn of_many_tags_the_first_64_are_compared() {
    let right = format!("v1,{}", base64(&tag(KEY.as_bytes(), &[BODY])));
    let other = format!("v1,{} ", base64(&[0; 32]));
    check(&listed(), &[("x-tag", &(other.repeat(63) + &right))], SIGNED);
    check(&listed(), &[("x-tag", &(other.repeat(64) + &right))], MISMATCH);
}

/// The time is an attacker's text until the tag holds. The age is checked first, and only a plain
/// number gets there.
#[test]
fn a_time_must_be_digits_and_within_the_age() {
    let number = || malformed("x-time", TIME);
    let dated = |time: &str, expected: Result<Authenticity, Refusal>| {
        let tag = format!("v0={}", hex_tag(&[b"v0:", time.as_bytes(), b":", BODY]));
        check(&stamped(), &[("x-tag", &tag), ("x-time", time)], expected.clone());
        let tag = hex_tag(&[time.as_bytes(), b".", BODY]);
        let in_pairs = expected.map_err(|refusal| match refusal {
            Refusal::MalformedSignature { expected, .. } => {
                Refusal::MalformedSignature { header: "x-tag".into(), expected }
            }
            other => other,
        });
        check(&pairs(), &[("x-tag", &format!("v1={tag},t={time}"))], in_pairs);
    };
    for (ahead, expected) in [(0, SIGNED), (60, SIGNED), (61, TOO_OLD)] {
        dated(&(NOW + ahead).to_string(), expected);
    }
    for (ago, expected) in [(1, SIGNED), (300, SIGNED), (301, TOO_OLD)] {
        dated(&(NOW - ago).to_string(), expected);
    }
    dated("001700000000", SIGNED);
    for out in ["0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615"] {
        dated(out, TOO_OLD);
    }
    for bad in [
        "",
        "-1",
        "+1",
        "+1700000000",
        "1.5",
        "1e9",
        "0x1",
        "18446744073709551616",
        "99999999999999999999",
        "1700000000s",
        "17 00000000",
        "１700000000",
        "never",
    ] {
        dated(bad, number());
    }
    check(&stamped(), &[("x-tag", &format!("v0={}", "0".repeat(64)))], missing("x-time"));
    for time in [" 1700000000", "1700000000 "] {
        let tag = format!("v0={}", "0".repeat(64));
        check(&stamped(), &[("x-tag", &tag), ("x-time", time)], number());
    }
}

/// At the ends of the clock, no subtraction overflows.
#[test]
fn a_clock_at_either_end_refuses_a_delivery() {
    let secrets = [Secret::new(KEY, KeyFormat::Utf8).expect("a secret")];
    for (now, time, expected) in [
        (0, "18446744073709551615", TOO_OLD),
        (u64::MAX, "0", TOO_OLD),
        (u64::MAX, "18446744073709551615", TOO_OLD),
        (0, "0", SIGNED),
        (999, "60", SIGNED),
        (0, "61", TOO_OLD),
        (u64::MAX, "18446744073709551", SIGNED),
    ] {
        let tag = format!("v0={}", hex_tag(&[b"v0:", time.as_bytes(), b":", BODY]));
        let headers: Headers<'_> = &[("x-tag", &tag), ("x-time", time)];
        let delivery = Delivery { headers: &headers, url: "", body: BODY };
        let verdict = Scheme::Signed(stamped()).verify(&secrets, &delivery, None, UnixMillis(now));
        assert_eq!(verdict.map(|proof| proof.authenticity), expected, "{now} {time}");
    }
}

#[test]
fn a_key_is_read_in_its_format() {
    let key = b"\x00\x01secret\xff";
    let (hex, base) = (hex::encode(key), base64(key));
    for (format, text) in [
        (KeyFormat::Hex, hex.clone()),
        (KeyFormat::Hex, hex.to_uppercase()),
        (KeyFormat::Base64, base.clone()),
        (KeyFormat::Whsec, base.clone()),
        (KeyFormat::Whsec, format!("whsec_{base}")),
    ] {
        let tag = hex::encode(tag(key, &[BODY]));
        let headers: Headers<'_> = &[("x-tag", &tag)];
        let delivery = Delivery { headers: &headers, url: "", body: BODY };
        let scheme = Scheme::Signed(Signed { key: format, ..plain() });
        assert!(verify(&scheme, &[&text], &delivery, None).is_ok(), "{format:?} {text}");
        assert_eq!(scheme.key_format(), Some(format));
    }
    // As UTF-8, the text is the key.
    let tag = hex::encode(tag(hex.as_bytes(), &[BODY]));
    let headers: Headers<'_> = &[("x-tag", &tag)];
    let delivery = Delivery { headers: &headers, url: "", body: BODY };
    assert!(verify(&Scheme::Signed(plain()), &[&hex], &delivery, None).is_ok());
}

#[test]
fn content_is_the_parts_in_order() {
    const URL: &str = "https://host/hooks/a?b=%20c#d";
    let scheme = Signed {
        content: vec![
            Part::Url,
            literal("\n"),
            header("x-id"),
            literal("|"),
            header("x-id"),
            literal("|"),
            Part::Body,
        ],
        ..plain()
    };
    let hold = |url, id: &str, expected: Result<Authenticity, Refusal>| {
        let tag = hex_tag(&[URL.as_bytes(), b"\n7, 8|7, 8|", BODY]);
        let headers: Headers<'_> = &[("X-Tag", &tag), ("X-Id", id), ("x-id", "8")];
        let delivery = Delivery { headers: &headers, url, body: BODY };
        let verdict = verify(&Scheme::Signed(scheme.clone()), &[KEY], &delivery, None);
        assert_eq!(verdict.map(|proof| proof.authenticity), expected, "{url} {id}");
    };
    hold(URL, "7", SIGNED);
    hold("https://host/hooks/a?b= c#d", "7", MISMATCH);
    hold("", "7", MISMATCH);
    hold(URL, "9", MISMATCH);
    check(&scheme, &[("x-tag", &"0".repeat(64))], missing("x-id"));
    // An empty body is signed like any other.
    let headers: Headers<'_> = &[("x-tag", &hex_tag(&[]))];
    let delivery = Delivery { headers: &headers, url: "", body: b"" };
    assert!(verify(&Scheme::Signed(plain()), &[KEY], &delivery, None).is_ok());
}

const SEPARATED: &str =
    "a text of at least one character, without the separator that is signed after it";

/// A signed header before a separator must not be empty or hold the separator. Otherwise the signed
/// text could be cut into another header and another body.
#[test]
fn a_signed_header_must_not_hold_its_separator() {
    let scheme = Signed { content: vec![header("x-id"), literal("--"), Part::Body], ..plain() };
    let hold = |id: &str, expected| {
        let tag = hex_tag(&[id.as_bytes(), b"--", BODY]);
        check(&scheme, &[("x-tag", &tag), ("x-id", id)], expected);
    };
    for good in ["a", "-a", "a-b", "é"] {
        hold(good, SIGNED);
    }
    // With the last one, the separator would be found one character earlier.
    for bad in ["", "--", "a--b", "--a", "a--", "a-"] {
        hold(bad, malformed("x-id", SEPARATED));
    }
    let headers: Headers<'_> = &[("x-id", "a--b")];
    let delivery = Delivery { headers: &headers, url: "", body: BODY };
    let secret = Secret::new(KEY, KeyFormat::Utf8).expect("a secret");
    let refused = Refusal::MalformedSignature { header: "x-id".into(), expected: SEPARATED };
    assert_eq!(
        Scheme::Signed(scheme).sign(&secret, &delivery, UnixMillis(0)),
        Err(SignError::Header(refused))
    );
}

/// A definition cannot have one, but a scheme is data.
#[test]
fn an_empty_text_separates_nothing() {
    let scheme = Signed { content: vec![header("x-id"), literal(""), Part::Body], ..plain() };
    for id in ["7", ""] {
        let tag = hex_tag(&[id.as_bytes(), BODY]);
        check(&scheme, &[("x-tag", &tag), ("x-id", id)], SIGNED);
    }
}

#[test]
fn ambiguous_content_is_detected() {
    let is_unambiguous =
        |content: &[Part]| Signed { content: content.to_vec(), ..plain() }.is_unambiguous();
    for content in [
        &[Part::Body] as &[_],
        &[header("x-id"), literal("."), Part::Body],
        &[Part::Url, Part::Body],
        &[Part::Body, literal("."), Part::Url],
        &[literal("v0:"), Part::Timestamp, literal(":"), Part::Body],
    ] {
        assert!(is_unambiguous(content), "{content:?}");
    }
    for content in [
        &[header("x-id"), Part::Body] as &[_],
        &[header("x-id"), literal(""), Part::Body],
        &[header("x-id"), Part::Timestamp, Part::Body],
        &[Part::Timestamp, Part::Body],
        &[Part::Timestamp, Part::Url, Part::Body],
        &[Part::Timestamp, literal("1"), Part::Body],
        &[Part::Body, literal("."), Part::Timestamp],
    ] {
        assert!(!is_unambiguous(content), "{content:?}");
    }
}

#[test]
fn the_first_secret_that_signed_is_named() {
    let tag = hex_tag(&[BODY]);
    let headers: Headers<'_> = &[("x-tag", &tag)];
    let delivery = Delivery { headers: &headers, url: "", body: BODY };
    for (keys, index) in [
        (&[KEY] as &[_], Ok(Some(0))),
        (&["b", KEY], Ok(Some(1))),
        (&["b", KEY, KEY], Ok(Some(1))),
        (&["b", "c"], Err(Refusal::SignatureMismatch)),
        (&[], Err(Refusal::SignatureMismatch)),
    ] {
        let verdict = verify(&Scheme::Signed(plain()), keys, &delivery, None);
        assert_eq!(verdict.map(|proof| proof.secret_index), index, "{keys:?}");
    }
}

/// A token in the URL does not replace a signature that the scheme requires.
#[test]
fn a_token_does_not_replace_a_signature() {
    let headers: Headers<'_> = &[];
    let delivery = Delivery { headers: &headers, url: "", body: BODY };
    for (scheme, header) in [(Scheme::Signed(plain()), "x-tag"), (list(), "signature-input")] {
        let verdict = verify(&scheme, &[KEY], &delivery, proof());
        assert_eq!(verdict, Err(Refusal::MissingSignature { header: header.into() }));
    }
    // Secrets prove nothing if nothing is signed.
    let verdict = verify(&Scheme::UrlToken, &[KEY], &delivery, proof());
    assert_eq!(verdict, Err(Refusal::BodyNotAuthenticated));
    let alone = Proof { authenticity: Authenticity::UrlToken, secret_index: None };
    for scheme in [Scheme::UrlToken, list()] {
        assert_eq!(verify(&scheme, &[], &delivery, proof()), Ok(alone));
        assert_eq!(verify(&scheme, &[], &delivery, None), Err(Refusal::BodyNotAuthenticated));
    }
}

/// Returns headers that sign `covered`, listed in this order, under `KEY`.
fn list_signed<'a>(
    covered: &[(&'a str, &'a str)],
    names: &[&str],
    label: &str,
) -> Vec<(&'a str, String)> {
    let value = |name: &&str| {
        let found = covered.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or(&b""[..], |(_, value)| value.as_bytes())
    };
    let values: Vec<_> = names.iter().map(value).collect();
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let input = format!("{label}=({});created={NOW}", quoted.join(" "));
    let signature = format!("{label}={}", base64(&tag(KEY.as_bytes(), &values)));
    let mut headers: Vec<_> =
        covered.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    headers.extend([("signature-input", input), ("signature", signature)]);
    headers
}

#[allow(clippy::needless_pass_by_value)] // Its callers have it by value.
#[track_caller]
fn list_check(
    headers: &[(&str, String)],
    body: &[u8],
    token: Option<TokenProof>,
    expected: Result<Authenticity, Refusal>,
) {
    let delivery = Delivery { headers: &headers, url: "", body };
    let verdict = verify(&list(), &[KEY], &delivery, token);
    assert_eq!(verdict.map(|proof| proof.authenticity), expected, "{headers:?}");
}

const NO_BODY: Result<Authenticity, Refusal> = Err(Refusal::BodyNotAuthenticated);
const BY_HEADERS: Result<Authenticity, Refusal> = Ok(Authenticity::HeadersSigned);
const DIGEST_MISMATCH: Result<Authenticity, Refusal> = Err(Refusal::DigestMismatch);
const INPUT: &str = "`label=(\"header\" …);created=<unix seconds>`";
const PRESENT: &str = "a list of headers that are all present and not all empty";
const SIGNATURE: &str = "`label=<tag>`, with the label of `signature-input` and the tag in 44 characters of standard base64";

#[test]
fn a_digest_among_the_listed_headers_authenticates_the_body() {
    let (good, bad) = (digest(BODY), digest(b"{}"));
    let content = format!("sha-256=:{}:", &good["SHA-256=".len()..]);
    let signed = |covered: &[(&str, &str)]| -> Vec<_> {
        let names: Vec<_> = covered.iter().map(|(name, _)| *name).collect();
        list_signed(covered, &names, "sig").into_iter().map(|(n, v)| (n.to_owned(), v)).collect()
    };
    let check = |covered: &[(&str, &str)], expected| {
        let headers = signed(covered);
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        list_check(&headers, BODY, None, expected);
    };
    check(&[("digest", &good)], SIGNED);
    check(&[("Digest", &good)], SIGNED);
    check(&[("content-digest", &content)], SIGNED);
    check(&[("host", "h"), ("digest", &good), ("content-digest", &content)], SIGNED);
    check(&[("digest", &format!("sha-512=:x:, {content}"))], SIGNED);
    check(&[("digest", &bad)], DIGEST_MISMATCH);
    check(&[("digest", &good), ("content-digest", &bad)], DIGEST_MISMATCH);
    check(&[("digest", &bad), ("content-digest", &content)], DIGEST_MISMATCH);
    check(&[("digest", &format!("{good}, {bad}"))], DIGEST_MISMATCH);
    check(&[("digest", &good.replace("256", "512"))], NO_BODY);
    check(&[("digest", "md5=CY9rzUYh03PK3k6DJie09g==")], NO_BODY);
    check(&[("digest", &good["SHA-256=".len()..])], NO_BODY);
    check(&[("host", "h"), ("digest", "")], NO_BODY);
    check(&[("x-digest", &good)], NO_BODY);
}

/// A body without a digest is as trustworthy as the token in the URL.
#[test]
fn a_list_without_a_digest_needs_the_token() {
    let covered = &[("host", "h"), ("digest", "SHA-256=x")];
    let headers = list_signed(covered, &["host"], "sig");
    list_check(&headers, BODY, None, NO_BODY);
    list_check(&headers, BODY, proof(), BY_HEADERS);
    list_check(&headers, b"anything", proof(), BY_HEADERS);
    let headers = list_signed(covered, &["host", "digest"], "sig");
    list_check(&headers, BODY, proof(), DIGEST_MISMATCH);
}

#[test]
fn an_empty_list_is_refused() {
    // Its tag is a constant: an attacker who saw one could send anything.
    let nothing = list_signed(&[], &[], "sig");
    list_check(&nothing, BODY, proof(), malformed("signature-input", INPUT));
    let empty = list_signed(&[("x-a", ""), ("x-b", "")], &["x-a", "x-b"], "sig");
    list_check(&empty, BODY, proof(), malformed("signature-input", PRESENT));
    let absent = list_signed(&[("x-a", "a")], &["x-a", "x-b"], "sig");
    list_check(&absent, BODY, proof(), malformed("signature-input", PRESENT));
    let one_empty = list_signed(&[("x-a", ""), ("x-b", "b")], &["x-a", "x-b"], "sig");
    list_check(&one_empty, BODY, proof(), BY_HEADERS);
}

#[test]
fn both_headers_must_have_the_same_label() {
    let good = digest(BODY);
    let covered = &[("digest", good.as_str())];
    let with = |input_label: &str, label: &str| {
        let mut headers = list_signed(covered, &["digest"], input_label);
        let signature = headers.last_mut().expect("a signature");
        signature.1 = signature.1.replacen(input_label, label, 1);
        headers
    };
    list_check(&with("sig", "sig"), BODY, None, SIGNED);
    for label in ["sig2", "Sig", "", " sig", "sig "] {
        list_check(&with("sig", label), BODY, None, malformed("signature", SIGNATURE));
    }
    for name in ["signature-input", "signature"] {
        let mut headers = with("sig", "sig");
        headers.retain(|(n, _)| *n != name);
        list_check(
            &headers,
            BODY,
            None,
            missing(if name == "signature" { "signature" } else { "signature-input" }),
        );
    }
}

/// The signed text has no separators, so an attacker can cut it into other headers. Such headers
/// verify, but never with another body.
#[test]
fn a_signed_text_split_anew_authenticates_no_other_body() {
    let good = digest(BODY);
    let forged: &[u8] = b"{\"a\":2}\n";
    let seen = list_signed(&[("host", "h"), ("digest", &good)], &["host", "digest"], "sig");
    let tag = seen.last().expect("a signature").1.clone();
    list_check(&seen, BODY, None, SIGNED);
    list_check(&seen, forged, None, DIGEST_MISMATCH);
    let whole = format!("h{good}");
    let halves = (&whole[..20], &whole[20..]);
    let forged_digest = digest(forged);
    for (covered, expected) in [
        // The text under another name does not cover the body.
        (vec![("host", whole.as_str())], NO_BODY),
        (vec![("x-a", halves.0), ("x-b", halves.1)], NO_BODY),
        // The text as the digest, whole or in part, is not a SHA-256 and covers nothing.
        (vec![("digest", whole.as_str())], NO_BODY),
        (vec![("x-a", halves.0), ("digest", halves.1)], NO_BODY),
        (vec![("digest", halves.0), ("x-b", halves.1)], NO_BODY),
        // A forged digest beside it, empty in the list, or listed, was not signed.
        (vec![("host", whole.as_str()), ("digest", "")], NO_BODY),
        (vec![("host", "h"), ("x-a", good.as_str()), ("digest", forged_digest.as_str())], MISMATCH),
        (vec![("host", "h"), ("digest", good.as_str()), ("content-digest", "")], DIGEST_MISMATCH),
    ] {
        let names: Vec<_> = covered.iter().map(|(name, _)| *name).collect();
        let mut headers = list_signed(&covered, &names, "sig");
        headers.last_mut().expect("a signature").1.clone_from(&tag);
        list_check(&headers, forged, None, expected);
    }
}

#[test]
fn a_signed_delivery_verifies() {
    let named = Scheme::Signed(Signed { content: vec![header("x-id")], ..plain() });
    let headers: Headers<'_> = &[];
    let unsigned = Delivery { headers: &headers, url: "https://h/", body: BODY };
    let now = UnixMillis(NOW * 1000);
    let secret = || Secret::new(KEY, KeyFormat::Utf8).expect("a secret");
    let schemes = [plain(), pairs(), stamped(), listed()].map(Scheme::Signed);
    for scheme in schemes.into_iter().chain([list()]) {
        let headers = scheme.sign(&secret(), &unsigned, now).expect("signed");
        let headers: &[(&str, String)] = &headers;
        let delivery = Delivery { headers: &headers, ..unsigned };
        let proof = Proof { authenticity: Authenticity::BodySigned, secret_index: Some(0) };
        assert_eq!(scheme.verify(&[secret()], &delivery, None, now), Ok(proof), "{headers:?}");
    }
    assert_eq!(Scheme::UrlToken.sign(&secret(), &unsigned, now), Err(SignError::SignsNothing));
    assert_eq!(
        named.sign(&secret(), &unsigned, now),
        Err(SignError::Header(Refusal::MissingSignature { header: "x-id".into() }))
    );
}

#[test]
fn inconsistent_settings_say_why() {
    let made = |name: &str, provider, secrets: usize, token: bool| {
        let provider = catalogue::provider(provider);
        let secret = || Secret::new("YWJj", KeyFormat::Base64).expect("a secret");
        let secrets = (0..secrets).map(|_| secret()).collect();
        let token = token.then(|| Token::new(TOKEN).expect("a token"));
        Source::new(name, provider, secrets, token, Settings::default()).err()
    };
    for provider in ["wakilni", "wegocod", "standard-webhooks"] {
        assert_eq!(made("a", provider, 0, false), Some(SourceError::NeedsSecret));
        assert_eq!(made("a", provider, 0, true), Some(SourceError::NeedsSecret));
        assert_eq!(made("a", provider, 1, false), None);
        assert_eq!(made("a", provider, 2, true), None);
    }
    assert_eq!(made("a", "up42", 0, false), Some(SourceError::NeedsSecretOrToken));
    assert_eq!(made("a", "up42", 0, true), None);
    assert_eq!(made("a", "up42", 1, false), None);
    assert_eq!(made("a", "gooten", 0, false), Some(SourceError::NeedsToken));
    assert_eq!(made("a", "gooten", 1, true), Some(SourceError::SignsNothing));
    assert_eq!(made("a", "gooten", 0, true), None);
    for name in ["a", "shop-2", "-", "0", &"a".repeat(32)] {
        assert_eq!(made(name, "gooten", 0, true), None, "{name}");
    }
    for name in ["", "A", "a_b", "a b", "a/b", "é", "a\0", &"a".repeat(33)] {
        assert_eq!(made(name, "gooten", 0, true), Some(SourceError::Name), "{name}");
    }
}

#[track_caller]
fn says(error: impl std::error::Error, text: &str) {
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_refusal_says_why_and_has_a_code() {
    let says = |refusal: Refusal, code, text| {
        assert_eq!(refusal.code(), code);
        says(refusal, text);
    };
    says(
        Refusal::MissingSignature { header: "x-tag".into() },
        "missing_signature",
        "the header `x-tag` is missing",
    );
    says(
        Refusal::MalformedSignature { header: "x-tag".into(), expected: HEX },
        "malformed_signature",
        "the header `x-tag` is not 64 digits of lower-case hex",
    );
    says(Refusal::SignatureMismatch, "signature_mismatch", "the signature does not match");
    says(Refusal::DigestMismatch, "digest_mismatch", "the signed digest is not that of the body");
    says(
        Refusal::TimestampOutOfTolerance { past: 299, future: 0 },
        "timestamp_out_of_tolerance",
        "the signature is more than 299 s old, or from the future",
    );
    says(
        Refusal::TimestampOutOfTolerance { past: 300, future: 60 },
        "timestamp_out_of_tolerance",
        "the signature is more than 300 s old, or more than 60 s ahead",
    );
    says(
        Refusal::BodyNotAuthenticated,
        "body_not_authenticated",
        "no signature covers the body, and the URL's token is missing or another",
    );
}

const NOT_SET: &str = "is the text of a value that is not set: set the variable it comes from";

#[test]
fn the_other_errors_say_why() {
    says(SecretError::Empty, "is empty");
    says(SecretError::NotSet, NOT_SET);
    says(TokenError::NotSet, NOT_SET);
    says(SecretError::NotBase64, "is not standard base64 with its padding");
    says(SecretError::NotHex, "is not hex");
    says(TokenError::Empty, "is empty");
    says(
        TokenError::NotForAPath,
        "has a character that cannot stand in a URL's path (make one with `openssl rand -hex 32`)",
    );
    says(SourceError::Name, "a source's name is 1 to 32 of a-z, 0-9 and -");
    says(SourceError::NeedsSecret, "`secrets` is needed: this provider signs its deliveries");
    says(SourceError::NeedsSecretOrToken, "`secrets` or `token` is needed, better both");
    says(SourceError::NeedsToken, "`token` is needed: this provider does not sign its deliveries");
    says(
        SourceError::SignsNothing,
        "`secrets` must go: this provider does not sign its deliveries, only `token` protects them",
    );
    let missing = Refusal::MissingSignature { header: "webhook-id".into() };
    says(SignError::Header(missing), "the header `webhook-id` is signed: give it");
    let malformed =
        Refusal::MalformedSignature { header: "webhook-id".into(), expected: SEPARATED };
    let text = malformed.to_string();
    says(SignError::Header(malformed), &text);
    says(SignError::SignsNothing, "this provider signs nothing: post to the URL with the token");
}

#[test]
fn an_unrecognized_delivery_says_why_and_has_a_code() {
    for (reason, code, text) in [
        (Unrecognized::NotUtf8, "not_utf8", "the body is not UTF-8"),
        (Unrecognized::NotJson, "not_json", "the body is not JSON"),
        (Unrecognized::UnexpectedShape, "unexpected_shape", "the body is not a JSON object"),
        (
            Unrecognized::MissingField("order.reference".into()),
            "missing_field",
            "the body has no usable `order.reference`",
        ),
        (Unrecognized::TooLarge, "too_large", "the event is too large for a queue"),
        (Unrecognized::RepeatedId, "repeated_id", "two events of the body have one id"),
    ] {
        assert_eq!((reason.code(), reason.to_string().as_str()), (code, text));
    }
}

/// The URL that the provider was given may end with the token.
#[test]
fn no_debug_print_shows_an_address() {
    let settings = Settings {
        url: Some("https://shop.example/hooks/shop/hunter2".into()),
        jwks: Some("https://keys.example/hunter3".into()),
        ..Settings::default()
    };
    let text = format!("{settings:?}");
    assert!(text.contains("url: Some") && !text.contains("hunter"), "{text}");
}

/// A log may show the `Debug` of a source.
#[test]
fn no_debug_print_shows_a_secret() {
    let provider = catalogue::provider("wakilni");
    let secret = Secret::new("hunter2", KeyFormat::Utf8).expect("a secret");
    let token = Token::new("hunter3-hunter3-").expect("a token");
    let source = Source::new("a", provider, vec![secret], Some(token), Settings::default())
        .expect("a source");
    let text = format!("{source:?}");
    assert!(text.contains("Secret(…)") && text.contains("Token(…)"), "{text}");
    for hidden in ["hunter", &hex::encode("hunter2")] {
        assert!(!text.contains(hidden), "{text}");
    }
}
