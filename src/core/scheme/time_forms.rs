use crate::{scheme::grammar::parse_seconds, time::rfc3339_seconds};

/// The forms of the time of signing. No time is the beginning of another one, in any form, that a
/// text without a digit in front follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeForms {
    /// Unix seconds.
    pub seconds: bool,
    /// Unix milliseconds. Beside seconds, a number of twelve digits or more is one.
    pub millis: bool,
    /// RFC 3339 with its zone.
    pub rfc3339: bool,
}

impl Default for TimeForms {
    fn default() -> Self {
        Self { seconds: true, millis: false, rfc3339: false }
    }
}

impl TimeForms {
    /// Returns what a time should look like, for error texts.
    pub(super) const fn expected(self) -> &'static str {
        match (self.seconds, self.millis, self.rfc3339) {
            (true, false, false) => "a time in Unix seconds",
            (false, true, false) => "a time in Unix milliseconds",
            (true, true, false) => "a time in Unix seconds or milliseconds",
            (false, false, true) => "a time in RFC 3339 with its zone",
            _ => "a time in one of its forms",
        }
    }

    /// Returns the Unix seconds of a time.
    pub(super) fn read(self, text: &str) -> Option<u64> {
        /// The first number that counts as milliseconds beside seconds.
        const MILLIS: u64 = 100_000_000_000;
        let Some(number) = parse_seconds(text) else {
            return if self.rfc3339 { rfc3339_seconds(text) } else { None };
        };
        let is_millis = self.millis && (!self.seconds || number >= MILLIS);
        if is_millis { Some(number / 1000) } else { self.seconds.then_some(number) }
    }
}
