//! Forgeries by someone who has seen a signed delivery and knows the token: none is as authentic as
//! the delivery itself, and none takes its id.

use std::sync::Arc;

use crate::account::{self, SOURCE, TOKEN, base64, key, secret, tag};
use arbitrary::Arbitrary;
use orderhook_core::{
    Authenticity, Delivery, Provider, Reading, Settings, Source, Token, UnixMillis,
};

/// A signed delivery, and what is made of it.
#[derive(Arbitrary, Debug)]
pub struct Case {
    is_up42: bool,
    id: String,
    before: Vec<u8>,
    /// A time of signing, so many seconds from now, that a customer has written into the body.
    stamp: Option<i8>,
    behind: Vec<u8>,
    /// Where the signed text is cut anew.
    cuts: [u16; 2],
    /// Which headers the cut values are sent in, and the body that comes with them.
    names: [u8; 2],
    forged: Vec<u8>,
    now: u64,
}

type Headers = Vec<(String, String)>;

const NAMES: [&str; 5] = ["date", "digest", "content-digest", "x-a", "x-b"];

impl Case {
    fn body(&self) -> Vec<u8> {
        let stamp = self.stamp.map(|ahead| {
            format!(".{}.", (self.now / 1000).saturating_add_signed(i64::from(ahead)))
        });
        [&self.before, stamp.unwrap_or_default().as_bytes(), &self.behind].concat()
    }
}

/// Panics if a forged delivery is taken for the signed one, or is as authentic.
pub fn check(case: &Case) {
    let body = case.body();
    let name = if case.is_up42 { "up42" } else { "standard-webhooks" };
    let provider = account::provider(name);
    let key = key(0);
    let source = source(Arc::clone(&provider), key);
    let Some(genuine) = sign(&provider, key, case, &body) else {
        return;
    };
    let now = UnixMillis(case.now);
    let Some((id, proof)) = take(&source, &genuine, &body, now) else {
        panic!("what is signed verifies");
    };
    assert_eq!(proof, Authenticity::BodySigned);
    let forged = if case.is_up42 {
        Some((cut_headers(&genuine, case), case.forged.clone()))
    } else {
        cut_text(&genuine, case, &body)
    };
    if let Some((headers, other)) = forged.filter(|forged| *forged != (genuine, body.clone())) {
        let taken = take(&source, &headers, &other, now);
        // UP42 signs neither the names of its headers nor `created`: the same body under its whole
        // digest is a copy of the delivery, whatever the other header is called.
        let is_copy = case.is_up42 && other == body;
        let is_signed = matches!(&taken, Some((_, Authenticity::BodySigned)));
        assert!(is_copy || !is_signed, "{headers:?} {other:?}");
        assert!(is_signed || taken.is_none_or(|(taken, _)| taken != id), "{headers:?} {other:?}");
    }
    if case.is_up42 {
        for body in [&body, &case.forged] {
            let headers = by_token(key, case);
            let taken = take(&source, &headers, body, now);
            assert!(taken.is_none_or(|(weaker, _)| weaker != id), "{body:?}");
        }
    }
}

/// An account with one secret and a token.
fn source(provider: Arc<Provider>, key: &str) -> Source {
    let format = provider.scheme.key_format().expect("a format");
    let secrets = vec![secret(key, format)];
    let token = Token::new(TOKEN).expect("a token");
    Source::new(SOURCE, provider, secrets, Some(token), Settings::default()).expect("a source")
}

/// Returns the headers of the genuine delivery; `None` if its id cannot be signed.
fn sign(provider: &Provider, key: &str, case: &Case, body: &[u8]) -> Option<Headers> {
    let mut headers = vec![("webhook-id".to_owned(), case.id.clone())];
    let given: &[(String, String)] = &headers;
    let delivery = Delivery { headers: &given, url: "", body };
    let secret = secret(key, provider.scheme.key_format()?);
    let signed = provider.scheme.sign(&secret, &delivery, UnixMillis(case.now)).ok()?;
    headers.extend(signed.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Some(headers)
}

fn take(
    source: &Source,
    headers: &Headers,
    body: &[u8],
    now: UnixMillis,
) -> Option<(String, Authenticity)> {
    let token = source.token().and_then(|token| token.check(TOKEN));
    let headers: &[(String, String)] = headers;
    let delivery = Delivery { headers: &headers, url: "", body };
    let verified = source.verify(delivery, token, now).ok()?;
    let authenticity = verified.proof().authenticity;
    match verified.read(now) {
        Reading::Event(event) => Some((event.id.into_owned(), authenticity)),
        _ => None,
    }
}

fn value<'h>(headers: &'h Headers, name: &str) -> &'h str {
    headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Returns `id.time.body` with another id, another time and another body; `None` if the cuts do not
/// fall on full stops.
fn cut_text(genuine: &Headers, case: &Case, body: &[u8]) -> Option<(Headers, Vec<u8>)> {
    let parts = [value(genuine, "webhook-id"), value(genuine, "webhook-timestamp")];
    let text = [parts[0].as_bytes(), b".", parts[1].as_bytes(), b".", body].concat();
    let stops: Vec<_> = (0..text.len()).filter(|at| text[*at] == b'.').collect();
    let [first, second] = case.cuts.map(|cut| stops[usize::from(cut) % stops.len()]);
    let header = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let id = header(&text[..first])?;
    let time = header(text.get(first + 1..second)?)?;
    let headers = genuine.iter().cloned().map(|(name, value)| {
        let value = match name.as_str() {
            "webhook-id" => id.clone(),
            "webhook-timestamp" => time.clone(),
            _ => value,
        };
        (name, value)
    });
    Some((headers.collect(), text[second + 1..].to_vec()))
}

/// The values of UP42's signed headers, one after another and cut in two, in headers of any names.
fn cut_headers(genuine: &Headers, case: &Case) -> Headers {
    let text = [value(genuine, "date"), value(genuine, "digest")].concat();
    let at = usize::from(case.cuts[0]) % (text.len() + 1);
    let [first, second] = case.names.map(|name| NAMES[usize::from(name) % NAMES.len()]);
    let input = format!("up42-sig=(\"{first}\" \"{second}\");created={}", case.now / 1000);
    vec![
        (first.to_owned(), text[..at].to_owned()),
        (second.to_owned(), text[at..].to_owned()),
        ("signature-input".to_owned(), input),
        ("signature".to_owned(), value(genuine, "signature").to_owned()),
    ]
}

/// Returns UP42's headers over a date alone, as an eavesdropper may have seen them.
fn by_token(key: &str, case: &Case) -> Headers {
    let signature = base64(&tag(key.as_bytes(), b"a date"));
    [
        ("date", "a date".to_owned()),
        ("signature-input", format!("s=(\"date\");created={}", case.now / 1000)),
        ("signature", format!("s={signature}")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
