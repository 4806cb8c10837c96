use super::{
    Checked,
    places::{Base, Places},
    table::{Key, Table, at_most, fail, list},
};
use crate::{
    json::Json,
    provider::value::{Cut, Element, Pick, Value},
    scheme::grammar::is_token,
};

const MAX_CANDIDATES: usize = 4;
const MAX_PARTS: usize = 6;
const MAX_NAMES: usize = 4;
const MAX_TEXT_BYTES: usize = 256;

/// The bytes of a cut's mark: each place of a text is compared with it.
const MAX_MARK_BYTES: usize = 64;

/// The values within a value.
const MAX_DEPTH: usize = 4;

/// Every key of a value that is a table.
const FORMS: [&str; 13] = [
    "header", "query", "text", "join", "with", "in", "pick", "by", "take", "of", "after", "before",
    "hash",
];

/// What a value may be beside a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value of the event.
    Plain,
    /// An event's id, which may be a hash.
    Id,
    /// A status word, which may be that of the slowest element.
    Word,
}

/// Reads the value at a key of a table, if there is one.
pub(super) fn optional(
    table: &Table<'_, '_>,
    name: &str,
    places: &mut Places,
    base: &Base,
) -> Checked<Option<Value>> {
    match table.get(name) {
        None => Ok(None),
        Some(json) => value(&table.key(name), json, places, base, Kind::Plain).map(Some),
    }
}

/// Reads a value.
pub(super) fn value(
    key: &Key<'_>,
    json: &Json<'_>,
    places: &mut Places,
    base: &Base,
    kind: Kind,
) -> Checked<Value> {
    Reader { places, kind, depth: 0 }.read(key, json, base)
}

struct Reader<'p> {
    places: &'p mut Places,
    kind: Kind,
    depth: usize,
}

impl Reader<'_> {
    fn read(&mut self, key: &Key<'_>, json: &Json<'_>, base: &Base) -> Checked<Value> {
        if self.depth == MAX_DEPTH {
            return Err(fail(key, &["more than 4 values within one another"]));
        }
        self.depth += 1;
        let value = match json {
            Json::Text(pointer) => self.places.value(base, pointer, key),
            Json::List(list) => {
                at_most(key, list.len(), MAX_CANDIDATES, "candidates")?;
                if list.is_empty() {
                    return Err(fail(key, &["empty; name a place, or leave the key out"]));
                }
                Ok(Value::First(self.all(key, list, base)?))
            }
            Json::Object(object) => self.table(&Table::new(*key, object, &FORMS)?, key, base),
            _ => Err(fail(key, &["expected a place, as \"/data/id\", or { text = … }"])),
        };
        self.depth -= 1;
        value
    }

    fn all(&mut self, key: &Key<'_>, list: &[Json<'_>], base: &Base) -> Checked<Vec<Value>> {
        let mut values = Vec::with_capacity(list.len());
        for (at, json) in list.iter().enumerate() {
            values.push(self.read(&key.index(at), json, base)?);
        }
        Ok(values)
    }

    fn table(&mut self, table: &Table<'_, '_>, key: &Key<'_>, base: &Base) -> Checked<Value> {
        let kinds = ["header", "query", "text", "join", "in", "of", "hash"];
        let mut given = kinds.into_iter().filter(|kind| table.has(kind));
        let (first, second) = (given.next(), given.next());
        if let Some(second) = second {
            let first = first.unwrap_or_default();
            return Err(fail(key, &["`", first, "` or `", second, "`, not both"]));
        }
        let known: &[&str] = match first {
            Some("join") => &["join", "with"],
            Some("in") => &["in", "pick", "by", "take"],
            Some("of") => &["of", "after", "before"],
            Some(only) => &[only],
            None => {
                return Err(fail(key, &["expected header, query, text, join, in, of or hash"]));
            }
        };
        if let Some(other) = table.other(known) {
            let first = first.unwrap_or_default();
            return Err(table.fail(other, &["does not go with `", first, "`"]));
        }
        match first {
            Some("header") => self.header(table),
            Some("query") => Ok(Value::Query(table.needed_text("query")?.into())),
            Some("text") => {
                let text = table.needed_text("text")?;
                at_most(&table.key("text"), text.len(), MAX_TEXT_BYTES, "bytes")?;
                Ok(Value::Text(text.into()))
            }
            Some("join") => self.join(table, base),
            Some("in") => self.element(table, base),
            Some("of") => self.cut(table, base),
            _ => self.hash(table, key),
        }
    }

    fn header(&mut self, table: &Table<'_, '_>) -> Checked<Value> {
        let names = table.texts("header", MAX_NAMES)?;
        let mut headers = Vec::with_capacity(names.len());
        for name in names {
            headers.push(header_name(&table.key("header"), name)?);
            self.places.header(name);
        }
        Ok(Value::Header(headers))
    }

    fn join(&mut self, table: &Table<'_, '_>, base: &Base) -> Checked<Value> {
        let key = table.key("join");
        let parts = parts(table)?;
        let Some(with) = table.text("with")? else {
            return Err(table.fail("with", &["missing: the text between the parts"]));
        };
        let keeps = |c: char| !matches!(c, ' ' | '_' | '-');
        if self.kind == Kind::Id {
            return Err(fail(
                &key,
                &["a join is the whole of an id; write event.id = { join = [ … ] }"],
            ));
        }
        if self.kind == Kind::Word && !with.contains(keeps) {
            return Err(table.fail("with", &["blanks, _ and - do not count in words; use \"/\""]));
        }
        Ok(Value::Join(self.all(&key, parts, base)?, with.into()))
    }

    fn element(&mut self, table: &Table<'_, '_>, base: &Base) -> Checked<Value> {
        let key = table.key("in");
        let pointer = table.needed_text("in")?;
        let (list, element) = self.places.list(base, pointer, &key)?;
        let Some(take) = table.get("take") else {
            return Err(table.fail("take", &["missing: name the value of the element"]));
        };
        let by = match table.get("by") {
            None => None,
            Some(by) => Some(self.read(&table.key("by"), by, &element)?),
        };
        let pick = self.pick(table, by, &element)?;
        let take = self.read(&table.key("take"), take, &element)?;
        Ok(Value::Element(Box::new(Element { list, pick, take })))
    }

    fn pick(&mut self, table: &Table<'_, '_>, by: Option<Value>, element: &Base) -> Checked<Pick> {
        const EXPECTED: &str = "expected \"first\", \"last\", \"latest\", or one key and its text, as { type = \"ETA\" }";
        let pick = table.needed("pick")?;
        if by.is_some() && (pick.object().is_some() || pick.text() == Some("slowest")) {
            return Err(table.fail("by", &["goes with \"first\", \"last\" and \"latest\" only"]));
        }
        match pick {
            Json::Text(pick) => match (&**pick, by) {
                ("first", by) => Ok(Pick::First(by)),
                ("last", by) => Ok(Pick::Last(by)),
                ("latest", Some(by)) => Ok(Pick::Latest(by)),
                ("latest", None) => {
                    Err(table
                        .fail("by", &["missing: \"latest\" needs the place of an element's time"]))
                }
                ("slowest", _) if self.kind == Kind::Word && self.depth == 1 => Ok(Pick::Slowest),
                ("slowest", _) => Err(table
                    .fail("pick", &["\"slowest\" goes with status.word only, as its whole value"])),
                _ => Err(table.fail("pick", &[EXPECTED])),
            },
            Json::Object(object) => {
                let pick = Table::open(table.key("pick"), object)?;
                let Some(name) = pick.only_key() else {
                    return Err(table.fail("pick", &[EXPECTED]));
                };
                let text = pick.needed_text(name)?;
                let place = self.places.value(element, name, &table.key("pick"))?;
                Ok(Pick::Key(place, text.into()))
            }
            _ => Err(table.fail("pick", &[EXPECTED])),
        }
    }

    fn cut(&mut self, table: &Table<'_, '_>, base: &Base) -> Checked<Value> {
        let of = self.read(&table.key("of"), table.needed("of")?, base)?;
        let (after, before) = (mark(table, "after")?, mark(table, "before")?);
        if after.is_none() && before.is_none() {
            return Err(table.fail("after", &["missing: a cut needs `after`, `before` or both"]));
        }
        Ok(Value::Cut(Box::new(Cut { of, after, before })))
    }

    fn hash(&mut self, table: &Table<'_, '_>, key: &Key<'_>) -> Checked<Value> {
        if table.text("hash")? != Some("body") {
            return Err(table.fail("hash", &["expected \"body\""]));
        }
        if self.kind != Kind::Id {
            return Err(fail(key, &["a hash goes with event.id only"]));
        }
        Ok(Value::Hash)
    }
}

/// Reads a mark of a cut.
fn mark(table: &Table<'_, '_>, name: &str) -> Checked<Option<Box<str>>> {
    let Some(mark) = table.text(name)? else {
        return Ok(None);
    };
    at_most(&table.key(name), mark.len(), MAX_MARK_BYTES, "bytes")?;
    Ok(Some(mark.into()))
}

/// Returns the parts of a join.
fn parts<'j>(table: &Table<'_, 'j>) -> Checked<&'j [Json<'j>]> {
    let key = table.key("join");
    let parts = list(&key, table.needed("join")?)?;
    at_most(&key, parts.len(), MAX_PARTS, "parts")?;
    if parts.len() < 2 {
        return Err(fail(&key, &["a join has two parts or more"]));
    }
    Ok(parts)
}

/// Reads the parts of an id that is a join.
pub(super) fn id_parts(
    table: &Table<'_, '_>,
    places: &mut Places,
    base: &Base,
) -> Checked<Vec<Value>> {
    let parts = parts(table)?;
    Reader { places, kind: Kind::Id, depth: 1 }.all(&table.key("join"), parts, base)
}

/// Checks the name of a header.
pub(super) fn header_name(key: &Key<'_>, name: &str) -> Checked<Box<str>> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(fail(key, &["write `", &name.to_ascii_lowercase(), "` in lower case"]));
    }
    if is_token(name) && name.len() <= MAX_TEXT_BYTES {
        return Ok(name.into());
    }
    Err(fail(key, &["\"", name, "\" is not a header's name"]))
}
