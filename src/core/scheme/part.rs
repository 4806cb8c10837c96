use crate::scheme::{fields::Field, names::Names, refusal::Refusal};

/// A part of the signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Fixed text.
    Literal(Box<str>),
    /// A header's value. Without the header, the delivery is refused.
    Header(Names),
    /// A field of the body: a string's text, or the bytes of any other value. Without the field,
    /// the delivery is refused.
    Field(Field),
    /// The time of signing as it was written.
    Timestamp,
    /// The URL that the provider was given.
    Url,
    /// The path and the query of that URL.
    Path,
    /// The raw body.
    Body,
}

/// The place of a tag or of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a header.
    Header(Names),
    /// In a field of the body.
    Field(Field),
}

impl Place {
    /// Returns the refusal of a text there that cannot be read.
    pub(super) fn malformed(&self, expected: &'static str) -> Refusal {
        match self {
            Self::Header(names) => Refusal::malformed(names.first(), expected),
            Self::Field(field) => {
                Refusal::MalformedField { field: field.pointer.clone(), expected }
            }
        }
    }

    /// Returns the names of the header.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::Header(names) => Some(names),
            Self::Field(_) => None,
        };
        names.into_iter().flat_map(Names::iter)
    }
}
