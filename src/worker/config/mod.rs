use std::{cell::RefCell, rc::Rc};

use crate::{
    host::{self, Host},
    log::{self, SettingsOf},
};
pub(crate) use limits::Limits;
use orderhook_core::{
    Token,
    json::{Json, Object},
};
use providers::Providers;
pub(crate) use source::Configured;
use source::Surroundings;
use variables::{HEALTH_TOKEN, MIN_SECRET_BYTES, strict};

mod limits;
mod providers;
mod source;
mod variables;

/// The Worker's configuration, checked as a whole. Reading it never fails: its problems are part of
/// it.
pub(crate) struct Config {
    pub(crate) sources: Vec<Rc<Configured>>,
    pub(crate) limits: Limits,
    /// Problems that concern more than one source.
    pub(crate) problems: Vec<String>,
    /// Takes the place of the token of a source that does not exist.
    pub(crate) unmatchable: Token,
    /// The token that opens the details of `/healthz`.
    pub(crate) health_token: Option<Token>,
    /// Whether deliveries are counted for the queue `ACTIVITY`.
    pub(crate) is_counted: bool,
}

thread_local! {
    static CONFIG: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
}

impl Config {
    /// Returns the configuration of the environment. It is read once in an isolate's life, and its
    /// problems are logged then. Variables and secrets only change with a deployment, which starts
    /// new isolates.
    pub(crate) fn of(host: &Host) -> Rc<Self> {
        CONFIG.with_borrow_mut(|config| {
            Rc::clone(config.get_or_insert_with(|| {
                let config = Self::read(host);
                config.log();
                Rc::new(config)
            }))
        })
    }

    /// Forgets the configuration.
    pub(crate) fn forget() {
        CONFIG.take();
    }

    fn read(host: &Host) -> Self {
        let text = host::settings(host);
        let json = Json::parse(&text);
        let Some(settings) = json.as_ref().ok().and_then(Json::object) else {
            let problems = vec!["the variables cannot be read".to_owned()];
            return Self::new(Vec::new(), Limits::default(), problems);
        };
        let mut problems = Vec::new();
        for (binding, kind) in [("SEEN", "KV namespace"), ("EVENTS", "queue")] {
            if !host::bound(host, binding) {
                problems.push(format!("the {kind} `{binding}` is not bound: see wrangler.toml"));
            }
        }
        let limits = Limits::read(settings, &mut problems);
        let strict = strict_by_default(settings, &mut problems);
        let providers = Providers::new(settings, host);
        problems.extend(providers.redefined());
        let surroundings = Surroundings { host, strict, providers };
        let read = sources(settings.get("SOURCES"), surroundings);
        let mut sources = read.unwrap_or_else(|problem| {
            problems.push(problem.to_owned());
            Vec::new()
        });
        if sources.iter().any(|source| source.strict) && !host::bound(host, "CLAIMS") {
            problems.push(NO_CLAIMS.to_owned());
        }
        for source in &mut sources {
            source.warn_of_copies(limits.dedup_ttl);
        }
        name_headers(&mut sources);
        warn_of_shared_secrets(&mut sources);
        let health_token = health_token(host, &mut problems);
        let is_counted = host::bound(host, "ACTIVITY");
        Self { health_token, is_counted, ..Self::new(sources, limits, problems) }
    }

    fn new(sources: Vec<Configured>, limits: Limits, problems: Vec<String>) -> Self {
        Self {
            sources: sources.into_iter().map(Rc::new).collect(),
            limits,
            problems,
            unmatchable: Token::unmatchable(),
            health_token: None,
            is_counted: false,
        }
    }

    /// Returns `ok`, or `degraded` if a source is not ready or a variable is wrong.
    pub(crate) fn status(&self) -> &'static str {
        let is_ready = self.sources.iter().all(|source| source.source.is_some());
        if is_ready && self.problems.is_empty() { "ok" } else { "degraded" }
    }

    /// Logs the problems, if there are any.
    fn log(&self) {
        let sources: Vec<_> = self
            .sources
            .iter()
            .filter(|source| !(source.problems.is_empty() && source.warnings.is_empty()))
            .map(|source| SettingsOf {
                source: &source.name,
                problems: &source.problems,
                warnings: &source.warnings,
            })
            .collect();
        if self.status() != "ok" || !sources.is_empty() {
            log::settings(self.status(), &self.problems, &sources);
        }
    }

    /// Returns the source of this name, ready or not.
    pub(crate) fn source(&self, name: &str) -> Option<&Rc<Configured>> {
        self.sources.iter().find(|source| source.name == name)
    }
}

/// Reads the token that opens the details of `/healthz`. Without it they stay closed.
fn health_token(host: &Host, problems: &mut Vec<String>) -> Option<Token> {
    let text = host::secret(host, HEALTH_TOKEN)?;
    let token = Token::new(&text).ok().filter(|_| text.len() >= MIN_SECRET_BYTES);
    if token.is_none() {
        problems.push(format!(
            "`{HEALTH_TOKEN}` is not {MIN_SECRET_BYTES} or more letters, digits and -._~, so that \
             /healthz shows no details: make one with `openssl rand -hex 32`"
        ));
    }
    token
}

/// Gives the host the names of the headers that the sources' providers need.
fn name_headers(sources: &mut [Configured]) {
    let mut numbers = 0..;
    for configured in sources {
        let Some(source) = &configured.source else {
            continue;
        };
        let names = source.provider().headers().into_iter().map(Into::into);
        configured.headers = names.zip(&mut numbers).collect();
        for (name, number) in &configured.headers {
            host::name_header(*number, name);
        }
    }
}

/// Warns if two sources share a key or a token: a delivery to one of them is accepted by the other.
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

/// Reads the variable `DEDUP`, the default of the sources.
fn strict_by_default(settings: &Object<'_>, problems: &mut Vec<String>) -> bool {
    let Some(given) = settings.get("DEDUP") else {
        return false;
    };
    strict(given).unwrap_or_else(|| {
        problems.push("`DEDUP` must be `kv` or `strict`: `strict` is used".to_owned());
        true
    })
}

/// Reads the table of sources. It may also be a text, as a variable that is set in the dashboard
/// is.
fn sources(
    given: Option<&Json<'_>>,
    mut surroundings: Surroundings<'_>,
) -> Result<Vec<Configured>, &'static str> {
    const NO_TABLE: &str = "`SOURCES` is not a table: see [vars.SOURCES] in wrangler.toml";
    const NO_SOURCES: &str = "there are no sources: add one to [vars.SOURCES] in wrangler.toml";
    let given = given.ok_or(NO_SOURCES)?;
    let parsed = given.text().map(Json::parse).transpose().map_err(|_| NO_TABLE)?;
    let table = parsed.as_ref().unwrap_or(given).object().ok_or(NO_TABLE)?;
    let mut sources: Vec<Configured> = Vec::new();
    for name in table.keys() {
        if !sources.iter().any(|known| known.name == name) {
            sources.push(Configured::read(name, table.get(name), &mut surroundings));
        }
    }
    if sources.is_empty() { Err(NO_SOURCES) } else { Ok(sources) }
}
