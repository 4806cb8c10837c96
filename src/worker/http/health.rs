use std::rc::Rc;

use orderhook_core::Token;
use serde::{Serialize, Serializer};
use web_sys::Response;

use super::{Answer, wanted::Wanted};
use crate::{
    config::{Config, Configured},
    host,
    json::text,
};

/// The part that anyone may see.
#[derive(Serialize)]
struct Summary {
    status: &'static str,
}

#[derive(Serialize)]
struct Details<'a> {
    status: &'static str,
    version: &'a str,
    problems: &'a [String],
    sources: Sources<'a>,
}

#[derive(Serialize)]
struct SourceDetails<'a> {
    provider: Option<&'a str>,
    ready: bool,
    dedup: &'a str,
    /// The number of deliveries that this instance answered with 413.
    too_large: u32,
    problems: &'a [String],
    warnings: &'a [String],
}

struct Sources<'a>(&'a [Rc<Configured>]);

/// Sources by name.
impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|configured| {
            let details = SourceDetails {
                provider: configured.provider_name.as_deref(),
                ready: configured.source.is_some(),
                dedup: if configured.strict { "strict" } else { "kv" },
                too_large: configured.too_large.get(),
                problems: &configured.problems,
                warnings: &configured.warnings,
            };
            (&configured.name, details)
        }))
    }
}

/// Answers `/healthz`. Anyone gets the status. A caller with the token also gets the version, and
/// each source with its problems. Both get 200, since the Worker itself is well. A caller with a
/// wrong token gets 401.
pub(crate) fn response(config: &Config, authorization: Option<&str>, is_head: bool) -> Response {
    let json = match (authorization, &config.health_token) {
        (None, _) => text(&Summary { status: config.status() }),
        (Some(offered), Some(token)) if offers(offered, token) => details(config),
        _ => return Answer::HealthTokenWrong.response(is_head, None, &Wanted::default()),
    };
    host::answer(200, &json, None, 0, is_head, None, None)
}

fn offers(authorization: &str, token: &Token) -> bool {
    let (scheme, offered) = authorization.split_once(' ').unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer") && token.check(offered.trim()).is_some()
}

fn details(config: &Config) -> String {
    text(&Details {
        status: config.status(),
        version: env!("CARGO_PKG_VERSION"),
        problems: &config.problems,
        sources: Sources(&config.sources),
    })
}
