use super::{
    Checked,
    table::{Table, at_most, fail},
    value::header_name,
};
use crate::{
    json::{Json, Object},
    provider::{
        answer::{Answer, Handshake, HandshakeBody},
        plan::Plan,
    },
};

const MAX_HANDSHAKES: usize = 3;
const MAX_HEADERS: usize = 4;
const MAX_BYTES: usize = 256;

/// The seconds that a provider may wait for its answer.
const MAX_WITHIN: u32 = 60;

/// Reads the table `answer`.
pub(super) fn answer(root: &Table<'_>) -> Checked<Answer> {
    const KEYS: [&str; 4] = ["status", "headers", "body", "within"];
    let Some(table) = root.table("answer", &KEYS)? else {
        return Ok(Answer::default());
    };
    Ok(Answer {
        status: status(&table)?,
        headers: headers(&table)?,
        body: short(&table, "body")?.map(Into::into),
        within: table.whole("within", MAX_WITHIN)?,
    })
}

/// Reads the tables `handshake`.
pub(super) fn handshakes(root: &Table<'_>, plan: &Plan) -> Checked<Vec<Handshake>> {
    let tables = root.tables("handshake", MAX_HANDSHAKES)?;
    tables.into_iter().map(|(key, object)| handshake(&key, object, plan)).collect()
}

fn handshake(key: &str, object: &Object<'_>, plan: &Plan) -> Checked<Handshake> {
    let table = Table::new(key, object, &["echo", "as", "body", "status", "headers"])?;
    match (table.text("echo")?, table.get("body")) {
        (Some(query), None) => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !query.bytes().all(is_plain) {
                return Err(table.fail("echo", "expected letters, digits, _ and -"));
            }
            if let Some(name) = ["status", "headers"].into_iter().find(|name| table.has(name)) {
                return Err(table.fail(name, "does not go with `echo`"));
            }
            let is_json = match table.text("as")? {
                None | Some("text") => false,
                Some("json") => true,
                Some(_) => return Err(table.fail("as", "expected \"text\" or \"json\"")),
            };
            Ok(Handshake::Echo { query: query.into(), is_json })
        }
        (None, Some(json)) => {
            if table.has("as") {
                return Err(table.fail("as", "does not go with `body`"));
            }
            let body = body(&table, json, plan)?;
            let status = status(&table)?.unwrap_or(200);
            Ok(Handshake::Post { body, status, headers: headers(&table)? })
        }
        _ => Err(fail(key, "expected either `echo` or `body`")),
    }
}

fn body(table: &Table<'_>, json: &Json<'_>, plan: &Plan) -> Checked<HandshakeBody> {
    const EXPECTED: &str = "expected \"empty\", \"form\", or { \"/key\" = \"text\" }";
    match json {
        Json::Text(text) if text == "empty" => Ok(HandshakeBody::Empty),
        Json::Text(text) if text == "form" => Ok(HandshakeBody::Form),
        Json::Object(object) => {
            let field = Table::open(&table.key("body"), object)?;
            let mut keys = field.keys();
            let (Some(name), None) = (keys.next(), keys.next()) else {
                return Err(table.fail("body", EXPECTED));
            };
            let key = name.strip_prefix('/').filter(|key| !key.contains(['/', '~']));
            let key = key.ok_or_else(|| table.fail("body", EXPECTED))?;
            let text = field.needed_text(name)?;
            if plan.lookups.iter().any(|lookup| lookup.words.find(text).is_some()) {
                let text = ["\"", text, "\" is in status.words; a handshake may not swallow it"];
                return Err(table.fail("body", &text.concat()));
            }
            Ok(HandshakeBody::Field(key.into(), text.into()))
        }
        _ => Err(table.fail("body", EXPECTED)),
    }
}

fn status(table: &Table<'_>) -> Checked<Option<u16>> {
    let Some(json) = table.get("status") else {
        return Ok(None);
    };
    let status = match json {
        Json::Number(Some(number)) => u16::try_from(*number).ok(),
        _ => None,
    };
    let success = status.filter(|status| (200..300).contains(status));
    success.map(Some).ok_or_else(|| table.fail("status", "expected a success, from 200 to 299"))
}

fn headers(table: &Table<'_>) -> Checked<Vec<(Box<str>, Box<str>)>> {
    let Some(json) = table.get("headers") else {
        return Ok(Vec::new());
    };
    let object = json.object().ok_or_else(|| table.fail("headers", "expected a table"))?;
    let rows = Table::open(&table.key("headers"), object)?;
    at_most(&table.key("headers"), rows.keys().count(), MAX_HEADERS, "headers")?;
    let header = |name: &str| {
        header_name(&rows.key(name), name)?;
        let value = short(&rows, name)?.unwrap_or_default();
        Ok((name.into(), value.into()))
    };
    rows.keys().map(header).collect()
}

/// Returns a text of printable ASCII.
fn short<'j>(table: &Table<'j>, name: &str) -> Checked<Option<&'j str>> {
    let text = table.text(name)?;
    let is_plain = |text: &str| {
        text.len() <= MAX_BYTES && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    };
    match text {
        Some(text) if !is_plain(text) => {
            Err(table.fail(name, "expected at most 256 printable characters of ASCII"))
        }
        text => Ok(text),
    }
}
