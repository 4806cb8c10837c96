//! Calls of the queue, of KV and of the receiver; a request's body, and a message's content.

use js_sys::Array;
use orderhook_executor::{Failure, wait};
use web_sys::Request;

use super::{Batch, Host, raw};

/// A request's body.
pub(crate) enum Body {
    Text(String),
    TooLarge,
    /// It did not come in time.
    Late,
    /// It is not UTF-8, or ended before it was whole.
    Unreadable,
}

/// Reads a body of at most `most` bytes.
pub(crate) async fn body(request: &Request, most: u32) -> Body {
    match wait(raw::read(request, most)).await {
        Ok(read) if read.as_f64().is_some() => Body::TooLarge,
        Ok(read) => read.as_string().map_or(Body::Unreadable, Body::Text),
        Err(_) => Body::Late,
    }
}

/// Returns what the message at a place is, and its content in this form: `json`, `text`, `base64`,
/// or `other`, which describes a message that none of these can express.
pub(crate) fn content_of(batch: &Batch, place: usize) -> (String, String) {
    let mut parts = raw::content_of(batch, place).into_iter();
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Puts a message back into the queue of events.
pub(crate) async fn requeue(host: &Host, form: &str, content: &str) -> Result<(), Failure> {
    wait(raw::requeue(host, form, content)).await.map(drop)
}

/// Deletes bodies from KV.
pub(crate) async fn forget(host: &Host, keys: Vec<String>) -> Result<(), Failure> {
    wait(raw::forget(host, keys)).await.map(drop)
}

/// Returns what waits in the queue of events, as JSON.
pub(crate) async fn backlog(host: &Host) -> Option<String> {
    wait(raw::backlog(host)).await.ok()?.as_string()
}

/// Returns the status and the text of the receiver's answer about its state.
pub(crate) async fn health(host: &Host, token: Option<&str>) -> Option<(u16, String)> {
    let answer = wait(raw::health(host, token)).await.ok().filter(|answer| !answer.is_null())?;
    let answer = Array::from(&answer);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A status has three digits.
    let status = answer.get(0).as_f64()? as u16;
    Some((status, answer.get(1).as_string()?))
}
