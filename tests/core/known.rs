//! Definitions that are nearly right, and bodies that fit them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// The definitions of `providers/`.
static KNOWN: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let parse = |(_, json): &(&str, &str)| serde_json::from_str(json).expect("JSON");
    orderhook_catalogue::ALL.iter().map(parse).collect()
});

/// Every value of the known definitions that is a part of one.
static PARTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut parts = Vec::new();
    KNOWN.iter().for_each(|definition| collect(definition, &mut parts));
    parts
});

fn collect(value: &Value, parts: &mut Vec<Value>) {
    parts.push(value.clone());
    match value {
        Value::Object(table) => table.values().for_each(|value| collect(value, parts)),
        Value::Array(list) => list.iter().for_each(|value| collect(value, parts)),
        _ => {}
    }
}

/// Returns a known definition or a made-up one, with up to three mistakes.
pub(crate) fn any_definition(chance: &mut Chance) -> Value {
    let mut definition = if chance.one_in(2) {
        made_up(chance)
    } else {
        KNOWN.get(chance.below(KNOWN.len())).expect("a definition").clone()
    };
    for _ in 0..chance.below(4) {
        change(&mut definition, chance);
    }
    definition
}

/// Changes one value within a value: replaces it, removes it, or gives it to another key.
fn change(value: &mut Value, chance: &mut Chance) {
    match value {
        Value::Object(table) if !table.is_empty() => {
            let at = chance.below(table.len());
            let key = table.keys().nth(at).expect("a key").clone();
            match chance.below(12) {
                0 => drop(table.remove(&key)),
                1 => drop(table.insert(chance.of(&KEYS).to_owned(), part(chance))),
                2 => drop(table.insert(key, part(chance))),
                _ => change(table.get_mut(&key).expect("a value"), chance),
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let at = chance.below(list.len());
            match chance.below(8) {
                0 => drop(list.remove(at)),
                1 => list.extend(list.clone()),
                2 => list.push(part(chance)),
                _ => change(list.get_mut(at).expect("an entry"), chance),
            }
        }
        other => *other = part(chance),
    }
}

/// Returns a part of a definition, or a value that is none.
fn part(chance: &mut Chance) -> Value {
    if chance.one_in(2) {
        return any_value(chance, 3);
    }
    if chance.one_in(4) {
        let texts = ["", "/", "~2", "/a//b", "a.b", "/9", "/100", "\u{0}", "é", "*", "body", "-1"];
        let long = "x".repeat(chance.below(400));
        return match chance.below(4) {
            0 => json!(long),
            1 => json!(chance.below(2_000)),
            2 => json!(chance.one_in(2)),
            _ => json!(chance.of(&texts)),
        };
    }
    PARTS.get(chance.below(PARTS.len())).expect("a part").clone()
}

/// The keys of the made-up definitions and bodies.
const KEYS: [&str; 14] =
    ["a", "b", "c", "l", "m", "id", "type", "at", "each", "word", "words", "é", "is", "take"];

const POINTERS: [&str; 18] = [
    "/a", "/a/b", "/l", "/l/0/a", "/l/a", "/m", "/id", "/type", "/a/c", "/a~1b", "a", "b", "l",
    "id", "l/0", "l/1/a", "m/a", "/c/l",
];

const WORDS: [&str; 8] = ["x", "new", "Sent", "on hold", "a.*", "*", "true", "1"];

/// Returns the value of an event's field, as deep as `depth`.
fn any_value(chance: &mut Chance, depth: usize) -> Value {
    let place = json!(chance.of(&POINTERS));
    if depth == 0 {
        return place;
    }
    let list = chance.of(&POINTERS);
    match chance.below(16) {
        0 => json!({ "header": "x-a" }),
        1 => json!({ "header": ["x-a", "x-b"] }),
        2 => json!({ "query": "q" }),
        3 => json!({ "text": chance.of(&WORDS) }),
        4 => json!([any_value(chance, depth - 1), any_value(chance, depth - 1)]),
        5 => {
            let parts = [any_value(chance, depth - 1), any_value(chance, depth - 1)];
            json!({ "join": parts, "with": chance.of(&["/", ", ", ":"]) })
        }
        6 | 7 => {
            let pick = chance.of(&["first", "last", "first", "last", "slowest", "other"]);
            json!({ "in": list, "pick": pick, "take": any_value(chance, depth - 1) })
        }
        8 => {
            let take = any_value(chance, depth - 1);
            json!({ "in": list, "pick": { "type": chance.of(&WORDS) }, "take": take })
        }
        9 => {
            let by = any_value(chance, depth - 1);
            json!({ "in": list, "pick": "latest", "by": by, "take": "a" })
        }
        10 => json!({ "of": any_value(chance, depth - 1), "after": "a", "before": "b" }),
        _ => place,
    }
}

/// Returns a definition from a grammar of its own.
fn made_up(chance: &mut Chance) -> Value {
    let mut all = Map::new();
    all.insert("scheme".to_owned(), scheme(chance));
    all.insert("order".to_owned(), table(chance, &["id"], &ORDER));
    let is_several = chance.one_in(3);
    let status = status(chance);
    let status = if is_several { json!([status, self::status(chance)]) } else { status };
    all.insert("status".to_owned(), status);
    if chance.one_in(2) {
        let mut event = table(chance, &[], &EVENT);
        if chance.one_in(2) {
            event["each"] = json!(chance.of(&["/l", "/m", "/a/l"]));
        }
        if chance.one_in(3) {
            event["each"] = json!(["/l", "l"]);
        }
        all.insert("event".to_owned(), event);
    }
    if chance.one_in(2) {
        let mut items = table(chance, &[], &ITEMS);
        items["each"] = json!(chance.of(&["/l", "l", "/m", "m"]));
        all.insert("items".to_owned(), items);
    }
    for (name, keys) in [("total", &MONEY[..]), ("customer", &CUSTOMER), ("driver", &CONTACT)] {
        if chance.one_in(3) {
            all.insert(name.to_owned(), table(chance, &[], keys));
        }
    }
    Value::Object(all)
}

const ORDER: [&str; 6] =
    ["reference", "tracking_number", "created_at", "carrier", "estimated_delivery", "url_id"];
const EVENT: [&str; 7] = ["id", "time", "topic", "attempt", "test", "return", "notes"];
const ITEMS: [&str; 4] = ["sku", "name", "quantity", "tracking_url"];
const MONEY: [&str; 2] = ["amount", "currency"];
const CUSTOMER: [&str; 4] = ["name", "phone", "city", "country"];
const CONTACT: [&str; 2] = ["name", "phone"];

/// Returns a table with the first keys and some of the others.
fn table(chance: &mut Chance, first: &[&str], others: &[&str]) -> Value {
    let mut keys = first.to_vec();
    keys.extend(others.iter().filter(|_| chance.one_in(2)));
    keys.into_iter().map(|key| (key.to_owned(), any_value(chance, 3))).collect::<Map<_, _>>().into()
}

fn scheme(chance: &mut Chance) -> Value {
    let signs = match chance.below(4) {
        0 => json!(["time", { "text": "." }, "body"]),
        1 => json!([{ "header": "x-a" }, { "text": "!" }, "body"]),
        2 => json!(["method", { "text": "\n" }, "body"]),
        _ => json!(["body"]),
    };
    let signature = match chance.below(4) {
        0 => json!({ "header": "x-tag", "encoding": "hex" }),
        1 => json!({ "header": "x-tag", "encoding": "base64", "prefix": "v1=" }),
        2 => json!({ "header": "x-tag", "encoding": "hex", "pair": "v1" }),
        _ => json!({ "header": "x-tag", "encoding": "base64", "list": " ", "prefix": "v1," }),
    };
    if chance.one_in(4) {
        return json!({ "type": "url-token" });
    }
    let has_time = signs.get(0) == Some(&json!("time"));
    let mut scheme = json!({ "type": "hmac", "signature": signature, "signs": signs });
    scheme["key"] = json!(chance.of(&["utf8", "hex", "base64", "whsec"]));
    if has_time {
        scheme["age"] = json!({ "header": "x-time", "within": 1 + chance.below(600) });
    }
    scheme
}

fn status(chance: &mut Chance) -> Value {
    let mut words = Map::new();
    for ours in ["created", "shipped", "delivered", "ignored", "unknown", "exception"] {
        if chance.one_in(2) {
            words.insert(ours.to_owned(), json!([chance.of(&WORDS)]));
        }
    }
    let mut status = json!({ "word": any_value(chance, 2), "words": words });
    if chance.one_in(4) {
        status["was"] = any_value(chance, 2);
    }
    if chance.one_in(4) {
        status["words"] = json!("orderhook");
    }
    status
}

/// Returns a body with values where a definition may look for them.
pub(crate) fn any_body(chance: &mut Chance, definition: &Value) -> String {
    let mut texts = Vec::new();
    collect(definition, &mut texts);
    let texts: Vec<_> = texts.iter().filter_map(Value::as_str).collect();
    let mut body = Value::Object(Map::new());
    for _ in 0..chance.below(24) {
        let pointer = if texts.is_empty() { "/a" } else { chance.of(&texts) };
        let base =
            if pointer.starts_with('/') || texts.is_empty() { "" } else { chance.of(&texts) };
        let path = format!("{base}/{pointer}");
        let segments: Vec<_> =
            path.split('/').filter(|segment| !segment.is_empty()).take(9).collect();
        let leaf = leaf(chance, &texts);
        put(&mut body, &segments, leaf, chance);
    }
    let mut json = body.to_string();
    if chance.one_in(12) {
        let mut at = chance.below(json.len());
        while !json.is_char_boundary(at) {
            at -= 1;
        }
        json.insert_str(at, chance.of(&["\\u0061", "{", "\"", "é", "\0", "{},{},", "1"]));
    }
    json
}

fn leaf(chance: &mut Chance, texts: &[&str]) -> Value {
    match chance.below(8) {
        0 => json!(chance.below(100_000)),
        1 => json!(chance.one_in(2)),
        2 => json!("2024-11-14T12:39:13+02:00"),
        3 => json!([{}, { "a": "x" }, "x", 1]),
        4 => json!({ "a": "x\n", "id": 1 }),
        5 => Value::Array(vec![json!({ "a": 1, "id": "é" }); chance.below(40)]),
        6 if !texts.is_empty() => json!(chance.of(texts)),
        _ => json!(chance.of(&WORDS)),
    }
}

/// Puts a value at a path. An object on the way may become a list of it.
fn put(value: &mut Value, path: &[&str], leaf: Value, chance: &mut Chance) {
    let Some((key, rest)) = path.split_first() else {
        *value = leaf;
        return;
    };
    if let Value::Array(list) = value {
        if list.len() < 4 || list.is_empty() {
            list.push(Value::Object(Map::new()));
        }
        let at = chance.below(list.len());
        return put(list.get_mut(at).expect("an entry"), path, leaf, chance);
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let table = value.as_object_mut().expect("a table");
    let is_list = chance.one_in(3) && !rest.is_empty();
    let new = if is_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    put(table.entry((*key).to_owned()).or_insert(new), rest, leaf, chance);
}
