use serde::{Serialize, Serializer};
use web_sys::Response;

use crate::{
    answer::text,
    config::{Config, Configured},
    io,
};

#[derive(Serialize)]
struct Health<'a> {
    status: &'a str,
    version: &'a str,
    problems: &'a [String],
    sources: Sources<'a>,
}

#[derive(Serialize)]
struct SourceHealth<'a> {
    provider: Option<&'a str>,
    ready: bool,
    dedup: &'a str,
    problems: &'a [String],
    warnings: &'a [String],
}

struct Sources<'a>(&'a [Configured]);

/// A table by name.
impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|configured| {
            let health = SourceHealth {
                provider: configured.provider.map(|provider| provider.name),
                ready: configured.source.is_some(),
                dedup: if configured.strict { "strict" } else { "kv" },
                problems: &configured.problems,
                warnings: &configured.warnings,
            };
            (&configured.name, health)
        }))
    }
}

/// `/healthz`: the version, and each source with what is wrong with it. Always 200: it is the
/// Worker that is well, whatever its settings are.
pub(crate) fn response(config: &Config, is_head: bool) -> Response {
    let ready = config.sources.iter().all(|configured| configured.source.is_some());
    let well = ready && config.problems.is_empty();
    let json = text(&Health {
        status: if well { "ok" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        problems: &config.problems,
        sources: Sources(&config.sources),
    });
    io::answer(200, &json, 0, is_head, None, None)
}
