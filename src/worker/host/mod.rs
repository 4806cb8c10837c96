//! The seam between the Worker and its runtime. [`executor`] says how a delivery waits; `host.js`
//! has each step of the I/O that would be several crossings from here.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

pub(crate) use executor::{start, wait};
pub(crate) use failure::Failure;
pub(crate) use ports::Ports;

pub mod executor;
mod failure;
mod ports;
mod webcrypto;

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// What entry.js makes for each request: the environment, and the timer of its waits.
    pub(crate) type Host;
    /// Gives a header's name the number that [`header`] knows it by.
    #[wasm_bindgen(js_name = nameHeader)]
    pub(crate) fn name_header(number: u32, name: &str);
    /// Returns the value of the header of a number.
    pub(crate) fn header(request: &Request, number: u32) -> Option<String>;
    fn read(host: &Host, request: &Request, most: u32) -> Promise;
    /// JSON text of the variables that are no secrets.
    pub(crate) fn settings(host: &Host) -> String;
    /// A secret's value.
    pub(crate) fn secret(host: &Host, name: &str) -> Option<String>;
    /// Whether a binding is there.
    pub(crate) fn bound(host: &Host, name: &str) -> bool;
    /// Resolves to what KV has under the key; to null where it has nothing.
    pub(crate) fn seen(host: &Host, key: &str, ms: u32) -> Promise;
    /// Writes a text to KV, for `ttl` seconds.
    pub(crate) fn mark(host: &Host, key: &str, value: &str, ttl: u32, ms: u32) -> Promise;
    /// Writes bytes of the host's to KV, for `ttl` seconds.
    pub(crate) fn keep(host: &Host, key: &str, bytes: &Uint8Array, ttl: u32, ms: u32) -> Promise;
    /// Sends an event to the queue: its JSON text, and its payload where that is not in it.
    pub(crate) fn send(host: &Host, json: &str, payload: Option<&str>, ms: u32) -> Promise;
    /// Who claims: a name that no other delivery has.
    pub(crate) fn claimant() -> String;
    /// Asks the shard for a claim that holds for `life` milliseconds. Resolves as `claims::claim`
    /// answers.
    pub(crate) fn claim(
        host: &Host,
        shard: &str,
        key: &str,
        claimant: &str,
        life: u32,
        ms: u32,
    ) -> Promise;
    /// Tells the shard that the claim is over.
    pub(crate) fn release(host: &Host, shard: &str, key: &str, claimant: &str, ms: u32) -> Promise;
    /// Marks the key as [`mark`] does, and tells the shard that its event is safe.
    pub(crate) fn settle(
        host: &Host,
        key: &str,
        value: &str,
        ttl: u32,
        ms: u32,
        shard: &str,
        claim_ms: u32,
    ) -> Promise;
    /// Resolves to the SHA-256 of bytes, which are erased.
    pub(crate) fn sha256(bytes: &Uint8Array) -> Promise;
    /// Makes a response of a JSON text, and logs a line at a [`Level`], where there is one. The
    /// response has one header more, where one is named.
    pub(crate) fn answer(
        status: u16,
        json: &str,
        line: Option<&str>,
        level: u8,
        is_head: bool,
        name: Option<&str>,
        value: Option<&str>,
    ) -> Response;
}

/// How loud a line is logged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    Log = 1,
    Warn,
    Error,
}

/// A request's body.
pub(crate) struct Body {
    bytes: Vec<u8>,
    /// The same on the host's side, where it is large: it may have to go from there to KV.
    large: Option<Uint8Array>,
}

/// Why a body was not read.
pub(crate) enum NoBody {
    /// It has more bytes than are allowed. `bytes` is how many were announced, or how many had come.
    TooLarge { bytes: usize },
    /// There is no memory for it beside the bodies that are in flight.
    Overloaded,
    /// It ended before it was whole.
    Unreadable(Failure),
}

impl orderhook_core::Body for Body {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Leaves the body to the host.
    fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.large.get_or_insert_with(|| Uint8Array::from(bytes.as_slice()));
    }
}

/// Bytes from which on a body is kept on the host's side, too.
const LARGE_BODY_BYTES: u32 = 64 * 1024;

/// Reads the body. A body that announces more than `most` bytes, or turns out to have more while it
/// comes, is not read to its end.
pub(crate) async fn body(host: &Host, request: &Request, most: u32) -> Result<Body, NoBody> {
    let read = wait(read(host, request, most)).await.map_err(NoBody::Unreadable)?;
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
    // Memory that cannot be had is an answer, not a trap.
    bytes.try_reserve_exact(length).map_err(|_| NoBody::Overloaded)?;
    bytes.resize(length, 0);
    read.copy_to(&mut bytes);
    let large = (read.length() >= LARGE_BODY_BYTES).then_some(read);
    Ok(Body { bytes, large })
}

impl Body {
    /// Returns its length in bytes.
    pub(crate) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the host's copy. A view of the module's memory would move before KV has taken it.
    fn of_host(&self) -> Uint8Array {
        self.large.clone().unwrap_or_else(|| Uint8Array::from(self.bytes.as_slice()))
    }
}
