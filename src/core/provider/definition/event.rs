use super::{
    Checked,
    flag::flag,
    places::{Base, Places},
    scheme::Named,
    table::{Table, fail},
    value::{Kind, id_parts, optional, pointers, value},
};
use crate::{
    json::Json,
    provider::{
        plan::{EventPlan, Id},
        value::{List, Value},
    },
    time::UtcOffset,
};

const KEYS: [&str; 10] =
    ["each", "id", "time", "zone", "topic", "attempt", "test", "notes", "return", "volatile"];

/// The lists with an event for each element, and the name of the innermost.
type Each = (Vec<List>, Box<str>);

/// Reads the table `event`. Returns the base of the other tables, too.
pub(super) fn event(root: &Table<'_>, places: &mut Places) -> Checked<(EventPlan, Each, Base)> {
    let Some(table) = root.table("event", &KEYS)? else {
        return Ok((EventPlan::default(), Each::default(), Base::root()));
    };
    let (each, base) = each(&table, places)?;
    let has_each = !each.0.is_empty();
    let plan = EventPlan {
        id: id(&table, places, &base, has_each)?,
        time: optional(&table, "time", places, &base)?,
        zone: zone(&table)?,
        topic: optional(&table, "topic", places, &base)?,
        needs_topic: None,
        attempt: optional(&table, "attempt", places, &base)?,
        test: flag(&table, "test", places, &base)?,
        notes: optional(&table, "notes", places, &base)?,
    };
    // Checked here; events do not show a direction yet.
    flag(&table, "return", places, &base)?;
    Ok((plan, each, base))
}

fn each(table: &Table<'_>, places: &mut Places) -> Checked<(Each, Base)> {
    let key = table.key("each");
    let pointers = match table.get("each") {
        None => return Ok((Each::default(), Base::root())),
        Some(Json::List(list)) if list.len() > 2 => {
            return Err(fail(&key, &[&list.len().to_string(), " levels; at most 2"].concat()));
        }
        Some(_) => pointers(table, "each", 2)?,
    };
    let (mut lists, mut base) = (Vec::new(), Base::root());
    for pointer in &pointers {
        if pointer.starts_with('/') && !lists.is_empty() {
            return Err(fail(&key, "the inner list is in the element; write it without \"/\""));
        }
        let (list, element) = places.base(&base, pointer, &key)?.rows(places, &key)?;
        lists.push(list);
        base = element;
    }
    let name = base.needed.name.clone();
    Ok(((lists, name), base))
}

const SAME: &str =
    "this is the same for all events of a request; write a place of the element, without \"/\"";

fn id(table: &Table<'_>, places: &mut Places, base: &Base, has_each: bool) -> Checked<Option<Id>> {
    let Some(json) = table.get("id") else {
        return Ok(None);
    };
    let key = table.key("id");
    if let Some(object) = json.object().filter(|object| object.get("join").is_some()) {
        let join = Table::new(&key, object, &["join", "prescribed"])?;
        let parts = id_parts(&join, places, base)?;
        let is_bound =
            parts.iter().any(|part| matches!(part, Value::Hash)) || has_time(table, &join);
        if !is_bound && !join.is("prescribed")? {
            return Err(fail(
                &key,
                "add a place of `time` or { hash = \"body\" }, or prescribed = true where the provider's page gives this key",
            ));
        }
        if has_each && !parts.iter().any(Value::varies) {
            return Err(fail(&key, SAME));
        }
        return Ok(Some(Id::Join(parts)));
    }
    places.take_name();
    let value = value(&key, json, places, base, Kind::Id)?;
    let needed = places.take_name();
    if has_each && !value.varies() {
        return Err(fail(&key, SAME));
    }
    // In a delivery of several events, an element without an id is known by its hash.
    if has_each {
        return Ok(Some(Id::Join(vec![value])));
    }
    Ok(Some(Id::Value(value, needed)))
}

/// Whether a part of a join is one of the places of the time.
fn has_time(event: &Table<'_>, join: &Table<'_>) -> bool {
    let Some(time) = event.get("time") else {
        return false;
    };
    let candidates = time.list().unwrap_or(std::slice::from_ref(time));
    let parts = join.get("join").and_then(Json::list).unwrap_or_default();
    parts.iter().any(|part| {
        let places = part.list().unwrap_or(std::slice::from_ref(part));
        part == time || places.iter().all(|place| candidates.contains(place))
    })
}

fn zone(table: &Table<'_>) -> Checked<Option<UtcOffset>> {
    let Some(text) = table.text("zone")? else {
        return Ok(None);
    };
    let zone = UtcOffset::parse(text);
    let expected = || ["\"", text, "\" is not an offset; write \"+05:30\""].concat();
    zone.map(Some).ok_or_else(|| table.fail("zone", &expected()))
}

/// Reads the places that are left out of hashes.
pub(super) fn volatile(
    root: &Table<'_>,
    places: &mut Places,
    schemes: &[Named],
) -> Checked<Vec<Value>> {
    let Some(table) = root.table("event", &KEYS)? else {
        return Ok(Vec::new());
    };
    let pointers = pointers(&table, "volatile", 4)?;
    if !pointers.is_empty() && schemes.iter().all(Named::covers_body) {
        return Err(table.fail("volatile", "every scheme covers the body; remove it"));
    }
    let place = |pointer: &String| {
        let base = places.base(&Base::root(), pointer, &table.key("volatile"))?;
        Ok(Value::Place { scope: base.scope, slot: places.trie.slot(base.node) })
    };
    pointers.iter().map(place).collect()
}
