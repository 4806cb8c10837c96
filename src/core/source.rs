use std::{fmt, sync::Arc};

use crate::{
    challenge::{Challenge, Verified},
    delivery::{Delivery, Headers},
    provider::Provider,
    scheme::{
        MAX_KEYS, Refusal, Scheme, Secret, SentToken, Settings, Token, TokenProof, grammar,
        verify::Check,
    },
    time::UnixMillis,
};

/// One account at one provider, with settings that are consistent.
///
/// ```
/// use std::sync::Arc;
///
/// use orderhook_core::{
///     Authenticity, Delivery, Provider, Reading, Refusal, Settings, Source, UnixMillis,
/// };
///
/// let definition = orderhook_catalogue::definition("wegocod");
/// let provider = Arc::new(Provider::parse("wegocod", definition, None)?);
/// let secret = provider.scheme.secret("the secret from WeGoCod's portal")?;
/// let source = Source::new("shop", provider, vec![secret], None, Settings::default())?;
///
/// let signature = "315096b844dc70737f1791b170fa75987a1e8adbcf1377ef7a499cac84c529f8";
/// let headers: &[(&str, &str)] = &[("X-Webhook-Signature", signature)];
/// let body = br#"{"order":{"reference":"A-1","new_status":"delivered"}}"#;
/// let delivery = Delivery { headers: &headers, url: "", body };
/// let now = UnixMillis(1_731_587_954_120);
///
/// let verified = source.verify(delivery, None, now)?;
/// assert_eq!(verified.proof().authenticity, Authenticity::BodySigned);
/// let Reading::Event(event) = verified.read(now) else {
///  panic!("the body is an order's");
/// };
/// assert_eq!(event.id, "A-1:delivered");
///
/// let changed = Delivery { body: b"{}", ..delivery };
/// let refusal = source.verify(changed, None, now).err();
/// assert_eq!(refusal, Some(Refusal::SignatureMismatch));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Source {
    name: String,
    provider: Arc<Provider>,
    secrets: Vec<Secret>,
    token: Option<Token>,
    settings: Settings,
}

impl Source {
    /// Makes a source of settings that are consistent. `name` is 1 to 32 of `a-z`, `0-9` and `-`.
    ///
    /// # Errors
    ///
    /// Fails if the name is not valid, if the provider's scheme needs a secret, a token or a
    /// setting that is missing, and if one is given that would protect nothing.
    pub fn new(
        name: &str,
        provider: Arc<Provider>,
        secrets: Vec<Secret>,
        token: Option<Token>,
        settings: Settings,
    ) -> Result<Self, SourceError> {
        if !is_name(name) {
            return Err(SourceError::Name);
        }
        if provider.has_shared_keys && token.is_none() {
            return Err(SourceError::SharesKeys);
        }
        if secrets.iter().map(|secret| secret.keys().len()).sum::<usize>() > MAX_KEYS {
            return Err(SourceError::TooManyKeys);
        }
        let signed = !secrets.is_empty();
        match &provider.scheme {
            Scheme::Signed(_) if !signed => return Err(SourceError::NeedsSecret),
            scheme if scheme.has_public_keys() && !signed && settings.jwks.is_none() => {
                return Err(SourceError::NeedsKeys);
            }
            Scheme::Token(_) if !signed => return Err(SourceError::NeedsSentToken),
            Scheme::HeaderList(_) if !signed && token.is_none() => {
                return Err(SourceError::NeedsSecretOrToken);
            }
            Scheme::UrlToken if signed => return Err(SourceError::SignsNothing),
            Scheme::UrlToken if token.is_none() => return Err(SourceError::NeedsToken),
            scheme => check(scheme, &settings)?,
        }
        Ok(Self { name: name.to_owned(), provider, secrets, token, settings })
    }

    /// Returns the source's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the provider of the account.
    #[must_use]
    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// Returns the secret segment of the source's URL, if it has one.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Returns the address of the provider's key set.
    #[must_use]
    pub fn jwks(&self) -> Option<&str> {
        self.settings.jwks.as_deref()
    }

    /// Returns the source with the keys of a set that was fetched, in the place of its own; `None` if
    /// the set has no key that can be used.
    #[must_use]
    pub fn with_keys(&self, set: &str) -> Option<Self> {
        let keys = self.provider.scheme.secret(set).ok()?;
        let Self { name, provider, token, settings, .. } = self;
        Some(Self {
            name: name.clone(),
            provider: Arc::clone(provider),
            secrets: vec![keys],
            token: token.clone(),
            settings: settings.clone(),
        })
    }

    /// Whether the source has a key that may have signed a delivery. A delivery that is refused
    /// for its headers needs none.
    #[must_use]
    pub fn knows_key(&self, delivery: Delivery<'_>, now: UnixMillis) -> bool {
        let scheme = &self.provider.scheme;
        match scheme.read(true, &delivery, None, now, &self.settings) {
            Ok(check) => check.is_by_one_of(&self.secrets),
            Err(_) => true,
        }
    }

    /// Whether the source has a secret to verify deliveries with.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Whether another source has one of the same keys.
    #[must_use]
    pub fn shares_key(&self, other: &Self) -> bool {
        self.secrets.iter().any(|own| other.secrets.iter().any(|key| own.is_same_key(key)))
    }
}

impl Source {
    /// Reads what a delivery's headers say, and compares its age with `now`. The core or its host
    /// then answers the challenge.
    ///
    /// `token` is the proof that the delivery came to the URL with this source's token.
    ///
    /// # Errors
    ///
    /// Fails if a header is missing or malformed, if the delivery is too old or from the future,
    /// and if nothing can authenticate the body.
    pub fn challenge<'a>(
        &'a self,
        delivery: Delivery<'a>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Challenge<'a>, Refusal> {
        let check = self.read(&delivery, token, now)?;
        let Self { name, provider, secrets, settings, .. } = self;
        let utc_offset = settings.utc_offset;
        Ok(Challenge { name, provider, secrets, utc_offset, delivery, token, check })
    }

    /// Checks the headers of a delivery whose body was not read yet. The challenge checks them
    /// again. If a part of the proof stands in the body, only the tag's header is checked.
    ///
    /// # Errors
    ///
    /// Fails as [`challenge`](Self::challenge) does.
    pub fn check_headers(
        &self,
        headers: &dyn Headers,
        url: &str,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<(), Refusal> {
        let delivery = Delivery { headers, url, body: b"" };
        if !self.provider.scheme.stands_in_headers() {
            return self.provider.scheme.check_header(&delivery);
        }
        self.read(&delivery, token, now).map(drop)
    }

    /// Reads a delivery's headers. A source with a token takes nothing at another URL, even with a
    /// signature that holds: it may be meant for another account.
    fn read<'a>(
        &'a self,
        delivery: &Delivery<'a>,
        token: Option<TokenProof>,
        now: UnixMillis,
    ) -> Result<Check<'a>, Refusal> {
        let scheme = &self.provider.scheme;
        let check = scheme.read(self.has_secrets(), delivery, token, now, &self.settings)?;
        if self.token.is_some() && token.is_none() {
            return Err(Refusal::TokenMismatch);
        }
        Ok(check)
    }

    /// Verifies a delivery to this source: [`Source::challenge`], then [`Challenge::verify`].
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

/// Checks the settings that a scheme needs, and those that it does not know.
fn check(scheme: &Scheme, settings: &Settings) -> Result<(), SourceError> {
    let is_whole = |url: &str| {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        host.is_some_and(|host| !host.is_empty() && !host.contains([' ', '#']))
    };
    if settings.jwks.is_some() && !scheme.has_public_keys() {
        return Err(SourceError::NoKeys);
    }
    if settings.jwks.as_deref().is_some_and(|url| !is_public(url)) {
        return Err(SourceError::Jwks);
    }
    let may_have_url = matches!(scheme, Scheme::HttpSignature(_));
    match (scheme.needs_url(), settings.url.as_deref()) {
        (false, Some(url)) if may_have_url && is_whole(url) => {}
        (false, Some(_)) if may_have_url => return Err(SourceError::Url),
        (true, None) => return Err(SourceError::NeedsUrl),
        (true, Some(url)) if !is_whole(url) => return Err(SourceError::Url),
        (false, Some(_)) => return Err(SourceError::SignsNoUrl),
        _ => {}
    }
    let is_chosen = matches!(scheme, Scheme::Token(SentToken { is_chosen: true, .. }));
    match settings.token_header.as_deref() {
        Some(_) if !is_chosen => Err(SourceError::HeaderIsFixed),
        Some(name) if !grammar::is_token(name) || may_be_secret(name) => Err(SourceError::Header),
        _ => Ok(()),
    }
}

/// Whether a header's name may be the secret itself, in the wrong place. An answer shows the name.
fn may_be_secret(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_digit()) || name.len() > 20 && !name.contains('-')
}

/// Whether keys may be fetched from an address: https, a public name, and the usual port.
fn is_public(url: &str) -> bool {
    const OWN: [&str; 10] = [
        "localhost",
        "local",
        "internal",
        "lan",
        "home",
        "corp",
        "test",
        "invalid",
        "onion",
        "arpa",
    ];
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_label = |label: &str| {
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(is_letter)
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    // A last label without a digit in front is no part of an address in numbers.
    host.contains('.')
        && host.split('.').all(is_label)
        && last.starts_with(|c: char| c.is_ascii_lowercase())
        && !OWN.contains(&last)
        && !rest.contains(['\\', ' '])
}

/// Whether a text is the name of a source or of a provider: 1 to 32 of `a-z`, `0-9` and `-`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A reason why settings are not consistent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// The name is not valid.
    Name,
    /// The provider signs, but there is no secret.
    NeedsSecret,
    /// The provider may sign, but there is neither a secret nor a token.
    NeedsSecretOrToken,
    /// The provider does not sign, but there is no token.
    NeedsToken,
    /// The provider does not sign, so the secrets would protect nothing.
    SignsNothing,
    /// The provider sends a token, but there is none to compare it with.
    NeedsSentToken,
    /// The provider signs for all its customers with the same keys, but there is no token.
    SharesKeys,
    /// The provider signs with a private key, but there is no public key.
    NeedsKeys,
    /// There are more public keys than are looked at.
    TooManyKeys,
    /// The provider does not sign with a private key, so the address of its keys is of no use.
    NoKeys,
    /// Keys may not be fetched from the address.
    Jwks,
    /// The provider signs the URL, but the URL is not set.
    NeedsUrl,
    /// The URL is not a whole one.
    Url,
    /// The provider does not sign the URL.
    SignsNoUrl,
    /// The header's name is not valid.
    Header,
    /// The definition names the header.
    HeaderIsFixed,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "a source's name is 1 to 32 of a-z, 0-9 and -",
            Self::NeedsSecret => "`secrets` is needed: this provider signs its deliveries",
            Self::NeedsSecretOrToken => "`secrets` or `token` is needed, better both",
            Self::NeedsToken => "`token` is needed: this provider does not sign its deliveries",
            Self::NeedsSentToken => {
                "`secrets` is needed: it names the token that this provider sends with its deliveries"
            }
            Self::SharesKeys => {
                "`token` is needed: this provider signs for all its customers with the same keys, so a signature does not tell whose delivery it is"
            }
            Self::NeedsKeys => {
                "`secrets` or `jwks` is needed: the public keys of this provider, or the address of its key set"
            }
            Self::TooManyKeys => "`secrets` has more than 16 public keys: take out those that are no longer used",
            Self::NoKeys => "`jwks` must go: this provider does not sign with a private key",
            Self::Jwks => {
                "`jwks` must be an https address at a public name, as `https://acme.example/jwks.json`"
            }
            Self::NeedsUrl => "the URL that the provider was given is needed, since the provider signs it: set it as `url` of a source, or as `registeredUrl` in the package",
            Self::Url => "the URL that the provider was given must be a whole one, as `https://example.com/hooks/shop`",
            Self::SignsNoUrl => "the URL that the provider was given must go: this provider does not sign it",
            Self::Header => {
                "the header of the token must be a header's name without digits, and with a `-` if it is longer than 20 letters, so that it is no secret"
            }
            Self::HeaderIsFixed => "the header of the token must go: this provider's definition names it",
            Self::SignsNothing => {
                "`secrets` must go: this provider does not sign its deliveries, only `token` protects them"
            }
        })
    }
}

impl std::error::Error for SourceError {}
