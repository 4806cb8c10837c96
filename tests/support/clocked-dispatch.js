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

/** The steps with deliveries that `idle` waits for. */
const STEPS = 500;

const LEASED = `SELECT 1 FROM endpoints AS e WHERE EXISTS (SELECT 1 FROM deliveries AS d
  WHERE d.endpoint = e.id AND d.state = 'leased' AND d.due IS NOT NULL)`;

/** When the next delivery of each endpoint is due. */
const DUE = `SELECT max(e.next, (SELECT min(d.due) FROM deliveries AS d
  WHERE d.endpoint = e.id AND d.state = 'due' AND d.due IS NOT NULL)) FROM endpoints AS e
  WHERE e.record IS NOT NULL`;

export class Journal extends clocked(DispatchJournal) {
  #waiting = [];

  async deliver(step) {
    const answer = await super.deliver(step);
    for (const look of this.#waiting.splice(0)) look();
    return answer;
  }

  /**
   * Waits until nothing is leased. Returns in how many milliseconds the next delivery is due; null if none is; `busy` if it takes
   * more steps than a caller waits for.
   */
  async idle() {
    for (let step = 0; this.sql(LEASED).length > 0; step += 1) {
      if (step === STEPS) return "busy";
      await new Promise((look) => this.#waiting.push(look));
    }
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
export default dispatch;
