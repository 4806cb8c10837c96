//! The fuzz targets' checks, and their shared parts: how a fuzzer writes a delivery, and what the
//! core is held to.

pub mod account;
pub mod oracles;
pub mod post;
pub mod targets;

pub use post::Post;
