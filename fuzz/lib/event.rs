//! The rules for every event.

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Authenticity, Change, Contact, Content, Event, Item, MAX_MESSAGE_BYTES, Message, Money,
    Payload, Reading, TimeSource, UnixMillis, Unrecognized,
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::schema;

/// Panics if the event breaks a rule: by itself, beside the body that it was read from, or as a
/// message of the source of this name.
#[track_caller]
pub fn check(event: Event<'_>, source: &str, body: &[u8]) {
    let json: Value = serde_json::from_str(&event.to_json()).expect("an event is JSON");
    assert_eq!(json, written(&event), "the JSON says another thing");
    schema::check(&json);
    assert_eq!(json["source"], format!("/hooks/{source}"));
    assert!(event.id.len() <= 256 && is_cloudevents_string(&event.id), "{:?}", event.id);
    assert!(!event.id.trim().is_empty());
    is_told_by_its_body(&event, body);
    is_timed(&event);
    match event.data.payload {
        Payload::Text(text) => assert_eq!(text.as_bytes(), body),
        Payload::Binary(bytes) => assert!(bytes == body && str::from_utf8(body).is_err()),
        _ => panic!("an event begins with its payload"),
    }
    match &event.data.content {
        Ok(content) => {
            let subject = event.subject.as_deref().expect("a subject");
            assert!(is_cloudevents_string(subject), "{subject:?}");
            assert_eq!(subject == content.order.id, is_cloudevents_string(&content.order.id));
            assert!(!content.order.id.trim().is_empty());
        }
        Err(reason) => is_the_reason(*reason, body),
    }
    check_message(&event.into_message(source), &json, source, body);
}

/// Returns whether the `CloudEvents` type String allows it.
fn is_cloudevents_string(text: &str) -> bool {
    text.chars().all(|c| {
        let code = u32::from(c);
        let is_noncharacter = (0xfdd0..=0xfdef).contains(&code) || code % 65_536 >= 65_534;
        !c.is_control() && !is_noncharacter
    })
}

/// Panics if the id contradicts the body: it ends with the body's hash if and only if the body is
/// not authenticated.
#[track_caller]
fn is_told_by_its_body(event: &Event<'_>, body: &[u8]) {
    let hash = hex::encode(Sha256::digest(body));
    let end = event.id.rsplit_once(':').map(|(_, end)| end);
    if event.data.authenticity == Authenticity::BodySigned {
        assert!(!end.is_some_and(schema::is_hash), "{:?} may be a weaker proof's", event.id);
    } else {
        assert_eq!(end, Some(hash.as_str()), "{:?}", event.id);
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
    assert!(message.whole().len() <= MAX_MESSAGE_BYTES, "{} bytes", message.json.len());
    let sent: Value = serde_json::from_str(&message.whole()).expect("a message is JSON");
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
fn is_the_reason(reason: Unrecognized, body: &[u8]) {
    let text = str::from_utf8(body).map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_object = |text: &str| text.trim_start().starts_with('{');
    let found = match reason {
        Unrecognized::NotUtf8 => text.is_err(),
        Unrecognized::NotJson => text.is_ok_and(|text| !is_json(text)),
        // Also an object of more keys than the core reads.
        Unrecognized::UnexpectedShape => {
            text.is_ok_and(|text| is_json(text) && (!is_object(text) || text.len() > 40_000))
        }
        Unrecognized::MissingField(_) | Unrecognized::TooLarge => {
            text.is_ok_and(|text| is_json(text) && is_object(text))
        }
    };
    assert!(found, "{reason}: {}", body.escape_ascii());
}

/// Panics if a body cannot have this reading.
#[track_caller]
pub fn check_reading(reading: Reading<'_>, source: &str, body: &[u8]) {
    match reading {
        Reading::Event(event) => check(event, source, body),
        Reading::Test => {
            let text = str::from_utf8(body).expect("a test is text");
            let said = text.chars().filter(|c| !c.is_whitespace()).count();
            // A byte order mark and `null`.
            assert!(said <= 5, "a test with something in it: {text:?}");
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
        Payload::Text(text) => ("payload", (*text).to_owned()),
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
        "created_at": order.created_at,
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

fn change(change: &Change<'_>) -> Value {
    json!({
        "now": change.now.as_str(),
        "was": change.was.map(orderhook_core::Status::as_str),
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
