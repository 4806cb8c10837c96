//! The engine: reads any provider's delivery by its plan.

use std::{borrow::Cow, cell::Cell, ops::Range};

use super::{
    Provider,
    answer::{Handshake, HandshakeBody},
    plan::{Bound, Field, Id, Needed, Plan},
    status::Said,
    value::{Covered, Frame, MAX_SCOPES, Value, note},
};
use crate::{
    delivery::Delivery,
    event::{
        Change, Contact, Content, Customer, Direction, Envelope, Event, Identity, Item, Money,
        Order, Payload, Reading, Status, Unrecognized, id,
    },
    json::{
        skip_value,
        walk::{BodyError, Found},
    },
    scheme::Authenticity,
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
    pub(super) decided: Decided,
    pub(super) authenticity: Authenticity,
    pub(super) time: Option<String>,
    pub(super) attempt: Option<u32>,
    pub(super) content: Result<Content<'a>, Unrecognized>,
}

/// What decided what happened to which order.
#[derive(Default)]
pub(crate) struct Decided {
    /// Whether it is not sure that the proof covers all of it.
    pub(super) is_open: bool,
    /// What of it stands outside the body and is not covered.
    pub(super) outside: String,
}

/// A reason why no event can be made of an element, and what decided that.
pub(crate) struct Unread {
    pub(super) reason: Unrecognized,
    pub(super) decided: Decided,
}

impl From<Unrecognized> for Unread {
    fn from(reason: Unrecognized) -> Self {
        Self { reason, decided: Decided::default() }
    }
}

impl Reader<'_> {
    /// Returns the SHA-256 of some bytes, in hex.
    pub(super) fn hash(&self, bytes: &[u8]) -> String {
        hex::encode((self.sha256)(bytes))
    }

    /// Returns the hash of a hash and of more texts; the hash itself, if there are none.
    pub(super) fn hash_with(&self, hash: String, more: &str) -> String {
        if more.is_empty() { hash } else { self.hash([&hash, more].concat().as_bytes()) }
    }

    /// Returns what is made of an element that was not understood.
    pub(super) fn unread<'a>(&self, Unread { reason, decided }: Unread) -> Made<'a> {
        let is_lowered = decided.is_open && self.authenticity == Authenticity::BodySigned;
        Made {
            id: None,
            id_holds: true,
            decided,
            authenticity: if is_lowered { Authenticity::FieldsSigned } else { self.authenticity },
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
            Err(reason) => Reading::Event(self.unrecognized(delivery, by, reason.into())),
        }
    }

    fn read_found<'a>(
        &'a self,
        found: &Found<'a>,
        delivery: &Delivery<'a>,
        by: Reader<'_>,
    ) -> Reading<'a> {
        let plan = &self.plan;
        let (holds, bytes, outside) = (Cell::new(true), Cell::new(0), Cell::default());
        let unhashed = Frame {
            found,
            delivery,
            bases: [0; MAX_SCOPES],
            covered: Covered {
                scheme: &self.scheme,
                body: by.authenticity == Authenticity::BodySigned,
            },
            holds: &holds,
            outside: &outside,
            bytes: &bytes,
            zone: by.zone.or(plan.zone),
            hash: &String::new,
        };
        let hash = || by.hash_with(self.body_hash(found, delivery, by), &plan.around(&unhashed, 0));
        let frame = Frame { hash: &hash, ..unhashed };
        if !plan.each.is_empty() {
            return self.read_each(&frame, by);
        }
        if found.is_full {
            return Reading::Event(self.unrecognized(delivery, by, Unrecognized::TooLarge.into()));
        }
        match plan.make(&frame, by.authenticity) {
            Ok(Some(made)) => {
                Reading::Event(self.event(made, self.payload(delivery.body), hash, by))
            }
            Ok(None) => Reading::Ignored,
            Err(unread) => Reading::Event(self.unrecognized(delivery, by, unread)),
        }
    }

    pub(super) fn event<'a>(
        &'a self,
        made: Made<'a>,
        payload: Payload<'a>,
        hash: impl FnOnce() -> String,
        by: Reader<'_>,
    ) -> Event<'a> {
        let Made { id, id_holds, decided, authenticity, time, attempt, content } = made;
        let envelope = Envelope {
            source: by.source,
            provider: &self.name,
            authenticity,
            attempt,
            now: by.now,
        };
        let is_signed =
            matches!(authenticity, Authenticity::BodySigned | Authenticity::FieldsSigned);
        let covers_body = by.authenticity == Authenticity::BodySigned;
        // With an id that anyone can change, a copy would be a new event each time.
        let id = id.filter(|_| id_holds || !covers_body);
        let is_authentic = is_signed && !decided.is_open && (id_holds || covers_body);
        // Where the id is all that decided outside the body, the event's id has it already.
        let is_outside = |id: &str| {
            let mut noted = String::new();
            note(Some(id), &mut noted);
            noted == decided.outside
        };
        let is_whole = is_authentic || id.as_deref().is_some_and(is_outside);
        let id = Identity { id, is_authentic }
            .of(|| if is_whole { hash() } else { by.hash_with(hash(), &decided.outside) });
        Event::new(&envelope, id, time, content, payload)
    }

    /// Makes the event of a delivery that was not understood. Its id is that of a header, if the
    /// provider's id stands in one.
    pub(crate) fn unrecognized<'a>(
        &'a self,
        delivery: &Delivery<'a>,
        by: Reader<'_>,
        unread: Unread,
    ) -> Event<'a> {
        let covered = Covered { scheme: &self.scheme, body: true };
        let (id, id_holds) = match &self.plan.id {
            Some(Id::Value(Value::Header(names), _)) => {
                (names.iter().find_map(|name| delivery.header(name)), covered.header(names))
            }
            _ => (None, true),
        };
        let attempt = self.attempt_of(delivery);
        let made = Made { id, id_holds, attempt, ..by.unread(unread) };
        let hash = || by.hash_with(by.hash(delivery.body), &self.plan.headers(delivery, covered));
        self.event(made, self.payload(delivery.body), hash, by)
    }

    /// Returns the attempt that a header counts: it is known of any body.
    fn attempt_of(&self, delivery: &Delivery<'_>) -> Option<u32> {
        let Some(Value::Header(names)) = self.plan.value(Field::Attempt) else {
            return None;
        };
        names.iter().find_map(|name| delivery.header(name))?.parse().ok()
    }

    /// Returns the hash of the body, without the values that change between attempts.
    fn body_hash(&self, found: &Found<'_>, delivery: &Delivery<'_>, by: Reader<'_>) -> String {
        let cuts = cuts(&self.plan.volatile, found);
        if cuts.is_empty() {
            return by.hash(delivery.body);
        }
        by.hash(&without(found.whole(), &(0..found.whole().len()), &cuts, ""))
    }

    /// Returns the payload of a body, without its secrets.
    fn payload<'a>(&self, body: &'a [u8]) -> Payload<'a> {
        if self.plan.redacted.is_empty() {
            return Payload::of(body);
        }
        let walked = text(body).ok().and_then(|text| self.plan.trie.walk(text).ok());
        // A secret may stand anywhere in what is not JSON.
        let Some(found) = walked.filter(|found| !self.hides_secret(found)) else {
            return Payload::Redacted(String::new());
        };
        let redacted = self.redacted(&found, &(0..found.whole().len()));
        redacted.map_or_else(|| Payload::of(body), Payload::Redacted)
    }

    /// Whether a secret may stand where it is not found, since its key is given twice.
    pub(super) fn hides_secret(&self, found: &Found<'_>) -> bool {
        found.has_twins && cuts(&self.plan.redacted, found).len() < self.plan.redacted.len()
    }

    /// Returns a part of the text without the secrets in it; `None` if there are none.
    pub(super) fn redacted(&self, found: &Found<'_>, range: &Range<usize>) -> Option<String> {
        const REDACTED: &str = "\"redacted\"";
        let mut cuts = cuts(&self.plan.redacted, found);
        cuts.retain(|(start, _)| range.contains(start));
        if cuts.is_empty() {
            return None;
        }
        String::from_utf8(without(found.whole(), range, &cuts, REDACTED)).ok()
    }
}

/// Returns where values stand in a text, in order.
fn cuts(values: &[Value], found: &Found<'_>) -> Vec<(usize, usize)> {
    let whole = found.whole().as_bytes();
    let mut cuts = Vec::new();
    for value in values {
        let Value::Place { scope: 0, slot, .. } = value else {
            continue;
        };
        let start = found.start(0, *slot);
        if let Some(cut) = start.zip(start.and_then(|at| skip_value(whole, at))) {
            let at = cuts.binary_search(&cut).unwrap_or_else(|at| at);
            cuts.insert(at, cut);
        }
    }
    cuts
}

/// Returns a part of a text with another text in the place of each cut.
fn without(text: &str, range: &Range<usize>, cuts: &[(usize, usize)], instead: &str) -> Vec<u8> {
    let whole = text.as_bytes();
    let mut at = range.start;
    let mut kept = Vec::with_capacity(range.len());
    for (start, end) in cuts {
        if *start < at {
            // It is in the cut before.
            continue;
        }
        kept.extend_from_slice(whole.get(at..*start).unwrap_or_default());
        kept.extend_from_slice(instead.as_bytes());
        at = *end;
    }
    kept.extend_from_slice(whole.get(at..range.end).unwrap_or_default());
    kept
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
    ) -> Result<Option<Made<'a>>, Unread> {
        frame.outside.take();
        // First, since a delivery that is ignored may have neither an id nor an order.
        let said = self.said(frame);
        if matches!(said, Ok(Said { is_ignored: true, .. })) {
            return Ok(None);
        }
        // The id is a part of the identity already.
        let outside = frame.outside.take();
        let said_holds = frame.holds.replace(true);
        let id = self.id(frame);
        let id_holds = frame.holds.replace(said_holds);
        frame.outside.set(outside);
        // An id that is not covered is not used, so a delivery without it is no other event.
        let id = if id_holds || !frame.covered.body { id } else { Ok(None) };
        let made = id.and_then(|id| self.made(frame, authenticity, said, (id, id_holds)));
        made.map(Some).map_err(|reason| {
            let is_open = !frame.holds.get() || authenticity != Authenticity::BodySigned;
            Unread { reason, decided: Decided { is_open, outside: frame.outside.take() } }
        })
    }

    /// Makes the event of what the look-ups say, and goes on noting what decides.
    fn made<'a>(
        &'a self,
        frame: &Frame<'_, 'a>,
        authenticity: Authenticity,
        said: Result<Said<'a>, Unrecognized>,
        (id, id_holds): (Option<Cow<'a, str>>, bool),
    ) -> Result<Made<'a>, Unrecognized> {
        if let Some(needed) = &self.needs_topic
            && self.text(frame, Field::Topic).is_none()
        {
            return Err(needed.missing(frame));
        }
        let order = self.order(frame)?;
        let change = said?.change;
        let is_test = self.test.as_ref().and_then(|flag| frame.flag(flag)) == Some(true);
        let (holds, outside) = (frame.holds.replace(true), frame.outside.take());
        let time = self.time(frame, Field::Time);
        let time_holds = frame.holds.get();
        let is_signed = authenticity == Authenticity::BodySigned;
        let time = time.filter(|_| time_holds || !is_signed);
        // The time may be left out of a signed body, and not of signed fields.
        let decided = Decided { is_open: !(holds && (time_holds || is_signed)), outside };
        let authenticity =
            if is_signed && !holds { Authenticity::FieldsSigned } else { authenticity };
        let attempt = self.value(Field::Attempt).and_then(|attempt| frame.whole(attempt));
        let content = self.content(frame, order, change, is_test);
        Ok(Made { id, id_holds, decided, authenticity, time, attempt, content })
    }

    fn id<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Option<Cow<'a, str>>, Unrecognized> {
        match &self.id {
            None => Ok(None),
            Some(Id::Value(value, needed)) => {
                frame.text(value).map(Some).ok_or_else(|| needed.missing(frame))
            }
            Some(Id::Join { parts, bound }) => Ok(Some(Cow::Owned(joined(frame, parts, bound)))),
        }
    }

    fn order<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Order<'a>, Unrecognized> {
        // Looked at first: the other values are not what decides.
        let id = self.text(frame, Field::OrderId);
        let id = id.ok_or_else(|| self.needs_order.missing(frame))?;
        let (holds, outside) = (frame.holds.get(), frame.outside.take());
        let order = Order {
            id,
            reference: self.text(frame, Field::Reference),
            tracking_number: self.text(frame, Field::TrackingNumber),
            tracking_url: self.text(frame, Field::TrackingUrl),
            carrier: self.text(frame, Field::Carrier),
            created_at: self.time(frame, Field::CreatedAt),
            estimated_delivery: self.time(frame, Field::EstimatedDelivery),
            url_order_id: self.text(frame, Field::UrlId),
        };
        frame.holds.set(holds);
        frame.outside.set(outside);
        Ok(order)
    }

    // Called for each field.
    #[inline(never)]
    pub(super) fn text<'a>(&'a self, frame: &Frame<'_, 'a>, field: Field) -> Option<Cow<'a, str>> {
        frame.text(self.value(field)?)
    }

    fn time<'a>(&'a self, frame: &Frame<'_, 'a>, field: Field) -> Option<String> {
        frame.time(self.value(field)?)
    }

    fn direction<'a>(&'a self, frame: &Frame<'_, 'a>) -> Option<Direction> {
        let is_return = frame.flag(self.is_return.as_ref()?)?;
        Some(if is_return { Direction::Return } else { Direction::Forward })
    }

    fn content<'a>(
        &'a self,
        frame: &Frame<'_, 'a>,
        order: Order<'a>,
        status: Change<'a>,
        is_test: bool,
    ) -> Result<Content<'a>, Unrecognized> {
        let test = is_test || status.now == Status::Test;
        let total = [Field::TotalAmount, Field::TotalCurrency];
        Ok(Content {
            test,
            direction: self.direction(frame),
            order,
            status,
            items: self.items(frame)?,
            total: self.money(frame, total, self.has_minor_total),
            customer: self.customer(frame),
            driver: self.contact(frame, [Field::DriverName, Field::DriverPhone]),
            pickup: self.contact(frame, [Field::PickupName, Field::PickupPhone]),
            notes: self.text(frame, Field::Notes),
        })
    }

    fn items<'a>(&'a self, frame: &Frame<'_, 'a>) -> Result<Vec<Item<'a>>, Unrecognized> {
        let mut items = Vec::new();
        let Some(list) = self.items else {
            return Ok(items);
        };
        let price = [Field::PriceAmount, Field::PriceCurrency];
        for row in frame.rows(list) {
            if items.len() == MAX_LINES {
                return Err(Unrecognized::TooLarge);
            }
            let line = &frame.at(list, row);
            items.push(Item {
                sku: self.text(line, Field::Sku),
                name: self.text(line, Field::ItemName),
                quantity: self.value(Field::Quantity).and_then(|quantity| line.whole(quantity)),
                price: self.money(line, price, self.has_minor_prices),
                status: self.value(Field::ItemStatus).and_then(|it| self.item_status(line, it)),
                tracking_number: self.text(line, Field::ItemTrackingNumber),
                tracking_url: self.text(line, Field::ItemTrackingUrl),
            });
        }
        Ok(items)
    }

    fn money<'a>(
        &'a self,
        frame: &Frame<'_, 'a>,
        [amount, currency]: [Field; 2],
        is_minor: bool,
    ) -> Option<Money<'a>> {
        let amount = self.text(frame, amount)?;
        let money = Money { amount, currency: self.text(frame, currency) }.with_code();
        if is_minor { money.in_units() } else { Some(money) }
    }

    fn customer<'a>(&'a self, frame: &Frame<'_, 'a>) -> Option<Customer<'a>> {
        if let Some((scope, slot)) = self.customer
            && !frame.found.is_object(frame.base(scope), slot)
        {
            return None;
        }
        let text = |field| self.text(frame, field);
        let customer = Customer {
            name: text(Field::CustomerName),
            phone: text(Field::CustomerPhone),
            email: text(Field::CustomerEmail),
            address: text(Field::CustomerAddress),
            city: text(Field::CustomerCity),
            region: text(Field::CustomerRegion),
            postal_code: text(Field::CustomerPostalCode),
            country: text(Field::CustomerCountry),
        };
        (self.customer.is_some() || !customer.is_empty()).then_some(customer)
    }

    fn contact<'a>(
        &'a self,
        frame: &Frame<'_, 'a>,
        [name, phone]: [Field; 2],
    ) -> Option<Contact<'a>> {
        let contact = Contact { name: self.text(frame, name), phone: self.text(frame, phone) };
        (contact.name.is_some() || contact.phone.is_some()).then_some(contact)
    }
}

/// Returns an id of several parts.
fn joined<'a>(frame: &Frame<'_, 'a>, parts: &'a [Value], bound: &Bound) -> String {
    let mut id = String::new();
    let mut is_bound = !matches!(bound, Bound::AnyTime(_));
    for (at, value) in parts.iter().enumerate() {
        let part = match bound {
            // Any part but a time may be true or false.
            Bound::AnyTime(times) if !times.contains(&at) => frame.word(value),
            _ => frame.text(value),
        };
        match bound {
            Bound::Itself => {}
            Bound::All => is_bound &= part.is_some(),
            Bound::AnyTime(times) => is_bound |= part.is_some() && times.contains(&at),
        }
        let part = part.unwrap_or_default();
        if at + 1 == parts.len() {
            id.push_str(&part);
        } else {
            id::escape(&part, &mut id);
            id.push(':');
        }
    }
    // A body that nothing signs has its hash in the id anyway.
    let is_signed = frame.covered.body || frame.covered.scheme.signed().is_some();
    if !is_bound && is_signed {
        id.extend([":", &(frame.hash)()]);
    }
    id
}
