//! Shows an endpoint.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    endpoint::{Endpoint, State},
    moment,
    registry::Access,
    seal::Sealed,
};

/// The hosts, and those below them, of services whose URLs are secrets.
const SECRET_HOSTS: [&str; 16] = [
    "airtable.com",
    "api.telegram.org",
    "chat.googleapis.com",
    "discord.com",
    "discordapp.com",
    "hooks.slack-gov.com",
    "hooks.slack.com",
    "hooks.zapier.com",
    "logic.azure.com",
    "make.com",
    "maker.ifttt.com",
    "outlook.office.com",
    "pipedream.net",
    "powerplatform.com",
    "webhook.office.com",
    "webhook.site",
];

/// An endpoint, as the API shows it.
#[derive(Serialize)]
pub(super) struct View<'a> {
    id: &'a str,
    /// Null if the key that it is sealed with is not there.
    url: Option<String>,
    format: &'static str,
    filter: &'a Map<String, Value>,
    description: Option<&'a str>,
    active: bool,
    disabled_reason: Option<&'a str>,
    created_at: String,
    updated_at: String,
    /// Only an answer that shows it has this member. It is null for a format that is not signed.
    #[allow(clippy::option_option)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Option<&'a str>>,
}

impl<'a> View<'a> {
    /// Shows an endpoint to a caller.
    pub(super) fn of(endpoint: &'a Endpoint, sealed: Option<&Sealed>, access: Access) -> Self {
        Self {
            id: &endpoint.id,
            url: sealed.map(|sealed| url(endpoint, sealed, access)),
            format: endpoint.format.as_str(),
            filter: &endpoint.filter,
            description: endpoint.description.as_deref(),
            active: endpoint.state == State::Active,
            disabled_reason: endpoint.reason.as_deref(),
            created_at: moment::text(endpoint.created),
            updated_at: moment::text(endpoint.updated),
            secret: None,
        }
    }

    /// Shows the newest secret, too.
    pub(super) fn with_secret(endpoint: &'a Endpoint, sealed: &'a Sealed, access: Access) -> Self {
        let secret = sealed.secrets.first().map(|secret| &*secret.text);
        Self { secret: Some(secret), ..Self::of(endpoint, Some(sealed), access) }
    }
}

/// Returns an endpoint's URL as it is shown to a caller.
pub(super) fn url(endpoint: &Endpoint, sealed: &Sealed, access: Access) -> String {
    shown(&sealed.url, access == Access::Full && !endpoint.format.has_secret_url())
}

/// Returns a URL as it is shown: whole, or its host alone.
fn shown(url: &str, is_whole: bool) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if is_whole && !is_secret_host(authority) {
        return url.to_owned();
    }
    format!("{scheme}://{authority}/…")
}

fn is_secret_host(authority: &str) -> bool {
    let host = authority.split(':').next().unwrap_or_default();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_within = |name: &&str| {
        host.strip_suffix(*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    SECRET_HOSTS.iter().any(is_within)
}
