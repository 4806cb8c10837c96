use std::borrow::{Borrow, Cow};

use crate::{
    cause::{Cause, Causes},
    reading::standard,
    variant::joined,
};
use orderhook_core::{SentToken, TagBytes, scheme::encoding::Encoding};

/// The tags that are tried. A delivery has a handful; an attacker's headers may be full of them.
const MAX_CANDIDATES: usize = 64;

/// The headers that are searched, and the bytes of one.
const MAX_HEADERS: usize = 128;
const MAX_HEADER_BYTES: usize = 8192;

/// A header with its value; or a field of the body, with its pointer and its text.
pub(crate) type Named<'a> = Cow<'a, [String; 2]>;

/// A text that may be the tag, and what would be wrong with it.
pub(crate) struct Candidate<'a> {
    pub(crate) tag: TagBytes,
    pub(crate) causes: Causes,
    /// The header that holds it.
    pub(crate) header: Named<'a>,
}

/// The place of a scheme's tag, and how the tag is written there.
pub(crate) struct Due<'s> {
    /// The header's name, or the field's pointer.
    pub(crate) name: &'s str,
    /// The value of that header as the scheme reads it: joined, where it was sent several times.
    pub(crate) whole: Option<&'s str>,
    pub(crate) encodings: &'s [Encoding],
    /// The bytes of a tag.
    pub(crate) bytes: usize,
    /// Whether a value of that header holds the tag in the right layout.
    pub(crate) reads: &'s dyn Fn(&str, &TagBytes) -> bool,
}

/// Finds texts in the headers that may be the tag.
pub(crate) fn candidates<'a>(
    headers: impl Iterator<Item = Named<'a>>,
    due: &Due<'_>,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for header in listed(headers) {
        let [called, value] = &*header;
        let is_named = called.eq_ignore_ascii_case(due.name);
        each_word(value, &mut |head, word, tail| {
            let Some(tag) = tag(word, due.bytes).filter(|_| found.len() < MAX_CANDIDATES) else {
                return;
            };
            // The padding of base64 is part of the tag.
            let padding = if due.bytes % 3 == 1 { "==" } else { "=" };
            let padded = tail.strip_prefix(padding).filter(|_| word.len() != 2 * due.bytes);
            let (written, tail) = match padded {
                Some(tail) => (joined(&[word, padding]), tail),
                None => (word.to_owned(), tail),
            };
            let texts = || due.encodings.iter().map(|encoding| encoding.encode(&tag));
            let is_encoded = texts().any(|text| text == written);
            let right = if is_encoded { written } else { texts().next().unwrap_or_default() };
            let is_whole = !is_named || due.whole.is_none_or(|whole| whole == value);
            let is_laid_out = (due.reads)(&joined(&[head, &right, tail]), &tag)
                && (is_whole || (due.reads)(due.whole.unwrap_or_default(), &tag));
            let causes = Causes::when(!is_named, Cause::WrongHeader)
                .and(Causes::when(!is_encoded, Cause::TagEncoding))
                .and(Causes::when(!is_laid_out, Cause::TagPrefix));
            found.push(Candidate { tag, causes, header: header.clone() });
        });
    }
    found
}

/// Returns the headers that are searched.
pub(crate) fn listed<H: Borrow<[String; 2]>>(
    headers: impl Iterator<Item = H>,
) -> impl Iterator<Item = H> {
    headers.take(MAX_HEADERS).filter(|header| header.borrow()[1].len() <= MAX_HEADER_BYTES)
}

/// What may stand before a token.
const PREFIXES: [&str; 4] = ["", "Bearer ", "Basic ", "Token "];

/// Finds texts in the headers that may be the token. `name` is the header that has it.
pub(crate) fn tokens<'a>(
    headers: impl Iterator<Item = Named<'a>>,
    name: &str,
    scheme: &SentToken,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for header in listed(headers) {
        let [called, value] = &*header;
        let is_named = called.eq_ignore_ascii_case(name);
        let own = scheme.prefixes.iter().map(|prefix| (&**prefix, true));
        let others = PREFIXES.into_iter().map(|prefix| (prefix, false));
        for (prefix, is_own) in own.chain(others) {
            if let Some(tag) = scheme.hash(value, prefix) {
                let causes = Causes::when(!is_named, Cause::WrongHeader)
                    .and(Causes::when(!is_own, Cause::TagPrefix));
                found.push(Candidate { tag, causes, header: header.clone() });
            }
        }
    }
    found
}

/// Gives every word of base64's and hex's characters, with the text before and after it.
pub(crate) fn each_word(value: &str, give: &mut dyn FnMut(&str, &str, &str)) {
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

/// Returns the tag of so many bytes that a word is, in hex or in base64.
fn tag(word: &str, bytes: usize) -> Option<TagBytes> {
    let (hex, base64) = (2 * bytes, (8 * bytes).div_ceil(6));
    match word.len() {
        length if length == hex => Encoding::Hex.decode_tag(&word.to_ascii_lowercase(), bytes),
        length if length == base64 => {
            let decoded = Encoding::Base64.decode_any(&standard(word))?;
            Some(TagBytes::new(&decoded))
        }
        _ => None,
    }
}
