//! The targets' checks. Each is called by its libFuzzer binary of the same name, and by the replay
//! of failed inputs (`replay.rs`), which needs neither libFuzzer nor a nightly compiler.

pub mod definition;
pub mod explain;
pub mod fields;
pub mod header_list;
pub mod instant;
pub mod intake;
pub mod json;
pub mod proof;
pub mod provider;
pub mod scheme;
