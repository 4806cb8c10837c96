use super::{
    Checked, base_of,
    places::{Base, Places},
    table::{Table, fail},
    value::{Kind, optional, value},
};
use crate::provider::plan::{ContactPlan, CustomerPlan, ItemsPlan, MoneyPlan, OrderPlan};

/// Reads the table `order`.
pub(super) fn order(root: &Table<'_>, places: &mut Places, base: &Base) -> Checked<OrderPlan> {
    const KEYS: [&str; 9] = [
        "at",
        "id",
        "reference",
        "tracking_number",
        "tracking_url",
        "carrier",
        "created_at",
        "estimated_delivery",
        "url_id",
    ];
    let missing = || root.fail("order", "missing");
    let table = root.table("order", &KEYS)?.ok_or_else(missing)?;
    let base = base_of(&table, places, base)?;
    places.take_name();
    let key = table.key("id");
    let json = table.needed("id")?;
    if json.object().is_some_and(|object| object.get("hash").is_some()) {
        return Err(fail(
            &key,
            "a hash is not an order's id; write the place of the order's number",
        ));
    }
    let id = value(&key, json, places, &base, Kind::Plain)?;
    let needed = places.take_name();
    let mut get = |name| optional(&table, name, places, &base);
    let plan = OrderPlan {
        id,
        needed,
        reference: get("reference")?,
        tracking_number: get("tracking_number")?,
        tracking_url: get("tracking_url")?,
        created_at: get("created_at")?,
        url_id: get("url_id")?,
    };
    // Checked here; events do not show them yet.
    get("carrier")?;
    get("estimated_delivery")?;
    Ok(plan)
}

/// Reads the table `items`.
pub(super) fn items(
    root: &Table<'_>,
    places: &mut Places,
    base: &Base,
) -> Checked<Option<ItemsPlan>> {
    const KEYS: [&str; 8] =
        ["each", "sku", "name", "quantity", "price", "status", "tracking_number", "tracking_url"];
    let Some(table) = root.table("items", &KEYS)? else {
        return Ok(None);
    };
    let key = table.key("each");
    let pointer = table.needed_text("each")?;
    let (list, element) = places.base(base, pointer, &key)?.rows(places, &key)?;
    let price = money_at(&table, "price", places, &element)?;
    let mut get = |name| optional(&table, name, places, &element);
    Ok(Some(ItemsPlan {
        list,
        sku: get("sku")?,
        name: get("name")?,
        quantity: get("quantity")?,
        price,
        status: get("status")?,
        tracking_number: get("tracking_number")?,
        tracking_url: get("tracking_url")?,
    }))
}

const MONEY_KEYS: [&str; 4] = ["at", "amount", "currency", "minor"];

fn money_at(
    table: &Table<'_>,
    name: &str,
    places: &mut Places,
    base: &Base,
) -> Checked<Option<MoneyPlan>> {
    let Some(table) = table.table(name, &MONEY_KEYS)? else {
        return Ok(None);
    };
    let base = base_of(&table, places, base)?;
    let amount = value(&table.key("amount"), table.needed("amount")?, places, &base, Kind::Plain)?;
    let currency = optional(&table, "currency", places, &base)?;
    let is_minor = table.is("minor")?;
    if is_minor && currency.is_none() {
        return Err(table.fail("currency", "missing: it says how many minor units make one unit"));
    }
    Ok(Some(MoneyPlan { amount, currency, is_minor }))
}

/// Reads the table `total`.
pub(super) fn total(
    root: &Table<'_>,
    places: &mut Places,
    base: &Base,
) -> Checked<Option<MoneyPlan>> {
    money_at(root, "total", places, base)
}

/// Reads the table `customer`.
pub(super) fn customer(
    root: &Table<'_>,
    places: &mut Places,
    outer: &Base,
) -> Checked<Option<CustomerPlan>> {
    const KEYS: [&str; 9] =
        ["at", "name", "phone", "email", "address", "city", "region", "postal_code", "country"];
    let Some(table) = root.table("customer", &KEYS)? else {
        return Ok(None);
    };
    let base = base_of(&table, places, outer)?;
    let at = table.has("at").then(|| (base.scope, places.trie.slot(base.node)));
    let [_, names @ ..] = KEYS;
    let mut values = [const { None }; 8];
    for (place, name) in values.iter_mut().zip(names) {
        *place = optional(&table, name, places, &base)?;
    }
    Ok(Some(CustomerPlan { at, values }))
}

/// Reads the table `driver` or `pickup`.
pub(super) fn contact(
    root: &Table<'_>,
    name: &str,
    places: &mut Places,
    base: &Base,
) -> Checked<Option<ContactPlan>> {
    let Some(table) = root.table(name, &["at", "name", "phone"])? else {
        return Ok(None);
    };
    let base = base_of(&table, places, base)?;
    let name = optional(&table, "name", places, &base)?;
    let phone = optional(&table, "phone", places, &base)?;
    Ok(Some(ContactPlan { name, phone }))
}
