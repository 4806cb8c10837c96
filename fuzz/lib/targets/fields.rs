//! The core's own writer of JSON, read by `serde_json`.

use arbitrary::Arbitrary;
use orderhook_core::json::write::{self, Fields};
use serde_json::{Map, Value};

/// A field of the object that is written.
#[allow(missing_docs)] // The names say it.
#[derive(Arbitrary, Debug)]
pub enum Field {
    Text(String),
    TextOrNull(Option<String>),
    Flag(bool),
    NumberOrNull(Option<u32>),
    Object(Vec<Field>),
    ObjectOrNull(Option<Vec<Field>>),
    Objects(Vec<Vec<Field>>),
}

/// Levels that `serde_json` reads.
const MAX_LEVELS: usize = 60;

/// Panics if the written text differs from the fields.
pub fn check(all: &[Field]) {
    if levels(all) > MAX_LEVELS {
        return;
    }
    let json = write::object(|object| write(all, object));
    assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), meant(all));
    let array = write::array([all, all], write);
    let twice = Value::Array(vec![meant(all), meant(all)]);
    assert_eq!(serde_json::from_str::<Value>(&array).expect("JSON"), twice);
}

fn write(all: &[Field], object: &mut Fields<'_>) {
    for (at, field) in all.iter().enumerate() {
        let name = &format!("f{at}");
        match field {
            Field::Text(text) => object.text(name, text),
            Field::TextOrNull(text) => object.text_or_null(name, text.as_deref()),
            Field::Flag(flag) => object.flag(name, *flag),
            Field::NumberOrNull(number) => object.number_or_null(name, *number),
            Field::Object(all) => object.object(name, |object| write(all, object)),
            Field::ObjectOrNull(all) => {
                object.object_or_null(name, all.as_ref(), |all, object| write(all, object));
            }
            Field::Objects(list) => object.objects(name, list, |all, object| write(all, object)),
        }
    }
}

fn meant(all: &[Field]) -> Value {
    let value = |field: &Field| match field {
        Field::Text(text) => text.as_str().into(),
        Field::TextOrNull(text) => text.as_deref().into(),
        Field::Flag(flag) => (*flag).into(),
        Field::NumberOrNull(number) => (*number).into(),
        Field::Object(all) => meant(all),
        Field::ObjectOrNull(all) => all.as_ref().map_or(Value::Null, |all| meant(all)),
        Field::Objects(list) => list.iter().map(|all| meant(all)).collect(),
    };
    let named = all.iter().enumerate().map(|(at, field)| (format!("f{at}"), value(field)));
    Value::Object(named.collect::<Map<_, _>>())
}

fn levels(all: &[Field]) -> usize {
    let of = |field: &Field| match field {
        Field::Object(all) | Field::ObjectOrNull(Some(all)) => levels(all),
        Field::Objects(list) => 1 + list.iter().map(|all| levels(all)).max().unwrap_or(0),
        _ => 0,
    };
    1 + all.iter().map(of).max().unwrap_or(0)
}
