use zeroize::Zeroizing;

use crate::{
    cause::{Cause, Causes},
    variant::{joined, put},
};
use orderhook_core::{KeyFormat, Secret, json::BLANKS, scheme::mac::Mac};

const PREFIX: &str = "whsec_";

/// Has as many characters as `BLANKS`, so that one function strips both.
const QUOTES: [char; 4] = ['"', '\'', '`', '\u{feff}'];

/// A key that a secret's text may mean, and what would be wrong with the text.
pub(crate) struct Reading {
    pub(crate) mac: Mac,
    pub(crate) causes: Causes,
    /// The place of its text among the account's secrets, or among the others.
    pub(crate) index: usize,
}

/// The formats of a key, and the cause if the scheme uses another one.
const KINDS: [(KeyFormat, Cause); 3] = [
    (KeyFormat::Base64, Cause::SecretIsBase64),
    (KeyFormat::Hex, Cause::SecretIsHex),
    (KeyFormat::Utf8, Cause::SecretIsText),
];

/// Texts to add before and after a secret's text, and the cause if that is right.
const AROUND: [(&str, &str, Cause); 5] = [
    (PREFIX, "", Cause::SecretPrefix),
    // Blanks that may be part of the provider's key.
    ("", "\n", Cause::SecretBlanks),
    ("", "\r\n", Cause::SecretBlanks),
    ("", " ", Cause::SecretBlanks),
    (" ", "", Cause::SecretBlanks),
];

/// Gives every key that a text may mean.
pub(crate) fn read(
    text: &str,
    format: KeyFormat,
    wrong: Causes,
    give: &mut dyn FnMut(Mac, Causes),
) {
    let bare = text.trim_matches(BLANKS).trim_matches(QUOTES);
    let trimmed = wrong.and(Causes::when(bare != text, Cause::SecretBlanks));
    // A scheme may strip the prefix itself.
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

/// Gives the keys of one text: decoded from base64, decoded from hex, and its own bytes.
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

/// Turns base64 of either alphabet, padded or not, into standard base64.
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
