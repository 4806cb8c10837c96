use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    delivery::Delivery,
    scheme::{
        Settings,
        definition::SentToken,
        encoding::{TagBytes, base64},
        fields::Field,
        key::Secret,
        mac::sha256,
        part::Place,
        refusal::Refusal,
        sign::SignError,
    },
};

const EXPECTED: &str = "a token as this provider sends it";

impl SentToken {
    /// Returns the SHA-256 of every token that the delivery may mean.
    pub(super) fn read(
        &self,
        delivery: &Delivery<'_>,
        settings: &Settings,
    ) -> Result<Vec<TagBytes>, Refusal> {
        let text = self.text(delivery, settings)?;
        let tags: Vec<_> = self.prefixes.iter().filter_map(|it| self.hash(&text, it)).collect();
        if tags.is_empty() { Err(self.malformed(settings)) } else { Ok(tags) }
    }

    /// Returns the part of a secret that cannot be guessed: not the user of Basic authentication,
    /// nor the name of an authentication scheme.
    pub(super) fn secret_part<'t>(&self, text: &'t str) -> &'t str {
        if self.is_basic {
            return text.split_once(':').map_or("", |(_, password)| password);
        }
        let known = self.prefixes.iter().map(|prefix| &**prefix).chain(["Bearer ", "Basic "]);
        known
            .filter(|prefix| !prefix.is_empty())
            .find_map(|prefix| {
                let (start, rest) = text.split_at_checked(prefix.len())?;
                start.eq_ignore_ascii_case(prefix).then_some(rest)
            })
            .unwrap_or(text)
            .trim()
    }

    fn text<'d>(
        &self,
        delivery: &Delivery<'d>,
        settings: &Settings,
    ) -> Result<Cow<'d, str>, Refusal> {
        match (&self.place, &settings.token_header) {
            (Place::Field(field), _) => self.field(delivery, field),
            // A source has such a name only where the scheme lets it choose one.
            (Place::Header(_), Some(name)) => delivery.required(name),
            (Place::Header(names), None) => names.value(delivery),
        }
    }

    /// Returns the text of a field.
    ///
    /// # Errors
    ///
    /// Fails if the field is absent or stands twice.
    pub fn field<'d>(
        &self,
        delivery: &Delivery<'d>,
        field: &Field,
    ) -> Result<Cow<'d, str>, Refusal> {
        self.fields.find(delivery.body).needed(field)
    }

    /// Returns the SHA-256 of the token after a prefix. The name of an authentication scheme has no
    /// case.
    #[must_use]
    pub fn hash(&self, text: &str, prefix: &str) -> Option<TagBytes> {
        let (start, token) = text.split_at_checked(prefix.len())?;
        if !start.eq_ignore_ascii_case(prefix) || token.is_empty() {
            return None;
        }
        Some(TagBytes::new(&if self.is_basic {
            sha256(&STANDARD.decode(token).ok()?)
        } else {
            sha256(token.as_bytes())
        }))
    }

    fn malformed(&self, settings: &Settings) -> Refusal {
        match (&self.place, &settings.token_header) {
            (Place::Header(_), Some(name)) => Refusal::malformed(name, EXPECTED),
            (place, _) => place.malformed(EXPECTED),
        }
    }

    pub(super) fn sign(&self, secret: &Secret) -> Result<Vec<(&str, String)>, SignError> {
        let names = match &self.place {
            Place::Header(names) => names,
            Place::Field(field) => return Err(SignError::InBody(field.pointer.clone())),
        };
        let token = secret.token();
        let token =
            if self.is_basic { base64(token) } else { String::from_utf8_lossy(token).into_owned() };
        let prefix = self.prefixes.first().map_or("", |prefix| prefix);
        Ok(vec![(names.first(), [prefix, &token].concat())])
    }
}
