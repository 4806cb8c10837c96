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
    pub(crate) fn decode(self, text: &str) -> Option<[u8; TAG_BYTES]> {
        match self {
            Self::Hex => decode_hex(text),
            Self::Base64 => decode_base64(text),
        }
    }

    /// A tag as text.
    pub(crate) fn encode(self, tag: &[u8; TAG_BYTES]) -> String {
        match self {
            Self::Hex => hex::encode(tag),
            Self::Base64 => STANDARD.encode(tag),
        }
    }
}

fn decode_hex(text: &str) -> Option<[u8; TAG_BYTES]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut tag = [0; TAG_BYTES];
    hex::decode_to_slice(text, &mut tag).ok()?;
    Some(tag)
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
