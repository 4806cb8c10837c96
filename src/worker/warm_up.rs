//! Runs the code of every delivery once, before the first one. The runtime compiles a function of
//! WebAssembly at its first call, and the first delivery would wait for that. On Cloudflare, an
//! isolate starts during its first caller's TLS handshake.

use std::sync::Arc;

use orderhook_core::{Delivery, Provider, Reading, Source, UnixMillis};
use wasm_bindgen::prelude::*;

use crate::{host, http::Answer};

const BODY: &str =
    r#"{"order":{"reference":"a","new_status":"delivered","amount":1.5,"x":["\n",null,true]}}"#;

/// Verifies a delivery, reads it, and makes its event and an answer. The results are discarded.
#[wasm_bindgen(start)]
pub fn warm() {
    std::hint::black_box(run());
}

fn run() -> Option<(JsValue, String)> {
    let definition = host::definition("wegocod")?;
    let provider = Arc::new(Provider::parse("wegocod", &definition, None).ok()?);
    let secret = provider.scheme.secret("-").ok()?;
    let source = Source::new("a", Arc::clone(&provider), vec![secret], None, None).ok()?;
    let headers: &[_] = &[("x-webhook-signature", "0".repeat(64))];
    let delivery = Delivery { headers: &headers, url: "", body: BODY.as_bytes() };
    let now = UnixMillis(0);
    let refusal = source.verify(delivery, None, now).err()?;
    let Reading::Event(event) = provider.normalize("a", None, &delivery, now) else {
        return None;
    };
    let message = event.into_message("a");
    let (table, payload) = (&message.table, message.payload.as_deref());
    let event = host::event_of_table(table.ints(), table.text(), payload);
    Some((event, Answer::Refused(refusal).json()))
}
