use crate::scheme::encoding::Encoding;

/// The headers that [`Scheme::sign`] lists for a header list: enough to authenticate the body.
pub(super) const COVERED: [&str; 2] = ["date", "digest"];

/// The way in which a provider proves that a delivery is its own. Schemes are data; only `verify`
/// and `sign` interpret them.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// A tag over listed content.
    Hmac(HmacSha256),
    /// A tag over the values of headers that the sender lists (UP42).
    HeaderList(HeaderList),
    /// Nothing is signed: the token in the URL is the only proof.
    UrlToken,
}

impl Scheme {
    /// Returns how far from now the time of signing may be; `None` if no time is signed.
    #[must_use]
    pub fn age(&self) -> Option<Age> {
        match self {
            Self::Hmac(scheme) => scheme.age.as_ref().map(|(_, age)| *age),
            Self::HeaderList(scheme) => Some(scheme.age),
            Self::UrlToken => None,
        }
    }

    /// Returns the headers that the scheme always reads, in lower case.
    pub(crate) fn headers(&self) -> Vec<&str> {
        match self {
            Self::Hmac(scheme) => scheme.headers(),
            Self::HeaderList(scheme) => {
                [&*scheme.input, &*scheme.signature].into_iter().chain(COVERED).collect()
            }
            Self::UrlToken => Vec::new(),
        }
    }

    /// Returns how the scheme's secrets are written; `None` if it has no secrets.
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
#[derive(Clone, Debug)]
pub struct HmacSha256 {
    /// How a secret is written.
    pub key: KeyFormat,
    /// The header with the tags.
    pub tags: SignatureHeader,
    /// The signed parts, joined without a separator.
    pub content: Vec<Part>,
    /// The place of the time of signing, and how far from now it may be.
    pub age: Option<(Stamp, Age)>,
}

impl HmacSha256 {
    /// Whether the signed content can be cut into its parts in one way only. Otherwise an attacker
    /// who has seen a signed delivery could move bytes from one part to another.
    ///
    /// A header is followed by a separator, which [`Scheme::verify`] refuses in the header's value.
    /// A URL is followed by a separator that no URL holds. A time is digits, and one digit more or
    /// less exceeds any tolerance. The body is last.
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

    fn headers(&self) -> Vec<&str> {
        let signed = self.content.iter().filter_map(|part| match part {
            Part::Header(name) => Some(&**name),
            _ => None,
        });
        let stamp = match &self.age {
            Some((Stamp::Header(name), _)) => Some(&**name),
            _ => None,
        };
        signed.chain(stamp).chain([&*self.tags.header]).collect()
    }
}

/// The way to turn a secret's text into a key.
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

/// The header with the tags, and how they are written.
#[derive(Clone, Debug)]
pub struct SignatureHeader {
    /// The header, in lower case.
    pub header: Box<str>,
    /// How the header is laid out.
    pub layout: Layout,
    /// How a tag's 32 bytes are written.
    pub encoding: Encoding,
}

/// The layout of the tags in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The tag and nothing else.
    Bare,
    /// The tag after a fixed prefix, as `sha256=…`.
    Prefixed(Box<str>),
    /// Pairs `k=v` with commas between them: every value under this key is a tag.
    Pairs(Box<str>),
    /// A list with a blank between its entries: every entry with this prefix is a tag, as `v1,…`.
    Listed(Box<str>),
}

/// A part of the signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Fixed text.
    Literal(Box<str>),
    /// A header's value. Without the header, the delivery is refused.
    Header(Box<str>),
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

/// The place of the time of signing, in Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// In a header of its own.
    Header(Box<str>),
    /// Under this key among the tags' pairs ([`Layout::Pairs`]).
    Pair(Box<str>),
}

/// A tag over the values of the headers that the sender lists in another header, in that order,
/// joined without a separator (UP42). It looks like RFC 9421, but has no signature base.
///
/// The sender picks the headers, so the signature proves only what they say: it covers the body if
/// a digest of the body is among them, and nothing of it otherwise.
#[derive(Clone, Debug)]
pub struct HeaderList {
    /// The header with the list, in lower case: `label=("h1" "h2" …);created=…`.
    pub input: Box<str>,
    /// The header with the tag: `label=<base64>`, or `label=:<base64>:`.
    pub signature: Box<str>,
    /// How a secret is written.
    pub key: KeyFormat,
    /// The parameter with the time of signing, in Unix seconds.
    pub created: Box<str>,
    /// The bounds on the time of signing.
    pub age: Age,
}
