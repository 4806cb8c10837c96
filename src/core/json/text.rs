//! The texts of JSON values, of which `serde_json` has checked the grammar.

use std::borrow::Cow;

/// The characters that JSON takes for blanks between values.
pub const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether a character counts as blank: white space by Unicode, or a byte order mark, which
/// JavaScript and JSON Schema count as white space.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Returns a JSON text's string, or its number as it was written. Returns `None` if it is blank or
/// of another type.
///
/// ```
/// use orderhook_core::json::text;
///
/// assert_eq!(text(r#""caf\u00e9""#).as_deref(), Some("café"));
/// assert_eq!(text("2.50").as_deref(), Some("2.50"), "numbers keep their digits");
/// assert_eq!(text(r#"" ""#), None);
/// assert_eq!(text("true"), None);
/// ```
#[must_use]
pub fn text(json: &str) -> Option<Cow<'_, str>> {
    let text = match json.as_bytes().first()? {
        b'"' => unquoted(json)?,
        b'-' | b'0'..=b'9' => return Some(Cow::Borrowed(json)),
        _ => return None,
    };
    (!text.chars().all(is_blank)).then_some(text)
}

/// Returns the text of a JSON string; `None` if it is another value, or holds half of a surrogate
/// pair.
fn unquoted(json: &str) -> Option<Cow<'_, str>> {
    unescape(json.strip_prefix('"')?.strip_suffix('"')?)
}

/// Returns the text between a string's quotes; `None` if it holds half of a surrogate pair.
fn unescape(inner: &str) -> Option<Cow<'_, str>> {
    if !inner.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    let (mut out, mut rest) = (String::with_capacity(inner.len()), inner);
    while let Some((plain, after)) = rest.split_once('\\') {
        let (character, after) = escape(after)?;
        out.push_str(plain);
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// Returns the character of an escape, and the text after it. `text` begins after the backslash.
#[must_use]
pub fn escape(text: &str) -> Option<(char, &str)> {
    let (first, rest) = text.split_at_checked(1)?;
    let character = match first {
        "b" => '\u{8}',
        "f" => '\u{c}',
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "u" => return unicode(rest),
        other => other.chars().next()?,
    };
    Some((character, rest))
}

fn unicode(text: &str) -> Option<(char, &str)> {
    let (first, rest) = hex(text)?;
    let Some(high) = first.checked_sub(0xd800).filter(|high| *high < 0x400) else {
        return Some((char::from_u32(first)?, rest));
    };
    let (second, rest) = hex(rest.strip_prefix("\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high << 10) + low)?, rest))
}

fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// Returns the position of the first byte from `at` on that is not a blank.
#[must_use]
pub fn skip_blanks(json: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = json.get(at) {
        at += 1;
    }
    at
}

/// Returns the position after the string that begins at `at`; `None` if no string begins there, or
/// it does not end.
#[must_use]
pub fn skip_string(json: &[u8], mut at: usize) -> Option<usize> {
    if json.get(at) != Some(&b'"') {
        return None;
    }
    at += 1;
    loop {
        match *json.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the position after the scalar that begins at `at`.
pub(super) fn skip_scalar(json: &[u8], at: usize) -> Option<usize> {
    if json.get(at) == Some(&b'"') {
        return skip_string(json, at);
    }
    let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
    let rest = json.get(at..)?;
    Some(at + rest.iter().position(is_end).unwrap_or(rest.len()))
}

/// Returns the position after the value that begins at `at`.
pub(crate) fn skip_value(json: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        at = match *json.get(at)? {
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at + 1
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => at + 1,
            _ => skip_scalar(json, at)?,
        };
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Returns the next entry of a list and where it ends. `at` is the position of the bracket that
/// opens the list, or of the end of the entry before.
pub(crate) fn entry(json: &[u8], at: usize) -> Option<(usize, usize)> {
    let at = skip_blanks(json, at);
    let start = match json.get(at)? {
        b'[' | b',' => skip_blanks(json, at + 1),
        _ => return None,
    };
    if json.get(start) == Some(&b']') {
        return None;
    }
    Some((start, skip_value(json, start)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(json: &str, expected: Option<&str>) {
        assert_eq!(text(json).as_deref(), expected, "{json}");
    }

    #[test]
    fn a_blank_text_is_absent() {
        for json in [r#""""#, r#"" ""#, r#""\t\u00a0""#, "\"\u{feff}\"", r#""\ufeff \ufeff""#] {
            read(json, None);
        }
        read("\"\u{feff}a\"", Some("\u{feff}a"));
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in ["0", "-1.50", "25.5", "1e400", "123456789012345678901234567890.10"] {
            read(number, Some(number));
        }
    }

    #[test]
    fn strings_are_unescaped() {
        read(r#""plain""#, Some("plain"));
        read(r#""a \"quoted\" caf\u00e9 \ud83d\ude00""#, Some("a \"quoted\" café 😀"));
    }

    #[test]
    fn a_value_of_another_type_is_absent() {
        for json in ["", "null", "true", "{}", "[1]", r#""""#, r#""  ""#, r#""\ud800""#] {
            read(json, None);
        }
    }

    #[test]
    fn a_surrogate_pair_is_a_high_and_a_low_one() {
        for (escaped, expected) in [
            (r"\ud7ff", Some('\u{d7ff}')),
            (r"\ue000", Some('\u{e000}')),
            (r"\ud800\udc00", Some('\u{10000}')),
            (r"\ud801\udc01", Some('\u{10401}')),
            (r"\udbff\udfff", Some('\u{10ffff}')),
            (r"\ud800", None),
            (r"\udbff", None),
            (r"\udc00", None),
            (r"\udfff", None),
            (r"\ud800\ud800", None),
            (r"\ud800\udbff", None),
            (r"\ud800\ue000", None),
            (r"\udc00\udc00", None),
            (r"\ud800udc00", None),
            (r"\ud800\n", None),
        ] {
            let rest = escaped.strip_prefix('\\').expect("a backslash");
            assert_eq!(escape(rest).map(|(character, _)| character), expected, "{escaped}");
        }
    }

    #[test]
    fn a_string_ends_at_its_quote() {
        for plain in ["", "a", "é🙂", "[]{},:", r"\\", r#"\""#, r"\u0022"] {
            let string = format!("\"{plain}\"");
            let end = Some(string.len());
            assert_eq!(skip_string(format!("{string}\"x").as_bytes(), 0), end);
            assert_eq!(skip_string(string.trim_end_matches('"').as_bytes(), 0), None, "{plain}");
        }
        assert_eq!(skip_string(b"a\"", 0), None);
        assert_eq!(skip_string(b"\"a\\", 0), None);
    }

    #[test]
    fn a_list_is_cut_into_its_entries() {
        let entries = |list: &str| {
            let (mut at, mut found) = (0, Vec::new());
            while let Some((start, end)) = entry(list.as_bytes(), at) {
                found.push(list[start..end].to_owned());
                at = end;
            }
            found
        };
        assert_eq!(entries("[]"), [""; 0]);
        assert_eq!(entries("[ ]"), [""; 0]);
        let list = r#"[ {"a":"],[","b":[1,2]} ,1.5e3,"x\"]" , null,[[]],{}]"#;
        assert_eq!(
            entries(list),
            [r#"{"a":"],[","b":[1,2]}"#, "1.5e3", r#""x\"]""#, "null", "[[]]", "{}"]
        );
    }
}
