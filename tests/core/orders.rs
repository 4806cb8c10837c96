//! What events make of an order: the lives that the providers document in every order of arrival,
//! random lives, and the rules of time one by one.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod life;

use life::{Life, told};
use orderhook_core::{
    Status,
    dispatch::{OrderState, Taken, Verdict, judge},
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
    let events: Vec<_> = rows.iter().map(|(event, _)| life::taken(event)).collect();
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
