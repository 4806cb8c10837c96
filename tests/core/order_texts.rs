//! Texts in and out: events as they come from the queue, and the state of an order as it is stored.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod life;

use life::{judged, live, shows, taken, told};
use orderhook_core::{
    Direction, Phase, Reason, Status, TimeSource,
    dispatch::{
        Entry, MAX_CUSTOMERS, MAX_ITEMS, MAX_PARCELS, MAX_STATE_BYTES, Moment, OrderState,
        StateError, Taken, Verdict::Fresh, customer_keys, judge, order_key,
    },
    json::write,
};
use serde_json::{Value, json};

#[test]
fn a_delivery_that_was_not_understood_is_about_no_order() {
    let mut event = told(0, "a", &json!({}), &json!({}));
    event["type"] = "orderhook.delivery.unrecognized.v1".into();
    event["data"] = json!({
        "provider": "wakilni",
        "authenticity": "body_signed",
        "received_at": "2026-05-09T10:00:01.000Z",
        "time_source": "receipt",
        "attempt": null,
        "reason": { "code": "not_json", "text": "the body is not JSON" },
        "payload_ref": "payload:shop:00",
    });
    let event = taken(&event);
    assert_eq!(
        (event.report.clone(), event.payload_ref.as_deref()),
        (None, Some("payload:shop:00"))
    );
    assert_eq!(judge(None, &event), None);
    assert_eq!(Entry::new(&event, Fresh, ""), None);
}

/// The providers that are known to compose their ids, or not to.
const RULED: [&str; 5] = ["gooten", "standard-webhooks", "up42", "wakilni", "wegocod"];

/// Every event of the samples is read, and is what its own members say.
#[test]
fn every_sample_is_read() {
    let mut composed = Vec::new();
    for provider in orderhook_catalogue::names() {
        for (name, event) in life::samples(provider) {
            let taken = taken(&event);
            let data = &event["data"];
            assert_eq!(taken.source, event["source"].as_str().expect("a path")["/hooks/".len()..]);
            assert_eq!(
                (json!(taken.id), json!(taken.time.as_str())),
                (event["id"].clone(), event["time"].clone())
            );
            assert_eq!(data["time_source"], taken.time_source.as_str());
            assert_eq!(data["received_at"], taken.received.as_str());
            assert_eq!(data["provider"], *taken.provider);
            assert_eq!(data["authenticity"], *taken.authenticity);
            let Some(report) = &taken.report else {
                assert!(data.get("order").is_none(), "{provider} {name}");
                continue;
            };
            let status = &data["status"];
            assert_eq!(json!(report.order), data["order"]["id"]);
            for (own, of) in [
                (&report.reference, &data["order"]["reference"]),
                (&report.tracking_number, &data["order"]["tracking_number"]),
                (&report.tracking_url, &data["order"]["tracking_url"]),
                (&report.carrier, &data["order"]["carrier"]),
                (&report.provider_event, &status["provider_event"]),
                (&report.provider_now, &status["provider_now"]),
                (&report.was.map(|was| was.as_str().to_owned()), &status["was"]),
            ] {
                assert_eq!(json!(own), *of, "{provider} {name}");
            }
            assert_eq!(status["now"], report.status.as_str());
            assert_eq!(
                (json!(report.is_final), json!(report.test)),
                (status["final"].clone(), data["test"].clone())
            );
            assert_eq!(data["items"].as_array().map(Vec::len), Some(report.items.len()));
            let phone = data["customer"]["phone"].as_str().map(customer_keys).unwrap_or_default();
            assert!(phone.is_subset(&report.customers));
            if taken.is_composed() && RULED.contains(&provider) {
                composed.push(format!("{provider} {name}"));
            }
        }
    }
    let is_composed = |name: &String| {
        ["gooten", "wegocod", "up42 body-not-signed"].iter().any(|of| name.starts_with(of))
    };
    assert!(composed.iter().all(is_composed), "{composed:?}");
    assert!(composed.len() > 40, "{composed:?}");
}

/// The ids of a provider's own, and those that the receiver makes.
#[test]
fn a_composed_id_is_told_by_its_parts() {
    let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let status =
        json!({ "now": "packed", "provider_now": "prepared", "provider_event": "updated" });
    for (id, expected) in [
        ("A-1:prepared", true),
        ("updated:A-1", true),
        (hash, true),
        (&*format!("msg_1:{hash}"), true),
        ("A-1", false),
        ("prepared", false),
        ("msg_1", false),
        (&hash[1..], false),
    ] {
        assert_eq!(taken(&told(0, id, &status, &json!({}))).is_composed(), expected, "{id}");
    }
}

#[test]
fn another_text_is_no_event_and_says_why() {
    let event = told(0, "a", &json!({ "now": "shipped" }), &json!({}));
    let without = |path: &[&str]| {
        let mut event = event.clone();
        let (last, path) = path.split_last().expect("a member");
        let parent = path.iter().fold(&mut event, |at, name| &mut at[*name]);
        parent.as_object_mut().expect("an object").remove(*last);
        event.to_string()
    };
    let with = |path: &[&str], value: Value| {
        let mut event = event.clone();
        *path.iter().fold(&mut event, |at, name| &mut at[*name]) = value;
        event.to_string()
    };
    let twice = event.to_string().replacen('{', r#"{"id":"b","#, 1);
    for (json, code, text) in [
        (String::new(), "not_json", "the message is not JSON"),
        ("{".to_owned(), "not_json", "the message is not JSON"),
        ("[]".to_owned(), "not_an_object", "the message is not a JSON object"),
        ("{}".to_owned(), "missing_member", "the message has no `specversion`"),
        (twice, "missing_member", "the message has no `id`"),
        (without(&["id"]), "missing_member", "the message has no `id`"),
        (without(&["data"]), "missing_member", "the message has no `data`"),
        (without(&["data", "order", "id"]), "missing_member", "the message has no `data.order.id`"),
        (without(&["data", "status"]), "missing_member", "the message has no `data.status`"),
        (
            without(&["data", "received_at"]),
            "missing_member",
            "the message has no `data.received_at`",
        ),
        (
            with(&["specversion"], json!("0.3")),
            "invalid_member",
            "the message's `specversion` is not an event's",
        ),
        (
            with(&["id"], json!("x".repeat(257))),
            "invalid_member",
            "the message's `id` is not an event's",
        ),
        (with(&["id"], json!(1)), "invalid_member", "the message's `id` is not an event's"),
        (
            with(&["source"], json!("/hooks/")),
            "invalid_member",
            "the message's `source` is not an event's",
        ),
        (
            with(&["source"], json!("/hooks/A")),
            "invalid_member",
            "the message's `source` is not an event's",
        ),
        (
            with(&["source"], json!("https://a/hooks/a")),
            "invalid_member",
            "the message's `source` is not an event's",
        ),
        (with(&["time"], json!("now")), "invalid_member", "the message's `time` is not an event's"),
        (with(&["data"], json!([])), "invalid_member", "the message's `data` is not an event's"),
        (
            with(&["data", "order", "id"], json!("")),
            "invalid_member",
            "the message's `data.order.id` is not an event's",
        ),
        (
            with(&["type"], json!("orderhook.order.status.v2")),
            "unknown_type",
            "the message's `type` is unknown",
        ),
    ] {
        let error = Taken::read(&json).expect_err(text);
        assert_eq!((error.code(), &*error.to_string()), (code, text), "{json}");
    }
}

#[test]
fn an_id_has_256_bytes_at_most() {
    let id = "x".repeat(256);
    assert_eq!(taken(&told(0, &id, &json!({ "now": "shipped" }), &json!({}))).id, id);
}

/// Dispatch sends the number on, and a receiver refuses an event that circulates.
#[test]
fn an_event_says_how_many_installations_it_has_passed() {
    for (hops, expected) in [
        (json!(1), 1),
        (json!(5), 5),
        (json!(u32::MAX), u32::MAX),
        (json!(u64::from(u32::MAX) + 1), 0),
        (json!("many"), 0),
        (json!(-1), 0),
        (Value::Null, 0),
    ] {
        let mut event = told(0, "a", &json!({ "now": "shipped" }), &json!({}));
        event["orderhookhop"] = hops.clone();
        assert_eq!(taken(&event).hops, expected, "{hops}");
    }
    assert_eq!(taken(&told(0, "a", &json!({ "now": "shipped" }), &json!({}))).hops, 0);
}

/// A newer receiver may add members, and words to the open lists.
#[test]
fn what_a_newer_receiver_adds_is_read() {
    let mut event = told(
        0,
        "a",
        &json!({ "now": "teleported", "was": "beamed", "reason": "gravity", "new": {} }),
        &json!({ "dimensions": [1, 2, 3] }),
    );
    event["extension"] = true.into();
    event["data"]["direction"] = "sideways".into();
    let report = taken(&event).report.expect("an order");
    assert_eq!((report.status, report.was, report.direction), (Status::Unknown, None, None));
    assert_eq!(report.reason.map(Reason::as_str), Some("other"));
    assert_eq!(report.provider_now.as_deref(), Some("teleported"));
    // An older receiver has no `time_source`.
    let data = event["data"].as_object_mut().expect("an object");
    data.remove("time_source");
    let received = data["received_at"].clone();
    assert_eq!(taken(&event).time_source, TimeSource::Provider);
    event["time"] = received;
    assert_eq!(taken(&event).time_source, TimeSource::Receipt);
}

/// Returns an event with every member that a state keeps, as long as an event may have it.
fn large(minute: u64, number: usize, text: &str) -> Taken {
    let mut event = told(
        minute,
        &format!("{number}"),
        &json!({ "now": "unknown", "was": "cancellation_pending", "reason": "customs_processing", "provider_now": text, "final": true }),
        &json!({
            "id": text.chars().take(1024).collect::<String>(),
            "reference": text,
            "tracking_number": format!("{number:0>128}"),
            "tracking_url": format!("https://{:x<504}", number),
            "carrier": text,
            "estimated_delivery": "2026-05-09T10:00:00.123456789Z",
        }),
    );
    let item = json!({
        "sku": text, "name": text, "quantity": u32::MAX, "tracking_number": "x".repeat(128),
        "status": { "now": "unknown", "final": true, "provider_now": text },
    });
    event["data"]["items"] = vec![item; MAX_ITEMS + 1].into();
    event["data"]["direction"] = "forward".into();
    event["data"]["customer"] = json!({ "phone": format!("{:0>9}", 100_000_000 + number), "email": format!("{number}@example.com") });
    taken(&event)
}

#[test]
fn a_state_has_bounds() {
    for text in ["x".repeat(200), "\0".repeat(200), "\"".repeat(200), "🚚".repeat(200)] {
        let events: Vec<_> = (0..40).map(|number| large(number as u64, number, &text)).collect();
        let (_, order) = live(&events);
        assert_eq!(order.events(), 40);
        assert_eq!(order.parcels().len(), MAX_PARCELS);
        assert_eq!(order.parcels()[MAX_PARCELS - 1].tracking_number(), format!("{:0>128}", 39));
        assert_eq!((order.items().len(), order.customers().len()), (MAX_ITEMS, MAX_CUSTOMERS));
        let json = order.to_json();
        assert!(json.len() <= MAX_STATE_BYTES, "{} bytes", json.len());
        assert!(
            json.len() > MAX_STATE_BYTES / 2,
            "{} bytes: the bound is far from true",
            json.len()
        );
        assert_eq!(OrderState::parse(&json).as_ref(), Ok(&order));
    }
    assert_eq!(order_key(&"é".repeat(512)), "é".repeat(512));
    assert_eq!(order_key(&"é".repeat(513)).len(), 64);
}

/// As the status is always the same, its time is that of the oldest event which is remembered.
#[test]
fn a_state_remembers_its_latest_events() {
    let at = |minute| {
        taken(&told(
            minute,
            &format!("{minute}"),
            &json!({ "now": "in_transit" }),
            &json!({ "tracking_number": "P-1" }),
        ))
    };
    let events: Vec<_> = (0..50).map(at).collect();
    for (count, oldest) in [(1, 0), (33, 0), (34, 1), (50, 17)] {
        let (_, order) = live(&events[..count]);
        let since = order.since().expect("a step").time.as_str().to_owned();
        assert_eq!(json!(since), life::time(oldest), "{count} events");
        let of_parcel = order.parcels()[0].since().expect("a step").time.as_str().to_owned();
        let oldest = (count as u64).saturating_sub(4);
        assert_eq!(json!(of_parcel), life::time(oldest), "{count} events");
    }
}

/// A number or a URL that is too long to keep is left out: a part of it would be another one.
#[test]
fn a_number_is_kept_whole_or_not_at_all() {
    let long = json!({ "tracking_number": "1".repeat(129), "tracking_url": "https://a/1" });
    let order = judged(&[(&told(0, "a", &json!({ "now": "shipped" }), &long), Fresh)]);
    assert_eq!(order.parcels(), []);
    let url = json!({ "tracking_number": "1".repeat(128), "tracking_url": format!("https://{}", "a".repeat(505)) });
    let order = judged(&[(&told(0, "a", &json!({ "now": "shipped" }), &url), Fresh)]);
    assert_eq!(order.parcels()[0].tracking_url(), None);
}

/// The state has a bound, and a parcel has its number beside its steps.
#[test]
fn the_steps_of_a_parcel_do_not_repeat_its_number() {
    let event = told(0, "a", &json!({ "now": "shipped" }), &json!({ "tracking_number": "P-1" }));
    let state = judged(&[(&event, Fresh)]).to_json();
    let state: Value = serde_json::from_str(&state).expect("JSON");
    assert_eq!(state["steps"][0]["parcel"], "P-1");
    assert_eq!(state["parcels"][0]["number"], "P-1");
    assert_eq!(state["parcels"][0]["steps"][0].get("parcel"), None);
}

/// The first form of a state, as a released version wrote it. Never change this text: write another
/// test for another form.
#[test]
fn a_state_of_version_1_is_read() {
    let json = r#"{"version":1,"order":"A-1","events":4,"first_seen":"2026-05-09T10:00:05.000Z","last_seen":"2026-05-09T10:03:05.000Z","steps":[{"time":"2026-05-09T10:00:00Z","received":"2026-05-09T10:00:05.000Z","id":"ca978112ca1bbdca","now":"shipped","was":"packed","reason":"delayed","parcel":"P-1"},{"time":"2026-05-09T10:01:05.000Z","time_source":"receipt","received":"2026-05-09T10:01:05.000Z","id":"3e23e8160039594a","now":"unknown","word":"held up"},{"time":"2026-05-09T10:02:00Z","received":"2026-05-09T10:02:05.000Z","id":"2e7d2c03a9507ae2","now":"delivered","final":true,"parcel":"P-1"}],"parcels":[{"number":"P-1","first":"2026-05-09T10:00:00Z","carrier":{"value":"DHL","time":"2026-05-09T10:00:00Z","received":"2026-05-09T10:00:05.000Z","id":"ca978112ca1bbdca"},"url":{"value":"https://a/1","time":"2026-05-09T10:00:00Z","received":"2026-05-09T10:00:05.000Z","id":"ca978112ca1bbdca"},"steps":[{"time":"2026-05-09T10:02:00Z","received":"2026-05-09T10:02:05.000Z","id":"2e7d2c03a9507ae2","now":"delivered","final":true}]}],"reference":{"value":"R-1","time":"2026-05-09T10:00:00Z","received":"2026-05-09T10:00:05.000Z","id":"ca978112ca1bbdca"},"estimated_delivery":{"value":"2026-05-10T10:00:00Z","weak":true,"time":"2026-05-09T10:01:05.000Z","received":"2026-05-09T10:01:05.000Z","id":"3e23e8160039594a"},"direction":{"value":"return","time":"2026-05-09T10:00:00Z","received":"2026-05-09T10:00:05.000Z","id":"ca978112ca1bbdca"},"items":{"value":[{"sku":"S","name":"N","quantity":2,"status":"shipped","parcel":"P-1"},{}],"time":"2026-05-09T10:00:00Z","received":"2026-05-09T10:00:05.000Z","id":"ca978112ca1bbdca"},"customers":["7f"]}"#;
    let order = OrderState::parse(json).expect("a state");
    shows(&order, "delivered", "2026-05-09T10:02:00Z");
    assert_eq!((order.order(), order.events(), order.phase()), ("A-1", 4, Phase::Closed));
    assert_eq!(order.parcels()[0].carrier(), Some("DHL"));
    assert_eq!((order.reference(), order.direction()), (Some("R-1"), Some(Direction::Return)));
    assert_eq!(order.estimated_delivery().map(Moment::as_str), Some("2026-05-10T10:00:00Z"));
    assert_eq!(
        (order.items()[0].quantity, order.items()[0].status),
        (Some(2), Some(Status::Shipped))
    );
    assert_eq!(order.to_json(), json);
    // What a patch of the same version adds is ignored, and an unknown status is its own word.
    let newer = json
        .replace(r#""events":4"#, r#""events":4,"mood":"good""#)
        .replace("delivered", "teleported");
    let order = OrderState::parse(&newer).expect("a state");
    assert_eq!(order.shown().and_then(|step| step.word.as_deref()), Some("teleported"));
}

#[test]
fn another_text_is_no_state() {
    let newer = StateError::Newer;
    let (_, order) = live([&taken(&told(0, "a", &json!({ "now": "shipped" }), &json!({})))]);
    let json = order.to_json();
    assert_eq!(OrderState::parse(&json.replace(r#""version":1"#, r#""version":2"#)), Err(newer));
    assert_eq!(newer.to_string(), "a newer version of orderhook wrote this state");
    assert_eq!(StateError::Damaged.to_string(), "this is not the state of an order");
    let damaged = [
        json.replace(r#""version":1,"#, ""),
        json.replace("shipped\"", "shipped\"}"),
        json.replace(r#""order":"A-1","#, ""),
        json.replace(r#""received":"#, r#""got":"#),
        json.replace("2026-05-09T10:00:00Z", "soon"),
        "[]".to_owned(),
        String::new(),
    ];
    for damaged in damaged {
        assert_eq!(OrderState::parse(&damaged), Err(StateError::Damaged), "{damaged}");
    }
}

#[test]
fn an_order_is_written_as_the_api_shows_it() {
    let status = json!({ "now": "attempt_failed", "was": "out_for_delivery", "reason": "refused", "provider_event": "update", "provider_now": "word" });
    let order = json!({ "reference": "R-1", "carrier": "DHL", "tracking_number": "P-1" });
    let event = taken(&told(1, "a", &status, &order));
    let (verdicts, order) = live([&event]);
    assert_eq!(
        write::object(|fields| order.write(fields)),
        r#"{"id":"A-1","reference":"R-1","status":"attempt_failed","phase":"problem","reason":"refused","final":false,"test":false,"time":"2026-05-09T10:01:00.000Z","time_source":"provider","carrier":"DHL","tracking_numbers":["P-1"]}"#
    );
    let entry = Entry::new(&event, verdicts[0], "2026-05-09T10:02:00.000Z").expect("an entry");
    assert_eq!(
        write::object(|fields| entry.write(fields)),
        r#"{"id":"a","verdict":"fresh","time":"2026-05-09T10:01:00.000Z","time_source":"provider","taken_at":"2026-05-09T10:02:00.000Z","status":"attempt_failed","phase":"problem","was":"out_for_delivery","reason":"refused","final":false,"tracking_number":"P-1","provider_event":"update","provider_now":"word"}"#
    );
}
