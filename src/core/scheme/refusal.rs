use std::fmt;

/// The proof that authenticates a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticity {
    /// A MAC covers the body, or a digest of it.
    BodySigned,
    /// A MAC covers parts of the delivery, but not all values that decide what happened to which
    /// order: some are in headers or in the query.
    FieldsSigned,
    /// A MAC covers headers only, and the URL's token matched. The body is as trustworthy as
    /// the token is secret.
    HeadersSigned,
    /// The sender sent the source's secret along; nothing is signed.
    HeaderToken,
    /// The URL's token matched; nothing is signed.
    UrlToken,
    /// Not verified: only `Provider::normalize` reads such a delivery.
    Unverified,
}

impl Authenticity {
    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BodySigned => "body_signed",
            Self::FieldsSigned => "fields_signed",
            Self::HeadersSigned => "headers_signed",
            Self::HeaderToken => "header_token",
            Self::UrlToken => "url_token",
            Self::Unverified => "unverified",
        }
    }
}

/// A reason why a delivery is not authentic.
///
/// The texts name headers and rules, never what was sent. Once bytes have been compared, there is
/// one mismatch and no detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A header that the scheme needs is absent.
    MissingSignature {
        /// The header.
        header: Box<str>,
    },
    /// A header that the scheme needs cannot be read.
    MalformedSignature {
        /// The header.
        header: Box<str>,
        /// A description of what it should be.
        expected: &'static str,
    },
    /// A field of the body that the scheme needs is absent.
    MissingField {
        /// The field's JSON Pointer.
        field: Box<str>,
    },
    /// A field of the body that the scheme needs cannot be read.
    MalformedField {
        /// The field's JSON Pointer.
        field: Box<str>,
        /// A description of what it should be.
        expected: &'static str,
    },
    /// No secret gives any of the tags that were sent.
    SignatureMismatch,
    /// The signature could not be checked here: the delivery is neither accepted nor refused.
    Unverifiable,
    /// The signed digest is not that of the body.
    DigestMismatch,
    /// The delivery was signed longer ago than the scheme allows, or in the future.
    TimestampOutOfTolerance {
        /// Seconds that a signature may be old.
        past: u64,
        /// Seconds that it may be ahead.
        future: u64,
    },
    /// The signature holds but does not cover the body, and no URL token makes up for it.
    BodyNotAuthenticated,
    /// The source has a URL token, and the delivery did not come to the URL with it.
    TokenMismatch,
}

impl Refusal {
    /// Returns the refusal of a header that cannot be read.
    #[cold]
    #[inline(never)]
    pub(super) fn malformed(header: &str, expected: &'static str) -> Self {
        Self::MalformedSignature { header: header.into(), expected }
    }

    /// Returns the stable code that answers, logs and JavaScript errors carry.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingSignature { .. } | Self::MissingField { .. } => "missing_signature",
            Self::MalformedSignature { .. } | Self::MalformedField { .. } => "malformed_signature",
            Self::SignatureMismatch => "signature_mismatch",
            Self::Unverifiable => "verification_unavailable",
            Self::DigestMismatch => "digest_mismatch",
            Self::TimestampOutOfTolerance { .. } => "timestamp_out_of_tolerance",
            Self::BodyNotAuthenticated | Self::TokenMismatch => "body_not_authenticated",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingSignature { header } => write!(f, "the header `{header}` is missing"),
            Self::MalformedSignature { header, expected } => {
                write!(f, "the header `{header}` is not {expected}")
            }
            Self::MissingField { field } => write!(f, "the body has no field `{field}`"),
            Self::MalformedField { field, expected } => {
                write!(f, "the body's field `{field}` is not {expected}")
            }
            Self::SignatureMismatch => f.write_str("the signature does not match"),
            Self::Unverifiable => f.write_str(
                "the signature could not be checked: this runtime cannot compute it now",
            ),
            Self::DigestMismatch => f.write_str("the signed digest is not that of the body"),
            Self::TimestampOutOfTolerance { past, future: 0 } => {
                write!(f, "the signature is more than {past} s old, or from the future")
            }
            Self::TimestampOutOfTolerance { past, future } => {
                write!(f, "the signature is more than {past} s old, or more than {future} s ahead")
            }
            Self::BodyNotAuthenticated => f.write_str(
                "no signature covers the body, and the URL's token is missing or another",
            ),
            Self::TokenMismatch => f.write_str("the URL's token is missing or another"),
        }
    }
}

impl std::error::Error for Refusal {}
