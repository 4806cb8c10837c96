use wasm_bindgen::prelude::*;

/// The verdict on a delivery.
#[wasm_bindgen]
#[derive(Clone, Copy)]
#[allow(unreachable_pub)] // Its callers are in JavaScript.
pub enum Verdict {
    /// It is refused.
    Refused = 0,
    /// A signature covers its body.
    BodySigned = 1,
    /// A signature covers headers, and the URL's token vouches for the body.
    HeadersSigned = 2,
    /// Only the URL's token matched.
    UrlToken = 3,
}
