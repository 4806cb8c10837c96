//! Follows the events of one source over a WebSocket.

use serde::Serialize;

use super::{
    caller::Caller,
    door::{Kind, Visitor},
    params::Params,
    problem::{Backend, Problem},
    reply::Reply,
};
use crate::{config::DISPATCH_TOKEN, cursor::OLDEST_EVENTS, host, source::SOURCE_NAME};

/// What a journal has to know of a socket: see stream.js.
#[derive(Serialize)]
struct Watcher<'a> {
    journal: &'a str,
    /// The position after which it begins; none where it begins with the next event.
    after: Option<i64>,
    /// When it ends, in milliseconds since 1970.
    until: Option<i64>,
    /// The digest that the registry has to know for as long.
    proof: Option<String>,
}

/// The status of a response that opens a socket.
const SWITCHING: u16 = 101;

/// Answers `GET /v1/stream`.
pub(super) async fn open(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &["source", "after"])?;
    let source = params.source()?;
    let source = source.ok_or_else(|| Problem::invalid_parameter("source", SOURCE_NAME))?;
    let cursor = params.cursor("after", OLDEST_EVENTS)?;
    check_browser(caller)?;
    let journals = caller.journals(Some(&source))?;
    let journal = match journals.as_slice() {
        [journal] => journal,
        [] => return Err(Problem::SOURCE_NOT_FOUND),
        _ => return Err(Problem::SOURCE_DIVIDED),
    };
    // A cursor that does not know the journal is older than its first event.
    let after = cursor.map(|cursor| cursor.positions.get(journal).copied().unwrap_or(0));
    let (until, proof) = (caller.visitor.proof.until, proof(caller.visitor));
    let watcher = Watcher { journal, after, until, proof };
    let response = host::watch_journal(caller.host, journal, &watcher).await;
    let response =
        response.map_err(|failure| Problem::unavailable(Backend::Journal(journal), failure))?;
    let is_open = response.status() == SWITCHING;
    if is_open { Ok(Reply::Stream(response)) } else { Err(Problem::TOO_MANY_STREAMS) }
}

/// Fails unless the request opens a WebSocket, and for a page of dispatch's own if a browser sent it. A
/// browser keeps no page from opening a WebSocket of another address, and adds the cookie.
fn check_browser(caller: &Caller<'_>) -> Result<(), Problem> {
    let Caller { request, address, visitor, .. } = caller;
    let is_program = visitor.proof.kind == Kind::Token && host::header(request, "origin").is_none();
    if !is_program && !address.is_origin_of(request) {
        return Err(Problem::ORIGIN_REFUSED);
    }
    let upgrade = host::header(request, "upgrade");
    let is_socket = upgrade.is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    if is_socket { Ok(()) } else { Err(Problem::UPGRADE_REQUIRED) }
}

/// Returns what the registry has to know for as long as the socket is open. It knows nothing of
/// Cloudflare Access, nor of the tokens of `DISPATCH_TOKEN`: a change of these starts every journal
/// anew, and cuts its sockets.
fn proof(visitor: &Visitor) -> Option<String> {
    let is_known = match visitor.proof.kind {
        Kind::Token => visitor.holder.name != DISPATCH_TOKEN,
        Kind::Session => true,
        Kind::Access => false,
    };
    is_known.then(|| visitor.proof.digest())
}
