//! The Worker's own consumer of its queue: it logs what leaves it.

use js_sys::JSON;
use orderhook_core::json::Object;
use serde::de::IgnoredAny;
use wasm_bindgen::JsValue;
use worker::{MessageBatch, MessageExt, RawMessage};

use crate::log::{self, EventLine};

/// Logs each event and acknowledges it, one by one: a message that is no event is left to the
/// dead-letter queue and takes no other with it.
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

/// `None` where the message is no event.
fn log_event(message: &RawMessage) -> Option<()> {
    // Of a value that JSON has no word for, the text is undefined.
    let json = JsValue::from(JSON::stringify(&message.body()).ok()?).as_string()?;
    let event = Object::parse(&json).ok()?;
    let data = event.object("data")?;
    let status = data.object("status");
    log::event(&EventLine {
        at: "event",
        source: &event.text("source")?,
        id: &event.text("id")?,
        kind: &event.text("type")?,
        status: status.as_ref().and_then(|status| status.text("now")).as_deref(),
        is_final: status.as_ref().and_then(|status| status.flag("final")),
        test: data.flag("test"),
        time: &event.text("time")?,
    });
    Some(())
}
