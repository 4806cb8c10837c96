// Runs in dispatch's place: a test moves the clock of all objects, and sees what they wait for.
import dispatch, { Journal as DispatchJournal, Registry as DispatchRegistry } from "./entry.js";

/** The milliseconds by which the clock is ahead. An object remembers them: a new process begins with the same time. */
let ahead = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;

const clocked = (Base) =>
  class extends Base {
    constructor(ctx, env) {
      ahead = Math.max(ahead, ctx.storage.kv.get("ahead") ?? 0);
      super(ctx, env);
    }

    moveClock(to) {
      ahead = Math.max(ahead, to);
      this.ctx.storage.kv.put("ahead", ahead);
    }

    sql(query, ...args) {
      return [...this.ctx.storage.sql.exec(query, ...args).raw()];
    }
  };

const LEASED = `SELECT 1 FROM endpoints AS e WHERE EXISTS (SELECT 1 FROM deliveries AS d
  WHERE d.endpoint = e.id AND d.state = 'leased' AND d.due IS NOT NULL)`;

/** When the next delivery of each endpoint is due. */
const DUE = `SELECT max(e.next, (SELECT min(d.due) FROM deliveries AS d
  WHERE d.endpoint = e.id AND d.state IN ('due', 'leased') AND d.due IS NOT NULL)) FROM endpoints AS e
  WHERE e.record IS NOT NULL`;

/** The pointers that were sent, and whose attempts have not ended. */
let underway = 0;

export class Journal extends clocked(DispatchJournal) {
  constructor(ctx, env) {
    const sendBatch = (messages) => {
      underway += messages.length;
      return env.ATTEMPTS.sendBatch(messages);
    };
    super(ctx, { ...env, ATTEMPTS: { sendBatch } });
  }

  /**
   * Returns in how many milliseconds the next delivery is due, or the lease of one ends whose pointer was left out; null if there is
   * none; `busy` while deliveries are attempted.
   */
  idle() {
    if (underway > 0 && this.sql(LEASED).length > 0) return "busy";
    const due = this.sql(DUE)
      .flat()
      .filter((at) => at !== null);
    return due.length === 0 ? null : Math.min(...due) - Date.now();
  }

  async tend() {
    await this.alarm();
  }
}

export const Registry = clocked(DispatchRegistry);
export default {
  ...dispatch,
  queue(batch, env, ctx) {
    const ended = () => {
      if (batch.queue.endsWith("attempts")) underway -= batch.messages.length;
    };
    const waitUntil = (work) => ctx.waitUntil(Promise.resolve(work).finally(ended));
    return dispatch.queue(batch, env, { waitUntil });
  },
};
