// A KV and a queue of the tests' own that can hold requests back. Reads and writes of this KV can fail independently.
import { Journal } from "../../support/journal.js";
import { KvStandIn, MODES, QueueStandIn } from "../../support/stand-in.js";

/** Holds back every request that arrives, and notes it in a journal, until the gate is opened. */
export class Gate {
  #arrived;
  #opened = Promise.withResolvers();

  constructor(arrived = new Journal("arrival at the gate")) {
    this.#arrived = arrived;
  }

  /** Resolves when the gate is open. */
  async pass() {
    this.#arrived.add("held back");
    await this.#opened.promise;
  }

  /** Resolves when `n` requests have arrived. */
  arrivals(n) {
    return this.#arrived.untilNth(n);
  }

  open() {
    this.#opened.resolve();
  }
}

class GatedKv extends KvStandIn {
  /** The modes of a read and of a write. */
  look = "works";
  mark = "works";
  /** The gate that reads must pass, if there is one. */
  gate;

  async meet({ method }) {
    if (method === "PUT") return MODES[this.mark];
    await this.gate?.pass();
    return MODES[this.look];
  }

  /** Returns the keys of the events that are remembered. */
  marks() {
    return [...this.values.keys()].filter((key) => key.startsWith("seen:"));
  }
}

class GatedQueue extends QueueStandIn {
  /** The gate that messages must pass, if there is one. */
  gate;

  async meet(received) {
    await this.gate?.pass();
    return super.meet(received);
  }

  /** Returns the events that arrived since the last call. */
  events() {
    return this.messages.splice(0).map(({ text }) => JSON.parse(text));
  }
}

/** Starts both. `bindings` is what the Worker is started with. */
export async function gatedStandIns() {
  const kv = await new GatedKv("kvNamespace").listen();
  const queue = await new GatedQueue("queue").listen();
  return {
    kv,
    queue,
    bindings: { SEEN: kv, EVENTS: queue },
    stop: () => Promise.all([kv.stop(), queue.stop()]),
  };
}

/** Sets the modes of both. A mode that is not given is "works". */
export function setModes({ kv, queue }, { look = "works", mark = "works", send = "works" } = {}) {
  kv.look = look;
  kv.mark = mark;
  queue.mode = send;
}
