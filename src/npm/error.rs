//! Errors, as JavaScript gets them.

use std::fmt;

use js_sys::Array;
use wasm_bindgen::prelude::*;

/// Returns the error of a setting. `what` is what is wrong, with a blank behind it.
pub(crate) fn misconfigured(what: &str, why: &dyn fmt::Display) -> JsValue {
    thrown("source_not_configured", &[what, &why.to_string()].concat())
}

pub(crate) fn thrown(code: &str, message: &dyn fmt::Display) -> JsValue {
    error(code, message).into()
}

/// Returns a code and a message, for a `WebhookError`.
pub(crate) fn error(code: &str, message: &dyn fmt::Display) -> Array {
    texts(&[code, &message.to_string()])
}

pub(crate) fn texts(texts: &[&str]) -> Array {
    let array = Array::new();
    for text in texts {
        push(&array, text);
    }
    array
}

pub(crate) fn push(array: &Array, text: &str) {
    array.push(&JsValue::from_str(text));
}
