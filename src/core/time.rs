use std::{borrow::Cow, fmt};

const SECONDS_A_DAY: i64 = 86_400;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// Returns whole seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// Returns RFC 3339 with three decimals, as `2024-11-14T12:39:14.120Z`. RFC 3339 ends with the
    /// year 9999: later moments give the last moment of that year.
    #[must_use]
    pub fn text(self) -> String {
        const LAST: u64 = 253_402_300_799_999;
        let millis = self.0.min(LAST).cast_signed();
        let mut text = seconds(millis / 1000);
        text.push('.');
        push(&mut text, millis % 1000, 100);
        text.push('Z');
        text
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// How far a place's clocks are ahead of UTC, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset(i32);

impl UtcOffset {
    /// Parses `Z`, `+02:00`, `-0930` or `+02`. Returns `None` from 24 hours on.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if matches!(text, "Z" | "z") {
            return Some(Self(0));
        }
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, rest) = number(rest, 2)?;
        let (minutes, rest) = match rest {
            "" => (0, ""),
            rest => number(rest.strip_prefix(':').unwrap_or(rest), 2)?,
        };
        let fits = rest.is_empty() && hours < 24 && minutes < 60;
        fits.then_some(Self(sign * (hours * 60 + minutes)))
    }
}

/// Returns a provider's moment as RFC 3339 in UTC, with the decimals that it came with (nine at
/// most).
///
/// Reads `2026-05-09T12:00:00+02:00`, `2023-01-09T03:34:52.267042Z` and `2024-11-14 14:39:13`. A
/// text without a zone is a moment only if `zone` is given. Returns `None` for any other text, and
/// outside of the years 0 to 9999.
pub(crate) fn to_utc(text: Option<Cow<'_, str>>, zone: Option<UtcOffset>) -> Option<String> {
    let text = text?;
    let (days, rest) = date(&text)?;
    let (seconds, rest) = time(rest.strip_prefix(['T', 't', ' '])?)?;
    let (fraction, rest) = fraction(rest)?;
    let UtcOffset(ahead) = if rest.is_empty() { zone? } else { UtcOffset::parse(rest)? };
    let seconds = days * SECONDS_A_DAY + seconds - i64::from(ahead) * 60;
    let in_years = (-62_167_219_200..=253_402_300_799).contains(&seconds);
    in_years.then(|| self::seconds(seconds) + fraction + "Z")
}

/// Reads `YYYY-MM-DD`: returns days since 1970, and the text after it.
fn date(text: &str) -> Option<(i64, &str)> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 2)?;
    let exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    exists.then(|| (days_since_1970(year, month, day), rest))
}

/// Reads `HH:MM:SS`: returns seconds since midnight, and the text after it. A leap second counts as
/// the second before it.
fn time(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
    let exists = hour < 24 && minute < 60 && second <= 60;
    exists.then(|| (i64::from(hour * 3600 + minute * 60 + second.min(59)), rest))
}

/// Reads decimals such as `.267042`, if there are any: returns them, and the text after them.
fn fraction(text: &str) -> Option<(&str, &str)> {
    let Some(decimals) = text.strip_prefix('.') else {
        return Some(("", text));
    };
    let digits = decimals.bytes().take_while(u8::is_ascii_digit).count();
    let rest = decimals.get(digits..)?;
    let fraction = text.get(..=digits.min(9))?;
    (digits > 0).then_some((fraction, rest))
}

/// Reads a number of exactly `digits` digits: returns it, and the text after it.
fn number(text: &str, digits: usize) -> Option<(i32, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let all = number.bytes().all(|byte| byte.is_ascii_digit());
    if all { Some((number.parse().ok()?, rest)) } else { None }
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Days from civil, and its inverse below: Howard Hinnant, "chrono-Compatible Low-Level Date
// Algorithms" (howardhinnant.github.io/date_algorithms.html). Years begin in March, so that the
// leap day is a year's last; 719_468 days lie between 0000-03-01 and 1970-01-01.
fn days_since_1970(year: i32, month: i32, day: i32) -> i64 {
    let year = i64::from(if month > 2 { year } else { year - 1 });
    let month = i64::from((month + 9) % 12);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// Writes `2024-11-14T12:39:14`, without a zone. Years have four digits.
fn seconds(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_A_DAY));
    let time = seconds.rem_euclid(SECONDS_A_DAY);
    // Long enough for decimals and a zone.
    let mut text = String::with_capacity(32);
    push(&mut text, year, 1000);
    for (before, number) in
        [('-', month), ('-', day), ('T', time / 3600), (':', time / 60 % 60), (':', time % 60)]
    {
        text.push(before);
        push(&mut text, number, 10);
    }
    text
}

/// Writes a number's digits, from the place `place` down.
fn push(text: &mut String, number: i64, mut place: i64) {
    while place > 0 {
        let digit = u8::try_from(number / place % 10).unwrap_or(0);
        text.push(char::from(b'0' + digit));
        place /= 10;
    }
}

/// Returns the form of HTTP's `Date` header, as `Mon, 09 Jan 2023 03:34:52 GMT`.
pub(crate) fn http_date(now: UnixMillis) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = now.text();
    let days = usize::try_from(now.seconds() / 86_400).unwrap_or(0);
    let month = number(text.get(5..).unwrap_or(""), 2).map_or(0, |(month, _)| month - 1);
    let month = usize::try_from(month).unwrap_or(0);
    format!(
        "{}, {} {} {} {} GMT",
        DAYS.get(days % 7).unwrap_or(&""),
        text.get(8..10).unwrap_or(""),
        MONTHS.get(month).unwrap_or(&""),
        text.get(..4).unwrap_or(""),
        text.get(11..19).unwrap_or(""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn utc(text: &str, zone: Option<&str>, expected: Option<&str>) {
        let zone = zone.map(|zone| UtcOffset::parse(zone).expect(zone));
        assert_eq!(to_utc(Some(text.into()), zone).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_moment_is_converted_to_utc() {
        utc("2026-05-09T12:00:00+02:00", None, Some("2026-05-09T10:00:00Z"));
        utc("2026-05-08T12:25:44+01:00", None, Some("2026-05-08T11:25:44Z"));
        utc("2023-01-09T03:34:52.267042Z", None, Some("2023-01-09T03:34:52.267042Z"));
        utc("2024-11-14 14:39:13", Some("+02:00"), Some("2024-11-14T12:39:13Z"));
        utc("2024-03-01T00:30:00+01:00", None, Some("2024-02-29T23:30:00Z"));
        utc("2023-12-31T20:00:00-0430", None, Some("2024-01-01T00:30:00Z"));
        utc("2023-06-01T12:00:00+05", None, Some("2023-06-01T07:00:00Z"));
        utc("2016-12-31T23:59:60Z", None, Some("2016-12-31T23:59:59Z"));
        utc("1969-12-31t23:59:59.5z", None, Some("1969-12-31T23:59:59.5Z"));
        utc("2024-01-01T00:00:00.0123456789123Z", None, Some("2024-01-01T00:00:00.012345678Z"));
        // The text's own zone takes precedence over the configured one.
        utc("2024-01-01T00:00:00Z", Some("+05:00"), Some("2024-01-01T00:00:00Z"));
    }

    #[test]
    fn another_text_is_not_a_moment() {
        for text in [
            "",
            "2024-11-14",
            "2024-11-14T14:39",
            "2024-11-14 14:39:13",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:61Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+02:00x",
            "2024-01-01T00:00:00 +02:00",
            "+024-01-01T00:00:00Z",
            "2024-1-01T00:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "２024-01-01T00:00:00Z",
        ] {
            utc(text, None, None);
        }
    }

    #[test]
    fn a_moment_is_written_with_milliseconds() {
        assert_eq!(UnixMillis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(UnixMillis(1_731_587_954_120).to_string(), "2024-11-14T12:39:14.120Z");
        assert_eq!(UnixMillis(951_782_400_007).to_string(), "2000-02-29T00:00:00.007Z");
        assert_eq!(UnixMillis(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn an_http_date_is_written_as_in_rfc_9110() {
        assert_eq!(http_date(UnixMillis(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(UnixMillis(1_673_235_292_000)), "Mon, 09 Jan 2023 03:34:52 GMT");
    }

    #[test]
    fn a_malformed_offset_is_refused() {
        for text in ["", "+", "02:00", "+2:00", "+24:00", "+02:60", "+02:00:00", "UTC", "+０2:00"]
        {
            assert_eq!(UtcOffset::parse(text), None, "{text}");
        }
    }
}
