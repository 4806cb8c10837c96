use crate::{
    cause::{Cause, Causes},
    reading::standard,
    variant::joined,
};
use orderhook_core::scheme::encoding::{Encoding, TAG_BYTES};

/// Tags that are looked at. A delivery has a handful; an attacker's headers may be full of them.
const MAX_CANDIDATES: usize = 64;

/// Headers that are looked at, and the bytes of one.
const MAX_HEADERS: usize = 128;
const MAX_HEADER_BYTES: usize = 8192;

/// A text in a header that may be the tag, and what is wrong with it if it is.
pub(crate) struct Candidate<'a> {
    pub(crate) tag: [u8; TAG_BYTES],
    pub(crate) causes: Causes,
    /// The header that it stands in, and its value.
    pub(crate) header: &'a [String; 2],
}

/// What in the headers may be the tag that belongs into the header `name` in this encoding;
/// `reads` says whether a value of that header holds the tag in the right layout.
pub(crate) fn candidates<'a>(
    headers: &'a [[String; 2]],
    name: &str,
    encoding: Encoding,
    reads: &dyn Fn(&str, &[u8; TAG_BYTES]) -> bool,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for header in headers.iter().take(MAX_HEADERS) {
        let [called, value] = header;
        if value.len() > MAX_HEADER_BYTES {
            continue;
        }
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        let mut before = 0;
        // Words of base64's and hex's letters: what is between them belongs to none.
        for word in value.as_bytes().split(|byte| !is_letter(byte)) {
            let (start, mut end) = (before, before + word.len());
            before = end + 1;
            let (Some(head), Some(word), Some(mut tail)) =
                (value.get(..start), value.get(start..end), value.get(end..))
            else {
                continue;
            };
            let tag = match word.len() {
                64 => Encoding::Hex.decode(&word.to_ascii_lowercase()),
                43 => Encoding::Base64.decode(&standard(word)),
                _ => None,
            };
            let Some(tag) = tag.filter(|_| found.len() < MAX_CANDIDATES) else {
                continue;
            };
            if let Some(rest) = tail.strip_prefix('=').filter(|_| word.len() == 43) {
                tail = rest;
                end += 1;
            }
            let due = encoding.encode(&tag);
            let is_encoded = value.get(start..end) == Some(&due);
            let is_laid_out = reads(&joined(&[head, &due, tail]), &tag);
            let causes = Causes::when(!called.eq_ignore_ascii_case(name), Cause::WrongHeader)
                .and(Causes::when(!is_encoded, Cause::TagEncoding))
                .and(Causes::when(!is_laid_out, Cause::TagPrefix));
            found.push(Candidate { tag, causes, header });
        }
    }
    found
}
