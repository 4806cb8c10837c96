use std::fmt;

/// A reason why an authentic delivery could not be normalised. It is queued whole all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrecognized {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not one JSON value.
    NotJson,
    /// The body is JSON, but not an object.
    UnexpectedShape,
    /// A required field is absent, blank, of another type, or given twice.
    MissingField(Box<str>),
    /// The normalised event would be too large for a queue even without its payload, or the delivery
    /// carries more than 500 events.
    TooLarge,
    /// Two different events of the delivery have the same id.
    RepeatedId,
}

impl Unrecognized {
    /// Returns the stable code that the event carries.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::UnexpectedShape => "unexpected_shape",
            Self::MissingField(_) => "missing_field",
            Self::TooLarge => "too_large",
            Self::RepeatedId => "repeated_id",
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
            Self::RepeatedId => f.write_str("two events of the body have one id"),
        }
    }
}
