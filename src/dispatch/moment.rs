//! Moments, in milliseconds since 1970.

use js_sys::Date;
use orderhook_core::{UnixMillis, dispatch::Moment};

/// The form of a moment up to its seconds: a zero stands for any digit.
const FORM: &[u8] = b"0000-00-00T00:00:00";

/// A day, in milliseconds.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The characters that a caller's moment has at most.
const MAX_LENGTH: usize = 40;

/// Returns the current moment.
#[allow(clippy::cast_possible_truncation)] // The clock has whole milliseconds.
pub(crate) fn now() -> i64 {
    Date::now() as i64
}

/// Parses RFC 3339. Digits after the milliseconds are ignored.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let start = text.as_bytes().get(..FORM.len())?;
    let is_of_form = start.iter().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        b'T' => byte.eq_ignore_ascii_case(form),
        form => byte == form,
    });
    let zone = text.ends_with(['Z', 'z']) || text.get(text.len() - 6..)?.starts_with(['+', '-']);
    if !is_of_form || !zone || text.len() > MAX_LENGTH {
        return None;
    }
    Some(of(&Moment::parse(text)?))
}

/// Returns the milliseconds of an event's moment; 0 if it is before 1970.
#[allow(clippy::cast_possible_truncation)] // Years have four digits.
pub(crate) fn of(moment: &Moment) -> i64 {
    (Date::parse(moment.as_str()) as i64).max(0)
}

/// Writes RFC 3339 in UTC with milliseconds.
pub(crate) fn text(moment: i64) -> String {
    UnixMillis(moment.try_into().unwrap_or_default()).text()
}
