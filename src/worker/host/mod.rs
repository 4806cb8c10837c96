//! The seam between the Worker and its runtime. [`orderhook_executor`] says how a delivery waits. `host.js`
//! has each step of the I/O that would be several crossings from here.

use js_sys::{Date, Uint8Array};
use orderhook_core::UnixMillis;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

pub(crate) use orderhook_executor::{Failure, answered, start};
pub(crate) use ports::Ports;

mod ports;
mod webcrypto;

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// The state that host.js keeps of a request: the environment, the timer of its waits, and the
    /// work for after its answer.
    pub(crate) type Host;
    /// Gives a header's name the number that [`header`] knows it by.
    #[wasm_bindgen(js_name = nameHeader)]
    pub(crate) fn name_header(number: u32, name: &str);
    /// Returns how many installations of orderhook a delivery has passed, as its header says; 0
    /// without one. Its events carry the number on.
    #[wasm_bindgen(js_name = hopsOf)]
    pub(crate) fn hops_of(host: &Host, request: &Request) -> u32;
    /// Returns the value of the header of this number. It is read from the request once.
    pub(crate) fn header(host: &Host, request: &Request, number: u32) -> Option<String>;
    /// Returns the variables that are not secrets, as JSON text. Of the providers it has the names:
    /// `builtIn`, and in `declared` those of the variables that declare one.
    pub(crate) fn settings(host: &Host) -> String;
    /// Returns the definition of a built-in provider, as JSON.
    pub(crate) fn definition(name: &str) -> Option<String>;
    /// Returns the definition that a variable declares, as JSON.
    pub(crate) fn declared(host: &Host, variable: &str) -> Option<String>;
    /// Returns a secret's value.
    pub(crate) fn secret(host: &Host, name: &str) -> Option<String>;
    /// Whether there is a binding of this name.
    pub(crate) fn bound(host: &Host, name: &str) -> bool;
    /// Asks KV for the value under a key, or null: see [`answered`].
    fn seen(host: &Host, key: &str, ms: u32);
    /// Asks KV which of the keys have a value: a byte for each.
    #[wasm_bindgen(js_name = allSeen)]
    fn all_seen(host: &Host, keys: Vec<String>, ms: u32);
    /// Has KV written once the delivery has its answer, for `ttl` seconds, and the claim of the
    /// shard committed, if one is named.
    fn mark(host: &Host, key: &str, value: &str, ttl: u32, shard: Option<&str>);
    /// Writes bytes that the host holds to KV, for `ttl` seconds.
    fn keep(host: &Host, key: &str, bytes: &Uint8Array, ttl: u32, ms: u32);
    /// Sends an event to the queue: the numbers and the text of its table, and its payload.
    fn send(host: &Host, ints: &[i32], text: &str, payload: Option<&str>, ms: u32);
    /// Adds an event to those of [`send_batch`].
    #[wasm_bindgen(js_name = addToBatch)]
    fn add_to_batch(host: &Host, ints: &[i32], text: &str, payload: Option<&str>);
    /// Sends the events of the batch to the queue.
    #[wasm_bindgen(js_name = sendBatch)]
    fn send_batch(host: &Host, ms: u32);
    /// Returns a name for a claimant that no other delivery has.
    fn claimant() -> String;
    /// Asks for claims of `life` milliseconds, each key of its shard. The answer is a
    /// `Float64Array` of the answers of `claims::claim`.
    fn claim(
        host: &Host,
        shards: Vec<String>,
        keys: Vec<String>,
        claimant: &str,
        life: u32,
        ms: u32,
    );
    /// Has the claim released once the delivery has its answer.
    fn release(host: &Host, shard: &str, key: &str, claimant: &str);
    /// Asks for the text of the key set at an address.
    #[wasm_bindgen(js_name = fetchKeys)]
    fn ask_keys(host: &Host, url: &str, ms: u32);
    /// Waits.
    fn pause(host: &Host, ms: u32);
    /// Asks for the SHA-256 of bytes, and has them erased.
    fn sha256(host: &Host, bytes: &Uint8Array);
    /// Asks whether a signature holds: the place of the
    /// algorithm among all, a key, the content and
    /// the signature. The answer is `true` or `false`.
    fn signature(
        host: &Host,
        algorithm: u32,
        key: &Uint8Array,
        content: &Uint8Array,
        signature: &Uint8Array,
        ms: u32,
    );
    /// Has the counts of `activity::take` sent to the queue `ACTIVITY` after `ms` milliseconds.
    #[wasm_bindgen(js_name = sendActivity)]
    pub(crate) fn send_activity(host: &Host, ms: u32);
    /// Makes a response of a JSON text, and logs a line at a [`Level`], if there is one. The
    /// response has no body if it is to be empty, and one more header if one is named.
    pub(crate) fn answer(
        status: u16,
        json: &str,
        line: Option<&str>,
        level: u8,
        is_empty: bool,
        name: Option<&str>,
        value: Option<&str>,
    ) -> Response;
}

/// Returns the time.
pub(crate) fn now() -> UnixMillis {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    UnixMillis(Date::now() as u64) // A whole number, and not negative since 1970.
}

/// Fetches the key set at an address.
pub(crate) async fn fetch_keys(host: &Host, url: &str, ms: u32) -> Result<String, Failure> {
    ask_keys(host, url, ms);
    answered().await?.as_string().ok_or_else(|| Failure("the key set is no text".to_owned()))
}

/// Waits for some milliseconds.
pub(crate) async fn wait(host: &Host, ms: u32) -> Result<(), Failure> {
    pause(host, ms);
    answered().await.map(drop)
}

/// The level of a log line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    Log = 1,
    Warn,
    Error,
}

/// A request's body.
pub(crate) struct Body {
    bytes: Vec<u8>,
    /// The body on the host's side, if it is large: it may have to go from there to KV.
    large: Option<Uint8Array>,
}

/// The reason why a body was not read.
pub(crate) enum NoBody {
    /// It has more bytes than are allowed. `bytes` is the number that was announced, or that had
    /// arrived.
    TooLarge { bytes: usize },
    /// The bodies in flight leave no memory for it.
    Overloaded,
    /// It ended before it was whole.
    Unreadable(Failure),
}

impl orderhook_core::Body for Body {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Frees the module's copy, if the host has one.
    fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.large.get_or_insert_with(|| Uint8Array::from(bytes.as_slice()));
    }
}

/// The bytes from which on a body is kept on the host's side, too.
const LARGE_BODY_BYTES: u32 = 64 * 1024;

impl Body {
    /// Takes what the host read: bytes; or a number, if there are more of them than are allowed; or
    /// null, if there is no memory for them. It is an error where reading has `failed`.
    pub(crate) fn read(failed: bool, read: JsValue) -> Result<Self, NoBody> {
        if failed {
            return Err(NoBody::Unreadable(read.into()));
        }
        if read.is_null() {
            return Err(NoBody::Overloaded);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
        if let Some(bytes) = read.as_f64() {
            return Err(NoBody::TooLarge { bytes: bytes as usize });
        }
        let read: Uint8Array = read.unchecked_into();
        let mut bytes = Vec::new();
        let length = usize::try_from(read.length()).map_err(|_| NoBody::Overloaded)?;
        // Running out of memory is answered, and must not trap.
        bytes.try_reserve_exact(length).map_err(|_| NoBody::Overloaded)?;
        bytes.resize(length, 0);
        read.copy_to(&mut bytes);
        let large = (read.length() >= LARGE_BODY_BYTES).then_some(read);
        Ok(Self { bytes, large })
    }

    /// Returns the body's length in bytes.
    pub(crate) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the host's copy. A view of the module's memory would move before KV has taken it.
    fn of_host(&self) -> Uint8Array {
        self.large.clone().unwrap_or_else(|| Uint8Array::from(self.bytes.as_slice()))
    }
}
