//! Bodies that may be the one that was signed.

use crate::cause::{Cause, Causes};
use orderhook_core::json;

/// Bytes that a body is written anew in, at most: what is larger than that was not sent, and there
/// is no memory for more than a few of them.
const MAX_WRITTEN: usize = 8 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A body that may have been signed.
#[derive(Clone, Copy)]
pub(crate) struct Variant<'a> {
    /// It, without the newline at its end.
    pub(crate) core: &'a [u8],
    /// That newline, or nothing.
    pub(crate) end: &'static str,
    /// How it differs from the body that came.
    pub(crate) causes: Causes,
}

/// Takes a variant, and says whether to go on.
pub(crate) type Take<'t> = &'t mut dyn FnMut(Variant<'_>) -> bool;

/// The newlines that a body may end with.
pub(crate) const ENDS: [&str; 3] = ["", "\n", "\r\n"];

/// Every variant of the body with this many causes, 0 to 2. The newline at the end is apart: who
/// takes them tries all of them on one variant.
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

/// The body with one change more: its byte order mark or its line ends.
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

/// How a serialiser sets blanks: what stands behind a colon and behind a comma, and a line's
/// indentation where each entry has a line of its own.
type Spacing = (&'static str, &'static str, Option<&'static str>);

const SPACINGS: [Spacing; 6] = [
    ("", "", None),
    (" ", " ", None),
    (" ", "", None),
    (" ", "", Some("  ")),
    (" ", "", Some("    ")),
    (" ", "", Some("\t")),
];

/// How a serialiser escapes what it need not.
#[derive(Clone, Copy)]
struct Escapes {
    /// `\/`
    slash: bool,
    /// Everything that is not ASCII.
    beyond_ascii: bool,
    /// These.
    also: &'static [char],
    /// Whether hex is in capitals.
    upper: bool,
}

/// JavaScript's.
const RAW: Escapes = Escapes { slash: false, beyond_ascii: false, also: &[], upper: false };

/// `None` leaves them as they are.
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

/// How many letters and digits it begins with, which no style escapes.
fn plain(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// Some texts, one after the other; half the size of `concat`.
pub(crate) fn joined(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        out.push_str(text);
    }
    out
}

/// One function: `String::push` is inlined wherever it stands.
#[inline(never)]
pub(crate) fn put(character: char, out: &mut String) {
    out.push(character);
}

/// What has an escape of its own, and its letter.
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

/// The body as the usual serialisers write it.
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
                // There is nothing in it that this style escapes otherwise.
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

/// Writes a JSON text anew. Returns `None` where it is not JSON, as far as this has to know, or where
/// it would be many times its size: indentation can be made to grow with its square.
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

/// Returns where an empty object or array ends, whose bracket ends at `at`: serialisers write it
/// without blanks.
fn empty_end(bytes: &[u8], at: usize, bracket: u8) -> Option<usize> {
    let next = json::skip_blanks(bytes, at);
    // In ASCII, the closing bracket has the opening one's number and two.
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

/// Begins an indented line, where each entry has one.
fn line((_, _, indent): Spacing, depth: usize, out: &mut String) {
    if let Some(indent) = indent {
        put('\n', out);
        for _ in 0..depth {
            out.push_str(indent);
        }
    }
}
