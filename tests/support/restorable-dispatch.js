// Runs in dispatch's place: its objects can be set back, as at Cloudflare. workerd keeps no history of a database on one's own machine,
// so these functions of the storage are replaced by some that copy the tables. A test runs SQL in the objects, too.
import dispatch, { Journal as DispatchJournal, Registry as DispatchRegistry } from "./entry.js";

/** The copies of tables, by their bookmarks; and the bookmark that an object begins anew with, by its id. */
const copies = new Map();
const next = new Map();

const TABLES = `SELECT name FROM sqlite_master
  WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE '~_cf~_%' ESCAPE '~'`;

const restorable = (Base) =>
  class extends Base {
    constructor(ctx, env) {
      const id = ctx.id.toString();
      if (next.has(id)) write(ctx.storage.sql, copies.get(next.get(id)));
      next.delete(id);
      ctx.storage.onNextSessionRestoreBookmark = async (bookmark) => {
        next.set(id, bookmark);
        return this.mark();
      };
      super(ctx, env);
    }

    /** Returns a bookmark of this moment. */
    mark() {
      const bookmark = `bookmark-${copies.size}`;
      copies.set(bookmark, read(this.ctx.storage.sql));
      return bookmark;
    }

    sql(query, ...args) {
      return [...this.ctx.storage.sql.exec(query, ...args).raw()];
    }
  };

/** Returns the rows of each table. */
function read(sql) {
  const names = [...sql.exec(TABLES).raw()].flat();
  return names.map((name) => ({ name, rows: [...sql.exec(`SELECT * FROM ${name}`).raw()] }));
}

function write(sql, tables) {
  for (const { name } of tables) sql.exec(`DELETE FROM ${name}`);
  for (const { name, rows } of tables)
    for (const row of rows)
      sql.exec(`INSERT INTO ${name} VALUES (${row.map(() => "?").join(", ")})`, ...row);
}

export const Journal = restorable(DispatchJournal);
export const Registry = restorable(DispatchRegistry);
export default dispatch;
