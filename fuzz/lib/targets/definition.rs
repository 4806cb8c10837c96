//! Any definition, and any body: the definition is read, or refused with the key of its mistake;
//! the events of a body are what every event is, and there are at most 500.

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use orderhook_core::{Provider, Reading, UnixMillis};
use serde_json::Value;

use crate::{
    Post,
    account::{SOURCE, zone},
    oracles::{
        event::{self, Origin},
        place,
    },
};

/// A definition, and a delivery to its provider.
#[derive(Arbitrary, Debug)]
pub struct Case {
    /// Which definition of the catalogue the text changes; beyond them, the text stands alone.
    base: u8,
    zone: u8,
    /// A delivery, with a definition or its changes where its URL is else.
    post: Post,
}

/// The definitions of the catalogue.
static KNOWN: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let json = |(_, json): &(&str, &str)| serde_json::from_str(json).expect("JSON");
    orderhook_catalogue::ALL.iter().map(json).collect()
});

/// The bytes that a definition may have.
const MAX_DEFINITION_BYTES: usize = 16 * 1024;

/// Panics if a definition has no error with a key, or a body breaks a rule.
pub fn check(case: &Case) {
    let (text, post) = split(&case.post);
    let definition = match KNOWN.get(usize::from(case.base)) {
        Some(known) => changed(known, &text),
        None => text,
    };
    let provider = match Provider::parse("acme", &definition, None) {
        Ok(provider) => provider,
        Err(error) => {
            let is_table =
                serde_json::from_str::<Value>(&definition).is_ok_and(|it| it.is_object());
            let is_whole = !is_table || definition.len() > MAX_DEFINITION_BYTES;
            assert!(is_whole || !error.key.is_empty(), "{error}: {definition}");
            assert!(!error.text.is_empty());
            return;
        }
    };
    let definition: Value = serde_json::from_str(&definition).expect("what is read is JSON");
    let now = UnixMillis(1_731_587_954_120);
    post.deliver(|delivered| {
        let reading = provider.normalize(SOURCE, zone(case.zone), &delivered, now);
        if let Reading::Event(event) = &reading
            && let Ok(content) = &event.data.content
        {
            place::check(&definition, &content.order, &post.body);
        }
        event::check_reading(reading, &Origin::of(&definition, SOURCE, &post.body));
    });
}

/// Returns the definition in front of a delivery, and the delivery.
fn split(post: &Post) -> (String, Post) {
    let mut post = post.clone();
    let definition = std::mem::replace(&mut post.url, "https://h/hooks/a?orderid=1".to_owned());
    (definition, post)
}

/// Returns a known definition with the changes of a text, key by key; `null` removes a key.
fn changed(known: &Value, text: &str) -> String {
    let mut definition = known.clone();
    match serde_json::from_str(text) {
        Ok(changes) => merge(&mut definition, changes),
        Err(_) if text.is_empty() => {}
        Err(_) => return text.to_owned(),
    }
    definition.to_string()
}

fn merge(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(table), Value::Object(changes)) => {
            for (key, change) in changes {
                if change.is_null() {
                    table.remove(&key);
                } else {
                    merge(table.entry(key).or_insert(Value::Null), change);
                }
            }
        }
        (value, change) => *value = change,
    }
}
