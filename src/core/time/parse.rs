use super::{
    calendar::{Day, MONTHS, SECONDS_A_DAY, WEEKDAYS},
    digits::number,
    offset::UtcOffset,
    write,
};

/// Returns a provider's moment as RFC 3339 in UTC, with the decimals that it came with (nine at
/// most).
///
/// | form | as in |
/// |---|---|
/// | RFC 3339 | `2026-05-09T12:00:00+02:00`, `2024-11-14 14:39:13.267042Z` |
/// | compact | `20241114T143913Z`, `20241114 143913`, `20241114143913` |
/// | day first | `14 11 2024 14:39:13`, also with `-`, `/` or `.` in the date |
/// | RFC 2822 | `Thu, 14 Nov 2024 14:39:13 +0200`, also without the weekday |
/// | JavaScript's `Date` | `Thu Nov 14 2024 14:39:13 GMT+0200 (Central European Standard Time)` |
/// | Unix seconds | `1731587953`, `1731587953.120` |
/// | Unix milliseconds | `1731587953120`: three decimals |
///
/// Seconds may be left out after `HH:MM`, and a leap second counts as the second before it. A zone
/// is `Z`, `UTC`, `UT`, `GMT`, an offset or `GMT` with an offset, after a blank or not; a comment in
/// brackets may follow it. A text without a zone is a moment only if `zone` is given. A weekday is
/// not compared with its date.
///
/// A number of ten or eleven digits is Unix seconds, and of thirteen milliseconds: both begin with
/// 2001-09-09T01:46:40Z, so that neither a date such as `20241114` nor a shorter id is one. It has
/// no zone, and no zero in front.
///
/// Returns `None` for any other text, and outside of the years 0 to 9999.
pub(crate) fn to_utc(text: &str, zone: Option<UtcOffset>) -> Option<String> {
    let text = text.as_bytes();
    let (day, second, decimals) = match digits(text) {
        digits @ (10 | 11 | 13) => unix(text, digits)?,
        digits => civil(text, digits, zone)?,
    };
    let mut text = write::seconds(day, second);
    if !decimals.is_empty() {
        text.push('.');
        text.extend(decimals.iter().take(9).copied().map(char::from));
    }
    text.push('Z');
    Some(text)
}

/// Returns the Unix seconds of a moment in RFC 3339 with its zone.
pub(crate) fn rfc3339_seconds(text: &str) -> Option<u64> {
    let text = text.as_bytes();
    let is_zone = |zone: &[u8; 6]| matches!(zone, [b'+' | b'-', _, _, b':', _, _]);
    let has_zone = text.ends_with(b"Z") || text.last_chunk().is_some_and(is_zone);
    if digits(text) != 4 || !has_zone {
        return None;
    }
    let (day, second, _) = civil(text, 4, None)?;
    Some(u64::from(day.since(Day::EPOCH)?) * u64::from(SECONDS_A_DAY) + u64::from(second))
}

/// Counts the digits that a text begins with.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Reads Unix seconds or milliseconds: returns the day, the second of the day, and decimals.
fn unix(text: &[u8], digits: usize) -> Option<(Day, u32, &[u8])> {
    let millis = if digits == 13 { 3 } else { 0 };
    let (seconds, rest) = text.split_at_checked(digits - millis)?;
    let (decimals, rest) = if millis == 0 { decimals(rest)? } else { rest.split_at_checked(3)? };
    if seconds.starts_with(b"0") || !rest.is_empty() {
        return None;
    }
    let seconds = seconds.iter().fold(0, |number, byte| number * 10 + u64::from(byte - b'0'));
    let days = u32::try_from(seconds / u64::from(SECONDS_A_DAY)).ok()?;
    let second = u32::try_from(seconds % u64::from(SECONDS_A_DAY)).ok()?;
    Some((Day::EPOCH.later(days)?, second, decimals))
}

/// Reads a date, a time and a zone, where the text begins with so many digits: returns the day and
/// the second of the day, both in UTC, and decimals.
fn civil(text: &[u8], digits: usize, zone: Option<UtcOffset>) -> Option<(Day, u32, &[u8])> {
    let (day, rest) = match digits {
        4 => year_first(text, b"-")?,
        8 | 14 => year_first(text, b"")?,
        1 | 2 => day_first(text).or_else(|| month_by_name(text))?,
        0 => weekday_first(text)?,
        _ => return None,
    };
    let rest = match rest {
        rest if digits == 14 => rest,
        [b' ', rest @ ..] => rest,
        [b'T' | b't', rest @ ..] if digits >= 4 => rest,
        _ => return None,
    };
    let (second, decimals, rest) = time(rest, if digits < 8 { b":" } else { b"" })?;
    let ahead = if rest.is_empty() { zone? } else { offset(rest)? };
    let (day, second) = in_utc(day, second, ahead)?;
    Some((day, second, decimals))
}

/// Returns the day, and the second of the day, of UTC's clocks.
fn in_utc(day: Day, second: u32, ahead: UtcOffset) -> Option<(Day, u32)> {
    const DAY: i32 = SECONDS_A_DAY.cast_signed();
    let (day, second) = match second.cast_signed() - ahead.seconds() {
        second @ ..0 => (day.before()?, second + DAY),
        second @ DAY.. => (day.later(1)?, second - DAY),
        second => (day, second),
    };
    Some((day, second.cast_unsigned()))
}

/// Reads `YYYY-MM-DD`, or `YYYYMMDD` where the dash is empty: returns the day, and the text after
/// it.
fn year_first<'a>(text: &'a [u8], dash: &[u8]) -> Option<(Day, &'a [u8])> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = number(rest.strip_prefix(dash)?, 2)?;
    let (day, rest) = number(rest.strip_prefix(dash)?, 2)?;
    Some((Day::new(year, month, day)?, rest))
}

/// Reads `DD MM YYYY`, with a blank, `-`, `/` or `.` in both places: returns the day, and the text
/// after it.
fn day_first(text: &[u8]) -> Option<(Day, &[u8])> {
    let (day, rest) = number(text, 2)?;
    let (between, rest) = rest.split_at_checked(1)?;
    if !b" -/.".contains(between.first()?) {
        return None;
    }
    let (month, rest) = number(rest, 2)?;
    let (year, rest) = number(rest.strip_prefix(between)?, 4)?;
    Some((Day::new(year, month, day)?, rest))
}

/// Reads RFC 2822's `14 Nov 2024`: returns the day, and the text after it.
fn month_by_name(text: &[u8]) -> Option<(Day, &[u8])> {
    let (day, rest) = number(text, digits(text).min(2))?;
    let (month, rest) = name(rest.strip_prefix(b" ")?, &MONTHS)?;
    let (year, rest) = number(rest.strip_prefix(b" ")?, 4)?;
    Some((Day::new(year, month, day)?, rest))
}

/// Reads RFC 2822's `Thu, 14 Nov 2024`, or JavaScript's `Thu Nov 14 2024`: returns the day, and the
/// text after it.
fn weekday_first(text: &[u8]) -> Option<(Day, &[u8])> {
    let (_, rest) = name(text, &WEEKDAYS)?;
    if let Some(date) = rest.strip_prefix(b", ") {
        return month_by_name(date);
    }
    let (month, rest) = name(rest.strip_prefix(b" ")?, &MONTHS)?;
    let (day, rest) = number(rest.strip_prefix(b" ")?, 2)?;
    let (year, rest) = number(rest.strip_prefix(b" ")?, 4)?;
    Some((Day::new(year, month, day)?, rest))
}

/// Reads one of these names, in any case: returns its place, from one on, and the text after it.
fn name<'a>(text: &'a [u8], names: &[&str]) -> Option<(u32, &'a [u8])> {
    let (word, rest) = text.split_at_checked(3)?;
    let is_word = |name: &str| name.as_bytes().eq_ignore_ascii_case(word);
    names.iter().zip(1..).find(|(name, _)| is_word(name)).map(|(_, place)| (place, rest))
}

/// Reads `HH:MM:SS` with or without decimals, or `HH:MM`: returns the second of the day, decimals,
/// and the text after them. Where the colon is empty, reads `HHMMSS`.
fn time<'a>(text: &'a [u8], colon: &[u8]) -> Option<(u32, &'a [u8], &'a [u8])> {
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.strip_prefix(colon)?, 2)?;
    let (second, decimals, rest) = match rest.strip_prefix(colon) {
        Some(rest) => {
            let (second, rest) = number(rest, 2)?;
            let (decimals, rest) = decimals(rest)?;
            (second, decimals, rest)
        }
        None => (0, &[][..], rest),
    };
    let exists = hour < 24 && minute < 60 && second <= 60;
    exists.then(|| (hour * 3600 + minute * 60 + second.min(59), decimals, rest))
}

/// Reads decimals such as `.267042`, if there are any: returns their digits, and the text after
/// them.
fn decimals(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(decimals) = text.strip_prefix(b".") else {
        return Some((&[], text));
    };
    let digits = digits(decimals);
    if digits == 0 { None } else { decimals.split_at_checked(digits) }
}

/// Reads a zone, and the comment after it: nothing may follow.
fn offset(text: &[u8]) -> Option<UtcOffset> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    match without_comment(text) {
        b"Z" | b"z" | b"UTC" | b"UT" | b"GMT" => Some(UtcOffset::UTC),
        [b'G', b'M', b'T', signed @ ..] | signed => UtcOffset::signed(signed),
    }
}

/// Leaves out a zone's name at the end, as in `GMT+0200 (Central European Standard Time)`.
fn without_comment(text: &[u8]) -> &[u8] {
    let start = text.windows(2).position(|start| start == b" (").filter(|_| text.ends_with(b")"));
    start.and_then(|start| text.get(..start)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static str, &'static str);

    /// Checks texts in their zones (`""`: in none) against moments.
    #[track_caller]
    fn are_moments(rows: &[Row]) {
        for (text, zone, expected) in rows {
            let zone = (!zone.is_empty()).then(|| UtcOffset::parse(zone).expect(zone));
            assert_eq!(to_utc(text, zone).as_deref(), Some(*expected), "{text}");
            // What is in UTC stays.
            assert_eq!(to_utc(expected, None).as_deref(), Some(*expected));
        }
    }

    /// Checks that texts are no moments, wherever their source may be.
    #[track_caller]
    fn are_no_moments(texts: &[&str]) {
        for text in texts {
            for zone in [None, Some(UtcOffset::UTC)] {
                assert_eq!(to_utc(text, zone), None, "{text}");
            }
        }
    }

    #[test]
    fn rfc_3339_is_put_into_utc() {
        are_moments(&[
            ("2026-05-09T12:00:00+02:00", "", "2026-05-09T10:00:00Z"),
            ("2026-05-08T12:25:44+01:00", "", "2026-05-08T11:25:44Z"),
            ("2023-01-09T03:34:52.267042Z", "", "2023-01-09T03:34:52.267042Z"),
            ("2024-11-14 14:39:13", "+02:00", "2024-11-14T12:39:13Z"),
            ("2024-03-01T00:30:00+01:00", "", "2024-02-29T23:30:00Z"),
            ("2023-12-31T20:00:00-0430", "", "2024-01-01T00:30:00Z"),
            ("2023-12-31T20:00:00-0400", "", "2024-01-01T00:00:00Z"),
            ("2024-01-01T01:00:00+0100", "", "2024-01-01T00:00:00Z"),
            ("2023-06-01T12:00:00+05", "", "2023-06-01T07:00:00Z"),
            ("2016-12-31T23:59:60Z", "", "2016-12-31T23:59:59Z"),
            ("1969-12-31t23:59:59.5z", "", "1969-12-31T23:59:59.5Z"),
            ("2024-01-01T00:00:00.0123456789123Z", "", "2024-01-01T00:00:00.012345678Z"),
            ("0000-01-01T00:00:00-01:00", "", "0000-01-01T01:00:00Z"),
            ("9999-12-31T23:59:59+01:00", "", "9999-12-31T22:59:59Z"),
            // The text's own zone takes precedence over the configured one.
            ("2024-01-01T00:00:00Z", "+05:00", "2024-01-01T00:00:00Z"),
            // Squarespace, and others.
            ("2026-11-20T10:00+00:00", "", "2026-11-20T10:00:00Z"),
            ("2024-11-14 14:39+02:00", "", "2024-11-14T12:39:00Z"),
            ("2024-11-14T14:39", "+02:00", "2024-11-14T12:39:00Z"),
            ("2024-11-14 14:39:13 +0200", "", "2024-11-14T12:39:13Z"),
            ("2024-11-14 14:39:13.5 UTC", "+02:00", "2024-11-14T14:39:13.5Z"),
            ("2024-11-14T14:39 Z", "", "2024-11-14T14:39:00Z"),
        ]);
    }

    #[test]
    fn compact_texts_are_put_into_utc() {
        are_moments(&[
            ("20241114 143913", "Z", "2024-11-14T14:39:13Z"),
            ("20241114143913", "-05:00", "2024-11-14T19:39:13Z"),
            ("20241114T143913Z", "", "2024-11-14T14:39:13Z"),
            ("20241114t143913.120+0200", "", "2024-11-14T12:39:13.120Z"),
            ("20241114143913Z", "", "2024-11-14T14:39:13Z"),
            ("00000101000000", "Z", "0000-01-01T00:00:00Z"),
        ]);
    }

    #[test]
    fn the_day_may_come_first() {
        are_moments(&[
            ("20 11 2026 16:00:00", "+05:30", "2026-11-20T10:30:00Z"),
            ("20-11-2026 16:00:00", "Z", "2026-11-20T16:00:00Z"),
            ("04/11/2026 16:00:00", "Z", "2026-11-04T16:00:00Z"),
            ("20.11.2026 16:00", "Z", "2026-11-20T16:00:00Z"),
            ("20.11.2026 16:00:00.25 +01:00", "", "2026-11-20T15:00:00.25Z"),
        ]);
    }

    #[test]
    fn rfc_2822_is_put_into_utc() {
        are_moments(&[
            ("Thu, 14 Nov 2024 14:39:13 +0200", "", "2024-11-14T12:39:13Z"),
            ("Thu, 14 Nov 2024 14:39:13 GMT", "-01:00", "2024-11-14T14:39:13Z"),
            ("14 Nov 2024 14:39:13 UTC", "", "2024-11-14T14:39:13Z"),
            ("4 Nov 2024 14:39 UT", "", "2024-11-04T14:39:00Z"),
            ("Mon, 4 nov 2024 14:39:13 Z", "", "2024-11-04T14:39:13Z"),
            ("Thu, 14 Nov 2024 14:39:13 +0100 (CET)", "", "2024-11-14T13:39:13Z"),
            ("Thu, 14 Nov 2024 14:39:13", "+02:00", "2024-11-14T12:39:13Z"),
        ]);
    }

    #[test]
    fn the_text_of_a_date_of_javascript_is_put_into_utc() {
        are_moments(&[
            (
                "Thu Nov 14 2024 14:39:13 GMT+0200 (Central European Standard Time)",
                "",
                "2024-11-14T12:39:13Z",
            ),
            (
                "Mon Jan 01 2024 00:15:00 GMT+0100 (Mitteleuropäische Normalzeit)",
                "",
                "2023-12-31T23:15:00Z",
            ),
            // Salla.
            ("Fri Nov 20 2026 12:21:48 GMT+0300", "", "2026-11-20T09:21:48Z"),
            ("THU NOV 14 2024 14:39:13 GMT", "", "2024-11-14T14:39:13Z"),
        ]);
    }

    #[test]
    fn every_month_and_weekday_has_a_name() {
        let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(' ');
        let weekdays = "Mon Tue Wed Thu Fri Sat Sun".split(' ').cycle();
        for ((month, weekday), number) in months.zip(weekdays).zip(1..) {
            let expected = Some(format!("2024-{number:02}-08T14:39:13Z"));
            assert_eq!(to_utc(&format!("8 {month} 2024 14:39:13 GMT"), None), expected);
            assert_eq!(to_utc(&format!("{weekday} {month} 08 2024 14:39:13 GMT"), None), expected);
        }
    }

    #[test]
    fn unix_time_is_read_by_its_magnitude() {
        are_moments(&[
            ("1000000000", "", "2001-09-09T01:46:40Z"),
            ("1731587953", "", "2024-11-14T12:39:13Z"),
            // There is no zone in it.
            ("1731587953", "+02:00", "2024-11-14T12:39:13Z"),
            ("1731587953.120", "", "2024-11-14T12:39:13.120Z"),
            ("1731587953.1234567891", "", "2024-11-14T12:39:13.123456789Z"),
            ("99999999999", "", "5138-11-16T09:46:39Z"),
            ("1000000000000", "", "2001-09-09T01:46:40.000Z"),
            ("1731587953120", "", "2024-11-14T12:39:13.120Z"),
            ("9999999999999", "", "2286-11-20T17:46:39.999Z"),
        ]);
    }

    #[test]
    fn another_number_is_no_moment() {
        are_no_moments(&[
            "0",
            "2024",
            "20241114",
            "99999999",
            "999999999",
            "202411141439",
            "099999999",
            "0000000001",
            "0001731587953",
            "-1731587953",
            "+1731587953",
            "1731587953.",
            "1731587953.5.5",
            "1731587953,5",
            "1731587953Z",
            "1731587953 ",
            "1731587953120.5",
            "1731587953120.",
            "1731587953120Z",
            "1.731587953e9",
            "17315879531200",
            "1731587953120000",
            "1731587953120000000",
            "99999999999999999999999999",
        ]);
    }

    #[test]
    fn a_text_without_a_zone_is_a_moment_in_a_known_zone_only() {
        for text in [
            "2024-11-14 14:39:13",
            "2024-11-14T14:39",
            "20241114 143913",
            "20241114143913",
            "14 11 2024 14:39:13",
            "14 Nov 2024 14:39:13",
            "Thu, 14 Nov 2024 14:39:13",
            "Thu Nov 14 2024 14:39:13",
        ] {
            assert_eq!(to_utc(text, None), None, "{text}");
            assert!(to_utc(text, Some(UtcOffset::UTC)).is_some(), "{text}");
        }
    }

    #[test]
    fn a_near_miss_of_rfc_3339_is_no_moment() {
        are_no_moments(&[
            "",
            "2024-11-14",
            "2024-11-14 ",
            "2024-11-14Z",
            "2024-11-14T14Z",
            "2024-11-14T14:",
            "2024-11-14T14:39:",
            "2024-11-14  14:39:13Z",
            " 2024-11-14T14:39:13Z",
            "2024-11-14T14:39:13Z ",
            "2024-11-14T14:39:13  Z",
            "2024-11-14_14:39:13Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:61Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00,5Z",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+02:00x",
            "2024-01-01T00:00:00 02:00",
            "+024-01-01T00:00:00Z",
            "2024-1-01T00:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "12024-01-01T00:00:00Z",
            "２024-01-01T00:00:00Z",
            "2024-01-01T00:00:0é",
            // Lalamove, Tookan and Salla.
            "2025-08-03T16:43.00Z",
            "2026-11-20 14:57:3",
            "2026-11-20 14:57:35 IST",
            "2026-11-20 14:57:35.000000 Asia/Riyadh",
            "2024-01-01T00:00:00+02:00[Europe/Paris]",
        ]);
    }

    #[test]
    fn a_near_miss_of_another_form_is_no_moment() {
        are_no_moments(&[
            // Compact.
            "20241114 ",
            "20241114 14:39:13",
            "20241114-143913",
            "20241114  143913",
            "20241114 93913",
            "20241114T1439Z",
            "20241314 143913",
            "20241114 243913",
            "20241114143960 x",
            "20241132143913",
            "202411141439131",
            // The day first.
            "20-11-2026",
            "20-11/2026 16:00:00",
            "20:11:2026 16:00:00",
            "20-11-26 16:00:00",
            "4-11-2026 16:00:00",
            "11/20/2026 16:00:00",
            "20-11-2026T16:00:00",
            "20-11-2026 4:00:00",
            "20-11-2026 04:00:00 PM",
            "120-11-2026 16:00:00",
            // RFC 2822.
            "Thu, 14 Nov 2024",
            "Thu,14 Nov 2024 14:39:13 GMT",
            "Thu 14 Nov 2024 14:39:13 GMT",
            "Thu, 14 11 2024 14:39:13 GMT",
            "Thu, Nov 14 2024 14:39:13 GMT",
            "Thursday, 14-Nov-24 14:39:13 GMT",
            "Thu, 14-Nov-2024 14:39:13 GMT",
            "Thu, 014 Nov 2024 14:39:13 GMT",
            "Thu, 31 Nov 2024 14:39:13 GMT",
            "Thu, 14 November 2024 14:39:13 GMT",
            "Thu, 14 Nov 24 14:39:13 GMT",
            "Thu, 14 Nov 2024 14:39:13 EST",
            "Thx, 14 Nov 2024 14:39:13 GMT",
            "Thu, 14 Nox 2024 14:39:13 GMT",
            "Nov 14 2024 14:39:13 GMT",
            // JavaScript's.
            "Thu Nov 14 2024",
            "Thu Nov 4 2024 14:39:13 GMT+0200",
            "Thu Nov 31 2024 14:39:13 GMT+0200",
            "Thu Nov 14 2024T14:39:13 GMT+0200",
            "Thu Nov 14 14:39:13 2024",
            "Thu Nov 14 2024 14:39:13 (Central European Standard Time)",
            "Thu Nov 14 2024 14:39:13 GMT+0200 (Central European",
            "Thu Nov 14 2024 14:39:13 GMT+0200(CET)",
            "Thu Nov 14 2024 14:39:13 GMT+0200 CET",
            "Thu Nov 14 2024 14:39:13 GMTZ",
            "Thu Nov 14 2024 14:39:13 GMT 0200",
            "Thu Nov 14 2024 14:39:13 UTC+0200",
            "Invalid Date",
            "now",
        ]);
    }

    #[test]
    fn no_cut_or_changed_text_panics() {
        for text in [
            "2024-11-14T14:39:13.120+02:00",
            "20241114T143913Z",
            "14/11/2024 14:39:13",
            "Thu, 14 Nov 2024 14:39:13 +0200",
            "Thu Nov 14 2024 14:39:13 GMT+0200 (CET)",
            "1731587953.120",
            "1731587953120",
        ] {
            for at in 0..text.len() {
                for changed in ["", "9", "0", " ", "-", ".", "(", ")", "x", "é", "\u{0}"] {
                    let text = format!("{}{changed}{}", &text[..at], &text[at + 1..]);
                    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
                        let zone = UtcOffset::parse("+23:59");
                        let read = to_utc(&text[..end], zone);
                        assert!(read.is_none_or(|read| read.len() <= 30), "{text}");
                    }
                }
            }
        }
    }
}
