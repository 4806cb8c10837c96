//! The providers. A provider is a `static` of one struct in a file of its own, and two lines
//! here.

use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    event::{Content, Envelope, Event},
    instant::{UnixMillis, UtcOffset},
    json::Object,
    refusal::Authenticity,
    scheme::Scheme,
    unrecognized::Unrecognized,
    verify::Reading,
    word::Word,
};

mod gooten;
mod standard_webhooks;
mod up42;
mod wakilni;
mod wegocod;

/// Every provider, by name.
pub static ALL: &[&Provider] = &[
    &gooten::PROVIDER,
    &standard_webhooks::PROVIDER,
    &up42::PROVIDER,
    &wakilni::PROVIDER,
    &wegocod::PROVIDER,
];

/// The provider of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

/// A provider's name and scheme, apart from what reads its bodies: whoever only asks how it signs
/// does not carry that.
#[derive(Debug)]
pub struct Signer {
    /// The provider's name.
    pub name: &'static str,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
}

/// How every provider signs, in the order of [`ALL`].
#[allow(clippy::indexing_slicing)] // Evaluated by the compiler.
pub static SIGNERS: [Signer; ALL.len()] = {
    let mut signers = [const { Signer { name: "", scheme: Scheme::UrlToken } }; ALL.len()];
    let mut at = 0;
    while at < ALL.len() {
        signers[at] = Signer { name: ALL[at].name, scheme: ALL[at].scheme };
        at += 1;
    }
    signers
};

/// How the provider of this name signs.
#[must_use]
pub fn signer(name: &str) -> Option<&'static Signer> {
    SIGNERS.iter().find(|signer| signer.name == name)
}

/// How one provider signs, and how its body reads.
#[derive(Debug)]
pub struct Provider {
    /// Its name in configurations and events.
    pub name: &'static str,
    /// How it proves that a delivery is its own.
    pub scheme: Scheme,
    /// What it calls the things that happen, where an event's name says it.
    pub events: &'static [Word],
    /// What it calls the places where an order can be, where a status says it.
    pub statuses: &'static [Word],
    /// An unsigned header that counts its attempts.
    attempt: Option<&'static str>,
    /// A signed header that names the delivery.
    id: Option<&'static str>,
    read: Read,
}

/// Reads an authentic body, BOM removed. `Ok(None)` is a test that carries no order.
type Read =
    for<'a> fn(&Delivery<'a>, &'a str, Option<UtcOffset>) -> Result<Option<Told<'a>>, Unrecognized>;

/// What a body tells.
struct Told<'a> {
    /// What makes a second copy of it a duplicate.
    id: Cow<'a, str>,
    /// The provider's moment, RFC 3339 in UTC.
    time: Option<String>,
    content: Result<Content<'a>, Unrecognized>,
}

impl Provider {
    /// The headers that it is read from, in lower case. A scheme may ask for others too: those
    /// that a sender lists.
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

    /// Normalises a delivery that nobody verified; its event says so. For looking at a delivery,
    /// never for acting on one. `source` is the name of one, `zone` that of moments without.
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
            Ok(Some(Told { id, time, content: Ok(content) })) => {
                Reading::Event(Event::of_order(&envelope, body, id, time, content))
            }
            Ok(Some(Told { id, content: Err(reason), .. })) => {
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

/// The body as text. A byte order mark is part of what is signed and no part of the JSON.
fn text(body: &[u8]) -> Result<&str, Unrecognized> {
    let text = std::str::from_utf8(body).map_err(|_| Unrecognized::NotUtf8)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A field without which there is no event. `path` says where it is.
fn required<'a>(
    object: &Object<'a>,
    key: &str,
    path: &'static str,
) -> Result<Cow<'a, str>, Unrecognized> {
    object.text(key).ok_or(Unrecognized::MissingField(path))
}

/// An object without which there is no event.
fn required_object<'a>(body: &Object<'a>, key: &'static str) -> Result<Object<'a>, Unrecognized> {
    body.object(key).ok_or(Unrecognized::MissingField(key))
}

/// Lines that an order may have. Each is more than a hundred bytes of the event, even an empty
/// one: with more of them it would be too large for a queue message anyway, and a body of nothing
/// but lines would fill an isolate's memory before that was noticed.
const MOST_LINES: usize = 1_200;

/// An order's lines.
fn lines<'a>(of: &Object<'a>, key: &str) -> Result<Vec<Object<'a>>, Unrecognized> {
    let lines: Vec<_> = of.objects(key).take(MOST_LINES + 1).collect();
    if lines.len() > MOST_LINES { Err(Unrecognized::TooLarge) } else { Ok(lines) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each engine rule holds for each provider.
    #[test]
    fn no_signed_content_can_be_cut_in_another_way() {
        for provider in ALL {
            if let Scheme::Hmac(scheme) = provider.scheme {
                assert!(scheme.is_unambiguous(), "{}", provider.name);
            }
        }
    }
}
