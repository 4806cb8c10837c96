//! Signs in and out: exchanges a token, or a code that is used once, for the cookie of a session.

use serde::{Deserialize, Serialize};
use web_sys::Request;

use super::{
    address::Address,
    body,
    caller::Caller,
    cookie,
    door::{self, Kind, ask},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    config::Config,
    digest::digest,
    host::{self, Host},
    json, moment,
    registry::{Access, CODE_MS, Holder, Question, SESSION_MS, Session, SessionsQuestion},
};

/// The random bytes of a code, and its characters in base64.
const CODE_BYTES: u32 = 32;
const CODE_LENGTH: usize = 43;

/// What a caller proves itself with.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Token(String),
    Code(String),
}

/// Answers `POST /v1/session`. It needs no token beside the one in its body.
pub(super) async fn begin(
    host: &Host,
    request: &Request,
    url: &str,
    query: &str,
) -> Result<Reply, Problem> {
    Params::parse(query, &[])?;
    let address = Address::of(url);
    if !address.is_origin_of(request) {
        return Err(Problem::ORIGIN_REFUSED);
    }
    let wanted = body::read(request, "an object of `token` or of `code`").await?;
    let config = Config::of(host);
    let key = config.seal_keys.first().ok_or(Problem::SESSION_KEY_MISSING)?;
    let id = cookie::new_id();
    let session = match wanted {
        Wanted::Token(token) => begin_with_token(host, &token, &id).await?,
        // No other code was made: see `make_code`.
        Wanted::Code(code) if !address.is_loopback() || code.len() != CODE_LENGTH => {
            return Err(Problem::CODE_INVALID);
        }
        Wanted::Code(code) => begin_with_code(host, &config, &code, &id).await?,
    };
    let cookie = cookie::set(address, key, &session.token, &id);
    let text = Some(text(&session.holder, Some(session.until)));
    Ok(Reply::Cookie { text, cookie })
}

async fn begin_with_token(host: &Host, token: &str, id: &str) -> Result<Session, Problem> {
    let holder = door::enter_with_token(host, Some(token)).await?.holder;
    let until = moment::now() + SESSION_MS;
    let session = Session { holder, token: digest(token), until };
    let question = SessionsQuestion::Begin { id: digest(id), session: session.clone() };
    ask::<()>(host, &Question::Sessions(question)).await?;
    Ok(session)
}

async fn begin_with_code(
    host: &Host,
    config: &Config,
    code: &str,
    id: &str,
) -> Result<Session, Problem> {
    let question = SessionsQuestion::Redeem { code: digest(code), id: digest(id) };
    let session: Option<Session> = ask(host, &Question::Sessions(question)).await?;
    let session = session.filter(|session| door::is_current(config, session));
    session.ok_or(Problem::CODE_INVALID)
}

/// Answers `GET /v1/session`.
pub(super) fn get(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    Ok(Reply::Json(text(&caller.visitor.holder, caller.visitor.proof.until)))
}

fn text(holder: &Holder, until: Option<i64>) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        name: &'a str,
        access: Access,
        expires_at: Option<String>,
    }
    let (name, expires_at) = (&*holder.name, until.map(moment::text));
    json::text(&Body { name, access: holder.access, expires_at })
}

/// Answers `DELETE /v1/session`.
pub(super) async fn end(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let proof = &caller.visitor.proof;
    if proof.kind == Kind::Session {
        let question = SessionsQuestion::End { id: proof.digest() };
        caller.registry::<()>(&Question::Sessions(question)).await?;
    }
    Ok(Reply::Cookie { text: None, cookie: cookie::removal(caller.address) })
}

/// Answers `POST /v1/session/codes`.
pub(super) async fn make_code(caller: &Caller<'_>) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body {
        code: String,
        expires_at: String,
    }
    Params::parse(caller.query, &[])?;
    let proof = &caller.visitor.proof;
    if proof.kind != Kind::Token {
        return Err(Problem::TOKEN_MISSING);
    }
    if !caller.address.is_loopback() {
        return Err(Problem::LOOPBACK_ONLY);
    }
    let (code, until) = (host::random(CODE_BYTES, true), moment::now() + CODE_MS);
    let session = Session { holder: caller.visitor.holder.clone(), token: proof.digest(), until };
    let question = SessionsQuestion::KeepCode { code: digest(&code), session };
    caller.registry::<()>(&Question::Sessions(question)).await?;
    Ok(Reply::Created(json::text(&Body { code, expires_at: moment::text(until) })))
}
