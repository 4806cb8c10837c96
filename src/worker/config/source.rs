use std::{cell::Cell, rc::Rc, slice, sync::Arc};

use js_sys::JsString;
use orderhook_core::{
    KeyFormat, Provider, Scheme, Secret, SecretError, Settings, Source, Token, UtcOffset,
    json::{Json, Object, is_blank},
};

use super::{
    providers::Providers,
    variables::{MIN_SECRET_BYTES, is_own, listed, strict},
};
use crate::host::{self, Host};

/// What a source's settings are read with.
pub(super) struct Surroundings<'h> {
    pub(super) host: &'h Host,
    /// The default of `dedup`.
    pub(super) strict: bool,
    pub(super) providers: Providers<'h>,
}

/// One entry of `SOURCES`.
#[derive(Default)]
pub(crate) struct Configured {
    pub(crate) name: String,
    /// The name of its provider, if there is one of this name.
    pub(crate) provider_name: Option<String>,
    /// The provider, if its definition is valid.
    pub(crate) provider: Option<Arc<Provider>>,
    /// `None` if the settings have problems.
    pub(crate) source: Option<Rc<Source>>,
    /// The headers that the provider needs, and the numbers that the host has for them.
    pub(crate) headers: Vec<(Box<str>, u32)>,
    /// The secret segment of the address. It is kept beside the source, so that a source with
    /// problems is shown only to callers that know its token.
    pub(crate) token: Option<Token>,
    /// Whether copies that arrive together become one event: `dedup = "strict"`.
    pub(crate) strict: bool,
    /// The problems that keep the source from taking deliveries.
    pub(crate) problems: Vec<String>,
    /// The weaknesses of a source that takes deliveries.
    pub(crate) warnings: Vec<String>,
    /// The number of deliveries that this instance refused unread, since their bodies were too
    /// large.
    pub(crate) too_large: Cell<u32>,
}

impl Configured {
    /// Reads one entry; without a value where its name stands twice.
    pub(super) fn read(
        name: &str,
        given: Option<&Json<'_>>,
        surroundings: &mut Surroundings<'_>,
    ) -> Self {
        let strict = surroundings.strict;
        let mut configured = Self { name: name.to_owned(), strict, ..Self::default() };
        match given.map(Json::object) {
            Some(Some(settings)) => configured.check(settings, surroundings),
            Some(None) => configured.problems.push("it is not a table of settings".to_owned()),
            None => configured.problems.push("it stands twice in `SOURCES`".to_owned()),
        }
        configured
    }

    fn check(&mut self, settings: &Object<'_>, surroundings: &mut Surroundings<'_>) {
        self.check_names(settings);
        self.provider = self.provider(settings, &mut surroundings.providers);
        let Some(provider) = self.provider.clone() else {
            return;
        };
        let secrets = self.secrets(&provider, settings, surroundings.host);
        self.token = self.token(settings, surroundings.host);
        let options = Settings {
            utc_offset: self.utc_offset(settings),
            url: self.text(settings, "url"),
            token_header: self.text(settings, "token_header"),
            jwks: self.text(settings, "jwks"),
        };
        self.dedup(settings);
        if !self.problems.is_empty() {
            return;
        }
        match Source::new(&self.name, provider, secrets, self.token.clone(), options) {
            Ok(source) => self.accept(source),
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn check_names(&mut self, settings: &Object<'_>) {
        const NAMES: [&str; 9] = [
            "provider",
            "scheme",
            "secrets",
            "token",
            "token_header",
            "jwks",
            "url",
            "utc_offset",
            "dedup",
        ];
        for name in settings.keys() {
            if !NAMES.contains(&name) {
                let (name, known) = (shown_setting(name), listed(NAMES.into_iter()));
                self.problems.push(format!("{name} is unknown: there are {known}"));
            } else if settings.get(name).is_none() {
                // Either value could be meant. With neither, the source could be open to anyone.
                self.problems.push(format!("the setting `{name}` stands twice"));
                return;
            }
        }
    }

    fn provider(
        &mut self,
        settings: &Object<'_>,
        providers: &mut Providers<'_>,
    ) -> Option<Arc<Provider>> {
        let scheme = settings.get("scheme").map(Json::text);
        if scheme == Some(None) {
            self.problems.push("`scheme` must be the name of one of its schemes".to_owned());
        }
        let name = settings.get("provider").and_then(Json::text);
        let named = name.and_then(|name| providers.named(name, scheme.flatten()));
        let Some(parsed) = named else {
            self.problems.push(format!("`provider` must be one of {}", providers.names()));
            return None;
        };
        self.provider_name = name.map(str::to_owned);
        parsed.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn secrets(&mut self, provider: &Provider, settings: &Object<'_>, host: &Host) -> Vec<Secret> {
        let Some(given) = settings.get("secrets") else {
            return Vec::new();
        };
        let names = given.list().unwrap_or(slice::from_ref(given));
        if names.is_empty() {
            self.problems.push(
                "`secrets` is an empty list: name a secret, or take out `secrets` where a token is \
                 all that protects the source"
                    .to_owned(),
            );
        }
        names.iter().filter_map(|name| self.secret(provider, name, host)).collect()
    }

    fn secret(&mut self, provider: &Provider, name: &Json<'_>, host: &Host) -> Option<Secret> {
        let (name, text) = self.value("secrets", name, host)?;
        let secret = match prepared(&provider.scheme, &text) {
            Ok(secret) => secret,
            Err(error) => return self.complain(&name, error),
        };
        if secret.key_bytes() < MIN_SECRET_BYTES {
            self.warnings.push(format!(
                "{name} is a key of fewer than {MIN_SECRET_BYTES} bytes and can be guessed: choose a \
                 longer one, as `openssl rand -hex 32` makes it"
            ));
        }
        Some(secret)
    }

    fn token(&mut self, settings: &Object<'_>, host: &Host) -> Option<Token> {
        let (name, text) = self.value("token", settings.get("token")?, host)?;
        match Token::new(&text) {
            Ok(token) => Some(token),
            Err(error) => self.complain(&name, error),
        }
    }

    fn utc_offset(&mut self, settings: &Object<'_>) -> Option<UtcOffset> {
        let offset = settings.get("utc_offset")?.text().and_then(UtcOffset::parse);
        if offset.is_none() {
            self.problems.push("`utc_offset` must be written as `+02:00`".to_owned());
        }
        offset
    }

    /// Returns the text of a setting that is not a secret.
    fn text(&mut self, settings: &Object<'_>, name: &str) -> Option<Box<str>> {
        let text = settings.get(name)?.text().filter(|text| !text.is_empty());
        if text.is_none() {
            self.problems.push(format!("`{name}` must be a text"));
        }
        text.map(Into::into)
    }

    fn dedup(&mut self, settings: &Object<'_>) {
        match settings.get("dedup").map(strict) {
            Some(Some(strict)) => self.strict = strict,
            Some(None) => self.problems.push("`dedup` must be `kv` or `strict`".to_owned()),
            None => {}
        }
    }

    /// Returns the value of the secret that a setting names, and how to call it in messages.
    fn value(&mut self, setting: &str, name: &Json<'_>, host: &Host) -> Option<(String, String)> {
        let Some(name) = name_of_secret(name) else {
            self.problems.push(format!("`{setting}` must hold names of secrets"));
            return None;
        };
        let shown = shown(setting, &name);
        if is_own(&name) {
            self.problems.push(format!("{shown} is orderhook's own variable and no secret"));
            return None;
        }
        let Some(text) = host::secret(host, &name) else {
            self.problems
                .push(format!("{shown} is not set: `npx wrangler secret put <NAME>` sets it"));
            return None;
        };
        if text.trim() != text && !text.trim().is_empty() {
            self.problems.push(format!(
                "{shown} has blanks or a line break around it: set it again without"
            ));
            return None;
        }
        Some((shown, text))
    }

    fn complain<T>(&mut self, name: &str, error: impl std::fmt::Display) -> Option<T> {
        self.problems.push(format!("{name} {error}"));
        None
    }

    /// Warns if a copy may be forgotten while its signature is still young enough.
    pub(super) fn warn_of_copies(&mut self, dedup_ttl: u32) {
        let scheme = self.source.as_ref().map(|source| &source.provider().scheme);
        let Some(age) = scheme.and_then(Scheme::age) else {
            return;
        };
        let young = age.past + age.future;
        if u64::from(dedup_ttl) <= young {
            self.warnings.push(format!(
                "`DEDUP_TTL_SECONDS` is not more than the {young} seconds for which a copy is in \
                 time: one can be accepted again"
            ));
        }
    }

    fn accept(&mut self, source: Source) {
        let lists_headers = matches!(source.provider().scheme, Scheme::HeaderList(_));
        if lists_headers && source.token().is_none() {
            self.warnings.push(
                "without `token`, deliveries whose signature covers no digest of the body are refused"
                    .to_owned(),
            );
        }
        if lists_headers && !source.has_secrets() {
            self.warnings.push(
                "without `secrets`, its deliveries are not verified: anyone who knows the address \
                 can post to it"
                    .to_owned(),
            );
        }
        self.source = Some(Rc::new(source));
    }

    /// Returns a warning if another source has the same key or token.
    pub(super) fn shares_with(&self, other: &Self) -> Option<String> {
        let secrets = self.source.as_ref()?.shares_key(other.source.as_ref()?);
        let tokens = self.token.as_ref().zip(other.token.as_ref());
        let what = match (secrets, tokens.is_some_and(|(own, other)| own.is_same(other))) {
            (false, false) => return None,
            (true, false) => "a secret",
            (false, true) => "the token",
            (true, true) => "a secret and the token",
        };
        Some(format!(
            "{what} of this source is that of `{}`, too: a delivery to one can be sent to the other; \
             give each its own",
            other.name
        ))
    }
}

/// Prepares a secret. The runtime has the tables of Unicode's normal forms.
fn prepared(scheme: &Scheme, text: &str) -> Result<Secret, SecretError> {
    if scheme.key_format() != Some(KeyFormat::Nfkd) || text.is_ascii() {
        return scheme.secret(text);
    }
    scheme.secret(&String::from(JsString::from(text).normalize("NFKD")))
}

/// Returns the name of a secret. A number counts as its digits.
fn name_of_secret(name: &Json<'_>) -> Option<String> {
    match name {
        Json::Text(text) if !text.chars().all(is_blank) => Some(text.clone().into_owned()),
        Json::Number(Some(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns how a secret's name is shown. Users may write a secret's value in the place of its name.
/// So a name is only repeated if it looks like one, as `SHOP_SECRET` does, or is too short for a
/// value.
fn shown(setting: &str, name: &str) -> String {
    let is_name = (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && (name.contains('_') || name.len() <= 12)
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if is_name { name.to_owned() } else { format!("an entry of `{setting}`") }
}

/// Returns how an unknown setting is shown. It may be a secret's value, too.
fn shown_setting(name: &str) -> String {
    let is_setting = name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_setting { format!("the setting `{name}`") } else { "a setting".to_owned() }
}
