//! The exports of the npm package: JavaScript's values in, the core's verdicts out. An error is
//! thrown as an array of its code and its message, which the package turns into a `WebhookError`.

use wasm_bindgen::prelude::*;

mod account;
mod crossed;
mod definition;
mod error;
mod fingerprint;
mod held;
mod host;
mod memory;
mod secret;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
