//! The providers that sources name: those of the build, and those that variables declare.

use std::sync::Arc;

use orderhook_core::{
    Provider,
    json::{Json, Object},
};

use super::variables::{PROVIDER, listed};
use crate::host::{self, Host};

/// A provider, or what is wrong with its definition.
pub(super) type Parsed = Result<Arc<Provider>, String>;

/// The known providers. Each definition is parsed once for all sources that name it.
pub(super) struct Providers<'h> {
    host: &'h Host,
    built_in: Vec<String>,
    declared: Vec<String>,
    parsed: Vec<(String, Option<String>, Parsed)>,
}

impl<'h> Providers<'h> {
    /// Reads the names of the known providers.
    pub(super) fn new(settings: &Object<'_>, host: &'h Host) -> Self {
        let names = |key| {
            let names = settings.get(key).and_then(Json::list).unwrap_or_default();
            names.iter().filter_map(Json::text).map(str::to_owned).collect()
        };
        Self { host, built_in: names("builtIn"), declared: names("declared"), parsed: Vec::new() }
    }

    /// Returns what is wrong with variables that redefine a built-in provider.
    pub(super) fn redefined(&self) -> impl Iterator<Item = String> {
        let redefined = self.built_in.iter().map(|name| variable(name));
        redefined.filter(|variable| self.declared.contains(variable)).map(|it| redefines(&it))
    }

    /// Returns the names of all providers, for a message.
    pub(super) fn names(&self) -> String {
        let declared = self.declared.iter().filter_map(|variable| {
            let name = variable.strip_prefix(PROVIDER)?.to_ascii_lowercase().replace('_', "-");
            (!name.is_empty() && !self.built_in.contains(&name)).then_some(name)
        });
        let names: Vec<_> = self.built_in.iter().cloned().chain(declared).collect();
        listed(names.iter().map(String::as_str))
    }

    /// Returns the provider of this name; `None` if there is none. `scheme` is the name of one of
    /// its schemes.
    pub(super) fn named(&mut self, name: &str, scheme: Option<&str>) -> Option<Parsed> {
        let is_same =
            |(n, s, _): &&(String, Option<String>, Parsed)| n == name && s.as_deref() == scheme;
        if let Some((_, _, known)) = self.parsed.iter().find(is_same) {
            return Some(known.clone());
        }
        let parsed = self.parse(name, scheme)?;
        self.parsed.push((name.to_owned(), scheme.map(str::to_owned), parsed.clone()));
        Some(parsed)
    }

    fn parse(&self, name: &str, scheme: Option<&str>) -> Option<Parsed> {
        let variable = variable(name);
        let parsed = |definition: &str| Provider::parse(name, definition, scheme).map(Arc::new);
        Some(match (host::definition(name), host::declared(self.host, &variable)) {
            (Some(_), Some(_)) => Err(redefines(&variable)),
            (Some(definition), None) => parsed(&definition).map_err(|error| error.to_string()),
            (None, Some(definition)) => {
                parsed(&definition).map_err(|error| format!("`{variable}`: {error}"))
            }
            (None, None) => return None,
        })
    }
}

/// Returns the name of the variable that declares the provider of this name.
fn variable(name: &str) -> String {
    [PROVIDER, &name.to_ascii_uppercase().replace('-', "_")].concat()
}

fn redefines(variable: &str) -> String {
    format!("`{variable}`: a built-in provider cannot be redefined: choose another name")
}
