//! Events of one order.

use orderhook_core::{
    Status, UnixMillis,
    dispatch::{OrderState, Taken, Verdict, judge},
};
use serde_json::{Value, json};

/// 2026-05-09T10:00:00Z
const START: u64 = 1_778_320_800_000;
const MINUTE: u64 = 60_000;

/// The life of one order, made of a provider's samples.
#[allow(dead_code)] // Not every suite uses it.
pub(crate) struct Life(Vec<Value>);

#[allow(dead_code)] // Not every suite uses it.
impl Life {
    /// Makes one order's life of the events of `providers/<provider>/events.json`, a minute apart.
    pub(crate) fn of(provider: &str, names: &[&str]) -> Self {
        let samples = samples(provider);
        let event = |name: &&str| {
            let sample = samples.iter().find(|(known, _)| known == name);
            sample.map(|(_, event)| event.clone()).expect("a sample of this name")
        };
        let events = names.iter().map(event).enumerate().map(|(at, mut event)| {
            event["id"] = format!("{}-{at}", names[at]).into();
            event["subject"] = "A-1".into();
            event["data"]["order"]["id"] = "A-1".into();
            event["data"]["order"]["tracking_number"] = "TN-1".into();
            set_time(&mut event, at as u64);
            event
        });
        Self(events.collect())
    }

    pub(crate) fn events(&self) -> Vec<Taken> {
        self.0.iter().map(taken).collect()
    }

    pub(crate) fn status(&self, at: usize) -> Status {
        taken(&self.0[at]).report.expect("an order").status
    }

    /// Returns one event of the life as if it was received in another minute.
    pub(crate) fn received_at(&self, at: usize, minute: usize) -> Taken {
        let mut event = self.0[at].clone();
        event["id"] = format!("{}-{minute}", event["id"]).into();
        set_time(&mut event, minute as u64);
        taken(&event)
    }
}

/// Returns the events of `providers/<provider>/events.json`, by the names of their deliveries.
pub(crate) fn samples(provider: &str) -> Vec<(String, Value)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../providers");
    let text = std::fs::read_to_string(format!("{root}/{provider}/events.json"));
    let samples: Value = serde_json::from_str(&text.expect("events.json")).expect("JSON");
    let deliveries = samples["deliveries"].as_object().expect("deliveries by their names");
    let event = |(name, sample): (&String, &Value)| {
        let event = &sample["event"];
        event.is_object().then(|| (name.clone(), event.clone()))
    };
    deliveries.iter().filter_map(event).collect()
}

/// Puts an event into a minute. It is received five seconds after it happened.
fn set_time(event: &mut Value, minute: u64) {
    let received = UnixMillis(START + minute * MINUTE + 5000).text();
    let has_time = event["data"]["time_source"] == "provider";
    event["time"] = if has_time { time(minute) } else { received.clone().into() };
    event["data"]["received_at"] = received.into();
}

pub(crate) fn time(minute: u64) -> Value {
    UnixMillis(START + minute * MINUTE).text().replace(".000Z", "Z").into()
}

#[track_caller]
pub(crate) fn taken(event: &Value) -> Taken {
    Taken::read(&event.to_string()).expect("an event")
}

/// Returns an event of a provider that sends its times. Received a second after it happened.
pub(crate) fn told(minute: u64, id: &str, status: &Value, order: &Value) -> Value {
    let mut event = json!({
        "specversion": "1.0",
        "id": id,
        "source": "/hooks/shop",
        "type": "orderhook.order.status.v1",
        "subject": "A-1",
        "time": time(minute),
        "datacontenttype": "application/json",
        "data": {
            "provider": "standard-webhooks",
            "authenticity": "body_signed",
            "test": false,
            "received_at": UnixMillis(START + minute * MINUTE + 1000).text(),
            "time_source": "provider",
            "order": { "id": "A-1" },
            "status": { "final": false },
            "items": [],
        },
    });
    for (into, from) in [("order", order), ("status", status)] {
        for (name, value) in from.as_object().expect("an object") {
            event["data"][into][name] = value.clone();
        }
    }
    event
}

/// Judges events one after another. Returns their verdicts and the order's state.
#[allow(dead_code)] // Not every suite uses it.
#[track_caller]
pub(crate) fn live<'e>(events: impl IntoIterator<Item = &'e Taken>) -> (Vec<Verdict>, OrderState) {
    let (mut verdicts, mut order) = (Vec::new(), None);
    for event in events {
        let (verdict, after) = judge(order.as_ref(), event).expect("an event about an order");
        verdicts.push(verdict);
        order = Some(after);
    }
    (verdicts, order.expect("at least one event"))
}

#[allow(dead_code)] // Not every suite uses it.
#[track_caller]
pub(crate) fn shows(order: &OrderState, status: &str, time: &str) {
    let shown = order.shown().expect("a step");
    assert_eq!((shown.now.as_str(), shown.time.as_str()), (status, time));
}

/// Asserts the verdicts of events in their order, and returns the state.
#[allow(dead_code)] // Not every suite uses it.
#[track_caller]
pub(crate) fn judged(rows: &[(&Value, Verdict)]) -> OrderState {
    let events: Vec<_> = rows.iter().map(|(event, _)| taken(event)).collect();
    let (verdicts, order) = live(&events);
    let expected: Vec<_> = rows.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(verdicts, expected);
    order
}

/// Lists the orders in which so many events may arrive.
#[allow(dead_code)] // Not every suite uses it.
pub(crate) fn arrivals(events: usize) -> Vec<Vec<usize>> {
    let Some(last) = events.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let with_last = |arrival: &Vec<usize>, at| [&arrival[..at], &[last], &arrival[at..]].concat();
    let fewer = arrivals(last);
    fewer.iter().flat_map(|arrival| (0..=last).map(move |at| with_last(arrival, at))).collect()
}

/// Returns an event of a provider that sends no time.
#[allow(dead_code)] // Not every suite uses it.
pub(crate) fn untimed(minute: u64, id: &str, status: &Value) -> Value {
    let mut event = told(minute, id, status, &json!({}));
    event["time"] = event["data"]["received_at"].clone();
    event["data"]["time_source"] = "receipt".into();
    event
}
