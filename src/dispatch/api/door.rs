//! Authenticates callers.

use serde::de::DeserializeOwned;
use web_sys::Request;

use super::{
    access,
    address::Address,
    cookie::Cookie,
    problem::{Backend, Problem},
    route::Route,
};
use crate::{
    config::{Config, DISPATCH_TOKEN},
    digest::digest,
    host::{self, Host},
    registry::{self, Access, Door, Entered, Holder, Question, Session, SessionsQuestion},
};

/// A caller whose token or session is known.
pub(super) struct Visitor {
    pub(super) holder: Holder,
    /// The names of the journals.
    pub(super) journals: Vec<String>,
    pub(super) proof: Proof,
}

/// What a caller proved itself with.
pub(super) struct Proof {
    pub(super) kind: Kind,
    /// The token, the session's id, or the assertion.
    pub(super) secret: String,
    /// When it ends, in milliseconds since 1970. A token does not.
    pub(super) until: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Token,
    Session,
    /// An assertion of Cloudflare Access.
    Access,
}

impl Proof {
    /// Returns what the registry keeps of the secret.
    pub(super) fn digest(&self) -> String {
        digest(&self.secret)
    }
}

impl Visitor {
    /// Fails if the token may not use a method. Anyone may sign out.
    pub(super) fn check_access(&self, route: &Route, method: &str) -> Result<(), Problem> {
        let may = method == "GET"
            || self.holder.access == Access::Full
            || matches!(route, Route::Session);
        if may { Ok(()) } else { Err(Problem::TOKEN_READ_ONLY) }
    }
}

/// The characters that a token has at most.
const MAX_TOKEN: usize = 512;

/// What a request proves itself with.
enum Sent {
    Token(Option<String>),
    Cookie(Cookie),
    Assertion(String),
}

impl Sent {
    /// Returns the request's token, or else its cookie, or else what Cloudflare Access has added.
    fn of(host: &Host, request: &Request, address: Address<'_>) -> Self {
        let authorization = host::header(request, "authorization");
        if let Some(token) = authorization.as_deref().and_then(bearer) {
            return Self::Token(Some(token.to_owned()));
        }
        if let Some(cookie) = Cookie::of(request, address) {
            return Self::Cookie(cookie);
        }
        access::assertion(host, request).map_or(Self::Token(None), Self::Assertion)
    }
}

/// Authenticates a caller.
pub(super) async fn enter(
    host: &Host,
    request: &Request,
    method: &str,
    address: Address<'_>,
) -> Result<Visitor, Problem> {
    let sent = Sent::of(host, request, address);
    // A browser adds a cookie to the requests of any page, and so does Access: a change needs more.
    let is_by_browser = !matches!(sent, Sent::Token(_));
    if is_by_browser && method != "GET" && !address.is_origin_of(request) {
        return Err(Problem::ORIGIN_REFUSED);
    }
    match sent {
        Sent::Token(token) => enter_with_token(host, token.as_deref()).await,
        Sent::Assertion(assertion) => enter_with_access(host, assertion).await,
        Sent::Cookie(cookie) => {
            let entered = enter_with_session(host, cookie).await;
            match (entered, access::assertion(host, request)) {
                (Err(problem), Some(assertion)) if problem.is(&Problem::SESSION_INVALID) => {
                    enter_with_access(host, assertion).await
                }
                (entered, _) => entered,
            }
        }
    }
}

async fn enter_with_access(host: &Host, assertion: String) -> Result<Visitor, Problem> {
    let (holder, until) = access::check(host, &assertion).await?;
    let proof = Proof { kind: Kind::Access, secret: assertion, until: Some(until) };
    Ok(Visitor { holder, journals: ask(host, &Question::Journals).await?, proof })
}

/// Authenticates a caller by a token.
pub(super) async fn enter_with_token(host: &Host, sent: Option<&str>) -> Result<Visitor, Problem> {
    let config = Config::of(host);
    let proof = |token: &str| Proof { kind: Kind::Token, secret: token.to_owned(), until: None };
    if let Some(token) = sent.filter(|sent| config.is_token(sent)) {
        let holder = Holder { name: DISPATCH_TOKEN.into(), access: Access::Full };
        let journals = ask(host, &Question::Journals).await?;
        return Ok(Visitor { holder, journals, proof: proof(token) });
    }
    let refusal = if sent.is_some() { Problem::TOKEN_INVALID } else { Problem::TOKEN_MISSING };
    let made = sent.filter(|sent| is_made(sent));
    if made.is_none() && !config.tokens.is_empty() {
        return Err(refusal);
    }
    let question = Question::Open { digest: made.map(digest) };
    let Door { holder, has_tokens, journals } = ask(host, &question).await?;
    match (holder, made) {
        (Some(holder), Some(token)) => Ok(Visitor { holder, journals, proof: proof(token) }),
        _ if config.tokens.is_empty() && !has_tokens => Err(Problem::dispatch_token_missing()),
        _ => Err(refusal),
    }
}

async fn enter_with_session(host: &Host, cookie: Cookie) -> Result<Visitor, Problem> {
    let config = Config::of(host);
    let key = config.seal_keys.first().ok_or(Problem::SESSION_KEY_MISSING)?;
    let question = SessionsQuestion::Enter { id: digest(&cookie.id) };
    let entered: Option<Entered> = ask(host, &Question::Sessions(question)).await?;
    let entered = entered.filter(|Entered { session, .. }| {
        cookie.is_of(key, &session.token) && is_current(&config, session)
    });
    let Entered { session, journals } = entered.ok_or(Problem::SESSION_INVALID)?;
    let until = Some(session.until);
    let proof = Proof { kind: Kind::Session, secret: cookie.id, until };
    Ok(Visitor { holder: session.holder, journals, proof })
}

/// Whether the token that a session came from is still one of dispatch's. The registry knows only of
/// those that it made itself, and ends their sessions with them.
pub(super) fn is_current(config: &Config, session: &Session) -> bool {
    session.holder.name != DISPATCH_TOKEN || config.has_digest(&session.token)
}

/// Asks the registry.
pub(super) async fn ask<T: DeserializeOwned>(
    host: &Host,
    question: &Question,
) -> Result<T, Problem> {
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
