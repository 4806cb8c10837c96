use std::borrow::Cow;

use crate::{delivery::Delivery, scheme::refusal::Refusal};

/// The names of a header, in lower case. The first that a delivery has counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(Vec<Box<str>>);

impl Names {
    /// Takes names in lower case.
    #[must_use]
    pub fn new(names: Vec<Box<str>>) -> Self {
        Self(names)
    }

    /// Returns the names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    /// Returns the value of the first of these headers that a delivery has.
    pub(crate) fn value<'a>(&self, delivery: &Delivery<'a>) -> Result<Cow<'a, str>, Refusal> {
        let mut values = self.iter().filter_map(|name| delivery.header(name));
        values.next().ok_or_else(|| Refusal::MissingSignature { header: self.first().into() })
    }

    /// Returns the first name, under which a header is signed and missed.
    #[must_use]
    pub fn first(&self) -> &str {
        self.0.first().map_or("", |name| name)
    }

    /// Whether these are the same names in the same order.
    #[must_use]
    pub fn is(&self, names: &[Box<str>]) -> bool {
        self.0 == names
    }
}

impl From<&str> for Names {
    fn from(name: &str) -> Self {
        Self(vec![name.into()])
    }
}
