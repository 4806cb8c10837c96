//! Days of the Gregorian calendar, in the years 0000 to 9999.

pub(super) const SECONDS_A_DAY: u32 = 86_400;

/// The days of a week, from that of [`Day`]'s zero on.
pub(super) const WEEKDAYS: [&str; 7] = ["Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue"];

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day, counted from the first of March 400 years before the year 0: no number is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(u32);

impl Day {
    const FIRST: Self = Self(146_037);
    pub(super) const LAST: Self = Self(3_798_461);
    /// 1970-01-01.
    pub(super) const EPOCH: Self = Self(865_565);

    // This, and its inverse below: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
    // (howardhinnant.github.io/date_algorithms.html). Years begin in March, so that the leap day
    // is a year's last.
    /// Returns a date's day, if there is one. Years have four digits.
    pub(super) fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        if !exists {
            return None;
        }
        let year = if month > 2 { year + 400 } else { year + 399 };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Some(Self(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year))
    }

    /// Returns the day that is `days` days later, if the years still have four digits.
    pub(super) fn later(self, days: u32) -> Option<Self> {
        self.0.checked_add(days).map(Self).filter(|day| *day <= Self::LAST)
    }

    /// Returns the number of days from an earlier day to this one.
    pub(super) fn since(self, earlier: Self) -> Option<u32> {
        self.0.checked_sub(earlier.0)
    }

    /// Returns the day before, if there is one.
    pub(super) fn before(self) -> Option<Self> {
        (self > Self::FIRST).then_some(Self(self.0 - 1))
    }

    /// Returns the day's name, as `Thu`.
    pub(super) fn weekday(self) -> &'static str {
        WEEKDAYS.iter().zip(0..).find(|(_, day)| *day == self.0 % 7).map_or("", |(name, _)| name)
    }

    /// Returns the day's year, month and day.
    pub(super) fn date(self) -> (u32, u32, u32) {
        let (era, day) = (self.0 / 146_097, self.0 % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        (era * 400 + year + next - 400, month, day)
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other() {
        let mut due = Day::FIRST;
        for year in 0..=9999 {
            for month in 1..=12 {
                let length = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
                let leap = month == 2 && year % 4 == 0 && (year % 100 > 0 || year % 400 == 0);
                let month = u32::try_from(month).unwrap();
                for day in 1..=length + u32::from(leap) {
                    assert_eq!(Day::new(year, month, day), Some(due), "{year}-{month}-{day}");
                    assert_eq!(due.date(), (year, month, day));
                    due = Day(due.0 + 1);
                }
            }
        }
        assert_eq!(due, Day(Day::LAST.0 + 1));
        assert_eq!(Day::EPOCH.date(), (1970, 1, 1));
    }

    #[test]
    fn a_date_that_is_in_no_calendar_is_no_day() {
        for (year, month, day) in [
            (2024, 0, 1),
            (2024, 13, 1),
            (2024, 1, 0),
            (2024, 1, 32),
            (2024, 2, 30),
            (2023, 2, 29),
            (1900, 2, 29),
            (2024, 4, 31),
            (2024, 99, 99),
        ] {
            assert_eq!(Day::new(year, month, day), None, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn the_calendar_ends_with_four_digits() {
        assert_eq!(Day::FIRST.before(), None);
        assert_eq!(Day::LAST.later(1), None);
        assert_eq!(Day::EPOCH.later(u32::MAX), None);
        assert_eq!(Day::LAST.before().and_then(|day| day.later(1)), Some(Day::LAST));
        assert_eq!(Day::FIRST.later(1).and_then(Day::before), Some(Day::FIRST));
    }
}
