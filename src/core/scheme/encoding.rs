use base64::{Engine, engine::general_purpose::STANDARD};

/// The length of a tag in bytes: of an HMAC-SHA256, or of a SHA-256.
pub const TAG_BYTES: usize = 32;

/// The encoding of a tag's 32 bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 64 digits of lower-case hex.
    Hex,
    /// 44 characters of standard base64, padded.
    Base64,
}

impl Encoding {
    /// Returns what a tag should look like, for error texts.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Hex => "64 digits of lower-case hex",
            Self::Base64 => "44 characters of standard base64",
        }
    }

    /// Returns a tag's bytes; `None` unless the text is the one canonical way to write them. With
    /// two texts for one tag, a changed tag would pass.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<[u8; TAG_BYTES]> {
        match self {
            Self::Hex => decode_hex(text),
            Self::Base64 => decode_base64(text),
        }
    }

    /// Returns a tag as text.
    #[must_use]
    pub fn encode(self, tag: &[u8; TAG_BYTES]) -> String {
        match self {
            Self::Hex => hex::encode(tag),
            Self::Base64 => base64(tag),
        }
    }
}

/// Decodes eight digits at a time, without branches on the digits.
fn decode_hex(text: &str) -> Option<[u8; TAG_BYTES]> {
    let mut tag = [0; TAG_BYTES];
    let (eights, rest) = text.as_bytes().as_chunks();
    if eights.len() != TAG_BYTES / 4 || !rest.is_empty() {
        return None;
    }
    let mut differs = 0;
    for (bytes, digits) in tag.as_chunks_mut().0.iter_mut().zip(eights) {
        let digits = u64::from_be_bytes(*digits);
        let nibbles = nibbles(digits);
        differs |= digits ^ written(nibbles) | nibbles & (240 * ONES);
        *bytes = joined(nibbles);
    }
    (differs == 0).then_some(tag)
}

/// The value 1 in each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Returns the values of eight digits: the low four bits of each, and nine more for a letter.
fn nibbles(digits: u64) -> u64 {
    (digits & (15 * ONES)).wrapping_add((digits >> 6 & ONES) * 9)
}

/// Returns the digits of eight nibbles, in lower case.
fn written(nibbles: u64) -> u64 {
    let letters = nibbles.wrapping_add(6 * ONES) >> 4 & ONES;
    nibbles.wrapping_add(u64::from(b'0') * ONES).wrapping_add(letters * 39)
}

/// Joins eight nibbles into four bytes.
fn joined(nibbles: u64) -> [u8; 4] {
    let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let [.., a, b, c, d] = (fours | fours >> 16).to_be_bytes();
    [a, b, c, d]
}

/// Returns standard base64, padded. The crate's own `encode` also links code that prints a text
/// that is not UTF-8.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    // The buffer has exactly the length of the text.
    let written = STANDARD.encode_slice(bytes, &mut text).unwrap_or(0);
    text.truncate(written);
    String::from_utf8(text).unwrap_or_default()
}

fn decode_base64(text: &str) -> Option<[u8; TAG_BYTES]> {
    // The engine refuses missing padding and non-zero trailing bits, but needs a buffer of whole
    // quanta: 44 characters could be 33 bytes.
    let mut tag = [0; TAG_BYTES + 1];
    match STANDARD.decode_slice(text, &mut tag) {
        Ok(TAG_BYTES) => tag.first_chunk().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_has_one_canonical_form() {
        let text = "03ca34e50d93439745272b8308c9aeb4f941cfe2ce608ff13179ceceeafd3302";
        let tag = Encoding::Hex.decode(text).expect("hex");
        assert_eq!(Encoding::Hex.encode(&tag), text);
        for bad in [
            "",
            "0",
            &text[1..],
            &text[2..],
            &format!("{text}0"),
            &format!("{text}00"),
            &format!(" {text}"),
            &format!("{text}\n"),
            &format!("0x{}", &text[2..]),
            &text.to_uppercase(),
            &text.replace('0', "g"),
            &text.replace('0', "é"),
        ] {
            assert_eq!(Encoding::Hex.decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_lower_case_hex_digits_are_digits() {
        let right = "0123456789abcdef".repeat(4);
        for at in 0..64 {
            for byte in 0..=255_u8 {
                let mut text = right.clone().into_bytes();
                text[at] = byte;
                let decoded =
                    str::from_utf8(&text).ok().and_then(|text| Encoding::Hex.decode(text));
                let is_digit = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                assert_eq!(
                    decoded.map(hex::encode),
                    is_digit.then(|| String::from_utf8(text).expect("ASCII"))
                );
            }
        }
    }

    #[test]
    fn base64_has_one_canonical_form() {
        let text = "SNtV7RidghyEwa8Fp8wijeD5anEgnmRTMMuRdLFaD1c=";
        let tag = Encoding::Base64.decode(text).expect("base64");
        assert_eq!(Encoding::Base64.encode(&tag), text);
        for bad in [
            "",
            "=",
            &text[..43],
            &text[4..],
            &format!("{text}="),
            &format!("{text}AAAA"),
            &format!(" {text}"),
            &format!("{text}\n"),
            &text.replace("1c=", "1d="),
            &text.replace("1c=", "1cA"),
            &text.replace('S', "-"),
            &text.replace('S', "\0"),
        ] {
            assert_eq!(Encoding::Base64.decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn two_wrong_digits_do_not_make_up_for_each_other() {
        for digit in ["A", "F", "/", ":", "g", "`", "G"] {
            assert_eq!(Encoding::Hex.decode(&digit.repeat(64)), None, "{digit}");
            let pair = format!("{digit}0000000").repeat(2) + &"0".repeat(48);
            assert_eq!(Encoding::Hex.decode(&pair), None, "{digit}");
        }
    }
}
