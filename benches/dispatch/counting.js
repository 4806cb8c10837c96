// Runs in dispatch's place: a journal counts the rows that its statements write, the pointers that it sends, and its calls.
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
  #others = { pointers: 0, calls: 0 };

  constructor(ctx, env) {
    const sendBatch = (messages) => {
      this.#others.pointers += messages.length;
      return env.ATTEMPTS.sendBatch(messages);
    };
    super(ctx, { ...env, ATTEMPTS: { sendBatch } });
    this.#counted = count(ctx.storage.sql);
  }

  take(texts) {
    this.#others.calls += 1;
    return super.take(texts);
  }

  deliver(step) {
    this.#others.calls += 1;
    return super.deliver(step);
  }

  /** Returns the rows that were written since the last call. */
  rows() {
    const { rows } = this.#counted;
    this.#counted.rows = 0;
    return rows;
  }

  /** Returns what was counted since the last call: rows, pointers and calls. */
  counts() {
    const counts = { rows: this.rows(), ...this.#others };
    this.#others = { pointers: 0, calls: 0 };
    return counts;
  }

  /** Runs a statement without counting it. */
  sql(query) {
    const { rows } = this.#counted;
    const found = this.ctx.storage.sql.exec(query).raw();
    this.#counted.rows = rows;
    return found;
  }

  async tend() {
    await this.alarm();
  }

  bytes() {
    return this.ctx.storage.sql.databaseSize;
  }
}

export { Registry };
export default dispatch;
