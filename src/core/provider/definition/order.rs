//! The tables that hold nothing but places.

use super::{
    Checked, base_of,
    places::{Base, Places},
    table::{Table, fail},
    value::{Kind, value},
};
use crate::provider::plan::{Field, Plan};

/// A table of places: its keys, and the fields that they fill.
pub(super) type Fields = [(&'static str, Field)];

const ORDER: &Fields = &[
    ("reference", Field::Reference),
    ("tracking_number", Field::TrackingNumber),
    ("tracking_url", Field::TrackingUrl),
    ("carrier", Field::Carrier),
    ("created_at", Field::CreatedAt),
    ("estimated_delivery", Field::EstimatedDelivery),
    ("url_id", Field::UrlId),
];

const ITEMS: &Fields = &[
    ("sku", Field::Sku),
    ("name", Field::ItemName),
    ("quantity", Field::Quantity),
    ("status", Field::ItemStatus),
    ("tracking_number", Field::ItemTrackingNumber),
    ("tracking_url", Field::ItemTrackingUrl),
];

const PRICE: &Fields = &[("amount", Field::PriceAmount), ("currency", Field::PriceCurrency)];
const TOTAL: &Fields = &[("amount", Field::TotalAmount), ("currency", Field::TotalCurrency)];

const CUSTOMER: &Fields = &[
    ("name", Field::CustomerName),
    ("phone", Field::CustomerPhone),
    ("email", Field::CustomerEmail),
    ("address", Field::CustomerAddress),
    ("city", Field::CustomerCity),
    ("region", Field::CustomerRegion),
    ("postal_code", Field::CustomerPostalCode),
    ("country", Field::CustomerCountry),
];

const DRIVER: &Fields = &[("name", Field::DriverName), ("phone", Field::DriverPhone)];
const PICKUP: &Fields = &[("name", Field::PickupName), ("phone", Field::PickupPhone)];

/// Reads the places of a table.
pub(super) fn fields(
    table: &Table<'_, '_>,
    fields: &Fields,
    places: &mut Places,
    base: &Base,
    plan: &mut Plan,
) -> Checked<()> {
    for (name, field) in fields {
        if let Some(json) = table.get(name) {
            plan.set(*field, value(&table.key(name), json, places, base, Kind::Plain)?);
        }
    }
    Ok(())
}

/// Returns a table that has these places and these other keys. They are known in this order.
fn table<'n, 'j>(
    outer: &'n Table<'_, 'j>,
    name: &'n str,
    others: &[&'static str],
    fields: &Fields,
) -> Checked<Option<Table<'n, 'j>>> {
    let mut known = others.to_vec();
    known.extend(fields.iter().map(|(name, _)| *name));
    outer.table(name, &known)
}

/// Reads the table `order`.
pub(super) fn order(
    root: &Table<'_, '_>,
    places: &mut Places,
    base: &Base,
    plan: &mut Plan,
) -> Checked<()> {
    let Some(table) = table(root, "order", &["at", "id"], ORDER)? else {
        return Err(root.fail("order", &["missing"]));
    };
    let base = base_of(&table, places, base)?;
    places.take_name();
    let key = table.key("id");
    let json = table.needed("id")?;
    if json.object().is_some_and(|object| object.get("hash").is_some()) {
        return Err(fail(
            &key,
            &["a hash is not an order's id; write the place of the order's number"],
        ));
    }
    plan.set(Field::OrderId, value(&key, json, places, &base, Kind::Plain)?);
    plan.needs_order = places.take_name();
    fields(&table, ORDER, places, &base, plan)
}

/// Reads the table `items`.
pub(super) fn items(
    root: &Table<'_, '_>,
    places: &mut Places,
    base: &Base,
    plan: &mut Plan,
) -> Checked<()> {
    let Some(table) = table(root, "items", &["each", "price"], ITEMS)? else {
        return Ok(());
    };
    let key = table.key("each");
    let pointer = table.needed_text("each")?;
    let (list, element) = places.list(base, pointer, &key)?;
    plan.items = Some(list);
    plan.has_minor_prices = money(&table, "price", PRICE, places, &element, plan)?;
    fields(&table, ITEMS, places, &element, plan)
}

/// Reads a table of money. Returns whether it is in minor units.
fn money(
    outer: &Table<'_, '_>,
    name: &str,
    of: &Fields,
    places: &mut Places,
    base: &Base,
    plan: &mut Plan,
) -> Checked<bool> {
    let Some(table) = table(outer, name, &["at", "minor"], of)? else {
        return Ok(false);
    };
    let base = base_of(&table, places, base)?;
    table.needed("amount")?;
    fields(&table, of, places, &base, plan)?;
    let is_minor = table.is("minor")?;
    if is_minor && !table.has("currency") {
        let text = "missing: it says how many minor units make one unit";
        return Err(table.fail("currency", &[text]));
    }
    Ok(is_minor)
}

/// Reads the tables `total`, `customer`, `driver` and `pickup`.
pub(super) fn others(
    root: &Table<'_, '_>,
    places: &mut Places,
    outer: &Base,
    plan: &mut Plan,
) -> Checked<()> {
    plan.has_minor_total = money(root, "total", TOTAL, places, outer, plan)?;
    for (name, of) in [("customer", CUSTOMER), ("driver", DRIVER), ("pickup", PICKUP)] {
        let Some(table) = table(root, name, &["at"], of)? else {
            continue;
        };
        let base = base_of(&table, places, outer)?;
        if name == "customer" && table.has("at") {
            plan.customer = Some((base.scope, places.trie.slot(base.node)));
        }
        fields(&table, of, places, &base, plan)?;
    }
    Ok(())
}
