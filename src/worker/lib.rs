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

use crate::{
    host::Body,
    http::{Next, Request},
};

pub mod activity;
pub mod claims;
mod config;
pub mod host;
mod http;
mod json;
mod keys;
pub mod log;
mod recent;

/// Answers a request that is not a delivery, or cannot be taken. Returns the response. For any
/// other request, the most bytes that the body may have, which [`deliver`] is then given.
///
/// The worker crate's `#[event(fetch)]` would make a promise and a turn of the event loop for every
/// request, a stranger's included.
#[wasm_bindgen]
#[must_use]
pub fn fetch(
    request: web_sys::Request,
    host: JsValue,
    method: String,
    url: String,
    started: f64,
) -> JsValue {
    let request = Request::new(request, host.unchecked_into(), method, url, started);
    match request.open() {
        Next::Answer(response) => response.into(),
        Next::Read { most } => most.into(),
    }
}

/// Takes the delivery of this number, whose body was read: `read` is what `host.js` says of it, an
/// error where reading has `failed`. Returns the response or null, as [`orderhook_executor`] describes.
///
/// Nothing is held between [`fetch`] and this function: a caller may hang up in between, and the
/// runtime then forgets the request.
#[wasm_bindgen]
#[must_use]
pub fn deliver(
    request: web_sys::Request,
    host: JsValue,
    delivery: u32,
    url: String,
    started: f64,
    failed: bool,
    read: JsValue,
) -> JsValue {
    let method = "POST".to_owned();
    let request = Request::new(request, host.unchecked_into(), method, url, started);
    let body = Body::read(failed, read);
    host::start(delivery, async move { request.deliver(body).await.into() })
}

/// Forgets the configuration and the events of the warm-up.
#[wasm_bindgen]
pub fn forget() {
    config::Config::forget();
    recent::clear();
}
