//! The plain places of a definition: keys alone, one after another, in the order's table. A value
//! with an index, a header or a pick is passed over.

use orderhook_core::Order;
use serde_json::Value;

use super::{
    tree::{Tree, texts},
    without_mark,
};

/// Panics if an order's texts are not those at the definition's places.
#[track_caller]
pub fn check(definition: &Value, order: &Order<'_>, body: &[u8]) {
    let text = str::from_utf8(body).expect("what is understood is text");
    // With half of a surrogate pair, or a number out of range, `serde_json` reads nothing.
    let Some(tree) = Tree::parse(without_mark(text)) else {
        return;
    };
    if !definition["event"]["each"].is_null() {
        return;
    }
    let table = &definition["order"];
    for (name, found) in [
        ("id", Some(order.id.to_string())),
        ("reference", texts(order.reference.as_ref())),
        ("tracking_number", texts(order.tracking_number.as_ref())),
        ("tracking_url", texts(order.tracking_url.as_ref())),
        ("carrier", texts(order.carrier.as_ref())),
    ] {
        let Some(value) = table.get(name) else {
            assert!(found.is_none(), "{name}: {found:?}");
            continue;
        };
        let one = std::slice::from_ref(value);
        let places = value.as_array().map_or(one, Vec::as_slice);
        let at = table["at"].as_str();
        let Some(paths) = places.iter().map(|place| path(at, place)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let due = paths.iter().find_map(|path| tree.at(path)?.text());
        assert_eq!(found, due, "{name} at {value}");
    }
}

/// Returns the keys that lead to a place; `None` if it is not of keys alone.
fn path(at: Option<&str>, place: &Value) -> Option<Vec<String>> {
    let place = place.as_str()?;
    let whole = match (place.strip_prefix('/'), at) {
        (Some(path), _) => path.to_owned(),
        (None, Some(at)) => format!("{}/{place}", at.strip_prefix('/').unwrap_or(at)),
        (None, None) => return None,
    };
    let keys = keys(&whole);
    let is_index = |key: &String| key.bytes().all(|byte| byte.is_ascii_digit());
    (!keys.iter().any(is_index)).then_some(keys)
}

/// Returns the keys of a path without its first slash.
pub(super) fn keys(path: &str) -> Vec<String> {
    path.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}
