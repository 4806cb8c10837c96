use super::{
    Checked,
    table::{Key, Table, at_most, fail},
    value::header_name,
};
use crate::{
    json::{Json, Object},
    provider::{
        answer::{Answer, Handshake, HandshakeBody, is_plain},
        plan::Plan,
    },
};

const MAX_HANDSHAKES: usize = 3;
const MAX_HEADERS: usize = 4;
const MAX_BYTES: usize = 256;

/// The seconds that a provider may wait for its answer.
const MAX_WITHIN: u32 = 60;

/// Reads the table `answer`.
pub(super) fn answer(root: &Table<'_, '_>, answer: &mut Answer) -> Checked<()> {
    const KEYS: [&str; 4] = ["status", "headers", "body", "within"];
    let Some(table) = root.table("answer", &KEYS)? else {
        return Ok(());
    };
    answer.status = status(&table)?;
    headers(&table, &mut answer.headers)?;
    answer.body = short(&table, "body")?.map(Into::into);
    answer.within = table.whole("within", MAX_WITHIN)?;
    Ok(())
}

/// Reads the tables `handshake`.
pub(super) fn handshakes(
    root: &Table<'_, '_>,
    plan: &Plan,
    handshakes: &mut Vec<Handshake>,
) -> Checked<()> {
    root.each_table("handshake", MAX_HANDSHAKES, &mut |key, object, _| {
        handshakes.push(handshake(key, object, plan)?);
        Ok(())
    })?;
    Ok(())
}

fn handshake(key: Key<'_>, object: &Object<'_>, plan: &Plan) -> Checked<Handshake> {
    let table = Table::new(key, object, &["echo", "as", "body", "status", "headers"])?;
    match (table.text("echo")?, table.get("body")) {
        (Some(query), None) => {
            if !is_plain(query) {
                return Err(table.fail("echo", &["expected letters, digits, _ and -"]));
            }
            if let Some(name) = table.other(&["echo", "as"]) {
                return Err(table.fail(name, &["does not go with `echo`"]));
            }
            let is_json = match table.text("as")? {
                None | Some("text") => false,
                Some("json") => true,
                Some(_) => return Err(table.fail("as", &["expected \"text\" or \"json\""])),
            };
            Ok(Handshake::Echo { query: query.into(), is_json })
        }
        (None, Some(json)) => {
            if table.has("as") {
                return Err(table.fail("as", &["does not go with `body`"]));
            }
            let body = body(&table, json, plan)?;
            let status = status(&table)?.unwrap_or(200);
            let mut all = Vec::new();
            headers(&table, &mut all)?;
            Ok(Handshake::Post { body, status, headers: all })
        }
        _ => Err(fail(&key, &["expected either `echo` or `body`"])),
    }
}

fn body(table: &Table<'_, '_>, json: &Json<'_>, plan: &Plan) -> Checked<HandshakeBody> {
    const EXPECTED: &str = "expected \"empty\", \"form\", or { \"/key\" = \"text\" }";
    match json {
        Json::Text(text) if text == "empty" => Ok(HandshakeBody::Empty),
        Json::Text(text) if text == "form" => Ok(HandshakeBody::Form),
        Json::Object(object) => {
            let field = Table::open(table.key("body"), object)?;
            let name = field.only_key().unwrap_or_default();
            let Some(key) = name.strip_prefix('/').filter(|key| !key.contains(['/', '~'])) else {
                return Err(table.fail("body", &[EXPECTED]));
            };
            let text = field.needed_text(name)?;
            if plan.lookups.iter().any(|lookup| lookup.words.find(text).is_some()) {
                let swallows = "\" is in status.words; a handshake may not swallow it";
                return Err(table.fail("body", &["\"", text, swallows]));
            }
            Ok(HandshakeBody::Field(key.into(), text.into()))
        }
        _ => Err(table.fail("body", &[EXPECTED])),
    }
}

fn status(table: &Table<'_, '_>) -> Checked<Option<u16>> {
    match table.get("status") {
        None => Ok(None),
        Some(Json::Number(Some(number))) if (200..300).contains(number) => {
            Ok(u16::try_from(*number).ok())
        }
        Some(_) => Err(table.fail("status", &["expected a success, from 200 to 299"])),
    }
}

fn headers(table: &Table<'_, '_>, headers: &mut Vec<(Box<str>, Box<str>)>) -> Checked<()> {
    let Some(rows) = table.rows("headers")? else {
        return Ok(());
    };
    at_most(&rows.key, rows.keys().count(), MAX_HEADERS, "headers")?;
    for name in rows.keys() {
        let header = header_name(&rows.key(name), name)?;
        headers.push((header, short(&rows, name)?.unwrap_or_default().into()));
    }
    Ok(())
}

/// Returns a text of printable ASCII.
fn short<'j>(table: &Table<'_, 'j>, name: &str) -> Checked<Option<&'j str>> {
    let text = table.text(name)?;
    let is_short = |text: &str| {
        text.len() <= MAX_BYTES && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    };
    match text {
        Some(text) if !is_short(text) => {
            Err(table.fail(name, &["expected at most 256 printable characters of ASCII"]))
        }
        text => Ok(text),
    }
}
