use serde::{Deserialize, Serialize};

use super::{dead_letters::DeadLetter, tokens::Holder};

/// What the registry can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// The names of the journals.
    Journals,
    /// Makes journals known.
    Note {
        journals: Vec<String>,
    },
    /// What a request needs to know: a [`Door`].
    Open {
        /// The SHA-256 of the token that was sent.
        digest: Option<String>,
    },
    KeepDeadLetters {
        letters: Vec<DeadLetter>,
    },
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
