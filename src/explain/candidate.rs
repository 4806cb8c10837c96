use crate::{
    cause::{Cause, Causes},
    reading::standard,
    variant::joined,
};
use orderhook_core::scheme::encoding::{Encoding, TAG_BYTES};

/// The tags that are tried. A delivery has a handful; an attacker's headers may be full of them.
const MAX_CANDIDATES: usize = 64;

/// The headers that are searched, and the bytes of one.
const MAX_HEADERS: usize = 128;
const MAX_HEADER_BYTES: usize = 8192;

/// A text in a header that may be the tag, and what would be wrong with it.
pub(crate) struct Candidate<'a> {
    pub(crate) tag: [u8; TAG_BYTES],
    pub(crate) causes: Causes,
    /// The header that holds it, and the header's value.
    pub(crate) header: &'a [String; 2],
}

/// Finds texts in the headers that may be the tag of the header `name` in this encoding. `whole` is
/// that header's value as the scheme reads it: joined, where it was sent several times. `reads` says
/// whether a value of that header holds the tag in the right layout.
pub(crate) fn candidates<'a>(
    headers: &'a [[String; 2]],
    (name, whole): (&str, Option<&str>),
    encoding: Encoding,
    reads: &dyn Fn(&str, &[u8; TAG_BYTES]) -> bool,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for header in headers.iter().take(MAX_HEADERS) {
        let [called, value] = header;
        if value.len() > MAX_HEADER_BYTES {
            continue;
        }
        each_word(value, &mut |head, word, tail| {
            let Some(tag) = tag(word).filter(|_| found.len() < MAX_CANDIDATES) else {
                return;
            };
            // The padding of base64 is part of the tag.
            let padded = tail.strip_prefix('=').filter(|_| word.len() == 43);
            let (written, tail) = match padded {
                Some(tail) => (joined(&[word, "="]), tail),
                None => (word.to_owned(), tail),
            };
            let due = encoding.encode(&tag);
            let is_named = called.eq_ignore_ascii_case(name);
            let is_whole = !is_named || whole.is_none_or(|whole| whole == value);
            let is_laid_out = reads(&joined(&[head, &due, tail]), &tag)
                && (is_whole || reads(whole.unwrap_or_default(), &tag));
            let causes = Causes::when(!is_named, Cause::WrongHeader)
                .and(Causes::when(written != due, Cause::TagEncoding))
                .and(Causes::when(!is_laid_out, Cause::TagPrefix));
            found.push(Candidate { tag, causes, header });
        });
    }
    found
}

/// Gives every word of base64's and hex's characters, with the text before and after it.
fn each_word(value: &str, give: &mut dyn FnMut(&str, &str, &str)) {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut start = 0;
    for word in value.as_bytes().split(|byte| !is_letter(byte)) {
        let end = start + word.len();
        if let (Some(head), Some(word), Some(tail)) =
            (value.get(..start), value.get(start..end), value.get(end..))
        {
            give(head, word, tail);
        }
        start = end + 1;
    }
}

fn tag(word: &str) -> Option<[u8; TAG_BYTES]> {
    match word.len() {
        64 => Encoding::Hex.decode(&word.to_ascii_lowercase()),
        43 => Encoding::Base64.decode(&standard(word)),
        _ => None,
    }
}
