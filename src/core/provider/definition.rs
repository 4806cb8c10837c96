//! A provider's definition: how it signs, and how its bodies are read.

use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    event::{Content, Envelope, Event, Reading, Unrecognized},
    json::Object,
    provider::word::StatusWord,
    scheme::{Authenticity, Scheme},
    time::{UnixMillis, UtcOffset},
};

/// One provider: how it signs, and how its bodies are read.
#[derive(Debug)]
pub struct Provider {
    /// Its name in configurations and events.
    pub name: &'static str,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
    /// Its words for what happened, for an event's name.
    pub events: &'static [StatusWord],
    /// Its words for where an order is, for a status.
    pub statuses: &'static [StatusWord],
    /// The unsigned header that counts its attempts.
    pub(super) attempt: Option<&'static str>,
    /// The signed header that names the delivery.
    pub(super) id: Option<&'static str>,
    pub(super) read: Read,
}

/// Reads an authentic body without its byte order mark. `Ok(None)` means a test without an order.
pub(super) type Read = for<'a> fn(
    &Delivery<'a>,
    &'a str,
    Option<UtcOffset>,
) -> Result<Option<ReadBody<'a>>, Unrecognized>;

/// The fields that a provider's reader takes from a body.
pub(super) struct ReadBody<'a> {
    /// The id that copies of the delivery share.
    pub(super) id: Cow<'a, str>,
    /// The provider's moment, RFC 3339 in UTC.
    pub(super) time: Option<String>,
    pub(super) content: Result<Content<'a>, Unrecognized>,
}

impl Provider {
    /// Returns the headers that its deliveries are read from, in lower case. A scheme may ask for
    /// others too: those that a sender lists.
    #[must_use]
    pub fn headers(&self) -> Vec<&'static str> {
        let mut names = self.scheme.headers();
        for name in [self.attempt, self.id].into_iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Normalises a delivery that was not verified; its event says so. Use it to look at a
    /// delivery, never to act on one. `source` is the name of a source, and `zone` the zone of
    /// moments that the provider writes without one.
    #[must_use]
    pub fn normalize<'a>(
        &'static self,
        source: &str,
        zone: Option<UtcOffset>,
        delivery: &Delivery<'a>,
        now: UnixMillis,
    ) -> Reading<'a> {
        self.read(source, zone, delivery, Authenticity::Unverified, now)
    }

    pub(crate) fn read<'a>(
        &'static self,
        source: &str,
        zone: Option<UtcOffset>,
        delivery: &Delivery<'a>,
        authenticity: Authenticity,
        now: UnixMillis,
    ) -> Reading<'a> {
        let body = delivery.body;
        let attempt = self.attempt.and_then(|name| delivery.header(name)?.parse().ok());
        let envelope = Envelope { source, provider: self.name, authenticity, attempt, now };
        match text(body).and_then(|text| (self.read)(delivery, text, zone)) {
            Ok(Some(ReadBody { id, time, content: Ok(content) })) => {
                Reading::Event(Event::of_order(&envelope, body, id, time, content))
            }
            Ok(Some(ReadBody { id, content: Err(reason), .. })) => {
                Reading::Event(Event::unrecognized(&envelope, body, Some(id), reason))
            }
            Ok(None) => Reading::Test,
            Err(reason) => {
                let id = self.id.and_then(|name| delivery.header(name));
                Reading::Event(Event::unrecognized(&envelope, body, id, reason))
            }
        }
    }
}

/// Returns the body as text. A byte order mark is signed, but is not part of the JSON.
fn text(body: &[u8]) -> Result<&str, Unrecognized> {
    let text = std::str::from_utf8(body).map_err(|_| Unrecognized::NotUtf8)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Returns a field that an event needs. `path` says where it is.
pub(super) fn required<'a>(
    object: &Object<'a>,
    key: &str,
    path: &'static str,
) -> Result<Cow<'a, str>, Unrecognized> {
    object.text(key).ok_or(Unrecognized::MissingField(path))
}

/// Returns an object that an event needs.
pub(super) fn required_object<'a>(
    body: &Object<'a>,
    key: &'static str,
) -> Result<Object<'a>, Unrecognized> {
    body.object(key).ok_or(Unrecognized::MissingField(key))
}

/// The lines that an order may have. Each adds more than a hundred bytes to the event, even an
/// empty one: with more lines it would be too large for a queue message anyway. Without this bound,
/// a body of lines alone would fill an isolate's memory before its size is seen.
const MAX_LINES: usize = 1_200;

/// Returns an order's lines.
pub(super) fn lines<'a>(of: &Object<'a>, key: &str) -> Result<Vec<Object<'a>>, Unrecognized> {
    let lines: Vec<_> = of.objects(key).take(MAX_LINES + 1).collect();
    if lines.len() > MAX_LINES { Err(Unrecognized::TooLarge) } else { Ok(lines) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_at_most_1200_lines() {
        let count = |lines_sent: usize| {
            let json = format!(r#"{{"list":[{}{{}}]}}"#, "{},".repeat(lines_sent - 1));
            lines(&Object::parse(&json).expect("an object"), "list").map(|lines| lines.len())
        };
        for lines in [1, 1199, 1200] {
            assert_eq!(count(lines), Ok(lines));
        }
        assert_eq!(count(1201), Err(Unrecognized::TooLarge));
    }
}
