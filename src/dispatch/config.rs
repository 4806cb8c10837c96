//! The variables and secrets.

use std::{cell::OnceCell, collections::BTreeMap, ops::RangeInclusive, rc::Rc};

use orderhook_core::{
    Token,
    dispatch::{Guard, Thresholds},
    fnv1a, is_name,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    digest::digest,
    host::{self, Host},
    log, moment,
    seal::{DISPATCH_SEAL_KEY, SealKey},
};

/// The name of the secret that opens the API.
pub(crate) const DISPATCH_TOKEN: &str = "DISPATCH_TOKEN";

/// The characters that a token must have. A shorter one can be guessed.
const MIN_TOKEN_BYTES: usize = 32;

/// The journals that a source may be divided among.
const MAX_SHARDS: u64 = 32;

/// The Worker's configuration. Reading it never fails: its problems are part of it.
pub(crate) struct Config {
    /// The tokens of `DISPATCH_TOKEN`.
    pub(crate) tokens: Vec<ApiToken>,
    /// The keys of `DISPATCH_SEAL_KEY`. The first seals.
    pub(crate) seal_keys: Vec<SealKey>,
    /// The team of Cloudflare Access whose assertions are taken.
    pub(crate) access: Option<AccessTeam>,
    /// Decides which URLs events may be posted to.
    pub(crate) guard: Guard,
    shards: BTreeMap<String, u32>,
    problems: Vec<String>,
}

impl Config {
    /// Returns the configuration of the environment. It is read once in an isolate's life, and its
    /// problems are logged then.
    pub(crate) fn of(host: &Host) -> Rc<Self> {
        thread_local! {
            static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
        }
        CONFIG.with(|config| {
            Rc::clone(config.get_or_init(|| {
                let config = Self::read(host);
                log::settings(&config.problems);
                Rc::new(config)
            }))
        })
    }

    fn read(host: &Host) -> Self {
        let mut problems = Vec::new();
        let settings: Settings = serde_json::from_str(&host::settings(host)).unwrap_or_default();
        let tokens = host::secret(host, DISPATCH_TOKEN).unwrap_or_default();
        let tokens = read_tokens(&tokens, &mut problems);
        let keys = host::secret(host, DISPATCH_SEAL_KEY).unwrap_or_default();
        let seal_keys = read_seal_keys(&keys, &mut problems);
        let access = read_access(&settings.rest, &mut problems);
        let guard = read_guard(&settings.rest, &mut problems);
        let shards = read_shards(settings.shards, &mut problems);
        let _ = Retention::read(&settings.rest, &mut problems);
        let _ = read_thresholds(&settings.rest, &mut problems);
        Self { tokens, seal_keys, access, guard, shards, problems }
    }

    /// Whether a text is a token of `DISPATCH_TOKEN`. Every token is compared, so the time does not
    /// show which of them is similar.
    pub(crate) fn is_token(&self, text: &str) -> bool {
        self.tokens.iter().filter(|known| known.token.check(text).is_some()).count() > 0
    }

    /// Whether a digest is that of a token of `DISPATCH_TOKEN`.
    pub(crate) fn has_digest(&self, digest: &str) -> bool {
        self.tokens.iter().any(|known| known.digest == digest)
    }

    /// Returns the journal of an event. The same order always has the same one.
    pub(crate) fn journal(&self, source: &str, order: &str) -> String {
        match self.shards.get(source) {
            None | Some(1) => source.to_owned(),
            Some(shards) => format!("{source}.{}", fnv1a(order) % shards),
        }
    }
}

/// A token of `DISPATCH_TOKEN`, and its digest.
pub(crate) struct ApiToken {
    token: Token,
    digest: String,
}

/// A team of Cloudflare Access, and its application that dispatch is.
pub(crate) struct AccessTeam {
    pub(crate) name: String,
    pub(crate) audience: String,
    /// Whether whom it lets through may only read.
    pub(crate) is_read_only: bool,
}

impl AccessTeam {
    /// Returns what the assertions of the team say about who made them.
    pub(crate) fn issuer(&self) -> String {
        format!("https://{}.cloudflareaccess.com", self.name)
    }
}

/// The variables.
#[derive(Default, Deserialize)]
struct Settings {
    #[serde(rename = "SHARDS")]
    shards: Option<Value>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// Reads tokens that are separated by commas or blanks.
fn read_tokens(text: &str, problems: &mut Vec<String>) -> Vec<ApiToken> {
    let mut tokens = Vec::new();
    for text in split(text) {
        match Token::new(text).ok().filter(|_| text.len() >= MIN_TOKEN_BYTES) {
            Some(token) => tokens.push(ApiToken { token, digest: digest(text) }),
            None => problems.push(format!(
                "a token of `{DISPATCH_TOKEN}` is not {MIN_TOKEN_BYTES} or more letters, digits and \
                 -._~, and opens nothing: make one with `openssl rand -hex 32`"
            )),
        }
    }
    tokens
}

/// Reads keys that are separated by commas or blanks.
fn read_seal_keys(text: &str, problems: &mut Vec<String>) -> Vec<SealKey> {
    let mut keys = Vec::new();
    for text in split(text) {
        match SealKey::read(text) {
            Some(key) => keys.push(key),
            None => problems.push(format!(
                "a key of `{DISPATCH_SEAL_KEY}` is not 64 hexadecimal digits, and seals nothing: make \
                 one with `openssl rand -hex 32`"
            )),
        }
    }
    keys
}

/// Reads whose assertions of Cloudflare Access are taken: nobody's, unless both variables are right.
fn read_access(
    settings: &BTreeMap<String, Value>,
    problems: &mut Vec<String>,
) -> Option<AccessTeam> {
    let text = |name| settings.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, audience) = (text("CF_ACCESS_TEAM"), text("CF_ACCESS_AUD"));
    let is_set = !name.is_empty() || !audience.is_empty();
    let is_hex = audience.len() == 64 && audience.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_read_only = match settings.get("CF_ACCESS_READ_ONLY") {
        None | Some(Value::Bool(false)) => Some(false),
        Some(Value::Bool(true)) => Some(true),
        Some(value) => value.as_str().and_then(|text| text.parse().ok()),
    };
    if is_set && (!is_team(name) || !is_hex || is_read_only.is_none()) {
        problems.push(
            "nobody comes in by Cloudflare Access: set `CF_ACCESS_TEAM` to the name before \
             .cloudflareaccess.com, `CF_ACCESS_AUD` to the application's audience tag of 64 \
             hexadecimal digits, and `CF_ACCESS_READ_ONLY` to true or false"
                .into(),
        );
        return None;
    }
    let (name, audience, is_read_only) = (name.to_owned(), audience.to_owned(), is_read_only?);
    is_set.then_some(AccessTeam { name, audience, is_read_only })
}

/// Whether a text is the name of a team.
fn is_team(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Reads which hosts are ours, and to which ones of this machine events may be posted.
fn read_guard(settings: &BTreeMap<String, Value>, problems: &mut Vec<String>) -> Guard {
    let list = |name| split(settings.get(name).and_then(Value::as_str).unwrap_or_default());
    let (own, wrong): (Vec<_>, Vec<_>) = list("OWN_HOSTS").partition(|entry| is_host(entry));
    if !wrong.is_empty() {
        problems.push(
            "an entry of `OWN_HOSTS` is not the name of a host, and guards nothing: write \
             hooks.example.com, without https://, port and path"
                .into(),
        );
    }
    let (local, wrong): (Vec<_>, Vec<_>) =
        list("LOCAL_ENDPOINTS").partition(|entry| is_pair(entry));
    if !wrong.is_empty() {
        problems.push(
            "an entry of `LOCAL_ENDPOINTS` is not a host and a port, and allows nothing: write \
             127.0.0.1:9000, without http:// and path"
                .into(),
        );
    }
    if !local.is_empty() {
        problems.push(format!(
            "`LOCAL_ENDPOINTS` lets events be posted to {}: never set it on a deployed Worker",
            local.join(", ")
        ));
    }
    Guard::new(own.into_iter().map(str::to_owned), local.into_iter().map(str::to_owned).collect())
}

/// Whether a text is the name of a host, or an address.
fn is_host(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// Whether a text is a host and a port.
fn is_pair(text: &str) -> bool {
    let pair = text.rsplit_once(':');
    pair.is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let is_v6 = |host: &str| host.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        bare.map_or_else(|| is_host(host), is_v6) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// Splits a text at commas and blanks.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|text| !text.is_empty())
}

/// Reads how many journals each source has. It may also be a text, as a variable that is set in the
/// dashboard is.
fn read_shards(given: Option<Value>, problems: &mut Vec<String>) -> BTreeMap<String, u32> {
    let given = match given {
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::Null),
        None => return BTreeMap::new(),
        Some(given) => given,
    };
    let Value::Object(table) = given else {
        problems.push("`SHARDS` is not a table: see src/dispatch/wrangler.toml".into());
        return BTreeMap::new();
    };
    let mut shards = BTreeMap::new();
    for (source, given) in table {
        let count = given.as_u64().filter(|count| (1..=MAX_SHARDS).contains(count));
        match count.and_then(|count| u32::try_from(count).ok()).filter(|_| is_name(&source)) {
            Some(count) => drop(shards.insert(source, count)),
            None => problems.push(format!(
                "`SHARDS` has a wrong entry: a source's name and a number from 1 to {MAX_SHARDS} are \
                 expected"
            )),
        }
    }
    shards
}

/// For how long events are kept, and their ids known.
#[derive(Clone, Copy)]
pub(crate) struct Retention {
    /// The milliseconds for which an event is kept.
    pub(crate) age: i64,
    /// The bytes that a journal may have.
    pub(crate) bytes: f64,
    /// The milliseconds after which an id can be counted again.
    pub(crate) ttl: i64,
}

const MIB: f64 = 1024.0 * 1024.0;

impl Retention {
    /// Reads the variables of a text of settings. Their problems are logged by [`Config`].
    pub(crate) fn parse(settings: &str) -> Self {
        let settings: Settings = serde_json::from_str(settings).unwrap_or_default();
        Self::read(&settings.rest, &mut Vec::new())
    }

    fn read(settings: &BTreeMap<String, Value>, problems: &mut Vec<String>) -> Self {
        let mut whole =
            |name, usual, least, most| read_whole(settings, problems, name, usual, least..=most);
        let days = whole("RETENTION_DAYS", 90, 1, 3650);
        // An object has at most 10 GB.
        let megabytes = whole("RETENTION_MB", 1024, 1, 9000);
        let ttl = whole("DEDUP_TTL_SECONDS", 604_800, 60, 31_536_000);
        #[allow(clippy::cast_precision_loss)] // At most four digits.
        Self { age: days * moment::DAY_MS, bytes: megabytes as f64 * MIB, ttl: ttl * 1000 }
    }
}

/// Reads a whole number; the usual one if another value is set.
fn read_whole(
    settings: &BTreeMap<String, Value>,
    problems: &mut Vec<String>,
    name: &str,
    usual: i64,
    range: RangeInclusive<i64>,
) -> i64 {
    let given = match settings.get(name) {
        None => return usual,
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_i64(),
    };
    given.filter(|number| range.contains(number)).unwrap_or_else(|| {
        let (least, most) = range.into_inner();
        problems.push(format!(
            "`{name}` is not a whole number from {least} to {most}: {usual} is used"
        ));
        usual
    })
}

/// Reads the thresholds of operational events of a text of settings. Their problems are logged by
/// [`Config`].
pub(crate) fn thresholds(settings: &str) -> Thresholds {
    let settings: Settings = serde_json::from_str(settings).unwrap_or_default();
    read_thresholds(&settings.rest, &mut Vec::new())
}

fn read_thresholds(settings: &BTreeMap<String, Value>, problems: &mut Vec<String>) -> Thresholds {
    const MINUTE_MS: i64 = 60_000;
    let mut whole =
        |name, usual, least, most| read_whole(settings, problems, name, usual, least..=most);
    Thresholds {
        silence_factor: whole("SILENCE_FACTOR", 2, 1, 100),
        min_silence: whole("SILENCE_MINUTES", 180, 30, 43_200) * MINUTE_MS,
        refused_percent: whole("REFUSED_PERCENT", 50, 1, 100),
        min_refused: whole("REFUSED_COUNT", 10, 1, 1_000_000),
    }
}
