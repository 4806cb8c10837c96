use std::{collections::BTreeSet, fmt};

use super::{
    customer,
    moment::Moment,
    notice::{ADDRESS, OPERATIONAL, OPERATIONAL_TYPES, is_operational},
    words,
};
use crate::{
    event::{Direction, EVENT_TYPES, ORDER_STATUS, Reason, Status, TimeSource, id},
    json::{Json, Object},
    source::is_name,
};

/// The bytes that an event's id may have.
const MAX_ID: usize = 256;

/// An event as it was taken from the queue. Members that it does not know are ignored, so a newer
/// receiver may add some.
///
/// ```
/// use orderhook_core::dispatch::Taken;
///
/// let event = Taken::read(
///     r#"{"specversion":"1.0","id":"msg_1","source":"/hooks/shop",
///         "type":"orderhook.order.status.v1","subject":"1001","time":"2026-05-09T12:00:00Z",
///         "data":{"provider":"standard-webhooks","received_at":"2026-05-09T12:00:01Z",
///                 "order":{"id":"1001"},"status":{"now":"shipped"}}}"#,
/// )?;
/// assert_eq!((&*event.source, &*event.id), ("shop", "msg_1"));
/// assert_eq!(event.report.map(|report| report.order), Some("1001".to_owned()));
/// # Ok::<_, orderhook_core::dispatch::NotAnEvent>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The source's name; [`OPERATIONAL`] for an operational event.
    pub source: String,
    /// The event's id, unique at its source.
    pub id: String,
    /// One of [`EVENT_TYPES`] or [`OPERATIONAL_TYPES`].
    pub kind: &'static str,
    /// When it happened.
    pub time: Moment,
    /// The origin of `time`.
    pub time_source: TimeSource,
    /// When the receiver got it.
    pub received: Moment,
    /// The provider's name.
    pub provider: String,
    /// The proof that the delivery had, in the event's word.
    pub authenticity: String,
    /// How many installations of orderhook it had passed.
    pub hops: u32,
    /// The KV key of a body that is stored apart.
    pub payload_ref: Option<String>,
    /// What it says of an order; `None` if the delivery was not understood.
    pub report: Option<Report>,
    /// What it tells the people who run orderhook; `None` for an event of the receiver.
    pub told: Option<Told>,
}

/// What an operational event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// A sentence for people.
    pub text: String,
    /// The name of the source that it is about.
    pub source: Option<String>,
}

/// What an event says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether it is a test of the provider's.
    pub test: bool,
    /// The order's id.
    pub order: String,
    /// The name that people use for the order.
    pub reference: Option<String>,
    /// The carrier's tracking number.
    pub tracking_number: Option<String>,
    /// The carrier's tracking page.
    pub tracking_url: Option<String>,
    /// The carrier's name or code.
    pub carrier: Option<String>,
    /// When the parcel is expected.
    pub estimated_delivery: Option<Moment>,
    /// The direction of the parcel.
    pub direction: Option<Direction>,
    /// The new status. A word of a newer receiver is [`Status::Unknown`].
    pub status: Status,
    /// The status before.
    pub was: Option<Status>,
    /// Why it has that status.
    pub reason: Option<Reason>,
    /// Whether no other status follows.
    pub is_final: bool,
    /// The provider's name for what happened.
    pub provider_event: Option<String>,
    /// The provider's word for the new status.
    pub provider_now: Option<String>,
    /// The order's lines.
    pub items: Vec<ItemReport>,
    /// The keys of its customer, as [`customer_keys`](super::customer_keys) makes them.
    pub customers: BTreeSet<String>,
}

/// What an event says of one line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReport {
    /// The stock-keeping unit.
    pub sku: Option<String>,
    /// The product's name.
    pub name: Option<String>,
    /// The number of pieces.
    pub quantity: Option<u32>,
    /// The status of this line, and whether it is final.
    pub status: Option<(Status, bool)>,
    /// The provider's word for the line's status.
    pub provider_now: Option<String>,
    /// The carrier's tracking number of this line.
    pub tracking_number: Option<String>,
    /// The carrier's tracking page of this line.
    pub tracking_url: Option<String>,
}

/// A reason why a text is not an event. It quotes nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAnEvent {
    /// It is not JSON, or has more than 128 levels.
    NotJson,
    /// It is JSON of another type.
    NotAnObject,
    /// A required member is missing, or given twice.
    Missing(&'static str),
    /// A member has a value that no event has.
    Invalid(&'static str),
    /// This version does not know its `type`. A newer version may.
    UnknownType,
}

impl NotAnEvent {
    /// Returns a stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::Missing(_) => "missing_member",
            Self::Invalid(_) => "invalid_member",
            Self::UnknownType => "unknown_type",
        }
    }
}

impl fmt::Display for NotAnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("the message is not JSON"),
            Self::NotAnObject => f.write_str("the message is not a JSON object"),
            Self::Missing(member) => write!(f, "the message has no `{member}`"),
            Self::Invalid(member) => write!(f, "the message's `{member}` is not an event's"),
            Self::UnknownType => f.write_str("the message's `type` is unknown"),
        }
    }
}

impl std::error::Error for NotAnEvent {}

impl Taken {
    /// Reads an event from its JSON text.
    ///
    /// # Errors
    ///
    /// Fails if the text is not an event, and says why.
    pub fn read(json: &str) -> Result<Self, NotAnEvent> {
        let json = Json::parse(json).map_err(|_| NotAnEvent::NotJson)?;
        let event = json.object().ok_or(NotAnEvent::NotAnObject)?;
        if required(event, "specversion", "specversion")? != "1.0" {
            return Err(NotAnEvent::Invalid("specversion"));
        }
        let kind = kind(required(event, "type", "type")?)?;
        let source = source(required(event, "source", "source")?, kind)?;
        let id = required(event, "id", "id")?;
        if id.len() > MAX_ID {
            return Err(NotAnEvent::Invalid("id"));
        }
        let time = moment(event, "time", "time")?;
        let data = object(event, "data", "data")?;
        if is_operational(kind) {
            return Self::operational(kind, id, time, data);
        }
        let received = moment(data, "received_at", "data.received_at")?;
        let report = (kind == ORDER_STATUS).then(|| Report::read(data)).transpose()?;
        Ok(Self {
            source: source.to_owned(),
            id: id.to_owned(),
            kind,
            time_source: time_source(data, &time, &received),
            time,
            received,
            provider: required(data, "provider", "data.provider")?.to_owned(),
            authenticity: text(data, "authenticity").unwrap_or_default(),
            hops: hops(event),
            payload_ref: text(data, "payload_ref"),
            report,
            told: None,
        })
    }

    /// Reads an operational event, which dispatch itself has written.
    fn operational(
        kind: &'static str,
        id: &str,
        time: Moment,
        data: &Object<'_>,
    ) -> Result<Self, NotAnEvent> {
        let told = Told {
            text: required(data, "text", "data.text")?.to_owned(),
            source: text(data, "source"),
        };
        Ok(Self {
            source: OPERATIONAL.to_owned(),
            id: id.to_owned(),
            kind,
            received: time.clone(),
            time,
            time_source: TimeSource::Receipt,
            provider: "orderhook".to_owned(),
            authenticity: String::new(),
            hops: 0,
            payload_ref: None,
            report: None,
            told: Some(told),
        })
    }

    /// Returns whether the event's id is composed of the delivery's content, because the provider
    /// sends no id of its own. The same id may then stand for something new after a while, such as
    /// a second attempt to deliver, so a journal remembers it no longer than the receiver does.
    ///
    /// No member of an event says whether its id is composed. An id is taken as composed
    ///
    /// - if it is a SHA-256 in hex, or ends with `:` and one: the receiver makes sure that no
    ///   provider's own id does;
    /// - if it holds a name of the order and the provider's word for what happened, as the key
    ///   that `WeGoCod`'s page prescribes does.
    ///
    /// The second rule may take a provider's own id as composed: a late copy is then a second
    /// event with the verdict `repeat`. A key of other parts is taken as the provider's own.
    #[must_use]
    pub fn is_composed(&self) -> bool {
        let holds = |part: &Option<String>| {
            part.as_deref().is_some_and(|part| part != self.id && id::has_part(&self.id, part))
        };
        id::ends_in_a_hash(&self.id)
            || self.report.as_ref().is_some_and(|report| {
                let has_name = id::has_part(&self.id, &report.order)
                    || [&report.reference, &report.tracking_number].into_iter().any(holds);
                has_name && [&report.provider_now, &report.provider_event].into_iter().any(holds)
            })
    }
}

impl Report {
    fn read(data: &Object<'_>) -> Result<Self, NotAnEvent> {
        let order = object(data, "order", "data.order")?;
        let status = object(data, "status", "data.status")?;
        let now = required(status, "now", "data.status.now")?;
        let customer = data.get("customer").and_then(Json::object);
        let items = data.get("items").and_then(Json::list).unwrap_or_default();
        Ok(Self {
            test: flag(data, "test"),
            order: required(order, "id", "data.order.id")?.to_owned(),
            reference: text(order, "reference"),
            tracking_number: text(order, "tracking_number"),
            tracking_url: text(order, "tracking_url"),
            carrier: text(order, "carrier"),
            estimated_delivery: text(order, "estimated_delivery")
                .and_then(|text| Moment::parse(&text)),
            direction: text(data, "direction").and_then(|word| words::direction(&word)),
            status: words::status(now).unwrap_or(Status::Unknown),
            was: text(status, "was").and_then(|word| words::status(&word)),
            reason: text(status, "reason").map(|word| words::reason(&word)),
            is_final: flag(status, "final"),
            provider_event: text(status, "provider_event"),
            // A status of a newer receiver is its own word.
            provider_now: text(status, "provider_now")
                .or_else(|| words::status(now).is_none().then(|| now.to_owned())),
            items: items.iter().filter_map(Json::object).map(ItemReport::read).collect(),
            customers: customer.map(customer::of).unwrap_or_default(),
        })
    }
}

impl ItemReport {
    fn read(item: &Object<'_>) -> Self {
        let status = item.get("status").and_then(Json::object);
        let now = status.and_then(|status| {
            let now = words::status(&text(status, "now")?).unwrap_or(Status::Unknown);
            Some((now, flag(status, "final")))
        });
        Self {
            sku: text(item, "sku"),
            name: text(item, "name"),
            quantity: item
                .get("quantity")
                .and_then(Json::whole)
                .and_then(|number| u32::try_from(number).ok()),
            status: now,
            provider_now: status.and_then(|status| text(status, "provider_now")),
            tracking_number: text(item, "tracking_number"),
            tracking_url: text(item, "tracking_url"),
        }
    }
}

fn kind(text: &str) -> Result<&'static str, NotAnEvent> {
    let mut known = EVENT_TYPES.into_iter().chain(OPERATIONAL_TYPES);
    known.find(|kind| *kind == text).ok_or(NotAnEvent::UnknownType)
}

fn source<'p>(path: &'p str, kind: &str) -> Result<&'p str, NotAnEvent> {
    let name = if is_operational(kind) {
        (path == ADDRESS).then_some(OPERATIONAL)
    } else {
        path.strip_prefix("/hooks/").filter(|name| is_name(name))
    };
    name.ok_or(NotAnEvent::Invalid("source"))
}

/// Returns the origin of an event's time. An event that does not name it has the provider's moment,
/// unless that is the receipt's.
fn time_source(data: &Object<'_>, time: &Moment, received: &Moment) -> TimeSource {
    let named = text(data, "time_source").and_then(|word| words::time_source(&word));
    let of_receipt = if time == received { TimeSource::Receipt } else { TimeSource::Provider };
    named.unwrap_or(of_receipt)
}

fn required<'o>(of: &'o Object<'_>, name: &str, path: &'static str) -> Result<&'o str, NotAnEvent> {
    let text = of.get(name).ok_or(NotAnEvent::Missing(path))?.text();
    text.filter(|text| !text.is_empty()).ok_or(NotAnEvent::Invalid(path))
}

fn object<'o, 'j>(
    of: &'o Object<'j>,
    name: &str,
    path: &'static str,
) -> Result<&'o Object<'j>, NotAnEvent> {
    of.get(name).ok_or(NotAnEvent::Missing(path))?.object().ok_or(NotAnEvent::Invalid(path))
}

fn moment(of: &Object<'_>, name: &str, path: &'static str) -> Result<Moment, NotAnEvent> {
    Moment::parse(required(of, name, path)?).ok_or(NotAnEvent::Invalid(path))
}

/// Returns the hops of an event: its extension `orderhookhop`.
fn hops(event: &Object<'_>) -> u32 {
    let hops = event.get("orderhookhop").and_then(Json::whole);
    hops.and_then(|hops| u32::try_from(hops).ok()).unwrap_or(0)
}

/// Returns a text; a value of another type is absent, and so is an empty text.
fn text(of: &Object<'_>, name: &str) -> Option<String> {
    let text = of.get(name)?.text()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn flag(of: &Object<'_>, name: &str) -> bool {
    of.get(name).and_then(Json::flag).unwrap_or(false)
}
