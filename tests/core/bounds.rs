//! No definition and no body makes the engine panic, allocate without bound or run longer than
//! linear. They run only on the host: the code is the same.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod chance;
mod known;
mod sender;

use std::{borrow::Cow, cell::Cell, sync::Arc};

use chance::Chance;
use known::{any_body, any_definition};
use orderhook_core::{
    Delivery, Event, Headers, KeyFormat, Part, Provider, Reading, Scheme, Settings, Source, Token,
    UnixMillis,
};
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis(1_731_587_954_120);

/// The events of one delivery.
const MAX_EVENTS: usize = 500;

fn events(reading: Reading<'_>) -> Vec<Event<'_>> {
    match reading {
        Reading::Event(event) => vec![event],
        Reading::Events(events) => events,
        Reading::Test | Reading::Ignored => Vec::new(),
    }
}

/// Headers that are all there, with the same value, and that count how often they are looked up.
#[derive(Default)]
struct Counted(Cell<usize>);

impl Headers for Counted {
    fn value(&self, _: &str) -> Option<Cow<'_, str>> {
        self.0.set(self.0.get() + 1);
        Some(Cow::Borrowed("1"))
    }
}

/// Reads a body. Returns how often a header was looked up, and the bytes of all events.
fn cost(provider: &Provider, body: &str) -> (usize, usize) {
    let headers = Counted::default();
    let delivery = Delivery { headers: &headers, url: "https://h/?q=1", body: body.as_bytes() };
    let events = events(provider.normalize("a", None, &delivery, NOW));
    assert!(events.len() <= MAX_EVENTS, "{} events", events.len());
    let bytes = events.iter().map(|event| {
        let json = event.to_json();
        assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
        json.len()
    });
    let bytes = bytes.sum();
    (headers.0.get(), bytes)
}

/// Panics if a signed delivery does not verify, or its event is not one of this body.
fn signed(provider: Provider, body: &str) {
    if provider.scheme.has_public_keys() {
        return;
    }
    let provider = Arc::new(provider);
    let format = provider.scheme.key_format();
    let secret = |format| {
        let is_basic = matches!(&provider.scheme, Scheme::Token(scheme) if scheme.is_basic);
        let text = match format {
            KeyFormat::Hex => "6b6579",
            _ if is_basic => "user:a2V5a2V5a2V5a2V5",
            _ => "a2V5a2V5a2V5a2V5",
        };
        provider.scheme.secret(text).expect("a secret")
    };
    let token = matches!(provider.scheme, Scheme::UrlToken);
    let token = token.then(|| Token::new("a-token-of-a-shop").expect("a token"));
    let secrets: Vec<_> = format.map(secret).into_iter().collect();
    let (url, body) = ("https://h/hooks/a?q=1", body.as_bytes());
    let is_url = |part: &Part| matches!(part, Part::Url | Part::Path);
    let signs_url =
        provider.scheme.signed().is_some_and(|scheme| scheme.content.iter().any(is_url));
    let settings = Settings { url: signs_url.then(|| url.into()), ..Settings::default() };
    let source =
        Source::new("a", Arc::clone(&provider), secrets, token, settings).expect("a source");
    let mut headers: Vec<(String, String)> = provider
        .headers()
        .into_iter()
        .map(|name| (name.to_owned(), format!("a-{}", name.len())))
        .collect();
    if let Some(format) = format {
        let given: &[(String, String)] = &headers;
        let delivery = Delivery { headers: &given, url, body };
        // A body of chance lacks fields that are signed, and has no tag.
        let Ok(signed) = provider.scheme.sign(&secret(format), &delivery, NOW) else {
            return;
        };
        let signed: Vec<_> =
            signed.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        headers.retain(|(name, _)| signed.iter().all(|(known, _)| known != name));
        headers.extend(signed);
    }
    let given: &[(String, String)] = &headers;
    let token = source.token().and_then(|token| token.check("a-token-of-a-shop"));
    let verified = source.verify(Delivery { headers: &given, url, body }, token, NOW);
    let verified = verified.expect("what is signed verifies");
    for event in events(verified.read(NOW)) {
        assert!(!event.id.is_empty() && event.id.len() <= 256, "{:?}", event.id);
        let message = event.into_message("a");
        assert!(message.kept.is_none_or(|key| key.starts_with("payload:a:")));
    }
}

/// A seed's definition is read or refused, and one that is read reads any body.
fn holds(seed: u64) {
    let mut chance = Chance::new(seed);
    let definition = any_definition(&mut chance);
    let text = definition.to_string();
    let provider = match Provider::parse("acme", &text, None) {
        Ok(provider) => provider,
        Err(error) => {
            let is_whole = !definition.is_object() || text.len() > 16 * 1024;
            assert!(is_whole || !error.key.is_empty(), "{error}\n{text}");
            assert!(!error.text.is_empty(), "{error:?}");
            return;
        }
    };
    for _ in 0..4 {
        let body = any_body(&mut chance, &definition);
        let (_, bytes) = cost(&provider, &body);
        // Each event has a few texts of the body, of the headers and of the definition.
        let most = MAX_EVENTS * 20 * (body.len() + text.len() + 200);
        assert!(bytes <= most, "{bytes} bytes of {body}\n{text}");
    }
    signed(provider, &any_body(&mut chance, &definition));
}

#[test]
fn no_definition_and_no_body_makes_the_engine_panic() {
    let cases = u64::from(sender::cases(3_000));
    for seed in 0..cases {
        if let Err(panic) = std::panic::catch_unwind(|| holds(seed)) {
            eprintln!("seed {seed}: {}", any_definition(&mut Chance::new(seed)));
            std::panic::resume_unwind(panic);
        }
    }
}

/// The generator is only useful if it makes definitions of both kinds.
#[test]
fn a_fair_share_of_the_generated_definitions_is_valid() {
    let is_valid = |seed: &u64| {
        let definition = any_definition(&mut Chance::new(*seed)).to_string();
        Provider::parse("acme", &definition, None).is_ok()
    };
    let valid = (0..1_000).filter(is_valid).count();
    assert!((150..850).contains(&valid), "{valid} of 1000");
}

/// Returns a definition with these tables.
fn with(tables: &Value) -> Value {
    let mut definition = json!({
        "scheme": { "type": "url-token" },
        "order": { "id": { "text": "1" } },
        "status": { "word": { "text": "x" }, "words": { "created": ["x"] } },
    });
    let whole = definition.as_object_mut().expect("a table");
    for (name, table) in tables.as_object().expect("tables") {
        whole.insert(name.clone(), table.clone());
    }
    definition
}

/// Returns lists of so many elements, one in the other and beside each other.
fn lists(rows: usize) -> String {
    let row = r#"{"a":"x","t":"2024-11-14T12:39:13Z","l":[{"a":1},{"a":2}]},"#;
    let list = format!("[{}]", row.repeat(rows).trim_end_matches(','));
    format!(r#"{{"l":{list},"m":{list},"o":{{"l":{list}}}}}"#)
}

/// Definitions that look at each element of a list, and count it.
fn counting() -> Vec<Value> {
    let (header, pick) = (
        json!({ "header": "x-a" }),
        |list: &str, pick: Value, take: &Value| json!({ "in": list, "pick": pick, "take": take }),
    );
    let none = json!({ "of": { "header": "x-a" }, "after": "!" });
    let latest = json!({ "in": "/l", "pick": "latest", "by": header, "take": "a" });
    let nested = pick("/l", json!("last"), &pick("l", json!("last"), &header));
    vec![
        json!({ "total": { "amount": pick("/l", json!("last"), &header) } }),
        json!({ "total": { "amount": pick("/l", json!("first"), &none) } }),
        json!({ "total": { "amount": latest } }),
        json!({ "total": { "amount": nested } }),
        json!({ "items": { "each": "/l", "sku": header, "name": pick("l", json!("last"), &header) } }),
        json!({ "event": { "each": "/l", "notes": header } }),
        json!({ "event": { "each": ["/l", "l"], "notes": header } }),
        json!({ "event": { "each": "/l" }, "items": { "each": "l", "sku": header } }),
        json!({ "status": {
            "word": pick("/l", json!("slowest"), &header),
            "words": { "created": ["x"] },
        } }),
    ]
}

/// Definitions that look at a list once more for each element of another. They are refused, or
/// cost no more.
fn multiplying() -> Vec<Value> {
    let header = json!({ "header": "x-a" });
    let pick = |list: &str, take: &Value| json!({ "in": list, "pick": "last", "take": take });
    let root = pick("/m", &header);
    vec![
        json!({ "total": { "amount": pick("/l", &root) } }),
        json!({ "total": { "amount": pick("/l", &pick("/l", &root)) } }),
        json!({ "total": { "amount": { "in": "/l", "pick": "last", "by": root, "take": "a" } } }),
        json!({ "items": { "each": "/l", "sku": root } }),
        json!({ "items": { "each": "/l", "price": { "amount": root } } }),
        json!({ "event": { "each": "/l", "notes": root } }),
        json!({ "event": { "each": "/l", "test": { "of": root, "is": "x" } } }),
        json!({ "event": { "each": ["/l", "l"] }, "driver": { "name": root } }),
        json!({ "event": { "each": "/l" }, "items": { "each": "/m", "sku": header } }),
        json!({ "event": { "each": "/l" }, "driver": { "at": "/o", "name": pick("l", &header) } }),
        json!({ "event": { "each": "/l" }, "order": { "at": "/o", "id": pick("l", &header) } }),
        json!({ "event": { "each": "/l" }, "status": {
            "word": pick("/m", &header),
            "words": { "created": ["x"] },
        } }),
    ]
}

/// Doubling the body at most doubles the work, up to the bounds on events and lines.
#[test]
fn work_grows_as_the_body_does() {
    let counting = counting();
    for (at, tables) in counting.iter().chain(&multiplying()).enumerate() {
        let definition = with(tables).to_string();
        let provider = match Provider::parse("acme", &definition, None) {
            Ok(provider) => provider,
            Err(error) if at >= counting.len() => {
                assert!(!error.key.is_empty(), "{error}");
                continue;
            }
            Err(error) => panic!("{error}: {tables}"),
        };
        let [once, twice] = [100, 200].map(|rows| cost(&provider, &lists(rows)));
        assert!(once.0 >= 100, "{once:?} look-ups by {tables}");
        for (once, twice) in [(once.0, twice.0), (once.1, twice.1)] {
            assert!(twice <= 2 * once + 10, "{once}, then {twice}: {tables}");
        }
    }
}

/// A text of the whole body stands in every event: a long one may not stand in many.
#[test]
fn events_do_not_multiply_a_long_text() {
    let tables = json!({ "event": { "each": "/l", "notes": "/notes" } });
    let provider = Provider::parse("acme", &with(&tables).to_string(), None).expect("valid");
    for text in ["x", "x\\n", "\\u00e9"] {
        for (length, is_read) in [(10_000, true), (100_000, false)] {
            let (rows, notes) = ("{},".repeat(499), text.repeat(length));
            let body = format!(r#"{{"l":[{rows}{{}}],"notes":"{notes}"}}"#);
            let headers: &[(&str, &str)] = &[];
            let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
            let events = events(provider.normalize("a", None, &delivery, NOW));
            assert_eq!(events.len(), if is_read { MAX_EVENTS } else { 1 }, "{text} {length}");
            let understood = events.iter().filter(|event| event.data.content.is_ok());
            assert_eq!(understood.count(), if is_read { MAX_EVENTS } else { 0 });
        }
    }
}

/// All texts of all events: the order's id, and the word where it is a constant, have one byte
/// each. A word of the whole body counts once for an event, though the event's id is over it, too.
#[test]
fn the_texts_of_all_events_have_at_most_16_mib() {
    const MIB: usize = 1 << 20;
    let notes = json!({ "event": { "each": "/l", "notes": "/long" } });
    let status = json!({ "word": "/long", "words": { "created": ["x"] } });
    let word = json!({ "event": { "each": "/l" }, "status": status });
    for (tables, length, count) in
        [(&notes, MIB - 2, 16), (&notes, MIB - 1, 1), (&word, MIB - 1, 16), (&word, MIB, 1)]
    {
        let provider = Provider::parse("acme", &with(tables).to_string(), None).expect("valid");
        let (rows, long) = ("{},".repeat(15), "x".repeat(length));
        let body = format!(r#"{{"l":[{rows}{{}}],"long":"{long}"}}"#);
        let headers: &[(&str, &str)] = &[];
        let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
        assert_eq!(events(provider.normalize("a", None, &delivery, NOW)).len(), count);
    }
}
