use std::ops::Deref;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// The length of a tag in bytes: of an HMAC-SHA256, or of a SHA-256.
pub const TAG_BYTES: usize = 32;

/// The length of the longest tag in bytes: of an HMAC-SHA512.
const MAX_TAG_BYTES: usize = 64;

/// The length of a buffer for the longest tag. The engines of base64 need whole quanta.
const BUFFER_BYTES: usize = MAX_TAG_BYTES.next_multiple_of(3);

/// The bytes of a tag that was sent, or is to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TagBytes {
    bytes: [u8; MAX_TAG_BYTES],
    length: usize,
}

impl TagBytes {
    /// Takes the bytes of a tag; of more than 64, the first 64.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut tag = Self { bytes: [0; MAX_TAG_BYTES], length: bytes.len().min(MAX_TAG_BYTES) };
        tag.bytes.iter_mut().zip(bytes).for_each(|(to, byte)| *to = *byte);
        tag
    }
}

impl Deref for TagBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The encoding of a tag's bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Lower-case hex.
    Hex,
    /// Standard base64, padded.
    Base64,
    /// Base64 for URLs (RFC 4648, section 5), without padding.
    Base64Url,
}

impl Encoding {
    /// Returns what a tag of so many bytes should look like, for error texts.
    pub(crate) const fn expected(encodings: &[Self], bytes: usize) -> &'static str {
        match (encodings, bytes) {
            ([Self::Hex], 20) => "40 digits of lower-case hex",
            ([Self::Hex], 32) => "64 digits of lower-case hex",
            ([Self::Hex], 64) => "128 digits of lower-case hex",
            ([Self::Base64], 20) => "28 characters of standard base64",
            ([Self::Base64], 32) => "44 characters of standard base64",
            ([Self::Base64], 64) => "88 characters of standard base64",
            ([Self::Base64Url], _) => "a tag in base64 for URLs, without padding",
            _ => "a tag in one of its encodings",
        }
    }

    /// Returns the bytes of a tag of 32 bytes; `None` unless the text is the one canonical way to
    /// write them. With two texts for one tag, a changed tag would pass.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<[u8; TAG_BYTES]> {
        self.decode_tag(text, TAG_BYTES)?.first_chunk().copied()
    }

    /// Does the same for a tag of so many bytes: 20, 32 or 64.
    #[must_use]
    pub fn decode_tag(self, text: &str, bytes: usize) -> Option<TagBytes> {
        // The engines refuse wrong padding and non-zero trailing bits.
        let mut tag = [0; BUFFER_BYTES];
        let decoded = match self {
            Self::Hex => decode_hex(text, tag.get_mut(..bytes)?),
            Self::Base64 => STANDARD.decode_slice(text, &mut tag).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode_slice(text, &mut tag).ok(),
        };
        let tag = tag.get(..decoded.filter(|decoded| *decoded == bytes)?)?;
        Some(TagBytes::new(tag))
    }

    /// Returns the bytes of a signature, of any length.
    #[must_use]
    pub fn decode_any(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => {
                let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
                hex::decode(text).ok().filter(|_| is_lower)
            }
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode(text).ok(),
        }
    }

    /// Returns a tag as text.
    #[must_use]
    pub fn encode(self, tag: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(tag),
            Self::Base64 => base64(tag),
            Self::Base64Url => encoded(&URL_SAFE_NO_PAD, tag),
        }
    }
}

/// Decodes eight digits at a time, without branches on the digits. Returns how many bytes there
/// are.
fn decode_hex(text: &str, tag: &mut [u8]) -> Option<usize> {
    let (eights, rest) = text.as_bytes().as_chunks();
    let (fours, odd) = tag.as_chunks_mut();
    if eights.len() != fours.len() || !rest.is_empty() || !odd.is_empty() {
        return None;
    }
    let mut differs = 0;
    for (bytes, digits) in fours.iter_mut().zip(eights) {
        let digits = u64::from_be_bytes(*digits);
        let nibbles = nibbles(digits);
        differs |= digits ^ written(nibbles) | nibbles & (240 * ONES);
        *bytes = joined(nibbles);
    }
    (differs == 0).then_some(tag.len())
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

/// Returns standard base64, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    encoded(&STANDARD, bytes)
}

/// Encodes bytes. The crate's own `encode` also links code that prints a text that is not UTF-8.
fn encoded(engine: &impl Engine, bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    // The buffer has at least the length of the text.
    let written = engine.encode_slice(bytes, &mut text).unwrap_or(0);
    text.truncate(written);
    String::from_utf8(text).unwrap_or_default()
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
