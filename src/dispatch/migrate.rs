//! Brings the tables of a Durable Object up to date.

use wasm_bindgen::prelude::*;

use crate::host::Sql;

const META: &str = "CREATE TABLE IF NOT EXISTS meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID";

/// Runs the migrations that have not run, in their order. A release may add migrations, and never
/// changes one: an object may be of any earlier release. It may be of a later one, too, which may
/// have added columns: a statement that adds a row names the columns that it knows.
pub(crate) fn migrate(sql: &Sql<'_>, migrations: &[&str]) -> Result<(), JsValue> {
    sql.run(META, &[])?;
    let version = meta(sql, "version")?;
    for (number, migration) in (1..).zip(migrations) {
        if number > version {
            sql.run(migration, &[])?;
            set_meta(sql, "version", number)?;
        }
    }
    Ok(())
}

/// Returns a number of `meta`; 0 where it is not set.
pub(crate) fn meta(sql: &Sql<'_>, name: &str) -> Result<i64, JsValue> {
    let row = sql.first("SELECT value FROM meta WHERE name = ?", &[name.into()])?;
    Ok(row.map_or(0, |row| row.int(0)))
}

/// Sets a number of `meta`.
pub(crate) fn set_meta(sql: &Sql<'_>, name: &str, value: i64) -> Result<(), JsValue> {
    const WRITE: &str = "INSERT INTO meta (name, value) VALUES (?, ?) \
        ON CONFLICT DO UPDATE SET value = excluded.value";
    sql.run(WRITE, &[name.into(), value.into()])
}
