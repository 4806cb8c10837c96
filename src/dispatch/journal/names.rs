//! The names by which an order can be found: its references, its tracking numbers and its
//! customers. A name is kept as a hash, which has a fixed length and hides telephone numbers.

use orderhook_core::dispatch::Taken;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::host::Sql;

/// The maximum number of names of an order.
const MAX_NAMES: usize = 200;

/// The bytes of a hash that are kept.
const HASH_BYTES: usize = 16;

/// A way to name an order.
#[derive(Clone, Copy)]
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
pub(super) fn add(
    sql: &Sql<'_>,
    order: &str,
    known: &mut Vec<String>,
    event: &Taken,
) -> Result<(), JsValue> {
    for name in of(event) {
        if known.len() < MAX_NAMES && !known.contains(&name) {
            const INSERT: &str = "INSERT INTO names VALUES (?, ?) ON CONFLICT DO NOTHING";
            sql.run(INSERT, &[(&name).into(), order.into()])?;
            known.push(name);
        }
    }
    Ok(())
}

/// Returns the names that an event has. Its customers come first: an erasure needs them.
fn of(event: &Taken) -> Vec<String> {
    let Some(report) = &event.report else {
        return Vec::new();
    };
    let customers = report.customers.iter().map(|key| name(Kind::Customer, key));
    let references = report.reference.iter().map(|text| name(Kind::Reference, text));
    let of_items = report.items.iter().filter_map(|item| item.tracking_number.as_ref());
    let numbers = report.tracking_number.iter().chain(of_items);
    let numbers = numbers.map(|text| name(Kind::TrackingNumber, text));
    customers.chain(references).chain(numbers).collect()
}

/// Removes the names of an order.
pub(super) fn remove(sql: &Sql<'_>, order: &str, names: &[String]) -> Result<(), JsValue> {
    const DELETE: &str = "DELETE FROM names WHERE name = ? AND ord = ?";
    names.iter().try_for_each(|name| sql.run(DELETE, &[name.into(), order.into()]))
}
