//! The function of access.js, which checks the signature of an assertion of Cloudflare Access.

use js_sys::Promise;
use orderhook_executor::{Failure, wait};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./access.js")]
extern "C" {
    #[wasm_bindgen(js_name = claimsOf)]
    fn claims_of(team: &str, assertion: &str) -> Promise;
}

/// Returns the claims of an assertion, as JSON; `None` if the team has not signed it. Fails if the
/// team's keys cannot be fetched.
pub(crate) async fn access_claims(team: &str, assertion: &str) -> Result<Option<String>, Failure> {
    Ok(wait(claims_of(team, assertion)).await?.as_string())
}
