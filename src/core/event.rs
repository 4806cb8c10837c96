use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    identity::{identity, of_bytes},
    instant::UnixMillis,
    refusal::Authenticity,
    status::Status,
    unrecognized::Unrecognized,
    word::Word,
};

/// `type` of an event that says where an order is.
pub const ORDER_STATUS: &str = "orderhook.order.status.v1";
/// `type` of an event that carries an authentic delivery which was not understood.
pub const UNRECOGNIZED: &str = "orderhook.delivery.unrecognized.v1";

/// One `CloudEvents` 1.0 event. `source` and `id` together are its identity.
#[derive(Debug, Serialize)]
pub struct Event<'a> {
    specversion: &'static str,
    /// Whose event it is at its source: the provider's own id, or what stands for one.
    pub id: Cow<'a, str>,
    /// `/hooks/` and the source's name.
    pub source: String,
    /// [`ORDER_STATUS`] or [`UNRECOGNIZED`].
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The order's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Cow<'a, str>>,
    /// RFC 3339 in UTC: the provider's moment where it is one, else that of receipt.
    pub time: String,
    datacontenttype: &'static str,
    /// What happened.
    pub data: Data<'a>,
}

/// What an event carries.
#[derive(Debug)]
pub struct Data<'a> {
    /// The provider's name.
    pub provider: &'static str,
    /// What proves the delivery.
    pub authenticity: Authenticity,
    /// When it was taken.
    pub received_at: UnixMillis,
    /// Which of the provider's attempts it is, as an unsigned header says.
    pub attempt: Option<u32>,
    /// What was understood of it.
    pub content: Result<Content<'a>, Unrecognized>,
    /// The body as it came.
    pub payload: Payload<'a>,
}

/// What a provider says of an order.
#[derive(Debug)]
pub struct Content<'a> {
    /// Whether it is the provider's test.
    pub test: bool,
    /// Which order.
    pub order: Order<'a>,
    /// What happened to it.
    pub status: Change<'a>,
    /// What is in it.
    pub items: Vec<Item<'a>>,
    /// What it costs, or what is to be collected for it.
    pub total: Option<Money<'a>>,
    /// Who gets it.
    pub customer: Option<Customer<'a>>,
    /// Who brings it.
    pub driver: Option<Contact<'a>>,
    /// Where it waits to be picked up.
    pub pickup: Option<Contact<'a>>,
    /// What the driver should know.
    pub notes: Option<Cow<'a, str>>,
}

/// An order's names.
#[derive(Debug, Default, Serialize)]
pub struct Order<'a> {
    /// The provider's id for it.
    pub id: Cow<'a, str>,
    /// The name that people use for it, where there is another.
    pub reference: Option<Cow<'a, str>>,
    /// The carrier's number.
    pub tracking_number: Option<Cow<'a, str>>,
    /// Where the carrier shows it.
    pub tracking_url: Option<Cow<'a, str>>,
    /// RFC 3339 in UTC; `None` where the provider's text is no moment.
    pub created_at: Option<String>,
    /// The id that the provider appended to the URL (Gooten), where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_order_id: Option<Cow<'a, str>>,
}

/// From where an order went where.
#[derive(Debug, Serialize)]
pub struct Change<'a> {
    /// Where it is.
    pub now: Status,
    /// Where it was.
    pub was: Option<Status>,
    /// Whether nothing comes after it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Whether the provider's pages know the status, and the way to it.
    pub documented: bool,
    /// The provider's name for what happened.
    pub provider_event: Option<Cow<'a, str>>,
    /// The provider's word for where the order is.
    pub provider_now: Option<Cow<'a, str>>,
    /// The provider's word for where it was.
    pub provider_was: Option<Cow<'a, str>>,
}

/// A line of an order.
#[derive(Debug, Default, Serialize)]
pub struct Item<'a> {
    /// The shop's or the provider's stock-keeping unit.
    pub sku: Option<Cow<'a, str>>,
    /// What it is called.
    pub name: Option<Cow<'a, str>>,
    /// How many; `None` where it is no whole number.
    pub quantity: Option<u32>,
    /// What one costs.
    pub price: Option<Money<'a>>,
    /// Where this line is, at a provider that tells line by line.
    pub status: Option<ItemStatus<'a>>,
    /// The carrier's number for this line.
    pub tracking_number: Option<Cow<'a, str>>,
    /// Where the carrier shows this line.
    pub tracking_url: Option<Cow<'a, str>>,
}

/// Where a line of an order is.
#[derive(Debug, Serialize)]
pub struct ItemStatus<'a> {
    /// Where it is.
    pub now: Status,
    /// Whether nothing comes after it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The provider's word.
    pub provider_now: Cow<'a, str>,
}

/// An amount, in the digits that it came with.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Money<'a> {
    /// Decimal text. Whether it is in units or in cents is the provider's affair.
    pub amount: Cow<'a, str>,
    /// ISO 4217, where the provider says it.
    pub currency: Option<Cow<'a, str>>,
}

/// Who gets an order.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs)] // The names say it.
pub struct Customer<'a> {
    pub name: Option<Cow<'a, str>>,
    pub phone: Option<Cow<'a, str>>,
    pub email: Option<Cow<'a, str>>,
    pub address: Option<Cow<'a, str>>,
    pub city: Option<Cow<'a, str>>,
    pub region: Option<Cow<'a, str>>,
    pub postal_code: Option<Cow<'a, str>>,
    pub country: Option<Cow<'a, str>>,
}

/// A driver, or an office.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs)] // The names say it.
pub struct Contact<'a> {
    pub name: Option<Cow<'a, str>>,
    pub phone: Option<Cow<'a, str>>,
}

impl<'a> Content<'a> {
    /// What every provider says: which order, and what happened to it.
    pub(crate) fn new(order: Order<'a>, status: Change<'a>) -> Self {
        Self {
            test: false,
            order,
            status,
            items: Vec::new(),
            total: None,
            customer: None,
            driver: None,
            pickup: None,
            notes: None,
        }
    }
}

impl Change<'_> {
    /// A change to where this word says; to somewhere unknown where nobody knows the word.
    pub(crate) fn to(word: Option<&Word>) -> Self {
        Self {
            now: word.map_or(Status::Unknown, |word| word.status),
            was: None,
            is_final: word.is_some_and(|word| word.is_final),
            documented: word.is_some(),
            provider_event: None,
            provider_now: None,
            provider_was: None,
        }
    }
}

/// The body as it came, byte for byte.
#[derive(Debug, PartialEq)]
pub enum Payload<'a> {
    /// UTF-8.
    Text(&'a str),
    /// Anything else; written in standard base64.
    Binary(&'a [u8]),
    /// Kept apart, under this key.
    Kept(String),
}

impl<'a> Payload<'a> {
    fn of(body: &'a [u8]) -> Self {
        std::str::from_utf8(body).map_or(Self::Binary(body), Self::Text)
    }
}

/// What every event of a delivery has, whatever was understood of it.
pub(crate) struct Envelope<'a> {
    pub(crate) source: &'a str,
    pub(crate) provider: &'static str,
    pub(crate) authenticity: Authenticity,
    pub(crate) attempt: Option<u32>,
    pub(crate) now: UnixMillis,
}

impl<'a> Event<'a> {
    /// An event that says where an order is. `id` is the provider's; `time` its moment.
    pub(crate) fn of_order(
        envelope: &Envelope<'_>,
        body: &'a [u8],
        id: Cow<'a, str>,
        time: Option<String>,
        content: Content<'a>,
    ) -> Self {
        let subject = Some(content.order.id.clone());
        let mut event = Self::new(envelope, body, identity(id), Ok(content));
        event.subject = subject;
        event.time = time.unwrap_or(event.time);
        event
    }

    /// An event that carries a delivery which was not understood. `id` is one that the scheme
    /// signs or the body has; without one the body's SHA-256 stands for it.
    pub(crate) fn unrecognized(
        envelope: &Envelope<'_>,
        body: &'a [u8],
        id: Option<Cow<'a, str>>,
        reason: Unrecognized,
    ) -> Self {
        Self::new(envelope, body, identity(id.unwrap_or_default()), Err(reason))
    }

    fn new(
        envelope: &Envelope<'_>,
        body: &'a [u8],
        id: Cow<'a, str>,
        content: Result<Content<'a>, Unrecognized>,
    ) -> Self {
        Self {
            specversion: "1.0",
            id: if id.trim().is_empty() { Cow::Owned(of_bytes(body)) } else { id },
            source: format!("/hooks/{}", envelope.source),
            kind: if content.is_ok() { ORDER_STATUS } else { UNRECOGNIZED },
            subject: None,
            time: envelope.now.to_string(),
            datacontenttype: "application/json",
            data: Data {
                provider: envelope.provider,
                authenticity: envelope.authenticity,
                received_at: envelope.now,
                attempt: envelope.attempt,
                content,
                payload: Payload::of(body),
            },
        }
    }

    /// The event as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Its keys are text and nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("Data", 15)?;
        data.serialize_field("provider", self.provider)?;
        data.serialize_field("authenticity", self.authenticity.as_str())?;
        if let Ok(content) = &self.content {
            data.serialize_field("test", &content.test)?;
        }
        data.serialize_field("received_at", &self.received_at.to_string())?;
        data.serialize_field("attempt", &self.attempt)?;
        match &self.content {
            Ok(content) => content.serialize_into(&mut data)?,
            Err(reason) => data.serialize_field("reason", &Reason::from(*reason))?,
        }
        match &self.payload {
            Payload::Text(text) => data.serialize_field("payload", text)?,
            Payload::Binary(bytes) => {
                data.serialize_field("payload_base64", &STANDARD.encode(bytes))?;
            }
            Payload::Kept(key) => data.serialize_field("payload_ref", key)?,
        }
        data.end()
    }
}

impl Content<'_> {
    fn serialize_into<S: SerializeStruct>(&self, data: &mut S) -> Result<(), S::Error> {
        data.serialize_field("order", &self.order)?;
        data.serialize_field("status", &self.status)?;
        data.serialize_field("items", &self.items)?;
        data.serialize_field("total", &self.total)?;
        data.serialize_field("customer", &self.customer)?;
        data.serialize_field("driver", &self.driver)?;
        data.serialize_field("pickup", &self.pickup)?;
        data.serialize_field("notes", &self.notes)
    }
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    text: String,
}

impl From<Unrecognized> for Reason {
    fn from(reason: Unrecognized) -> Self {
        Self { code: reason.code(), text: reason.to_string() }
    }
}
