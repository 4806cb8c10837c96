//! Reads a definition: the language of `providers/schema.json`, as JSON.
//!
//! A definition is checked as a whole before anything is made of it. An error names the key and
//! says what was expected there.

use std::fmt;

use self::{
    places::{Base, Places},
    scheme::Named,
    table::{Key, Table, fail},
};
use super::{Answer, Provider, plan::Plan};
use crate::{
    json::{Json, Object},
    scheme::Scheme,
    source::is_name,
};

mod answer;
mod event;
mod flag;
mod order;
mod places;
mod scheme;
mod status;
mod table;
mod value;

/// The bytes that a definition may have.
const MAX_DEFINITION_BYTES: usize = 16 * 1024;

/// A mistake in a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionError {
    /// The key with the mistake, as `event.id` or `status[0].words.created`; empty for the
    /// definition as a whole.
    pub key: String,
    /// What is wrong with it.
    pub text: String,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            f.write_str(&self.key)?;
            f.write_str(": ")?;
        }
        f.write_str(&self.text)
    }
}

impl std::error::Error for DefinitionError {}

/// An error in a box: it is rare, and every value would be as large as it.
type Checked<T> = Result<T, Mistake>;

type Mistake = Box<DefinitionError>;

/// The tables of a definition.
const TABLES: [&str; 13] = [
    "page",
    "scheme",
    "handshake",
    "answer",
    "event",
    "order",
    "status",
    "items",
    "total",
    "customer",
    "driver",
    "pickup",
    "name",
];

impl Provider {
    /// Reads a definition, as JSON. `name` is the provider's; `scheme` is the name of one of the
    /// definition's schemes, without which the first is taken.
    ///
    /// # Errors
    ///
    /// Fails if the definition is not valid, or has no scheme of this name.
    pub fn parse(
        name: &str,
        definition: &str,
        scheme: Option<&str>,
    ) -> Result<Self, DefinitionError> {
        if !is_name(name) {
            return Err(*fail(&Key::ROOT.of("name"), &[NAME]));
        }
        read(name, definition, scheme).map_err(|error| *error)
    }
}

impl Scheme {
    /// Reads the scheme of a definition alone, as [`Provider::parse`] does.
    ///
    /// # Errors
    ///
    /// Fails if the definition is not JSON, if one of its schemes is not valid, and if it has no
    /// scheme of this name.
    pub fn parse(definition: &str, scheme: Option<&str>) -> Result<Self, DefinitionError> {
        let read = || -> Checked<Self> {
            let json = json(definition)?;
            let root = Table::new(Key::ROOT, object(&json)?, &TABLES)?;
            let mut schemes = scheme::schemes(&root)?;
            let at = scheme::pick(&schemes, scheme)?;
            Ok(schemes.swap_remove(at).scheme)
        };
        read().map_err(|error| *error)
    }
}

fn json(definition: &str) -> Checked<Json<'_>> {
    if definition.len() > MAX_DEFINITION_BYTES {
        return Err(fail(&Key::ROOT, &["a definition has at most 16 KB"]));
    }
    match Json::parse(definition) {
        Ok(json) => Ok(json),
        Err(_) => Err(fail(&Key::ROOT, &["the definition is not JSON"])),
    }
}

fn object<'j>(json: &'j Json<'j>) -> Checked<&'j Object<'j>> {
    match json {
        Json::Object(object) => Ok(object),
        _ => Err(fail(&Key::ROOT, &["a definition is a table"])),
    }
}

fn read(name: &str, definition: &str, scheme: Option<&str>) -> Checked<Provider> {
    let json = json(definition)?;
    let root = Table::new(Key::ROOT, object(&json)?, &TABLES)?;
    heading(&root)?;
    let mut schemes = scheme::schemes(&root)?;
    let picked = scheme::pick(&schemes, scheme);
    let mut plan = Plan::new();
    fill(&root, &schemes, picked.as_ref().map_or(0, |at| *at), &mut plan)?;
    let mut answer = Answer::default();
    answer::answer(&root, &mut answer)?;
    let mut handshakes = Vec::new();
    answer::handshakes(&root, &plan, &mut handshakes)?;
    let Named { scheme, has_shared_keys, .. } = schemes.swap_remove(picked?);
    Ok(Provider { name: name.into(), scheme, answer, handshakes, has_shared_keys, plan })
}

const NAME: &str = "a provider's name is 1 to 32 of a-z, 0-9 and -";

/// Checks the keys that say what a definition is of.
fn heading(root: &Table<'_, '_>) -> Checked<()> {
    if root.text("name")?.is_some_and(|name| !is_name(name)) {
        return Err(root.fail("name", &[NAME]));
    }
    let is_address = |page: &str| page.starts_with("https://") || page.starts_with("http://");
    if root.text("page")?.is_some_and(|page| !is_address(page)) {
        return Err(root.fail("page", &["expected an address, as \"https://acme.example/docs\""]));
    }
    Ok(())
}

/// Reads the tables that say where values stand and what words mean.
fn fill(root: &Table<'_, '_>, schemes: &[Named], picked: usize, plan: &mut Plan) -> Checked<()> {
    let mut places = Places::new();
    if let Some(picked) = schemes.get(picked) {
        for field in picked.scheme.signed_fields() {
            places.sign(&field.pointer, &root.key("scheme"))?;
        }
        for pointer in &picked.redacted {
            let place = places.redacted(pointer, &root.key("scheme"))?;
            plan.redacted.push(place);
        }
    }
    let base = event::event(root, &mut places, schemes, plan)?;
    order::order(root, &mut places, &base, plan)?;
    status::lookups(root, &mut places, &base, plan)?;
    status::order_of_proof(&plan.lookups, schemes)?;
    order::items(root, &mut places, &base, plan)?;
    order::others(root, &mut places, &base, plan)?;
    (plan.trie, plan.headers) = places.finish();
    Ok(())
}

/// Returns the base of a table: its `at`, else that of the definition.
fn base_of(table: &Table<'_, '_>, places: &mut Places, outer: &Base) -> Checked<Base> {
    match table.get("at") {
        None => Ok(*outer),
        Some(Json::Text(pointer)) => places.base(outer, pointer, &table.key("at")),
        Some(_) => Err(table.fail("at", &["expected a JSON Pointer, as \"/data\""])),
    }
}
