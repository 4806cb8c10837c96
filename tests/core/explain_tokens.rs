//! Every cause that `explain` knows of a token that the provider sends with each delivery.

use std::borrow::Cow;

use orderhook_core::{Delivery, Headers, UnixMillis};
use orderhook_explain::{Cause, Explanation, Question, Signer, explain};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SECRET: &str = "courier:a secret";
/// The secret in base64, as Basic authentication sends it.
const BASIC: &str = "Y291cmllcjphIHNlY3JldA==";

struct Slice<'a>(&'a [[String; 2]]);

impl Headers for Slice<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.0.iter().find(|[n, _]| n.eq_ignore_ascii_case(name));
        found.map(|[_, value]| Cow::Borrowed(&**value))
    }
}

fn signer(name: &str, token: &Value) -> Signer {
    let definition = json!({
        "scheme": { "type": "token", "token": token },
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": "orderhook" },
    });
    Signer::parse(name, &definition.to_string(), None).expect("a definition")
}

fn bare() -> Signer {
    signer("bare", &json!({ "header": "x-token" }))
}

fn bearer() -> Signer {
    signer("bearer", &json!({ "header": "authorization", "prefix": "Bearer " }))
}

fn basic() -> Signer {
    signer("basic", &json!({ "header": "authorization", "basic": true }))
}

fn in_body() -> Signer {
    signer("in-body", &json!({ "field": "/token" }))
}

/// A delivery, and the account that it came to.
struct Case {
    provider: Signer,
    secrets: Vec<String>,
    others: Vec<String>,
    headers: Vec<[String; 2]>,
    body: String,
}

impl Case {
    /// Makes a delivery with one header.
    fn sent(provider: Signer, name: &str, value: &str) -> Self {
        Self {
            provider,
            secrets: vec![SECRET.to_owned()],
            others: vec![],
            headers: vec![[name, value].map(str::to_owned)],
            body: json!({ "order": "7", "state": "shipped" }).to_string(),
        }
    }

    /// Makes a delivery with a token in its body.
    fn with_field(token: &str) -> Self {
        let body = json!({ "order": "7", "state": "shipped", "token": token }).to_string();
        Self { body, headers: vec![], ..Self::sent(in_body(), "", "") }
    }

    fn secret(mut self, text: &str) -> Self {
        self.secrets = vec![text.to_owned()];
        self
    }

    fn explanation(&self, others: &[Signer]) -> Explanation {
        explain(&Question {
            provider: &self.provider,
            others,
            secrets: &self.secrets,
            other_secrets: &self.others,
            has_token: false,
            delivery: Delivery {
                headers: &Slice(&self.headers),
                url: "",
                body: self.body.as_bytes(),
            },
            headers: &self.headers,
            now: UnixMillis(1_700_000_000_000),
            holds: &|_| false,
            understands: &|_| false,
        })
    }

    #[track_caller]
    fn is(&self, expected: &[Cause]) -> Explanation {
        let explanation = self.explanation(&[]);
        assert_eq!(explanation.causes, expected, "{}", self.provider.name);
        explanation
    }
}

/// Returns a delivery to an account of each kind, with the right token.
fn right() -> [Case; 4] {
    [
        Case::sent(bare(), "x-token", SECRET),
        Case::sent(bearer(), "authorization", &format!("Bearer {SECRET}")),
        Case::sent(basic(), "authorization", &format!("Basic {BASIC}")),
        Case::with_field(SECRET),
    ]
}

#[test]
fn a_valid_delivery_has_no_cause() {
    for case in right() {
        case.is(&[]);
    }
}

#[test]
fn a_wrong_token_has_no_cause() {
    for case in right() {
        case.secret("another secret").is(&[]);
    }
}

#[test]
fn a_mistake_in_the_secret_is_found() {
    for case in right() {
        case.secret(&format!("{SECRET}\n")).is(&[Cause::SecretBlanks]);
    }
    for case in right() {
        case.secret(BASIC).is(&[Cause::SecretIsBase64]);
    }
    for mut case in right() {
        case = case.secret("another secret");
        case.others = ["a third", SECRET].map(str::to_owned).to_vec();
        assert_eq!(case.is(&[Cause::OtherSecret]).secret_index, 1);
    }
}

#[test]
fn a_token_in_another_header_is_found() {
    for (mut case, value) in right().into_iter().zip([
        SECRET.to_owned(),
        format!("Bearer {SECRET}"),
        format!("Basic {BASIC}"),
    ]) {
        case.headers = vec![["X-Renamed".to_owned(), value]];
        assert_eq!(case.is(&[Cause::WrongHeader]).header, "X-Renamed");
    }
}

#[test]
fn a_missing_or_another_scheme_before_a_token_is_found() {
    for (provider, name, value) in [
        (bare(), "x-token", format!("Bearer {SECRET}")),
        (bare(), "x-token", format!("token {SECRET}")),
        (bearer(), "authorization", SECRET.to_owned()),
        (bearer(), "authorization", format!("Basic {SECRET}")),
        (basic(), "authorization", BASIC.to_owned()),
        (basic(), "authorization", format!("Bearer {BASIC}")),
    ] {
        Case::sent(provider.clone(), name, &value).is(&[Cause::TagPrefix]);
        let moved = Case::sent(provider, "x-renamed", &value);
        moved.is(&[Cause::TagPrefix, Cause::WrongHeader]);
    }
    Case::with_field(&format!("Bearer {SECRET}")).is(&[Cause::TagPrefix]);
}

#[test]
fn a_missing_header_is_named() {
    for (provider, name) in
        [(bare(), "x-token"), (bearer(), "authorization"), (basic(), "authorization")]
    {
        let case = Case::sent(provider, "x-other", "a text");
        assert_eq!(case.is(&[Cause::MissingSignature]).header, name);
    }
}

#[test]
fn another_providers_delivery_is_found() {
    let case = Case::sent(bare(), "authorization", &format!("Bearer {SECRET}"));
    let Explanation { causes, provider, .. } = case.explanation(&[basic(), bearer()]);
    assert_eq!((causes, &*provider), (vec![Cause::OtherProvider], "bearer"));
}
