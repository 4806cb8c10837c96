use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    scheme::{
        Age, HmacSha256, Layout, Part, Scheme, Stamp, Tags,
        encoding::TAG_BYTES,
        header_list::{Digests, Listed, parse_seconds},
        key::Secret,
        mac::Tag,
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

/// What is left to check of a delivery whose headers were read and whose age is right.
pub(crate) enum Check<'d> {
    /// Nothing: the URL's token authenticates it.
    Token,
    /// Whether a secret gives one of the tags.
    Mac(MacCheck<'d>),
}

/// A content, the tags that were sent, and what they prove.
pub(crate) struct MacCheck<'d> {
    content: Vec<Cow<'d, [u8]>>,
    tags: Vec<[u8; TAG_BYTES]>,
    /// The signed digests, where headers are signed in the body's place.
    digests: Option<Digests<'d>>,
}

impl Scheme {
    /// Reads what a delivery's headers say, and compares its age with `now`.
    ///
    /// Without secrets, all rests on the token.
    pub(crate) fn read<'d>(
        &self,
        has_secrets: bool,
        delivery: &Delivery<'d>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Check<'d>, Refusal> {
        match self {
            // UP42 signs only where a secret was set; a source without one rests on its token.
            Self::UrlToken | Self::HeaderList(_) if !has_secrets => {
                token.map(|_| Check::Token).ok_or(Refusal::BodyNotAuthenticated)
            }
            // `Source` gives it no secrets; if it did, they would prove nothing.
            Self::UrlToken => Err(Refusal::BodyNotAuthenticated),
            Self::Hmac(scheme) => scheme.read(delivery, now).map(Check::Mac),
            Self::HeaderList(scheme) => {
                let Listed { tag, content, digests } = scheme.read(delivery, now)?;
                Ok(Check::Mac(MacCheck {
                    content: vec![Cow::Owned(content.into_bytes())],
                    tags: vec![tag],
                    digests: Some(digests),
                }))
            }
        }
    }

    /// Verifies a delivery by this scheme: headers, then age, then MAC over the raw bytes.
    ///
    /// Every secret is tried, so that a rotation loses nothing.
    pub fn verify(
        &self,
        secrets: &[Secret],
        delivery: &Delivery<'_>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Proof, Refusal> {
        let check = self.read(!secrets.is_empty(), delivery, token, now)?;
        check.verify(secrets, delivery.body, token)
    }
}

impl<'d> Check<'d> {
    /// Returns what a host can help with.
    pub(crate) fn mac(&self) -> Option<&MacCheck<'d>> {
        match self {
            Self::Token => None,
            Self::Mac(check) => Some(check),
        }
    }

    /// Hashes the content here, once a secret, and returns the proof.
    pub(crate) fn verify(
        &self,
        secrets: &[Secret],
        body: &[u8],
        token: Option<TokenProof>,
    ) -> Result<Proof, Refusal> {
        let signer = self.mac().and_then(|check| {
            secrets.iter().position(|secret| check.holds(&secret.tag(&check.content)))
        });
        self.conclude(signer, body, token)
    }

    /// Returns the proof, once the secret is known that gave one of the tags, if one did.
    pub(crate) fn conclude(
        &self,
        signer: Option<usize>,
        body: &[u8],
        token: Option<TokenProof>,
    ) -> Result<Proof, Refusal> {
        let Self::Mac(check) = self else {
            return Ok(Proof { authenticity: Authenticity::UrlToken, secret_index: None });
        };
        let secret_index = Some(signer.ok_or(Refusal::SignatureMismatch)?);
        let covers_body = check.digests.as_ref().map_or(Ok(true), |digests| digests.cover(body))?;
        if covers_body {
            return Ok(Proof { authenticity: Authenticity::BodySigned, secret_index });
        }
        token.ok_or(Refusal::BodyNotAuthenticated)?;
        Ok(Proof { authenticity: Authenticity::HeadersSigned, secret_index })
    }
}

impl<'d> MacCheck<'d> {
    /// Returns what is signed, part by part.
    pub(crate) fn content(&self) -> &[Cow<'d, [u8]>] {
        &self.content
    }

    /// Whether a tag is one of those that were sent.
    pub(crate) fn holds(&self, right: &Tag) -> bool {
        self.tags.iter().any(|tag| right.matches(tag))
    }
}

impl HmacSha256 {
    fn read<'d>(&self, delivery: &Delivery<'d>, now: UnixMillis) -> Result<MacCheck<'d>, Refusal> {
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
        Ok(MacCheck { content, tags, digests: None })
    }

    /// Returns the signed content, part by part.
    ///
    /// Fails where a header is missing from it, or where the content could be cut into other parts:
    /// a header in front of a separator is not empty and does not contain it.
    pub fn content<'d>(
        &self,
        delivery: &Delivery<'d>,
        timestamp: &str,
    ) -> Result<Vec<Cow<'d, [u8]>>, Refusal> {
        let next = self.content.iter().skip(1).map(Some).chain([None]);
        let bytes = |(part, next): (&Part, Option<&Part>)| {
            Ok(match part {
                Part::Literal(text) => Cow::Borrowed(text.as_bytes()),
                Part::Header(name) => match signed_header(delivery, name, next)? {
                    Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
                    Cow::Owned(value) => Cow::Owned(value.into_bytes()),
                },
                Part::Timestamp => Cow::Owned(timestamp.as_bytes().to_vec()),
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
