//! The host's side of the I/O, in as few crossings as can be: see `io.js`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

use crate::{failure::Failure, task::wait};

#[wasm_bindgen(module = "/io.js")]
extern "C" {
    /// What entry.js makes for each request: the environment, and the timer of its waits.
    pub(crate) type Host;
    /// The method, a blank and the URL.
    pub(crate) fn head(request: &Request) -> String;
    /// Names the headers that `values` reads for the source of a number, one a line.
    pub(crate) fn expect(source: usize, names: &str);
    /// The values of those headers, one a line; NUL where there is none.
    pub(crate) fn values(request: &Request, source: usize) -> String;
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
    /// Makes a response of the JSON in `text`. Where there is a `level`, logs the line that stands
    /// there behind a line break, which JSON has none of. It has one header more, where one is
    /// named.
    pub(crate) fn answer(
        status: u16,
        text: &str,
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
    pub(crate) bytes: Vec<u8>,
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
    /// Gives up the module's copy: the host's is left.
    pub(crate) fn into_host(self) -> Uint8Array {
        self.large.unwrap_or_else(|| Uint8Array::from(self.bytes.as_slice()))
    }
}
