//! The seam between the Worker and its runtime. [`orderhook_executor`] says how a task waits.
//! `host.js` has each step of the I/O that would be several crossings from here.

use js_sys::{Array, Promise, Uint32Array};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

pub(crate) use objects::{ask_each, ask_journals, ask_registry, check_journals, take};
pub(crate) use orderhook_executor::{Failure, start};
pub(crate) use sql::{Row, Sql, Value};

mod objects;
mod sql;

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// The state that host.js keeps of a task: the environment.
    #[derive(Clone)]
    pub type Host;
    /// The storage of a Durable Object.
    pub type Storage;
    /// The messages that a queue hands over.
    pub type Batch;

    /// Returns the variables that are not secrets, as JSON text.
    pub(crate) fn settings(host: &Host) -> String;
    /// Returns a secret's value.
    pub(crate) fn secret(host: &Host, name: &str) -> Option<String>;
    /// Returns a request's header.
    pub(crate) fn header(request: &Request, name: &str) -> Option<String>;
    /// Returns random bytes in hex.
    pub(crate) fn random(length: u32) -> String;
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
    /// Returns what each message is: `json`, `text` or `base64`.
    #[wasm_bindgen(js_name = formsOf)]
    pub(crate) fn forms_of(batch: &Batch) -> Vec<String>;
    /// Returns the messages as texts, in their form.
    #[wasm_bindgen(js_name = contentsOf)]
    pub(crate) fn contents_of(batch: &Batch) -> Vec<String>;
    /// Acknowledges each message whose decision is negative. Any other decision is the seconds after
    /// which the message comes again.
    pub(crate) fn settle(batch: &Batch, decisions: &[i32]);
}

/// The calls whose answers are promises.
mod raw {
    use super::{Array, Host, Promise, Uint32Array, wasm_bindgen};

    #[wasm_bindgen(raw_module = "./host.js")]
    extern "C" {
        pub(super) fn take(
            host: &Host,
            names: Vec<String>,
            texts: &Array,
            places: Vec<Uint32Array>,
        ) -> Promise;
        #[wasm_bindgen(js_name = askJournals)]
        pub(super) fn ask_journals(
            host: &Host,
            names: Vec<String>,
            questions: Vec<String>,
        ) -> Promise;
        #[wasm_bindgen(js_name = checkJournals)]
        pub(super) fn check_journals(host: &Host, names: Vec<String>) -> Promise;
        #[wasm_bindgen(js_name = askRegistry)]
        pub(super) fn ask_registry(host: &Host, question: &str) -> Promise;
    }
}
