//! Why a delivery does not verify: any question has an answer, one thing wrong with a right
//! delivery is found, and what an answer says is true: with its causes put right, it verifies.
//!
//! The marks are those of `header_list`.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use crate::{
    Post,
    account::{Delivered, SOURCE, TOKEN, base64, key, provider, ruled, secret, text_of},
    oracles::{header_list, rule},
};
use arbitrary::Arbitrary;
use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Encoding, HeaderList, KeyFormat, Layout, Reading, Scheme, Secret, Signed, Token, UnixMillis,
};
use orderhook_explain::{Cause, Explanation, Question, Signer, explain};

/// The signers whose delivery it may be.
static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(|| {
    let signer = |name: &&str| {
        let definition = orderhook_catalogue::definition(name);
        Signer::parse(name, definition, None).expect("a definition")
    };
    rule::PROVIDERS.iter().map(signer).collect()
});

fn signer(name: &str) -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.name == name).expect("a signer")
}

/// A question about a delivery.
#[derive(Arbitrary, Debug)]
pub struct Case {
    provider: u8,
    wrong: u8,
    sent: Delivered,
}

/// Panics if an explanation is wrong, or missing.
pub fn check(case: &Case) {
    let provider = ruled(case.provider);
    let signer = signer(&provider.name);
    let post = case.sent.make(Arc::clone(&provider)).post;
    let keys = case.sent.settings.keys(&provider.scheme);
    let format = provider.scheme.key_format().unwrap_or(KeyFormat::Utf8);
    let asked = Asked {
        signer,
        secrets: keys.iter().map(|key| text_of(key, format)).collect(),
        others: vec![text_of(key(case.wrong), format)],
        has_token: case.sent.settings.offered == 1,
        post,
        now: case.sent.settings.now,
    };
    asked.check();
    if let (Some(format), false) = (provider.scheme.key_format(), keys.is_empty()) {
        one_thing_is_found(&asked, keys[0], format, case.wrong);
    }
}

/// The question, as the core takes it.
#[derive(Clone, Debug)]
struct Asked {
    signer: &'static Signer,
    secrets: Vec<String>,
    others: Vec<String>,
    has_token: bool,
    post: Post,
    now: u64,
}

impl Asked {
    fn explanation(&self) -> Explanation {
        self.post.deliver(|delivery| {
            let understands = |signer: &Signer| {
                let provider = provider(&signer.name);
                let read = provider.normalize(SOURCE, None, &delivery, UnixMillis(0));
                matches!(read, Reading::Event(event) if event.data.content.is_ok())
            };
            explain(&Question {
                provider: self.signer,
                others: &SIGNERS,
                secrets: &self.secrets,
                other_secrets: &self.others,
                has_token: self.has_token,
                delivery,
                headers: &self.post.headers,
                now: UnixMillis(self.now),
                holds: &|_| false,
                understands: &understands,
            })
        })
    }

    /// Returns whether it verifies under this key.
    fn verifies(&self, key: &[u8]) -> bool {
        // In hex, every key can be written.
        let scheme = match self.signer.scheme.clone() {
            Scheme::Signed(scheme) => Scheme::Signed(Signed { key: KeyFormat::Hex, ..scheme }),
            Scheme::HeaderList(scheme) => {
                Scheme::HeaderList(HeaderList { key: KeyFormat::Hex, ..scheme })
            }
            _ => return false,
        };
        let Ok(secret) = Secret::new(&hex::encode(key), KeyFormat::Hex) else {
            return false;
        };
        let token = Token::new(TOKEN).expect("a token").check(TOKEN).filter(|_| self.has_token);
        let now = UnixMillis(self.now);
        self.post.deliver(|delivery| scheme.verify(&[secret], &delivery, token, now).is_ok())
    }

    fn check(&self) -> Vec<Cause> {
        let told = self.explanation();
        let unmendable = |cause: &Cause| {
            use Cause::{
                BodyEmpty, BodyForm, BodyObject, BodyReserialised, Digest, MissingSignature,
            };
            // The last is a guess, too, if there are no secrets.
            [BodyReserialised, BodyEmpty, BodyObject, BodyForm, Digest, MissingSignature]
                .contains(cause)
                || *cause == Cause::Token && told.causes.len() == 1 && self.secrets.is_empty()
        };
        // Seconds that are not a clock's time cannot be put right.
        let is_moment = told.signed_at <= u64::MAX / 1000;
        if is_moment && !told.causes.is_empty() && !told.causes.iter().any(unmendable) {
            let is_true = self.mended(&told).iter().any(|(asked, key)| asked.verifies(key));
            assert!(is_true, "{told:?} is not why\n{self:?}");
        }
        told.causes
    }

    /// The ways to put right what is said to be wrong, each with a key.
    fn mended(&self, told: &Explanation) -> Vec<(Self, Vec<u8>)> {
        let has = |cause| told.causes.contains(&cause);
        let mut asked = self.clone();
        asked.signer = signer(&told.provider);
        asked.has_token |= has(Cause::Token);
        if has(Cause::Clock) {
            asked.now = told.signed_at * 1000;
        }
        let format = asked.signer.scheme.key_format().unwrap_or(KeyFormat::Utf8);
        let secrets = if has(Cause::OtherSecret) { &self.others } else { &self.secrets };
        let Some(text) = secrets.get(told.secret_index) else {
            panic!("there is no such secret: {told:?}");
        };
        let keys = keys(text, format, &has);
        let bodies = bodies(&self.post.body, &has);
        let posts = if has(Cause::TagEncoding) || has(Cause::TagPrefix) || has(Cause::WrongHeader) {
            retagged(&asked.post, &told.header, &asked.signer.scheme)
        } else {
            vec![asked.post.clone()]
        };
        let mut all = Vec::new();
        for post in posts {
            for body in &bodies {
                let post = Post { body: body.clone(), ..post.clone() };
                let asked = Self { post, ..asked.clone() };
                all.extend(keys.iter().map(|key| (asked.clone(), key.clone())));
            }
        }
        all
    }
}

fn decoded(text: &str, format: KeyFormat) -> Option<Vec<u8>> {
    match format {
        KeyFormat::Utf8 | KeyFormat::Html | KeyFormat::Nfkd => Some(text.as_bytes().to_vec()),
        KeyFormat::Base64 => STANDARD.decode(text).ok(),
        KeyFormat::Hex => hex::decode(text).ok(),
        KeyFormat::Whsec => STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok(),
    }
}

/// Returns the possible meanings of a secret's text, if these are wrong with it.
fn keys(text: &str, format: KeyFormat, has: &dyn Fn(Cause) -> bool) -> Vec<Vec<u8>> {
    let mut texts = BTreeSet::from([text.to_owned()]);
    let bare = text.trim_matches([' ', '\t', '\r', '\n']);
    let bare = bare.trim_matches(['"', '\'', '`', '\u{feff}']);
    let each = |texts: &BTreeSet<String>, ways: &[&dyn Fn(&str) -> String]| {
        texts.iter().flat_map(|text| ways.iter().map(move |way| way(text))).collect()
    };
    if has(Cause::SecretBlanks) {
        texts.insert(bare.to_owned());
        texts = each(
            &texts,
            &[
                &|text| text.to_owned(),
                &|text| format!("{text}\n"),
                &|text| format!("{text}\r\n"),
                &|text| format!("{text} "),
                &|text| format!(" {text}"),
            ],
        );
    }
    if has(Cause::SecretPrefix) {
        texts = each(
            &texts,
            &[&|text| format!("whsec_{text}"), &|text| {
                text.strip_prefix("whsec_").unwrap_or(text).to_owned()
            }],
        );
    }
    let formats = [
        (format, true),
        (KeyFormat::Base64, has(Cause::SecretIsBase64) || has(Cause::SecretEncoding)),
        (KeyFormat::Hex, has(Cause::SecretIsHex)),
        (KeyFormat::Utf8, has(Cause::SecretIsText)),
    ];
    if has(Cause::SecretEncoding) || has(Cause::SecretIsBase64) {
        texts = each(
            &texts,
            &[&standard, &|text| standard(text.strip_prefix("whsec_").unwrap_or(text))],
        );
    }
    if has(Cause::SecretIsText) {
        // A prefix that the scheme removes is not part of the text.
        texts = each(
            &texts,
            &[&|text| text.to_owned(), &|text| {
                text.strip_prefix("whsec_").unwrap_or(text).to_owned()
            }],
        );
    }
    let formats = formats.iter().filter(|(_, is_asked)| *is_asked);
    formats.flat_map(|(format, _)| texts.iter().filter_map(|text| decoded(text, *format))).collect()
}

fn standard(text: &str) -> String {
    let mut text = text.replace('-', "+").replace('_', "/").replace('=', "");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// The bodies that may have been signed, if these are wrong with this one.
fn bodies(body: &[u8], has: &dyn Fn(Cause) -> bool) -> Vec<Vec<u8>> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut all = vec![body.to_vec()];
    if has(Cause::BodyBom) {
        let without = body.strip_prefix(BOM).map(<[u8]>::to_vec);
        all = vec![without.unwrap_or_else(|| [BOM, body].concat())];
    }
    if has(Cause::BodyLineEnds) {
        let once = |body: &Vec<u8>| {
            let lines: Vec<_> = body.split(|byte| *byte == b'\n').collect();
            let (last, lines) = lines.split_last().expect("a line");
            let bare = lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            let bare: Vec<_> = bare.chain([*last]).collect();
            let kept = lines.iter().copied().chain([*last]).collect::<Vec<_>>();
            [bare.join(&b"\n"[..]), bare.join(&b"\r\n"[..]), kept.join(&b"\n"[..])]
        };
        all = all.iter().flat_map(once).collect();
    }
    if has(Cause::BodyNewline) || has(Cause::BodyLineEnds) {
        let ended = |body: &Vec<u8>| {
            let core = body.strip_suffix(b"\n").unwrap_or(body);
            let core = core.strip_suffix(b"\r").filter(|_| core.len() < body.len()).unwrap_or(core);
            [&b""[..], b"\n", b"\r\n"].map(|end| [core, end].concat())
        };
        all.extend(all.clone().iter().flat_map(ended));
    }
    all
}

/// The delivery with each text that may be a tag, in the header `from`, as the scheme has it.
fn retagged(post: &Post, from: &str, scheme: &Scheme) -> Vec<Post> {
    let (to, layout, encoding) = match scheme {
        Scheme::Signed(scheme) => {
            let Some(header) = scheme.tags.place.headers().next() else {
                return Vec::new();
            };
            (header, &scheme.tags.layout, scheme.tags.encodings[0])
        }
        Scheme::HeaderList(scheme) => (&*scheme.signature, &Layout::Bare, Encoding::Base64),
        _ => return Vec::new(),
    };
    let label = || {
        let input = post.header("signature-input")?;
        Some(header_list::list(&input)?.label)
    };
    let mut all = Vec::new();
    for [name, value] in &post.headers {
        if name != from {
            continue;
        }
        for word in value.split(|c: char| !c.is_ascii_alphanumeric() && !"+/-_".contains(c)) {
            let tag: Option<Vec<u8>> = match word.len() {
                64 => hex::decode(word).ok(),
                _ => STANDARD.decode(standard(word)).ok(),
            };
            let Some(tag) = tag.filter(|tag| tag.len() == 32) else {
                continue;
            };
            let text = match encoding {
                Encoding::Hex => hex::encode(tag),
                _ => base64(&tag),
            };
            let text = match (scheme, layout) {
                (Scheme::HeaderList(_), _) => match label() {
                    Some(label) => format!("{label}={text}"),
                    None => continue,
                },
                (_, Layout::Prefixed(prefixes)) => format!("{}{text}", prefixes[0]),
                (_, Layout::Listed(_, prefix)) => format!("{prefix}{text}"),
                (_, Layout::Pairs(key)) => format!("{key}={text}"),
                (_, Layout::Bare) => text,
            };
            let mut post = post.clone();
            post.headers.retain(|[name, _]| !name.eq_ignore_ascii_case(to));
            post.headers.push([to.to_string(), text]);
            all.push(post);
        }
    }
    all
}

/// The largest body for which the search tries each single cause. It hashes 64 MiB for one provider
/// at most.
const MAX_SEARCHED: usize = 1 << 20;

/// One thing wrong with what our own `sign` signed has a cause.
fn one_thing_is_found(asked: &Asked, key: &str, format: KeyFormat, wrong: u8) {
    let mut asked = asked.clone();
    let scheme = &asked.signer.scheme;
    // A clock that can be read: what it is off by is another thing.
    asked.now = asked.now.clamp(1_000_000, u64::MAX / 4);
    asked.post.headers = vec![["Webhook-Id".to_owned(), "msg_1".to_owned()]];
    asked.secrets = vec![text_of(key, format)];
    asked.others.retain(|other| *other != asked.secrets[0]);
    let now = UnixMillis(asked.now);
    let signed = asked.post.deliver(|it| scheme.sign(&secret(key, format), &it, now));
    let signed = signed.expect("a provider that signs");
    let signed = signed.into_iter().map(|(name, value)| [name.to_owned(), value]);
    asked.post.headers.extend(signed);
    assert_eq!(asked.check(), [], "of what verifies: {asked:?}");
    if asked.post.body.len() > MAX_SEARCHED {
        return;
    }
    let body = asked.post.body.clone();
    let is_listed = matches!(scheme, Scheme::HeaderList(_));
    let due = match wrong % 8 {
        0 => {
            asked.post.body.push(b'\n');
            Cause::BodyNewline
        }
        1 if !body.starts_with(b"\xef\xbb\xbf") => {
            asked.post.body = [b"\xef\xbb\xbf", &body[..]].concat();
            Cause::BodyBom
        }
        2 if body.contains(&b'\n') && !body.contains(&b'\r') => {
            asked.post.body =
                body.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
            Cause::BodyLineEnds
        }
        3 => {
            asked.secrets[0].push('\n');
            Cause::SecretBlanks
        }
        4 if !matches!(scheme, Scheme::Signed(Signed { age: None, .. })) => {
            asked.now += 400_000;
            Cause::Clock
        }
        5 => {
            let header =
                asked.post.headers.iter_mut().find(|[name, _]| name.ends_with("signature"));
            "x-forwarded-tag".clone_into(&mut header.expect("a tag")[0]);
            Cause::WrongHeader
        }
        6 => {
            asked.others.insert(0, std::mem::replace(&mut asked.secrets[0], "b3RoZXI=".to_owned()));
            Cause::OtherSecret
        }
        _ => return,
    };
    let found = asked.check();
    // A digest of the body may be that of a smaller change.
    assert!(
        found.contains(&due) || is_listed && !found.is_empty(),
        "{found:?} for {due:?}: {asked:?}"
    );
}
