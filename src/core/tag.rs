use base64::{Engine, engine::general_purpose::STANDARD};

/// A tag's length in bytes: HMAC-SHA256's, and SHA-256's.
pub(crate) const TAG_BYTES: usize = 32;

/// How 32 bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 64 digits of lower-case hex.
    Hex,
    /// 44 characters of standard base64, padded.
    Base64,
}

impl Encoding {
    /// What a tag should look like, for error texts.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Hex => "64 digits of lower-case hex",
            Self::Base64 => "44 characters of standard base64",
        }
    }

    /// A tag's bytes; `None` unless the text is exactly the one way of writing them. Two texts
    /// for one tag would let a changed tag pass.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<[u8; TAG_BYTES]> {
        match self {
            Self::Hex => decode_hex(text),
            Self::Base64 => decode_base64(text),
        }
    }

    /// A tag as text.
    pub(crate) fn encode(self, tag: &[u8; TAG_BYTES]) -> String {
        match self {
            Self::Hex => hex::encode(tag),
            Self::Base64 => base64(tag),
        }
    }
}

fn decode_hex(text: &str) -> Option<[u8; TAG_BYTES]> {
    let (pairs, rest) = text.as_bytes().as_chunks();
    let pairs: &[_; TAG_BYTES] = pairs.try_into().ok().filter(|_| rest.is_empty())?;
    let mut tag = [0; TAG_BYTES];
    let mut all = true;
    for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
        *byte = value(*high) << 4 | value(*low);
        all &= is_digit(*high) & is_digit(*low);
    }
    all.then_some(tag)
}

/// Lower case alone. Without branches, as `value` is: a processor cannot guess random digits.
fn is_digit(digit: u8) -> bool {
    (digit.wrapping_sub(b'0') < 10) | (digit.wrapping_sub(b'a') < 6)
}

/// What a digit stands for: the low four bits, and nine more for a letter.
fn value(digit: u8) -> u8 {
    (digit & 15) + 9 * (digit >> 6)
}

/// Standard base64, padded. The crate's own `encode` brings what prints a text that is not UTF-8.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    // The room is exactly what it takes.
    let written = STANDARD.encode_slice(bytes, &mut text).unwrap_or(0);
    text.truncate(written);
    String::from_utf8(text).unwrap_or_default()
}

fn decode_base64(text: &str) -> Option<[u8; TAG_BYTES]> {
    // The engine refuses missing padding and non-zero trailing bits, but wants room for whole
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
    fn hex_is_written_in_one_way() {
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
    fn base64_is_written_in_one_way() {
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
}
