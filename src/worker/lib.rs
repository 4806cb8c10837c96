//! The Cloudflare Worker of orderhook: takes deliveries at `/hooks/{source}`, and puts events
//! on a Queue.
//!
//! Raw `web_sys` types, and one crossing a step (see `io.js`): what a request costs here is the
//! calls into the host, not the hashing.

use std::convert::Infallible;

use serde::de::IgnoredAny;
use wasm_bindgen::prelude::*;
use web_sys::Request;
use worker::{Context, Env, MessageBatch, event};

use crate::hook::{Hook, Next};

mod answer;
pub mod claims;
mod config;
mod consumer;
mod failure;
mod health;
mod hook;
mod io;
mod json;
mod log;
mod native;
mod ports;
mod route;
pub mod task;
pub mod warm;

/// Answers a request: at once where nothing has to be waited for, else as [`task::resume`] says,
/// which goes on with the `delivery` of this number.
/// Not the worker crate's `#[event(fetch)]`, which makes a promise and a turn of the event loop of
/// every request, a probe's and a stranger's, too.
#[wasm_bindgen]
#[must_use]
pub fn fetch(request: Request, host: JsValue, delivery: u32) -> JsValue {
    let hook = Hook::new(request, host.unchecked_into());
    match hook.open() {
        Next::Answer(response) => response.into(),
        Next::Deliver(admitted) => {
            task::start(delivery, async move { hook.deliver(admitted).await })
        }
    }
}

#[event(queue)]
async fn queue(batch: MessageBatch<IgnoredAny>, _: Env, _: Context) -> Result<(), Infallible> {
    consumer::consume(&batch);
    Ok(())
}
