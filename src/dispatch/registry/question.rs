use serde::{Deserialize, Serialize};

use super::{
    activity::Counts, audit::Action, dead_letters::DeadLettersQuestion,
    endpoints::EndpointsQuestion, section::Section, sessions::SessionsQuestion, tokens::Access,
};

/// What the registry can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// The names of the journals.
    Journals,
    /// Makes journals known.
    Note { journals: Vec<String> },
    /// What a request needs to know: a `Door`.
    Open {
        /// The SHA-256 of the token that was sent.
        digest: Option<String>,
    },
    /// All tokens: a list of `Token`.
    Tokens,
    /// Makes a token: a `Made`.
    CreateToken { actor: String, name: String, digest: String, access: Access },
    /// Deletes a token, and ends its sessions: whether there was one.
    DeleteToken { actor: String, name: String },
    /// A page of the audit: a `Listed`.
    Audit(Section),
    /// Adds an entry to the audit.
    Log { actor: String, action: Action, target: Option<String> },
    /// Adds sums of the receiver's answers.
    AddActivity(Counts),
    /// Looks at the sources and the dead letters: a list of `Pending`.
    Watch,
    /// Removes the notices that their journal has.
    RemoveNotices { ids: Vec<String> },
    /// The sums of the last day.
    Activity,
    /// The sums since a time, in steps: a list of `Sum`.
    History { since: i64, step: i64, source: Option<String> },
    /// Begins a request that has an `Idempotency-Key`: a `Known`.
    BeginAnswer { key: String, body: String },
    /// Keeps the answer of such a request.
    KeepAnswer { key: String, status: u16, sealed: String },
    /// Forgets such a request.
    ForgetAnswer { key: String },
    /// A question about dead letters.
    DeadLetters(DeadLettersQuestion),
    /// A question about endpoints.
    Endpoints(EndpointsQuestion),
    /// A question about sessions.
    Sessions(SessionsQuestion),
}
