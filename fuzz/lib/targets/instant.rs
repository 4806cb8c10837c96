//! Moments, beside the `time` crate: the clock's own text, and a provider's put into UTC. Those of
//! RFC 3339, with or without a zone, are computed apart; what becomes of any other form is a moment
//! in UTC, too.

use crate::account::provider;
use arbitrary::Arbitrary;
use orderhook_core::{Delivery, Reading, UnixMillis, UtcOffset};
use serde_json::json;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A clock's moment, and one that a provider wrote.
#[derive(Arbitrary, Debug)]
pub struct Moment<'a> {
    millis: u64,
    /// A zone, a line's end, and a moment.
    text: &'a str,
}

/// Panics if `time` makes another moment of it.
pub fn check(moment: &Moment<'_>) {
    clock(moment.millis);
    let (zone, text) = moment.text.split_once('\n').unwrap_or(("", moment.text));
    let known = UtcOffset::parse(zone);
    assert_eq!(known.is_some(), minutes(zone).is_some(), "{zone:?}");
    let read = to_utc(text, known);
    if is_rfc3339(text) {
        assert_eq!(read, expected(text, zone), "{text:?} in {zone:?}");
    }
    if let Some(read) = read {
        assert!(is_rfc3339(&read), "{read} of {text:?}");
        assert_eq!(
            expected(&read, "").as_ref(),
            Some(&read),
            "a moment in UTC, of {text:?} in {zone:?}"
        );
        assert_eq!(to_utc(&read, None).as_ref(), Some(&read), "what is in UTC stays");
    }
}

/// A clock's moment, written and read again.
fn clock(millis: u64) {
    let text = UnixMillis(millis).text();
    let last = 253_402_300_799_999;
    let (seconds, millis) = (millis.min(last) / 1000, millis.min(last) % 1000);
    let moment = OffsetDateTime::from_unix_timestamp(seconds.cast_signed()).expect("a moment");
    assert_eq!(text, format!("{}.{millis:03}Z", written(moment)));
    assert_eq!(to_utc(&text, None), Some(text));
}

/// A moment as it is written in an event.
fn to_utc(text: &str, zone: Option<UtcOffset>) -> Option<String> {
    let body = json!({ "event_id": "1", "event": "2", "timestamp": "", "data":
        { "order_id": "3", "created_at": text } })
    .to_string();
    let headers: &[(&str, &str)] = &[];
    let delivery = Delivery { headers: &headers, url: "", body: body.as_bytes() };
    let provider = provider("wakilni");
    let Reading::Event(event) = provider.normalize("a", zone, &delivery, UnixMillis(0)) else {
        panic!("an event");
    };
    event.data.content.expect("an order").order.created_at
}

/// Whether a text has the form of RFC 3339, with a zone or without.
fn is_rfc3339(text: &str) -> bool {
    let fits = |(c, due): (char, char)| match due {
        '0' => c.is_ascii_digit(),
        'T' => "Tt ".contains(c),
        due => c == due,
    };
    let form = "0000-00-00T00:00:00";
    let is_start = text.chars().zip(form.chars()).filter(|pair| fits(*pair)).count() == form.len();
    // A zone may also be a name, or stand behind a blank.
    is_start && {
        let (digits, zone) = rest(text);
        digits != Some("") && (zone.is_empty() || minutes(zone).is_some())
    }
}

/// Returns the decimals, if there is a full stop, and the zone.
fn rest(text: &str) -> (Option<&str>, &str) {
    let rest = &text[19..];
    let Some(rest) = rest.strip_prefix('.') else {
        return (None, rest);
    };
    let (digits, zone) =
        rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    (Some(digits), zone)
}

/// Returns the moment of a text of this form in UTC; `None` if there is no such moment.
fn expected(text: &str, zone: &str) -> Option<String> {
    let (digits, own) = rest(text);
    let (digits, zone) = (digits.unwrap_or_default(), if own.is_empty() { zone } else { own });
    let number = |from: usize, to: usize| text[from..to].parse::<u16>().expect("digits");
    let two = |from: usize| u8::try_from(number(from, from + 2)).expect("two digits");
    let month = Month::try_from(two(5)).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)), month, two(8)).ok()?;
    // A leap second counts as the one before.
    let second = if two(17) == 60 { 59 } else { two(17) };
    let time = Time::from_hms(two(11), two(14), second).ok()?;
    let ahead = minutes(zone)?;
    let moment = PrimitiveDateTime::new(date, time).checked_sub(Duration::minutes(ahead))?;
    (0..=9999).contains(&moment.year()).then_some(())?;
    let decimals = if digits.is_empty() { String::new() } else { format!(".{digits:.9}") };
    Some(format!("{}{decimals}Z", written(moment.assume_utc())))
}

fn written(moment: OffsetDateTime) -> String {
    let (date, time) = (moment.date(), moment.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
    )
}

/// How far ahead a zone is: `Z`, `+00`, `+0000` or `+00:00`.
fn minutes(zone: &str) -> Option<i64> {
    let digit = |at: usize| zone.chars().nth(at).and_then(|c| c.to_digit(10)).map(i64::from);
    let shape: String = zone.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let minutes_at = match shape.as_str() {
        "Z" | "z" => return Some(0),
        "+00" | "-00" => None,
        "+0000" | "-0000" => Some(3),
        "+00:00" | "-00:00" => Some(4),
        _ => return None,
    };
    let hours = digit(1)? * 10 + digit(2)?;
    let minutes = minutes_at.map_or(Some(0), |at| Some(digit(at)? * 10 + digit(at + 1)?))?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}
