//! Authenticates callers.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use web_sys::Request;

use super::problem::{Backend, Problem};
use crate::{
    config::{Config, DISPATCH_TOKEN},
    host::{self, Host},
    registry::{self, Access, Door, Holder, Question},
};

/// A caller whose token is known.
pub(super) struct Visitor {
    pub(super) holder: Holder,
    /// The names of the journals.
    pub(super) journals: Vec<String>,
}

impl Visitor {
    /// Fails if the token may not use a method.
    pub(super) fn check_access(&self, method: &str) -> Result<(), Problem> {
        let may = method == "GET" || self.holder.access == Access::Full;
        if may { Ok(()) } else { Err(Problem::TokenReadOnly) }
    }
}

/// The characters that a token has at most.
const MAX_TOKEN: usize = 512;

/// Authenticates a caller by the request's token.
pub(super) async fn enter(host: &Host, request: &Request) -> Result<Visitor, Problem> {
    let config = Config::of(host);
    let sent = host::header(request, "authorization");
    let sent = sent.as_deref().and_then(bearer);
    // Every token is compared, so the time does not show which of them is similar.
    let is_ours = sent.is_some_and(|sent| {
        config.tokens.iter().filter(|token| token.check(sent).is_some()).count() > 0
    });
    if is_ours {
        let holder = Holder { name: DISPATCH_TOKEN.into(), access: Access::Full };
        return Ok(Visitor { holder, journals: ask(host, &Question::Journals).await? });
    }
    let refusal = if sent.is_some() { Problem::TokenInvalid } else { Problem::TokenMissing };
    let digest = sent.filter(|sent| is_made(sent)).map(digest);
    if digest.is_none() && !config.tokens.is_empty() {
        return Err(refusal);
    }
    let Door { holder, has_tokens, journals } = ask(host, &Question::Open { digest }).await?;
    match holder {
        Some(holder) => Ok(Visitor { holder, journals }),
        None if config.tokens.is_empty() && !has_tokens => Err(Problem::DispatchTokenMissing),
        None => Err(refusal),
    }
}

async fn ask<T: DeserializeOwned>(host: &Host, question: &Question) -> Result<T, Problem> {
    let answer = registry::ask(host, question).await;
    answer.map_err(|failure| Problem::unavailable(Backend::Registry, failure))
}

/// Whether a token has the form of those that `POST /v1/tokens` makes: see `newSecret` in host.js.
/// Any other one is refused without the registry.
fn is_made(token: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let secret = token.strip_prefix("orderhook_");
    secret.is_some_and(|secret| secret.len() == 43 && secret.bytes().all(is_allowed))
}

/// Returns the token of an `Authorization` header.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    let is_token = !token.is_empty() && token.len() <= MAX_TOKEN;
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then_some(token)
}

/// Returns what the registry keeps of a token.
pub(super) fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
