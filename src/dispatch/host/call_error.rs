use js_sys::Reflect;
use orderhook_executor::Failure;
use wasm_bindgen::JsValue;

/// A call of a Durable Object that failed.
#[derive(Clone)]
pub(crate) struct CallError {
    /// The host's words.
    pub(crate) cause: String,
    /// Whether the object itself failed, whatever it was asked: it was late, overloaded or not
    /// reached.
    pub(crate) is_of_object: bool,
}

impl CallError {
    /// Makes the error of an object that answers what was not asked.
    pub(crate) fn misunderstood(cause: &str) -> Self {
        Self { cause: cause.to_owned(), is_of_object: true }
    }
}

impl From<JsValue> for CallError {
    fn from(error: JsValue) -> Self {
        let has =
            |name: &str| Reflect::get(&error, &name.into()).is_ok_and(|value| value.is_truthy());
        let is_of_object = has("overloaded") || has("retryable");
        let Failure(cause) = Failure::from(error);
        Self { cause, is_of_object }
    }
}

impl From<CallError> for Failure {
    fn from(CallError { cause, .. }: CallError) -> Self {
        Self(cause)
    }
}
