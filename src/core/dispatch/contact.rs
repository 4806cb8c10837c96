//! A customer's e-mail address or telephone number.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{
    customer::ends_word,
    numbers::{may_join, number, runs, starts_with},
    plain::{plain, without_escapes},
    taken::Taken,
};
use crate::event::id::of_bytes;

/// The characters that an e-mail address, and a telephone number, may have.
const MAX_ADDRESS: usize = 320;
const MAX_NUMBER: usize = 64;

/// A customer's e-mail address or telephone number, by which the customer's data is erased.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The address in lower case, or the number's digits without zeros in front.
    text: String,
    is_address: bool,
}

impl Contact {
    /// Reads an e-mail address; returns `None` for any other text.
    #[must_use]
    pub fn address(text: &str) -> Option<Self> {
        let address = plain(text).trim().to_lowercase();
        let (name, host) = address.split_once('@')?;
        let is_part = |part: &str| !part.is_empty() && !part.contains(|c| c == '@' || ends_word(c));
        let is_address = is_part(name) && is_part(host) && address.chars().count() <= MAX_ADDRESS;
        is_address.then(|| Self { text: address.clone(), is_address })
    }

    /// Reads a telephone number; returns `None` for any other text.
    #[must_use]
    pub fn number(text: &str) -> Option<Self> {
        let text = plain(text);
        let is_of_number = |c: char| c.is_ascii_digit() || c == '+' || may_join(c);
        let is_one = text.chars().all(is_of_number) && text.chars().count() <= MAX_NUMBER;
        let mut runs = runs(&text, may_join);
        let run = runs.pop().filter(|_| is_one && runs.is_empty())?;
        Some(Self { text: number(&run)?, is_address: false })
    }

    /// Reads an address or a number; returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('@') { Self::address(text) } else { Self::number(text) }
    }

    /// Returns the key that events of the customer have: see [`customer_keys`](super::customer_keys).
    #[must_use]
    pub fn key(&self) -> String {
        of_bytes(self.text.as_bytes())
    }

    /// Returns the contact in its plain form: an address in lower case, or a number's digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether a text names the customer. An event of an order names its customer in its
    /// members; in any other text, such as a body that was not understood, the contact may stand
    /// anywhere.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        if let Some(report) = Taken::read(text).ok().and_then(|event| event.report) {
            return report.customers.contains(&self.key());
        }
        let text = plain(&without_escapes(text));
        if self.is_address {
            return text.to_lowercase().contains(&self.text);
        }
        let runs = runs(&text, may_join);
        runs.iter().any(|groups| {
            (0..groups.len()).any(|first| starts_with(groups.iter().skip(first), &self.text))
        })
    }
}

impl Serialize for Contact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Contact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("the contact is not understood"))
    }
}
