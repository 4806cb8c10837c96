use std::borrow::Cow;

use crate::{
    json::{
        skip_value, text,
        walk::{Found, Trie},
    },
    scheme::refusal::Refusal,
};

/// A field of the body that a scheme reads before the body is authentic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its JSON Pointer.
    pub(crate) pointer: Box<str>,
    pub(crate) slot: u16,
}

impl Field {
    /// Returns its JSON Pointer.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

/// The fields that a scheme reads. Nothing else of the body is interpreted before the proof holds.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub(crate) Option<Trie>);

impl Fields {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Finds the fields in a body. A body that is not a JSON object has none.
    pub(crate) fn find<'b>(&self, body: &'b [u8]) -> FoundFields<'b> {
        let found = self.0.as_ref().and_then(|trie| {
            let body = std::str::from_utf8(body).ok()?;
            // A text whose keys were written out has other bytes than those that were signed.
            trie.walk_plain(body.strip_prefix('\u{feff}').unwrap_or(body))
        });
        FoundFields(found)
    }
}

/// The fields of one body.
pub(crate) struct FoundFields<'b>(Option<Found<'b>>);

impl<'b> FoundFields<'b> {
    /// Returns a string's text, or the bytes of any other value.
    ///
    /// # Errors
    ///
    /// Fails if the field is absent or stands twice.
    pub(crate) fn needed(&self, field: &Field) -> Result<Cow<'b, str>, Refusal> {
        self.get(field).ok_or_else(|| Refusal::MissingField { field: field.pointer.clone() })
    }

    fn get(&self, field: &Field) -> Option<Cow<'b, str>> {
        let found = self.0.as_ref()?;
        let body = found.body()?;
        let start = found.start(0, field.slot)?;
        let raw = body.get(start..skip_value(body.as_bytes(), start)?)?;
        if raw.starts_with('"') { text(raw) } else { Some(Cow::Borrowed(raw)) }
    }
}
