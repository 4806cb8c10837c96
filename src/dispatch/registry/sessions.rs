//! The sessions of the console, and the codes that begin one. Only digests of their secrets are
//! kept.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    door,
    tokens::{Access, Holder},
};
use crate::{
    config::DISPATCH_TOKEN,
    host::{Row, Sql, Value},
    json, moment,
};

/// The milliseconds for which a session lasts, and those in which a code may be used.
pub(crate) const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
pub(crate) const CODE_MS: i64 = 10 * 60 * 1000;

/// The sessions and the codes that are kept of one token. Its oldest goes for a new one, so the holder
/// of a token can end no session of another's.
const MAX_SESSIONS: i64 = 100;
const MAX_CODES: i64 = 20;

/// Whether the token of a row is still known. `?2` is the name of the tokens that only the
/// configuration has.
const IS_CURRENT: &str = "(name = ?2 OR token IN (SELECT digest FROM tokens))";

/// A session, or what a code stands for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) holder: Holder,
    /// The SHA-256 of the token that it came from.
    pub(crate) token: String,
    /// When it ends, in milliseconds since 1970.
    pub(crate) until: i64,
}

/// What a request of a session needs to know.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entered {
    pub(crate) session: Session,
    /// The names of the journals.
    pub(crate) journals: Vec<String>,
}

/// What the registry can be asked about sessions. Ids, codes and proofs are given by their SHA-256.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionsQuestion {
    /// Begins a session.
    Begin { id: String, session: Session },
    /// Begins a session with a code, which is used up: a `Session`, or null.
    Redeem { code: String, id: String },
    /// A session: an `Entered`, or null.
    Enter { id: String },
    /// Ends a session.
    End { id: String },
    /// Keeps a code.
    KeepCode { code: String, session: Session },
    /// Those proofs which are still known: ids of sessions, and tokens.
    Known { proofs: Vec<String> },
}

/// Answers a question, in JSON.
pub(super) fn answer(sql: &Sql<'_>, question: SessionsQuestion) -> Result<String, JsValue> {
    use SessionsQuestion as Question;
    Ok(match question {
        Question::Begin { id, session } => json::text(&begin(sql, &id, &session)?),
        Question::Redeem { code, id } => json::text(&redeem(sql, &code, &id)?),
        Question::Enter { id } => json::text(&enter(sql, &id)?),
        Question::End { id } => json::text(&end(sql, &id)?),
        Question::KeepCode { code, session } => json::text(&keep_code(sql, &code, &session)?),
        Question::Known { proofs } => json::text(&known(sql, proofs)?),
    })
}

fn begin(sql: &Sql<'_>, id: &str, session: &Session) -> Result<(), JsValue> {
    insert(sql, "sessions", MAX_SESSIONS, id, session)
}

fn keep_code(sql: &Sql<'_>, code: &str, session: &Session) -> Result<(), JsValue> {
    insert(sql, "codes", MAX_CODES, code, session)
}

/// Adds a row to one of the tables, which have the same columns.
fn insert(
    sql: &Sql<'_>,
    table: &str,
    most: i64,
    id: &str,
    session: &Session,
) -> Result<(), JsValue> {
    let make_room = format!(
        "DELETE FROM {table} WHERE id IN \
         (SELECT id FROM {table} WHERE token = ? ORDER BY at DESC LIMIT -1 OFFSET ?)"
    );
    let Session { holder, token, until } = session;
    sql.run(&make_room, &[token.into(), (most - 1).into()])?;
    let access = json::text(&holder.access);
    let values: [Value<'_>; 6] = [
        id.into(),
        moment::now().into(),
        token.into(),
        (&holder.name).into(),
        access.trim_matches('"').into(),
        (*until).into(),
    ];
    let insert = format!(
        "INSERT INTO {table} (id, at, token, name, access, until) VALUES (?, ?, ?, ?, ?, ?)"
    );
    sql.run(&insert, &values)
}

fn redeem(sql: &Sql<'_>, code: &str, id: &str) -> Result<Option<Session>, JsValue> {
    const TAKE: &str = "DELETE FROM codes WHERE id = ? RETURNING token, name, access, until";
    let now = moment::now();
    let kept = sql.first(TAKE, &[code.into()])?.as_ref().and_then(session);
    let Some(kept) = kept.filter(|kept| now < kept.until) else {
        return Ok(None);
    };
    let session = Session { until: now + SESSION_MS, ..kept };
    begin(sql, id, &session)?;
    Ok(Some(session))
}

fn enter(sql: &Sql<'_>, id: &str) -> Result<Option<Entered>, JsValue> {
    let select = format!(
        "SELECT token, name, access, until FROM sessions WHERE id = ?1 AND until > ?3 AND {IS_CURRENT}"
    );
    let row = sql.first(&select, &[id.into(), DISPATCH_TOKEN.into(), moment::now().into()])?;
    let Some(session) = row.as_ref().and_then(session) else {
        return Ok(None);
    };
    Ok(Some(Entered { session, journals: door::journals(sql)? }))
}

fn end(sql: &Sql<'_>, id: &str) -> Result<(), JsValue> {
    sql.run("DELETE FROM sessions WHERE id = ?", &[id.into()])
}

/// Ends what came from a token: its sessions, and its codes.
pub(super) fn end_of(sql: &Sql<'_>, token: &str) -> Result<(), JsValue> {
    sql.run("DELETE FROM sessions WHERE token = ?", &[token.into()])?;
    sql.run("DELETE FROM codes WHERE token = ?", &[token.into()])
}

fn known(sql: &Sql<'_>, proofs: Vec<String>) -> Result<Vec<String>, JsValue> {
    let select = format!(
        "SELECT 1 FROM sessions WHERE id = ?1 AND until > ?3 AND {IS_CURRENT} \
         UNION ALL SELECT 1 FROM tokens WHERE digest = ?1 LIMIT 1"
    );
    let now = moment::now();
    let mut known = Vec::new();
    for proof in proofs {
        if sql.first(&select, &[(&proof).into(), DISPATCH_TOKEN.into(), now.into()])?.is_some() {
            known.push(proof);
        }
    }
    Ok(known)
}

/// Reads the columns from `token` to `until`.
fn session(row: &Row) -> Option<Session> {
    let holder = Holder { name: row.text(1)?, access: Access::of(&row.text(2)?) };
    Some(Session { holder, token: row.text(0)?, until: row.int(3) })
}
