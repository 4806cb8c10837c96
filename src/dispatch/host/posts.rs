//! The functions of post.js: they post to endpoints, and seal texts.

use js_sys::{Array, Promise, Uint8Array};
use orderhook_executor::{Failure, wait};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::Host;
use crate::json;

#[wasm_bindgen]
extern "C" {
    /// Requests that are being posted, and loads for more of them.
    pub type Posts;
}

#[wasm_bindgen(raw_module = "./post.js")]
extern "C" {
    /// Returns random bytes in base64.
    pub(crate) fn random(bytes: u32, is_for_url: bool) -> String;
    #[wasm_bindgen(js_name = seal)]
    fn begin_seal(key: &[u8], name: &str, text: &str) -> Promise;
    #[wasm_bindgen(js_name = unseal)]
    fn begin_unseal(key: &[u8], name: &str, sealed: &str) -> Promise;
    #[wasm_bindgen(js_name = stored)]
    fn begin_stored(host: &Host, keys: Vec<String>) -> Promise;
    #[wasm_bindgen(js_name = startPosts)]
    fn start_posts(most: u32, most_of_group: u32, timeout: u32) -> Posts;
    #[wasm_bindgen(js_name = addPosts)]
    fn add_posts(posts: &Posts, requests: &Array);
    #[wasm_bindgen(js_name = addLoads)]
    fn add_loads(posts: &Posts, host: &Host, journals: Vec<String>, steps: Vec<String>);
    #[wasm_bindgen(js_name = nextPosts)]
    fn next_posts(posts: &Posts) -> Promise;
}

/// Encrypts a text that belongs to a name.
pub(crate) async fn seal(key: &[u8], name: &str, text: &str) -> Result<String, Failure> {
    Ok(wait(begin_seal(key, name, text)).await?.as_string().unwrap_or_default())
}

/// Decrypts what was sealed. Returns `None` if it was not sealed with this key for this name.
pub(crate) async fn unseal(key: &[u8], name: &str, sealed: &str) -> Option<String> {
    wait(begin_unseal(key, name, sealed)).await.ok()?.as_string()
}

/// Returns the bodies that are stored in KV under keys: one for each key. They are not in this
/// memory yet.
pub(crate) async fn stored(
    host: &Host,
    keys: &[String],
) -> Vec<Result<Option<Uint8Array>, Failure>> {
    let ends = match wait(begin_stored(host, keys.to_vec())).await {
        Ok(ends) => Array::from(&ends),
        Err(_) => Array::new(),
    };
    ends.iter().map(|end| Ok(of_end(&end)?.dyn_into::<Uint8Array>().ok())).collect()
}

/// Returns a call's value, of `[true, value]`, or its error, of `[false, error]`.
fn of_end(end: &JsValue) -> Result<JsValue, Failure> {
    let end = Array::from(end);
    if end.get(0).is_truthy() { Ok(end.get(1)) } else { Err(end.get(1).into()) }
}

/// A request to an endpoint.
pub(crate) struct Post {
    /// The endpoint, which gets only so many at a time.
    pub(crate) group: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The moment after which it is not begun.
    pub(crate) until: i64,
}

/// The outcome of a request.
pub(crate) struct Posted {
    /// The place of the request.
    pub(crate) place: usize,
    /// When it ended, in milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) ms: i64,
    /// The answer, or a word in its place: `late`, `timeout` or `unreachable`.
    pub(crate) answer: Result<Answer, String>,
}

/// The result of a load from a journal.
pub(crate) struct Loaded {
    /// The place of the step.
    pub(crate) place: usize,
    /// When the load began, in milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) answer: Result<String, Failure>,
}

/// The answer of an endpoint.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header of this name.
    pub(crate) retry_after: Option<String>,
    /// The beginning of the body.
    pub(crate) text: String,
}

/// The requests that are posted at a time: in all, and to one endpoint. A Worker has six connections.
const MOST: u32 = 6;
const MOST_OF_ENDPOINT: u32 = 2;

/// The milliseconds that an endpoint has for its answer.
const TIMEOUT_MS: u32 = 15_000;

/// Begins to post requests.
pub(crate) fn post(requests: &[Post]) -> Posts {
    let posts = start_posts(MOST, MOST_OF_ENDPOINT, TIMEOUT_MS);
    add(&posts, requests);
    posts
}

/// Begins to load: lets each journal, which is given by its id, take its step.
pub(crate) fn load(host: &Host, steps: &[(String, impl Serialize)]) -> Posts {
    let posts = start_posts(MOST, MOST_OF_ENDPOINT, TIMEOUT_MS);
    let (journals, steps) =
        steps.iter().map(|(journal, step)| (journal.clone(), json::text(step))).unzip();
    add_loads(&posts, host, journals, steps);
    posts
}

/// Adds requests. Their places follow those of the ones before.
pub(crate) fn add(posts: &Posts, requests: &[Post]) {
    add_posts(posts, &requests.iter().map(Post::value).collect());
}

/// Waits for outcomes. There are none after the last.
pub(crate) async fn next(posts: &Posts) -> Vec<Posted> {
    ends(posts).await.1
}

/// Waits until something is loaded or posted. There is nothing after the last.
pub(crate) async fn ends(posts: &Posts) -> (Vec<Loaded>, Vec<Posted>) {
    let Ok(ends) = wait(next_posts(posts)).await else {
        return (Vec::new(), Vec::new());
    };
    let ends = Array::from(&ends);
    let (loaded, posted) = (Array::from(&ends.get(0)), Array::from(&ends.get(1)));
    let loaded = loaded.iter().map(|end| Loaded::of(&Array::from(&end)));
    let posted = posted.iter().map(|end| Posted::of(&Array::from(&end)));
    (loaded.collect(), posted.collect())
}

impl Loaded {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // All of them are whole.
    fn of(ended: &Array) -> Self {
        let number = |place| ended.get(place).as_f64().unwrap_or_default();
        let answer = of_end(&ended.get(2)).map(|text| text.as_string().unwrap_or_default());
        Self { place: number(0) as usize, at: number(1) as i64, answer }
    }
}

impl Post {
    fn value(&self) -> JsValue {
        let headers = self.headers.iter();
        let headers: Array =
            headers.map(|(name, value)| Array::of2(&(*name).into(), &value.into())).collect();
        #[allow(clippy::cast_precision_loss)] // Milliseconds are far below 2^53.
        let until = self.until as f64;
        let body = Uint8Array::from(&*self.body);
        Array::of5(
            &(&self.group).into(),
            &(&self.url).into(),
            &headers.into(),
            &body.into(),
            &until.into(),
        )
        .into()
    }
}

impl Posted {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // All of them are whole.
    fn of(ended: &Array) -> Self {
        let number = |place| ended.get(place).as_f64().unwrap_or_default();
        let answer = match ended.get(3).as_f64() {
            Some(status) => Ok(Answer {
                status: status as u16,
                retry_after: ended.get(4).as_string(),
                text: ended.get(5).as_string().unwrap_or_default(),
            }),
            None => Err(ended.get(3).as_string().unwrap_or_default()),
        };
        Self { place: number(0) as usize, at: number(1) as i64, ms: number(2) as i64, answer }
    }
}
