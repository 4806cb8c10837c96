use crate::event::{Change, Status};

/// A provider's word for an event or a status, and its meaning.
#[derive(Clone, Copy, Debug)]
pub struct StatusWord {
    /// The word as the provider's page writes it.
    pub text: &'static str,
    /// The status that it means.
    pub status: Status,
    /// Whether no other status follows.
    pub is_final: bool,
}

impl Change<'_> {
    /// Makes a change to the status of this word; to `unknown` without one.
    pub(crate) fn to(word: Option<&StatusWord>) -> Self {
        Self {
            now: word.map_or(Status::Unknown, |word| word.status),
            was: None,
            is_final: word.is_some_and(|word| word.is_final),
            documented: word.is_some(),
            provider_event: None,
            provider_now: None,
            provider_was: None,
        }
    }
}

impl StatusWord {
    pub(crate) const fn open(text: &'static str, status: Status) -> Self {
        Self { text, status, is_final: false }
    }

    pub(crate) const fn last(text: &'static str, status: Status) -> Self {
        Self { text, status, is_final: true }
    }
}

/// Returns the word that matches `text`. Providers' own pages disagree on case, blanks and the `l`
/// in "cancelled", so these are ignored.
pub(crate) fn find(words: &'static [StatusWord], text: &str) -> Option<&'static StatusWord> {
    words.iter().find(|word| same(word.text, text))
}

/// Returns the status that a word means; `unknown` if the word is not listed.
pub(crate) fn status(words: &'static [StatusWord], text: &str) -> Status {
    find(words, text).map_or(Status::Unknown, |word| word.status)
}

fn same(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    let mut before = None;
    text.chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-'))
        .map(|c| c.to_ascii_lowercase())
        .filter(move |&c| before.replace(c) != Some('l') || c != 'l')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_ignored() {
        for (a, b) in [
            ("Order Canceled", "order cancelled"),
            ("FAILED_PERMANENTLY", "FAILED PERMANENTLY"),
            ("HoldByCIImageIssue", "hold by CI image issue"),
            ("Order Ready for Self-Pickup", "Order Ready For Self Pickup"),
            ("Order Pending Cancelation", "Order Pending Cancellation"),
        ] {
            assert!(same(a, b), "{a} / {b}");
        }
        for (a, b) in [("Failed", "Fail"), ("Processed", "Processing"), ("", "x"), ("a", "aa")] {
            assert!(!same(a, b), "{a} / {b}");
        }
    }
}
