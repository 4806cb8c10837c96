use std::borrow::Cow;

use crate::scheme::mac::sha256;

/// The bytes that an event's id may have. The id is part of a KV key, which may have 512.
const MAX_BYTES: usize = 256;

/// The bytes of a colon and a SHA-256 in hex.
const HASH_BYTES: usize = 65;

/// Replaces a missing provider's id, in an id that holds the body's hash.
const NO_ID: &str = "body";

/// What an event's id is made of.
pub(crate) struct Identity<'a> {
    /// The provider's id.
    pub(crate) id: Option<Cow<'a, str>>,
    /// Whether the proof covers the body and the provider's id.
    pub(crate) is_authentic: bool,
}

impl<'a> Identity<'a> {
    /// Returns the id. `hash` returns the SHA-256 of the body, in hex.
    ///
    /// Where the body is authenticated, it is the provider's id, or the hash of the body without
    /// one. An id is replaced by its SHA-256 if it is too long, holds a character that no
    /// `CloudEvents` string may hold, or looks like one of our hashes. So the id of an
    /// authenticated body never ends with a colon and a hash.
    ///
    /// Where it is not, the id is the provider's, a colon, and the hash of the body. So a weaker
    /// proof never takes the id of a stronger one, and another body is another event.
    pub(crate) fn of(self, hash: impl FnOnce() -> String) -> Cow<'a, str> {
        let Self { id, is_authentic } = self;
        let id = id.filter(|id| !id.trim().is_empty());
        if !is_authentic {
            return Cow::Owned(with_hash(&id.unwrap_or(Cow::Borrowed(NO_ID)), &hash()));
        }
        match id {
            None => Cow::Owned(hash()),
            Some(id) if fits(&id, MAX_BYTES) && !ends_in_a_hash(&id) => id,
            Some(id) => Cow::Owned(of_bytes(id.as_bytes())),
        }
    }
}

fn with_hash(id: &str, hash: &str) -> String {
    if fits(id, MAX_BYTES - HASH_BYTES) {
        [id, ":", hash].concat()
    } else {
        [&*of_bytes(id.as_bytes()), ":", hash].concat()
    }
}

/// Returns the SHA-256 of some bytes in lower-case hex.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// Returns an order's id as an event's `subject`. If it holds characters that no `CloudEvents`
/// string may hold, those and each `%` are percent-encoded.
pub(crate) fn subject<'a>(id: &Cow<'a, str>) -> Cow<'a, str> {
    if id.chars().all(is_allowed) {
        return id.clone();
    }
    let mut subject = String::with_capacity(id.len() + 16);
    for character in id.chars() {
        if is_allowed(character) && character != '%' {
            subject.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                subject.push('%');
                for digit in [byte >> 4, byte & 15] {
                    let digit = char::from_digit(digit.into(), 16).unwrap_or('0');
                    subject.push(digit.to_ascii_uppercase());
                }
            }
        }
    }
    Cow::Owned(subject)
}

fn fits(id: &str, bytes: usize) -> bool {
    id.len() <= bytes && id.chars().all(is_allowed)
}

/// Appends a part to an id of several parts. Its colons are escaped, since a colon ends a part.
pub(crate) fn escape(part: &str, id: &mut String) {
    for character in part.chars() {
        let mut buffer = [0; 4];
        id.push_str(match character {
            '%' => "%25",
            ':' => "%3A",
            other => other.encode_utf8(&mut buffer),
        });
    }
}

/// Whether a part is in an id, as it is or escaped: the last part of an id is not escaped.
pub(crate) fn has_part(id: &str, part: &str) -> bool {
    let mut escaped = String::new();
    escape(part, &mut escaped);
    id.contains(part) || id.contains(&escaped)
}

/// Whether an id is a SHA-256 in hex, or ends with a colon and one.
pub(crate) fn ends_in_a_hash(id: &str) -> bool {
    let Some((before, hash)) = id.as_bytes().split_last_chunk::<{ HASH_BYTES - 1 }>() else {
        return false;
    };
    matches!(before.last(), None | Some(b':'))
        && hash.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the `CloudEvents` type String allows a character: no control characters and no
/// noncharacters (`CloudEvents` 1.0, "Type System").
fn is_allowed(character: char) -> bool {
    let code = u32::from(character);
    !character.is_control() && code & 0xfffe != 0xfffe && !(0xfdd0..=0xfdef).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{}";
    const HASH: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn authenticated<'a>(id: Option<Cow<'a, str>>, body: &[u8]) -> Cow<'a, str> {
        Identity { id, is_authentic: true }.of(|| of_bytes(body))
    }

    fn unauthenticated(id: Option<Cow<'_, str>>, body: &[u8]) -> String {
        Identity { id, is_authentic: false }.of(|| of_bytes(body)).into_owned()
    }

    #[allow(clippy::unnecessary_wraps)] // Its callers pass an `Option`.
    fn id(text: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(text))
    }

    #[test]
    fn an_id_that_fits_a_key_is_kept() {
        for text in
            ["a", "ORD-000129:delivered", "é", "\u{202e}", &"x".repeat(256), &HASH[1..], "a:b"]
        {
            assert_eq!(authenticated(id(text), BODY), text);
        }
    }

    #[test]
    fn an_id_that_does_not_fit_is_replaced() {
        for text in ["a\n", "\0", "a\u{7f}", "a\u{85}", &"x".repeat(257), &"é".repeat(129)] {
            assert_eq!(authenticated(id(text), BODY), of_bytes(text.as_bytes()));
        }
        for text in ["a\u{fffe}", "\u{fdd0}", "\u{fdef}", "\u{1ffff}", "\u{10fffe}"] {
            assert_eq!(authenticated(id(text), BODY), of_bytes(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn an_id_that_looks_like_a_hash_is_hashed() {
        for text in
            [HASH.to_owned(), format!("a:{HASH}"), format!(":{HASH}"), format!("a:b:{HASH}")]
        {
            assert_eq!(authenticated(id(&text), BODY), of_bytes(text.as_bytes()));
        }
        for text in
            [HASH.to_uppercase(), format!("{HASH}0"), format!("a{HASH}"), format!("{HASH}:")]
        {
            assert_eq!(authenticated(id(&text), BODY), text);
        }
    }

    #[test]
    fn without_an_id_the_bodys_hash_is_the_id() {
        for none in [None, id(""), id(" "), id("\u{a0}")] {
            assert_eq!(authenticated(none.clone(), BODY), HASH);
            assert_eq!(unauthenticated(none, BODY), format!("body:{HASH}"));
        }
    }

    #[test]
    fn an_unauthenticated_body_is_part_of_the_id() {
        let long = "x".repeat(191);
        for text in ["a", "a:b", HASH, &long] {
            assert_eq!(unauthenticated(id(text), BODY), format!("{text}:{HASH}"));
        }
        for text in ["a\0", "\u{ffff}", &"x".repeat(192)] {
            let expected = format!("{}:{HASH}", of_bytes(text.as_bytes()));
            assert_eq!(unauthenticated(id(text), BODY), expected);
        }
        assert_eq!(unauthenticated(id(&long), BODY).len(), MAX_BYTES);
    }

    #[test]
    fn a_subject_holds_no_forbidden_character() {
        for (text, expected) in [
            ("a", "a"),
            ("100%", "100%"),
            ("é\u{202e}", "é\u{202e}"),
            ("a\0b", "a%00b"),
            ("100%\u{7}", "100%25%07"),
            ("\u{85}", "%C2%85"),
            ("a\u{fffe}", "a%EF%BF%BE"),
            ("\u{fdd0}", "%EF%B7%90"),
        ] {
            assert_eq!(subject(&Cow::Borrowed(text)), expected, "{text:?}");
        }
    }
}
