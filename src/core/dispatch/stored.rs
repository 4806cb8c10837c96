//! The state of an order as JSON, for one column of a table.

use std::fmt;

use super::{
    fact::{Fact, Stamp},
    moment::Moment,
    order_state::{Line, OrderState},
    parcel::Parcel,
    step::Step,
    track::Track,
    words,
};
use crate::{
    event::{Reason, Status, TimeSource},
    json::{
        Json, Object,
        write::{self, Fields},
    },
};

/// The version of the state's form that this version writes. It reads this one and all before.
pub const STATE_VERSION: u32 = 1;

/// A reason why a text is not the state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// A newer version wrote it.
    Newer,
    /// It is not a state, or parts of it are missing.
    Damaged,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Newer => "a newer version of orderhook wrote this state",
            Self::Damaged => "this is not the state of an order",
        })
    }
}

impl std::error::Error for StateError {}

impl OrderState {
    /// Returns the state as JSON text of at most [`MAX_STATE_BYTES`](super::MAX_STATE_BYTES).
    #[must_use]
    pub fn to_json(&self) -> String {
        write::object(|state| {
            state.number_or_null("version", Some(STATE_VERSION));
            state.text("order", &self.order);
            if self.is_test {
                state.flag("test", true);
            }
            state.number_or_null("events", Some(self.events));
            state.text("first_seen", self.first_seen.as_str());
            state.text("last_seen", self.last_seen.as_str());
            state.objects("steps", self.track.steps(), write_step);
            state.objects("parcels", &self.parcels, write_parcel);
            write_text(state, "reference", self.reference.as_ref(), String::as_str);
            write_text(state, "carrier", self.carrier.as_ref(), String::as_str);
            let expected = self.estimated_delivery.as_ref();
            write_text(state, "estimated_delivery", expected, Moment::as_str);
            write_text(state, "direction", self.direction.as_ref(), |way| way.as_str());
            write_fact(state, "items", self.items.as_ref(), |lines, fact| {
                fact.objects("value", lines, write_line);
            });
            state.texts("customers", self.customers.iter().map(String::as_str));
        })
    }

    /// Reads a state.
    ///
    /// # Errors
    ///
    /// Fails if a newer version wrote the state, or if the text is no state.
    pub fn parse(json: &str) -> Result<Self, StateError> {
        let json = Json::parse(json).map_err(|_| StateError::Damaged)?;
        let state = json.object().ok_or(StateError::Damaged)?;
        match state.get("version").and_then(Json::whole) {
            Some(version) if version > u64::from(STATE_VERSION) => Err(StateError::Newer),
            Some(_) => read_state(state).ok_or(StateError::Damaged),
            None => Err(StateError::Damaged),
        }
    }
}

fn read_state(state: &Object<'_>) -> Option<OrderState> {
    let steps = list(state, "steps");
    let steps = steps.iter().map(|step| read_step(step.object()?)).collect::<Option<Vec<_>>>()?;
    let parcels = list(state, "parcels").iter().map(|parcel| read_parcel(parcel.object()?));
    let customers = list(state, "customers").iter();
    (!steps.is_empty()).then_some(())?;
    Some(OrderState {
        order: text(state, "order")?,
        is_test: flag(state, "test"),
        events: state.get("events")?.whole()?.try_into().ok()?,
        first_seen: moment(state, "first_seen")?,
        last_seen: moment(state, "last_seen")?,
        track: Track::from_steps(steps),
        parcels: parcels.collect::<Option<_>>()?,
        reference: read_fact(state, "reference", own),
        carrier: read_fact(state, "carrier", own),
        estimated_delivery: read_fact(state, "estimated_delivery", |json| {
            Moment::parse(json.text()?)
        }),
        direction: read_fact(state, "direction", |json| words::direction(json.text()?)),
        items: read_fact(state, "items", |json| {
            json.list()?.iter().map(|line| line.object().map(read_line)).collect()
        }),
        customers: customers.filter_map(own).collect(),
    })
}

fn write_step(step: &Step, fields: &mut Fields<'_>) {
    fields.text("time", step.time.as_str());
    if step.time_source == TimeSource::Receipt {
        fields.text("time_source", step.time_source.as_str());
    }
    fields.text("received", step.received.as_str());
    fields.text("id", &step.id);
    fields.text("now", step.now.as_str());
    write_some(fields, "word", step.word.as_deref());
    write_some(fields, "was", step.was.map(Status::as_str));
    write_some(fields, "reason", step.reason.map(Reason::as_str));
    if step.is_final {
        fields.flag("final", true);
    }
    write_some(fields, "parcel", step.parcel.as_deref());
}

fn read_step(step: &Object<'_>) -> Option<Step> {
    let time_source = text(step, "time_source").and_then(|word| words::time_source(&word));
    let (now, word) = read_status(step, "now")?;
    Some(Step {
        time: moment(step, "time")?,
        time_source: time_source.unwrap_or(TimeSource::Provider),
        received: moment(step, "received")?,
        id: text(step, "id")?,
        now,
        word,
        was: text(step, "was").and_then(|word| words::status(&word)),
        reason: text(step, "reason").map(|word| words::reason(&word)),
        is_final: flag(step, "final"),
        parcel: text(step, "parcel"),
    })
}

fn write_parcel(parcel: &Parcel, fields: &mut Fields<'_>) {
    fields.text("number", &parcel.number);
    fields.text("first", parcel.first.as_str());
    write_text(fields, "carrier", parcel.carrier.as_ref(), String::as_str);
    write_text(fields, "url", parcel.url.as_ref(), String::as_str);
    fields.objects("steps", parcel.track.steps(), write_step);
}

fn read_parcel(parcel: &Object<'_>) -> Option<Parcel> {
    let steps = list(parcel, "steps").iter().map(|step| read_step(step.object()?));
    Some(Parcel {
        number: text(parcel, "number")?,
        first: moment(parcel, "first")?,
        carrier: read_fact(parcel, "carrier", own),
        url: read_fact(parcel, "url", own),
        track: Track::from_steps(steps.collect::<Option<_>>()?),
    })
}

fn write_line(line: &Line, fields: &mut Fields<'_>) {
    write_some(fields, "sku", line.sku.as_deref());
    write_some(fields, "name", line.name.as_deref());
    if line.quantity.is_some() {
        fields.number_or_null("quantity", line.quantity);
    }
    write_some(fields, "status", line.status.map(Status::as_str));
    write_some(fields, "word", line.word.as_deref());
    if line.is_final {
        fields.flag("final", true);
    }
    write_some(fields, "parcel", line.tracking_number.as_deref());
}

fn read_line(line: &Object<'_>) -> Line {
    let status = read_status(line, "status");
    Line {
        sku: text(line, "sku"),
        name: text(line, "name"),
        quantity: line.get("quantity").and_then(Json::whole).and_then(|n| n.try_into().ok()),
        status: status.as_ref().map(|(now, _)| *now),
        is_final: flag(line, "final"),
        word: status.and_then(|(_, word)| word),
        tracking_number: text(line, "parcel"),
    }
}

/// Reads a status and its word. A status of a newer version is unknown, and its own word.
fn read_status(of: &Object<'_>, name: &str) -> Option<(Status, Option<String>)> {
    let now = text(of, name)?;
    Some(match words::status(&now) {
        Some(status) => (status, text(of, "word")),
        None => (Status::Unknown, Some(now)),
    })
}

fn write_fact<T>(
    fields: &mut Fields<'_>,
    name: &str,
    fact: Option<&Fact<T>>,
    value: impl FnOnce(&T, &mut Fields<'_>),
) {
    let Some(Fact { value: of, by }) = fact else {
        return;
    };
    fields.object(name, |fields| {
        value(of, fields);
        if !by.is_strong {
            fields.flag("weak", true);
        }
        fields.text("time", by.time.as_str());
        fields.text("received", by.received.as_str());
        fields.text("id", &by.id);
    });
}

fn write_text<T>(
    fields: &mut Fields<'_>,
    name: &str,
    fact: Option<&Fact<T>>,
    text: impl FnOnce(&T) -> &str,
) {
    write_fact(fields, name, fact, |value, fields| fields.text("value", text(value)));
}

fn read_fact<T>(
    of: &Object<'_>,
    name: &str,
    value: impl FnOnce(&Json<'_>) -> Option<T>,
) -> Option<Fact<T>> {
    let fact = of.get(name)?.object()?;
    let by = Stamp {
        is_strong: !flag(fact, "weak"),
        time: moment(fact, "time")?,
        received: moment(fact, "received")?,
        id: text(fact, "id")?,
    };
    Some(Fact { value: value(fact.get("value")?)?, by })
}

fn write_some(fields: &mut Fields<'_>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        fields.text(name, text);
    }
}

fn list<'o, 'j>(of: &'o Object<'j>, name: &str) -> &'o [Json<'j>] {
    of.get(name).and_then(Json::list).unwrap_or_default()
}

fn text(of: &Object<'_>, name: &str) -> Option<String> {
    own(of.get(name)?)
}

fn own(json: &Json<'_>) -> Option<String> {
    json.text().map(str::to_owned)
}

fn moment(of: &Object<'_>, name: &str) -> Option<Moment> {
    Moment::parse(of.get(name)?.text()?)
}

fn flag(of: &Object<'_>, name: &str) -> bool {
    of.get(name).and_then(Json::flag).unwrap_or(false)
}
