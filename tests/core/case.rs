//! A case of the shared corpus, `providers/<name>/corpus.json`. `tests/oracles/case.js` describes
//! it, and `tests/oracles/make.js` writes it.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Delivery, Provider, Secret, Source, Token, TokenProof, UnixMillis, UtcOffset,
};
use serde::Deserialize;

use crate::catalogue;
use serde_json::Value;

const CORPORA: [&str; 5] = [
    include_str!("../../providers/gooten/corpus.json"),
    include_str!("../../providers/standard-webhooks/corpus.json"),
    include_str!("../../providers/up42/corpus.json"),
    include_str!("../../providers/wakilni/corpus.json"),
    include_str!("../../providers/wegocod/corpus.json"),
];
const TOKEN: &str = "a-token-of-a-shop";

/// One delivery to one source, and its expected outcome.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) provider: String,
    source: String,
    secrets: Vec<String>,
    utc_offset: Option<String>,
    /// Whether the URL held the source's token; `None` if the source has no token.
    token_matched: Option<bool>,
    #[serde(default)]
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    now: u64,
    /// `{code, text}` of a refusal, `{test: true}`, or `{authenticity, secret_index, event}`.
    pub(crate) expect: Value,
}

/// Returns every case of every provider.
pub(crate) fn corpus() -> Vec<Case> {
    CORPORA.into_iter().flat_map(cases).collect()
}

fn cases(corpus: &str) -> Vec<Case> {
    serde_json::from_str(corpus).expect("the corpus is JSON in the shape of its cases")
}

impl Case {
    pub(crate) fn provider(&self) -> Arc<Provider> {
        catalogue::provider(&self.provider)
    }

    /// Returns the source, and the proof that the delivery came to its URL.
    pub(crate) fn source(&self) -> (Source, Option<TokenProof>) {
        let provider = self.provider();
        let secret = |text: &String| {
            let format = provider.scheme.key_format().expect("a scheme with secrets");
            Secret::new(text, format).expect("a secret")
        };
        let secrets = self.secrets.iter().map(secret).collect();
        let token = self.token_matched.map(|_| Token::new(TOKEN).expect("a token"));
        let zone = self.utc_offset.as_deref().map(|text| UtcOffset::parse(text).expect("a zone"));
        let source = Source::new(&self.source, provider, secrets, token, zone.into())
            .expect("a source that holds");
        let offered = if self.token_matched == Some(true) { TOKEN } else { "another" };
        let proof = source.token().and_then(|token| token.check(offered));
        (source, proof)
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).expect("base64"),
            _ => panic!("{}: a case has `body` or `body_base64`", self.name),
        }
    }

    /// Passes the delivery to `take`. The caller holds the body.
    pub(crate) fn deliver<T>(&self, body: &[u8], take: impl FnOnce(Delivery<'_>) -> T) -> T {
        let headers: &[(String, String)] = &self.headers;
        take(Delivery { headers: &headers, url: &self.url, body })
    }

    pub(crate) fn now(&self) -> UnixMillis {
        UnixMillis(self.now)
    }
}
