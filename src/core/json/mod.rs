//! JSON (RFC 8259): one reader and one writer.

mod read;
pub mod write;

pub(crate) use read::{BLANKS, escape, skip_blanks, skip_string};
pub use read::{JsonError, Object, entries, is_blank, text};
