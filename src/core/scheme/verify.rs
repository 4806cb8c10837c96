use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    scheme::{
        Age, HmacSha256, Layout, Part, Scheme, SignatureHeader, Stamp,
        encoding::TAG_BYTES,
        header_list::{Digests, Listed, parse_seconds},
        key::Secret,
        mac::{Tag, sha256},
        refusal::{Authenticity, Refusal},
        url_token::TokenProof,
    },
    time::UnixMillis,
};

/// The proof of a delivery that is authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The kind of proof.
    pub authenticity: Authenticity,
    /// The secret that signed it, counted from 0; `None` if only the URL's token authenticates it.
    pub secret_index: Option<usize>,
}

/// The check that is left, once the headers were read and the age is right.
pub(crate) enum Check<'d> {
    /// None: the URL's token authenticates the delivery.
    Token,
    /// A comparison of the tags with those that the secrets give.
    Mac(MacCheck<'d>),
}

/// A signed content, and the tags that were sent with it.
pub(crate) struct MacCheck<'d> {
    content: Vec<Cow<'d, [u8]>>,
    tags: Vec<[u8; TAG_BYTES]>,
    /// The signed digests, if headers are signed in the body's place.
    digests: Option<Digests<'d>>,
}

impl Scheme {
    /// Reads what a delivery's headers say, and compares its age with `now`.
    ///
    /// Without secrets, only the token can authenticate it.
    pub(crate) fn read<'d>(
        &'d self,
        has_secrets: bool,
        delivery: &Delivery<'d>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Check<'d>, Refusal> {
        match self {
            // UP42 signs only if a secret was set; a source without one relies on its token.
            Self::UrlToken | Self::HeaderList(_) if !has_secrets => {
                token.map(|_| Check::Token).ok_or(Refusal::BodyNotAuthenticated)
            }
            // `Source` refuses secrets for this scheme; they would prove nothing.
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
    ///
    /// # Errors
    ///
    /// Fails if a header is missing or malformed, if the delivery is too old or from the future, if
    /// no secret gives any of the tags, if a signed digest is not the body's, and if neither a
    /// signature nor the token authenticates the body.
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
    /// Returns the part of the check that a host can compute.
    pub(crate) fn mac(&self) -> Option<&MacCheck<'d>> {
        match self {
            Self::Token => None,
            Self::Mac(check) => Some(check),
        }
    }

    /// Hashes the content here, once for each secret, and returns the proof.
    pub(crate) fn verify(
        &self,
        secrets: &[Secret],
        body: &[u8],
        token: Option<TokenProof>,
    ) -> Result<Proof, Refusal> {
        let signer = self.mac().and_then(|check| {
            secrets.iter().position(|secret| check.holds(&secret.tag(&check.content)))
        });
        self.conclude(signer, &mut || sha256(body), token)
    }

    /// Returns the proof. `signer` is the secret that gave one of the tags, and `hash` returns the
    /// SHA-256 of the body.
    pub(crate) fn conclude(
        &self,
        signer: Option<usize>,
        hash: &mut dyn FnMut() -> [u8; TAG_BYTES],
        token: Option<TokenProof>,
    ) -> Result<Proof, Refusal> {
        let Self::Mac(check) = self else {
            return Ok(Proof { authenticity: Authenticity::UrlToken, secret_index: None });
        };
        let secret_index = Some(signer.ok_or(Refusal::SignatureMismatch)?);
        let covers_body =
            check.digests.as_ref().map_or(Ok(true), |digests| digests.cover_hash(hash))?;
        if covers_body {
            return Ok(Proof { authenticity: Authenticity::BodySigned, secret_index });
        }
        token.ok_or(Refusal::BodyNotAuthenticated)?;
        Ok(Proof { authenticity: Authenticity::HeadersSigned, secret_index })
    }
}

impl<'d> MacCheck<'d> {
    /// Returns the signed content, part by part.
    pub(crate) fn content(&self) -> &[Cow<'d, [u8]>] {
        &self.content
    }

    /// Whether a tag is among those that were sent.
    pub(crate) fn holds(&self, right: &Tag) -> bool {
        self.tags.iter().any(|tag| right.matches(tag))
    }
}

impl HmacSha256 {
    fn read<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
    ) -> Result<MacCheck<'d>, Refusal> {
        let header = delivery.required(&self.tags.header)?;
        let tags = self.tags.read(&header)?;
        let timestamp = match &self.age {
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
    /// # Errors
    ///
    /// Fails if a signed header is missing. Fails if a header before a separator is empty or
    /// contains the separator: the content could then be cut into other parts.
    pub fn content<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        timestamp: &str,
    ) -> Result<Vec<Cow<'d, [u8]>>, Refusal> {
        let mut content = Vec::with_capacity(self.content.len());
        for (at, part) in self.content.iter().enumerate() {
            content.push(match part {
                Part::Literal(text) => Cow::Borrowed(text.as_bytes()),
                Part::Header(name) => {
                    match signed_header(delivery, name, self.content.get(at + 1))? {
                        Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
                        Cow::Owned(value) => Cow::Owned(value.into_bytes()),
                    }
                }
                Part::Timestamp => Cow::Owned(timestamp.as_bytes().to_vec()),
                Part::Url => Cow::Borrowed(delivery.url.as_bytes()),
                Part::Body => Cow::Borrowed(delivery.body),
            });
        }
        Ok(content)
    }
}

/// Returns the value of a signed header. `next` is the part after it.
fn signed_header<'a>(
    delivery: &Delivery<'a>,
    name: &str,
    next: Option<&Part>,
) -> Result<Cow<'a, str>, Refusal> {
    const EXPECTED: &str =
        "a text of at least one character, without the separator that is signed after it";
    let value = delivery.required(name)?;
    let separator = match next {
        Some(Part::Literal(text)) if !text.is_empty() => text.as_bytes(),
        _ => return Ok(value),
    };
    // Searches the value with its separator, since a match may begin in the value and end after it.
    let text = [value.as_bytes(), separator].concat();
    let cut = text.windows(separator.len()).position(|window| window == separator);
    if value.is_empty() || cut != Some(value.len()) {
        return Err(Refusal::malformed(name, EXPECTED));
    }
    Ok(value)
}

/// The tags of one delivery that are compared. A sender that replaces its key sends two.
const MAX_TAGS: usize = 64;

impl SignatureHeader {
    /// Returns the tags in a header's value. A layout for several tags skips entries that it cannot
    /// read, since they may be of another version, as long as one tag is left.
    ///
    /// # Errors
    ///
    /// Fails if the header holds no tag.
    pub fn read(&self, header: &str) -> Result<Vec<[u8; TAG_BYTES]>, Refusal> {
        let mut tags = Vec::new();
        let mut add = |tag: &str| {
            if tags.len() < MAX_TAGS {
                tags.extend(self.encoding.decode(tag));
            }
        };
        match &self.layout {
            Layout::Bare => add(header),
            Layout::Prefixed(prefix) => header.strip_prefix(&**prefix).into_iter().for_each(add),
            Layout::Pairs(key) => pairs(header, key).for_each(add),
            Layout::Listed(prefix) => {
                for entry in header.split(' ') {
                    // Two headers of one name arrive as one, joined with a comma and a blank.
                    let entry = entry.strip_suffix(',').unwrap_or(entry);
                    entry.strip_prefix(&**prefix).into_iter().for_each(&mut add);
                }
            }
        }
        if tags.is_empty() {
            return Err(Refusal::malformed(&self.header, self.encoding.expected()));
        }
        Ok(tags)
    }

    /// Returns the time of signing, as it was written and in Unix seconds.
    ///
    /// # Errors
    ///
    /// Fails if the time is missing, is given twice among pairs, or is not in Unix seconds.
    pub fn stamp<'a>(
        &self,
        stamp: &Stamp,
        header: &'a str,
        delivery: &Delivery<'a>,
    ) -> Result<(Cow<'a, str>, u64), Refusal> {
        let (name, text) = match stamp {
            Stamp::Header(name) => (&**name, delivery.required(name)?),
            Stamp::Pair(key) => {
                let mut values = pairs(header, key);
                // Two times would leave open which of them is signed.
                let once = values.next().filter(|_| values.next().is_none());
                let expected = "a list with one time of signing";
                (
                    &*self.header,
                    Cow::Borrowed(once.ok_or_else(|| Refusal::malformed(&self.header, expected))?),
                )
            }
        };
        let seconds = parse_seconds(&text)
            .ok_or_else(|| Refusal::malformed(name, "a time in Unix seconds"))?;
        Ok((text, seconds))
    }
}

impl Age {
    /// Checks the time of signing against `now`. `seconds` may be an attacker's number until the
    /// MAC holds: it is compared, never subtracted from something smaller.
    ///
    /// # Errors
    ///
    /// Fails if the time is too old or too far in the future.
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

fn pairs<'a>(header: &'a str, key: &str) -> impl Iterator<Item = &'a str> {
    let split = header.split(',').filter_map(|pair| pair.trim().split_once('='));
    split.filter_map(move |(k, value)| (k == key).then_some(value))
}
