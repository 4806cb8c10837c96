//! The fuzz targets' checks, and what they share: how a fuzzer writes a delivery, what every event
//! holds, and what makes a delivery authentic, each said apart from how the core says it.

pub mod account;
pub mod event;
pub mod header_list;
pub mod post;
pub mod rule;
mod schema;
pub mod targets;

pub use post::Post;
