//! The fuzz targets' checks, and their shared parts: how a fuzzer writes a delivery, the rules for
//! every event, and what makes a delivery authentic. Each is written apart from the core.

pub mod account;
pub mod event;
pub mod header_list;
pub mod post;
pub mod rule;
mod schema;
pub mod targets;

pub use post::Post;
