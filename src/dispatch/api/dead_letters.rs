//! Lists dead letters, shows one, puts it back or deletes it.

use serde::Serialize;

use super::{
    caller::Caller,
    params::Params,
    problem::{Backend, Problem},
    reply::Reply,
    tokens::section,
};
use crate::{
    cursor::Cursor,
    host, json,
    registry::{Action, DeadLettersQuestion as Letters, Heading, Listed, Question, Whole},
};

/// Answers `GET /v1/dead-letters`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body {
        dead_letters: Vec<Heading>,
        next: Option<String>,
    }
    let params = Params::parse(caller.query, &["source", "limit", "cursor"])?;
    let section = section(&params, "dead-letters")?;
    let question = Question::DeadLetters(Letters::List { source: params.source()?, section });
    let Listed { entries: dead_letters, next } = caller.registry(&question).await?;
    let next = next.map(|next| Cursor::one("dead-letters", next).text());
    Ok(Reply::Json(json::text(&Body { dead_letters, next })))
}

/// Answers `GET /v1/dead-letters/{id}`.
pub(super) async fn one(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Ok(Reply::Json(json::text(&whole(caller, id).await?)))
}

async fn whole(caller: &Caller<'_>, id: String) -> Result<Whole, Problem> {
    Params::parse(caller.query, &[])?;
    let found: Option<Whole> = caller.registry(&Question::DeadLetters(Letters::One { id })).await?;
    found.ok_or(Problem::DEAD_LETTER_NOT_FOUND)
}

/// Answers `DELETE /v1/dead-letters/{id}`.
pub(super) async fn delete(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    remove(caller, Action::DeadLetterDeleted, id).await
}

/// Answers `POST /v1/dead-letters/{id}/requeue`. The message is sent before it is deleted. After a
/// failure between the two, the message is in both places, so it is never lost.
pub(super) async fn requeue(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    let Whole { dead_letter, content } = whole(caller, id.clone()).await?;
    if !dead_letter.is_message() {
        return Err(Problem::DEAD_LETTER_NOT_REQUEUEABLE);
    }
    let requeued = host::requeue(caller.host, &dead_letter.form, &content).await;
    requeued.map_err(|failure| Problem::unavailable(Backend::Queue, failure))?;
    remove(caller, Action::DeadLetterRequeued, id).await
}

async fn remove(caller: &Caller<'_>, action: Action, id: String) -> Result<Reply, Problem> {
    let question = Question::DeadLetters(Letters::Delete { actor: caller.actor(), action, id });
    let was_there: bool = caller.registry(&question).await?;
    if was_there { Ok(Reply::Empty) } else { Err(Problem::DEAD_LETTER_NOT_FOUND) }
}
