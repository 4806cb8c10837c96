//! The Cloudflare Worker of orderhook: takes deliveries at `/hooks/{source}`, and puts events
//! on a Queue.
//!
//! Raw `web_sys` types, and one crossing a step (see `io.js`): what a request costs here is the
//! calls into the host, not the hashing.

use std::{convert::Infallible, rc::Rc};

use js_sys::Date;
use serde::de::IgnoredAny;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::{Context, Env, MessageBatch, event};

use crate::{answer::Answer, config::Config, hook::Hook, route::Route};

mod answer;
mod config;
mod consumer;
mod health;
mod hook;
mod io;
mod log;
mod ports;
mod route;

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response, Infallible> {
    let started = Date::now();
    let env = JsValue::from(env);
    let config = config(&env);
    let head = io::head(&request);
    let (method, url) = head.split_once(' ').unwrap_or_default();
    let hook = Hook { config: &config, env: &env, request: &request, method, url, started };
    Ok(match (Route::of(url), method) {
        (Route::Health, "GET" | "HEAD") => health::response(&config, method == "HEAD"),
        (Route::Hook { source, token }, _) => hook.take(source, token).await,
        (Route::Health, _) => Answer::MethodNotAllowed { allow: "GET, HEAD" }.response(false),
        (Route::Nowhere, _) => hook.nowhere(),
    })
}

#[event(queue)]
async fn queue(batch: MessageBatch<IgnoredAny>, _: Env, _: Context) -> Result<(), Infallible> {
    consumer::consume(&batch);
    Ok(())
}

/// The configuration, read once in an isolate's life: variables and secrets only change with a
/// deployment, which starts new ones.
fn config(env: &JsValue) -> Rc<Config> {
    thread_local! {
        static CONFIG: std::cell::OnceCell<Rc<Config>> = const { std::cell::OnceCell::new() };
    }
    CONFIG.with(|config| Rc::clone(config.get_or_init(|| Rc::new(Config::read(env)))))
}
