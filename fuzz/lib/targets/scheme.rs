//! Schemes of every layout, encoding, key format and time of signing, those that no provider has
//! too: a delivery is authentic if and only if a reading of the scheme apart says so, and what
//! `sign` signs is.
//!
//! In the headers' values U+0001 and U+0002 stand for the right tags under the two keys, U+0003
//! for the first with its last character lost, U+0004 for it in the other encoding, and U+0005 for
//! the time of receipt.

use std::sync::LazyLock;

use crate::{
    Post,
    account::{base64, key, secret, tag},
    oracles::{
        header_list::seconds,
        rule::{is_tag, listed},
    },
};
use arbitrary::Arbitrary;
use orderhook_core::{
    Age, Authenticity, Encoding, Fields, Hash, KeyFormat, Layout, MacKind, Part, Place, Proof,
    Refusal, Scheme, SignError, Signed, Stamp, Tags, TimeForms, UnixMillis,
};

/// A delivery to an account with one of the schemes.
#[derive(Arbitrary, Debug)]
pub struct Case {
    scheme: u8,
    keys: [u8; 2],
    now: u64,
    /// What changes in the body after it was signed: where, and which bits.
    changed: (u16, u8),
    post: Post,
}

fn literal(text: &str) -> Part {
    Part::Literal(text.into())
}

fn scheme(
    key: KeyFormat,
    layout: Layout,
    encoding: Encoding,
    content: &[Part],
    age: Option<(Stamp, Age)>,
) -> Signed {
    Signed {
        mac: MacKind::Hmac(Hash::Sha256),
        key,
        tags: Tags { place: Place::Header("x-tag".into()), layout, encodings: vec![encoding] },
        content: content.to_vec(),
        age,
        forms: TimeForms::default(),
        fields: Fields::default(),
    }
}

static SCHEMES: LazyLock<[Signed; 10]> = LazyLock::new(|| {
    use Encoding::{Base64, Hex};
    use Layout::{Bare, Listed, Pairs, Prefixed};
    let minutes = Age { past: 300, future: 60 };
    let at = || Some((Stamp::Header("x-at".into()), minutes));
    let t = || Some((Stamp::Pair("t".into()), minutes));
    let body = &[Part::Body];
    let stamped = &[Part::Timestamp, literal("."), Part::Body];
    let whole = &[
        Part::Header("x-id".into()),
        literal("."),
        Part::Timestamp,
        literal("."),
        Part::Url,
        literal("\n"),
        Part::Body,
    ];
    [
        scheme(KeyFormat::Utf8, Bare, Hex, body, None),
        scheme(KeyFormat::Base64, Bare, Base64, body, None),
        scheme(KeyFormat::Hex, Prefixed(vec!["sha256=".into()]), Hex, body, None),
        scheme(KeyFormat::Whsec, Prefixed(vec!["HMAC-SHA256 ".into()]), Base64, whole, at()),
        scheme(KeyFormat::Utf8, Pairs("v1".into()), Hex, stamped, t()),
        scheme(KeyFormat::Base64, Pairs("v1".into()), Base64, stamped, t()),
        scheme(KeyFormat::Hex, Pairs("s".into()), Base64, whole, at()),
        scheme(KeyFormat::Whsec, Listed(' ', "v1,".into()), Base64, whole, at()),
        scheme(KeyFormat::Utf8, Listed(' ', "v1=".into()), Hex, body, None),
        scheme(KeyFormat::Utf8, Pairs("v1".into()), Hex, body, None),
    ]
});

/// Tags of one header that are looked at.
const MAX_TAGS: usize = 64;

/// Panics if the core does not find the key that signed, or finds another.
pub fn check(case: &Case) {
    let scheme = &SCHEMES[usize::from(case.scheme) % SCHEMES.len()];
    let (own, now) = (&case.post, case.now);
    let mut post = own.clone();
    let keys = case.keys.map(key);
    post.fill(&[('\u{5}', (now / 1000).to_string())]);
    if let Some(content) = content(scheme, &post) {
        let tags = keys.map(|key| tag(key.as_bytes(), &content));
        let [first, second] = tags.map(|tag| text(scheme.tags.encodings[0], &tag));
        let lost = first[..first.len() - 1].to_owned();
        let other = match scheme.tags.encodings[0] {
            Encoding::Hex => base64(&tags[0]),
            _ => hex::encode(tags[0]),
        };
        let marks = ['\u{1}', '\u{2}', '\u{3}', '\u{4}'];
        post.fill(&marks.into_iter().zip([first, second, lost, other]).collect::<Vec<_>>());
    }
    if let Some(byte) = post.body.get_mut(usize::from(case.changed.0)) {
        *byte ^= case.changed.1;
    }
    let due = verdict(scheme, &keys, &post, now);
    let found = verify(scheme, &keys, &post, now);
    assert_eq!(found, due, "{post:?}");
    signed_verifies(scheme, &keys, own, now);
}

/// Returns the index of the key that signed, by the core.
fn verify(scheme: &Signed, keys: &[&str], post: &Post, now: u64) -> Option<usize> {
    let secrets: Vec<_> = keys.iter().map(|text| secret(text, scheme.key)).collect();
    let scheme = Scheme::Signed(scheme.clone());
    let proof = post.deliver(|it| scheme.verify(&secrets, &it, None, UnixMillis(now))).ok()?;
    let Proof { authenticity: Authenticity::BodySigned, secret_index } = proof else {
        panic!("{proof:?}");
    };
    Some(secret_index.expect("a secret"))
}

/// Returns the same, apart from the core.
fn verdict(scheme: &Signed, keys: &[&str], post: &Post, now: u64) -> Option<usize> {
    let sent = post.header("x-tag")?;
    if let Some((_, age)) = &scheme.age {
        let (at, now) = (seconds(&stamp(scheme, post)?)?, now / 1000);
        let is_near = if at > now { at - now <= age.future } else { now - at <= age.past };
        is_near.then_some(())?;
    }
    let content = content(scheme, post)?;
    let tags = match &scheme.tags.layout {
        Layout::Bare => vec![sent],
        Layout::Prefixed(prefixes) => vec![sent.strip_prefix(&*prefixes[0])?.to_owned()],
        Layout::Pairs(key) => {
            let mut tags = values(&sent, key);
            tags.retain(|tag| is_encoded(scheme.tags.encodings[0], tag));
            tags
        }
        Layout::Listed(_, prefix) if scheme.tags.encodings[0] == Encoding::Base64 => {
            listed(&sent, prefix)
        }
        Layout::Listed(_, prefix) => {
            let entries = sent.split(' ').map(|entry| entry.strip_suffix(',').unwrap_or(entry));
            let tags = entries.filter_map(|entry| entry.strip_prefix(&**prefix));
            tags.filter(|tag| is_encoded(Encoding::Hex, tag)).map(str::to_owned).collect()
        }
    };
    let looked_at = &tags[..tags.len().min(MAX_TAGS)];
    keys.iter().position(|key| {
        looked_at.contains(&text(scheme.tags.encodings[0], &tag(key.as_bytes(), &content)))
    })
}

fn text(encoding: Encoding, tag: &[u8; 32]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(tag),
        _ => base64(tag),
    }
}

fn is_encoded(encoding: Encoding, text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match encoding {
        Encoding::Hex => text.len() == 64 && text.bytes().all(is_digit),
        _ => is_tag(text),
    }
}

/// Every value under this key among pairs with commas between them.
fn values(header: &str, key: &str) -> Vec<String> {
    let pairs = header.split(',').map(str::trim);
    let start = format!("{key}=");
    pairs.filter_map(|pair| pair.strip_prefix(&start)).map(str::to_owned).collect()
}

fn stamp(scheme: &Signed, post: &Post) -> Option<String> {
    match &scheme.age.as_ref()?.0 {
        Stamp::Header(names) => post.header(names.first()),
        Stamp::Pair(key) => {
            let mut times = values(&post.header("x-tag")?, key);
            times.pop().filter(|_| times.is_empty())
        }
        Stamp::Field(_) => None,
    }
}

fn content(scheme: &Signed, post: &Post) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for part in &scheme.content {
        match part {
            Part::Literal(text) => all.extend_from_slice(text.as_bytes()),
            Part::Header(names) => {
                // The text before a full stop holds no other, and is not empty.
                let value =
                    post.header(names.first()).filter(|id| !id.is_empty() && !id.contains('.'))?;
                all.extend_from_slice(value.as_bytes());
            }
            Part::Timestamp => all.extend_from_slice(stamp(scheme, post)?.as_bytes()),
            // The delivery's URL stands for the one that the provider was given.
            Part::Url => all.extend_from_slice(post.url.as_bytes()),
            Part::Path | Part::Field(_) => return None,
            Part::Body => all.extend_from_slice(&post.body),
        }
    }
    Some(all)
}

/// Panics if the headers of `sign` do not verify, under the first secret, beside the
/// delivery's other headers.
fn signed_verifies(scheme: &Signed, keys: &[&str], post: &Post, now: u64) {
    let mut post = post.clone();
    post.headers.retain(|[name, _]| !["x-tag", "x-at"].contains(&name.to_lowercase().as_str()));
    let secret = secret(keys[0], scheme.key);
    let whole = Scheme::Signed(scheme.clone());
    let signed = post.deliver(|it| {
        let signed = whole.sign(&secret, &it, UnixMillis(now))?;
        Ok(signed.into_iter().map(|(name, text)| [name.to_owned(), text]).collect::<Vec<_>>())
    });
    let needs_id = scheme.content.contains(&Part::Header("x-id".into()));
    match signed {
        Ok(signed) => {
            post.headers.extend(signed);
            assert_eq!(verify(scheme, keys, &post, now), Some(0), "{post:?}");
            assert_eq!(verdict(scheme, keys, &post, now), Some(0), "{post:?}");
        }
        Err(SignError::Header(Refusal::MissingSignature { header })) => {
            assert!(needs_id && &*header == "x-id" && post.header("x-id").is_none());
        }
        Err(SignError::Header(Refusal::MalformedSignature { header, .. })) => {
            let id = post.header("x-id").expect("an id");
            assert!(needs_id && &*header == "x-id" && (id.is_empty() || id.contains('.')));
        }
        Err(error) => panic!("{error:?}"),
    }
}
