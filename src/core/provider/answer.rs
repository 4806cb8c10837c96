use std::borrow::Cow;

use crate::delivery::Delivery;

/// What a provider wants in answer to a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status of an accepted delivery; orderhook's own where there is none.
    pub status: Option<u16>,
    /// Headers of every answer, in lower case.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The body of an accepted delivery; orderhook's own where there is none.
    pub body: Option<Box<str>>,
    /// Seconds after which the provider gives up.
    pub within: Option<u32>,
}

/// A request of a provider's that is not a delivery. It is answered before anything is verified,
/// and never becomes an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// A GET whose query parameter is answered with its value.
    Echo {
        /// The parameter.
        query: Box<str>,
        /// Whether the answer is `{"<query>":"<value>"}` in place of the value alone.
        is_json: bool,
    },
    /// A POST with a certain body.
    Post {
        /// The body.
        body: HandshakeBody,
        /// The status of the answer.
        status: u16,
        /// Headers of the answer, in lower case.
        headers: Vec<(Box<str>, Box<str>)>,
    },
}

/// The body of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeBody {
    /// Nothing, `null`, `""`, `{}` or `[]`.
    Empty,
    /// A form, as its content type says.
    Form,
    /// An object with this text under this key.
    Field(Box<str>, Box<str>),
}

/// The bytes of a query value that are echoed.
const MAX_ECHO_BYTES: usize = 256;

impl Handshake {
    /// Returns the answer to a GET: its content type and its body. An echo is plain letters,
    /// digits, `_` and `-`, so that no answer can be made to say anything else.
    #[must_use]
    pub fn echo(&self, url: &str) -> Option<(&'static str, String)> {
        let Self::Echo { query, is_json } = self else {
            return None;
        };
        let headers: &[(&str, &str)] = &[];
        let value = Delivery { headers: &headers, url, body: b"" }.query(query)?;
        if value.len() > MAX_ECHO_BYTES || !is_plain(&value) {
            return None;
        }
        Some(if *is_json {
            ("application/json", ["{\"", query, "\":\"", &value, "\"}"].concat())
        } else {
            ("text/plain", value.into_owned())
        })
    }

    /// Whether a POST is this handshake.
    #[must_use]
    pub fn is(&self, delivery: &Delivery<'_>) -> bool {
        let Self::Post { body, .. } = self else {
            return false;
        };
        match body {
            HandshakeBody::Empty => is_empty(delivery.body),
            HandshakeBody::Form => is_form(delivery.header("content-type")),
            HandshakeBody::Field(key, text) => has_field(delivery.body, key, text),
        }
    }
}

/// Whether a text is letters, digits, `_` and `-`.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Whether a body is nothing, or JSON with nothing in it.
fn is_empty(body: &[u8]) -> bool {
    if has_key(body) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return false;
    };
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if matches!(rest, "" | "null" | "\"\"") {
        return true;
    }
    for (open, close) in [('{', '}'), ('[', ']')] {
        if let Some(inner) = rest.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            rest = inner.trim();
            return rest.is_empty();
        }
    }
    false
}

/// Whether a body begins as an object with a key: most do, and the rest need not be looked at.
fn has_key(body: &[u8]) -> bool {
    match body.trim_ascii_start() {
        [b'{', rest @ ..] => rest.trim_ascii_start().first() == Some(&b'"'),
        _ => false,
    }
}

fn is_form(content_type: Option<Cow<'_, str>>) -> bool {
    const FORM: &str = "application/x-www-form-urlencoded";
    content_type.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == FORM))
}

/// The bytes of a handshake's body that is searched for a field.
const MAX_FIELD_BODY_BYTES: usize = 4096;

fn has_field(body: &[u8], key: &str, text: &str) -> bool {
    use crate::json::Json;

    if body.len() > MAX_FIELD_BODY_BYTES {
        return false;
    }
    let Ok(body) = std::str::from_utf8(body) else {
        return false;
    };
    let json = Json::parse(body);
    let field = json.as_ref().ok().and_then(Json::object).and_then(|object| object.get(key));
    field.and_then(Json::text) == Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_plain() {
        let echo = |is_json| Handshake::Echo { query: "check".into(), is_json };
        let text = |url: &str| echo(false).echo(url).map(|(_, body)| body);
        assert_eq!(text("https://h/hooks/a?check=aB-_9").as_deref(), Some("aB-_9"));
        assert_eq!(
            text(&format!("https://h/?check={}", "x".repeat(256))).map(|t| t.len()),
            Some(256)
        );
        for url in [
            "https://h/hooks/a",
            "https://h/?check=",
            "https://h/?check=%3Cb%3E",
            "https://h/?check=a%20b",
            "https://h/?check=a.b",
            &format!("https://h/?check={}", "x".repeat(257)),
        ] {
            assert_eq!(text(url), None, "{url}");
        }
        let json = echo(true).echo("https://h/?check=a");
        assert_eq!(json, Some(("application/json", r#"{"check":"a"}"#.to_owned())));
    }

    #[track_caller]
    fn is(body: &HandshakeBody, kind: &str, sent: &str, expected: bool) {
        let handshake = Handshake::Post { body: body.clone(), status: 200, headers: Vec::new() };
        let headers: &[(&str, &str)] = &[("content-type", kind)];
        let delivery = Delivery { headers: &headers, url: "", body: sent.as_bytes() };
        assert_eq!(handshake.is(&delivery), expected, "{kind} {sent}");
    }

    #[test]
    fn a_handshake_is_known_by_its_body() {
        for empty in ["", " ", "null", "\"\"", "{}", " [ ] ", "\u{feff}{}"] {
            is(&HandshakeBody::Empty, "", empty, true);
        }
        for other in ["{", "{]", "0", "{\"a\":1}", "[[]]"] {
            is(&HandshakeBody::Empty, "", other, false);
        }
        is(&HandshakeBody::Form, "application/x-www-form-urlencoded", "webhook_id=1", true);
        is(&HandshakeBody::Form, "application/x-www-form-urlencoded; charset=utf-8", "a=1", true);
        is(&HandshakeBody::Form, "application/json", "webhook_id=1", false);
        let field = HandshakeBody::Field("event".into(), "hello".into());
        is(&field, "", r#"{"event":"hello"}"#, true);
        for other in [r#"{"event":"other"}"#, r#"{"event":"hello","event":"hello"}"#, "[]", "x"] {
            is(&field, "", other, false);
        }
        for (bytes, expected) in [(4096, true), (4097, false)] {
            is(&field, "", &format!("{:bytes$}", r#"{"event":"hello"}"#), expected);
        }
    }
}
