use std::fmt;

use crate::time::UtcOffset;

/// The settings of a source beside its secrets.
#[derive(Clone, Default)]
pub struct Settings {
    /// The zone of moments that the provider writes without one.
    pub utc_offset: Option<UtcOffset>,
    /// The URL that the provider was given, for a scheme that signs it.
    pub url: Option<Box<str>>,
    /// The header of the token, in lower case, for a scheme that lets the source name it.
    pub token_header: Option<Box<str>>,
    /// The address of the provider's key set, for a scheme with public keys.
    pub jwks: Option<Box<str>>,
}

impl Settings {
    /// Returns the URL's path and query.
    pub(super) fn path(&self) -> &str {
        let url = self.url.as_deref().unwrap_or_default();
        let after = url.split_once("://").map_or(url, |(_, after)| after);
        let path = after.find('/').and_then(|at| after.get(at..)).unwrap_or("/");
        path.split('#').next().unwrap_or(path)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { utc_offset, url, token_header, jwks } = self;
        // An address may hold a token.
        let elided = |address: &Option<Box<str>>| address.as_ref().map(|_| "…");
        f.debug_struct("Settings")
            .field("utc_offset", utc_offset)
            .field("url", &elided(url))
            .field("token_header", token_header)
            .field("jwks", &elided(jwks))
            .finish()
    }
}

impl From<Option<UtcOffset>> for Settings {
    fn from(utc_offset: Option<UtcOffset>) -> Self {
        Self { utc_offset, ..Self::default() }
    }
}
