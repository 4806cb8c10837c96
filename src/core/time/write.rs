use std::fmt;

use super::{
    calendar::{Day, MONTHS},
    digits::{push, push_one},
};

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
        let (day, millis) = self.day();
        let mut text = seconds(day, millis / 1000);
        text.push('.');
        push_one(&mut text, millis / 100 % 10);
        push(&mut text, millis % 100);
        text.push('Z');
        text
    }

    /// Returns the day, at most the last with a year of four digits, and the milliseconds since its
    /// midnight.
    fn day(self) -> (Day, u32) {
        const DAY: u64 = 86_400_000;
        let day = u32::try_from(self.0 / DAY).ok().and_then(|days| Day::EPOCH.later(days));
        let millis = u32::try_from(self.0 % DAY).ok();
        day.zip(millis).unwrap_or((Day::LAST, 86_399_999))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// Writes `2024-11-14T12:39:14`, without a zone.
pub(super) fn seconds(day: Day, second: u32) -> String {
    let (year, month, day) = day.date();
    // Long enough for nine decimals and a zone.
    let mut text = String::with_capacity(32);
    push(&mut text, year / 100);
    push(&mut text, year % 100);
    for (before, number) in [
        ('-', month),
        ('-', day),
        ('T', second / 3600),
        (':', second / 60 % 60),
        (':', second % 60),
    ] {
        text.push(before);
        push(&mut text, number);
    }
    text
}

/// Returns the form of HTTP's `Date` header, as `Mon, 09 Jan 2023 03:34:52 GMT`.
pub(crate) fn http_date(now: UnixMillis) -> String {
    let (day, _) = now.day();
    let (year, month, day_of_month) = day.date();
    let month = MONTHS.iter().zip(1..).find(|(_, number)| *number == month);
    let mut text = [day.weekday(), ", "].concat();
    push(&mut text, day_of_month);
    text.push(' ');
    text.push_str(month.map_or("", |(name, _)| name));
    text.push(' ');
    push(&mut text, year / 100);
    push(&mut text, year % 100);
    text.push(' ');
    text.push_str(now.text().get(11..19).unwrap_or(""));
    text.push_str(" GMT");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(http_date(UnixMillis(u64::MAX)), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn every_weekday_and_month_is_written() {
        let weekdays = "Thu Fri Sat Sun Mon Tue Wed".split(' ').cycle();
        for (weekday, day) in weekdays.take(365).zip(0..) {
            let text = http_date(UnixMillis(day * 86_400_000));
            assert_eq!(text.get(..3), Some(weekday), "{text}");
        }
        let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(' ');
        for (month, number) in months.zip(0..) {
            let text = http_date(UnixMillis((number * 30 + 15) * 86_400_000));
            assert_eq!(text.get(8..11), Some(month), "{text}");
        }
    }
}
