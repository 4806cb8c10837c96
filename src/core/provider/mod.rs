//! Providers. What one sends is described by a definition, which is data: [`Provider::parse`] reads
//! it, and one engine reads every provider's bodies by it.

mod answer;
mod around;
mod definition;
mod fan_out;
mod money;
mod plan;
mod read;
mod status;
mod value;
mod words;

pub use answer::{Answer, Handshake, HandshakeBody};
pub use definition::DefinitionError;
pub(crate) use read::Reader;
pub use words::{Meaning, StatusWord};

use crate::scheme::Scheme;

/// One provider: how it signs, and how its bodies are read.
///
/// ```
/// use orderhook_core::{KeyFormat, Provider};
///
/// let definition = r#"{
///  "scheme": {
///  "type": "hmac",
///  "signature": { "header": "x-signature", "encoding": "hex" },
///  "signs": ["body"]
///  },
///  "order": { "id": "/order" },
///  "status": { "word": "/state", "words": { "delivered": ["Done"], "shipped": ["Sent"] } }
/// }"#;
/// let provider = Provider::parse("acme", definition, None)?;
/// assert_eq!(provider.scheme.key_format(), Some(KeyFormat::Utf8));
///
/// let error = Provider::parse("acme", r#"{"order":{"id":"id"}}"#, None).unwrap_err();
/// assert_eq!(error.to_string(), "scheme: missing");
/// # Ok::<_, orderhook_core::DefinitionError>(())
/// ```
#[derive(Debug)]
pub struct Provider {
    /// Its name in configurations and events.
    pub name: Box<str>,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
    /// What it wants in answer to a delivery.
    pub answer: Answer,
    /// The requests that it sends beside deliveries.
    pub handshakes: Vec<Handshake>,
    /// Whether it signs for all its customers with the same keys. A signature then does not tell
    /// whose delivery it is, so a source needs a token.
    pub has_shared_keys: bool,
    plan: plan::Plan,
}

impl Provider {
    /// Returns the headers that its deliveries are read from, in lower case. A scheme may ask for
    /// others too: those that a sender lists.
    #[must_use]
    pub fn headers(&self) -> Vec<&str> {
        let mut names = self.scheme.headers();
        for name in &self.plan.headers {
            if !names.contains(&&**name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns its words for what happened and for where an order is, one table a look-up.
    #[must_use]
    pub fn words(&self) -> Vec<Vec<StatusWord<'_>>> {
        self.plan.lookups.iter().map(|lookup| lookup.words.rows()).collect()
    }

    /// Whether its deliveries may carry several events.
    #[must_use]
    pub fn is_fan_out(&self) -> bool {
        !self.plan.each.is_empty()
    }

    /// Returns for each table of [`words`](Self::words) whether its words say what happened.
    pub fn topics(&self) -> impl Iterator<Item = bool> {
        self.plan.lookups.iter().map(|lookup| lookup.is_topic)
    }
}
