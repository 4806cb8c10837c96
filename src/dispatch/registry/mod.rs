//! The registry: the state that all journals share. There is one registry. It has the names of the
//! journals, tokens, sessions, the audit, and dead letters.
//!
//! As with a journal, everything is in the `SQLite` storage of a Durable Object, and each call is
//! one transaction. The functions fail if the storage does.

use wasm_bindgen::prelude::*;

use crate::{
    host::{Sql, Storage},
    json,
    migrate::migrate,
};
pub(crate) use activity::{Counts, Message as CountMessage, Sum};
pub(crate) use answers::Known;
pub(crate) use audit::{Action, AuditEntry};
pub(crate) use client::{add_activity, ask, keep_dead_letters, note, watch};
pub(crate) use dead_letters::{DeadLetter, DeadLettersQuestion, ErasedLetters, Heading, Whole};
pub(crate) use door::Door;
pub(crate) use endpoints::{EndpointsQuestion, MAX_ENDPOINTS, Saved};
pub(crate) use question::Question;
pub(crate) use section::{Listed, Section};
pub(crate) use sessions::{CODE_MS, Entered, SESSION_MS, Session, SessionsQuestion};
pub(crate) use tokens::{Access, Holder, MAX_TOKENS, Made, Token};

mod activity;
mod answers;
mod audit;
mod client;
mod dead_letters;
mod door;
mod endpoints;
mod question;
mod section;
mod sessions;
mod tend;
mod tokens;
mod watch;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
];

/// Brings the tables up to date.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = openRegistry)]
pub fn open(storage: &Storage) -> Result<(), JsValue> {
    migrate(&Sql(storage), MIGRATIONS)
}

/// Answers a `Question`, in JSON.
///
/// # Errors
///
/// Fails if the storage does, or if the question is not understood.
#[wasm_bindgen(js_name = askRegistry)]
pub fn answer(storage: &Storage, question: &str, settings: &str) -> Result<String, JsValue> {
    let sql = Sql(storage);
    let question = serde_json::from_str(question).map_err(|_| "the question is not understood")?;
    Ok(match question {
        Question::Journals => json::text(&door::journals(&sql)?),
        Question::Note { journals } => json::text(&door::note(&sql, &journals)?),
        Question::Open { digest } => json::text(&door::open(&sql, digest.as_deref())?),
        Question::Tokens => json::text(&tokens::list(&sql)?),
        Question::CreateToken { actor, name, digest, access } => {
            json::text(&tokens::create(&sql, &actor, name, &digest, access)?)
        }
        Question::DeleteToken { actor, name } => json::text(&delete_token(&sql, &actor, &name)?),
        Question::Audit(section) => json::text(&audit::list(&sql, &section)?),
        Question::Log { actor, action, target } => {
            json::text(&audit::log(&sql, &actor, action, target.as_deref())?)
        }
        Question::DeadLetters(question) => dead_letters::answer(&sql, question)?,
        Question::Endpoints(question) => endpoints::answer(&sql, question)?,
        Question::Sessions(question) => sessions::answer(&sql, question)?,
        Question::BeginAnswer { key, body } => json::text(&answers::begin(&sql, &key, &body)?),
        Question::KeepAnswer { key, status, sealed } => {
            json::text(&answers::keep(&sql, &key, status, &sealed)?)
        }
        Question::ForgetAnswer { key } => json::text(&answers::forget(&sql, &key)?),
        Question::AddActivity(counts) => json::text(&activity::add(&sql, &counts)?),
        Question::Watch => json::text(&watch::watch(&sql, settings)?),
        Question::RemoveNotices { ids } => json::text(&watch::remove(&sql, &ids)?),
        Question::Activity => json::text(&activity::of_day(&sql)?),
        Question::History { since, step, source } => {
            json::text(&activity::since(&sql, since, step, source.as_deref())?)
        }
    })
}

/// Deletes a token, and ends its sessions. Returns whether there was one.
fn delete_token(sql: &Sql<'_>, actor: &str, name: &str) -> Result<bool, JsValue> {
    let digest = tokens::delete(sql, actor, name)?;
    digest.as_ref().map_or(Ok(()), |digest| sessions::end_of(sql, digest))?;
    Ok(digest.is_some())
}

/// Removes what is due. Returns the milliseconds after which to call it again.
///
/// # Errors
///
/// Fails if the storage does.
#[wasm_bindgen(js_name = tendRegistry)]
pub fn tend(storage: &Storage, settings: &str) -> Result<f64, JsValue> {
    tend::tend(&Sql(storage), settings)
}
