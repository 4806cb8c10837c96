//! The payloads of providers whose bodies hold secrets.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{place, tree::Tree, without_mark};

/// Where a secret stands: the keys that lead to it.
pub type Place = Vec<String>;

/// Returns the places that the first scheme of a definition redacts.
pub fn places(definition: &Value) -> Vec<Place> {
    let scheme = &definition["scheme"];
    let scheme = scheme.get(0).unwrap_or(scheme);
    let listed = scheme["redact"].as_array().into_iter().flatten();
    let pointers = listed.chain([&scheme["token"]["field"]]).filter_map(Value::as_str);
    pointers.map(|pointer| place::keys(pointer.strip_prefix('/').unwrap_or(pointer))).collect()
}

/// Panics if a body that is a payload has a value at one of these places.
#[track_caller]
pub fn is_absent(places: &[Place], body: &[u8]) {
    if places.is_empty() {
        return;
    }
    let body = str::from_utf8(body).map(without_mark).expect("a secret may stand anywhere");
    assert!(body.trim_start().starts_with('{') && is_json(body), "a secret may stand anywhere");
    if let Some(tree) = Tree::parse(body) {
        assert!(places.iter().all(|place| tree.at(place).is_none()), "{body}");
    }
}

/// Panics if a redacted payload shows a secret of a body, or hides more than needed: it is empty
/// only where a secret may stand at no known place.
#[track_caller]
pub fn is_redacted(places: &[Place], payload: &str, body: &[u8]) {
    assert!(!places.is_empty(), "redacted without need");
    let body = str::from_utf8(body).ok().map(without_mark);
    let Some((body, tree)) = body.and_then(|body| Some((body, Tree::parse(body)?))) else {
        return;
    };
    if payload.is_empty() {
        assert!(!tree.is_object() || tree.has_twins(), "empty without need");
        return;
    }
    let redacted = Tree::parse(payload).expect("a redacted payload is JSON");
    for place in places {
        let is_hidden = |it: &Tree| matches!(it, Tree::Scalar(it) if it == "\"redacted\"");
        assert!(redacted.at(place).is_none_or(is_hidden), "{payload}");
    }
    let body = serde_json::from_str(body).ok().filter(|_| !tree.has_twins());
    if let Some(mut due) = body {
        for place in places {
            redact(&mut due, place);
        }
        assert_eq!(serde_json::from_str::<Value>(payload).ok(), Some(due));
    }
}

/// Panics if the redacted payload of one of a body's events is neither JSON nor empty.
#[track_caller]
pub fn is_redacted_part(places: &[Place], payload: &str) {
    assert!(!places.is_empty(), "redacted without need");
    assert!(payload.is_empty() || is_json(payload), "{payload}");
}

fn redact(whole: &mut Value, place: &Place) {
    let secret = place.iter().try_fold(whole, |value, key| value.as_object_mut()?.get_mut(key));
    if let Some(secret) = secret {
        *secret = "redacted".into();
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
