//! An endpoint: a URL that gets events. The registry keeps endpoints, and each journal a copy.

use orderhook_core::dispatch::Format;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Value};

/// An endpoint as it is kept. Its URL and its secrets are sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) state: State,
    /// Why it is disabled.
    pub(crate) reason: Option<String>,
    #[serde(serialize_with = "write_format", deserialize_with = "read_format")]
    pub(crate) format: Format,
    /// The members of a `Filter` of the core.
    pub(crate) filter: Map<String, Value>,
    pub(crate) description: Option<String>,
    /// A `Sealed` under a key of `DISPATCH_SEAL_KEY`.
    pub(crate) sealed: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl Endpoint {
    /// Returns a placeholder for an endpoint whose record a later version wrote. It gets no events.
    pub(crate) fn unreadable(id: Option<String>) -> Self {
        Self {
            id: id.unwrap_or_default(),
            state: State::Disabled,
            reason: None,
            format: Format::CloudEvents,
            filter: Map::new(),
            description: None,
            sealed: String::new(),
            created: 0,
            updated: 0,
        }
    }
}

/// Whether an endpoint gets events.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Active,
    /// Its owner has paused it.
    Paused,
    /// It failed for too long, or it said that it wants no more events.
    Disabled,
}

/// All endpoints, as of a version of the registry's.
#[derive(Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) version: i64,
    pub(crate) endpoints: Vec<Endpoint>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn write_format<S: Serializer>(format: &Format, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(format.as_str())
}

fn read_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
    let name = String::deserialize(deserializer)?;
    Format::parse(&name).ok_or_else(|| D::Error::custom("an unknown format"))
}
