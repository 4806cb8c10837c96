//! What the people who run orderhook are told, when, and who gets it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

use std::collections::BTreeMap;

use orderhook_core::{
    EVENT_TYPES, Refusal,
    dispatch::{
        Filter, Format, Notice, OPERATIONAL, OPERATIONAL_TYPES, Pulse, STEP_MS, Taken, Thresholds,
        WINDOW_MS, Written, is_accepted, is_refused, operational_sample, tells_dead_letters,
    },
    json::Json,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 2026-05-09T10:00:00Z, which a step begins with.
const T0: i64 = 1_778_320_800_000;

const THRESHOLDS: Thresholds =
    Thresholds { silence_factor: 2, min_silence: 3 * HOUR, refused_percent: 50, min_refused: 10 };

/// Returns the pulse of a source that had a delivery every `pause` for so many days.
fn steady(pause: i64, days: i64) -> Pulse {
    let mut pulse = Pulse::new(T0);
    for at in 1..=(days * DAY / pause) {
        pulse.beat(T0 + at * pause);
    }
    pulse
}

/// Returns how long after its last step a source is told to be silent, when it is looked at every
/// five minutes.
fn told_after(pulse: &mut Pulse, watched: i64) -> Option<i64> {
    let last = pulse.last;
    let mut looks = (0..3000).map(|look| last + look * STEP_MS);
    let told = looks.find(|now| pulse.silence("shop", *now, watched, &THRESHOLDS).is_some());
    told.map(|now| now - last - STEP_MS)
}

#[test]
fn a_source_is_silent_after_a_multiple_of_its_longest_pause() {
    for (pause, expected) in
        [(5 * MINUTE, 3 * HOUR), (HOUR, 3 * HOUR), (2 * HOUR, 4 * HOUR), (12 * HOUR, 24 * HOUR)]
    {
        assert_eq!(told_after(&mut steady(pause, 3), 0), Some(expected), "{pause}");
    }
}

#[test]
fn a_silence_is_told_once_and_the_next_one_again() {
    let mut pulse = steady(HOUR, 3);
    let last = pulse.last;
    let told = pulse.silence("shop", last + 4 * HOUR, 0, &THRESHOLDS);
    let expected =
        Notice::SourceSilent { source: "shop".into(), since: last + STEP_MS, longest_pause: HOUR };
    assert_eq!(told, Some(expected));
    assert_eq!(pulse.silence("shop", last + 40 * HOUR, 0, &THRESHOLDS), None);
    // The silence has become the longest pause.
    pulse.beat(last + 40 * HOUR);
    assert_eq!(told_after(&mut pulse, 0), Some(80 * HOUR));
}

#[test]
fn a_source_that_is_hardly_known_is_never_silent() {
    assert_eq!(told_after(&mut Pulse::new(T0), 0), None);
    let mut pulse = steady(HOUR, 1);
    pulse.first += STEP_MS;
    assert_eq!(told_after(&mut pulse, 0), None);
    assert!(told_after(&mut steady(HOUR, 1), 0).is_some());
}

#[test]
fn time_in_which_nobody_watched_is_no_silence() {
    let mut pulse = steady(HOUR, 3);
    let watched = pulse.last + 10 * HOUR;
    assert_eq!(told_after(&mut pulse, watched), Some(13 * HOUR - STEP_MS));
}

#[test]
fn two_weekends_are_remembered_and_older_pauses_are_forgotten() {
    let mut pulse = steady(HOUR, 1);
    pulse.beat(pulse.last + 60 * HOUR);
    let weekend = pulse.last;
    for hour in 1..=(24 * 13) {
        pulse.beat(weekend + hour * HOUR);
    }
    assert_eq!(told_after(&mut pulse.clone(), 0), Some(120 * HOUR));
    for hour in (24 * 13)..=(24 * 15) {
        pulse.beat(weekend + hour * HOUR);
    }
    assert_eq!(told_after(&mut pulse, 0), Some(3 * HOUR));
    assert!(pulse.pauses.len() <= 14);
}

#[test]
fn a_step_that_comes_late_or_twice_changes_nothing() {
    let mut pulse = steady(HOUR, 2);
    let before = pulse.clone();
    pulse.beat(pulse.last);
    pulse.beat(pulse.last - HOUR);
    assert_eq!(pulse, before);
}

fn counts(counts: &[(&str, i64)]) -> BTreeMap<String, i64> {
    counts.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

/// Returns whether a source that did not refuse before is told to refuse.
fn refuses(of: &[(&str, i64)]) -> bool {
    let mut pulse = Pulse::new(T0);
    pulse.refusals("shop", T0, (T0, &counts(of)), &THRESHOLDS).is_some()
}

/// The five and the fifteen minutes of `docs/endpoints.md`.
#[test]
fn refusals_are_counted_over_three_steps() {
    assert_eq!((STEP_MS, WINDOW_MS), (5 * MINUTE, 15 * MINUTE));
}

#[test]
fn a_source_refuses_from_a_number_and_a_share_on() {
    for (of, expected) in [
        (&[("signature_mismatch", 10)][..], true),
        (&[("signature_mismatch", 9)], false),
        (&[("signature_mismatch", 10), ("accepted", 10)], true),
        (&[("signature_mismatch", 10), ("accepted", 11)], false),
        (&[("signature_mismatch", 5), ("missing_signature", 5), ("duplicate", 10)], true),
        (&[("signature_mismatch", 10), ("duplicate", 6), ("ignored", 5)], false),
        // Answers that say nothing of authenticity.
        (&[("queue_unavailable", 100)], false),
        (&[("signature_mismatch", 10), ("queue_unavailable", 100)], true),
        (&[("verification_unavailable", 100)], false),
        (&[], false),
    ] {
        assert_eq!(refuses(of), expected, "{of:?}");
    }
}

#[test]
fn refusals_are_told_when_they_begin_and_once_an_hour_at_most() {
    let (bad, good) = (counts(&[("signature_mismatch", 20)]), counts(&[("accepted", 20)]));
    let mut pulse = Pulse::new(T0);
    let mut told = |minute: i64, counts| {
        let now = T0 + minute * MINUTE;
        pulse.refusals("shop", now, (now - 10 * MINUTE, counts), &THRESHOLDS).is_some()
    };
    assert!(told(0, &bad));
    assert!(!told(5, &bad) && !told(120, &bad), "it goes on");
    assert!(!told(125, &good));
    assert!(told(130, &bad), "it begins again");
    assert!(!told(135, &good) && !told(140, &bad), "within an hour");
    assert!(told(190, &bad), "the hour is over, and it still refuses");
}

#[test]
fn a_notice_of_refusals_has_their_codes() {
    let of = counts(&[("missing_signature", 2), ("signature_mismatch", 18), ("accepted", 4)]);
    let notice = Pulse::new(T0).refusals("shop", T0, (T0 - HOUR, &of), &THRESHOLDS);
    let event: Value = serde_json::from_str(&notice.expect("told").event(T0)).expect("JSON");
    assert_eq!(
        event["data"],
        json!({
            "text": "The source shop refused 20 of 24 deliveries: 2 missing_signature, \
                     18 signature_mismatch.",
            "source": "shop",
            "since": "2026-05-09T09:00:00.000Z",
            "deliveries": 24,
            "refused": [
                { "code": "missing_signature", "count": 2 },
                { "code": "signature_mismatch", "count": 18 }
            ]
        })
    );
}

#[test]
fn every_refusal_counts_but_one_that_decided_nothing() {
    let mismatch = Refusal::SignatureMismatch;
    for refusal in [mismatch, Refusal::DigestMismatch, Refusal::BodyNotAuthenticated] {
        assert!(is_refused(refusal.code()), "{}", refusal.code());
    }
    assert!(is_refused(Refusal::TokenMismatch.code()));
    assert!(!is_refused(Refusal::Unverifiable.code()));
    for code in ["accepted", "duplicate", "ignored"] {
        assert!(is_accepted(code) && !is_refused(code), "{code}");
    }
}

#[test]
fn dead_letters_are_told_when_they_begin_and_once_an_hour_at_most() {
    for (now, oldest, told, expected) in [
        (T0, None, 0, false),
        (T0, Some(T0 - 1), 0, true),
        // The same ones.
        (T0 + 2 * HOUR, Some(T0 - 1), T0, false),
        // New ones, after all of those are gone.
        (T0 + 2 * HOUR, Some(T0 + HOUR), T0, true),
        (T0 + HOUR, Some(T0 + 1), T0, true),
        (T0 + HOUR - 1, Some(T0 + 1), T0, false),
    ] {
        assert_eq!(tells_dead_letters(now, oldest, told), expected, "{now} {oldest:?} {told}");
    }
}

fn notices() -> [Notice; 4] {
    let (source, since) = ("shop".to_owned(), T0);
    let refused = vec![("signature_mismatch".to_owned(), 12)];
    [
        Notice::SourceSilent { source: source.clone(), since, longest_pause: 200 * MINUTE },
        Notice::SourceRefusing { source, since, refused, deliveries: 12 },
        Notice::EndpointDisabled {
            endpoint: "ep_1".into(),
            at: since,
            reason: "it answered 410".into(),
        },
        Notice::DeadLetters { count: 1, since },
    ]
}

#[test]
fn a_notice_is_an_event_with_the_same_id_each_time() {
    for (notice, kind) in notices().into_iter().zip(OPERATIONAL_TYPES) {
        let event = Taken::read(&notice.event(T0 + HOUR)).expect("an event");
        assert_eq!((event.kind, &*event.source), (kind, OPERATIONAL));
        assert_eq!(event.id, notice.id());
        assert_eq!(event.time.as_str(), "2026-05-09T11:00:00.000Z");
        assert!(!event.is_composed() && event.report.is_none(), "{}", event.id);
        let again = Taken::read(&notice.event(T0 + DAY)).expect("an event");
        assert_eq!((again.id, again.told), (event.id, event.told));
    }
    let texts = notices().map(|notice| {
        Taken::read(&notice.event(T0)).ok().and_then(|event| event.told).expect("told").text
    });
    assert_eq!(
        texts,
        [
            "The source shop has had no accepted delivery since 2026-05-09T10:00:00.000Z. Its \
             longest pause before was 3 h 20 min.",
            "The source shop refused 12 of 12 deliveries: 12 signature_mismatch.",
            "The endpoint ep_1 was disabled: it answered 410.",
            "There is a dead letter, since 2026-05-09T10:00:00.000Z.",
        ]
    );
}

/// Programs read these members, and a journal keeps an id once.
#[test]
fn a_notice_names_what_it_is_about() {
    let at = "2026-05-09T10:00:00.000Z";
    let expected = [
        (Some("shop"), json!({ "source": "shop", "since": at, "longest_pause_seconds": 12_000 })),
        (
            Some("shop"),
            json!({
                "source": "shop",
                "since": at,
                "deliveries": 12,
                "refused": [{ "code": "signature_mismatch", "count": 12 }],
            }),
        ),
        (Some("ep_1"), json!({ "endpoint": "ep_1", "since": at, "reason": "it answered 410" })),
        (None, json!({ "count": 1, "since": at })),
    ];
    let ids = [
        "source_silent:shop:2026-05-09T10:00:00.000Z",
        "source_refusing:shop:2026-05-09T10:00:00.000Z",
        "endpoint_disabled:ep_1:2026-05-09T10:00:00.000Z",
        "dead_letters:all:2026-05-09T10:00:00.000Z",
    ];
    for ((notice, id), (subject, members)) in notices().iter().zip(ids).zip(expected) {
        let mut event: Value = serde_json::from_str(&notice.event(T0)).expect("JSON");
        assert_eq!((&*notice.id(), &event["id"]), (id, &json!(id)));
        assert_eq!(event.get("subject").and_then(Value::as_str), subject, "{id}");
        event["data"].as_object_mut().expect("an object").remove("text");
        assert_eq!(event["data"], members, "{id}");
    }
}

#[test]
fn the_example_of_the_guide_holds() {
    let guide = include_str!("../../docs/endpoints.md");
    let (_, after) = guide.split_once("It holds no data of customers:\n\n```json").expect("it");
    let (example, _) = after.split_once("```").expect("its end");
    let notice = Notice::SourceRefusing {
        source: "wakilni".to_owned(),
        since: 1_793_519_400_000,
        refused: vec![("signature_mismatch".to_owned(), 12)],
        deliveries: 15,
    };
    let event = notice.event(1_793_520_012_345);
    let [example, event] = [example, &event].map(|text| serde_json::from_str::<Value>(text).ok());
    assert!(example.is_some());
    assert_eq!(event, example);
}

#[test]
fn an_event_is_operational_only_at_the_operational_address() {
    for (kind, source) in [
        ("orderhook.operational.dead_letters.v1", "/hooks/shop"),
        ("orderhook.operational.dead_letters.v1", "/hooks/_operational"),
        ("orderhook.order.status.v1", "/operational"),
        ("orderhook.delivery.unrecognized.v1", "/hooks/_operational"),
    ] {
        let mut event: Value = serde_json::from_str(&notices()[3].event(T0)).expect("JSON");
        event["type"] = kind.into();
        event["source"] = source.into();
        assert!(Taken::read(&event.to_string()).is_err(), "{kind} {source}");
    }
}

fn filter(json: &Value) -> Filter {
    let text = json.to_string();
    Filter::read(&Json::parse(&text).expect("JSON")).expect("a filter")
}

#[test]
fn operational_events_go_only_to_those_who_name_their_type() {
    let [silent, _, _, letters] =
        notices().map(|notice| Taken::read(&notice.event(T0)).expect("an event"));
    let kind = |kind: &str| json!({ "types": [kind] });
    for (json, expected) in [
        (json!({}), [false, false]),
        (json!({ "test": false }), [false, false]),
        (json!({ "sources": ["shop"] }), [false, false]),
        (json!({ "types": EVENT_TYPES }), [false, false]),
        (json!({ "types": OPERATIONAL_TYPES }), [true, true]),
        (kind(silent.kind), [true, false]),
        (kind(letters.kind), [false, true]),
        (json!({ "types": OPERATIONAL_TYPES, "sources": ["shop"] }), [true, false]),
        (json!({ "types": OPERATIONAL_TYPES, "sources": ["other"] }), [false, false]),
        (json!({ "types": OPERATIONAL_TYPES, "phases": ["problem"] }), [false, false]),
    ] {
        let filter = filter(&json);
        let wanted = [filter.wants(&silent, None), filter.wants(&letters, None)];
        assert_eq!(wanted, expected, "{json}");
    }
}

#[test]
fn slack_gets_the_sentence() {
    for notice in notices() {
        let event = notice.event(T0);
        let Written::Body(content) = Format::Slack.write(&event, None) else {
            panic!("a body");
        };
        let message: Value = serde_json::from_slice(&content.body).expect("JSON");
        let told = Taken::read(&event).ok().and_then(|event| event.told).expect("told");
        assert_eq!(message["text"], told.text);
        assert_eq!(message["blocks"][0]["fields"][0]["text"], told.text);
    }
}

#[test]
fn each_type_has_a_sample() {
    for kind in OPERATIONAL_TYPES {
        let sample = operational_sample(kind, "shop", T0).expect("a sample");
        assert_eq!(Taken::read(&sample).expect("an event").kind, kind);
    }
    assert_eq!(operational_sample("orderhook.order.status.v1", "shop", T0), None);
}

proptest! {
    /// A source whose pauses repeat every day is never told to be silent.
    #[test]
    fn a_daily_rhythm_is_no_silence(steps in prop::collection::btree_set(0_i64..288, 1..40)) {
        let mut pulse: Option<Pulse> = None;
        for look in 0..(288 * 7) {
            let now = T0 + look * STEP_MS;
            if steps.contains(&(look % 288)) {
                pulse.get_or_insert_with(|| Pulse::new(now)).beat(now);
            }
            if let Some(pulse) = &mut pulse {
                prop_assert_eq!(pulse.silence("shop", now, 0, &THRESHOLDS), None);
            }
        }
    }
}
