//! Percent-encoding in URLs. A text is not decoded if it is not UTF-8, or if a `%` is not followed by
//! two hexadecimal digits.

use std::borrow::Cow;

/// Decodes a part of a path.
///
/// ```
/// use orderhook_core::percent;
///
/// assert_eq!(percent::decode("a%2Fb+c").as_deref(), Some("a/b+c"));
/// assert_eq!(percent::decode_query("a%2Fb+c").as_deref(), Some("a/b c"));
/// assert_eq!(percent::decode("100%"), None);
/// ```
#[must_use]
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    decoded(text, false)
}

/// Decodes a name or a value of a query, in which a `+` is a blank.
#[must_use]
pub fn decode_query(text: &str) -> Option<Cow<'_, str>> {
    decoded(text, true)
}

fn decoded(text: &str, has_plus: bool) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            b'+' if has_plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}
