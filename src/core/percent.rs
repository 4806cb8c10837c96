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
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            b'+' if has_plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3986, section 2.1: the digits after a `%` are hexadecimal, in either case.
    #[test]
    fn two_digits_are_a_byte() {
        for decoded in [decode, decode_query] {
            for (text, expected) in [
                ("", ""),
                ("a-b", "a-b"),
                ("%2F", "/"),
                ("%2f", "/"),
                ("%41%7a", "Az"),
                ("100%25", "100%"),
                ("%C3%A9", "é"),
                ("%E2%82%AC", "€"),
                ("é%20€", "é €"),
            ] {
                assert_eq!(decoded(text).as_deref(), Some(expected), "{text}");
            }
            for bad in ["%", "a%", "%4", "%4g", "%g4", "%-1", "%C3", "%FF", "%%41"] {
                assert_eq!(decoded(bad), None, "{bad}");
            }
        }
    }

    #[test]
    fn a_plus_is_a_blank_in_a_query_alone() {
        for (text, path, query) in
            [("a+b", "a+b", "a b"), ("a%2Bb+", "a+b+", "a+b "), ("+", "+", " ")]
        {
            assert_eq!(decode(text).as_deref(), Some(path), "{text}");
            assert_eq!(decode_query(text).as_deref(), Some(query), "{text}");
        }
    }
}
