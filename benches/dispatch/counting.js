// Runs in dispatch's place: a journal counts the rows that its statements write.
import dispatch, { Journal as DispatchJournal, Registry } from "./entry.js";

/** Counts in the place of a storage's own `exec`, of which dispatch uses the cursor's `raw` alone. */
function count(sql) {
  const counted = { rows: 0 };
  const exec = sql.exec.bind(sql);
  sql.exec = (...args) => {
    const cursor = exec(...args);
    return {
      raw() {
        const rows = [...cursor.raw()];
        counted.rows += cursor.rowsWritten;
        return rows;
      },
    };
  };
  return counted;
}

export class Journal extends DispatchJournal {
  #counted;

  constructor(ctx, env) {
    super(ctx, env);
    this.#counted = count(ctx.storage.sql);
  }

  /** Returns the rows that were written since the last call. */
  rows() {
    const { rows } = this.#counted;
    this.#counted.rows = 0;
    return rows;
  }

  bytes() {
    return this.ctx.storage.sql.databaseSize;
  }
}

export { Registry };
export default dispatch;
