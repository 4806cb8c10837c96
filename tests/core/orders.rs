//! What events make of an order: the lives that the providers document in every order of arrival,
//! random lives, and the rules of time one by one.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod life;
mod sender;

use life::{Life, taken, told};
use orderhook_core::{
    Direction, Phase, Status, TimeSource,
    dispatch::{
        Entry, MAX_CUSTOMERS, MAX_ITEMS, MAX_PARCELS, MAX_STATE_BYTES, OrderState, StateError,
        Taken, Verdict, customer_key, judge, order_key, timeline,
    },
    json::write,
};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use serde_json::{Value, json};

use Verdict::{Fresh, OutOfOrder, Repeat, Stale};

/// Judges events one after another. Returns their verdicts and the order's state.
#[track_caller]
fn live<'e>(events: impl IntoIterator<Item = &'e Taken>) -> (Vec<Verdict>, OrderState) {
    let (mut verdicts, mut order) = (Vec::new(), None);
    for event in events {
        let (verdict, after) = judge(order.as_ref(), event).expect("an event about an order");
        verdicts.push(verdict);
        order = Some(after);
    }
    (verdicts, order.expect("at least one event"))
}

#[track_caller]
fn shows(order: &OrderState, status: &str, time: &str) {
    let shown = order.shown().expect("a step");
    assert_eq!((shown.now.as_str(), shown.time.as_str()), (status, time));
}

/// Calls back with the state after each permutation. `newest` is the position of the newest of the
/// events that were taken: with distinct times and statuses, an event is fresh if it is the newest,
/// and else fills a gap.
fn permute(
    events: &[Taken],
    taken: &mut Vec<usize>,
    order: Option<&OrderState>,
    end: &mut impl FnMut(&OrderState),
) {
    if taken.len() == events.len() {
        end(order.expect("events"));
        return;
    }
    for at in 0..events.len() {
        if taken.contains(&at) {
            continue;
        }
        let (verdict, after) = judge(order, &events[at]).expect("about an order");
        let is_newest = taken.iter().all(|other| *other < at);
        let expected = if is_newest { Fresh } else { OutOfOrder };
        assert_eq!(verdict, expected, "{at} after {taken:?}");
        taken.push(at);
        permute(events, taken, Some(&after), end);
        taken.pop();
    }
}

/// A documented life in every order of arrival.
#[track_caller]
fn every_order_of_arrival_ends_the_same(provider: &str, names: &[&str], last: &str) {
    let life = Life::of(provider, names);
    let events = life.events();
    let (_, in_order) = live(&events);
    let shown = in_order.shown().expect("a step").clone();
    assert_eq!(shown.now.as_str(), last);
    assert_eq!(shown.time, events[events.len() - 1].time);
    assert_eq!(in_order.events() as usize, names.len());
    let mut ends = 0;
    permute(&events, &mut Vec::new(), None, &mut |end| {
        assert_eq!(*end, in_order);
        ends += 1;
    });
    assert_eq!(ends, (1..=names.len()).product::<usize>());
}

#[test]
fn wegocods_life_ends_back_in_stock() {
    every_order_of_arrival_ends_the_same(
        "wegocod",
        &[
            "pending",
            "picked-up",
            "preparing",
            "prepared",
            "out-for-delivery",
            "returned",
            "return-received",
            "returned-to-stock",
        ],
        "returned_to_stock",
    );
}

#[test]
fn wegocods_life_ends_with_a_delivery_after_a_return() {
    every_order_of_arrival_ends_the_same(
        "wegocod",
        &[
            "pending",
            "preparing",
            "prepared",
            "out-for-delivery",
            "returned",
            "delivered-after-return",
        ],
        "delivered",
    );
}

#[test]
fn wakilnis_lives_end_as_documented() {
    for (end, last) in [
        ("order-completed", "delivered"),
        ("order-completed-rejected", "rejected"),
        ("order-closed-failed", "failed"),
    ] {
        every_order_of_arrival_ends_the_same(
            "wakilni",
            &[
                "order-created",
                "order-confirmed",
                "order-assigned",
                "order-processed",
                "order-failed",
                "order-postponed",
                end,
            ],
            last,
        );
    }
    for (end, last) in [("order-canceled", "cancelled"), ("order-declined", "declined")] {
        let names =
            ["order-created", "order-ready-for-self-pickup", "order-pending-cancelation", end];
        every_order_of_arrival_ends_the_same("wakilni", &names, last);
    }
}

#[test]
fn up42s_lives_end_as_documented() {
    for (end, last) in [("fulfilled", "delivered"), ("failed-permanently", "failed")] {
        let names =
            ["created", "being-placed", "placement-failed", "placed", "being-fulfilled", end];
        every_order_of_arrival_ends_the_same("up42", &names, last);
    }
    every_order_of_arrival_ends_the_same("up42", &["created", "placed", "canceled"], "cancelled");
}

#[test]
fn a_standard_life_ends_delivered() {
    every_order_of_arrival_ends_the_same(
        "standard-webhooks",
        &[
            "created",
            "confirmed",
            "packed",
            "shipped",
            "out-for-delivery",
            "attempt-failed",
            "delivered",
        ],
        "delivered",
    );
}

/// Gooten sends no time. The receiver's times stay with the events, whatever the queue does.
#[test]
fn gootens_lives_end_as_documented() {
    let names =
        ["new", "pending", "hold", "in-production", "out-for-delivery", "shipped", "delivered"];
    every_order_of_arrival_ends_the_same("gooten", &names, "delivered");
    for (end, last) in [("cancelled", "cancelled"), ("canceled-refunded", "refunded")] {
        every_order_of_arrival_ends_the_same("gooten", &["new", "pending", end], last);
    }
}

/// Where the deliveries themselves come in any order, receipt is all that is known: a final status
/// stays, and else the order shows what came last.
#[test]
fn without_a_time_a_final_status_stays() {
    let names = ["new", "pending", "in-production", "shipped", "delivered"];
    let life = Life::of("gooten", &names);
    let mut orders = Vec::new();
    orders_of(names.len(), &mut Vec::new(), &mut orders);
    for arrival in orders {
        let events: Vec<_> =
            arrival.iter().enumerate().map(|(minute, at)| life.received_at(*at, minute)).collect();
        for until in 1..=events.len() {
            let (verdicts, order) = live(&events[..until]);
            let has_ended = arrival[..until].contains(&4);
            let last = if has_ended { 4 } else { arrival[until - 1] };
            assert_eq!(order.status(), life.status(last), "{arrival:?} until {until}");
            assert_eq!(order.is_final(), has_ended);
            let is_late = arrival[..until - 1].contains(&4);
            let expected = if is_late { OutOfOrder } else { Fresh };
            assert_eq!(verdicts[until - 1], expected, "{arrival:?} until {until}");
        }
        let (verdicts, order) = live(events.iter().chain([&life.received_at(3, 60)]));
        assert_eq!((verdicts[5], order.status()), (Stale, Status::Delivered));
    }
}

fn orders_of(length: usize, taken: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    if taken.len() == length {
        all.push(taken.clone());
    }
    for at in 0..length {
        if !taken.contains(&at) {
            taken.push(at);
            orders_of(length, taken, all);
            taken.pop();
        }
    }
}

/// Asserts the verdicts of events in their order, and returns the state.
#[track_caller]
fn judged(rows: &[(&Value, Verdict)]) -> OrderState {
    let events: Vec<_> = rows.iter().map(|(event, _)| taken(event)).collect();
    let (verdicts, order) = live(&events);
    let expected: Vec<_> = rows.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(verdicts, expected);
    order
}

/// As a shop reported it: the tracking numbers of two parcels come after the delivery.
#[test]
fn a_late_shipment_never_takes_a_delivery_back() {
    let shipped = |minute, id, number| {
        told(minute, id, &json!({ "now": "shipped" }), &json!({ "tracking_number": number }))
    };
    let delivered = told(
        50,
        "d",
        &json!({ "now": "delivered", "final": true }),
        &json!({ "tracking_number": "P-1" }),
    );
    let late = shipped(10, "s1", "P-1");
    let second = shipped(20, "s2", "P-2");
    let order = judged(&[
        (&delivered, Fresh),
        (&late, OutOfOrder),
        (&second, OutOfOrder),
        (&late, Stale),
        (&shipped(11, "s3", "P-1"), Stale),
        (&delivered, Repeat),
    ]);
    shows(&order, "delivered", "2026-05-09T10:50:00Z");
    assert!(order.is_final());
    let parcels: Vec<_> = order
        .parcels()
        .iter()
        .map(|p| (p.tracking_number(), p.shown().expect("a step").now))
        .collect();
    assert_eq!(parcels, [("P-1", Status::Delivered), ("P-2", Status::Shipped)]);
}

#[test]
fn two_parcels_keep_their_numbers() {
    let of = |minute, id, now: &str, order: &Value| {
        told(minute, id, &json!({ "now": now, "final": now == "delivered" }), order)
    };
    let first =
        json!({ "tracking_number": "P-1", "carrier": "DHL", "tracking_url": "https://a/1" });
    let second = json!({ "tracking_number": "P-2", "carrier": "UPS" });
    let events = [
        of(0, "a", "confirmed", &json!({})),
        of(1, "b", "shipped", &first),
        of(2, "c", "shipped", &second),
        of(3, "d", "delivered", &first),
        of(4, "e", "out_for_delivery", &second),
        of(5, "f", "delivered", &second),
    ];
    let order = judged(&events.each_ref().map(|event| (event, Fresh)));
    let parcel = |at: usize| write::object(|fields| order.parcels()[at].write(fields));
    assert_eq!(
        parcel(0),
        r#"{"tracking_number":"P-1","tracking_url":"https://a/1","carrier":"DHL","status":"delivered","phase":"closed","time":"2026-05-09T10:03:00Z"}"#
    );
    assert_eq!(
        parcel(1),
        r#"{"tracking_number":"P-2","tracking_url":null,"carrier":"UPS","status":"delivered","phase":"closed","time":"2026-05-09T10:05:00Z"}"#
    );
    let taken = events.each_ref().map(taken);
    let mut arrivals = Vec::new();
    orders_of(events.len(), &mut Vec::new(), &mut arrivals);
    for arrival in arrivals {
        assert_eq!(live(arrival.iter().map(|at| &taken[*at])).1, order, "{arrival:?}");
    }
    // The first parcel is delivered; the second one has not been, so the order goes on.
    shows(&live(&taken[..5]).1, "out_for_delivery", "2026-05-09T10:04:00Z");
    let late = of(2, "g", "in_transit", &first);
    let known = of(3, "h", "shipped", &second);
    assert_eq!(judged(&[(&events[3], Fresh), (&late, OutOfOrder)]).parcels().len(), 1);
    let rows =
        [(&events[2], Fresh), (&events[5], Fresh), (&events[1], OutOfOrder), (&known, Stale)];
    let order = judged(&rows);
    shows(&order, "delivered", "2026-05-09T10:05:00Z");
}

/// A provider that reports line by line, as Gooten does: each line's parcel has the line's status.
#[test]
fn a_parcel_has_the_status_of_its_lines() {
    let item = |number: &str, now: &str| {
        json!({
            "sku": number,
            "quantity": 2,
            "tracking_number": number,
            "status": { "now": now, "final": now == "delivered", "provider_now": "word" },
        })
    };
    let mut event =
        told(0, "a", &json!({ "now": "preparing" }), &json!({ "tracking_number": "P-1" }));
    event["data"]["items"] = json!([
        item("P-1", "shipped"),
        item("P-2", "delivered"),
        item("P-3", "shipped"),
        item("P-3", "delivered"),
        item("P-1", "shipped"),
        { "sku": "x", "tracking_number": "P-4", "tracking_url": "https://a/4" },
    ]);
    let mut later = event.clone();
    later["time"] = life::time(9);
    later["id"] = "b".into();
    let mut changed = later.clone();
    changed["data"]["items"][0] = item("P-1", "delivered");
    changed["time"] = life::time(10);
    changed["id"] = "c".into();
    let order = judged(&[(&event, Fresh), (&later, Repeat)]);
    let shown: Vec<_> = order
        .parcels()
        .iter()
        .map(|parcel| (parcel.tracking_number(), parcel.shown().expect("a step")))
        .map(|(number, step)| (number, step.now.as_str(), step.is_final))
        .collect();
    let expected = [
        ("P-1", "shipped", false),
        ("P-2", "delivered", true),
        // Its lines differ, so it is where the order is.
        ("P-3", "preparing", false),
        ("P-4", "preparing", false),
    ];
    assert_eq!(shown, expected);
    assert_eq!(order.parcels()[3].tracking_url(), Some("https://a/4"));
    assert_eq!(order.items().len(), 6);
    assert_eq!(
        write::object(|fields| order.items()[1].write(fields)),
        r#"{"sku":"P-2","name":null,"quantity":2,"status":{"now":"delivered","final":true,"provider_now":null},"tracking_number":"P-2"}"#
    );
    judged(&[(&event, Fresh), (&later, Repeat), (&changed, Fresh)]);
}

/// Returns an event of a provider that sends no time.
fn untimed(minute: u64, id: &str, status: &Value) -> Value {
    let mut event = told(minute, id, status, &json!({}));
    event["time"] = event["data"]["received_at"].clone();
    event["data"]["time_source"] = "receipt".into();
    event
}

#[test]
fn a_receipt_alone_beats_no_later_time_and_no_final_status() {
    let shipped = told(10, "a", &json!({ "now": "shipped" }), &json!({}));
    let earlier = untimed(5, "b", &json!({ "now": "packed" }));
    let later = untimed(20, "c", &json!({ "now": "on_hold" }));
    let order = judged(&[(&shipped, Fresh), (&earlier, OutOfOrder), (&later, Fresh)]);
    assert_eq!(order.status(), Status::OnHold);

    let delivered = told(15, "d", &json!({ "now": "delivered", "final": true }), &json!({}));
    let order = judged(&[(&shipped, Fresh), (&delivered, Fresh), (&later, OutOfOrder)]);
    shows(&order, "delivered", "2026-05-09T10:15:00Z");
    let again = untimed(21, "e", &json!({ "now": "on_hold" }));
    let rows = [(&delivered, Fresh), (&later, OutOfOrder), (&again, Stale), (&shipped, OutOfOrder)];
    shows(&judged(&rows), "delivered", "2026-05-09T10:15:00Z");

    // Only another final status, or the provider's own time, ends it.
    let refunded = untimed(30, "f", &json!({ "now": "refunded", "final": true }));
    let returning = told(31, "g", &json!({ "now": "returning" }), &json!({}));
    let order = judged(&[(&delivered, Fresh), (&refunded, Fresh), (&returning, Fresh)]);
    assert_eq!((order.status(), order.is_final()), (Status::Returning, false));
    // What was held back counts again from there.
    let held = untimed(40, "h", &json!({ "now": "on_hold" }));
    let rows = [(&delivered, Fresh), (&held, OutOfOrder), (&returning, Fresh)];
    let order = judged(&[rows[0], rows[1], (&returning, OutOfOrder)]);
    assert_eq!(order.status(), Status::OnHold);
}

#[test]
fn at_equal_times_was_decides_then_receipt() {
    let step = |id: &str, now: &str, was: Option<&str>, received: u64| {
        let mut event = told(0, id, &json!({ "now": now, "was": was }), &json!({}));
        event["data"]["received_at"] = life::time(received);
        taken(&event)
    };
    // Received in the opposite order.
    let chain = [
        step("a", "packed", Some("preparing"), 9),
        step("b", "shipped", Some("packed"), 8),
        step("c", "in_transit", Some("shipped"), 7),
        step("d", "delivered", Some("in_transit"), 6),
    ];
    let mut arrivals = Vec::new();
    orders_of(chain.len(), &mut Vec::new(), &mut arrivals);
    let (verdicts, order) = live(&chain);
    assert_eq!((verdicts, order.status()), (vec![Fresh; 4], Status::Delivered));
    for arrival in &arrivals {
        let (_, end) = live(arrival.iter().map(|at| &chain[*at]));
        assert_eq!(end, order, "{arrival:?}");
    }
    // Before the link between them comes, receipt decides.
    let (verdicts, order) = live([&chain[1], &chain[0], &chain[3]]);
    assert_eq!(verdicts, [Fresh, OutOfOrder, OutOfOrder]);
    assert_eq!(order.status(), Status::Shipped);
    let (verdict, order) = judge(Some(&order), &chain[2]).expect("about an order");
    assert_eq!((verdict, order.status()), (OutOfOrder, Status::Delivered));

    // Without `was`, and in a circle, receipt decides.
    let unlinked = [step("a", "shipped", None, 2), step("b", "packed", None, 1)];
    let circle = [step("a", "on_hold", Some("packed"), 2), step("b", "packed", Some("on_hold"), 1)];
    for pair in [&unlinked, &circle] {
        let last = pair[0].report.as_ref().expect("an order").status;
        assert_eq!(live(pair).1.status(), last);
        assert_eq!(live(pair.iter().rev()).1, live(pair).1);
    }
}

#[test]
fn a_newer_event_is_fresh_if_it_says_something_new() {
    let base = json!({ "now": "in_transit" });
    let first = told(0, "a", &base, &json!({}));
    judged(&[(&first, Fresh), (&told(1, "b", &base, &json!({})), Repeat)]);
    for order in [
        json!({ "reference": "R-1" }),
        json!({ "carrier": "DHL" }),
        json!({ "estimated_delivery": "2026-05-10T10:00:00Z" }),
        json!({ "tracking_number": "P-1" }),
    ] {
        let news = told(1, "b", &base, &order);
        let again = told(2, "c", &base, &order);
        judged(&[(&first, Fresh), (&news, Fresh), (&again, Repeat), (&first, Repeat)]);
    }
    for status in [
        json!({ "now": "in_transit", "reason": "weather" }),
        json!({ "now": "in_transit", "final": true }),
        json!({ "now": "unknown", "provider_now": "one word" }),
    ] {
        let news = told(1, "b", &status, &json!({}));
        judged(&[(&first, Fresh), (&news, Fresh), (&told(2, "c", &status, &json!({})), Repeat)]);
    }
    let unknown = |minute, word: &str| {
        let status = json!({ "now": "unknown", "provider_now": word });
        told(minute, word, &status, &json!({}))
    };
    judged(&[(&unknown(0, "a"), Fresh), (&unknown(1, "b"), Fresh), (&unknown(2, "c"), Fresh)]);
}

/// An order that goes out for delivery twice: the second time is a step of its own.
#[test]
fn an_older_event_fills_a_gap_where_its_status_is_new() {
    let at = |minute, id, now: &str| told(minute, id, &json!({ "now": now }), &json!({}));
    let out = at(1, "a", "out_for_delivery");
    let failed = at(2, "b", "attempt_failed");
    let out_again = at(3, "c", "out_for_delivery");
    let delivered = at(4, "d", "delivered");
    let rows = [(&out, Fresh), (&failed, Fresh), (&delivered, Fresh), (&out_again, OutOfOrder)];
    let order = judged(&rows);
    let copies = [
        (&rows[0].0, Stale, 1),
        (&rows[1].0, Stale, 2),
        (&rows[3].0, Stale, 3),
        (&rows[2].0, Repeat, 4),
    ];
    for (event, expected, _) in copies {
        let (verdict, after) = judge(Some(&order), &taken(event)).expect("about an order");
        assert_eq!(verdict, expected);
        assert_eq!(after.events(), 5);
    }
    let beside = at(3, "e", "delivered");
    let (verdict, _) = judge(Some(&order), &taken(&beside)).expect("about an order");
    assert_eq!(verdict, Repeat, "it says what the order shows");
}

#[test]
fn the_time_of_a_status_is_that_of_the_event_that_brought_it() {
    let at = |minute, id, now: &str| {
        told(minute, id, &json!({ "now": now, "final": now == "delivered" }), &json!({}))
    };
    let first = at(3, "b", "delivered");
    let mut order = judged(&[
        (&at(1, "a", "shipped"), Fresh),
        (&first, Fresh),
        (&at(4, "c", "delivered"), Repeat),
        (&untimed(5, "d", &json!({ "now": "shipped" })), Stale),
        (&at(6, "e", "delivered"), Repeat),
    ]);
    assert_eq!(order.since().expect("a step").time.as_str(), "2026-05-09T10:03:00Z");
    shows(&order, "delivered", "2026-05-09T10:06:00Z");
    order = judge(Some(&order), &taken(&at(2, "f", "delivered"))).expect("about an order").1;
    assert_eq!(order.since().expect("a step").time.as_str(), "2026-05-09T10:02:00Z");
}

#[test]
fn a_test_never_changes_a_real_order() {
    let mut test = told(9, "t", &json!({ "now": "test" }), &json!({}));
    test["data"]["test"] = true.into();
    let (test, real) =
        (taken(&test), taken(&told(1, "a", &json!({ "now": "shipped" }), &json!({}))));
    let (_, alone) = live([&real]);
    assert_eq!(judge(Some(&alone), &test), None);
    let (verdict, of_test) = judge(None, &test).expect("a test order");
    assert!(of_test.is_test() && verdict == Fresh);
    assert_eq!(judge(Some(&of_test), &real), Some((Fresh, alone)));
}

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
            let phone = data["customer"]["phone"].as_str().and_then(customer_key);
            assert!(phone.is_none_or(|key| report.customers.contains(&key)));
            if taken.is_composed() {
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
    assert_eq!(report.reason.map(|reason| reason.as_str()), Some("other"));
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
    assert_eq!(order.estimated_delivery().map(|time| time.as_str()), Some("2026-05-10T10:00:00Z"));
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
        r#"{"id":"A-1","reference":"R-1","status":"attempt_failed","phase":"problem","reason":"refused","final":false,"test":false,"time":"2026-05-09T10:01:00Z","time_source":"provider","carrier":"DHL","tracking_numbers":["P-1"]}"#
    );
    let entry = Entry::new(&event, verdicts[0], "2026-05-09T10:02:00.000Z").expect("an entry");
    assert_eq!(
        write::object(|fields| entry.write(fields)),
        r#"{"id":"a","verdict":"fresh","time":"2026-05-09T10:01:00Z","time_source":"provider","taken_at":"2026-05-09T10:02:00.000Z","status":"attempt_failed","phase":"problem","was":"out_for_delivery","reason":"refused","final":false,"tracking_number":"P-1","provider_event":"update","provider_now":"word"}"#
    );
}

/// What happened at one moment, and what an order is expected to make of it.
#[derive(Clone, Debug)]
struct Happened {
    minute: u64,
    status: usize,
    parcel: usize,
}

const STATUSES: [&str; 5] =
    ["packed", "in_transit", "out_for_delivery", "attempt_failed", "delivered"];

impl Happened {
    fn taken(&self) -> Taken {
        let now = STATUSES[self.status];
        let status = json!({ "now": now, "final": now == "delivered" });
        let number = [None, Some("P-1"), Some("P-2")][self.parcel];
        let order = json!({ "tracking_number": number });
        taken(&told(self.minute, &format!("e{}", self.minute), &status, &order))
    }

    fn may_share_parcel(&self, other: &Self) -> bool {
        self.parcel == 0 || other.parcel == 0 || self.parcel == other.parcel
    }
}

/// The verdicts by the rules' words, from all events before: without a bound, a track or a stamp.
fn expected(before: &[Happened], new: &Happened) -> Verdict {
    let newest = |of: &[Happened]| of.iter().max_by_key(|one| one.minute).cloned();
    let latest_of_parcel = |of: &[Happened]| {
        newest(&of.iter().filter(|one| one.parcel == new.parcel).cloned().collect::<Vec<_>>())
    };
    let shown = newest(before);
    let is_newest = shown.as_ref().is_none_or(|shown| shown.minute <= new.minute);
    let news_of_parcel = new.parcel > 0
        && latest_of_parcel(before)
            .is_none_or(|latest| latest.minute < new.minute && latest.status != new.status);
    let shows_same = shown.is_some_and(|shown| shown.status == new.status);
    if is_newest {
        return if shows_same && !news_of_parcel { Repeat } else { Fresh };
    }
    let related = || before.iter().filter(|one| one.may_share_parcel(new));
    let earlier = related().filter(|one| one.minute < new.minute).max_by_key(|one| one.minute);
    let later = related().filter(|one| one.minute > new.minute).min_by_key(|one| one.minute);
    let is_known = related().any(|one| one.minute == new.minute)
        || [earlier, later].into_iter().flatten().any(|one| one.status == new.status);
    match (news_of_parcel || !is_known, shows_same) {
        (true, _) => OutOfOrder,
        (false, true) => Repeat,
        (false, false) => Stale,
    }
}

/// Generates a life of distinct minutes in any order of arrival, with copies of its events.
fn any_life(length: usize) -> impl Strategy<Value = Vec<Happened>> {
    let one = (0..STATUSES.len(), 0..3_usize);
    let events = prop::collection::vec(one, 1..length).prop_map(|all| {
        let happened = all.into_iter().zip(0..);
        happened
            .map(|((status, parcel), minute)| Happened { minute, status, parcel })
            .collect::<Vec<_>>()
    });
    let copied = events.prop_flat_map(|events| {
        let copies = prop::collection::vec(0..events.len(), 0..=events.len() / 2);
        (Just(events), copies)
    });
    let all = copied.prop_map(|(events, copies)| {
        let copies: Vec<_> = copies.into_iter().map(|at| events[at].clone()).collect();
        [events, copies].concat()
    });
    all.prop_shuffle()
}

fn config() -> Config {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/core/orders.txt");
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(FILE)) as _);
    Config { failure_persistence, ..Config::with_cases(sender::cases(100)) }
}

proptest! {
    #![proptest_config(config())]

    /// As many events as a state remembers one by one: each verdict is that of the rules.
    #[test]
    fn every_verdict_of_a_random_life_is_that_of_the_rules(life in any_life(24)) {
        let events: Vec<_> = life.iter().map(Happened::taken).collect();
        let (verdicts, order) = live(&events);
        for (at, verdict) in verdicts.iter().enumerate() {
            prop_assert_eq!(*verdict, expected(&life[..at], &life[at]), "event {}", at);
        }
        let newest = life.iter().max_by_key(|one| one.minute).expect("an event");
        prop_assert_eq!(order.status().as_str(), STATUSES[newest.status]);
    }

    /// Far more events than that: the end is the same as in the order of their times, and after
    /// each step the state is read back as it was.
    #[test]
    fn a_random_life_ends_the_same_in_any_order_of_arrival(life in any_life(80)) {
        let events: Vec<_> = life.iter().map(Happened::taken).collect();
        let mut order: Option<OrderState> = None;
        for event in &events {
            let (_, after) = judge(order.as_ref(), event).expect("about an order");
            let json = after.to_json();
            prop_assert!(json.len() <= MAX_STATE_BYTES);
            order = Some(OrderState::parse(&json).expect("a state"));
            prop_assert_eq!(order.as_ref(), Some(&after));
        }
        let mut in_order = life;
        in_order.sort_by_key(|one| one.minute);
        let in_order: Vec<_> = in_order.iter().map(Happened::taken).collect();
        prop_assert_eq!(order, Some(live(&in_order).1));
    }

    /// Events with and without the provider's time, final ones among them.
    #[test]
    fn mixed_origins_of_time_end_the_same_in_any_order(
        life in any_life(60),
        untimed in prop::collection::vec(any::<bool>(), 60),
    ) {
        let event = |one: &Happened| {
            let mut event = one.taken();
            if untimed[usize::try_from(one.minute).expect("a minute")] {
                event.time_source = TimeSource::Receipt;
                event.time = event.received.clone();
            }
            event
        };
        let mut in_order = life.clone();
        in_order.sort_by_key(|one| one.minute);
        let events: Vec<_> = life.iter().map(event).collect();
        let in_order: Vec<_> = in_order.iter().map(event).collect();
        let (end, expected) = (live(&events).1, live(&in_order).1);
        prop_assert_eq!(&end, &expected);
        // By the rules' words: the last one with the provider's time or a final status, unless one
        // came later and that one is not final.
        let is_strong = |event: &&Taken| {
            event.time_source == TimeSource::Provider || event.report.as_ref().is_some_and(|r| r.is_final)
        };
        let strong = in_order.iter().rfind(is_strong);
        let is_final = |event: &&Taken| event.report.as_ref().is_some_and(|report| report.is_final);
        let shown = strong.filter(is_final).or(in_order.last()).expect("an event");
        prop_assert_eq!(&end.shown().expect("a step").time, &shown.time);
    }

    /// The timeline is the same whatever order the entries come in, equal times included.
    #[test]
    fn a_timeline_does_not_depend_on_the_order_of_its_entries(
        (steps, shuffled) in prop::collection::vec((0..4_u64, 0..5_usize, 0..6_usize), 1..20)
            .prop_flat_map(|steps| {
                let numbered: Vec<_> = steps.into_iter().enumerate().collect();
                (Just(numbered.clone()), Just(numbered).prop_shuffle())
            }),
    ) {
        let entry = |(number, (minute, now, was)): &(usize, (u64, usize, usize))| {
            let status = json!({ "now": STATUSES[*now], "was": STATUSES.get(*was) });
            let event = taken(&told(*minute, &format!("{number}"), &status, &json!({})));
            Entry::new(&event, Fresh, "").expect("an entry")
        };
        let ordered = timeline(steps.iter().map(entry).collect());
        prop_assert_eq!(&ordered, &timeline(shuffled.iter().map(entry).collect()));
        prop_assert!(ordered.windows(2).all(|pair| pair[0].step.time <= pair[1].step.time));
    }
}

#[test]
fn a_timeline_follows_was_at_equal_times() {
    let entry = |id: &str, now: &str, was: Option<&str>| {
        let event = taken(&told(0, id, &json!({ "now": now, "was": was }), &json!({})));
        Entry::new(&event, Fresh, "").expect("an entry")
    };
    let entries = vec![
        entry("c", "out_for_delivery", Some("packed")),
        entry("d", "delivered", Some("out_for_delivery")),
        entry("a", "picked", None),
        entry("b", "packed", Some("picked")),
    ];
    let ids: Vec<_> = timeline(entries).into_iter().map(|entry| entry.id).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
}
