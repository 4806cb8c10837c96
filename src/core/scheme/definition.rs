use crate::scheme::encoding::Encoding;

/// How a provider proves that a delivery is its own. Schemes are data; `verify` and `sign` are
/// their only interpreters.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// A tag over listed content.
    Hmac(HmacSha256),
    /// A tag over the values of headers that the sender lists (UP42).
    HeaderList(HeaderList),
    /// Nothing is signed: the source rests on the token in its URL.
    UrlToken,
}

impl Scheme {
    /// How far from now the time of signing may be, where one is signed.
    #[must_use]
    pub fn age(&self) -> Option<Age> {
        match self {
            Self::Hmac(scheme) => scheme.age.map(|(_, age)| age),
            Self::HeaderList(scheme) => Some(scheme.age),
            Self::UrlToken => None,
        }
    }

    /// The headers that it always looks at, in lower case.
    pub(crate) fn headers(&self) -> Vec<&'static str> {
        match self {
            Self::Hmac(scheme) => scheme.headers(),
            Self::HeaderList(scheme) => vec![scheme.input, scheme.signature],
            Self::UrlToken => Vec::new(),
        }
    }

    /// How this scheme's secrets are written; `None` where it has none.
    #[must_use]
    pub const fn key_format(&self) -> Option<KeyFormat> {
        match self {
            Self::Hmac(scheme) => Some(scheme.key),
            Self::HeaderList(scheme) => Some(scheme.key),
            Self::UrlToken => None,
        }
    }
}

/// HMAC-SHA256 over content that the scheme lists.
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256 {
    /// How a secret is written.
    pub key: KeyFormat,
    /// Where the tags stand.
    pub tags: Tags,
    /// What is signed: these parts, joined with nothing.
    pub content: &'static [Part],
    /// Where the time of signing stands, and how far from now it may be.
    pub age: Option<(Stamp, Age)>,
}

impl HmacSha256 {
    /// Whether the signed content can be cut into its parts in one way only, so that nobody who has
    /// seen a signed delivery can move bytes from one part to another.
    ///
    /// A header is followed by a separator, which [`Scheme::verify`] refuses in the header's value. A
    /// URL is followed by a separator that no URL holds. A time is digits, and one digit more or
    /// less is beyond any tolerance. The body is last.
    #[must_use]
    pub fn is_unambiguous(&self) -> bool {
        let next = self.content.iter().skip(1).map(Some).chain([None]);
        self.content.iter().zip(next).all(|(part, next)| match (part, next) {
            (Part::Literal(_) | Part::Timestamp, _) | (_, None) => true,
            (Part::Header(_), Some(Part::Literal(separator))) => !separator.is_empty(),
            (Part::Url, Some(Part::Literal(separator))) => {
                separator.starts_with(|c: char| c.is_control() || c == ' ')
            }
            _ => false,
        })
    }

    fn headers(&self) -> Vec<&'static str> {
        let signed = self.content.iter().filter_map(|part| match part {
            Part::Header(name) => Some(*name),
            _ => None,
        });
        let stamp = match self.age {
            Some((Stamp::Header(name), _)) => Some(name),
            _ => None,
        };
        signed.chain(stamp).chain([self.tags.header]).collect()
    }
}

/// How a secret's text becomes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFormat {
    /// The text's own bytes.
    Utf8,
    /// Standard base64 of the key, padded.
    Base64,
    /// Hex of the key, in either case.
    Hex,
    /// `whsec_` and standard base64 (Standard Webhooks); the prefix may be left out.
    Whsec,
}

/// Where the tags stand, and how they are written.
#[derive(Clone, Copy, Debug)]
pub struct Tags {
    /// The header, in lower case.
    pub header: &'static str,
    /// How the header is laid out.
    pub layout: Layout,
    /// How a tag's 32 bytes are written.
    pub encoding: Encoding,
}

/// How a header holds its tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The tag and nothing else.
    Bare,
    /// The tag after a fixed prefix, as `sha256=…`.
    Prefixed(&'static str),
    /// Pairs `k=v` with commas between them: every value under this key is a tag.
    Pairs(&'static str),
    /// A list with a blank between its entries: every entry with this prefix is a tag, as `v1,…`.
    Listed(&'static str),
}

/// A part of the signed content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Fixed text.
    Literal(&'static str),
    /// A header's value. Without the header, the delivery is refused.
    Header(&'static str),
    /// The time of signing as it was written.
    Timestamp,
    /// The URL that was posted to.
    Url,
    /// The raw body.
    Body,
}

/// How far from now the time of signing may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Seconds that a signature may be old.
    pub past: u64,
    /// Seconds that it may be ahead.
    pub future: u64,
}

/// Where the time of signing stands, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// In a header of its own.
    Header(&'static str),
    /// Under this key among the tags' pairs ([`Layout::Pairs`]).
    Pair(&'static str),
}

/// A tag over the values of headers that the sender lists in another header, in that order,
/// joined with nothing (UP42). It looks like RFC 9421 and is not: there is no signature base.
///
/// The sender picks the headers, so that the signature means only what they say: it covers the
/// body where a digest of the body is among them, and nothing of it otherwise.
#[derive(Clone, Copy, Debug)]
pub struct HeaderList {
    /// The header with the list, in lower case: `label=("h1" "h2" …);created=…`.
    pub input: &'static str,
    /// The header with the tag: `label=<base64>`, or `label=:<base64>:`.
    pub signature: &'static str,
    /// How a secret is written.
    pub key: KeyFormat,
    /// The parameter with the time of signing, in Unix seconds.
    pub created: &'static str,
    /// How far from now that may be.
    pub age: Age,
}
