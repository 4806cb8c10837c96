/// The target of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `/healthz`
    Health,
    /// `/hooks/{source}` or `/hooks/{source}/{token}`
    Hook {
        /// The source's name in the URL.
        source: &'a str,
        /// The segment in the token's place.
        token: Option<&'a str>,
    },
    /// Anything else.
    Nowhere,
}

impl<'a> Route<'a> {
    /// Returns the route of a URL. One slash at the end is ignored: Gooten's own example of an
    /// address has it before the query.
    pub(crate) fn of(url: &'a str) -> Self {
        let path = path(url);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path == "/healthz" {
            return Self::Health;
        }
        let Some(rest) = path.strip_prefix("/hooks/") else {
            return Self::Nowhere;
        };
        let (source, token) = match rest.split_once('/') {
            Some((source, token)) => (source, Some(token)),
            None => (rest, None),
        };
        Self::Hook { source, token }
    }
}

fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or("/")
}
