use std::fmt;

use crate::json::JsonError;

/// A reason why an authentic delivery could not be normalised. It is queued whole all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrecognized {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not one JSON value.
    NotJson,
    /// The body is JSON, but not an object.
    UnexpectedShape,
    /// A required field is absent, blank, of another type, or given twice.
    MissingField(&'static str),
    /// The normalised event would be too large for a queue even without its payload.
    TooLarge,
}

impl Unrecognized {
    /// Returns the stable code that the event carries.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::UnexpectedShape => "unexpected_shape",
            Self::MissingField(_) => "missing_field",
            Self::TooLarge => "too_large",
        }
    }
}

impl fmt::Display for Unrecognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the body is not UTF-8"),
            Self::NotJson => f.write_str("the body is not JSON"),
            Self::UnexpectedShape => f.write_str("the body is not a JSON object"),
            Self::MissingField(field) => write!(f, "the body has no usable `{field}`"),
            Self::TooLarge => f.write_str("the event is too large for a queue"),
        }
    }
}

impl From<JsonError> for Unrecognized {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax => Self::NotJson,
            JsonError::NotAnObject => Self::UnexpectedShape,
        }
    }
}
