use std::borrow::Cow;

use crate::mac::sha256;

/// Bytes that an identity may have. A KV key may have 512 and holds the source's name and a
/// prefix beside it.
const MOST_BYTES: usize = 256;

/// A provider's id as the event's: itself, or its SHA-256 in hex where it is too long for a key
/// or holds control bytes.
pub(crate) fn identity(id: Cow<'_, str>) -> Cow<'_, str> {
    if id.len() > MOST_BYTES || id.chars().any(char::is_control) {
        return Cow::Owned(of_bytes(id.as_bytes()));
    }
    id
}

/// SHA-256 of some bytes in hex: who an event is that names itself in no other way.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_fits_a_key_stays() {
        for id in ["a", "ORD-000129:delivered", "é", &"x".repeat(256)] {
            assert_eq!(identity(Cow::Borrowed(id)), id);
        }
    }

    #[test]
    fn an_id_that_does_not_is_replaced() {
        for id in ["a\n", "\0", "a\u{7f}", "\u{85}", &"x".repeat(257), &"é".repeat(129)] {
            let replaced = identity(Cow::Borrowed(id));
            assert_eq!(replaced, of_bytes(id.as_bytes()));
            assert_eq!(replaced.len(), 64);
        }
    }
}
