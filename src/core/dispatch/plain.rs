//! Makes texts that people typed plain: without invisible characters, and with ASCII digits.

use std::borrow::Cow;

/// The zeros of Unicode's decimal digits (its category Nd) beyond ASCII, each followed by 1 to 9.
const ZEROS: [u32; 76] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0,
    0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50,
    0x11da0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8,
    0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0, 0x11de0,
];

/// Unicode's format characters (its category Cf), such as the marks of a text's direction.
const FORMATS: [(char, char); 21] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{2066}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0001}', '\u{e0001}'),
    ('\u{e0020}', '\u{e007f}'),
];

/// Drops format characters, and writes every decimal digit as ASCII's.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|character| !is_format(*character)).map(ascii_digit).collect()
}

/// Reads the escapes of JSON for characters beyond ASCII, such as `\\u0661`. A body that was not
/// understood may be JSON.
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split("\\u");
    let first = pieces.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = first.to_owned();
    for piece in pieces {
        let code = piece.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match (code.and_then(char::from_u32), piece.get(4..)) {
            (Some(character), Some(rest)) => {
                out.push(character);
                out.push_str(rest);
            }
            _ => out.push_str(piece),
        }
    }
    Cow::Owned(out)
}

fn is_format(character: char) -> bool {
    !character.is_ascii()
        && FORMATS.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// Returns ASCII's digit for a decimal digit, and any other character as it is.
fn ascii_digit(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    let digit =
        ZEROS.iter().find_map(|zero| u32::from(character).checked_sub(*zero).filter(|n| *n < 10));
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_ascii() {
        for zero in ZEROS {
            let digits: String = (zero..zero + 10).filter_map(char::from_u32).collect();
            assert_eq!(plain(&digits), "0123456789", "{zero:x}");
            assert!(digits.chars().all(char::is_numeric), "{zero:x}");
        }
    }

    #[test]
    fn escapes_are_read() {
        for (text, expected) in [
            (r#"{"phone":"\u0661\u0662 3"}"#, r#"{"phone":"١٢ 3"}"#),
            (r"\\u0661", r"\١"),
            (r"\u12 \ud83d \u", "12 d83d "),
            ("none", "none"),
        ] {
            assert_eq!(without_escapes(text), expected);
        }
    }

    #[test]
    fn other_characters_stay() {
        for text in ["²³¹", "Ⅻ", "①", "a@b", "é", "+961 3 123-456", "一二三"] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("\u{202a}+9\u{200b}6\u{2069}1\u{feff}"), "+961");
    }
}
