//! What dispatch reads of an event. Members that it does not know are left alone.

use serde::Deserialize;

use crate::moment;

/// An event as the receiver wrote it.
#[derive(Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    source: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    time: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    test: bool,
    received_at: Option<String>,
    order: Option<Order>,
    status: Option<Change>,
    customer: Option<Customer>,
    payload_ref: Option<String>,
}

#[derive(Deserialize)]
struct Order {
    id: String,
    reference: Option<String>,
    tracking_number: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    now: String,
    #[serde(rename = "final", default)]
    is_final: bool,
}

#[derive(Deserialize)]
struct Customer {
    phone: Option<String>,
    email: Option<String>,
}

/// The bytes that an id of an event may have.
const MAX_ID_BYTES: usize = 256;

/// The beginning of an event's `source`.
const HOOKS: &str = "/hooks/";

impl Event {
    /// Reads an event. Returns `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let event: Self = serde_json::from_str(text).ok()?;
        let is_id = (1..=MAX_ID_BYTES).contains(&event.id.len());
        (is_id && is_source(event.source()) && moment::parse(&event.time).is_some())
            .then_some(event)
    }

    /// Returns the source's name; an empty text where it has none.
    pub(crate) fn source(&self) -> &str {
        self.source.strip_prefix(HOOKS).unwrap_or_default()
    }

    /// Returns the moment of the event.
    pub(crate) fn time(&self) -> i64 {
        moment::parse(&self.time).unwrap_or_default()
    }

    /// Returns the text of the event's moment.
    pub(crate) fn time_text(&self) -> &str {
        &self.time
    }

    /// Returns the moment at which the receiver took the delivery.
    pub(crate) fn received(&self) -> i64 {
        let received = self.data.received_at.as_deref().and_then(moment::parse);
        received.unwrap_or_else(|| self.time())
    }

    /// Returns the order's id.
    pub(crate) fn order(&self) -> Option<&str> {
        self.data.status.as_ref()?;
        self.data.order.as_ref().map(|order| order.id.as_str()).filter(|id| !id.is_empty())
    }

    /// Returns the status.
    pub(crate) fn status(&self) -> Option<&str> {
        self.data.status.as_ref().map(|status| status.now.as_str())
    }

    /// Whether nothing comes after the status.
    pub(crate) fn is_final(&self) -> bool {
        self.data.status.as_ref().is_some_and(|status| status.is_final)
    }

    /// Whether the provider marks it as a test.
    pub(crate) fn is_test(&self) -> bool {
        self.data.test
    }

    /// Returns the key of the body in KV.
    pub(crate) fn payload_ref(&self) -> Option<&str> {
        self.data.payload_ref.as_deref()
    }
}

/// Whether a text may be a source's name.
pub(crate) fn is_source(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(is_allowed)
}
