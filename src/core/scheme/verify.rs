use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    scheme::{
        Age, HeaderList, HmacSha256, Layout, Part, Scheme, Stamp, Tags,
        encoding::TAG_BYTES,
        header_list::parse_seconds,
        key::Secret,
        mac::{Digester, Own},
        refusal::{Authenticity, Refusal},
        url_token::TokenProof,
    },
    time::UnixMillis,
};

/// How a delivery proved to be authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What proves it.
    pub authenticity: Authenticity,
    /// Which of the secrets signed it, counted from 0; `None` where the URL's token alone
    /// authenticates.
    pub secret_index: Option<usize>,
}

impl Scheme {
    /// Holds a delivery against this scheme: headers, then age, then MAC over the raw bytes.
    /// Every secret is tried, so that a rotation loses nothing. Without secrets, all rests on
    /// the token.
    pub fn verify(
        &self,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Proof, Refusal> {
        self.verify_with(&Own, secrets, delivery, token, now)
    }

    pub(crate) fn verify_with(
        &self,
        digester: &dyn Digester,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Proof, Refusal> {
        let (authenticity, secret_index) = match self {
            // UP42 signs only where a secret was set; a source without one rests on its token.
            Self::UrlToken | Self::HeaderList(_) if secrets.is_empty() => {
                token.ok_or(Refusal::BodyNotAuthenticated)?;
                (Authenticity::UrlToken, None)
            }
            // `Source` gives it no secrets; if it did, they would prove nothing.
            Self::UrlToken => return Err(Refusal::BodyNotAuthenticated),
            Self::Hmac(scheme) => {
                (Authenticity::BodySigned, Some(scheme.verify(digester, secrets, delivery, now)?))
            }
            Self::HeaderList(scheme) => {
                let (authenticity, index) =
                    scheme.verify(digester, secrets, delivery, token, now)?;
                (authenticity, Some(index))
            }
        };
        Ok(Proof { authenticity, secret_index })
    }
}

impl HmacSha256 {
    /// The index of the secret that signed.
    fn verify(
        &self,
        digester: &dyn Digester,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Result<usize, Refusal> {
        let header = delivery.required(self.tags.header)?;
        let tags = self.tags.read(&header)?;
        let timestamp = match self.age {
            Some((stamp, age)) => {
                let (text, seconds) = self.tags.stamp(stamp, &header, delivery)?;
                age.check(seconds, now)?;
                text
            }
            None => Cow::Borrowed(""),
        };
        let content = self.content(delivery, &timestamp)?;
        find(digester, secrets, &tags, &content)
    }

    /// Returns the signed content, part by part.
    ///
    /// Fails where a header is missing from it, or where the content could be cut into other parts:
    /// a header in front of a separator is not empty and does not contain it.
    pub fn content<'d>(
        &self,
        delivery: &Delivery<'d>,
        timestamp: &'d str,
    ) -> Result<Vec<Cow<'d, [u8]>>, Refusal> {
        let next = self.content.iter().skip(1).map(Some).chain([None]);
        let bytes = |(part, next): (&Part, Option<&Part>)| {
            Ok(match part {
                Part::Literal(text) => Cow::Borrowed(text.as_bytes()),
                Part::Header(name) => match signed_header(delivery, name, next)? {
                    Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
                    Cow::Owned(value) => Cow::Owned(value.into_bytes()),
                },
                Part::Timestamp => Cow::Borrowed(timestamp.as_bytes()),
                Part::Url => Cow::Borrowed(delivery.url.as_bytes()),
                Part::Body => Cow::Borrowed(delivery.body),
            })
        };
        self.content.iter().zip(next).map(bytes).collect()
    }
}

/// Returns the value of a signed header, in front of the part `next` of the signed content.
fn signed_header<'a>(
    delivery: &Delivery<'a>,
    name: &'static str,
    next: Option<&Part>,
) -> Result<Cow<'a, str>, Refusal> {
    const EXPECTED: &str =
        "a text of at least one character, without the separator that is signed after it";
    let value = delivery.required(name)?;
    let separator = match next {
        Some(Part::Literal(text)) if !text.is_empty() => text.as_bytes(),
        _ => return Ok(value),
    };
    // Searches the value with its separator, since one may begin in the value and end after it.
    let text = [value.as_bytes(), separator].concat();
    let cut = text.windows(separator.len()).position(|window| window == separator);
    if value.is_empty() || cut != Some(value.len()) {
        return Err(malformed(name, EXPECTED));
    }
    Ok(value)
}

impl HeaderList {
    fn verify(
        &self,
        digester: &dyn Digester,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<(Authenticity, usize), Refusal> {
        let listed = self.read(delivery, now)?;
        let content = [Cow::Borrowed(listed.content.as_bytes())];
        let index = find(digester, secrets, &[listed.tag], &content)?;
        if listed.covers(delivery.body)? {
            return Ok((Authenticity::BodySigned, index));
        }
        token.ok_or(Refusal::BodyNotAuthenticated)?;
        Ok((Authenticity::HeadersSigned, index))
    }
}

/// Tags of one delivery that are looked at. A sender that replaces its key sends two.
const MAX_TAGS: usize = 64;

impl Tags {
    /// Returns the tags in a header's value. A layout that can hold several passes over what it cannot
    /// read as long as one tag is left: it may be of another version.
    pub fn read(&self, header: &str) -> Result<Vec<[u8; TAG_BYTES]>, Refusal> {
        let tags: Vec<_> = match self.layout {
            Layout::Bare => self.encoding.decode(header).into_iter().collect(),
            Layout::Prefixed(prefix) => {
                let tag = header.strip_prefix(prefix).and_then(|tag| self.encoding.decode(tag));
                tag.into_iter().collect()
            }
            Layout::Pairs(key) => pairs(header, key)
                .filter_map(|tag| self.encoding.decode(tag))
                .take(MAX_TAGS)
                .collect(),
            Layout::Listed(prefix) => header
                .split(' ')
                // Two headers of one name arrive as one, joined with a comma and a blank.
                .map(|entry| entry.strip_suffix(',').unwrap_or(entry))
                .filter_map(|entry| self.encoding.decode(entry.strip_prefix(prefix)?))
                .take(MAX_TAGS)
                .collect(),
        };
        if tags.is_empty() {
            return Err(malformed(self.header, self.encoding.expected()));
        }
        Ok(tags)
    }

    /// The time of signing, as it was written and in Unix seconds.
    pub fn stamp<'a>(
        &self,
        stamp: Stamp,
        header: &'a str,
        delivery: &Delivery<'a>,
    ) -> Result<(Cow<'a, str>, u64), Refusal> {
        let (name, text) = match stamp {
            Stamp::Header(name) => (name, delivery.required(name)?),
            Stamp::Pair(key) => {
                let mut values = pairs(header, key);
                // Two times would leave open which of them is signed.
                let once = values.next().filter(|_| values.next().is_none());
                let expected = "a list with one time of signing";
                (self.header, Cow::Borrowed(once.ok_or(malformed(self.header, expected))?))
            }
        };
        let seconds = parse_seconds(&text).ok_or(malformed(name, "a time in Unix seconds"))?;
        Ok((text, seconds))
    }
}

fn malformed(header: &'static str, expected: &'static str) -> Refusal {
    Refusal::MalformedSignature { header, expected }
}

impl Age {
    /// `seconds` is an attacker's number until the MAC holds: it is compared, never subtracted
    /// from something smaller.
    pub fn check(self, seconds: u64, now: UnixMillis) -> Result<(), Refusal> {
        let now = now.seconds();
        let allowed = if seconds <= now { self.past } else { self.future };
        if seconds.abs_diff(now) <= allowed {
            Ok(())
        } else {
            Err(Refusal::TimestampOutOfTolerance { past: self.past, future: self.future })
        }
    }
}

fn pairs<'a>(header: &'a str, key: &'static str) -> impl Iterator<Item = &'a str> {
    let split = header.split(',').filter_map(|pair| pair.trim().split_once('='));
    split.filter_map(move |(k, value)| (k == key).then_some(value))
}

/// The first secret under which one of the tags is right. The MAC is computed once a secret,
/// however many tags there are.
fn find(
    digester: &dyn Digester,
    secrets: &[Secret],
    tags: &[[u8; TAG_BYTES]],
    content: &[Cow<'_, [u8]>],
) -> Result<usize, Refusal> {
    let signed_by = |secret: &Secret| {
        let right = secret.tag(digester, content);
        tags.iter().any(|tag| right.matches(tag))
    };
    secrets.iter().position(signed_by).ok_or(Refusal::SignatureMismatch)
}
