use serde::{Deserialize, Serialize};

use super::{
    activity::Sum,
    audit::Action,
    dead_letters::{DeadLetter, Heading},
    tokens::{Access, Holder},
};
use crate::contact::Contact;

/// What the registry can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// The names of the journals.
    Journals,
    /// Makes journals known.
    Note { journals: Vec<String> },
    /// What a request needs to know: a [`Door`].
    Open {
        /// The SHA-256 of the token that was sent.
        digest: Option<String>,
    },
    /// All tokens: a list of `Token`.
    Tokens,
    /// Makes a token: a `Made`.
    CreateToken { actor: String, name: String, digest: String, access: Access },
    /// Deletes a token: whether there was one.
    DeleteToken { actor: String, name: String },
    /// A page of the audit: a [`Listed`].
    Audit(Section),
    /// Adds an entry to the audit.
    Log { actor: String, action: Action, target: Option<String> },
    /// Keeps dead letters.
    KeepDeadLetters { letters: Vec<DeadLetter> },
    /// A page of dead letters: a [`Listed`] of [`Heading`].
    DeadLetters { source: Option<String>, section: Section },
    /// A dead letter with its content, or null.
    DeadLetter { id: String },
    /// Deletes a dead letter: whether there was one.
    DeleteDeadLetter { actor: String, action: Action, id: String },
    /// Adds sums of the receiver's answers.
    AddActivity { sums: Vec<Sum> },
    /// The sums of the last day.
    Activity,
    /// Erases the dead letters of an order: how many.
    EraseDeadLetters { source: String, order: String },
    /// Erases the dead letters that name a customer: how many.
    EraseDeadLettersOf { source: Option<String>, contact: Contact },
    /// How many dead letters there are.
    CountDeadLetters,
}

/// A part of a list of the registry. The latest come first.
#[derive(Serialize, Deserialize)]
pub(crate) struct Section {
    /// The position after which it begins.
    pub(crate) after: Option<i64>,
    pub(crate) limit: i64,
}

/// A page of a list of the registry.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) entries: Vec<T>,
    /// The position after which the next page begins.
    pub(crate) next: Option<i64>,
}

impl Section {
    /// Returns the last position that the section may have, and one more than its length.
    pub(super) fn bounds(&self) -> (i64, i64) {
        (self.after.map_or(i64::from(u32::MAX) << 20, |after| after - 1), self.limit + 1)
    }

    /// Makes the page of entries that were read, with their positions: one more than the page has.
    pub(super) fn page<T>(&self, mut read: Vec<(i64, T)>) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(0);
        let has_more = read.len() > limit;
        read.truncate(limit);
        let next = read.last().map(|(seq, _)| *seq).filter(|_| has_more);
        Listed { entries: read.into_iter().map(|(_, entry)| entry).collect(), next }
    }
}

/// What a request needs to know.
#[derive(Serialize, Deserialize)]
pub(crate) struct Door {
    /// The holder of the token that was sent.
    pub(crate) holder: Option<Holder>,
    /// Whether there are tokens.
    pub(crate) has_tokens: bool,
    /// The names of the journals.
    pub(crate) journals: Vec<String>,
}

/// A dead letter with its content.
#[derive(Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(crate) dead_letter: Heading,
    pub(crate) content: String,
}
