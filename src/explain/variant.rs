//! Generates bodies that may be the one that was signed.

use crate::cause::{Cause, Causes};
use orderhook_core::json;

/// The bytes that a body may be rewritten to. A larger one was not sent, and memory suffices only
/// for a few of this size.
const MAX_WRITTEN: usize = 8 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A body that may have been signed.
#[derive(Clone, Copy)]
pub(crate) struct Variant<'a> {
    /// The body, without the newline at its end.
    pub(crate) core: &'a [u8],
    /// The newline at its end, or nothing.
    pub(crate) end: &'static str,
    /// The differences from the body that came.
    pub(crate) causes: Causes,
}

/// Takes a variant, and says whether to go on.
pub(crate) type Take<'t> = &'t mut dyn FnMut(Variant<'_>) -> bool;

/// The newlines that a body may end with.
pub(crate) const ENDS: [&str; 3] = ["", "\n", "\r\n"];

/// Gives every variant of the body with this many causes, 0 to 2. The newline at the end is
/// separate: the caller tries all of them on one variant.
pub(crate) fn each(body: &[u8], causes: u32, take: Take<'_>) {
    if causes == 0 {
        give(body, Causes::NONE, take);
        return;
    }
    let mut deeper = |variant: &[u8], wrong: Causes| match causes {
        1 => give(variant, wrong, take),
        _ => changed(variant, wrong, &mut |variant, wrong| give(variant, wrong, take)),
    };
    let _ = changed(body, Causes::NONE, &mut deeper) && reserialised(body, &mut deeper);
}

type Changed<'t> = &'t mut dyn FnMut(&[u8], Causes) -> bool;

/// Gives the body with one change more: its byte order mark or its line ends.
fn changed(body: &[u8], causes: Causes, take: Changed<'_>) -> bool {
    let mut out = Vec::new();
    for (cause, end) in
        [(Cause::BodyBom, &[][..]), (Cause::BodyLineEnds, b"\n"), (Cause::BodyLineEnds, b"\r\n")]
    {
        out.clear();
        if cause == Cause::BodyLineEnds {
            line_ends(body, end, &mut out);
        } else if let Some(body) = body.strip_prefix(BOM) {
            out.extend_from_slice(body);
        } else {
            out.extend_from_slice(BOM);
            out.extend_from_slice(body);
        }
        if !causes.has(cause) && out != body && !take(&out, causes.and(Causes::of(cause))) {
            return false;
        }
    }
    true
}

fn line_ends(body: &[u8], end: &[u8], out: &mut Vec<u8>) {
    for &byte in body {
        if byte == b'\n' {
            if out.last() == Some(&b'\r') {
                out.pop();
            }
            out.extend_from_slice(end);
        } else {
            out.push(byte);
        }
    }
}

fn give(body: &[u8], causes: Causes, take: Take<'_>) -> bool {
    let (core, end) = split(body);
    take(Variant { core, end, causes })
}

fn split(body: &[u8]) -> (&[u8], &'static str) {
    for end in ["\r\n", "\n"] {
        if let Some(core) = body.strip_suffix(end.as_bytes()) {
            return (core, end);
        }
    }
    (body, "")
}

/// A serialiser's blanks: those after a colon, those after a comma, and a line's indentation if
/// each entry has a line of its own.
type Spacing = (&'static str, &'static str, Option<&'static str>);

const SPACINGS: [Spacing; 6] = [
    ("", "", None),
    (" ", " ", None),
    (" ", "", None),
    (" ", "", Some("  ")),
    (" ", "", Some("    ")),
    (" ", "", Some("\t")),
];

/// The optional escapes of a serialiser.
#[derive(Clone, Copy)]
struct Escapes {
    /// `\/`
    slash: bool,
    /// All characters beyond ASCII.
    beyond_ascii: bool,
    /// These characters.
    also: &'static [char],
    /// Whether hex is in upper case.
    upper: bool,
}

/// The escapes of JavaScript.
const RAW: Escapes = Escapes { slash: false, beyond_ascii: false, also: &[], upper: false };

/// The escapes to try; `None` keeps them as they are.
const ESCAPES: [Option<Escapes>; 10] = [
    Some(RAW),
    // PHP's, without and with JSON_UNESCAPED_UNICODE.
    Some(Escapes { slash: true, beyond_ascii: true, ..RAW }),
    Some(Escapes { slash: true, ..RAW }),
    None,
    // Python's.
    Some(Escapes { beyond_ascii: true, also: &['\x7f'], ..RAW }),
    Some(Escapes { beyond_ascii: true, upper: true, ..RAW }),
    Some(Escapes { slash: true, beyond_ascii: true, upper: true, ..RAW }),
    // Go's, Gson's and .NET's.
    Some(Escapes { also: &['<', '>', '&', '\u{2028}', '\u{2029}'], ..RAW }),
    Some(Escapes { also: &['<', '>', '&', '=', '\'', '\u{2028}', '\u{2029}'], ..RAW }),
    Some(Escapes {
        beyond_ascii: true,
        also: &['<', '>', '&', '\'', '+', '`', '"', '\x7f'],
        upper: true,
        ..RAW
    }),
];

impl Escapes {
    /// Escapes a string anew. Half of a surrogate pair stays as it is.
    fn write(self, string: &str, out: &mut String) {
        let mut rest = string;
        while out.len() <= MAX_WRITTEN {
            let plain = plain(rest.as_bytes());
            out.push_str(rest.get(..plain).unwrap_or_default());
            rest = rest.get(plain..).unwrap_or_default();
            let Some(first) = rest.chars().next() else {
                return;
            };
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            if first != '\\' {
                self.write_character(first, out);
            } else if let Some((character, after)) = json::escape(rest) {
                self.write_character(character, out);
                rest = after;
            } else {
                put(first, out);
            }
        }
    }

    fn write_character(self, character: char, out: &mut String) {
        let short = SHORT.iter().find(|(escaped, _)| *escaped == character);
        if self.also.contains(&character)
            || character < ' ' && short.is_none()
            || self.beyond_ascii && !character.is_ascii()
        {
            self.write_units(character, out);
            return;
        }
        match short {
            Some((_, letter)) if character != '/' || self.slash => {
                put('\\', out);
                put(*letter, out);
            }
            _ => put(character, out),
        }
    }

    /// Writes `\u` and four digits for each unit of UTF-16.
    fn write_units(self, character: char, out: &mut String) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let mut digits = u32::from(*unit);
            put('\\', out);
            put('u', out);
            for _ in 0..4 {
                let digit = char::from_digit(digits >> 12 & 15, 16).unwrap_or_default();
                put(if self.upper { digit.to_ascii_uppercase() } else { digit }, out);
                digits <<= 4;
            }
        }
    }
}

/// Returns how many letters and digits the bytes begin with. No style escapes these.
fn plain(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// Joins some texts. It is half the size of `concat`.
pub(crate) fn joined(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        out.push_str(text);
    }
    out
}

/// Appends a character. `String::push` would be inlined at each call.
#[inline(never)]
pub(crate) fn put(character: char, out: &mut String) {
    out.push(character);
}

/// The characters that have an escape of their own, and its letter.
const SHORT: [(char, char); 8] = [
    ('"', '"'),
    ('\\', '\\'),
    ('/', '/'),
    ('\n', 'n'),
    ('\r', 'r'),
    ('\t', 't'),
    ('\u{8}', 'b'),
    ('\u{c}', 'f'),
];

/// Gives the body as the usual serialisers write it.
fn reserialised(body: &[u8], take: Changed<'_>) -> bool {
    let (core, end) = split(body);
    let Ok(text) = std::str::from_utf8(core) else {
        return true;
    };
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut raw, mut out) = (String::new(), String::new());
    for (nth, escapes) in ESCAPES.iter().enumerate() {
        for (spaced, spacing) in SPACINGS.iter().enumerate() {
            out.clear();
            out.push_str(text.strip_suffix(json).unwrap_or_default());
            if write(json, *spacing, *escapes, &mut out).is_none() {
                return true;
            }
            out.push_str(end);
            if spaced == 0 && nth == 0 {
                raw.clone_from(&out);
            } else if spaced == 0 && out == raw {
                // The body has nothing that this style escapes otherwise.
                break;
            }
            let out = out.as_bytes();
            if out != body && !take(out, Causes::of(Cause::BodyReserialised)) {
                return false;
            }
        }
    }
    true
}

/// Writes a JSON text anew. Returns `None` if it is found not to be JSON, or if it would grow to
/// many times its size: indentation can grow with the square of the depth.
fn write(text: &str, spacing: Spacing, escapes: Option<Escapes>, out: &mut String) -> Option<()> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        if out.len() / 4 > bytes.len() + 1024 || out.len() > MAX_WRITTEN {
            return None;
        }
        let end = token_end(bytes, at, byte)?;
        let token = text.get(at..end)?;
        at = end;
        if byte.is_ascii_whitespace() {
            continue;
        }
        if matches!(byte, b'}' | b']') {
            depth = depth.saturating_sub(1);
            line(spacing, depth, out);
        }
        write_token(token, escapes, out)?;
        if matches!(byte, b'{' | b'[') {
            if let Some(next) = empty_end(bytes, at, byte) {
                out.push_str(text.get(next - 1..next)?);
                at = next;
                continue;
            }
            depth += 1;
            line(spacing, depth, out);
        }
        space(byte, spacing, depth, out);
    }
    (out.len() <= MAX_WRITTEN).then_some(())
}

/// Returns where the token ends that begins with `byte`.
fn token_end(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    match byte {
        b'"' => json::skip_string(bytes, at),
        _ => Some(at + plain(bytes.get(at..)?).max(1)),
    }
}

fn write_token(token: &str, escapes: Option<Escapes>, out: &mut String) -> Option<()> {
    match escapes {
        Some(escapes) if token.starts_with('"') => {
            put('"', out);
            escapes.write(token.get(1..token.len() - 1)?, out);
            put('"', out);
        }
        _ => out.push_str(token),
    }
    Some(())
}

/// Returns where an empty object or array ends, if it is one. Its opening bracket ends at `at`.
/// Serialisers write it without blanks.
fn empty_end(bytes: &[u8], at: usize, bracket: u8) -> Option<usize> {
    let next = json::skip_blanks(bytes, at);
    // In ASCII, a closing bracket is its opening one plus two.
    (bytes.get(next) == Some(&(bracket + 2))).then_some(next + 1)
}

/// Writes the blanks after a colon or a comma.
fn space(byte: u8, spacing: Spacing, depth: usize, out: &mut String) {
    let (colon, comma, _) = spacing;
    match byte {
        b':' => out.push_str(colon),
        b',' => {
            line(spacing, depth, out);
            out.push_str(comma);
        }
        _ => {}
    }
}

/// Begins an indented line, if each entry has one.
fn line((_, _, indent): Spacing, depth: usize, out: &mut String) {
    if let Some(indent) = indent {
        put('\n', out);
        for _ in 0..depth {
            out.push_str(indent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPACT: Spacing = SPACINGS[0];
    const INDENTED: Spacing = SPACINGS[3];

    /// Writes a text anew after as many bytes; returns what was written.
    fn rewritten(text: &str, spacing: Spacing, before: usize) -> Option<String> {
        let mut out = "-".repeat(before);
        write(text, spacing, Some(RAW), &mut out)?;
        Some(out.split_off(before))
    }

    #[test]
    fn indentation_may_not_make_a_body_many_times_as_large() {
        let nested = |depth: usize| "[".repeat(depth) + "1" + &"]".repeat(depth);
        for depth in [0, 10, 40] {
            let indented = rewritten(&nested(depth), INDENTED, 0).expect("a small body");
            assert_eq!(rewritten(&indented, COMPACT, 0), Some(nested(depth)));
        }
        assert_eq!(rewritten(&nested(200), INDENTED, 0), None);
    }

    #[test]
    fn the_bound_is_four_times_the_text_and_some() {
        let most = 4 * ("1".len() + 1024) + 3;
        assert_eq!(rewritten("1", COMPACT, most).as_deref(), Some("1"));
        assert_eq!(rewritten("1", COMPACT, most + 1), None);
    }

    #[test]
    fn no_more_is_written_than_was_sent() {
        let long = "1".repeat(MAX_WRITTEN / 4);
        let before = MAX_WRITTEN - long.len();
        assert_eq!(rewritten(&long, COMPACT, before).as_deref(), Some(&*long));
        assert_eq!(rewritten(&long, COMPACT, before + 1), None);
        let blank = " ".repeat(MAX_WRITTEN / 4);
        assert_eq!(rewritten(&blank, COMPACT, MAX_WRITTEN).as_deref(), Some(""));
        assert_eq!(rewritten(&blank, COMPACT, MAX_WRITTEN + 1), None);
    }

    #[test]
    fn an_empty_container_holds_no_blanks() {
        let text = "{ \n}";
        assert_eq!(rewritten(text, INDENTED, 0).as_deref(), Some("{}"));
        let text = r#"{"a" : [ ], "b":[1 ,{ }]}"#;
        assert_eq!(rewritten(text, COMPACT, 0).as_deref(), Some(r#"{"a":[],"b":[1,{}]}"#));
        let indented = "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}";
        assert_eq!(rewritten(text, INDENTED, 0).as_deref(), Some(indented));
    }

    #[test]
    fn a_string_that_does_not_end_is_not_written() {
        for text in ["\"", "{\"a", "[\"\\\"]"] {
            assert_eq!(rewritten(text, COMPACT, 0), None, "{text}");
        }
    }

    #[test]
    fn line_ends_are_those_of_one_kind() {
        for (body, lf, crlf) in [
            ("", "", ""),
            ("\n", "\n", "\r\n"),
            ("a\r\nb\nc", "a\nb\nc", "a\r\nb\r\nc"),
            // A carriage return that ends no line stays.
            ("a\rb\r\r\n", "a\rb\r\n", "a\rb\r\r\n"),
        ] {
            for (end, expected) in [("\n", lf), ("\r\n", crlf)] {
                let mut out = Vec::new();
                line_ends(body.as_bytes(), end.as_bytes(), &mut out);
                assert_eq!(str::from_utf8(&out), Ok(expected), "{body:?}");
            }
        }
    }

    /// Each text that is tried takes of the work, so that none may be tried again and again.
    #[test]
    fn a_body_that_no_style_escapes_is_given_once_in_each_spacing() {
        let mut given = Vec::new();
        each(br#"{ "a":[1 ,2] }"#, 1, &mut |variant| {
            if variant.causes.has(Cause::BodyReserialised) {
                given.push(str::from_utf8(variant.core).expect("UTF-8").to_owned());
            }
            true
        });
        let expected = [
            r#"{"a":[1,2]}"#,
            r#"{"a": [1, 2]}"#,
            r#"{"a": [1,2]}"#,
            "{\n  \"a\": [\n    1,\n    2\n  ]\n}",
            "{\n    \"a\": [\n        1,\n        2\n    ]\n}",
            "{\n\t\"a\": [\n\t\t1,\n\t\t2\n\t]\n}",
        ];
        assert_eq!(given, expected);
    }

    #[test]
    fn each_style_escapes_in_its_own_way() {
        let string = "\"/ \u{e9}\u{7f}<='+\\\"\\n\\u001f\"";
        for (escapes, expected) in ESCAPES.into_iter().zip([
            "\"/ \u{e9}\u{7f}<='+\\\"\\n\\u001f\"",
            "\"\\/ \\u00e9\u{7f}<='+\\\"\\n\\u001f\"",
            "\"\\/ \u{e9}\u{7f}<='+\\\"\\n\\u001f\"",
            string,
            "\"/ \\u00e9\\u007f<='+\\\"\\n\\u001f\"",
            "\"/ \\u00E9\u{7f}<='+\\\"\\n\\u001F\"",
            "\"\\/ \\u00E9\u{7f}<='+\\\"\\n\\u001F\"",
            "\"/ \u{e9}\u{7f}\\u003c='+\\\"\\n\\u001f\"",
            "\"/ \u{e9}\u{7f}\\u003c\\u003d\\u0027+\\\"\\n\\u001f\"",
            "\"/ \\u00E9\\u007F\\u003C=\\u0027\\u002B\\u0022\\n\\u001F\"",
        ]) {
            let mut out = String::new();
            write(string, COMPACT, escapes, &mut out).expect("a string");
            assert_eq!(out, expected);
        }
    }
}
