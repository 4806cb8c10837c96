//! The rules for every event.

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Authenticity, Change, Contact, Content, Event, Item, MAX_MESSAGE_BYTES, Message, Money,
    Payload, Reading, Status, TimeSource, UnixMillis, Unrecognized,
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{message, schema, secret, without_mark};

/// Where an event comes from.
pub struct Origin<'o> {
    source: &'o str,
    body: &'o [u8],
    /// Whether a delivery is one event.
    is_one: bool,
    /// Whether all of the body, and nothing else, is in its hash.
    is_whole: bool,
    /// Where secrets stand in the body.
    secrets: Vec<secret::Place>,
}

impl<'o> Origin<'o> {
    /// Returns the origin of an event that is read by this definition.
    #[must_use]
    pub fn of(definition: &Value, source: &'o str, body: &'o [u8]) -> Self {
        let has = |key: &str| !definition["event"][key].is_null();
        let is_whole = !has("volatile") && !reads_outside(definition);
        Self { source, body, is_one: !has("each"), is_whole, secrets: secret::places(definition) }
    }
}

/// Returns whether a value may be read from a header or the query: one that decides is in the hash.
fn reads_outside(definition: &Value) -> bool {
    match definition {
        Value::Object(table) => {
            let is_outside = |(name, value): (&String, &Value)| {
                matches!(&**name, "header" | "query") || reads_outside(value)
            };
            table.iter().filter(|(name, _)| *name != "scheme").any(is_outside)
        }
        Value::Array(list) => list.iter().any(reads_outside),
        _ => false,
    }
}

/// Panics if the event breaks a rule: by itself, beside the body that it was read from, or as a
/// message.
#[track_caller]
pub fn check(event: Event<'_>, origin: &Origin<'_>) {
    let json: Value = serde_json::from_str(&event.to_json()).expect("an event is JSON");
    assert_eq!(json, written(&event), "the JSON says another thing");
    schema::check(&json);
    assert_eq!(json["source"], format!("/hooks/{}", origin.source));
    assert!(event.id.len() <= 256 && is_cloudevents_string(&event.id), "{:?}", event.id);
    assert!(!event.id.trim().is_empty());
    let payload = payload(&event, origin);
    is_told_by_its_body(&event, &payload, origin);
    is_timed(&event);
    match &event.data.content {
        Ok(content) => {
            let subject = event.subject.as_deref().expect("a subject");
            assert!(is_cloudevents_string(subject), "{subject:?}");
            assert_eq!(subject == content.order.id, is_cloudevents_string(&content.order.id));
            assert!(!content.order.id.trim().is_empty());
        }
        Err(reason) => is_the_reason(reason, origin.body),
    }
    check_message(&event.into_message(origin.source), &json, origin.source, &payload);
}

/// Returns the event's payload: the body, or an object of it where there are several events.
#[track_caller]
fn payload(event: &Event<'_>, origin: &Origin<'_>) -> Vec<u8> {
    match &event.data.payload {
        Payload::Text(text) if text.as_bytes() == origin.body => {
            secret::is_absent(&origin.secrets, origin.body);
        }
        Payload::Text(text) => {
            assert!(!origin.is_one, "the payload is not the body");
            let element = serde_json::from_str::<IgnoredAny>(text);
            let is_event = text.starts_with('{') || event.data.content.is_err();
            assert!(element.is_ok() && is_event, "{text}");
            return text.as_bytes().to_vec();
        }
        Payload::Redacted(text) if origin.is_one => {
            secret::is_redacted(&origin.secrets, text, origin.body);
        }
        Payload::Redacted(text) => secret::is_redacted_part(&origin.secrets, text),
        Payload::Binary(bytes) => {
            assert!(*bytes == origin.body && str::from_utf8(bytes).is_err());
            secret::is_absent(&origin.secrets, bytes);
        }
        _ => panic!("an event begins with its payload"),
    }
    origin.body.to_vec()
}

/// Returns whether the `CloudEvents` type String allows it.
fn is_cloudevents_string(text: &str) -> bool {
    text.chars().all(|c| {
        let code = u32::from(c);
        let is_noncharacter = (0xfdd0..=0xfdef).contains(&code) || code % 65_536 >= 65_534;
        !c.is_control() && !is_noncharacter
    })
}

/// Panics if the id contradicts the body: it ends with a hash of it if and only if nothing proves
/// what it is made of.
#[track_caller]
fn is_told_by_its_body(event: &Event<'_>, payload: &[u8], origin: &Origin<'_>) {
    let end = event.id.rsplit_once(':').map(|(_, end)| end).filter(|end| schema::is_hash(end));
    match event.data.authenticity {
        Authenticity::BodySigned => {
            assert!(end.is_none(), "{:?} may be a weaker proof's", event.id);
        }
        // It depends on the place of the id.
        Authenticity::FieldsSigned => {}
        _ if origin.is_one && origin.is_whole => {
            let hash = hex::encode(Sha256::digest(payload));
            assert_eq!(end, Some(hash.as_str()), "{:?}", event.id);
        }
        _ => assert!(end.is_some(), "{:?}", event.id),
    }
}

/// Panics if the time is neither the receipt's nor a possible one of the provider's.
#[track_caller]
fn is_timed(event: &Event<'_>) {
    let receipt = event.data.received_at;
    match event.data.time_source {
        TimeSource::Receipt => assert_eq!(event.time, receipt.text()),
        TimeSource::Provider => {
            let latest = UnixMillis(receipt.0.saturating_add(86_400_000)).text();
            assert!(event.time[..19] <= latest[..19], "{} of {receipt}", event.time);
        }
    }
}

/// Checks the same of a message, beside the event that it was made of.
#[track_caller]
fn check_message(message: &Message<'_>, event: &Value, source: &str, body: &[u8]) {
    let sent = message::event(message);
    let bytes = sent.to_string().len();
    assert!(bytes <= MAX_MESSAGE_BYTES, "{bytes} bytes");
    schema::check(&sent);
    assert_eq!(message.recognized, sent["type"] == orderhook_core::ORDER_STATUS);
    let Some(key) = &message.kept else {
        assert_eq!(sent, *event);
        return;
    };
    let is_larger = event.to_string().len() > MAX_MESSAGE_BYTES;
    assert!(is_larger, "kept apart without need");
    assert_eq!(*key, format!("payload:{source}:{}", hex::encode(Sha256::digest(body))));
    let mut rest = event.clone();
    let data = rest["data"].as_object_mut().expect("data");
    data.retain(|name, _| name != "payload" && name != "payload_base64");
    data.insert("payload_ref".to_owned(), key.as_str().into());
    if sent["data"]["reason"]["code"] == "too_large" && sent != rest {
        for name in ["id", "source", "time", "specversion", "datacontenttype"] {
            assert_eq!(sent[name], rest[name]);
        }
        for name in ["provider", "authenticity", "received_at", "attempt", "payload_ref"] {
            assert_eq!(sent["data"][name], rest["data"][name]);
        }
        assert!(rest.to_string().len() > MAX_MESSAGE_BYTES, "stripped without need");
    } else {
        assert_eq!(sent, rest);
    }
}

/// Panics if `serde_json` does not reject the body for the same reason.
#[track_caller]
fn is_the_reason(reason: &Unrecognized, body: &[u8]) {
    let text = str::from_utf8(body).map(without_mark);
    let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    // With a number out of range, or half of a surrogate pair, no value is made of JSON.
    let is_value = |text| serde_json::from_str::<Value>(text).is_ok();
    let is_object = |text: &str| text.trim_start().starts_with('{');
    let found = match reason {
        Unrecognized::NotUtf8 => text.is_err(),
        Unrecognized::NotJson => text.is_ok_and(|text| !is_value(text)),
        Unrecognized::UnexpectedShape => text.is_ok_and(|text| is_json(text) && !is_object(text)),
        Unrecognized::MissingField(_) | Unrecognized::TooLarge | Unrecognized::RepeatedId => {
            text.is_ok_and(|text| is_json(text) && is_object(text))
        }
    };
    assert!(found, "{reason}: {}", body.escape_ascii());
}

/// The events of one delivery.
const MAX_EVENTS: usize = 500;

/// Panics if a body cannot have this reading.
#[track_caller]
pub fn check_reading(reading: Reading<'_>, origin: &Origin<'_>) {
    match reading {
        Reading::Event(event) => check(event, origin),
        Reading::Events(events) => {
            assert!(!origin.is_one && !events.is_empty() && events.len() <= MAX_EVENTS);
            let ids: HashSet<_> = events.iter().map(|event| event.id.to_string()).collect();
            assert_eq!(ids.len(), events.len(), "two events with one id");
            for event in events {
                check(event, origin);
            }
        }
        Reading::Test => {
            let text = str::from_utf8(origin.body).expect("a test is text");
            let said = text.chars().filter(|c| !c.is_whitespace()).count();
            // A byte order mark and `null`.
            assert!(said <= 5, "a test with something in it: {text:?}");
        }
        Reading::Ignored => {
            let text = str::from_utf8(origin.body).expect("what is understood is text");
            let text = without_mark(text);
            assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "{text}");
        }
    }
}

/// Returns the event as JSON, by `serde_json`.
fn written(event: &Event<'_>) -> Value {
    let data = &event.data;
    let mut all = json!({
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.kind,
        "time": event.time,
        "datacontenttype": "application/json",
        "data": {
            "provider": data.provider,
            "authenticity": data.authenticity.as_str(),
            "received_at": data.received_at.text(),
            "time_source": data.time_source.as_str(),
            "attempt": data.attempt,
        },
    });
    if let Some(subject) = &event.subject {
        all["subject"] = json!(subject);
    }
    let (name, payload) = match &data.payload {
        Payload::Text(text) => ("payload", text.to_string()),
        Payload::Redacted(text) => ("payload", text.clone()),
        Payload::Binary(bytes) => ("payload_base64", STANDARD.encode(bytes)),
        _ => panic!("an event begins with its payload"),
    };
    all["data"][name] = payload.into();
    match &data.content {
        Ok(content) => all["data"].as_object_mut().expect("data").extend(content_of(content)),
        Err(reason) => {
            all["data"]["reason"] = json!({ "code": reason.code(), "text": reason.to_string() });
        }
    }
    all
}

fn content_of(content: &Content<'_>) -> Map<String, Value> {
    let order = &content.order;
    let mut names = json!({
        "id": order.id,
        "reference": order.reference,
        "tracking_number": order.tracking_number,
        "tracking_url": order.tracking_url,
        "carrier": order.carrier,
        "created_at": order.created_at,
        "estimated_delivery": order.estimated_delivery,
    });
    if let Some(id) = &order.url_order_id {
        names["url_order_id"] = json!(id);
    }
    let customer = content.customer.as_ref().map(|customer| {
        json!({
            "name": customer.name,
            "phone": customer.phone,
            "email": customer.email,
            "address": customer.address,
            "city": customer.city,
            "region": customer.region,
            "postal_code": customer.postal_code,
            "country": customer.country,
        })
    });
    let all = json!({
        "test": content.test,
        "direction": content.direction.map(orderhook_core::Direction::as_str),
        "order": names,
        "status": change(&content.status),
        "items": content.items.iter().map(item).collect::<Vec<_>>(),
        "total": content.total.as_ref().map(money),
        "customer": customer,
        "driver": content.driver.as_ref().map(contact),
        "pickup": content.pickup.as_ref().map(contact),
        "notes": content.notes,
    });
    let Value::Object(all) = all else { unreachable!() };
    all
}

fn phase(status: Status) -> &'static str {
    match status.as_str() {
        "created" | "pending" | "confirmed" | "assigned" | "processing" | "picked"
        | "preparing" | "packed" | "info_received" => "open",
        "shipped" | "in_transit" | "out_for_delivery" | "ready_for_pickup" => "moving",
        "attempt_failed"
        | "postponed"
        | "on_hold"
        | "exception"
        | "expired"
        | "cancellation_pending" => "problem",
        "returning" | "returned" | "return_received" => "returning",
        "delivered" | "cancelled" | "declined" | "rejected" | "failed" | "refunded"
        | "returned_to_stock" => "closed",
        "test" | "unknown" => "other",
        other => panic!("{other}"),
    }
}

fn change(change: &Change<'_>) -> Value {
    json!({
        "now": change.now.as_str(),
        "phase": phase(change.now),
        "reason": change.reason.map(orderhook_core::Reason::as_str),
        "was": change.was.map(Status::as_str),
        "final": change.is_final,
        "documented": change.documented,
        "provider_event": change.provider_event,
        "provider_now": change.provider_now,
        "provider_was": change.provider_was,
    })
}

fn item(item: &Item<'_>) -> Value {
    let status = item.status.as_ref().map(|status| {
        json!({
            "now": status.now.as_str(),
            "final": status.is_final,
            "provider_now": status.provider_now,
        })
    });
    json!({
        "sku": item.sku,
        "name": item.name,
        "quantity": item.quantity,
        "price": item.price.as_ref().map(money),
        "status": status,
        "tracking_number": item.tracking_number,
        "tracking_url": item.tracking_url,
    })
}

fn money(money: &Money<'_>) -> Value {
    json!({ "amount": money.amount, "currency": money.currency })
}

fn contact(contact: &Contact<'_>) -> Value {
    json!({ "name": contact.name, "phone": contact.phone })
}
