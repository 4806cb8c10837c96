//! What events make of an order: the lives that the providers document in every order of arrival,
//! and the rules of time one by one.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod life;

use life::{Life, arrivals, judged, live, shows, taken, told, untimed};
use orderhook_core::{
    Reason, Status,
    dispatch::{Entry, OrderState, Taken, Verdict, judge, timeline},
    json::write,
};
use serde_json::{Value, json};

use Verdict::{Fresh, OutOfOrder, Repeat, Stale};

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
    for arrival in arrivals(names.len()) {
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
        r#"{"tracking_number":"P-1","tracking_url":"https://a/1","carrier":"DHL","status":"delivered","phase":"closed","time":"2026-05-09T10:03:00.000Z"}"#
    );
    assert_eq!(
        parcel(1),
        r#"{"tracking_number":"P-2","tracking_url":null,"carrier":"UPS","status":"delivered","phase":"closed","time":"2026-05-09T10:05:00.000Z"}"#
    );
    let taken = events.each_ref().map(taken);
    for arrival in arrivals(events.len()) {
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

/// The words around the order's status say nothing of a parcel that has another one.
#[test]
fn a_parcel_with_a_status_of_its_own_has_its_own_words() {
    let line = |number: &str, status: Value| json!({ "tracking_number": number, "status": status });
    let status = json!({
        "now": "attempt_failed", "was": "shipped", "reason": "refused", "provider_now": "word",
    });
    let mut event = told(0, "a", &status, &json!({ "tracking_number": "P-1" }));
    event["data"]["items"] = json!([
        line("P-2", json!({ "now": "delivered", "final": true, "provider_now": "done" })),
        line("P-3", json!({ "now": "unknown", "final": false, "provider_now": "at customs" })),
    ]);
    let order = judged(&[(&event, Fresh)]);
    let shown: Vec<_> = order
        .parcels()
        .iter()
        .map(|parcel| parcel.shown().expect("a step"))
        .map(|step| (step.now, step.word.as_deref(), step.was, step.reason))
        .collect();
    assert_eq!(
        shown,
        [
            (Status::AttemptFailed, None, Some(Status::Shipped), Some(Reason::Refused)),
            (Status::Delivered, None, None, None),
            (Status::Unknown, Some("at customs"), None, None),
        ]
    );
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

    // Received before the end, it has a place: a second time on hold fills a gap.
    let on_hold = |minute, id| untimed(minute, id, &json!({ "now": "on_hold" }));
    let packed = untimed(3, "p", &json!({ "now": "packed" }));
    let rows = [(&on_hold(1, "i"), Fresh), (&packed, Fresh), (&delivered, Fresh)];
    judged(&[
        rows[0],
        rows[1],
        rows[2],
        (&on_hold(4, "j"), OutOfOrder),
        (&on_hold(20, "k"), Stale),
    ]);

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

/// The example of the guide, and what it says of other events.
#[test]
fn a_receipt_alone_replaces_no_value_that_counts_more() {
    let by = |name: &str, mut event: Value| {
        event["data"]["order"]["carrier"] = name.into();
        event
    };
    let timed = by("A", told(0, "a", &json!({ "now": "confirmed" }), &json!({})));
    let received = by("B", untimed(60, "b", &json!({ "now": "shipped" })));
    let later = by("C", untimed(70, "c", &json!({ "now": "on_hold" })));
    let end = by("D", untimed(80, "d", &json!({ "now": "delivered", "final": true })));
    for rows in [[(&timed, Fresh), (&received, Fresh)], [(&received, Fresh), (&timed, OutOfOrder)]]
    {
        let order = judged(&rows);
        assert_eq!((order.status(), order.carrier()), (Status::Shipped, Some("A")));
    }
    let order = judged(&[(&later, Fresh), (&received, OutOfOrder)]);
    assert_eq!((order.status(), order.carrier()), (Status::OnHold, Some("C")));
    let order = judged(&[(&timed, Fresh), (&end, Fresh)]);
    assert_eq!((order.status(), order.carrier()), (Status::Delivered, Some("D")));
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
    let (verdicts, order) = live(&chain);
    assert_eq!((verdicts, order.status()), (vec![Fresh; 4], Status::Delivered));
    for arrival in arrivals(chain.len()) {
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

/// Two events of one moment, and a copy of the first one that the receiver got after both.
#[test]
fn a_copy_counts_from_its_first_receipt() {
    let step = |id: &str, now: &str, received: u64| {
        let mut event = told(0, id, &json!({ "now": now }), &json!({}));
        event["data"]["received_at"] = life::time(received);
        taken(&event)
    };
    let events = [step("a", "packed", 1), step("b", "shipped", 2), step("a", "packed", 9)];
    for arrival in arrivals(events.len()) {
        let (_, order) = live(arrival.iter().map(|at| &events[*at]));
        assert_eq!((order.status(), order.events()), (Status::Shipped, 3), "{arrival:?}");
        assert_eq!(json!(order.first_seen().as_str()), life::time(1));
        assert_eq!(json!(order.last_seen().as_str()), life::time(9));
    }
    assert_eq!(live(&events).0, [Fresh, Fresh, Stale]);
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
        json!({ "tracking_number": "P-1", "tracking_url": "https://a/1" }),
    ] {
        let news = told(1, "b", &base, &order);
        let again = told(2, "c", &base, &order);
        judged(&[(&first, Fresh), (&news, Fresh), (&again, Repeat), (&first, Repeat)]);
    }
    for (member, value) in [("direction", json!("return")), ("items", json!([{ "sku": "S" }]))] {
        let with = |mut event: Value| {
            event["data"][member] = value.clone();
            event
        };
        let news = with(told(1, "b", &base, &json!({})));
        let again = with(told(2, "c", &base, &json!({})));
        judged(&[(&first, Fresh), (&news, Fresh), (&again, Repeat), (&first, Repeat)]);
    }
    let number = told(0, "a", &base, &json!({ "tracking_number": "P-1" }));
    let page = json!({ "tracking_number": "P-1", "tracking_url": "https://a/1" });
    let (page, again) = (told(1, "b", &base, &page), told(2, "c", &base, &page));
    judged(&[(&number, Fresh), (&page, Fresh), (&again, Repeat)]);
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

/// The tables of the examples in docs/orders.md: received, the provider's time if it sends one, the
/// status, the verdict, and what the order shows.
#[test]
fn the_examples_of_the_guide_hold() {
    let guide = include_str!("../../docs/orders.md");
    for (title, statuses) in [("**A late event.**", 4), ("**A provider without times.**", 5)] {
        let (_, after) = guide.split_once(title).expect(title);
        let is_row = |line: &&str| line.starts_with('|');
        let rows = after.lines().skip_while(|line| !is_row(line)).take_while(is_row).skip(2);
        let mut order = None;
        let mut count = 0;
        for (at, row) in rows.enumerate() {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            let (received, time, rest) = match cells[..] {
                [received, time, now, verdict, shows] => {
                    (received, Some(time), [now, verdict, shows])
                }
                [received, now, verdict, shows] => (received, None, [now, verdict, shows]),
                _ => panic!("{row}"),
            };
            let [now, verdict, shows] = rest.map(|cell| cell.trim_start_matches('`'));
            let is_final = now.ends_with("final") || now.starts_with("delivered");
            let status = json!({ "now": now.split('`').next(), "final": is_final });
            let mut event = told(0, &format!("{at}"), &status, &json!({}));
            event["data"]["received_at"] = moment(received);
            event["time"] = moment(time.unwrap_or(received));
            let source = if time.is_some() { "provider" } else { "receipt" };
            event["data"]["time_source"] = source.into();
            let (given, after) = judge(order.as_ref(), &taken(&event)).expect("about an order");
            assert_eq!(
                (given.as_str(), after.status().as_str()),
                (verdict.trim_end_matches('`'), shows.trim_end_matches('`')),
                "{row}"
            );
            (order, count) = (Some(after), count + 1);
        }
        assert_eq!(count, statuses, "{title}");
    }
}

/// Returns a moment of the guide's, such as `10:00` or `10:00:05`.
fn moment(clock: &str) -> Value {
    let seconds = if clock.len() < 8 { ":00" } else { "" };
    format!("2026-05-09T{clock}{seconds}Z").into()
}
