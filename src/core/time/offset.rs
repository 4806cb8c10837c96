use super::digits::number;

/// How far a place's clocks are ahead of UTC, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset(i32);

impl UtcOffset {
    pub(super) const UTC: Self = Self(0);

    /// Parses `Z`, `+02:00`, `-0930` or `+02`. Returns `None` from 24 hours on.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Z" | "z" => Some(Self::UTC),
            text => Self::signed(text.as_bytes()),
        }
    }

    /// Parses what [`UtcOffset::parse`] does, but for `Z`.
    pub(super) fn signed(text: &[u8]) -> Option<Self> {
        let (sign, rest) = match text.split_first()? {
            (b'+', rest) => (1, rest),
            (b'-', rest) => (-1, rest),
            _ => return None,
        };
        let (hours, rest) = number(rest, 2)?;
        let (minutes, rest) = match rest {
            [] => (0, rest),
            [b':', rest @ ..] | rest => number(rest, 2)?,
        };
        let fits = rest.is_empty() && hours < 24 && minutes < 60;
        fits.then(|| Self(sign * (hours * 60 + minutes).cast_signed()))
    }

    /// Returns the seconds that these clocks are ahead of UTC: less than a day, either way.
    pub(super) const fn seconds(self) -> i32 {
        self.0 * 60
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read() {
        for (text, minutes) in [
            ("Z", 0),
            ("z", 0),
            ("+00:00", 0),
            ("-00:00", 0),
            ("+02:00", 120),
            ("-0930", -570),
            ("+05", 300),
            ("+23:59", 1439),
        ] {
            assert_eq!(UtcOffset::parse(text), Some(UtcOffset(minutes)), "{text}");
        }
    }

    #[test]
    fn a_malformed_offset_is_refused() {
        for text in [
            "",
            "+",
            "02:00",
            "+2:00",
            "+24:00",
            "+02:60",
            "+02:",
            "+02:00:00",
            "+02::00",
            "+020",
            "UTC",
            "+Z",
            "+０2:00",
            "é",
        ] {
            assert_eq!(UtcOffset::parse(text), None, "{text}");
        }
    }
}
