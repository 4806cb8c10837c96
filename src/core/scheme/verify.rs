use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    scheme::{
        Age, HttpSignature, Layout, Part, Place, PublicKeyScheme, Scheme, Settings, Signed, Stamp,
        Tags,
        asymmetric::Offer,
        encoding::{Encoding, TAG_BYTES, TagBytes},
        fields::{Field, FoundFields},
        hash::Hash,
        header_list::{Digests, Listed},
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
    /// A computation with public keys, which the host has.
    Signature(SignatureCheck<'d>),
}

/// The signatures that were sent: one that holds suffices.
pub(crate) struct SignatureCheck<'d> {
    pub(crate) offers: Vec<Offer<'d>>,
    pub(crate) covers: Covers<'d>,
}

/// A signed content, and the tags that were sent with it.
pub(crate) struct MacCheck<'d> {
    content: Vec<Cow<'d, [u8]>>,
    tags: Vec<TagBytes>,
    covers: Covers<'d>,
}

/// What a tag covers.
pub(crate) enum Covers<'d> {
    Body,
    /// Parts of the body.
    Fields,
    /// Headers, and the body if one of these digests holds.
    Digests(Digests<'d>),
    /// Nothing: the tag is the hash of a token.
    Nothing,
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
        settings: &'d Settings,
    ) -> Result<Check<'d>, Refusal> {
        match self {
            // UP42 signs only if a secret was set; a source without one relies on its token.
            Self::UrlToken | Self::HeaderList(_) if !has_secrets => {
                token.map(|_| Check::Token).ok_or(Refusal::BodyNotAuthenticated)
            }
            // `Source` refuses secrets for this scheme; they would prove nothing.
            Self::UrlToken => Err(Refusal::BodyNotAuthenticated),
            Self::Signed(scheme) => scheme.read(delivery, now, settings).map(Check::Mac),
            Self::HttpSignature(scheme) => {
                scheme.check(delivery, now, settings).map(Check::Signature)
            }
            Self::PublicKey(scheme) => scheme.check(delivery, now, settings).map(Check::Signature),
            Self::Token(scheme) => {
                let tags = scheme.read(delivery, settings)?;
                Ok(Check::Mac(MacCheck { content: Vec::new(), tags, covers: Covers::Nothing }))
            }
            Self::HeaderList(scheme) => {
                let Listed { tag, content, digests } = scheme.read(delivery, now)?;
                Ok(Check::Mac(MacCheck {
                    content: vec![Cow::Owned(content.into_bytes())],
                    tags: vec![TagBytes::new(&tag)],
                    covers: Covers::Digests(digests),
                }))
            }
        }
    }

    /// Does the same as `read` for a scheme with public keys alone; `None` for any other.
    pub(crate) fn signatures<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
        settings: &'d Settings,
    ) -> Option<Result<SignatureCheck<'d>, Refusal>> {
        match self {
            Self::HttpSignature(scheme) => Some(scheme.check(delivery, now, settings)),
            Self::PublicKey(scheme) => Some(scheme.check(delivery, now, settings)),
            _ => None,
        }
    }

    /// Whether a delivery's proof can be read without its body.
    pub(crate) fn stands_in_headers(&self) -> bool {
        match self {
            Self::Signed(scheme) => scheme.fields.is_empty(),
            Self::PublicKey(scheme) => scheme.signed.fields.is_empty(),
            Self::Token(scheme) => scheme.fields.is_empty(),
            Self::HeaderList(_) | Self::HttpSignature(_) | Self::UrlToken => true,
        }
    }

    /// Checks what a delivery without its body shows of a proof that needs the body, too.
    pub(crate) fn check_header(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        match self {
            Self::Signed(scheme) => scheme.check_header(delivery),
            Self::PublicKey(PublicKeyScheme { signed, .. }) => match &signed.tags.place {
                Place::Header(names) => names.value(delivery).map(drop),
                Place::Field(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Verifies a delivery by this scheme: headers, then age, then MAC over the raw bytes. The
    /// delivery's URL is the one that the provider was given.
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
        let settings = Settings { url: Some(delivery.url.into()), ..Settings::default() };
        let check = self.read(!secrets.is_empty(), delivery, token, now, &settings)?;
        check.verify(secrets, delivery.body, token)
    }
}

impl<'d> Check<'d> {
    /// Whether one of the keys may have made one of the signatures.
    pub(crate) fn is_by_one_of(&self, secrets: &[Secret]) -> bool {
        match self {
            Self::Signature(check) => check.may_be_by(secrets),
            _ => true,
        }
    }

    /// Returns the part of the check that a host can compute.
    pub(crate) fn mac(&self) -> Option<&MacCheck<'d>> {
        match self {
            Self::Token | Self::Signature(_) => None,
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
        if let Self::Signature(_) = self {
            return Err(Refusal::Unverifiable);
        }
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
        let covers = match self {
            Self::Token => {
                return Ok(Proof { authenticity: Authenticity::UrlToken, secret_index: None });
            }
            Self::Mac(check) => &check.covers,
            Self::Signature(check) => &check.covers,
        };
        let secret_index = Some(signer.ok_or(Refusal::SignatureMismatch)?);
        Ok(Proof { authenticity: covers.authenticity(hash, token)?, secret_index })
    }
}

impl Covers<'_> {
    /// Returns what a tag that holds proves.
    pub(crate) fn authenticity(
        &self,
        hash: &mut dyn FnMut() -> [u8; TAG_BYTES],
        token: Option<TokenProof>,
    ) -> Result<Authenticity, Refusal> {
        Ok(match self {
            Self::Body => Authenticity::BodySigned,
            Self::Fields => Authenticity::FieldsSigned,
            Self::Nothing => Authenticity::HeaderToken,
            Self::Digests(digests) if digests.cover_hash(hash)? => Authenticity::BodySigned,
            Self::Digests(_) => {
                token.ok_or(Refusal::BodyNotAuthenticated)?;
                Authenticity::HeadersSigned
            }
        })
    }
}

impl SignatureCheck<'_> {
    /// Whether one of the keys may have made one of the signatures.
    pub(crate) fn may_be_by(&self, secrets: &[Secret]) -> bool {
        self.offers.iter().any(|offer| offer.keys(secrets).next().is_some())
    }
}

impl HttpSignature {
    fn check<'d>(
        &self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
        settings: &Settings,
    ) -> Result<SignatureCheck<'d>, Refusal> {
        let (offers, digest) = self.read(delivery, now, settings)?;
        Ok(SignatureCheck { offers, covers: Covers::Digests(Digests::one(digest)) })
    }
}

impl PublicKeyScheme {
    fn check<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
        settings: &Settings,
    ) -> Result<SignatureCheck<'d>, Refusal> {
        let offers = vec![self.read(delivery, now, settings)?];
        Ok(SignatureCheck { offers, covers: self.signed.covers() })
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

impl Signed {
    fn read<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
        settings: &Settings,
    ) -> Result<MacCheck<'d>, Refusal> {
        // Only a search of the body is worth a look ahead: the tags are read again below.
        if !self.fields.is_empty() {
            self.check_header(delivery)?;
        }
        let found = self.fields.find(delivery.body);
        let text = self.tags.text(delivery, &found)?;
        let tags = self.tags.read(&text, self.mac.hash())?;
        let timestamp = self.timestamp(&text, delivery, &found, now)?;
        let content = self.content(delivery, &found, &timestamp, settings)?;
        Ok(MacCheck { content, tags, covers: self.covers() })
    }

    /// Checks that a tag in a header can be read, before anything of the body is looked at.
    fn check_header(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        match &self.tags.place {
            Place::Header(names) => {
                self.tags.read(&names.value(delivery)?, self.mac.hash()).map(drop)
            }
            Place::Field(_) => Ok(()),
        }
    }

    fn covers<'d>(&self) -> Covers<'d> {
        if self.covers_body() { Covers::Body } else { Covers::Fields }
    }

    /// Returns the time of signing as it was written, which is not too far from now.
    pub(super) fn timestamp<'d>(
        &self,
        text: &'d str,
        delivery: &Delivery<'d>,
        found: &FoundFields<'d>,
        now: UnixMillis,
    ) -> Result<Cow<'d, str>, Refusal> {
        let Some((stamp, age)) = &self.age else {
            return Ok(Cow::Borrowed(""));
        };
        let (text, seconds) = self.time(stamp, text, delivery, found)?;
        age.check(seconds, now)?;
        Ok(text)
    }

    /// Returns the text of a field.
    ///
    /// # Errors
    ///
    /// Fails if the field is absent or stands twice.
    pub fn field<'d>(
        &self,
        delivery: &Delivery<'d>,
        field: &Field,
    ) -> Result<Cow<'d, str>, Refusal> {
        self.fields.find(delivery.body).needed(field)
    }

    /// Returns the time of signing, as it was written and in Unix seconds. `text` has the tags.
    ///
    /// # Errors
    ///
    /// Fails if the time is missing, is given twice among pairs, or is in no form that is known.
    pub fn stamp<'d>(
        &self,
        stamp: &Stamp,
        text: &'d str,
        delivery: &Delivery<'d>,
    ) -> Result<(Cow<'d, str>, u64), Refusal> {
        self.time(stamp, text, delivery, &self.fields.find(delivery.body))
    }

    fn time<'d>(
        &self,
        stamp: &Stamp,
        text: &'d str,
        delivery: &Delivery<'d>,
        found: &FoundFields<'d>,
    ) -> Result<(Cow<'d, str>, u64), Refusal> {
        let time = match stamp {
            Stamp::Header(names) => names.value(delivery)?,
            Stamp::Field(field) => found.needed(field)?,
            Stamp::Pair(key) => {
                let mut values = pairs(text, key);
                // Two times would leave open which of them is signed.
                let once = values.next().filter(|_| values.next().is_none());
                let expected = "a list with one time of signing";
                Cow::Borrowed(once.ok_or_else(|| self.tags.malformed(expected))?)
            }
        };
        if let Some(seconds) = self.forms.read(&time) {
            return Ok((time, seconds));
        }
        let expected = self.forms.expected();
        Err(match stamp {
            Stamp::Header(names) => Refusal::malformed(names.first(), expected),
            Stamp::Field(Field { pointer, .. }) => {
                Refusal::MalformedField { field: pointer.clone(), expected }
            }
            Stamp::Pair(_) => self.tags.malformed(expected),
        })
    }

    /// Returns the signed content, part by part. The delivery's URL is the one that the provider
    /// was given.
    ///
    /// # Errors
    ///
    /// Fails if a signed header or field is missing, or holds the separator that is signed after
    /// it.
    pub fn parts<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        timestamp: &str,
    ) -> Result<Vec<Cow<'d, [u8]>>, Refusal> {
        let settings = Settings { url: Some(delivery.url.into()), ..Settings::default() };
        self.content(delivery, &self.fields.find(delivery.body), timestamp, &settings)
    }

    /// Returns the signed content, part by part.
    ///
    /// # Errors
    ///
    /// Fails if a signed header or field is missing. Fails if one before a separator is empty or
    /// contains the separator: the content could then be cut into other parts.
    pub(crate) fn content<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        found: &FoundFields<'d>,
        timestamp: &str,
        settings: &Settings,
    ) -> Result<Vec<Cow<'d, [u8]>>, Refusal> {
        let mut content = Vec::with_capacity(self.content.len());
        for (at, part) in self.content.iter().enumerate() {
            let next = self.content.get(at + 1);
            content.push(match part {
                Part::Literal(text) => Cow::Borrowed(text.as_bytes()),
                Part::Header(names) => {
                    let value = names.value(delivery)?;
                    if !is_cut(&value, next) {
                        return Err(Refusal::malformed(names.first(), SEPARATED));
                    }
                    bytes(value)
                }
                Part::Field(field) => {
                    let value = found.needed(field)?;
                    if !is_cut(&value, next) {
                        let field = field.pointer.clone();
                        return Err(Refusal::MalformedField { field, expected: SEPARATED });
                    }
                    bytes(value)
                }
                Part::Timestamp => Cow::Owned(timestamp.as_bytes().to_vec()),
                Part::Url => {
                    Cow::Owned(settings.url.as_deref().unwrap_or_default().as_bytes().to_vec())
                }
                Part::Path => Cow::Owned(settings.path().as_bytes().to_vec()),
                Part::Body => Cow::Borrowed(delivery.body),
            });
        }
        Ok(content)
    }
}

const SEPARATED: &str =
    "a text of at least one character, without the separator that is signed after it";

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Whether a signed value ends where its separator begins. `next` is the part after it.
fn is_cut(value: &str, next: Option<&Part>) -> bool {
    let separator = match next {
        Some(Part::Literal(text)) if !text.is_empty() => text.as_bytes(),
        _ => return true,
    };
    // Searches the value with its separator, since a match may begin in the value and end after it.
    let text = [value.as_bytes(), separator].concat();
    let cut = text.windows(separator.len()).position(|window| window == separator);
    !value.is_empty() && cut == Some(value.len())
}

/// The tags of one delivery that are compared. A sender that replaces its key sends two.
const MAX_TAGS: usize = 64;

impl Tags {
    /// Returns the text with the tags.
    pub(super) fn text<'d>(
        &self,
        delivery: &Delivery<'d>,
        found: &FoundFields<'d>,
    ) -> Result<Cow<'d, str>, Refusal> {
        match &self.place {
            Place::Header(names) => names.value(delivery),
            Place::Field(field) => found.needed(field),
        }
    }

    /// Returns the refusal of a text that cannot be read.
    pub(super) fn malformed(&self, expected: &'static str) -> Refusal {
        self.place.malformed(expected)
    }

    /// Returns the texts that stand where tags do.
    pub(super) fn texts<'t>(&self, text: &'t str) -> Vec<&'t str> {
        match &self.layout {
            Layout::Bare => vec![text],
            Layout::Prefixed(prefixes) => {
                prefixes.iter().filter_map(|prefix| text.strip_prefix(&**prefix)).collect()
            }
            Layout::Pairs(key) => pairs(text, key).collect(),
            Layout::Listed(separator, prefix) => {
                // Two headers of one name arrive as one, joined with a comma and a blank.
                let bare =
                    |entry: &'t str| entry.strip_suffix(',').unwrap_or(entry).trim_matches(' ');
                let entries = text.split(*separator).map(bare);
                entries.filter_map(|entry| entry.strip_prefix(&**prefix)).collect()
            }
        }
    }

    /// Returns the tags in a text. A layout for several tags skips entries that it cannot read,
    /// since they may be of another version, as long as one tag is left.
    ///
    /// # Errors
    ///
    /// Fails if the text holds no tag.
    pub fn read(&self, text: &str, hash: Hash) -> Result<Vec<TagBytes>, Refusal> {
        let mut tags = Vec::new();
        for tag in self.texts(text) {
            let decoded = self.encodings.iter().filter_map(|it| it.decode_tag(tag, hash.bytes()));
            tags.extend(decoded.take(MAX_TAGS - tags.len()));
        }
        if tags.is_empty() {
            return Err(self.malformed(Encoding::expected(&self.encodings, hash.bytes())));
        }
        Ok(tags)
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
