use super::{
    Checked, Key,
    flag::flag,
    order::{Fields, fields},
    places::{Base, Places},
    scheme::Named,
    table::{Table, fail},
    value::{Kind, id_parts, value},
};
use crate::{
    json::Json,
    provider::{
        plan::{Bound, Field, Id, Plan},
        value::Value,
    },
    time::UtcOffset,
};

const KEYS: [&str; 10] =
    ["each", "id", "time", "zone", "topic", "attempt", "test", "notes", "return", "volatile"];

const FIELDS: &Fields = &[
    ("time", Field::Time),
    ("topic", Field::Topic),
    ("attempt", Field::Attempt),
    ("notes", Field::Notes),
];

/// Reads the table `event`. Returns the base of the other tables.
pub(super) fn event(
    root: &Table<'_, '_>,
    places: &mut Places,
    schemes: &[Named],
    plan: &mut Plan,
) -> Checked<Base> {
    let Some(table) = root.table("event", &KEYS)? else {
        return Ok(Base::root());
    };
    let base = each(&table, places, plan)?;
    id(&table, places, &base, plan)?;
    fields(&table, FIELDS, places, &base, plan)?;
    zone(&table, plan)?;
    plan.test = flag(&table, "test", places, &base)?;
    plan.is_return = flag(&table, "return", places, &base)?;
    volatile(&table, places, schemes, plan)?;
    Ok(base)
}

fn each(table: &Table<'_, '_>, places: &mut Places, plan: &mut Plan) -> Checked<Base> {
    let key = table.key("each");
    if let Some(Json::List(list)) = table.get("each")
        && list.len() > 2
    {
        return Err(fail(&key, &[&list.len().to_string(), " levels; at most 2"]));
    }
    let mut base = Base::root();
    for pointer in table.texts("each", 2)? {
        if pointer.starts_with('/') && !plan.each.is_empty() {
            return Err(fail(&key, &["the inner list is in the element; write it without \"/\""]));
        }
        let (list, element) = places.base(&base, pointer, &key)?.rows(places, &key)?;
        plan.each.push(list);
        base = element;
    }
    places.events = base.scope;
    plan.each_name = places.needed(base.needed).name;
    Ok(base)
}

const SAME: &str =
    "this is the same for all events of a request; write a place of the element, without \"/\"";

fn id(table: &Table<'_, '_>, places: &mut Places, base: &Base, plan: &mut Plan) -> Checked<()> {
    let Some(json) = table.get("id") else {
        return Ok(());
    };
    let key = table.key("id");
    let has_each = !plan.each.is_empty();
    if let Some(object) = json.object().filter(|object| object.get("join").is_some()) {
        let join = Table::new(key, object, &["join", "prescribed"])?;
        let parts = id_parts(&join, places, base)?;
        if has_each && !parts.iter().any(Value::varies) {
            return Err(fail(&key, &[SAME]));
        }
        let bound = bound(table, &join, &parts, &key)?;
        plan.id = Some(Id::Join { parts, bound });
        return Ok(());
    }
    places.take_name();
    let value = value(&key, json, places, base, Kind::Id)?;
    let needed = places.take_name();
    if has_each && !value.varies() {
        return Err(fail(&key, &[SAME]));
    }
    // In a delivery of several events, an element without an id is known by its hash.
    plan.id = Some(if has_each {
        Id::Join { parts: vec![value], bound: Bound::Itself }
    } else {
        Id::Value(value, needed)
    });
    Ok(())
}

/// Returns what tells the events of a composed id apart.
fn bound(
    event: &Table<'_, '_>,
    join: &Table<'_, '_>,
    parts: &[Value],
    key: &Key<'_>,
) -> Checked<Bound> {
    let has_hash = parts.iter().any(|part| matches!(part, Value::Hash));
    match (join.is("prescribed")?, has_hash) {
        (_, true) => return Ok(Bound::Itself),
        (true, false) => return Ok(Bound::All),
        (false, false) => {}
    }
    let times = times(event, join);
    if times.is_empty() {
        return Err(fail(
            key,
            &[
                "add a place of `time` or { hash = \"body\" }, or prescribed = true where the provider's page gives this key",
            ],
        ));
    }
    Ok(Bound::AnyTime(times))
}

/// Returns which parts of a join are places of the time.
fn times(event: &Table<'_, '_>, join: &Table<'_, '_>) -> Vec<usize> {
    let Some(time) = event.get("time") else {
        return Vec::new();
    };
    let candidates = time.list().unwrap_or(std::slice::from_ref(time));
    let parts = join.get("join").and_then(Json::list).unwrap_or_default();
    let is_time = |part: &Json<'_>| {
        let places = part.list().unwrap_or(std::slice::from_ref(part));
        part == time || places.iter().all(|place| candidates.contains(place))
    };
    parts.iter().enumerate().filter(|(_, part)| is_time(part)).map(|(at, _)| at).collect()
}

fn zone(table: &Table<'_, '_>, plan: &mut Plan) -> Checked<()> {
    if let Some(text) = table.text("zone")? {
        plan.zone = UtcOffset::parse(text);
        if plan.zone.is_none() {
            return Err(table.fail("zone", &["\"", text, "\" is not an offset; write \"+05:30\""]));
        }
    }
    Ok(())
}

/// Reads the places that are left out of hashes.
fn volatile(
    table: &Table<'_, '_>,
    places: &mut Places,
    schemes: &[Named],
    plan: &mut Plan,
) -> Checked<()> {
    if table.has("volatile") && schemes.iter().all(Named::covers_body) {
        return Err(table.fail("volatile", &["every scheme covers the body; remove it"]));
    }
    for pointer in table.texts("volatile", 4)? {
        let base = places.base(&Base::root(), pointer, &table.key("volatile"))?;
        let slot = places.trie.slot(base.node);
        plan.volatile.push(Value::Place { scope: base.scope, slot, is_signed: base.is_signed });
    }
    Ok(())
}
