use zeroize::Zeroizing;

use crate::{
    cause::{Cause, Causes},
    variant::{joined, put},
};
use orderhook_core::{KeyFormat, Secret, json::BLANKS, scheme::mac::Mac};

const PREFIX: &str = "whsec_";

/// As many as there are blanks, so that both are taken off by one function.
const QUOTES: [char; 4] = ['"', '\'', '`', '\u{feff}'];

/// A key that a secret's text may stand for, and what is wrong with the text if it does.
pub(crate) struct Reading {
    pub(crate) mac: Mac,
    pub(crate) causes: Causes,
    /// Where among the account's secrets, or among the others, its text stands.
    pub(crate) index: usize,
}

/// How a key is made of a text, and what is wrong where the scheme has it otherwise.
const KINDS: [(KeyFormat, Cause); 3] = [
    (KeyFormat::Base64, Cause::SecretIsBase64),
    (KeyFormat::Hex, Cause::SecretIsHex),
    (KeyFormat::Utf8, Cause::SecretIsText),
];

/// What to add to a secret's text, before it and after it, and what is wrong if that is right.
const AROUND: [(&str, &str, Cause); 5] = [
    (PREFIX, "", Cause::SecretPrefix),
    // What may be part of the key at the provider's.
    ("", "\n", Cause::SecretBlanks),
    ("", "\r\n", Cause::SecretBlanks),
    ("", " ", Cause::SecretBlanks),
    (" ", "", Cause::SecretBlanks),
];

/// Gives every key that a text may stand for.
pub(crate) fn read(
    text: &str,
    format: KeyFormat,
    wrong: Causes,
    give: &mut dyn FnMut(Mac, Causes),
) {
    let bare = text.trim_matches(BLANKS).trim_matches(QUOTES);
    let trimmed = wrong.and(Causes::when(bare != text, Cause::SecretBlanks));
    // A scheme may take the prefix off itself.
    let stripped = Causes::when(format != KeyFormat::Whsec, Cause::SecretPrefix);
    kinds(text, format, wrong, give);
    kinds(bare, format, trimmed, give);
    if let Some(rest) = bare.strip_prefix(PREFIX) {
        kinds(rest, format, trimmed.and(stripped), give);
    }
    for (before, after, cause) in &AROUND {
        let text = Zeroizing::new(joined(&[before, bare, after]));
        kinds(&text, format, trimmed.and(Causes::of(*cause)), give);
    }
}

/// The keys of one text: what it is the base64 or the hex of, and its own bytes.
fn kinds(text: &str, format: KeyFormat, wrong: Causes, give: &mut dyn FnMut(Mac, Causes)) {
    let standard = Zeroizing::new(standard(text));
    for (kind, misread) in &KINDS {
        let is_base64 = *kind == KeyFormat::Base64;
        let shown = if is_base64 { &**standard } else { text };
        let is_due = *kind == format || is_base64 && format == KeyFormat::Whsec;
        let cause = if is_due { Cause::SecretEncoding } else { *misread };
        if let Ok(secret) = Secret::new(shown, *kind) {
            give(secret.mac(), wrong.and(Causes::when(!is_due || shown != text, cause)));
        }
    }
}

/// Base64 of either alphabet, padded or not, as the standard one has it.
pub(crate) fn standard(text: &str) -> String {
    let mut standard = String::new();
    for letter in text.chars() {
        match letter {
            '-' => put('+', &mut standard),
            '_' => put('/', &mut standard),
            '=' => {}
            other => put(other, &mut standard),
        }
    }
    while standard.len() & 3 != 0 {
        put('=', &mut standard);
    }
    standard
}
