//! A customer's e-mail address or telephone number, by which the customer's data is erased.

use orderhook_core::dispatch::{Taken, customer_key};
use serde::{Deserialize, Serialize};

/// A way to reach a customer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Contact {
    /// The address in lower case, or the number's digits without zeros in front.
    text: String,
    is_email: bool,
    /// The key that events have.
    pub(crate) key: String,
}

impl Contact {
    /// Reads an e-mail address or a telephone number; returns `None` for any other text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let key = customer_key(text)?;
        let is_email = text.contains('@');
        let text = if is_email { text.trim().to_lowercase() } else { digits(text) };
        Some(Self { text, is_email, key })
    }

    /// Returns whether a text names the customer: an event, or another text, such as a body that
    /// was not understood.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let report = Taken::read(text).ok().and_then(|event| event.report);
        match report {
            Some(report) => report.customers.contains(&self.key),
            None if self.is_email => text.to_lowercase().contains(&self.text),
            None => text.split(|c| !is_of_number(c)).any(|part| digits(part) == self.text),
        }
    }
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || " +-./()".contains(character)
}

fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}
