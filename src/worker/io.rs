//! The host's side of the I/O, in as few crossings as can be: see `io.js`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response};

#[wasm_bindgen(module = "/io.js")]
extern "C" {
    /// The method, a blank and the URL.
    pub(crate) fn head(request: &Request) -> String;
    fn read(request: &Request, most: u32) -> Promise;
    /// JSON text of the variables that are no secrets.
    pub(crate) fn settings(env: &JsValue) -> String;
    /// A secret's value.
    pub(crate) fn secret(env: &JsValue, name: &str) -> Option<String>;
    /// Whether a binding is there.
    pub(crate) fn bound(env: &JsValue, name: &str) -> bool;
    /// Resolves to whether KV has the key.
    pub(crate) fn seen(env: &JsValue, key: &str, ms: u32) -> Promise;
    /// Writes a text to KV, for `ttl` seconds.
    pub(crate) fn mark(env: &JsValue, key: &str, value: &str, ttl: u32, ms: u32) -> Promise;
    /// Writes bytes to KV, for `ttl` seconds.
    pub(crate) fn keep(env: &JsValue, key: &str, bytes: &[u8], ttl: u32, ms: u32) -> Promise;
    /// Sends a JSON text to the queue as the value that it is.
    pub(crate) fn send(env: &JsValue, json: &str, ms: u32) -> Promise;
    /// Who claims: a name that no other delivery has.
    pub(crate) fn claimant() -> String;
    /// Asks the shard for a claim that holds for `life` milliseconds. Resolves as `claims::claim`
    /// answers.
    pub(crate) fn claim(
        env: &JsValue,
        shard: &str,
        key: &str,
        claimant: &str,
        life: u32,
        ms: u32,
    ) -> Promise;
    /// Tells the shard that the key's event is safe, to be remembered for `ttl` seconds.
    pub(crate) fn commit(env: &JsValue, shard: &str, key: &str, ttl: u32, ms: u32) -> Promise;
    /// Tells the shard that the claim is over.
    pub(crate) fn release(
        env: &JsValue,
        shard: &str,
        key: &str,
        claimant: &str,
        ms: u32,
    ) -> Promise;
    /// Makes a response with one header more, where it is named.
    pub(crate) fn answer(
        status: u16,
        content_type: &str,
        json: Option<&str>,
        name: Option<&str>,
        value: Option<&str>,
    ) -> Response;
}

/// Why the host could not do a thing, in its own words.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl From<JsValue> for Failure {
    fn from(error: JsValue) -> Self {
        let text = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        Self(text.or_else(|| error.as_string()).unwrap_or_else(|| "an unnamed error".to_owned()))
    }
}

/// Waits for the host.
pub(crate) async fn wait(promise: Promise) -> Result<JsValue, Failure> {
    Ok(JsFuture::from(promise).await?)
}

/// The body; `None` where it has more than `most` bytes. One that announced as much, or that turns
/// out to have as many while it comes, is not read to its end.
pub(crate) async fn body(request: &Request, most: u32) -> Result<Option<Vec<u8>>, Failure> {
    let body = wait(read(request, most)).await?;
    let body = body.is_object().then(|| Uint8Array::new(&body));
    // The length first: memory that is taken here is never given back.
    Ok(body.filter(|body| body.length() <= most).map(|body| body.to_vec()))
}
