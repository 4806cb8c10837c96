//! The export that the npm package's `explain` calls. It has a module of its own, which a program
//! that only takes deliveries does not load.

use std::borrow::Cow;

use orderhook_core::{Delivery, Headers, UnixMillis};
use orderhook_explain::{Explanation, Question, explain as search, signer};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The functions that the package offers to the module while it searches.
    pub type Host;

    /// Returns the value of a header. Never throws.
    #[wasm_bindgen(method)]
    fn header(this: &Host, name: &str) -> Option<String>;
}

struct HostHeaders<'a>(&'a Host);

impl Headers for HostHeaders<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.header(name).map(Cow::Owned)
    }
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// The reasons why a delivery does not verify.
#[wasm_bindgen(getter_with_clone)]
pub struct Explained {
    /// The provider whose delivery it is.
    pub provider: String,
    /// The place of the secret that signed it among the secrets, or among the others.
    #[wasm_bindgen(js_name = secretIndex)]
    pub secret_index: usize,
    /// The time of signing, in Unix seconds.
    #[wasm_bindgen(js_name = signedAt)]
    pub signed_at: f64,
    /// The causes, by name.
    pub causes: Vec<String>,
    /// The header that a cause names.
    pub header: String,
}

/// Says why a delivery does not verify. Returns `undefined` if there is no provider of this name.
///
/// `listed` has the headers' names, each followed by its value. `understood` names the providers
/// whose reader understands the body.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // An account and a delivery.
pub fn explain(
    host: &Host,
    provider: &str,
    secrets: Vec<String>,
    others: Vec<String>,
    has_token: bool,
    url: &str,
    body: &[u8],
    listed: Vec<String>,
    understood: Vec<String>,
    now: f64,
) -> Option<Explained> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
    let now = UnixMillis(now as u64);
    let Explanation { causes, provider, secret_index, header, signed_at } = search(&Question {
        provider: signer(provider)?,
        secrets: &secrets,
        other_secrets: &others,
        has_token,
        delivery: Delivery { headers: &HostHeaders(host), url, body },
        headers: listed.as_chunks().0,
        now,
        understands: &|name| understood.iter().any(|known| known == name),
    });
    Some(Explained {
        provider: provider.name.to_owned(),
        secret_index,
        #[allow(clippy::cast_precision_loss)] // Seconds.
        signed_at: signed_at as f64,
        causes: causes.into_iter().map(|cause| cause.name().to_owned()).collect(),
        header,
    })
}
