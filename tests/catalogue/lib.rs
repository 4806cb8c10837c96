//! The definitions of `providers/`, as JSON, for tests and benches.

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// Returns the definition of this name, as JSON.
///
/// # Panics
///
/// Panics if there is no such folder.
#[must_use]
pub fn definition(name: &str) -> &'static str {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, json)| *json).expect("a folder of this name in `providers`")
}

/// Returns the names of the providers.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}
