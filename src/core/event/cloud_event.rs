use std::borrow::Cow;

use crate::{
    event::{Reason, Status, Unrecognized, id as identity},
    json::write::{self, Fields},
    scheme::{encoding::base64, refusal::Authenticity},
    time::UnixMillis,
};

/// The `type` of an event that says where an order is.
pub const ORDER_STATUS: &str = "orderhook.order.status.v1";
/// The `type` of an event that carries an authentic delivery which was not understood.
pub const UNRECOGNIZED: &str = "orderhook.delivery.unrecognized.v1";
/// The types of events.
pub const EVENT_TYPES: [&str; 2] = [ORDER_STATUS, UNRECOGNIZED];

/// One `CloudEvents` 1.0 event. `source` and `id` together are its identity.
///
/// ```
/// use orderhook_core::{Delivery, Provider, Reading, UnixMillis};
///
/// let definition = orderhook_catalogue::definition("wegocod");
/// let provider = Provider::parse("wegocod", definition, None)?;
/// let headers: &[(&str, &str)] = &[];
/// let body = br#"{"order":{"reference":"A-1","new_status":"delivered"}}"#;
/// let delivery = Delivery { headers: &headers, url: "", body };
///
/// // Only for looking at a body: `Source::verify` reads authentic deliveries.
/// let Reading::Event(event) = provider.normalize("shop", None, &delivery, UnixMillis(0)) else {
///  panic!("the body is an order's");
/// };
/// assert!(event.to_json().contains(r#""now":"delivered","phase":"closed""#));
/// # Ok::<_, orderhook_core::DefinitionError>(())
/// ```
#[derive(Debug)]
pub struct Event<'a> {
    specversion: &'static str,
    /// The event's id at its source: the provider's own, or one that is derived from the body.
    pub id: Cow<'a, str>,
    /// `/hooks/` and the source's name.
    pub source: String,
    /// [`ORDER_STATUS`] or [`UNRECOGNIZED`].
    pub kind: &'static str,
    /// The order's id; characters that no `CloudEvents` string may hold are percent-encoded.
    pub subject: Option<Cow<'a, str>>,
    /// RFC 3339 in UTC. It is the provider's moment where [`Data::time_source`] says so, else the
    /// moment of receipt.
    pub time: String,
    datacontenttype: &'static str,
    /// The time of receipt, as text.
    pub(super) received: String,
    /// The data of the event.
    pub data: Data<'a>,
}

/// The data of an event.
#[derive(Debug)]
pub struct Data<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The kind of proof that the delivery had.
    pub authenticity: Authenticity,
    /// The time of receipt.
    pub received_at: UnixMillis,
    /// The origin of the event's `time`.
    pub time_source: TimeSource,
    /// The number of the provider's attempt, as an unsigned header says.
    pub attempt: Option<u32>,
    /// The normalised content, or the reason why there is none.
    pub content: Result<Content<'a>, Unrecognized>,
    /// The body as it came.
    pub payload: Payload<'a>,
}

/// The origin of an event's `time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// The provider's moment.
    Provider,
    /// The moment of receipt: the provider names no moment, or one that is too far ahead.
    Receipt,
}

impl TimeSource {
    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Receipt => "receipt",
        }
    }
}

/// Milliseconds that a provider's moment may be ahead of the receipt.
const MAX_AHEAD_MS: u64 = 24 * 60 * 60 * 1000;

/// A provider's report on an order.
#[derive(Debug)]
pub struct Content<'a> {
    /// Whether it is a test of the provider's.
    pub test: bool,
    /// The way that the parcel goes, where the provider says it.
    pub direction: Option<Direction>,
    /// The order.
    pub order: Order<'a>,
    /// The change of its status.
    pub status: Change<'a>,
    /// Its lines.
    pub items: Vec<Item<'a>>,
    /// Its price, or the amount to be collected for it.
    pub total: Option<Money<'a>>,
    /// The recipient.
    pub customer: Option<Customer<'a>>,
    /// The driver.
    pub driver: Option<Contact<'a>>,
    /// The office where it waits to be picked up.
    pub pickup: Option<Contact<'a>>,
    /// Notes for the driver.
    pub notes: Option<Cow<'a, str>>,
}

/// The way that a parcel goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the recipient.
    Forward,
    /// Back to the sender.
    Return,
}

impl Direction {
    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Return => "return",
        }
    }
}

/// An order's names and times.
#[derive(Debug, Default)]
pub struct Order<'a> {
    /// The provider's id of the order.
    pub id: Cow<'a, str>,
    /// The name that people use for the order, where it differs from the id.
    pub reference: Option<Cow<'a, str>>,
    /// The carrier's tracking number.
    pub tracking_number: Option<Cow<'a, str>>,
    /// The carrier's tracking page.
    pub tracking_url: Option<Cow<'a, str>>,
    /// The carrier's name or code, in the provider's words.
    pub carrier: Option<Cow<'a, str>>,
    /// RFC 3339 in UTC; `None` where the provider's text is not a moment.
    pub created_at: Option<String>,
    /// When the parcel is expected, as `created_at`.
    pub estimated_delivery: Option<String>,
    /// The id that the provider (Gooten) appended to the URL.
    pub url_order_id: Option<Cow<'a, str>>,
}

/// A change of an order's status.
#[derive(Debug)]
pub struct Change<'a> {
    /// The new status.
    pub now: Status,
    /// Why it has that status, where the provider says it.
    pub reason: Option<Reason>,
    /// The status before.
    pub was: Option<Status>,
    /// Whether no other status follows.
    pub is_final: bool,
    /// Whether the provider's pages list the status, and the transition to it.
    pub documented: bool,
    /// The provider's name for what happened.
    pub provider_event: Option<Cow<'a, str>>,
    /// The provider's word for the new status.
    pub provider_now: Option<Cow<'a, str>>,
    /// The provider's word for the status before.
    pub provider_was: Option<Cow<'a, str>>,
}

/// A line of an order.
#[derive(Debug, Default)]
pub struct Item<'a> {
    /// The shop's or the provider's stock-keeping unit.
    pub sku: Option<Cow<'a, str>>,
    /// The product's name.
    pub name: Option<Cow<'a, str>>,
    /// The number of pieces; `None` where it is not a whole number.
    pub quantity: Option<u32>,
    /// The price of one piece.
    pub price: Option<Money<'a>>,
    /// The status of this line, from a provider that reports each line.
    pub status: Option<ItemStatus<'a>>,
    /// The carrier's tracking number of this line.
    pub tracking_number: Option<Cow<'a, str>>,
    /// The carrier's tracking page of this line.
    pub tracking_url: Option<Cow<'a, str>>,
}

/// The status of a line of an order.
#[derive(Debug)]
pub struct ItemStatus<'a> {
    /// The new status.
    pub now: Status,
    /// Whether no other status follows.
    pub is_final: bool,
    /// The provider's word.
    pub provider_now: Cow<'a, str>,
}

/// An amount, with the digits that the provider sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Money<'a> {
    /// Decimal text. The provider decides whether it is in units or in cents.
    pub amount: Cow<'a, str>,
    /// ISO 4217, where the provider names it.
    pub currency: Option<Cow<'a, str>>,
}

/// The recipient of an order.
#[derive(Debug, Default)]
#[allow(missing_docs)] // The names say what they are.
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
#[derive(Debug, Default)]
#[allow(missing_docs)] // The names say what they are.
pub struct Contact<'a> {
    pub name: Option<Cow<'a, str>>,
    pub phone: Option<Cow<'a, str>>,
}

/// The body as it came, byte for byte but for its secrets.
#[derive(Debug, PartialEq)]
pub enum Payload<'a> {
    /// UTF-8.
    Text(Cow<'a, str>),
    /// UTF-8, in which secrets of the provider's were overwritten.
    Redacted(String),
    /// Any other bytes. They are written in standard base64.
    Binary(&'a [u8]),
    /// Stored apart from the event, under this key.
    Kept(String),
    /// Left out: the caller has the body.
    Omitted,
}

impl<'a> Payload<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        std::str::from_utf8(body).map_or(Self::Binary(body), |text| Self::Text(Cow::Borrowed(text)))
    }
}

/// The fields that every event of a delivery has, recognised or not.
pub(crate) struct Envelope<'s, 'a> {
    pub(crate) source: &'s str,
    pub(crate) provider: &'a str,
    pub(crate) authenticity: Authenticity,
    pub(crate) attempt: Option<u32>,
    pub(crate) now: UnixMillis,
}

impl Envelope<'_, '_> {
    /// Whether a moment (RFC 3339 in UTC) is more than a day after the receipt, `received` as text.
    fn is_far_ahead(&self, time: &str, received: &str) -> bool {
        let latest = || UnixMillis(self.now.0.saturating_add(MAX_AHEAD_MS)).text();
        is_after(time, received) && is_after(time, &latest())
    }
}

/// Whether a moment is in a later second than another one. Years have four digits, so texts up to
/// the second compare as moments do.
fn is_after(moment: &str, other: &str) -> bool {
    const BYTES: usize = "2024-11-14T12:39:13".len();
    // Byte by byte: of texts whose length is known, the compiler writes each comparison out.
    moment.bytes().take(BYTES).gt(other.bytes().take(BYTES))
}

impl<'a> Event<'a> {
    /// Makes an event. `time` is the provider's moment.
    pub(crate) fn new(
        envelope: &Envelope<'_, 'a>,
        id: Cow<'a, str>,
        time: Option<String>,
        content: Result<Content<'a>, Unrecognized>,
        payload: Payload<'a>,
    ) -> Self {
        let received = envelope.now.text();
        let time = time.filter(|time| !envelope.is_far_ahead(time, &received));
        let time_source = if time.is_some() { TimeSource::Provider } else { TimeSource::Receipt };
        Self {
            specversion: "1.0",
            id,
            source: ["/hooks/", envelope.source].concat(),
            kind: if content.is_ok() { ORDER_STATUS } else { UNRECOGNIZED },
            subject: content.as_ref().ok().map(|content| identity::subject(&content.order.id)),
            time: time.unwrap_or_else(|| received.clone()),
            datacontenttype: "application/json",
            received,
            data: Data {
                provider: envelope.provider,
                authenticity: envelope.authenticity,
                received_at: envelope.now,
                time_source,
                attempt: envelope.attempt,
                content,
                payload,
            },
        }
    }

    /// Returns the event as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        write::object(|event| {
            event.text("specversion", self.specversion);
            event.text("id", &self.id);
            event.text("source", &self.source);
            event.text("type", self.kind);
            if let Some(subject) = &self.subject {
                event.text("subject", subject);
            }
            event.text("time", &self.time);
            event.text("datacontenttype", self.datacontenttype);
            event.object("data", |data| self.data.write(data));
        })
    }
}

impl Data<'_> {
    fn write(&self, data: &mut Fields<'_>) {
        data.text("provider", self.provider);
        data.text("authenticity", self.authenticity.as_str());
        if let Ok(content) = &self.content {
            data.flag("test", content.test);
            data.text_or_null("direction", content.direction.map(Direction::as_str));
        }
        data.text("received_at", &self.received_at.text());
        data.text("time_source", self.time_source.as_str());
        data.number_or_null("attempt", self.attempt);
        match &self.content {
            Ok(content) => content.write(data),
            Err(reason) => data.object("reason", |fields| {
                fields.text("code", reason.code());
                fields.text("text", &reason.to_string());
            }),
        }
        match &self.payload {
            Payload::Text(text) => data.text("payload", text),
            Payload::Redacted(text) => data.text("payload", text),
            Payload::Binary(bytes) => data.text("payload_base64", &base64(bytes)),
            Payload::Kept(key) => data.text("payload_ref", key),
            Payload::Omitted => {}
        }
    }
}

impl Content<'_> {
    fn write(&self, data: &mut Fields<'_>) {
        data.object("order", |fields| self.order.write(fields));
        data.object("status", |fields| self.status.write(fields));
        data.objects("items", &self.items, Item::write);
        data.object_or_null("total", self.total.as_ref(), Money::write);
        data.object_or_null("customer", self.customer.as_ref(), Customer::write);
        data.object_or_null("driver", self.driver.as_ref(), Contact::write);
        data.object_or_null("pickup", self.pickup.as_ref(), Contact::write);
        data.text_or_null("notes", self.notes.as_deref());
    }
}

impl Order<'_> {
    fn write(&self, order: &mut Fields<'_>) {
        order.text("id", &self.id);
        order.text_or_null("reference", self.reference.as_deref());
        order.text_or_null("tracking_number", self.tracking_number.as_deref());
        order.text_or_null("tracking_url", self.tracking_url.as_deref());
        order.text_or_null("carrier", self.carrier.as_deref());
        order.text_or_null("created_at", self.created_at.as_deref());
        order.text_or_null("estimated_delivery", self.estimated_delivery.as_deref());
        if let Some(id) = &self.url_order_id {
            order.text("url_order_id", id);
        }
    }
}

impl Change<'_> {
    fn write(&self, change: &mut Fields<'_>) {
        change.text("now", self.now.as_str());
        change.text("phase", self.now.phase().as_str());
        change.text_or_null("reason", self.reason.map(Reason::as_str));
        change.text_or_null("was", self.was.map(Status::as_str));
        change.flag("final", self.is_final);
        change.flag("documented", self.documented);
        change.text_or_null("provider_event", self.provider_event.as_deref());
        change.text_or_null("provider_now", self.provider_now.as_deref());
        change.text_or_null("provider_was", self.provider_was.as_deref());
    }
}

impl Item<'_> {
    fn write(&self, item: &mut Fields<'_>) {
        item.text_or_null("sku", self.sku.as_deref());
        item.text_or_null("name", self.name.as_deref());
        item.number_or_null("quantity", self.quantity);
        item.object_or_null("price", self.price.as_ref(), Money::write);
        item.object_or_null("status", self.status.as_ref(), ItemStatus::write);
        item.text_or_null("tracking_number", self.tracking_number.as_deref());
        item.text_or_null("tracking_url", self.tracking_url.as_deref());
    }
}

impl ItemStatus<'_> {
    fn write(&self, status: &mut Fields<'_>) {
        status.text("now", self.now.as_str());
        status.flag("final", self.is_final);
        status.text("provider_now", &self.provider_now);
    }
}

impl Money<'_> {
    fn write(&self, money: &mut Fields<'_>) {
        money.text("amount", &self.amount);
        money.text_or_null("currency", self.currency.as_deref());
    }
}

impl Customer<'_> {
    /// Whether nothing is known of the recipient.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts().into_iter().all(Option::is_none)
    }

    /// Returns the texts, in the order in which an event has them.
    pub(crate) fn texts(&self) -> [&Option<Cow<'_, str>>; 8] {
        let Self { name, phone, email, address, city, region, postal_code, country } = self;
        [name, phone, email, address, city, region, postal_code, country]
    }

    fn write(&self, customer: &mut Fields<'_>) {
        for (name, value) in [
            ("name", &self.name),
            ("phone", &self.phone),
            ("email", &self.email),
            ("address", &self.address),
            ("city", &self.city),
            ("region", &self.region),
            ("postal_code", &self.postal_code),
            ("country", &self.country),
        ] {
            customer.text_or_null(name, value.as_deref());
        }
    }
}

impl Contact<'_> {
    fn write(&self, contact: &mut Fields<'_>) {
        contact.text_or_null("name", self.name.as_deref());
        contact.text_or_null("phone", self.phone.as_deref());
    }
}
