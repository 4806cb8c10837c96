//! Random lives of an order, with copies, in any order of arrival.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod life;
mod sender;

use life::{live, taken, told};
use orderhook_core::{
    TimeSource,
    dispatch::{
        Entry, MAX_STATE_BYTES, OrderState, Taken,
        Verdict::{self, Fresh, OutOfOrder, Repeat, Stale},
        judge, timeline,
    },
};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use serde_json::json;

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
    let with_copies = events.prop_flat_map(|events| {
        let copies = prop::collection::vec(0..events.len(), 0..=events.len() / 2);
        (Just(events), copies)
    });
    let all = with_copies.prop_map(|(events, copies)| {
        let copies: Vec<_> = copies.into_iter().map(|at| events[at].clone()).collect();
        [events, copies].concat()
    });
    all.prop_shuffle()
}

fn config() -> Config {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/core/random_orders.txt");
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
