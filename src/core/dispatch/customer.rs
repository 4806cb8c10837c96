//! The keys of a customer, by which an erasure finds the customer's orders.

use std::collections::BTreeSet;

use crate::{event::id::of_bytes, json::Object};

/// The least number of digits in a telephone number.
const MIN_DIGITS: usize = 6;

/// Returns the key of an e-mail address or of a telephone number; `None` for any other text.
///
/// It is a SHA-256 in hex: of the address in lower case, or of the number's digits without zeros in
/// front. A number with its country's code and one without are different: ask for the number as the
/// provider writes it. The key only hides the number from casual readers. It can be found by
/// guessing, so treat the key as personal data.
///
/// ```
/// use orderhook_core::dispatch::customer_key;
///
/// assert_eq!(customer_key("+212 600-000 000"), customer_key("00212600000000"));
/// assert_eq!(customer_key("A@example.com "), customer_key("a@example.com"));
/// assert_eq!(customer_key("A. Customer"), None);
/// ```
#[must_use]
pub fn customer_key(contact: &str) -> Option<String> {
    if contact.contains('@') {
        return Some(of_bytes(contact.trim().to_lowercase().as_bytes()));
    }
    let is_of_number = |character: char| {
        character.is_ascii_digit() || character.is_whitespace() || "+-./()".contains(character)
    };
    let digits: String = contact.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let is_number = digits.len() >= MIN_DIGITS && contact.chars().all(is_of_number);
    is_number.then(|| of_bytes(digits.as_bytes()))
}

/// Returns the keys of an event's customer: of the e-mail address, and of the telephone number.
pub(super) fn of(customer: &Object<'_>) -> BTreeSet<String> {
    let contacts = ["email", "phone"].into_iter().filter_map(|name| customer.get(name)?.text());
    contacts.filter_map(customer_key).collect()
}
