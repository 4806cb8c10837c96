//! The functions of host.js. They are declared in one block, since each block is an import of its own.

use js_sys::{Array, Promise, Uint32Array};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

// Each type of a module would import the module once more.
#[wasm_bindgen]
extern "C" {
    /// The state that host.js keeps of a task: the environment.
    #[derive(Clone)]
    pub type Host;
    /// The storage of a Durable Object.
    pub type Storage;
    /// The messages that a queue hands over.
    pub type Batch;
}

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// Returns the variables that are not secrets, as JSON text.
    pub(crate) fn settings(host: &Host) -> String;
    /// Returns a secret's value.
    pub(crate) fn secret(host: &Host, name: &str) -> Option<String>;
    /// Returns a request's header.
    pub(crate) fn header(request: &Request, name: &str) -> Option<String>;
    /// Makes the secret of a token.
    #[wasm_bindgen(js_name = newSecret)]
    pub(crate) fn new_secret() -> String;
    /// Logs a line at a level: `log`, `warn` or `error`.
    pub(crate) fn log(level: &str, line: &str);
    /// Makes a response, without a body if there is no text, and with one more header if one is
    /// named.
    pub(crate) fn answer(
        status: u16,
        kind: &str,
        text: Option<&str>,
        name: Option<&str>,
        value: Option<&str>,
    ) -> Response;

    /// Returns a batch's queue.
    #[wasm_bindgen(js_name = queueOf)]
    pub(crate) fn queue_of(batch: &Batch) -> String;
    /// Returns the ids of a batch's messages.
    #[wasm_bindgen(js_name = idsOf)]
    pub(crate) fn ids_of(batch: &Batch) -> Vec<String>;
    /// Returns how often each message was handed over, this time included.
    #[wasm_bindgen(js_name = attemptsOf)]
    pub(crate) fn attempts_of(batch: &Batch) -> Vec<u32>;
    /// Returns the messages as JSON texts; undefined for one that JSON cannot express.
    #[wasm_bindgen(js_name = textsOf)]
    pub(crate) fn texts_of(batch: &Batch) -> Array;
    #[wasm_bindgen(js_name = contentOf)]
    pub(super) fn content_of(batch: &Batch, place: usize) -> Vec<String>;
    /// Acknowledges each message whose decision is negative. Any other decision is the seconds after
    /// which the message is redelivered.
    pub(crate) fn settle(batch: &Batch, decisions: &[i32]);

    // The calls whose answers are promises.

    pub(super) fn take(
        host: &Host,
        names: Vec<String>,
        texts: &Array,
        places: Vec<Uint32Array>,
    ) -> Promise;
    #[wasm_bindgen(js_name = askJournals)]
    pub(super) fn ask_journals(host: &Host, names: Vec<String>, questions: Vec<String>) -> Promise;
    pub(super) fn deliver(
        host: &Host,
        names: Vec<String>,
        steps: Vec<String>,
        are_ids: bool,
    ) -> Promise;
    #[wasm_bindgen(js_name = setEndpoints)]
    pub(super) fn set_endpoints(host: &Host, names: Vec<String>, endpoints: &str) -> Promise;
    #[wasm_bindgen(js_name = watchJournal)]
    pub(super) fn watch_journal(host: &Host, name: &str, watcher: &str) -> Promise;
    #[wasm_bindgen(js_name = checkJournals)]
    pub(super) fn check_journals(host: &Host, names: Vec<String>) -> Promise;
    #[wasm_bindgen(js_name = checkRegistry)]
    pub(super) fn check_registry(host: &Host) -> Promise;
    pub(super) fn read(request: &Request, most: u32) -> Promise;
    pub(super) fn requeue(host: &Host, form: &str, content: &str) -> Promise;
    pub(super) fn forget(host: &Host, keys: Vec<String>) -> Promise;
    pub(super) fn backlog(host: &Host) -> Promise;
    pub(super) fn health(host: &Host, token: Option<&str>) -> Promise;
    #[wasm_bindgen(js_name = askRegistry)]
    pub(super) fn ask_registry(host: &Host, question: &str) -> Promise;

    // The calls of a storage.

    #[wasm_bindgen(catch)]
    pub(super) fn rows(storage: &Storage, query: &str, args: &Array) -> Result<Array, JsValue>;
    pub(super) fn bytes(storage: &Storage) -> f64;
}
