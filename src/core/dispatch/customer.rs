//! The keys of a customer, by which an erasure finds the customer's orders.

use std::collections::BTreeSet;

use super::{numbers::numbers, plain::plain};
use crate::{event::id::of_bytes, json::Object};

/// Returns a key for each e-mail address and each telephone number in a text.
///
/// A key is a SHA-256 in hex: of the address in lower case, or of the number's digits without zeros
/// in front. A number may be in any script's digits, and have spaces, dots, dashes and parentheses
/// among them; anything else ends it. A number with its country's code and one without are
/// different: ask for the number as the provider writes it. A key only hides a number from casual
/// readers. It can be found by guessing, so treat it as personal data.
///
/// ```
/// use orderhook_core::dispatch::customer_keys;
///
/// assert_eq!(customer_keys("+212 600-000 000"), customer_keys("00212600000000"));
/// assert_eq!(customer_keys("A@example.com "), customer_keys("a@example.com"));
/// assert_eq!(customer_keys("0600 000 000, ext. 12; 0611 111 111").len(), 2);
/// assert!(customer_keys("A. Customer").is_empty());
/// ```
#[must_use]
pub fn customer_keys(text: &str) -> BTreeSet<String> {
    let text = plain(text);
    let addresses = text.split(ends_word).filter(|word| word.contains('@')).map(str::to_lowercase);
    let words = text.split_inclusive(ends_word).filter(|word| !word.contains('@'));
    let found = addresses.chain(numbers(&words.collect::<String>()));
    found.map(|contact| of_bytes(contact.as_bytes())).collect()
}

/// Returns the keys of an event's customer: of the e-mail addresses and the telephone numbers.
pub(super) fn of(customer: &Object<'_>) -> BTreeSet<String> {
    let contacts = ["email", "phone"].into_iter().filter_map(|name| customer.get(name)?.text());
    contacts.flat_map(customer_keys).collect()
}

/// Whether a character stands between words, one of which may be an address.
pub(super) fn ends_word(character: char) -> bool {
    character.is_whitespace() || ",;<>()\"".contains(character)
}
