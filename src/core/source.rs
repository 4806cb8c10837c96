use std::fmt;

use crate::{
    challenge::{Challenge, Verified},
    delivery::Delivery,
    provider::Provider,
    scheme::{Refusal, Scheme, Secret, Token, TokenProof},
    time::{UnixMillis, UtcOffset},
};

/// One account at one provider, with settings that hold together.
#[derive(Debug)]
pub struct Source {
    name: String,
    provider: &'static Provider,
    secrets: Vec<Secret>,
    token: Option<Token>,
    utc_offset: Option<UtcOffset>,
}

impl Source {
    /// Checks the settings against each other: a name of `[a-z0-9-]{1,32}`, and what the
    /// provider's scheme needs to authenticate anything at all. `utc_offset` is the zone of
    /// moments that the provider writes without one.
    pub fn new(
        name: &str,
        provider: &'static Provider,
        secrets: Vec<Secret>,
        token: Option<Token>,
        utc_offset: Option<UtcOffset>,
    ) -> Result<Self, SourceError> {
        if !is_name(name) {
            return Err(SourceError::Name);
        }
        let signed = !secrets.is_empty();
        match provider.scheme {
            Scheme::Hmac(_) if !signed => return Err(SourceError::NeedsSecret),
            Scheme::HeaderList(_) if !signed && token.is_none() => {
                return Err(SourceError::NeedsSecretOrToken);
            }
            Scheme::UrlToken if signed => return Err(SourceError::SignsNothing),
            Scheme::UrlToken if token.is_none() => return Err(SourceError::NeedsToken),
            _ => {}
        }
        Ok(Self { name: name.to_owned(), provider, secrets, token, utc_offset })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose account it is.
    #[must_use]
    pub fn provider(&self) -> &'static Provider {
        self.provider
    }

    /// The secret segment of its URL, where it has one.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The zone of moments that come without one.
    #[must_use]
    pub fn utc_offset(&self) -> Option<UtcOffset> {
        self.utc_offset
    }

    /// Whether it has a secret to verify deliveries with.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Whether one of its keys is one of another source's.
    #[must_use]
    pub fn shares_key(&self, other: &Self) -> bool {
        self.secrets.iter().any(|own| other.secrets.iter().any(|key| own.is_same_key(key)))
    }
}

impl Source {
    /// Reads what a delivery's headers say, and compares its age with `now`. The challenge that is
    /// left is answered by the core or by its host.
    ///
    /// `token` is the proof that the delivery came to the URL with this source's token.
    ///
    /// # Errors
    ///
    /// Fails where a header is missing or malformed, where the delivery is too old or from the
    /// future, and where nothing can authenticate the body.
    pub fn challenge<'a>(
        &'a self,
        delivery: Delivery<'a>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Challenge<'a>, Refusal> {
        let check = self.provider.scheme.read(self.has_secrets(), &delivery, token, now)?;
        let Self { name, provider, secrets, utc_offset, .. } = self;
        Ok(Challenge { name, provider, secrets, utc_offset: *utc_offset, delivery, token, check })
    }

    /// Verifies a delivery to this source: the same as [`Source::challenge`] and then
    /// [`Challenge::verify`].
    ///
    /// # Errors
    ///
    /// Fails as both do.
    pub fn verify<'a>(
        &'a self,
        delivery: Delivery<'a>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Verified<'a>, Refusal> {
        self.challenge(delivery, token, now)?.verify()
    }
}

fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Why settings do not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// The name is not one.
    Name,
    /// The provider signs, and there is no secret to check with.
    NeedsSecret,
    /// The provider may sign, and there is neither a secret nor a token.
    NeedsSecretOrToken,
    /// The provider does not sign, and there is no token.
    NeedsToken,
    /// The provider does not sign, and there are secrets, that would protect nothing.
    SignsNothing,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "a source's name is 1 to 32 of a-z, 0-9 and -",
            Self::NeedsSecret => "`secrets` is needed: this provider signs its deliveries",
            Self::NeedsSecretOrToken => "`secrets` or `token` is needed, better both",
            Self::NeedsToken => "`token` is needed: this provider does not sign its deliveries",
            Self::SignsNothing => {
                "`secrets` must go: this provider does not sign its deliveries, only `token` protects them"
            }
        })
    }
}

impl std::error::Error for SourceError {}
