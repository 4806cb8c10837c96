//! JSON (RFC 8259). `serde_json` holds texts to the grammar: `walk` finds the wanted values of a
//! body in one pass, and [`Json`] is a whole text as a tree. [`write`](mod@write) writes.

mod text;
mod tree;
pub(crate) mod walk;
pub mod write;

pub use text::{BLANKS, escape, is_blank, skip_blanks, skip_string, text};
pub(crate) use text::{entry, skip_value};
pub use tree::{Json, JsonError, Object};
