//! Reads a definition: the language of `providers/schema.json`, as JSON.
//!
//! A definition is checked as a whole before anything is made of it. An error names the key and
//! says what was expected there.

use std::fmt;

use self::{
    places::{Base, Places},
    table::Table,
};
use super::{Provider, plan::Plan};
use crate::json::Json;

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

type Checked<T> = Result<T, DefinitionError>;

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
    pub fn parse(name: &str, definition: &str, scheme: Option<&str>) -> Checked<Self> {
        let whole = |text: &str| DefinitionError { key: String::new(), text: text.to_owned() };
        if !is_name(name) {
            return Err(whole(NAME));
        }
        if definition.len() > MAX_DEFINITION_BYTES {
            return Err(whole("a definition has at most 16 KB"));
        }
        let json = Json::parse(definition).map_err(|_| whole("the definition is not JSON"))?;
        let object = json.object().ok_or_else(|| whole("a definition is a table"))?;
        let root = Table::new("", object, &TABLES)?;
        heading(&root)?;
        let schemes = scheme::schemes(&root)?;
        let plan = plan(&root, &schemes)?;
        let (answer, handshakes) = (answer::answer(&root)?, answer::handshakes(&root, &plan)?);
        let scheme = scheme::pick(schemes, scheme)?;
        Ok(Self { name: name.into(), scheme, answer, handshakes, plan })
    }
}

const NAME: &str = "a provider's name is 1 to 32 of a-z, 0-9 and -";

/// Checks the keys that say what a definition is of.
fn heading(root: &Table<'_>) -> Checked<()> {
    if root.text("name")?.is_some_and(|name| !is_name(name)) {
        return Err(root.fail("name", NAME));
    }
    let is_address = |page: &str| page.starts_with("https://") || page.starts_with("http://");
    if root.text("page")?.is_some_and(|page| !is_address(page)) {
        return Err(root.fail("page", "expected an address, as \"https://acme.example/docs\""));
    }
    Ok(())
}

/// Whether a text is a provider's name.
fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn plan(root: &Table<'_>, schemes: &[scheme::Named]) -> Checked<Plan> {
    let mut places = Places::new();
    let (mut event, each, base) = event::event(root, &mut places)?;
    let order = order::order(root, &mut places, &base)?;
    let lookups = status::lookups(root, &mut places, &base, &mut event)?;
    status::order_of_proof(&lookups, schemes)?;
    let items = order::items(root, &mut places, &base)?;
    let total = order::total(root, &mut places, &base)?;
    let customer = order::customer(root, &mut places, &base)?;
    let driver = order::contact(root, "driver", &mut places, &base)?;
    let pickup = order::contact(root, "pickup", &mut places, &base)?;
    let volatile = event::volatile(root, &mut places, schemes)?;
    let (trie, headers) = places.finish();
    let (each, each_name) = each;
    Ok(Plan {
        trie,
        headers,
        each,
        each_name,
        event,
        order,
        lookups,
        items,
        total,
        customer,
        driver,
        pickup,
        volatile,
    })
}

/// Returns the base of a table: its `at`, else that of the definition.
fn base_of(table: &Table<'_>, places: &mut Places, outer: &Base) -> Checked<Base> {
    match table.get("at") {
        None => Ok(outer.clone()),
        Some(at) => {
            let pointer = at.text().ok_or_else(|| table.fail("at", EXPECTED_POINTER))?;
            places.base(outer, pointer, &table.key("at"))
        }
    }
}

const EXPECTED_POINTER: &str = "expected a JSON Pointer, as \"/data\"";
