//! Finds texts in a delivery that may be its signature by a private key, and writes each as the
//! scheme reads it.

use crate::{
    candidate::{each_word, listed},
    cause::{Cause, Causes},
    edit::Edit,
    reading::standard,
    variant::joined,
};
use orderhook_core::{
    Algorithm, Delivery, Encoding, HttpSignature, Layout, PublicKeyScheme, Scheme,
};

/// The signatures that are tried.
const MAX_SENT: usize = 8;

/// Returns the changes by which a signature would stand in its header as it should.
pub(crate) fn edits(
    delivery: &Delivery<'_>,
    headers: &[[String; 2]],
    scheme: &Scheme,
) -> Vec<Edit> {
    match scheme {
        Scheme::PublicKey(scheme) if scheme.is_jws => {
            let name = name(delivery, scheme);
            let found = listed(headers.iter()).filter_map(|header| jws(header, name, scheme));
            found.filter(is_change).take(MAX_SENT).collect()
        }
        Scheme::PublicKey(scheme) => {
            let encoding = scheme.signed.tags.encodings.first().copied();
            let place = Place {
                name: name(delivery, scheme),
                algorithms: &[scheme.algorithm],
                encoding: encoding.unwrap_or(Encoding::Base64),
                write: &|head, text, tail| laid_out(&scheme.signed.tags.layout, head, text, tail),
            };
            place.edits(headers)
        }
        Scheme::HttpSignature(_) => {
            let input = delivery.header("signature-input").unwrap_or_default();
            let Some(stated) = HttpSignature::input(&input) else {
                return Vec::new();
            };
            let place = Place {
                name: "signature",
                algorithms: &Algorithm::ALL,
                encoding: Encoding::Base64,
                write: &|_, text, _| joined(&[stated.label, "=:", text, ":"]),
            };
            place.edits(headers)
        }
        _ => Vec::new(),
    }
}

/// Whether the signature does not stand as it should already.
fn is_change(edit: &Edit) -> bool {
    edit.causes != Causes::NONE
}

/// Returns the header of a scheme's signature: the one that the delivery has, or the first.
fn name<'s>(delivery: &Delivery<'_>, scheme: &'s PublicKeyScheme) -> &'s str {
    let names = || scheme.signed.tags.place.headers();
    let sent = names().find(|name| delivery.header(name).is_some());
    sent.or_else(|| names().next()).unwrap_or_default()
}

/// Writes a signature as a layout has it. `head` and `tail` stood around it.
fn laid_out(layout: &Layout, head: &str, text: &str, tail: &str) -> String {
    match layout {
        Layout::Bare => text.to_owned(),
        Layout::Prefixed(prefixes) => joined(&[prefixes.first().map_or("", |prefix| prefix), text]),
        Layout::Listed(_, prefix) => joined(&[prefix, text]),
        Layout::Pairs(_) => joined(&[head, text, tail]),
    }
}

/// The place of a signature, and how it is written there.
struct Place<'s> {
    name: &'s str,
    algorithms: &'s [Algorithm],
    encoding: Encoding,
    /// Writes the header's value around a signature, from what stood before and after it.
    write: &'s dyn Fn(&str, &str, &str) -> String,
}

impl Place<'_> {
    fn edits(&self, headers: &[[String; 2]]) -> Vec<Edit> {
        let mut found = Vec::new();
        for [called, value] in listed(headers.iter()) {
            each_word(value, &mut |head, word, tail| {
                let bytes = signature(word, self.algorithms).filter(|_| found.len() < MAX_SENT);
                let edit = bytes.map(|bytes| self.edit(called, value, (head, tail), &bytes));
                found.extend(edit.filter(is_change));
            });
        }
        found
    }

    fn edit(&self, called: &str, value: &str, around: (&str, &str), bytes: &[u8]) -> Edit {
        let (head, tail) = around;
        let text = self.encoding.encode(bytes);
        let rest = tail.trim_start_matches('=');
        let right = (self.write)(head, &text, rest);
        let is_named = called.eq_ignore_ascii_case(self.name);
        let is_encoded = value.strip_prefix(head).and_then(|it| it.strip_suffix(rest));
        let is_encoded = is_encoded == Some(&text);
        let is_laid_out = joined(&[head, &text, rest]) == right;
        Edit {
            causes: Causes::when(!is_named, Cause::WrongHeader)
                .and(Causes::when(!is_encoded, Cause::TagEncoding))
                .and(Causes::when(!is_laid_out, Cause::TagPrefix)),
            about: called.to_owned(),
            header: Some([self.name.to_owned(), right]),
            url: None,
        }
    }
}

/// Returns the change by which a header's value is a detached JWS.
fn jws([called, value]: &[String; 2], name: &str, scheme: &PublicKeyScheme) -> Option<Edit> {
    let token = value.trim_matches([' ', '\t', '"', '\'']);
    let (header, rest) = token.split_once('.')?;
    let (_, text) = rest.split_once('.')?;
    let signature = signature(text.trim_end_matches('='), &[scheme.algorithm])?;
    let right = Encoding::Base64Url.encode(&signature);
    let is_named = called.eq_ignore_ascii_case(name);
    let is_laid_out = joined(&[header, "..", text]) == *value;
    Some(Edit {
        causes: Causes::when(!is_named, Cause::WrongHeader)
            .and(Causes::when(text != right, Cause::TagEncoding))
            .and(Causes::when(!is_laid_out, Cause::TagPrefix)),
        about: called.clone(),
        header: Some([name.to_owned(), joined(&[header, "..", &right])]),
        url: None,
    })
}

/// Returns the bytes of a signature, in whichever encoding they are.
fn signature(word: &str, algorithms: &[Algorithm]) -> Option<Vec<u8>> {
    let hex = Encoding::Hex.decode_any(&word.to_ascii_lowercase());
    let base64 = Encoding::Base64.decode_any(&standard(word));
    hex.into_iter().chain(base64).find_map(|bytes| {
        let is_whole = algorithms.iter().any(|algorithm| algorithm.has_length(bytes.len()));
        let has_curve = algorithms.contains(&Algorithm::EcdsaP256);
        if is_whole { Some(bytes) } else { of_der(&bytes).filter(|_| has_curve) }
    })
}

/// Returns a signature of ECDSA that is written in DER as its two numbers of 32 bytes.
fn of_der(der: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = der.split_first_chunk()?;
    let [0x30, length] = *head else {
        return None;
    };
    let (r, rest) = number(rest)?;
    let (s, rest) = number(rest)?;
    let is_whole = rest.is_empty() && usize::from(length) + 2 == der.len();
    is_whole.then(|| [r, s].concat())
}

/// Reads an INTEGER of DER of at most 32 bytes; returns it in 32 bytes, and what follows it.
fn number(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    let (head, rest) = der.split_first_chunk()?;
    let [2, length] = *head else {
        return None;
    };
    let (bytes, rest) = rest.split_at_checked(usize::from(length))?;
    // A first bit that is set has a zero in front.
    let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    let mut number = [0; 32];
    number.get_mut(32_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_der_have_32_bytes() {
        let short = [&[0x30, 7, 2, 1, 5, 2, 2, 0, 0x80][..], &[][..]].concat();
        let raw = of_der(&short).expect("a signature");
        assert_eq!((raw.len(), raw.get(31), raw.get(63)), (64, Some(&5), Some(&0x80)));
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 6, 2, 1, 5, 2, 1],
            &[0x30, 7, 2, 1, 5, 2, 1, 6],
            &[0x30, 6, 3, 1, 5, 2, 1, 6],
            &[0x30, 7, 2, 1, 5, 2, 1, 6, 0],
        ] {
            assert_eq!(of_der(bad), None, "{bad:?}");
        }
        let long = [&[0x30, 38, 2, 33][..], &[1; 33], &[2, 1, 1]].concat();
        assert_eq!(of_der(&long), None);
    }
}
