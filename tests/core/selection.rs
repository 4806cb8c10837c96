//! Which events someone wants, and how they are exported.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod life;
mod sender;

use life::{live, taken, told};
use orderhook_core::{
    dispatch::{
        Filter, FilterError, Taken, Verdict,
        csv::{self, EVENT_COLUMNS, ORDER_COLUMNS, OrderRow},
    },
    json::Json,
};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use serde_json::{Value, json};

fn filter(json: &Value) -> Result<Filter, FilterError> {
    Filter::read(&Json::parse(&json.to_string()).expect("JSON"))
}

fn unrecognized() -> Taken {
    let mut event = told(0, "u", &json!({}), &json!({}));
    event["type"] = "orderhook.delivery.unrecognized.v1".into();
    let data = event["data"].as_object_mut().expect("an object");
    data.retain(|name, _| !["order", "status", "items", "test"].contains(&&**name));
    taken(&event)
}

#[test]
fn a_filter_wants_what_every_list_names() {
    let shipped = taken(&told(0, "a", &json!({ "now": "shipped" }), &json!({})));
    let mut test = told(0, "b", &json!({ "now": "delivered" }), &json!({}));
    test["data"]["test"] = true.into();
    test["source"] = "/hooks/other".into();
    let (test, unrecognized) = (taken(&test), unrecognized());
    let rows = [
        // [a shipped event that is fresh, a delivered test that is stale, an unrecognised one]
        (json!({}), [true, true, true]),
        (json!({ "sources": ["shop"] }), [true, false, true]),
        (json!({ "sources": ["shop", "other"] }), [true, true, true]),
        (json!({ "types": ["orderhook.order.status.v1"] }), [true, true, false]),
        (json!({ "types": ["orderhook.delivery.unrecognized.v1"] }), [false, false, true]),
        (json!({ "statuses": ["shipped"] }), [true, false, false]),
        (json!({ "statuses": ["shipped", "delivered"] }), [true, true, false]),
        (json!({ "phases": ["closed"] }), [false, true, false]),
        (
            json!({ "phases": ["moving", "closed"], "statuses": ["delivered"] }),
            [false, true, false],
        ),
        (json!({ "verdicts": ["fresh"] }), [true, false, false]),
        (json!({ "verdicts": ["stale", "repeat"] }), [false, true, false]),
        (json!({ "test": true }), [false, true, false]),
        (json!({ "test": false }), [true, false, true]),
        (json!({ "test": null, "sources": [] }), [true, true, true]),
    ];
    for (json, expected) in rows {
        let filter = filter(&json).expect("a filter");
        let wanted = [
            filter.wants(&shipped, Some(Verdict::Fresh)),
            filter.wants(&test, Some(Verdict::Stale)),
            filter.wants(&unrecognized, None),
        ];
        assert_eq!(wanted, expected, "{json}");
    }
}

#[test]
fn a_filter_that_is_wrong_is_refused() {
    let many: Vec<_> = (0..65).map(|number| format!("s{number}")).collect();
    for (json, text) in [
        (json!([]), "a filter is an object"),
        (json!({ "status": ["shipped"] }), "a filter has no `status`, or it stands twice"),
        (json!({ "a\n": 1 }), "a filter has no `a\\n`, or it stands twice"),
        (json!({ "statuses": "shipped" }), "`statuses` is a list of known words"),
        (json!({ "statuses": ["Shipped"] }), "`statuses` is a list of known words"),
        (json!({ "phases": ["delivered"] }), "`phases` is a list of known words"),
        (json!({ "verdicts": [1] }), "`verdicts` is a list of known words"),
        (json!({ "types": ["orderhook.order.status.v2"] }), "`types` is a list of known words"),
        (json!({ "sources": ["/hooks/shop"] }), "`sources` is a list of known words"),
        (json!({ "sources": many }), "`sources` is a list of known words"),
        (json!({ "test": "true" }), "`test` is true, false or null"),
    ] {
        assert_eq!(filter(&json).expect_err(text).to_string(), text);
    }
    let twice = Json::parse(r#"{"test":true,"test":false}"#).expect("JSON");
    assert_eq!(Filter::read(&twice), Err(FilterError::UnknownMember("test".to_owned())));
    let repeated = filter(&json!({ "statuses": ["shipped", "shipped"] })).expect("a filter");
    assert_eq!(repeated.statuses.len(), 1);
    let most = filter(&json!({ "sources": many[..64] })).expect("a filter");
    assert_eq!(most.sources.len(), 64);
}

#[test]
fn a_cell_is_quoted_and_no_formula() {
    for (cell, expected) in [
        ("", ""),
        ("A-1", "A-1"),
        ("a b;c", "a b;c"),
        ("a,b", "\"a,b\""),
        ("\"", "\"\"\"\""),
        ("a\nb", "\"a\nb\""),
        ("a\rb", "\"a\rb\""),
        ("=1+1", "'=1+1"),
        ("+212", "'+212"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        ("\ra", "\"'\ra\""),
        ("\na", "\"'\na\""),
        (";=1+1", "';'=1+1"),
        ("R;=1+1\t-2;z", "R;'=1+1\t'-2;z"),
        ("=HYPERLINK(\"a\",\"b\")", "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\""),
        ("a=1", "a=1"),
    ] {
        assert_eq!(csv::line([cell]), format!("{expected}\r\n"));
        assert_eq!(csv::line(["x", cell]), format!("x,{expected}\r\n"));
    }
}

/// Reads one line of CSV as RFC 4180 has it.
fn cells(line: &str) -> Vec<String> {
    let line = line.strip_suffix("\r\n").expect("an end of the line");
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => {
                cells.last_mut().expect("a cell").push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            other => cells.last_mut().expect("a cell").push(other),
        }
    }
    assert!(!is_quoted, "{line:?}");
    cells
}

fn config() -> Config {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/core/selection.txt");
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(FILE)) as _);
    Config { failure_persistence, ..Config::with_cases(sender::cases(500)) }
}

proptest! {
    #![proptest_config(config())]

    /// Every line is read back, but for the `'` before what looks like a formula.
    #[test]
    fn a_line_is_read_back(texts in prop::collection::vec("[a\",;=+@\r\n\t é-]{0,6}", 1..5)) {
        let read = cells(&csv::line(texts.iter().map(String::as_str)));
        prop_assert_eq!(read.len(), texts.len());
        for (read, text) in read.iter().zip(&texts) {
            for cell in read.split([';', '\t']) {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\r', '\n']), "{:?}", read);
            }
            prop_assert!(!read.starts_with([';', '\t']), "{:?}", read);
            prop_assert_eq!(&read.replace('\'', ""), text);
        }
    }
}

#[test]
fn an_event_and_an_order_are_lines_of_their_columns() {
    let status = json!({ "now": "attempt_failed", "was": "shipped", "reason": "refused" });
    let order = json!({ "reference": "=R", "tracking_number": "P-1", "carrier": "DHL, Paris" });
    let event = taken(&told(0, "a", &status, &order));
    let line = csv::event_line(&event, Some(Verdict::Fresh), "2026-05-09T10:00:02.000Z");
    assert_eq!(cells(&line).len(), EVENT_COLUMNS.len());
    assert_eq!(
        line,
        "shop,a,orderhook.order.status.v1,2026-05-09T10:00:00.000Z,provider,2026-05-09T10:00:02.000Z,fresh,A-1,'=R,attempt_failed,problem,refused,shipped,false,false,P-1,\"DHL, Paris\",body_signed\r\n"
    );
    let line = csv::event_line(&unrecognized(), None, "t");
    assert_eq!(
        line,
        "shop,u,orderhook.delivery.unrecognized.v1,2026-05-09T10:00:00.000Z,provider,t,,,,,,,,,,,,body_signed\r\n"
    );
    assert_eq!(cells(&line).len(), EVENT_COLUMNS.len());
    let second = taken(&told(1, "b", &status, &json!({ "tracking_number": "P-2" })));
    let row = OrderRow { source: "shop", events: 2, created_at: "c", updated_at: "u" };
    let line = csv::order_line(&live([&event, &second]).1, row);
    assert_eq!(
        line,
        "shop,A-1,'=R,attempt_failed,problem,refused,false,false,2026-05-09T10:00:00.000Z,provider,\"DHL, Paris\",P-1 P-2,2,c,u\r\n"
    );
    assert_eq!(cells(&line).len(), ORDER_COLUMNS.len());
}
