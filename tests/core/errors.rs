//! The exact text of every error in a definition: each row changes a valid definition a little.

mod error_rows;

use error_rows::{
    AGE, ANSWERS, DIGEST, ELEMENTS, EVENT, HEADER_LIST, HEADING, HTTP_SIGNATURE, LOOKUPS, ORDER,
    PLACES, PUBLIC_KEY, Row, SCHEME, SIGNED_PARTS, STATUS, TOKEN, VALUES,
};
use orderhook_core::{Meaning, Provider, StatusWord};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn valid() -> Value {
    json!({
        "page": "https://acme.example/docs",
        "scheme": {
            "type": "hmac",
            "signature": { "header": "x-signature", "encoding": "hex" },
            "signs": ["body"],
        },
        "order": { "id": "/order" },
        "status": { "word": "/state", "words": { "delivered": ["Done"], "shipped": ["Sent"] } },
    })
}

#[test]
fn each_error_says_what_was_expected() {
    for rows in [HEADING, PLACES, VALUES, ELEMENTS, EVENT, ORDER, STATUS, LOOKUPS] {
        check(&valid(), rows);
    }
    for rows in [SCHEME, SIGNED_PARTS, AGE, ANSWERS] {
        check(&valid(), rows);
    }
    let mut header_list = valid();
    merge(
        &mut header_list,
        json!({ "scheme": {
        "type": "header-list",
        "list": "signature-input",
        "signature": { "header": "signature", "encoding": "base64" },
        "signs": null,
        "age": { "parameter": "created", "within": 300 },
    } }),
    );
    check(&header_list, HEADER_LIST);
    let with = |scheme: Value| {
        let mut definition = valid();
        merge(&mut definition, json!({ "scheme": scheme }));
        definition
    };
    let token = with(json!({
        "type": "token", "signature": null, "signs": null, "token": { "header": "x-api-key" },
    }));
    check(&token, TOKEN);
    let digest = with(json!({ "type": "digest", "signs": ["body", { "text": "/" }, "secret"] }));
    check(&digest, DIGEST);
    check(&with(json!({ "type": "public-key", "algorithm": "ed25519" })), PUBLIC_KEY);
    let http_signature = with(json!({
        "type": "http-signature", "signature": null, "signs": null,
        "covers": ["@method", "content-digest"],
    }));
    check(&http_signature, HTTP_SIGNATURE);
}

#[track_caller]
fn check(base: &Value, rows: &[Row]) {
    assert_eq!(error(&base.to_string(), None), "", "the base is valid");
    for (change, expected) in rows {
        let mut definition = base.clone();
        merge(&mut definition, serde_json::from_str(change).expect("JSON"));
        assert_eq!(error(&definition.to_string(), None), *expected, "{change}");
    }
}

fn error(definition: &str, scheme: Option<&str>) -> String {
    Provider::parse("acme", definition, scheme)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

/// Merges a change into a value (RFC 7396).
fn merge(value: &mut Value, change: Value) {
    let Value::Object(change) = change else {
        *value = change;
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let object = value.as_object_mut().expect("an object");
    for (key, change) in change {
        if change.is_null() {
            object.remove(&key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), change);
        }
    }
}

#[test]
fn a_definition_is_a_table_of_limited_size() {
    let of_size = |bytes: usize| format!("{:bytes$}", valid().to_string());
    assert_eq!(error(&of_size(16 * 1024), None), "");
    let long = of_size(16 * 1024 + 1);
    for (definition, expected) in [
        ("[scheme]", "the definition is not JSON"),
        ("[]", "a definition is a table"),
        (&*long, "a definition has at most 16 KB"),
        (r#"{"page":"https://a","page":"https://b"}"#, "page: given twice"),
    ] {
        assert_eq!(error(definition, None), expected);
    }
    for name in ["", "Acme", "a.b", &"a".repeat(33)] {
        let error = Provider::parse(name, &valid().to_string(), None)
            .expect_err("a wrong name")
            .to_string();
        assert_eq!(error, "name: a provider's name is 1 to 32 of a-z, 0-9 and -", "{name}");
    }
}

#[test]
fn a_definition_has_a_limited_number_of_places_and_words() {
    let mut places = valid();
    let items = |list: usize| {
        let place = |item: usize| format!("/a{list}/b{item}");
        json!({ "in": place(0), "pick": "first", "by": [place(1), place(2), place(3), place(4)], "take": place(5) })
    };
    let values: Vec<_> = (0..4).map(items).collect();
    for key in ["name", "phone", "email", "city"] {
        merge(&mut places, json!({ "customer": { key: values } }));
    }
    let text = "customer.city[3].by[3]: more than 96 places in one definition";
    assert_eq!(error(&places.to_string(), None), text);

    let mut words = valid();
    let many: Vec<_> = (0..200).map(|n| format!("a{n}")).collect();
    let more: Vec<_> = (0..55).map(|n| format!("b{n}")).collect();
    merge(&mut words, json!({ "status": { "words": { "packed": many, "picked": more } } }));
    assert_eq!(error(&words.to_string(), None), "status.words: 257 words; at most 256");
    let many: Vec<_> = (0..257).map(|n| format!("a{n}")).collect();
    merge(&mut words, json!({ "status": { "words": { "packed": many } } }));
    assert_eq!(error(&words.to_string(), None), "status.words.packed: 257 texts; at most 256");

    let mut text = valid();
    merge(&mut text, json!({ "order": { "carrier": { "text": "x".repeat(257) } } }));
    assert_eq!(error(&text.to_string(), None), "order.carrier.text: 257 bytes; at most 256");

    for key in ["after", "before"] {
        let mut cut = valid();
        merge(&mut cut, json!({ "order": { "carrier": { "of": "/a", key: "x".repeat(64) } } }));
        assert_eq!(error(&cut.to_string(), None), "");
        merge(&mut cut, json!({ "order": { "carrier": { key: "x".repeat(65) } } }));
        let text = format!("order.carrier.{key}: 65 bytes; at most 64");
        assert_eq!(error(&cut.to_string(), None), text);
    }
}

#[test]
fn a_source_picks_a_scheme_that_is_there() {
    let one = valid().to_string();
    let unknown = "scheme: the definition has one scheme, without a name; leave the name out";
    assert_eq!(error(&one, Some("v1")), unknown);
    let mut several = valid();
    let schemes =
        json!([{ "name": "v1", "type": "url-token" }, { "name": "v2", "type": "url-token" }]);
    merge(&mut several, json!({ "scheme": schemes }));
    let several = several.to_string();
    assert_eq!(
        error(&several, Some("v3")),
        "scheme: there is no scheme of this name; there are v1, v2"
    );
    assert_eq!(
        (error(&several, Some("v2")), error(&several, None)),
        (String::new(), String::new())
    );
}

/// A word that is not final is open in any spelling, and among our own words too.
#[test]
fn a_word_that_is_not_final_is_open() {
    for (status, open) in [
        (json!({ "words": { "failed": ["Zu", "on hold"] }, "not_final": ["On-Hold"] }), "on hold"),
        (json!({ "words": "orderhook", "not_final": ["refunded"] }), "refunded"),
    ] {
        let mut definition = valid();
        merge(&mut definition, json!({ "status": status }));
        let provider = Provider::parse("acme", &definition.to_string(), None).expect("valid");
        let words = provider.words().concat();
        let is_open = |word: &&StatusWord<'_>| match word.meaning {
            Meaning::Status { status, is_final } => status.ends() && !is_final,
            _ => false,
        };
        let found: Vec<_> = words.iter().filter(is_open).map(|word| word.text).collect();
        assert_eq!(found, [open]);
    }
}
