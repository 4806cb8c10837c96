//! What the core is held to, written apart from it: the rules for every event, what makes a
//! delivery authentic, and where a definition's places are.

pub mod event;
pub mod header_list;
#[path = "../../../tests/core/message.rs"]
mod message;
pub mod place;
pub mod rule;
mod schema;
mod secret;
#[path = "../../../tests/core/tree.rs"]
mod tree;
#[path = "../../../tests/core/wanted.rs"]
pub(crate) mod wanted;

/// Returns a body without its byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
