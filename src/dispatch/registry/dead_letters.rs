//! Messages that could not be taken.

use orderhook_core::dispatch::{Contact, Taken, order_key};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    audit::{self, Action},
    section::{Listed, Section},
};
use crate::{
    host::{Row, Sql},
    json, moment,
};

/// A message that could not be taken.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeadLetter {
    /// The message's id.
    pub(crate) id: String,
    attempts: u32,
    /// `json`, `text`, `base64` or `other`.
    form: String,
    content: String,
}

/// What is known of a dead letter.
#[derive(Serialize, Deserialize)]
pub(crate) struct Heading {
    id: String,
    source: Option<String>,
    event_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    order: Option<String>,
    since: String,
    attempts: i64,
    /// `json`, `text`, `base64` or `other`.
    pub(crate) form: String,
    bytes: i64,
}

/// A dead letter with its content.
#[derive(Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(crate) dead_letter: Heading,
    pub(crate) content: String,
}

/// What the registry can be asked about dead letters.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeadLettersQuestion {
    /// Keeps some.
    Keep { letters: Vec<DeadLetter> },
    /// A page: a `Listed` of `Heading`.
    List { source: Option<String>, section: Section },
    /// One with its content: a `Whole`, or null.
    One { id: String },
    /// Deletes one: whether there was one.
    Delete { actor: String, action: Action, id: String },
    /// How many there are.
    Count,
    /// Erases a step of those of an order: `ErasedLetters`.
    Erase { source: String, order: String },
    /// Erases a step of those that name a customer: `ErasedLetters`.
    EraseOf {
        source: Option<String>,
        contact: Contact,
        /// The position after which to look.
        after: i64,
    },
}

impl Heading {
    /// Returns whether the content is the message itself, and not a description of it.
    pub(crate) fn is_message(&self) -> bool {
        self.form != "other"
    }
}

impl DeadLetter {
    /// Makes a dead letter of a message: its form, and its content in that form.
    pub(crate) fn new(id: String, attempts: u32, form: String, content: String) -> Self {
        Self { id, attempts, form, content }
    }
}

/// Answers a question, in JSON.
pub(super) fn answer(sql: &Sql<'_>, question: DeadLettersQuestion) -> Result<String, JsValue> {
    use DeadLettersQuestion as Question;
    Ok(match question {
        Question::Keep { letters } => json::text(&keep(sql, &letters)?),
        Question::List { source, section } => json::text(&list(sql, source.as_deref(), &section)?),
        Question::One { id } => json::text(&one(sql, &id)?),
        Question::Delete { actor, action, id } => json::text(&delete(sql, &actor, action, &id)?),
        Question::Count => json::text(&count(sql)?),
        Question::Erase { source, order } => json::text(&erase(sql, &source, &order)?),
        Question::EraseOf { source, contact, after } => {
            json::text(&erase_of(sql, source.as_deref(), &contact, after)?)
        }
    })
}

/// Keeps dead letters. One that is known is kept once.
fn keep(sql: &Sql<'_>, letters: &[DeadLetter]) -> Result<(), JsValue> {
    const INSERT: &str = "INSERT INTO dead_letters \
        (id, at, attempts, source, event, type, ord, form, content) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    for letter in letters {
        let event = Taken::read(&letter.content).ok();
        let event = event.as_ref();
        let report = event.and_then(|event| event.report.as_ref());
        let order = report.map(|report| order_key(&report.order));
        let values = [
            (&letter.id).into(),
            moment::now().into(),
            i64::from(letter.attempts).into(),
            event.map(|event| &event.source).into(),
            event.map(|event| &event.id).into(),
            event.map(|event| event.kind).into(),
            order.as_deref().into(),
            (&letter.form).into(),
            (&letter.content).into(),
        ];
        sql.run(INSERT, &values)?;
    }
    Ok(())
}

const COLUMNS: &str =
    "SELECT seq, id, source, event, type, ord, at, attempts, form, octet_length(content)";

fn heading(row: &Row) -> Option<(i64, Heading)> {
    let heading = Heading {
        id: row.text(1)?,
        source: row.text(2),
        event_id: row.text(3),
        kind: row.text(4),
        order: row.text(5),
        since: moment::text(row.int(6)),
        attempts: row.int(7),
        form: row.text(8)?,
        bytes: row.int(9),
    };
    Some((row.int(0), heading))
}

/// Returns a page, the latest first.
fn list(
    sql: &Sql<'_>,
    source: Option<&str>,
    section: &Section,
) -> Result<Listed<Heading>, JsValue> {
    let (last, limit) = section.bounds();
    let of_source = "(?1 IS NULL OR source = ?1)";
    let select = format!(
        "{COLUMNS} FROM dead_letters WHERE {of_source} AND seq <= ?2 ORDER BY seq DESC LIMIT ?3"
    );
    let rows = sql.rows(&select, &[source.into(), last.into(), limit.into()])?;
    Ok(section.page(rows.iter().filter_map(heading).collect()))
}

/// Returns a dead letter with its content.
fn one(sql: &Sql<'_>, id: &str) -> Result<Option<Whole>, JsValue> {
    let select = format!("{COLUMNS}, content FROM dead_letters WHERE id = ?");
    let row = sql.first(&select, &[id.into()])?;
    Ok(row.and_then(|row| {
        let (_, dead_letter) = heading(&row)?;
        Some(Whole { dead_letter, content: row.text(10)? })
    }))
}

/// Deletes a dead letter. Returns whether there was one.
fn delete(sql: &Sql<'_>, actor: &str, action: Action, id: &str) -> Result<bool, JsValue> {
    let deleted = sql.first("DELETE FROM dead_letters WHERE id = ? RETURNING id", &[id.into()])?;
    if deleted.is_none() {
        return Ok(false);
    }
    audit::log(sql, actor, action, Some(id))?;
    Ok(true)
}

/// Returns how many there are.
fn count(sql: &Sql<'_>) -> Result<i64, JsValue> {
    Ok(sql.first("SELECT count(*) FROM dead_letters", &[])?.map_or(0, |row| row.int(0)))
}

/// The dead letters of an order that one step erases.
const STEP: i64 = 500;

/// The dead letters that one step looks at for a customer: the bytes after which it ends, and the
/// rows that are read at once.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const CHUNK: usize = 50;

/// What a step has erased.
#[derive(Serialize, Deserialize)]
pub(crate) struct ErasedLetters {
    pub(crate) erased: i64,
    /// The position after which to look for more.
    pub(crate) next: Option<i64>,
}

/// Erases a step of the dead letters of an order.
fn erase(sql: &Sql<'_>, source: &str, order: &str) -> Result<ErasedLetters, JsValue> {
    const DELETE: &str = "DELETE FROM dead_letters WHERE seq IN \
        (SELECT seq FROM dead_letters WHERE source = ? AND ord = ? LIMIT ?) RETURNING seq";
    let key = order_key(order);
    let rows = sql.rows(DELETE, &[source.into(), (&*key).into(), STEP.into()])?;
    let erased = i64::try_from(rows.len()).unwrap_or(0);
    Ok(ErasedLetters { erased, next: (erased == STEP).then_some(0) })
}

/// Erases the dead letters that name a customer, of a source or of all, in a bounded part of them.
fn erase_of(
    sql: &Sql<'_>,
    source: Option<&str>,
    contact: &Contact,
    after: i64,
) -> Result<ErasedLetters, JsValue> {
    const SELECT: &str = "SELECT seq, content FROM dead_letters WHERE seq > ?1 \
        AND (?2 IS NULL OR source IS NULL OR source = ?2) ORDER BY seq LIMIT ?3";
    let limit = i64::try_from(CHUNK).unwrap_or(0);
    let (mut erased, mut bytes, mut after) = (0, 0, after);
    loop {
        let rows = sql.rows(SELECT, &[after.into(), source.into(), limit.into()])?;
        for row in &rows {
            after = row.int(0);
            let content = row.text(1).unwrap_or_default();
            bytes += content.len();
            if contact.is_in(&content) {
                sql.run("DELETE FROM dead_letters WHERE seq = ?", &[after.into()])?;
                erased += 1;
            }
        }
        if rows.len() < CHUNK || bytes >= MAX_BYTES {
            let next = (rows.len() == CHUNK).then_some(after);
            return Ok(ErasedLetters { erased, next });
        }
    }
}
