use std::fmt;

use crate::{
    delivery::Delivery,
    scheme::{
        HeaderList, Layout, Place, Scheme, Settings, Signed, Stamp, definition::COVERED,
        digest_header as digest, encoding::Encoding, key::Secret, refusal::Refusal,
    },
    time::{UnixMillis, http_date},
};

impl Scheme {
    /// Returns the headers that prove a delivery, as its provider would send them: lower-case
    /// names, and their values. The delivery's URL is the one that the provider was given.
    ///
    /// # Errors
    ///
    /// Fails if the scheme signs nothing, or if the proof stands in the body. Fails if a signed header that cannot be made up, such as
    /// `webhook-id`, is not among the delivery's own headers or has a value that the scheme
    /// refuses.
    pub fn sign(
        &self,
        secret: &Secret,
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Result<Vec<(&str, String)>, SignError> {
        match self {
            Self::Signed(scheme) => scheme.sign(secret, delivery, now),
            Self::Token(scheme) => scheme.sign(secret),
            Self::PublicKey(_) | Self::HttpSignature(_) => Err(SignError::NeedsPrivateKey),
            Self::HeaderList(scheme) => Ok(scheme.sign(secret, delivery, now)),
            Self::UrlToken => Err(SignError::SignsNothing),
        }
    }
}

impl Signed {
    fn sign(
        &self,
        secret: &Secret,
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Result<Vec<(&str, String)>, SignError> {
        let names = match &self.tags.place {
            Place::Header(names) => names,
            Place::Field(field) => return Err(SignError::InBody(field.pointer.clone())),
        };
        let found = self.fields.find(delivery.body);
        let timestamp = match &self.age {
            Some((Stamp::Field(field), _)) => {
                found.needed(field).map_err(SignError::Header)?.into_owned()
            }
            _ if self.forms.seconds => now.seconds().to_string(),
            _ if self.forms.millis => now.0.to_string(),
            _ => now.text(),
        };
        let settings = Settings { url: Some(delivery.url.into()), ..Settings::default() };
        let content = self.content(delivery, &found, &timestamp, &settings);
        let tag = secret.tag(&content.map_err(SignError::Header)?).bytes();
        let mut headers = vec![(names.first(), self.written(&tag, &timestamp))];
        if let Some((Stamp::Header(names), _)) = &self.age {
            headers.push((names.first(), timestamp));
        }
        Ok(headers)
    }

    /// Returns the text of the header with a tag.
    fn written(&self, tag: &[u8], timestamp: &str) -> String {
        let encoding = self.tags.encodings.first().copied().unwrap_or(Encoding::Hex);
        let tag = encoding.encode(tag);
        match &self.tags.layout {
            Layout::Bare => tag,
            Layout::Prefixed(prefixes) => {
                [prefixes.first().map_or("", |prefix| prefix), &tag].concat()
            }
            Layout::Listed(_, prefix) => [&**prefix, &tag].concat(),
            Layout::Pairs(key) => match &self.age {
                Some((Stamp::Pair(stamp), _)) => {
                    [&**stamp, "=", timestamp, ",", key, "=", &tag].concat()
                }
                _ => [&**key, "=", &tag].concat(),
            },
        }
    }
}

impl HeaderList {
    fn sign(
        &self,
        secret: &Secret,
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Vec<(&str, String)> {
        let (date, digest) = (http_date(now), digest::of(delivery.body));
        let mut mac = secret.mac();
        mac.update(date.as_bytes());
        mac.update(digest.as_bytes());
        let tag = Encoding::Base64.encode(&mac.tag().bytes());
        let [first, second] = COVERED;
        let created = now.seconds().to_string();
        let names = ["up42-sig=(\"", first, "\" \"", second, "\");"].concat();
        let input = [&*names, &self.created, "=", &created].concat();
        vec![
            (first, date),
            (second, digest),
            (&self.input, input),
            (&self.signature, ["up42-sig=", &tag].concat()),
        ]
    }
}

/// A reason why a delivery cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignError {
    /// A signed header that the delivery must bring along is missing, or has a value that the
    /// scheme refuses.
    Header(Refusal),
    /// The tag or the token stands in this field of the body.
    InBody(Box<str>),
    /// The provider signs with a private key.
    NeedsPrivateKey,
    /// The provider signs nothing.
    SignsNothing,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(Refusal::MissingSignature { header }) => {
                write!(f, "the header `{header}` is signed: give it")
            }
            Self::Header(refusal) => refusal.fmt(f),
            Self::InBody(field) => {
                write!(
                    f,
                    "this provider's proof stands in the body: write it to `{field}` yourself"
                )
            }
            Self::NeedsPrivateKey => {
                f.write_str("this provider signs with a private key, which only the provider has")
            }
            Self::SignsNothing => {
                f.write_str("this provider signs nothing: post to the URL with the token")
            }
        }
    }
}

impl std::error::Error for SignError {}
