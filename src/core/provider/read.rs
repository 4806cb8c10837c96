//! The engine: reads any provider's delivery by its plan.

use std::{borrow::Cow, cell::Cell};

use super::{
    Provider,
    answer::{Handshake, HandshakeBody},
    plan::{ContactPlan, CustomerPlan, Id, Needed, Plan},
    status::Said,
    value::{Covered, Frame, MAX_SCOPES, Value},
};
use crate::{
    delivery::Delivery,
    event::{
        Change, Contact, Content, Customer, Envelope, Event, Identity, Item, Order, Payload,
        Reading, Status, Unrecognized,
    },
    json::walk::{BodyError, Found},
    scheme::{Authenticity, Part, Scheme},
    time::{UnixMillis, UtcOffset},
};

/// The lines that an order may have. Each adds more than a hundred bytes to the event, even an
/// empty one: with more lines it would be too large for a queue message anyway.
const MAX_LINES: usize = 1_200;

/// What a reading needs beside the delivery.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'r> {
    /// The source's name.
    pub(crate) source: &'r str,
    /// The zone of moments that come without one.
    pub(crate) zone: Option<UtcOffset>,
    pub(crate) authenticity: Authenticity,
    pub(crate) now: UnixMillis,
    /// Returns the SHA-256 of some bytes.
    pub(crate) sha256: &'r dyn Fn(&[u8]) -> [u8; 32],
}

/// An event that is made of one element, or of a whole body.
pub(super) struct Made<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    /// Whether the proof covers what the id is made of.
    pub(super) id_holds: bool,
    pub(super) authenticity: Authenticity,
    pub(super) time: Option<String>,
    pub(super) attempt: Option<u32>,
    pub(super) content: Result<Content<'a>, Unrecognized>,
}

impl Reader<'_> {
    /// Returns what is made of an element that was not understood.
    pub(super) fn unread<'a>(&self, reason: Unrecognized) -> Made<'a> {
        Made {
            id: None,
            id_holds: true,
            authenticity: self.authenticity,
            time: None,
            attempt: None,
            content: Err(reason),
        }
    }
}

impl Provider {
    /// Normalises a delivery that was not verified; its event says so. Use it to look at a
    /// delivery, never to act on one. `source` is the name of a source, and `zone` the zone of
    /// moments that the provider writes without one.
    #[must_use]
    pub fn normalize<'a>(
        &'a self,
        source: &str,
        zone: Option<UtcOffset>,
        delivery: &Delivery<'a>,
        now: UnixMillis,
    ) -> Reading<'a> {
        let authenticity = Authenticity::Unverified;
        let sha256 = &crate::scheme::mac::sha256;
        self.read(delivery, Reader { source, zone, authenticity, now, sha256 })
    }

    pub(crate) fn read<'a>(&'a self, delivery: &Delivery<'a>, by: Reader<'_>) -> Reading<'a> {
        let is_handshake = |handshake: &Handshake| {
            matches!(handshake, Handshake::Post { body: HandshakeBody::Empty, .. })
                && handshake.is(delivery)
        };
        if self.handshakes.iter().any(is_handshake) {
            return Reading::Test;
        }
        match text(delivery.body).and_then(|text| Ok(self.plan.trie.walk(text)?)) {
            Ok(found) => self.read_found(&found, delivery, by),
            Err(reason) => Reading::Event(self.unrecognized(delivery, by, reason)),
        }
    }

    fn read_found<'a>(
        &'a self,
        found: &Found<'a>,
        delivery: &Delivery<'a>,
        by: Reader<'_>,
    ) -> Reading<'a> {
        let plan = &self.plan;
        let (holds, hash) = (Cell::new(true), || self.body_hash(found, delivery, by));
        let frame = Frame {
            found,
            delivery,
            bases: [0; MAX_SCOPES],
            covered: Covered {
                scheme: &self.scheme,
                body: by.authenticity == Authenticity::BodySigned,
            },
            holds: &holds,
            zone: by.zone.or(plan.event.zone),
            hash: &hash,
        };
        if !plan.each.is_empty() {
            return self.read_each(&frame, by);
        }
        if found.is_full {
            return Reading::Event(self.unrecognized(delivery, by, Unrecognized::TooLarge));
        }
        match plan.make(&frame, by.authenticity) {
            Ok(Some(made)) => {
                let payload = Payload::of(delivery.body);
                Reading::Event(self.event(made, payload, hash, by))
            }
            Ok(None) => Reading::Ignored,
            Err(reason) => Reading::Event(self.unrecognized(delivery, by, reason)),
        }
    }

    pub(super) fn event<'a>(
        &'a self,
        made: Made<'a>,
        payload: Payload<'a>,
        hash: impl FnOnce() -> String,
        by: Reader<'_>,
    ) -> Event<'a> {
        let Made { id, id_holds, authenticity, time, attempt, content } = made;
        let envelope = Envelope {
            source: by.source,
            provider: &self.name,
            authenticity,
            attempt,
            now: by.now,
        };
        let is_signed =
            matches!(authenticity, Authenticity::BodySigned | Authenticity::FieldsSigned);
        let is_authentic = is_signed && id_holds;
        let id = Identity { id, is_authentic }.of(hash);
        Event::new(&envelope, id, time, content, payload)
    }

    /// Makes the event of a delivery that was not understood. Its id is that of a header, if the
    /// provider's id stands in one.
    pub(crate) fn unrecognized<'a>(
        &'a self,
        delivery: &Delivery<'a>,
        by: Reader<'_>,
        reason: Unrecognized,
    ) -> Event<'a> {
        let id = match &self.plan.event.id {
            Some(Id::Value(Value::Header(names), _)) => {
                names.iter().find_map(|name| delivery.header(name))
            }
            _ => None,
        };
        let is_signed = |name: &str| match &self.scheme {
            Scheme::Hmac(scheme) => scheme.content.contains(&Part::Header(name.into())),
            _ => false,
        };
        let id_holds = match &self.plan.event.id {
            Some(Id::Value(Value::Header(names), _)) => names.iter().all(|name| is_signed(name)),
            _ => true,
        };
        let authenticity = by.authenticity;
        let attempt = self.attempt_of(delivery);
        let made = Made { id, id_holds, authenticity, time: None, attempt, content: Err(reason) };
        let hash = || hex::encode((by.sha256)(delivery.body));
        self.event(made, Payload::of(delivery.body), hash, by)
    }

    /// Returns the attempt that a header counts: it is known of any body.
    fn attempt_of(&self, delivery: &Delivery<'_>) -> Option<u32> {
        let Some(Value::Header(names)) = &self.plan.event.attempt else {
            return None;
        };
        names.iter().find_map(|name| delivery.header(name))?.parse().ok()
    }

    /// Returns the hash of the body, without the values that change between attempts.
    fn body_hash(&self, found: &Found<'_>, delivery: &Delivery<'_>, by: Reader<'_>) -> String {
        let mut cuts: Vec<_> = self
            .plan
            .volatile
            .iter()
            .filter_map(|value| match value {
                Value::Place { scope: 0, slot } => {
                    let start = found.start(0, *slot)?;
                    Some((start, crate::json::skip_value(found.whole().as_bytes(), start)?))
                }
                _ => None,
            })
            .collect();
        if cuts.is_empty() {
            return hex::encode((by.sha256)(delivery.body));
        }
        cuts.sort_unstable();
        let (whole, mut at) = (found.whole().as_bytes(), 0);
        let mut kept = Vec::with_capacity(whole.len());
        for (start, end) in cuts {
            kept.extend_from_slice(whole.get(at..start).unwrap_or_default());
            at = at.max(end);
        }
        kept.extend_from_slice(whole.get(at..).unwrap_or_default());
        hex::encode((by.sha256)(&kept))
    }
}

/// Returns the body as text. A byte order mark is signed, but is not part of the JSON.
fn text(body: &[u8]) -> Result<&str, Unrecognized> {
    let text = std::str::from_utf8(body).map_err(|_| Unrecognized::NotUtf8)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

impl From<BodyError> for Unrecognized {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Syntax => Self::NotJson,
            BodyError::NotAnObject => Self::UnexpectedShape,
        }
    }
}

impl Needed {
    /// Returns the error of a value that is missing: it names the first object on its path that
    /// is missing, or the value.
    pub(super) fn missing(&self, frame: &Frame<'_, '_>) -> Unrecognized {
        let absent = self
            .within
            .iter()
            .find(|(scope, slot, _)| !frame.found.is_object(frame.base(*scope), *slot));
        Unrecognized::MissingField(absent.map_or(&self.name, |(_, _, name)| name).clone())
    }
}

impl Plan {
    /// Makes the event at a frame. Returns `None` if it says nothing of an order's state.
    pub(super) fn make<'a>(
        &'a self,
        frame: &Frame<'_, 'a>,
        authenticity: Authenticity,
    ) -> Result<Option<Made<'a>>, Unrecognized> {
        // First, since a delivery that is ignored may have neither an id nor an order.
        let said = self.said(frame);
        if matches!(said, Ok(Said { is_ignored: true, .. })) {
            return Ok(None);
        }
        frame.holds.set(true);
        let id = self.id(frame)?;
        let id_holds = frame.holds.replace(true);
        let event = &self.event;
        if let Some(needed) = &event.needs_topic
            && frame.maybe(event.topic.as_ref()).is_none()
        {
            return Err(needed.missing(frame));
        }
        frame.holds.set(true);
        let order = self.order(frame)?;
        let mut holds = frame.holds.replace(true);
        let Said { change, holds: said_holds, .. } = said?;
        holds &= said_holds;
        frame.holds.set(true);
        let is_test = event.test.as_ref().and_then(|flag| frame.flag(flag)) == Some(true);
        holds &= frame.holds.replace(true);
        let time = event.time.as_ref().and_then(|time| frame.time(time));
        let is_signed = authenticity == Authenticity::BodySigned;
        let time = time.filter(|_| frame.holds.get() || !is_signed);
        let authenticity =
            if is_signed && !holds { Authenticity::FieldsSigned } else { authenticity };
        let attempt = event.attempt.as_ref().and_then(|attempt| frame.whole(attempt));
        let content = self.content(frame, order, change, is_test);
        Ok(Some(Made { id, id_holds, authenticity, time, attempt, content }))
    }

    fn id<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Option<Cow<'a, str>>, Unrecognized> {
        match &self.event.id {
            None => Ok(None),
            Some(Id::Value(value, needed)) => {
                frame.text(value).map(Some).ok_or_else(|| needed.missing(frame))
            }
            Some(Id::Join(values)) => {
                let mut id = String::new();
                for (at, value) in values.iter().enumerate() {
                    let part = frame.text(value).unwrap_or_default();
                    if at + 1 == values.len() {
                        id.push_str(&part);
                    } else {
                        escape(&part, &mut id);
                        id.push(':');
                    }
                }
                Ok(Some(Cow::Owned(id)))
            }
        }
    }

    fn order<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Order<'a>, Unrecognized> {
        let order = &self.order;
        // Looked at first: the other values are not what decides.
        let id = frame.text(&order.id).ok_or_else(|| order.needed.missing(frame))?;
        let holds = frame.holds.get();
        let order = Order {
            id,
            reference: frame.maybe(order.reference.as_ref()),
            tracking_number: frame.maybe(order.tracking_number.as_ref()),
            tracking_url: frame.maybe(order.tracking_url.as_ref()),
            created_at: order.created_at.as_ref().and_then(|time| frame.time(time)),
            url_order_id: frame.maybe(order.url_id.as_ref()),
        };
        frame.holds.set(holds);
        Ok(order)
    }

    fn content<'a>(
        &'a self,
        frame: &Frame<'_, 'a>,
        order: Order<'a>,
        status: Change<'a>,
        is_test: bool,
    ) -> Result<Content<'a>, Unrecognized> {
        let test = is_test || status.now == Status::Test;
        Ok(Content {
            test,
            order,
            status,
            items: self.items(frame)?,
            total: frame.money(self.total.as_ref()),
            customer: self.customer.as_ref().and_then(|customer| customer.read(frame)),
            driver: self.driver.as_ref().and_then(|contact| contact.read(frame)),
            pickup: self.pickup.as_ref().and_then(|contact| contact.read(frame)),
            notes: frame.maybe(self.event.notes.as_ref()),
        })
    }

    fn items<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Vec<Item<'a>>, Unrecognized> {
        let Some(plan) = &self.items else {
            return Ok(Vec::new());
        };
        let mut items = Vec::new();
        for row in frame.rows(plan.list) {
            if items.len() == MAX_LINES {
                return Err(Unrecognized::TooLarge);
            }
            let line = frame.at(plan.list, row);
            items.push(Item {
                sku: line.maybe(plan.sku.as_ref()),
                name: line.maybe(plan.name.as_ref()),
                quantity: plan.quantity.as_ref().and_then(|quantity| line.whole(quantity)),
                price: line.money(plan.price.as_ref()),
                status: plan.status.as_ref().and_then(|status| self.item_status(&line, status)),
                tracking_number: line.maybe(plan.tracking_number.as_ref()),
                tracking_url: line.maybe(plan.tracking_url.as_ref()),
            });
        }
        Ok(items)
    }
}

/// Appends a part of an id, in which a colon cannot end it.
fn escape(part: &str, id: &mut String) {
    for character in part.chars() {
        match character {
            '%' => id.push_str("%25"),
            ':' => id.push_str("%3A"),
            other => id.push(other),
        }
    }
}

impl CustomerPlan {
    fn read<'a>(&'a self, frame: &Frame<'_, 'a>) -> Option<Customer<'a>> {
        if let Some((scope, slot)) = self.at
            && !frame.found.is_object(frame.base(scope), slot)
        {
            return None;
        }
        let [name, phone, email, address, city, region, postal_code, country] =
            self.values.each_ref().map(|value| frame.maybe(value.as_ref()));
        let customer = Customer { name, phone, email, address, city, region, postal_code, country };
        (self.at.is_some() || !customer.is_empty()).then_some(customer)
    }
}

impl ContactPlan {
    fn read<'a>(&'a self, frame: &Frame<'_, 'a>) -> Option<Contact<'a>> {
        let name = frame.maybe(self.name.as_ref());
        let phone = frame.maybe(self.phone.as_ref());
        (name.is_some() || phone.is_some()).then_some(Contact { name, phone })
    }
}
