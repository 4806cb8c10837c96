//! The keys of customers, and where a customer's address or number is found.

use std::collections::BTreeSet;

use orderhook_core::dispatch::{Contact, customer_keys};

/// Returns the keys of plain contacts.
fn keys(contacts: &[&str]) -> BTreeSet<String> {
    contacts.iter().map(|text| Contact::parse(text).expect(text).key()).collect()
}

/// Each text with the plain contacts in it.
const TEXTS: &[(&str, &[&str])] = &[
    ("", &[]),
    ("A. Customer", &[]),
    ("12345", &[]),
    ("000012345", &[]),
    ("0012345 x", &[]),
    ("+961 3 123-456", &["9613123456"]),
    ("00961 (3) 123.456", &["9613123456"]),
    ("03/123456", &["3123456", "123456"]),
    ("\u{202a}+961\u{a0}3 123\u{2011}456\u{202c}", &["9613123456"]),
    ("9\u{200b}61\u{ad}3123456", &["9613123456"]),
    ("٠٠٩٦١٣١٢٣٤٥٦", &["9613123456"]),
    ("+۹۶۱ ۳ ۱۲۳۴۵۶", &["9613123456"]),
    ("\u{ff0b}９６１３１２３４５６", &["9613123456"]),
    ("3123456 ext 12", &["3123456"]),
    ("3123456 ext. 654321", &["3123456", "654321"]),
    ("Tel: 3123456, mobile: 3654321", &["3123456", "3654321"]),
    ("3123456;3654321", &["3123456", "3654321"]),
    ("3123456\n3654321", &["3123456", "3654321"]),
    ("+9613123456 +9613654321", &["9613123456", "9613654321"]),
    ("9613123456 9613654321", &["9613123456", "9613654321", "96131234569613654321"]),
    // A number has at most 15 digits: more are also read as two numbers.
    ("123456 789012345", &["123456789012345"]),
    ("1234567 890123456", &["1234567", "890123456", "1234567890123456"]),
    ("0600000000 / 0611111111", &["600000000", "611111111", "6000000000611111111"]),
    ("A@Example.com ", &["a@example.com"]),
    ("Ann <a@example.com>", &["a@example.com"]),
    ("a@example.com, b@example.com", &["a@example.com", "b@example.com"]),
    ("a123456@example.com", &["a123456@example.com"]),
    ("a@example.com 3123456", &["a@example.com", "3123456"]),
    ("3123456,a@example.com", &["a@example.com", "3123456"]),
    ("\u{200f}a@example.com\u{200f}", &["a@example.com"]),
];

#[test]
fn a_text_has_a_key_for_each_address_and_number() {
    for (text, contacts) in TEXTS {
        assert_eq!(customer_keys(text), keys(contacts), "{text:?}");
    }
}

/// What an erasure asks for has the key of what the provider wrote.
#[test]
fn a_contact_is_read_as_the_provider_writes_it() {
    for number in ["9613123456", "+961 3 123-456", "00961/3/123456", "\u{202d}+٩٦١ 3123456\u{202c}"]
    {
        let key = Contact::number(number).expect(number).key();
        assert!(customer_keys("+961 3 123456").contains(&key), "{number}");
    }
    let local = Contact::number("03 123456").expect("a number");
    assert!(!customer_keys("+961 3 123456").contains(&local.key()));
    let address = Contact::address(" Ann@EXAMPLE.com").expect("an address");
    assert_eq!(
        (address.as_str(), address.key()),
        ("ann@example.com", keys(&["ann@example.com"]).pop_first().expect("a key"))
    );
}

#[test]
fn another_text_is_no_contact() {
    let long = format!("{}@example.com", "a".repeat(310));
    for text in
        ["", "a", "@", "a@", "@b", "a@b@c", "a b@example.com", "a@b, c", "a,b@example.com", &long]
    {
        assert!(Contact::address(text).is_none(), "{text}");
    }
    let long = "1".repeat(65);
    for text in [
        "",
        "12345",
        "000012345",
        "a@b",
        "3123456 x",
        "3123456\n",
        "3123456;3654321",
        "+9613123456 +9613654321",
        &long,
    ] {
        assert!(Contact::number(text).is_none(), "{text}");
    }
}

/// Each text, a contact, and whether the contact is in it.
const PLACES: &[(&str, &str, bool)] = &[
    ("call +961 3 123-456!", "9613123456", true),
    ("call 00961-3-123456 12:30", "9613123456", true),
    ("order 17 3123456 20", "3123456", true),
    ("2026/11/14 3123456", "3123456", true),
    ("{\"phone\":\"0600000000 0611111111\"}", "0611111111", true),
    ("tel٠٣١٢٣٤٥٦", "3123456", true),
    (r#"{"phone":"\u0663\u0661\u0662\u0663\u0664\u0665\u0666"}"#, "3123456", true),
    ("31234567", "3123456", false),
    ("13123456", "3123456", false),
    ("1 003123456", "3123456", true),
    ("0 0 003123456", "3123456", true),
    ("312 3456 7", "3123456", true),
    ("312\n3456", "3123456", false),
    ("mail ANN@example.com.", "ann@example.com", true),
    (r#""ann\u0040example.com""#, "ann@example.com", true),
    ("mail ann@example.org", "ann@example.com", false),
    ("", "3123456", false),
];

#[test]
fn a_contact_is_found_in_a_text() {
    for (text, contact, expected) in PLACES {
        let contact = Contact::parse(contact);
        assert_eq!(contact.expect("a contact").is_in(text), *expected, "{text:?}");
    }
}

#[test]
fn an_event_of_an_order_names_its_customer_in_its_members_alone() {
    let event = |customer: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"1","source":"/hooks/shop","type":"orderhook.order.status.v1",
            "time":"2026-05-09T12:00:00Z","data":{{"provider":"p","received_at":"2026-05-09T12:00:01Z",
            "order":{{"id":"3123456"}},"status":{{"now":"shipped"}},"customer":{customer}}}}}"#
        )
    };
    let contact = Contact::number("3123456").expect("a number");
    assert!(!contact.is_in(&event("null")));
    assert!(contact.is_in(&event(r#"{"phone":"ext 9; 03 123456"}"#)));
}

/// A text of many groups takes no longer than its length asks for.
#[test]
fn a_long_text_is_read() {
    let contact = Contact::number(&"1".repeat(60)).expect("a number");
    for text in ["0 ", "1 ", "1", "+", "1/", "\u{202a}"] {
        let text = text.repeat(60_000);
        assert_eq!(
            contact.is_in(&text),
            text.starts_with("1 ") || text.starts_with("1/"),
            "{}",
            &text[..3]
        );
        assert!(customer_keys(&text).len() <= 2);
    }
}
