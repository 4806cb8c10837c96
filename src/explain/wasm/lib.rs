//! The export that the npm package's `explain` calls. It has a module of its own, which a program
//! that only takes deliveries does not load.

use std::borrow::Cow;

use orderhook_core::{Delivery, Headers, Signature, UnixMillis};
use orderhook_explain::{Explanation, Question, Signer, explain as search};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The functions that the package offers to the module while it searches.
    pub type Host;

    /// Returns the value of a header. Never throws.
    #[wasm_bindgen(method)]
    fn header(this: &Host, name: &str) -> Option<String>;

    /// Returns whether a signature holds: the place of the algorithm among all, the key, the content
    /// and the signature. Returns `false` as long as the runtime cannot say so. Never throws.
    #[wasm_bindgen(method)]
    fn holds(this: &Host, algorithm: usize, key: &[u8], content: &[u8], signature: &[u8]) -> bool;

    /// Returns whether the body is one of the provider's of this name. Never throws.
    #[wasm_bindgen(method)]
    fn understands(this: &Host, provider: &str) -> bool;
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

/// Says why a delivery does not verify. Returns `undefined` if the definition of the account's
/// provider is not valid.
///
/// `provider` is the provider's name, and `scheme` the name of one of its definition's schemes, if
/// the account picks one. `others` has the names of the providers that are tried beside it, each
/// followed by its definition; one that is not valid is passed over. Definitions are JSON.
/// `listed` has the headers' names, each followed by its value.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // An account and a delivery.
pub fn explain(
    host: &Host,
    provider: &str,
    definition: &str,
    scheme: Option<String>,
    others: Vec<String>,
    secrets: Vec<String>,
    other_secrets: Vec<String>,
    has_token: bool,
    url: &str,
    body: &[u8],
    listed: Vec<String>,
    now: f64,
) -> Option<Explained> {
    let provider = &Signer::parse(provider, definition, scheme.as_deref()).ok()?;
    let parse = |[name, definition]: &[String; 2]| Signer::parse(name, definition, None).ok();
    let others: Vec<_> = others.as_chunks().0.iter().filter_map(parse).collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
    let now = UnixMillis(now as u64);
    let Explanation { causes, provider, secret_index, header, signed_at } = search(&Question {
        provider,
        others: &others,
        secrets: &secrets,
        other_secrets: &other_secrets,
        has_token,
        delivery: Delivery { headers: &HostHeaders(host), url, body },
        headers: listed.as_chunks().0,
        now,
        holds: &|signature| holds(host, &signature),
        understands: &|provider| host.understands(&provider.name),
    });
    Some(Explained {
        provider,
        secret_index,
        #[allow(clippy::cast_precision_loss)] // Seconds.
        signed_at: signed_at as f64,
        causes: causes.into_iter().map(|cause| cause.name().to_owned()).collect(),
        header,
    })
}

/// Asks the host whether a signature by a public key holds.
fn holds(host: &Host, signature: &Signature<'_>) -> bool {
    let content = signature.content.iter().collect::<Vec<_>>().concat();
    host.holds(signature.algorithm as usize, signature.key, &content, signature.signature)
}
