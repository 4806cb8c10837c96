//! JSON (RFC 8259): one reader and one writer.

mod read;
pub mod write;

pub use read::{
    BLANKS, JsonError, Object, entries, escape, is_blank, skip_blanks, skip_string, text,
};
