use std::cmp::Ordering;

use crate::time::to_utc;

/// A moment of an event: RFC 3339 in UTC, with the decimals that it came with.
///
/// Moments compare as points in time: `12:00:00Z` equals `12:00:00.000Z`.
#[derive(Clone, Debug)]
pub struct Moment {
    text: String,
    /// The bytes without `Z` and zeros at the end of the decimals. Years have four digits, so texts
    /// of these bytes compare as moments do.
    bytes: usize,
}

/// The bytes of a moment up to its second.
const SECONDS: usize = "2026-05-09T12:00:00".len();

impl Moment {
    /// Reads a moment; returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = to_utc(text, None)?;
        let decimals = text.trim_end_matches('Z').get(SECONDS..).unwrap_or_default();
        let bytes = SECONDS + decimals.trim_end_matches('0').trim_end_matches('.').len();
        Some(Self { text, bytes })
    }

    /// Returns RFC 3339 in UTC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns RFC 3339 in UTC with three decimals, without those that follow.
    #[must_use]
    pub fn in_millis(&self) -> String {
        let (second, decimals) = self.key().split_at_checked(SECONDS).unwrap_or_default();
        let decimals = decimals.trim_start_matches('.');
        format!("{second}.{:0<3}Z", decimals.get(..3).unwrap_or(decimals))
    }

    /// Returns the moment with nine decimals. These texts sort as the moments do, so a database can
    /// index them.
    #[must_use]
    pub fn sort_key(&self) -> String {
        let (second, decimals) = self.key().split_at_checked(SECONDS).unwrap_or_default();
        format!("{second}.{:0<9}Z", decimals.trim_start_matches('.'))
    }

    fn key(&self) -> &str {
        self.text.get(..self.bytes).unwrap_or(&self.text)
    }
}

impl Ord for Moment {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Moment {}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).expect(text)
    }

    #[test]
    fn moments_compare_as_points_in_time() {
        let in_order = [
            "2024-12-31T23:59:59.999999999Z",
            "2025-01-01T00:00:00Z",
            "2025-01-01T00:00:00.05Z",
            "2025-01-01T00:00:00.1Z",
            "2025-01-01T00:00:00.120Z",
            "2025-01-01T00:00:01Z",
        ];
        for pair in in_order.windows(2) {
            assert!(moment(pair[0]) < moment(pair[1]), "{pair:?}");
            assert!(moment(pair[0]).sort_key() < moment(pair[1]).sort_key(), "{pair:?}");
        }
        assert_eq!(moment("2025-01-01T00:00:00Z"), moment("2025-01-01T00:00:00.000Z"));
        assert_eq!(moment("2025-01-01T00:00:00.10Z"), moment("2025-01-01T01:00:00.1+01:00"));
    }

    #[test]
    fn a_sort_key_has_nine_decimals() {
        let key = moment("2025-01-01T00:00:00.12Z").sort_key();
        assert_eq!(key, "2025-01-01T00:00:00.120000000Z");
        assert_eq!(moment("2025-01-01T00:00:00Z").sort_key(), "2025-01-01T00:00:00.000000000Z");
    }

    #[test]
    fn a_moment_is_written_with_three_decimals() {
        for (text, expected) in [
            ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z"),
            ("2025-01-01T00:00:00.1Z", "2025-01-01T00:00:00.100Z"),
            ("2025-01-01T00:00:00.123456Z", "2025-01-01T00:00:00.123Z"),
            ("2025-01-01T02:00:00.0005+02:00", "2025-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(moment(text).in_millis(), expected);
        }
    }

    #[test]
    fn another_text_is_no_moment() {
        for text in ["", "now", "2025-01-01", "2025-01-01T00:00:00"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
