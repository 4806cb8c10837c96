//! Moments, beside the `time` crate. They run only on the host: proptest needs many cases, and the
//! code is the same.
#![cfg(not(target_arch = "wasm32"))]

mod catalogue;
mod generate;
mod sender;

use generate::config;
use orderhook_core::{Delivery, KeyFormat, Reading, Secret, Source, UnixMillis, UtcOffset};
use proptest::{prelude::*, sample::select};
use sender::{base64, tag};
use time::{Date, Month, OffsetDateTime, Time, format_description::well_known::Rfc3339};

/// Returns a moment in UTC as RFC 3339, without its zone; `None` outside of the years 0 to 9999.
fn utc(moment: OffsetDateTime) -> Option<String> {
    let seconds = moment.unix_timestamp();
    let first = Date::from_calendar_date(0, Month::January, 1).expect("a day");
    let (first, day) = (first.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp(), 86_400);
    if !(first..=253_402_300_799).contains(&seconds) {
        return None;
    }
    let (date, time) = (first.max(seconds).div_euclid(day), seconds.rem_euclid(day));
    let date = Date::from_julian_day(i32::try_from(date).ok()? + 2_440_588).ok()?;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    Some(format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    ))
}

/// Returns what Wakilni's `timestamp` and `created_at` become, which is the same; `None` if the
/// event has the time of receipt.
#[track_caller]
fn moments(text: &str, zone: Option<UtcOffset>) -> Option<String> {
    let body = format!(
        r#"{{"event_id":"e","event":"Order Created","timestamp":"{text}","data":{{"order_id":1,"created_at":"{text}"}}}}"#
    );
    let provider = catalogue::provider("wakilni");
    let secret = Secret::new("s", KeyFormat::Utf8).expect("a secret");
    let source = Source::new("a", provider, vec![secret], None, zone.into()).expect("a source");
    let signature = base64(&tag(b"s", &[body.as_bytes()]));
    let headers: &[_] = &[("x-webhook-signature", signature)];
    let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
    // With this time of receipt, every moment is in the past.
    let now = UnixMillis(u64::MAX);
    let verified = source.verify(delivery, None, now).expect("authentic");
    let Reading::Event(event) = verified.read(now) else { panic!("a test") };
    let created_at = event.data.content.expect("understood").order.created_at;
    let receipt = now.to_string();
    assert_eq!(event.time, created_at.clone().unwrap_or(receipt));
    created_at
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn moments_match_the_time_crate(
        (year, month, day) in (0..=9999_i32, 0..=13_u8, 0..=32_u8),
        (hour, minute, second) in (0..=24_u8, 0..=60_u8, 0..=59_u8),
        fraction in "(\\.[0-9]{1,9})?",
        (sign, ahead, minutes) in (select(vec!['+', '-']), 0..=24_u8, 0..=60_u8),
    ) {
        let zone = format!("{sign}{ahead:02}:{minutes:02}");
        let plain = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
        let text = format!("{}{fraction}{zone}", plain.replace(' ', "T"));
        let expected = OffsetDateTime::parse(&text, &Rfc3339).ok().and_then(utc);
        let expected = expected.map(|seconds| format!("{seconds}{fraction}Z"));
        prop_assert_eq!(moments(&text, None), expected.clone(), "{}", text);
        // The same without its zone, with the source's offset instead.
        let known = UtcOffset::parse(&zone);
        prop_assert_eq!(moments(&format!("{plain}{fraction}"), None), None);
        let in_zone = known.and_then(|zone| moments(&format!("{plain}{fraction}"), Some(zone)));
        prop_assert_eq!(in_zone, expected, "{} in {}", plain, zone);
    }

    #[test]
    fn every_day_matches_the_time_crate(seconds in 0..=253_402_300_799_u64, ms in 0..1000_u64) {
        let expected = OffsetDateTime::from_unix_timestamp(seconds.cast_signed()).expect("a time");
        let expected = format!("{}.{ms:03}Z", utc(expected).expect("a year of four digits"));
        prop_assert_eq!(UnixMillis(seconds * 1000 + ms).to_string(), expected);
    }
}

/// Random dates never hit the days that calendars get wrong.
#[test]
fn leap_days_match_the_time_crate() {
    for year in [0, 1, 4, 100, 400, 1600, 1700, 1900, 1904, 2000, 2023, 2024, 2100, 9996, 9999] {
        for day in ["02-28", "02-29", "02-30", "03-01", "12-31", "01-01"] {
            let text = format!("{year:04}-{day}T12:00:00Z");
            let exists = OffsetDateTime::parse(&text, &Rfc3339).is_ok();
            assert_eq!(moments(&text, None), exists.then_some(text));
        }
    }
}
