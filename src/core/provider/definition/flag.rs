use super::{
    Checked,
    places::{Base, Places},
    table::{Key, Table, fail, texts},
    value::{Kind, value},
};
use crate::{json::Json, provider::value::Flag};

const MAX_WORDS: usize = 4;

/// Reads a flag at a key of a table, if there is one.
pub(super) fn flag(
    table: &Table<'_, '_>,
    name: &str,
    places: &mut Places,
    base: &Base,
) -> Checked<Option<Flag>> {
    let key = table.key(name);
    let (json, object) = match table.get(name) {
        None => return Ok(None),
        Some(json) => (json, json.object()),
    };
    let has =
        |names: &[&str]| object.is_some_and(|object| object.keys().any(|key| names.contains(&key)));
    if has(&["of"]) && !has(&["is", "starts", "after", "before"]) {
        return Err(fail(&key, &["add `is` or `starts`, with which the value is compared"]));
    }
    let Some(object) = object.filter(|_| has(&["is", "starts"])) else {
        return value(&key, json, places, base, Kind::Plain).map(|value| Some(Flag::Value(value)));
    };
    let table = Table::new(key, object, &["of", "is", "starts"])?;
    let of = value(&table.key("of"), table.needed("of")?, places, base, Kind::Plain)?;
    match (table.get("is"), table.text("starts")?) {
        (Some(_), Some(_)) => Err(fail(&key, &["`is` or `starts`, not both"])),
        (Some(Json::Flag(is)), None) => Ok(Some(Flag::Literal(of, *is))),
        (Some(json), None) => Ok(Some(Flag::Is(of, words(&table.key("is"), json)?))),
        (None, starts) => Ok(starts.map(|starts| Flag::Starts(of, starts.into()))),
    }
}

/// Reads the words that a flag is compared with.
fn words(key: &Key<'_>, json: &Json<'_>) -> Checked<Vec<Box<str>>> {
    let mut words = Vec::new();
    for word in texts(key, json, MAX_WORDS)? {
        words.push(word.into());
    }
    Ok(words)
}
