use wasm_bindgen::prelude::*;

/// An error of the host's, in its own words.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<JsValue> for Failure {
    fn from(error: JsValue) -> Self {
        let text = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        Self(text.or_else(|| error.as_string()).unwrap_or_else(|| "an unnamed error".to_owned()))
    }
}
