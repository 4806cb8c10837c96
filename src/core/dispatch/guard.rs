use std::fmt;

/// The bytes that an endpoint's URL may have.
const MAX_URL: usize = 2048;
/// The bytes that a host's name, and one label of it, may have.
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;
/// The ports that a URL may name.
const PORTS: [&str; 2] = ["443", "8443"];
/// The names that never lead to a public server, and those below them.
const PRIVATE: [&str; 13] = [
    "corp",
    "localhost",
    "localdomain",
    "local",
    "lan",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "invalid",
    "onion",
    "private",
    "test",
];

/// Decides which URLs events may be posted to.
///
/// A URL is `https`, and names a public host. The guard reads only the plainest form of a URL. The
/// WHATWG parser, which a runtime has, turns other forms into addresses: `https://2130706433/` is
/// `127.0.0.1`. The guard does not resolve names.
///
/// ```
/// use orderhook_core::dispatch::{Guard, GuardError};
///
/// let guard = Guard::default();
/// assert_eq!(guard.check("https://example.com/hooks?a=b"), Ok(()));
/// assert_eq!(guard.check("http://example.com/"), Err(GuardError::NotHttps));
/// assert_eq!(guard.check("https://10.0.0.1/"), Err(GuardError::NotAName));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    own: Vec<String>,
    local: Vec<String>,
}

/// A reason why events may not be posted to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardError {
    /// It has more than 2,048 bytes.
    TooLong,
    /// Its scheme is not `https`.
    NotHttps,
    /// It has a character that stands percent-encoded in a URL, or a fragment.
    NotPlain,
    /// It has a user name or a password.
    UserInfo,
    /// It names a port other than 443 and 8443.
    Port,
    /// Its host is an address, or not a name with a dot.
    NotAName,
    /// Its host is a name of a private network.
    Private,
    /// Its host is one of orderhook's own.
    Own,
}

impl GuardError {
    /// Returns a stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "url_too_long",
            Self::NotHttps => "url_not_https",
            Self::NotPlain => "url_not_plain",
            Self::UserInfo => "url_user_info",
            Self::Port => "url_port",
            Self::NotAName => "url_not_a_name",
            Self::Private => "url_private",
            Self::Own => "url_own",
        }
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the URL has more than 2,048 bytes",
            Self::NotHttps => "the URL does not begin with https://",
            Self::NotPlain => {
                "the URL has a fragment, or a character that must be percent-encoded; a name in \
                 other letters is written in its xn-- form"
            }
            Self::UserInfo => "the URL has a user name or a password: put a token into its path",
            Self::Port => "the URL names a port other than 443 and 8443",
            Self::NotAName => "the URL's host is not a public name with a dot, as example.com",
            Self::Private => "the URL's host is a name of a private network",
            Self::Own => "the URL's host is orderhook's own",
        })
    }
}

impl std::error::Error for GuardError {}

impl Guard {
    /// Makes a guard. `own` are the hosts of the Workers themselves. `local` are pairs of a host and
    /// a port, as `127.0.0.1:9000`, that are allowed on a developer's machine, with `http`, too.
    #[must_use]
    pub fn new(own: impl IntoIterator<Item = String>, local: Vec<String>) -> Self {
        Self { own: own.into_iter().map(|host| bare(&host)).collect(), local }
    }

    /// Returns the guard with one more host of its own.
    #[must_use]
    pub fn with_own(&self, host: &str) -> Self {
        let mut guard = self.clone();
        guard.own.push(bare(host));
        guard
    }

    /// Checks a URL.
    ///
    /// # Errors
    ///
    /// Fails if events may not be posted to it.
    pub fn check(&self, url: &str) -> Result<(), GuardError> {
        if url.len() > MAX_URL {
            return Err(GuardError::TooLong);
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !br##""#<>\^`{|}"##.contains(&byte);
        if !url.bytes().all(is_plain) {
            return Err(GuardError::NotPlain);
        }
        let (scheme, rest) = url.split_once("://").ok_or(GuardError::NotHttps)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let is_http = scheme == "http" || scheme == "https";
        if is_http && self.local.iter().any(|pair| pair == authority) {
            return Ok(());
        }
        if scheme != "https" {
            return Err(GuardError::NotHttps);
        }
        if authority.contains('@') {
            return Err(GuardError::UserInfo);
        }
        self.check_host(host(authority)?)
    }

    fn check_host(&self, named: &str) -> Result<(), GuardError> {
        let host = bare(named);
        if PRIVATE.iter().any(|name| is_within(&host, name)) {
            return Err(GuardError::Private);
        }
        if self.own.contains(&host) {
            return Err(GuardError::Own);
        }
        if is_public_name(&host) && !named.ends_with("..") {
            Ok(())
        } else {
            Err(GuardError::NotAName)
        }
    }
}

/// Returns the host of an authority. An address in brackets has colons, and is not a name.
fn host(authority: &str) -> Result<&str, GuardError> {
    match authority.split_once(':') {
        None => Ok(authority),
        Some((host, _)) if host.starts_with('[') => Err(GuardError::NotAName),
        Some((host, port)) if PORTS.contains(&port) => Ok(host),
        Some(_) => Err(GuardError::Port),
    }
}

/// Returns a host in lower case, without dots at its end.
fn bare(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn is_within(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a host is a name with a dot, in any form that a parser could read. No top-level domain
/// begins with a digit, and every form of an IPv4 address ends with a part that does.
fn is_public_name(host: &str) -> bool {
    let is_of_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label =
        |label: &str| (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(is_of_label);
    let last = host.rsplit_once('.').map(|(_, last)| last);
    host.len() <= MAX_HOST
        && host.split('.').all(is_label)
        && last.is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()))
}
