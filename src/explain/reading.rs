use zeroize::Zeroizing;

use crate::{
    cause::{Cause, Causes},
    variant::{joined, put},
};
use orderhook_core::{KeyFormat, MacKind, Secret, json::BLANKS, scheme::mac::Mac};

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

/// How a scheme's secrets become keys.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) format: KeyFormat,
    pub(crate) mac: MacKind,
}

/// Gives every key that a text may mean.
pub(crate) fn read(text: &str, due: Key, wrong: Causes, give: &mut dyn FnMut(Mac, Causes)) {
    let format = due.format;
    let bare = text.trim_matches(BLANKS).trim_matches(QUOTES);
    let trimmed = wrong.and(Causes::when(bare != text, Cause::SecretBlanks));
    // A scheme may strip the prefix itself.
    let stripped = Causes::when(format != KeyFormat::Whsec, Cause::SecretPrefix);
    kinds(text, due, wrong, give);
    kinds(bare, due, trimmed, give);
    if let Some(rest) = bare.strip_prefix(PREFIX) {
        kinds(rest, due, trimmed.and(stripped), give);
    }
    for (before, after, cause) in &AROUND {
        let text = Zeroizing::new(joined(&[before, bare, after]));
        kinds(&text, due, trimmed.and(Causes::of(*cause)), give);
    }
}

/// Gives the keys of one text: as the scheme reads it, decoded from base64, decoded from hex, and
/// its own bytes.
fn kinds(text: &str, due: Key, wrong: Causes, give: &mut dyn FnMut(Mac, Causes)) {
    let Key { format, mac } = due;
    if matches!(format, KeyFormat::Html | KeyFormat::Nfkd)
        && let Ok(secret) = Secret::of(text, format, mac)
    {
        give(secret.mac(), wrong);
    }
    let standard = Zeroizing::new(standard(text));
    for (kind, misread) in &KINDS {
        let is_base64 = *kind == KeyFormat::Base64;
        let shown = if is_base64 { &**standard } else { text };
        let is_due = *kind == format || is_base64 && format == KeyFormat::Whsec;
        let cause = if is_due { Cause::SecretEncoding } else { *misread };
        if let Ok(secret) = Secret::of(shown, *kind, mac) {
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
