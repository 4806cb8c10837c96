//! Makes the request that an event becomes for an endpoint.

use orderhook_core::{
    UnixMillis,
    dispatch::{Content, Format, Guard, Taken, Verdict, Written, message_id, sign_message},
};

use sha2::{Digest, Sha256};

use super::bodies::{Bodies, Stored};
use crate::{host::Post, moment, seal::Sealed};

/// The data that a request is made of.
pub(crate) struct Message<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) format: Format,
    pub(crate) sealed: &'a Sealed,
    /// The event's source, and its id.
    pub(crate) identity: (&'a str, &'a str),
    /// What tells the event from others of its id.
    pub(crate) again: i64,
    /// The event, as JSON text.
    pub(crate) event: &'a str,
    pub(crate) verdict: Option<Verdict>,
    /// How many installations of orderhook the event had passed before this one.
    pub(crate) hops: u32,
    /// The moment after which the request is not begun.
    pub(crate) until: i64,
}

/// A reason why there is no request.
pub(crate) enum Unsent {
    /// Another attempt would be the same, as the word says.
    Impossible(&'static str),
    /// The guard does not let the URL through, as the code says.
    Refused(&'static str),
    /// The endpoint's secrets cannot be read.
    Unreadable,
    /// KV has no body of this event.
    Missing,
    /// Other large bodies go first.
    Later,
    /// KV could not be asked.
    Unavailable,
}

impl Message<'_> {
    /// Returns the key of the body in KV that the request needs.
    pub(crate) fn key(&self) -> Option<String> {
        match self.format.write(self.event, self.verdict) {
            Written::Stored(key) => Some(key),
            Written::Body(_) | Written::Nothing => None,
        }
    }

    /// Makes the request. `bodies` are those that were read from KV.
    pub(crate) fn request(&self, bodies: &Bodies, guard: &Guard) -> Result<Post, Unsent> {
        guard.check(&self.sealed.url).map_err(|error| Unsent::Refused(error.code()))?;
        let content = self.content(bodies)?;
        let mut headers = headers(Some(content.kind), self.hops);
        if self.format.is_signed() {
            headers.extend(self.proof(&content.body)?);
        }
        Ok(Post {
            group: self.endpoint.to_owned(),
            url: self.sealed.url.clone(),
            headers,
            body: content.body.into_owned(),
            until: self.until,
        })
    }

    fn content(&self, bodies: &Bodies) -> Result<Content<'_>, Unsent> {
        match self.format.write(self.event, self.verdict) {
            Written::Body(content) => Ok(content),
            Written::Nothing => Err(Unsent::Impossible("no_payload")),
            Written::Stored(key) => {
                let body = match bodies.get(&key) {
                    Stored::Body(body) => body,
                    Stored::Nothing => return Err(Unsent::Missing),
                    Stored::Later => return Err(Unsent::Later),
                    Stored::Unknown => return Err(Unsent::Unavailable),
                };
                // The key ends with the body's SHA-256.
                if !key.ends_with(&hex::encode(Sha256::digest(&body))) {
                    return Err(Unsent::Impossible("payload_changed"));
                }
                Ok(Content::of_payload(body))
            }
        }
    }

    fn proof(&self, body: &[u8]) -> Result<[(&'static str, String); 3], Unsent> {
        let now = moment::now();
        let secrets = self.sealed.active(now);
        if secrets.is_empty() {
            return Err(Unsent::Impossible("no_secret"));
        }
        let (source, id) = self.identity;
        let now = UnixMillis(now.try_into().unwrap_or_default());
        Ok(sign_message(&message_id(source, id, self.again), body, &secrets, now))
    }
}

/// Returns the headers that need no secret. `kind` is the media type of the body, and `hops` how many
/// installations of orderhook the event had passed before this one. A receiver refuses an event that
/// goes in a circle by its hops.
pub(crate) fn headers(kind: Option<&str>, hops: u32) -> Vec<(&'static str, String)> {
    let kind = kind.map(|kind| ("content-type", kind.to_owned()));
    let agent = concat!("orderhook/", env!("CARGO_PKG_VERSION"));
    let others =
        [("user-agent", agent.to_owned()), ("orderhook-hop", hops.saturating_add(1).to_string())];
    kind.into_iter().chain(others).collect()
}

/// Returns the headers that prove a message, as they may be shown: the time of an attempt and the
/// tags of the signature, one of each secret, are left out.
pub(crate) fn proof_headers(
    event: &Taken,
    again: i64,
    secrets: usize,
) -> [(&'static str, String); 3] {
    [
        ("webhook-id", message_id(&event.source, &event.id, again)),
        ("webhook-timestamp", "…".to_owned()),
        ("webhook-signature", vec!["v1,…"; secrets].join(" ")),
    ]
}

/// Returns the milliseconds of a `Retry-After`: seconds, or a date.
pub(crate) fn retry_after(text: &str, now: i64) -> Option<u64> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<u64>().ok()?.checked_mul(1000);
    }
    #[allow(clippy::cast_possible_truncation)] // A date, or NaN, which becomes 0.
    let at = js_sys::Date::parse(text) as i64;
    u64::try_from(at - now).ok()
}
