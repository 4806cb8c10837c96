use std::borrow::Cow;

use crate::cause::Causes;
use orderhook_core::Headers;

/// A change of a delivery's headers or of its URL, and what was wrong if the changed one is
/// authentic.
#[derive(Default)]
pub(crate) struct Edit {
    pub(crate) causes: Causes,
    /// The header, or the part of the URL, that the causes are about.
    pub(crate) about: String,
    /// A header, and its value.
    pub(crate) header: Option<[String; 2]>,
    pub(crate) url: Option<String>,
}

/// Headers, of which some are changed.
pub(crate) struct Edited<'a> {
    pub(crate) headers: &'a dyn Headers,
    pub(crate) edits: [&'a Edit; 2],
}

impl Headers for Edited<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        for [changed, value] in self.edits.iter().filter_map(|edit| edit.header.as_ref()) {
            if changed.eq_ignore_ascii_case(name) {
                return Some(Cow::Borrowed(value));
            }
        }
        self.headers.value(name)
    }
}
