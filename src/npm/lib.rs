//! The npm package's exports.
use wasm_bindgen::prelude::*;

/// The version.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
