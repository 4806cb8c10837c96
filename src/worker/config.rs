use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
};

use crate::{
    io::{self, Host},
    log::{self, SettingsOf},
};
use orderhook_core::{
    Provider, Scheme, Secret, Source, Token, UtcOffset,
    json::{Object, entries, text},
    provider,
};

/// What the Worker is set up to do, checked as a whole. Nothing in it fails: what is wrong with
/// it is part of it.
pub(crate) struct Config {
    pub(crate) sources: Vec<Configured>,
    pub(crate) limits: Limits,
    /// What is wrong with more than one source.
    pub(crate) problems: Vec<String>,
    /// The token of a source that does not exist.
    pub(crate) unmatchable: Token,
    /// What opens the details of `/healthz`.
    pub(crate) health_token: Option<Token>,
}

/// One line of `SOURCES`.
#[derive(Default)]
pub(crate) struct Configured {
    pub(crate) name: String,
    pub(crate) provider: Option<&'static Provider>,
    /// `None` where it has problems.
    pub(crate) source: Option<Source>,
    /// The secret segment of its address, kept beside the source: one with problems is not shown
    /// to whoever does not know it.
    pub(crate) token: Option<Token>,
    /// Whether copies that arrive together are told apart: `dedup = "strict"`.
    pub(crate) strict: bool,
    /// What keeps it from taking deliveries.
    pub(crate) problems: Vec<String>,
    /// What will be missed, though it takes them.
    pub(crate) warnings: Vec<String>,
    /// Deliveries that this instance refused unread, since their bodies were too large.
    pub(crate) too_large: Cell<u32>,
}

/// Bounds, each with a variable of its own.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// `MAX_BODY_BYTES`
    pub(crate) body: u32,
    /// `DEDUP_TTL_SECONDS`
    pub(crate) dedup_ttl: u32,
    /// `QUEUE_DEADLINE_MS`
    pub(crate) queue_deadline: u32,
    /// `KV_DEADLINE_MS`
    pub(crate) kv_deadline: u32,
    /// `CLAIM_DEADLINE_MS`
    pub(crate) claim_deadline: u32,
}

/// A token or a key of fewer bytes can be guessed.
const MIN_SECRET_BYTES: usize = 16;

/// The secret that opens the details of `/healthz`.
const HEALTH_TOKEN: &str = "HEALTH_TOKEN";

/// The variables that are orderhook's own. Their values are public, or are meant for something else:
/// none of them is a source's secret.
const OWN_VARIABLES: [&str; 8] = [
    "SOURCES",
    "DEDUP",
    "DEDUP_TTL_SECONDS",
    "MAX_BODY_BYTES",
    "QUEUE_DEADLINE_MS",
    "KV_DEADLINE_MS",
    "CLAIM_DEADLINE_MS",
    HEALTH_TOKEN,
];

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            dedup_ttl: 7 * 24 * 60 * 60,
            queue_deadline: 5000,
            kv_deadline: 2000,
            claim_deadline: 2000,
        }
    }
}

impl Config {
    /// Returns the configuration of the environment. It is read, and what is wrong with it logged,
    /// once in an isolate's life: variables and secrets only change with a deployment, which starts
    /// new isolates.
    pub(crate) fn of(host: &Host) -> Rc<Self> {
        thread_local! {
            static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
        }
        CONFIG.with(|config| {
            Rc::clone(config.get_or_init(|| {
                let config = Self::read(host);
                config.log();
                Rc::new(config)
            }))
        })
    }

    fn read(host: &Host) -> Self {
        let settings = io::settings(host);
        let Ok(settings) = Object::parse(&settings) else {
            let problems = vec!["the variables cannot be read".to_owned()];
            return Self::new(Vec::new(), Limits::default(), problems, None);
        };
        let mut problems = Vec::new();
        for (binding, kind) in [("SEEN", "KV namespace"), ("EVENTS", "queue")] {
            if !io::bound(host, binding) {
                problems.push(format!("the {kind} `{binding}` is not bound: see wrangler.toml"));
            }
        }
        let limits = Limits::read(&settings, &mut problems);
        let strict = strict_by_default(&settings, &mut problems);
        let mut sources =
            sources(settings.raw("SOURCES"), strict, host).unwrap_or_else(|problem| {
                problems.push(problem.to_owned());
                Vec::new()
            });
        if sources.iter().any(|source| source.strict) && !io::bound(host, "CLAIMS") {
            problems.push(NO_CLAIMS.to_owned());
        }
        for source in &mut sources {
            source.warn_of_copies(limits.dedup_ttl);
        }
        warn_of_shared_secrets(&mut sources);
        let health_token = health_token(host, &mut problems);
        Self::new(sources, limits, problems, health_token)
    }

    fn new(
        sources: Vec<Configured>,
        limits: Limits,
        problems: Vec<String>,
        health_token: Option<Token>,
    ) -> Self {
        Self { sources, limits, problems, unmatchable: Token::unmatchable(), health_token }
    }

    /// Returns `ok`, or `degraded` where a source is not ready or a variable is wrong.
    pub(crate) fn status(&self) -> &'static str {
        let is_ready = self.sources.iter().all(|source| source.source.is_some());
        if is_ready && self.problems.is_empty() { "ok" } else { "degraded" }
    }

    /// Logs what is wrong with it, where something is.
    fn log(&self) {
        let sources: Vec<_> = self
            .sources
            .iter()
            .filter(|source| !(source.problems.is_empty() && source.warnings.is_empty()))
            .map(|Configured { name, problems, warnings, .. }| SettingsOf {
                source: name,
                problems,
                warnings,
            })
            .collect();
        if self.status() != "ok" || !sources.is_empty() {
            log::settings(self.status(), &self.problems, &sources);
        }
    }

    /// Where the source of this name stands, ready or not.
    pub(crate) fn source(&self, name: &str) -> Option<usize> {
        self.sources.iter().position(|source| source.name == name)
    }
}

/// Reads what opens the details of `/healthz`; without it they stay closed.
fn health_token(host: &Host, problems: &mut Vec<String>) -> Option<Token> {
    let text = io::secret(host, HEALTH_TOKEN)?;
    let token = Token::new(&text).ok().filter(|_| text.len() >= MIN_SECRET_BYTES);
    if token.is_none() {
        problems.push(format!(
            "`{HEALTH_TOKEN}` is not {MIN_SECRET_BYTES} or more letters, digits and -._~, so that \
             /healthz shows no details: make one with `openssl rand -hex 32`"
        ));
    }
    token
}

/// Warns where a key or a token is also that of another source: a delivery to one of them is
/// accepted by the other.
fn warn_of_shared_secrets(sources: &mut [Configured]) {
    let shared: Vec<Vec<String>> = sources
        .iter()
        .map(|source| {
            let others = sources.iter().filter(|other| other.name != source.name);
            others.filter_map(|other| source.shares_with(other)).collect()
        })
        .collect();
    for (source, warnings) in sources.iter_mut().zip(shared) {
        source.warnings.extend(warnings);
    }
}

const NO_CLAIMS: &str = "the Durable Objects `CLAIMS` are not bound, so that deliveries go on as \
    with `kv` where `dedup` is `strict`: see wrangler.toml";

/// Whether `dedup` is `strict`; `None` where it is neither that nor `kv`.
fn strict(settings: &Object<'_>, name: &str) -> Option<bool> {
    match settings.text(name).as_deref() {
        Some("strict") => Some(true),
        Some("kv") => Some(false),
        _ => None,
    }
}

/// The variable `DEDUP`, for the sources that do not say.
fn strict_by_default(settings: &Object<'_>, problems: &mut Vec<String>) -> bool {
    settings.raw("DEDUP").is_some()
        && strict(settings, "DEDUP").unwrap_or_else(|| {
            problems.push("`DEDUP` must be `kv` or `strict`: `strict` is used".to_owned());
            true
        })
}

/// The table, or a text that holds one, as a variable set in the dashboard is.
fn sources(json: Option<&str>, strict: bool, host: &Host) -> Result<Vec<Configured>, &'static str> {
    const NO_TABLE: &str = "`SOURCES` is not a table: see [vars.SOURCES] in wrangler.toml";
    const NO_SOURCES: &str = "there are no sources: add one to [vars.SOURCES] in wrangler.toml";
    let json = json.ok_or(NO_SOURCES)?;
    let text = text(json);
    let table = Object::parse(text.as_deref().unwrap_or(json)).map_err(|_| NO_TABLE)?;
    let mut sources: Vec<Configured> = Vec::new();
    for name in table.keys() {
        if !sources.iter().any(|known| known.name == name) {
            let configured = Configured::read(name, &table, strict, host);
            if let Some(source) = &configured.source {
                io::expect(sources.len(), &source.provider().headers().join("\n"));
            }
            sources.push(configured);
        }
    }
    if sources.is_empty() { Err(NO_SOURCES) } else { Ok(sources) }
}

impl Limits {
    fn read(settings: &Object<'_>, problems: &mut Vec<String>) -> Self {
        let usual = Self::default();
        let mut bound = |name, default, least, most| {
            if settings.raw(name).is_none() {
                return default;
            }
            settings.whole(name).filter(|value| (least..=most).contains(value)).unwrap_or_else(
                || {
                    problems.push(format!(
                        "`{name}` is not a number from {least} to {most}: {default} is used"
                    ));
                    default
                },
            )
        };
        Self {
            // The body, its copy and the event share 64 MiB with every other request.
            body: bound("MAX_BODY_BYTES", usual.body, 1, 4 << 20),
            dedup_ttl: bound("DEDUP_TTL_SECONDS", usual.dedup_ttl, 60, 365 * 24 * 60 * 60),
            // A shorter wait would fail where nothing is wrong, each time.
            queue_deadline: bound("QUEUE_DEADLINE_MS", usual.queue_deadline, 100, 60_000),
            kv_deadline: bound("KV_DEADLINE_MS", usual.kv_deadline, 100, 60_000),
            claim_deadline: bound("CLAIM_DEADLINE_MS", usual.claim_deadline, 100, 60_000),
        }
    }
}

impl Configured {
    fn read(name: &str, table: &Object<'_>, strict: bool, host: &Host) -> Self {
        let mut configured = Self { name: name.to_owned(), strict, ..Self::default() };
        match (table.raw(name), table.object(name)) {
            (_, Some(settings)) => configured.check(&settings, host),
            (Some(_), None) => configured.problems.push("it is not a table of settings".to_owned()),
            (None, None) => configured.problems.push("it stands twice in `SOURCES`".to_owned()),
        }
        configured
    }

    fn check(&mut self, settings: &Object<'_>, host: &Host) {
        self.check_names(settings);
        self.provider = self.provider(settings);
        let Some(provider) = self.provider else {
            return;
        };
        let secrets = self.secrets(provider, settings, host);
        self.token = self.token(settings, host);
        let utc_offset = self.utc_offset(settings);
        self.dedup(settings);
        if !self.problems.is_empty() {
            return;
        }
        match Source::new(&self.name, provider, secrets, self.token.clone(), utc_offset) {
            Ok(source) => self.accept(source),
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn check_names(&mut self, settings: &Object<'_>) {
        const NAMES: [&str; 5] = ["provider", "secrets", "token", "utc_offset", "dedup"];
        for name in settings.keys() {
            if !NAMES.contains(&name) {
                let (name, known) = (shown_setting(name), listed(NAMES.into_iter()));
                self.problems.push(format!("{name} is unknown: there are {known}"));
            } else if settings.raw(name).is_none() {
                // Either could be meant, and with neither the source could stand open.
                self.problems.push(format!("the setting `{name}` stands twice"));
                return;
            }
        }
    }

    fn provider(&mut self, settings: &Object<'_>) -> Option<&'static Provider> {
        let provider = settings.text("provider").and_then(|name| provider::by_name(&name));
        if provider.is_none() {
            let names = listed(provider::ALL.iter().map(|provider| provider.name));
            self.problems.push(format!("`provider` must be one of {names}"));
        }
        provider
    }

    fn secrets(&mut self, provider: &Provider, settings: &Object<'_>, host: &Host) -> Vec<Secret> {
        let Some(given) = settings.raw("secrets") else {
            return Vec::new();
        };
        let names: Vec<_> = entries(given).collect();
        if names.is_empty() {
            self.problems.push(
                "`secrets` is an empty list: name a secret, or take out `secrets` where a token is \
                 all that protects the source"
                    .to_owned(),
            );
        }
        names.into_iter().filter_map(|name| self.secret(provider, name, host)).collect()
    }

    fn secret(&mut self, provider: &Provider, name: &str, host: &Host) -> Option<Secret> {
        let (name, text) = self.value("secrets", name, host)?;
        let secret = match provider.scheme.secret(&text) {
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
        let (name, text) = self.value("token", settings.raw("token")?, host)?;
        if text.len() < MIN_SECRET_BYTES {
            self.warnings.push(format!(
                "{name} is short and can be guessed: make one with `openssl rand -hex 32`"
            ));
        }
        match Token::new(&text) {
            Ok(token) => Some(token),
            Err(error) => self.complain(&name, error),
        }
    }

    fn utc_offset(&mut self, settings: &Object<'_>) -> Option<UtcOffset> {
        settings.raw("utc_offset")?;
        let offset = settings.text("utc_offset").and_then(|text| UtcOffset::parse(&text));
        if offset.is_none() {
            self.problems.push("`utc_offset` must be written as `+02:00`".to_owned());
        }
        offset
    }

    fn dedup(&mut self, settings: &Object<'_>) {
        if settings.raw("dedup").is_some() {
            match strict(settings, "dedup") {
                Some(strict) => self.strict = strict,
                None => self.problems.push("`dedup` must be `kv` or `strict`".to_owned()),
            }
        }
    }

    /// The value of the secret that a setting names in JSON, and how to call it.
    fn value(&mut self, setting: &str, name: &str, host: &Host) -> Option<(String, String)> {
        let Some(name) = text(name) else {
            self.problems.push(format!("`{setting}` must hold names of secrets"));
            return None;
        };
        let shown = shown(setting, &name);
        if OWN_VARIABLES.contains(&&*name) {
            self.problems.push(format!("{shown} is orderhook's own variable and no secret"));
            return None;
        }
        let Some(text) = io::secret(host, &name) else {
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

    /// A copy must be remembered for as long as its signature is young enough.
    fn warn_of_copies(&mut self, dedup_ttl: u32) {
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
        self.source = Some(source);
    }

    /// Returns a warning where a key or the token is that of another source, too.
    fn shares_with(&self, other: &Self) -> Option<String> {
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

/// How a secret's name is shown to the world. Somebody will write a secret's value in the place
/// of its name: only what looks like a name, as `SHOP_SECRET` does, or is too short for a value,
/// is repeated.
fn shown(setting: &str, name: &str) -> String {
    let is_name = (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && (name.contains('_') || name.len() <= 12)
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if is_name { name.to_owned() } else { format!("an entry of `{setting}`") }
}

/// How an unknown setting is shown: the same may be written in its place.
fn shown_setting(name: &str) -> String {
    let is_setting = name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_setting { format!("the setting `{name}`") } else { "a setting".to_owned() }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
