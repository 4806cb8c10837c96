//! The Cloudflare Worker of orderhook. It takes deliveries at `/hooks/{source}`, and puts events on
//! a Queue.
//!
//! ```text
//! entry.js ─▶ fetch ─▶ http (address, body) ─▶ orderhook_core::intake ─▶ host (KV, claims, queue)
//! ```
//!
//! The cost of a request is its calls into the host, not the hashing. So requests and responses are
//! raw `web_sys` types, and each step of the I/O is one call (see [`host`]).

use wasm_bindgen::prelude::*;

use crate::http::{Next, Request};

pub mod claims;
mod config;
pub mod host;
mod http;
mod json;
mod log;
pub mod warm_up;

/// Answers a request. Returns its response, or the promise that the delivery of this number waits
/// for, as [`orderhook_executor`] describes.
///
/// The worker crate's `#[event(fetch)]` would make a promise and a turn of the event loop for every
/// request, a stranger's included.
#[wasm_bindgen]
#[must_use]
pub fn fetch(
    request: web_sys::Request,
    host: JsValue,
    delivery: u32,
    method: String,
    url: String,
) -> JsValue {
    let request = Request::new(request, host.unchecked_into(), method, url);
    match request.open() {
        Next::Answer(response) => response.into(),
        Next::Deliver(admitted) => {
            host::start(delivery, async move { request.deliver(admitted).await.into() })
        }
    }
}
