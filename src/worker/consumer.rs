//! The Worker's own consumer of its queue. It logs each event that leaves the queue.

use js_sys::JSON;
use orderhook_core::json::Json;
use serde::de::IgnoredAny;
use wasm_bindgen::JsValue;
use worker::{MessageBatch, MessageExt, RawMessage};

use crate::log::{self, EventLine};

/// Logs and acknowledges each event separately. A message that is not an event goes to the
/// dead-letter queue, and takes no other message with it.
pub(crate) fn consume(batch: &MessageBatch<IgnoredAny>) {
    for message in batch.raw_iter() {
        if log_event(&message).is_some() {
            message.ack();
        } else {
            log::not_an_event(&batch.queue(), &message.id());
            message.retry();
        }
    }
}

/// Logs an event. Returns `None` if the message is not an event.
fn log_event(message: &RawMessage) -> Option<()> {
    // `JSON.stringify` returns undefined for a value without a JSON form.
    let json = JsValue::from(JSON::stringify(&message.body()).ok()?).as_string()?;
    let json = Json::parse(&json).ok()?;
    let event = json.object()?;
    let data = event.get("data")?.object()?;
    let status = data.get("status").and_then(Json::object);
    log::event(&EventLine {
        at: "event",
        source: event.get("source")?.text()?,
        id: event.get("id")?.text()?,
        kind: event.get("type")?.text()?,
        status: status.and_then(|status| status.get("now")?.text()),
        is_final: status.and_then(|status| status.get("final")?.flag()),
        test: data.get("test").and_then(Json::flag),
        time: event.get("time")?.text()?,
    });
    Some(())
}
