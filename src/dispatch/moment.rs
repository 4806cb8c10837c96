//! Moments, in milliseconds since 1970.

use js_sys::Date;
use orderhook_core::UnixMillis;

/// The characters of a moment up to its seconds: a digit stands for any digit.
const FORM: &[u8] = b"0000-00-00T00:00:00";

/// Returns the current moment.
#[allow(clippy::cast_possible_truncation)] // The clock has whole milliseconds.
pub(crate) fn now() -> i64 {
    Date::now() as i64
}

/// Parses RFC 3339. Digits after the milliseconds are ignored.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (start, rest) = text.split_at_checked(FORM.len())?;
    let is_of_form = start.bytes().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't'),
        form => byte == *form,
    });
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let is_zone = matches!(zone, "Z" | "z") || (zone.len() == 6 && zone.starts_with(['+', '-']));
    if !is_of_form || !is_zone || text.len() > 40 {
        return None;
    }
    let moment = Date::parse(&text.to_ascii_uppercase());
    #[allow(clippy::cast_possible_truncation)] // Checked to be finite, and of four digits' years.
    (moment.is_finite() && moment >= 0.0).then_some(moment as i64)
}

/// Writes RFC 3339 in UTC with milliseconds.
pub(crate) fn text(moment: i64) -> String {
    UnixMillis(moment.try_into().unwrap_or_default()).text()
}
