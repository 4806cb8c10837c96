//! The names by which an order can be found: its references, its tracking numbers and its
//! customers. A name is kept as a hash, which has a fixed length and hides telephone numbers.

use orderhook_core::dispatch::Taken;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::host::Sql;

/// The maximum number of names of an order.
const MAX_NAMES: usize = 300;

/// Those of them that only customers may have: an erasure needs them.
const FOR_CUSTOMERS: usize = 100;

/// The bytes of a hash that are kept.
const HASH_BYTES: usize = 16;

/// A way to name an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Reference,
    TrackingNumber,
    Customer,
}

/// Returns the name that is kept.
pub(super) fn name(kind: Kind, text: &str) -> String {
    let kind = match kind {
        Kind::Reference => "reference ",
        Kind::TrackingNumber => "tracking ",
        Kind::Customer => "customer ",
    };
    let digest = Sha256::new().chain_update(kind).chain_update(text).finalize();
    hex::encode(digest.get(..HASH_BYTES).unwrap_or_default())
}

/// Keeps the names of an event that its order does not have yet. `known` are the order's names.
/// Returns whether there are new ones.
pub(super) fn add(
    sql: &Sql<'_>,
    order: &str,
    known: &mut Vec<String>,
    event: &Taken,
) -> Result<bool, JsValue> {
    const INSERT: &str = "INSERT INTO names (name, ord) VALUES (?, ?) ON CONFLICT DO NOTHING";
    let before = known.len();
    for (kind, text) in of(event) {
        let reserved = if kind == Kind::Customer { 0 } else { FOR_CUSTOMERS };
        let name = name(kind, text);
        if known.len() < MAX_NAMES - reserved && !known.contains(&name) {
            sql.run(INSERT, &[(&name).into(), order.into()])?;
            known.push(name);
        }
    }
    Ok(known.len() > before)
}

/// Returns what names an event's order.
fn of(event: &Taken) -> impl Iterator<Item = (Kind, &String)> {
    event.report.iter().flat_map(|report| {
        let customers = report.customers.iter().map(|key| (Kind::Customer, key));
        let references = report.reference.iter().map(|text| (Kind::Reference, text));
        let of_items = report.items.iter().filter_map(|item| item.tracking_number.as_ref());
        let numbers = report.tracking_number.iter().chain(of_items);
        let numbers = numbers.map(|text| (Kind::TrackingNumber, text));
        customers.chain(references).chain(numbers)
    })
}

/// Returns whether a name is that of more than so many orders.
pub(super) fn has_more(sql: &Sql<'_>, name: &str, most: usize) -> Result<bool, JsValue> {
    const BEYOND: &str = "SELECT 1 FROM names WHERE name = ? LIMIT 1 OFFSET ?";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    Ok(sql.first(BEYOND, &[name.into(), most.into()])?.is_some())
}

/// Removes the names of an order.
pub(super) fn remove(sql: &Sql<'_>, order: &str, names: &[String]) -> Result<(), JsValue> {
    const DELETE: &str = "DELETE FROM names WHERE name = ? AND ord = ?";
    names.iter().try_for_each(|name| sql.run(DELETE, &[name.into(), order.into()]))
}
