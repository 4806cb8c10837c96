//! The export behind the npm package's `explain`, in a module of its own: whoever takes deliveries
//! does not load it.

use std::borrow::Cow;

use orderhook_core::{Delivery, Headers, UnixMillis};
use orderhook_explain::{Explanation, Question, explain as search, signer};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the package does for the module while it searches. Nothing of it may throw.
    pub type Host;

    /// The value of a header.
    #[wasm_bindgen(method)]
    fn header(this: &Host, name: &str) -> Option<String>;

    /// Whether this provider's reader understands the body.
    #[wasm_bindgen(method)]
    fn understands(this: &Host, provider: &str) -> bool;
}

struct Asked<'a>(&'a Host);

impl Headers for Asked<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.header(name).map(Cow::Owned)
    }
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Why a delivery does not verify: the provider whose it is, the index of its secret, the time of
/// signing, the causes and a header, on a line each. `texts` are the secrets, then the others,
/// then the headers' names and values; `secrets` and `others` say how many there are of each.
/// Nothing where there is no such provider.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)] // An account and a delivery.
pub fn explain(
    host: &Host,
    provider: &str,
    texts: Vec<String>,
    secrets: usize,
    others: usize,
    has_token: bool,
    url: &str,
    body: &[u8],
    now: f64,
) -> Option<String> {
    let (secrets, rest) = texts.split_at(secrets.min(texts.len()));
    let (other_secrets, listed) = rest.split_at(others.min(rest.len()));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
    let now = UnixMillis(now as u64);
    Some(lines(&search(&Question {
        provider: signer(provider)?,
        secrets,
        other_secrets,
        has_token,
        delivery: Delivery { headers: &Asked(host), url, body },
        headers: listed.as_chunks().0,
        now,
        understands: &|name| host.understands(name),
    })))
}

fn lines(told: &Explanation) -> String {
    let mut lines = told.provider.name.to_owned();
    for number in [told.secret_index as u64, told.signed_at] {
        lines.push('\n');
        lines.push_str(&number.to_string());
    }
    lines.push('\n');
    for cause in &told.causes {
        lines.push_str(cause.name());
        lines.push(' ');
    }
    lines.push('\n');
    lines.push_str(&told.header);
    lines
}
