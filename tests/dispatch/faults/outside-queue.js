// A queue of events outside workerd, which outlives it.
import { whole } from "../../worker/faults/seed.js";
import { NAME } from "../../support/dispatch.js";
import { EVENTS_QUEUE } from "../../support/settings.js";

/** Holds each message until it was acknowledged. */
export class OutsideQueue {
  acked = 0;
  handed = 0;
  #waiting;

  constructor(events) {
    this.#waiting = events.map((body, n) => ({ id: `message-${n}`, attempts: 1, body }));
  }

  get isEmpty() {
    return this.#waiting.length === 0;
  }

  /** Hands over a batch, and forgets what was acknowledged. Whatever fails is handed over again. */
  async handOver(dispatch, during) {
    const batch = this.#waiting.splice(0, whole(1, 30, "batch", this.handed));
    this.handed += 1;
    const messages = batch.map((message) => ({ ...message, timestamp: new Date() }));
    let result;
    try {
      const worker = await dispatch.miniflare.getWorker(NAME);
      [result] = await Promise.all([worker.queue(EVENTS_QUEUE, messages), during()]);
    } catch {
      // It died on the way.
    }
    const isAcked = new Set(result?.outcome === "ok" ? result.explicitAcks : []);
    const left = batch.filter(({ id }) => !isAcked.has(id));
    this.acked += batch.length - left.length;
    this.#waiting.push(...left.map((message) => ({ ...message, attempts: message.attempts + 1 })));
  }
}
