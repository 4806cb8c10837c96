use std::fmt;

use crate::{
    delivery::Delivery,
    scheme::{
        HeaderList, HmacSha256, Layout, Scheme, Stamp, definition::COVERED,
        digest_header as digest, encoding::Encoding, key::Secret, refusal::Refusal,
    },
    time::{UnixMillis, http_date},
};

impl Scheme {
    /// Returns the headers that prove a delivery, as its provider would send them: lower-case
    /// names, and their values.
    ///
    /// # Errors
    ///
    /// Fails if the scheme signs nothing. Fails if a signed header that cannot be made up, such as
    /// `webhook-id`, is not among the delivery's own headers or has a value that the scheme
    /// refuses.
    pub fn sign(
        &self,
        secret: &Secret,
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Result<Vec<(&str, String)>, SignError> {
        match self {
            Self::Hmac(scheme) => scheme.sign(secret, delivery, now),
            Self::HeaderList(scheme) => Ok(scheme.sign(secret, delivery, now)),
            Self::UrlToken => Err(SignError::SignsNothing),
        }
    }
}

impl HmacSha256 {
    fn sign(
        &self,
        secret: &Secret,
        delivery: &Delivery<'_>,
        now: UnixMillis,
    ) -> Result<Vec<(&str, String)>, SignError> {
        let timestamp = now.seconds().to_string();
        let content = self.content(delivery, &timestamp).map_err(SignError::Header)?;
        let tag = self.tags.encoding.encode(&secret.tag(&content).bytes());
        let tag = match &self.tags.layout {
            Layout::Bare => tag,
            Layout::Prefixed(prefix) | Layout::Listed(prefix) => [&**prefix, &tag].concat(),
            Layout::Pairs(key) => match &self.age {
                Some((Stamp::Pair(stamp), _)) => {
                    [&**stamp, "=", &timestamp, ",", key, "=", &tag].concat()
                }
                _ => [&**key, "=", &tag].concat(),
            },
        };
        let mut headers = vec![(&*self.tags.header, tag)];
        if let Some((Stamp::Header(name), _)) = &self.age {
            headers.push((name, timestamp));
        }
        Ok(headers)
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
            Self::SignsNothing => {
                f.write_str("this provider signs nothing: post to the URL with the token")
            }
        }
    }
}

impl std::error::Error for SignError {}
