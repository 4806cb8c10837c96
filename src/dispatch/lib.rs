//! The Cloudflare Worker that takes events off the queue, keeps each of them, knows the state of
//! each order, and serves both.
//!
//! ```text
//! orderhook-events ─▶ consume ─▶ journal (one per source: events, orders) ─▶ ack
//!                     api ◀──────┘        registry (one: journals, tokens, dead letters, audit)
//! ```
//!
//! An event is acknowledged once its journal has it. After a failure, the queue redelivers the
//! event, and the journal recognises it, so no event is lost.

use wasm_bindgen::prelude::*;

use crate::host::{Batch, Host};

mod activity;
mod api;
mod config;
mod consume;
mod cursor;
mod deliver;
mod digest;
mod endpoint;
pub mod host;
pub mod journal;
mod json;
mod log;
mod migrate;
mod moment;
mod push;
pub mod registry;
mod seal;
mod source;

/// Logs the place of a panic before it ends the instance.
#[wasm_bindgen(start)]
pub fn begin() {
    console_error_panic_hook::set_once();
}

/// Answers a request. Returns its response, or the promise that its task waits for.
#[wasm_bindgen]
#[must_use]
pub fn fetch(
    request: web_sys::Request,
    host: Host,
    number: u32,
    method: String,
    url: String,
) -> JsValue {
    host::start(number, async move { api::answer(&host, &request, &method, &url).await.into() })
}

/// Takes the messages of a batch. Returns a value once each is acknowledged or put back.
#[wasm_bindgen]
#[must_use]
pub fn consume(host: Host, number: u32, batch: Batch) -> JsValue {
    host::start(number, async move {
        let decisions = consume::consume(&host, &batch).await;
        host::settle(&batch, &decisions);
        JsValue::TRUE
    })
}

/// Sets the lost alarms of the objects again.
#[wasm_bindgen]
#[must_use]
pub fn watch(host: Host, number: u32) -> JsValue {
    host::start(number, async move {
        registry::watch(&host).await;
        JsValue::TRUE
    })
}
