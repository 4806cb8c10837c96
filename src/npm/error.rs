//! Errors, as JavaScript gets them.

use std::fmt;

use js_sys::Array;
use wasm_bindgen::prelude::*;

pub(crate) fn misconfigured(why: impl fmt::Display) -> JsValue {
    thrown("source_not_configured", why)
}

pub(crate) fn thrown(code: &str, message: impl fmt::Display) -> JsValue {
    error(code, message).into()
}

/// Returns a code and a message, for a `WebhookError`.
pub(crate) fn error(code: &str, message: impl fmt::Display) -> Array {
    texts([code, &message.to_string()])
}

pub(crate) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Array {
    let array = Array::new();
    for text in texts {
        array.push(&JsValue::from_str(text));
    }
    array
}
