use crate::scheme::{
    algorithm::Algorithm,
    cut::ambiguity,
    encoding::Encoding,
    fields::{Field, Fields},
    hash::Hash,
    mac::MacKind,
    names::Names,
    part::{Part, Place},
    time_forms::TimeForms,
};

/// The headers that [`Scheme::sign`] lists for a header list: enough to authenticate the body.
pub(super) const COVERED: [&str; 2] = ["date", "digest"];

/// The way in which a provider proves that a delivery is its own. Schemes are data; only `verify`
/// and `sign` interpret them.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// A tag over listed content.
    Signed(Signed),
    /// A tag over the values of headers that the sender lists (UP42).
    HeaderList(HeaderList),
    /// A signature by a private key.
    PublicKey(PublicKeyScheme),
    /// Signatures by a private key over components of the request (RFC 9421).
    HttpSignature(HttpSignature),
    /// Nothing is signed: the sender sends the secret itself.
    Token(SentToken),
    /// Nothing is signed: the token in the URL is the only proof.
    UrlToken,
}

impl Scheme {
    /// Returns how far from now the time of signing may be; `None` if no time is signed.
    #[must_use]
    pub fn age(&self) -> Option<Age> {
        match self {
            Self::Signed(scheme) | Self::PublicKey(PublicKeyScheme { signed: scheme, .. }) => {
                scheme.age.as_ref().map(|(_, age)| *age)
            }
            Self::HeaderList(scheme) => Some(scheme.age),
            Self::HttpSignature(scheme) => scheme.age,
            Self::Token(_) | Self::UrlToken => None,
        }
    }

    /// Returns the headers that the scheme always reads, in lower case.
    pub(crate) fn headers(&self) -> Vec<&str> {
        match self {
            Self::Signed(scheme) => scheme.headers(),
            Self::PublicKey(scheme) => {
                let key_id = scheme.key_id.iter().flat_map(Names::iter);
                scheme.signed.headers().into_iter().chain(key_id).collect()
            }
            Self::HeaderList(scheme) => {
                [&*scheme.input, &*scheme.signature].into_iter().chain(COVERED).collect()
            }
            Self::HttpSignature(scheme) => {
                let all = scheme.covers.iter().chain(&scheme.covers_if_present);
                let headers = all.map(|name| &**name).filter(|name| !name.starts_with('@'));
                ["signature-input", "signature"].into_iter().chain(headers).collect()
            }
            Self::Token(scheme) => scheme.place.headers().collect(),
            Self::UrlToken => Vec::new(),
        }
    }

    /// Whether the source has public keys in the place of secrets.
    #[must_use]
    pub const fn has_public_keys(&self) -> bool {
        matches!(self, Self::PublicKey(_) | Self::HttpSignature(_))
    }

    /// Returns the content that the scheme signs.
    #[must_use]
    pub const fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Signed(scheme) => Some(scheme),
            Self::PublicKey(scheme) => Some(&scheme.signed),
            _ => None,
        }
    }

    /// Whether the proof always covers the whole body.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        // A signature without a digest of the body is refused.
        matches!(self, Self::HttpSignature(_)) || self.signed().is_some_and(Signed::covers_body)
    }

    /// Returns how the scheme's secrets are written; `None` if it has no secrets.
    #[must_use]
    pub const fn key_format(&self) -> Option<KeyFormat> {
        match self {
            Self::Signed(scheme) => Some(scheme.key),
            Self::HeaderList(scheme) => Some(scheme.key),
            Self::Token(_) => Some(KeyFormat::Utf8),
            Self::PublicKey(_) | Self::HttpSignature(_) | Self::UrlToken => None,
        }
    }

    /// Returns the way in which the scheme's secrets go into a tag.
    #[must_use]
    pub const fn mac_kind(&self) -> MacKind {
        match self {
            Self::Signed(scheme) => scheme.mac,
            Self::HeaderList(_) | Self::UrlToken => MacKind::Hmac(Hash::Sha256),
            // The tag of no content is the token's own hash.
            Self::Token(_) | Self::PublicKey(_) | Self::HttpSignature(_) => {
                MacKind::Suffix(Hash::Sha256)
            }
        }
    }

    /// Whether the scheme needs the URL that the provider was given.
    pub(crate) fn needs_url(&self) -> bool {
        let is_url = |part: &Part| matches!(part, Part::Url | Part::Path);
        self.signed().is_some_and(|scheme| scheme.content.iter().any(is_url))
    }

    /// Returns the fields of the body that the proof covers, where it does not cover the whole.
    pub(crate) fn signed_fields(&self) -> impl Iterator<Item = &Field> {
        let signed = self.signed().filter(|scheme| !scheme.covers_body());
        signed.map_or(&[][..], |scheme| &scheme.content).iter().filter_map(|part| match part {
            Part::Field(field) => Some(field),
            _ => None,
        })
    }
}

/// A tag over content that the scheme lists.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The way in which a secret goes into a tag.
    pub mac: MacKind,
    /// How a secret is written.
    pub key: KeyFormat,
    /// The tags, and how they are written.
    pub tags: Tags,
    /// The signed parts, joined without a separator.
    pub content: Vec<Part>,
    /// The place of the time of signing, and how far from now it may be.
    pub age: Option<(Stamp, Age)>,
    /// The forms of that time.
    pub forms: TimeForms,
    /// The fields of the body that the scheme reads.
    pub fields: Fields,
}

impl Signed {
    /// Whether the signed content can be cut into its parts in one way only. Otherwise an attacker
    /// who has seen a signed delivery could move bytes from one part to another.
    #[must_use]
    pub fn is_unambiguous(&self) -> bool {
        ambiguity(&self.content).is_none()
    }

    /// Whether the tag covers the whole body.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        self.content.contains(&Part::Body)
    }

    fn headers(&self) -> Vec<&str> {
        let signed = self.content.iter().filter_map(|part| match part {
            Part::Header(names) => Some(names),
            _ => None,
        });
        let stamp = match &self.age {
            Some((Stamp::Header(names), _)) => Some(names),
            _ => None,
        };
        let all = signed.chain(stamp).flat_map(Names::iter);
        all.chain(self.tags.place.headers()).collect()
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
    /// The text with its HTML entities decoded, as `WordPress` does it.
    Html,
    /// The text in Unicode's form NFKD. The caller normalises it: only a text in ASCII is sure to
    /// be in this form.
    Nfkd,
}

impl KeyFormat {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Utf8, Self::Base64, Self::Hex, Self::Whsec, Self::Html, Self::Nfkd];

    /// Returns the word of definitions and of the package.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Whsec => "whsec",
            Self::Html => "html",
            Self::Nfkd => "nfkd",
        }
    }
}

/// The tags of a delivery, and how they are written.
#[derive(Clone, Debug)]
pub struct Tags {
    /// The place of the tags.
    pub place: Place,
    /// The layout of the text there.
    pub layout: Layout,
    /// The encodings of a tag's bytes. Signing uses the first.
    pub encodings: Vec<Encoding>,
}

/// The layout of the tags in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The tag and nothing else.
    Bare,
    /// The tag after one of these prefixes, as `sha256=…`. Signing uses the first.
    Prefixed(Vec<Box<str>>),
    /// Pairs `k=v` with commas between them: every value under this key is a tag.
    Pairs(Box<str>),
    /// A list with this character between its entries: every entry with this prefix is a tag, as
    /// `v1,…`.
    Listed(char, Box<str>),
}

/// How far from now the time of signing may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Seconds that a signature may be old.
    pub past: u64,
    /// Seconds that it may be ahead.
    pub future: u64,
}

/// The place of the time of signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// In a header of its own.
    Header(Names),
    /// In a field of the body.
    Field(Field),
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

/// A secret that the sender sends with each delivery. It proves who sent the delivery, and covers
/// nothing of it.
#[derive(Clone, Debug)]
pub struct SentToken {
    /// The place of the token.
    pub place: Place,
    /// Whether a source may name another header.
    pub is_chosen: bool,
    /// What stands before the token: one of these. Signing uses the first.
    pub prefixes: Vec<Box<str>>,
    /// Whether the token is written in base64, as `user:password` is in HTTP's Basic
    /// authentication.
    pub is_basic: bool,
    /// The fields of the body that the scheme reads.
    pub fields: Fields,
}

/// A signature by a private key, over content that the scheme lists or, as a detached JWS, over the
/// body.
#[derive(Clone, Debug)]
pub struct PublicKeyScheme {
    /// The algorithm. A delivery never chooses it.
    pub algorithm: Algorithm,
    /// The header with the id of the key.
    pub key_id: Option<Names>,
    /// Whether the signature is a detached JWS (RFC 7515, appendix F).
    pub is_jws: bool,
    /// The place of the signature, and the signed content.
    pub signed: Signed,
}

/// A signature over components of the request, which the sender lists. One that does not cover all
/// that the definition names counts for nothing. The key says the algorithm.
#[derive(Clone, Debug)]
pub struct HttpSignature {
    /// The components that a signature covers: derived ones, and headers in lower case.
    pub covers: Vec<Box<str>>,
    /// Those that it covers where the delivery has them.
    pub covers_if_present: Vec<Box<str>>,
    /// How far from now the time of signing may be. Without it, no time is needed.
    pub age: Option<Age>,
}
