//! The handshakes of `providers/`: beside a GET, the only requests that are answered with 2xx
//! without a proof. Each stands in a table here, with a request that is nearly the same and is none.

mod catalogue;

use orderhook_core::{Delivery, Handshake};

/// A provider, the query of its GET, and the answer's content type and body.
const ECHOES: [(&str, &str, &str, &str); 2] = [
    ("onfleet", "?check=aB-_9", "text/plain", "aB-_9"),
    ("yalidine", "?subscribe&crc_token=aB9", "application/json", r#"{"crc_token":"aB9"}"#),
];

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const PATHAO: &str = "x-pathao-merchant-webhook-integration-secret";

/// A provider, a POST's content type and body, the status of its answer, and the answer's header.
const POSTS: [(&str, &str, &str, u16, &str); 4] = [
    ("gooten", JSON, "", 200, ""),
    ("lalamove", JSON, "", 200, ""),
    ("pathao", JSON, r#"{"event":"webhook_integration"}"#, 202, PATHAO),
    ("woocommerce", FORM, "webhook_id=1", 200, ""),
];

/// Deliveries that no handshake may swallow.
const DELIVERIES: [(&str, &str, &str); 4] = [
    ("gooten", JSON, r#"{"Id":"1","Items":[]}"#),
    ("lalamove", JSON, r#"{"eventId":"1","data":{"order":{"orderId":"1"}}}"#),
    ("pathao", JSON, r#"{"event":"order.created","consignment_id":"webhook_integration"}"#),
    ("woocommerce", JSON, r#"{"id":1,"status":"completed"}"#),
];

fn is(name: &str, content_type: &str, body: &str) -> bool {
    let headers: &[(&str, &str)] = &[("content-type", content_type)];
    let delivery = Delivery { headers: &headers, url: "/hooks/a", body: body.as_bytes() };
    catalogue::provider(name).handshakes.iter().any(|handshake| handshake.is(&delivery))
}

#[test]
fn a_get_is_answered_with_its_own_value() {
    for (name, query, content_type, body) in ECHOES {
        let provider = catalogue::provider(name);
        let echo = |url: &str| provider.handshakes.iter().find_map(|handshake| handshake.echo(url));
        let answer = echo(&format!("/hooks/a{query}"));
        assert_eq!(answer, Some((content_type, body.to_owned())), "{name}");
        assert_eq!(echo("/hooks/a?other=1"), None, "{name}");
        assert_eq!(echo(&format!("/hooks/a{query}<b>")), None, "{name}");
    }
}

#[test]
fn a_post_that_is_a_handshake_is_known() {
    for (name, content_type, body, status, header) in POSTS {
        assert!(is(name, content_type, body), "{name}");
        let provider = catalogue::provider(name);
        let [Handshake::Post { status: wanted, headers, .. }] = &*provider.handshakes else {
            panic!("{name}: one handshake");
        };
        assert_eq!(*wanted, status, "{name}");
        let names: Vec<_> = headers.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names.join(","), header, "{name}");
    }
}

#[test]
fn no_delivery_is_a_handshake() {
    for (name, content_type, body) in DELIVERIES {
        assert!(!is(name, content_type, body), "{name}");
    }
}

#[test]
fn every_handshake_stands_in_a_table() {
    let known = |name: &&str| {
        ECHOES.iter().any(|(one, ..)| one == name) || POSTS.iter().any(|(one, ..)| one == name)
    };
    let with_handshakes = orderhook_catalogue::names()
        .filter(|name| !catalogue::provider(name).handshakes.is_empty());
    let missing: Vec<_> = with_handshakes.filter(|name| !known(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
