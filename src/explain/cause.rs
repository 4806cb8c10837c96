/// A usual reason why a delivery does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The delivery is another provider's.
    OtherProvider,
    /// It was signed with a secret, or by a key, that the account does not use.
    OtherSecret,
    /// It was signed by another key of the account than the one that it names.
    OtherKey,
    /// None of the account's keys can have signed it: it names another key, or is by another
    /// algorithm.
    UnknownKey,
    /// The secret has blanks, a newline or quotes around it, or lacks them.
    SecretBlanks,
    /// The prefix `whsec_` should be removed from the secret, or added to it.
    SecretPrefix,
    /// The key is the secret decoded from base64.
    SecretIsBase64,
    /// The key is the secret decoded from hex.
    SecretIsHex,
    /// The key is the secret's own text, but the scheme decodes it.
    SecretIsText,
    /// The secret is base64 of another alphabet, or without its padding.
    SecretEncoding,
    /// The body was parsed as JSON and serialised again.
    BodyReserialised,
    /// A newline at the body's end was added or lost.
    BodyNewline,
    /// A byte order mark was added or lost.
    BodyBom,
    /// Line ends were changed from LF to CRLF, or the reverse.
    BodyLineEnds,
    /// The body is empty.
    BodyEmpty,
    /// The body is the text `[object Object]`.
    BodyObject,
    /// The body is a form.
    BodyForm,
    /// The signature holds, but the digest that it covers is not the body's.
    Digest,
    /// A signed header, or a signed part of the URL, was changed.
    CoveredHeader,
    /// The signature does not cover what the provider's signatures must.
    NotCovered,
    /// The tag is written in another encoding.
    TagEncoding,
    /// The text around the tag is wrong: its prefix is missing or doubled, or there are blanks or
    /// quotes.
    TagPrefix,
    /// The tag is in another header.
    WrongHeader,
    /// The clock is off, or the delivery is old.
    Clock,
    /// A header that the scheme needs is missing.
    MissingSignature,
    /// The URL's token is missing or wrong.
    Token,
}

impl Cause {
    /// Every cause, in the order in which an explanation lists them.
    pub const ALL: [Self; 26] = [
        Self::OtherProvider,
        Self::OtherSecret,
        Self::OtherKey,
        Self::UnknownKey,
        Self::SecretBlanks,
        Self::SecretPrefix,
        Self::SecretIsBase64,
        Self::SecretIsHex,
        Self::SecretIsText,
        Self::SecretEncoding,
        Self::BodyReserialised,
        Self::BodyNewline,
        Self::BodyBom,
        Self::BodyLineEnds,
        Self::BodyEmpty,
        Self::BodyObject,
        Self::BodyForm,
        Self::Digest,
        Self::CoveredHeader,
        Self::NotCovered,
        Self::TagEncoding,
        Self::TagPrefix,
        Self::WrongHeader,
        Self::Clock,
        Self::MissingSignature,
        Self::Token,
    ];

    /// Returns the stable name that answers carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherProvider => "other_provider",
            Self::OtherSecret => "other_secret",
            Self::OtherKey => "other_key",
            Self::UnknownKey => "unknown_key",
            Self::SecretBlanks => "secret_blanks",
            Self::SecretPrefix => "secret_prefix",
            Self::SecretIsBase64 => "secret_is_base64",
            Self::SecretIsHex => "secret_is_hex",
            Self::SecretIsText => "secret_is_text",
            Self::SecretEncoding => "secret_encoding",
            Self::BodyReserialised => "body_reserialised",
            Self::BodyNewline => "body_newline",
            Self::BodyBom => "body_bom",
            Self::BodyLineEnds => "body_line_ends",
            Self::BodyEmpty => "body_empty",
            Self::BodyObject => "body_object",
            Self::BodyForm => "body_form",
            Self::Digest => "digest",
            Self::CoveredHeader => "covered_header",
            Self::NotCovered => "not_covered",
            Self::TagEncoding => "tag_encoding",
            Self::TagPrefix => "tag_prefix",
            Self::WrongHeader => "wrong_header",
            Self::Clock => "clock",
            Self::MissingSignature => "missing_signature",
            Self::Token => "token",
        }
    }
}

/// A set of causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes(u32);

impl Causes {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(cause: Cause) -> Self {
        Self(1 << cause as u32)
    }

    /// Returns `cause` if `is`, else no cause.
    pub(crate) fn when(is: bool, cause: Cause) -> Self {
        if is { Self::of(cause) } else { Self::NONE }
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) const fn has(self, cause: Cause) -> bool {
        self.0 & Self::of(cause).0 != 0
    }
}
