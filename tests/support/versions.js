// Durable Objects of dispatch as an earlier or a later version leaves them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { startDispatch } from "./dispatch.js";

const folders = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Makes a folder for the state of dispatch. It is removed after the tests of the file. */
export function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-versions-"));
  folders.push(folder);
  return folder;
}

const OPEN = readFileSync(new URL("open-dispatch.js", import.meta.url), "utf8");

/** Objects that run SQL, and are of no version. */
const BARE = `
  import { DurableObject } from "cloudflare:workers";
  export class Journal extends DurableObject {
    sql(query, ...args) { return [...this.ctx.storage.sql.exec(query, ...args).raw()]; }
  }
  export class Registry extends Journal {}
  export default { async queue() {} };`;

const META = `CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID`;

/** Returns the migrations of the journal or of the registry, in their order. */
export function migrationsOf(object) {
  const folder = new URL(`../../src/dispatch/${object}/migrations/`, import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(new URL(name, folder), "utf8"));
}

/** Makes the tables of an object that has run these migrations. */
export async function migrate(sql, migrations) {
  await sql(META);
  for (const migration of migrations) await sql(migration);
  await sql("INSERT INTO meta VALUES ('version', ?)", migrations.length);
}

/** Adds a column to each table, and another version, as a later version does. */
export async function makeLater(sql) {
  for (const table of await tables(sql)) await sql(`ALTER TABLE ${table} ADD COLUMN later TEXT`);
  await sql("UPDATE meta SET value = value + 1 WHERE name = 'version'");
}

const OWN = "name NOT LIKE '\\_cf%' ESCAPE '\\' AND sql IS NOT NULL";

/** Returns the names of an object's tables. */
export const tables = async (sql) =>
  (await sql(`SELECT name FROM sqlite_master WHERE type = 'table' AND ${OWN}`)).flat();

/** Returns the tables and indexes of an object, as SQL. */
export const schema = (sql) => sql(`SELECT sql FROM sqlite_master WHERE ${OWN} ORDER BY name`);

/** Runs `work` with objects that have nothing but the storage in a folder. */
export const withBare = (persist, work) => run({ around: BARE, persist }, (_, sql) => work(sql));

/** Runs `work` with dispatch, and with the storage in a folder. */
export const withDispatch = (persist, work, options) =>
  run({ around: OPEN, persist, ...options }, work);

/** Starts dispatch. `work` gets it, and how to run SQL in the journal of wakilni and in the registry. */
async function run(options, work) {
  const dispatch = await startDispatch(options);
  const sql = {
    journal: (...query) => dispatch.journal("wakilni", "sql", ...query),
    registry: (...query) => dispatch.registry("sql", ...query),
  };
  try {
    return await work(dispatch, sql);
  } finally {
    await dispatch.stop();
  }
}
