use wasm_bindgen::prelude::*;

/// What a delivery proves.
#[wasm_bindgen]
#[derive(Clone, Copy)]
#[allow(unreachable_pub)] // Its callers are in JavaScript.
pub enum Verdict {
    /// Nothing: it is refused.
    Refused = 0,
    /// A signature covers its body.
    BodySigned = 1,
    /// A signature covers headers, and the URL's token vouches for the body.
    HeadersSigned = 2,
    /// The URL's token alone.
    UrlToken = 3,
}
