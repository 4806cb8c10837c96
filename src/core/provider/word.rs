use crate::event::{Change, Status};

/// A word of a provider's for where an order is, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word as the provider's page has it.
    pub text: &'static str,
    /// What it means.
    pub status: Status,
    /// Whether nothing comes after it.
    pub is_final: bool,
}

impl Change<'_> {
    /// A change to where this word says; to somewhere unknown where nobody knows the word.
    pub(crate) fn to(word: Option<&Word>) -> Self {
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

impl Word {
    pub(crate) const fn open(text: &'static str, status: Status) -> Self {
        Self { text, status, is_final: false }
    }

    pub(crate) const fn last(text: &'static str, status: Status) -> Self {
        Self { text, status, is_final: true }
    }
}

/// The word that says the same as `text`. Providers' own pages disagree on case, blanks and the
/// `l` in "cancelled", so these do not count.
pub(crate) fn find(words: &'static [Word], text: &str) -> Option<&'static Word> {
    words.iter().find(|word| same(word.text, text))
}

/// What a word means; `unknown` where nobody knows it.
pub(crate) fn status(words: &'static [Word], text: &str) -> Status {
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
    fn spelling_does_not_count() {
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
