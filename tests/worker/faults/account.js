// What was done to one event, in the order in which it came about: the provider's attempts, the steps that the Worker took for
// them and how each was met, and what landed in the queue.
import { SILENT } from "./fault-plan.js";

export class Account {
  event;
  steps = [];
  attempts = [];
  /** How many messages in the queue are this event. */
  landed = 0;
  /** The lines that the Worker logged of it. */
  lines = [];
  /** Every body that was sent for it, by its hash. */
  bodies = new Map();
  /** Where the messages that landed have their payloads in KV, and the hash of what was there then. */
  payloads = [];
  /** The name of the object that its claim is with, once it was asked. */
  shard;
  #plan;
  #tick;
  #late = [];
  #ends = [];

  constructor(event, plan, tick) {
    this.event = event;
    this.#plan = plan;
    this.#tick = tick;
  }

  step(step) {
    const nth = this.steps.filter((taken) => taken.step === step).length;
    const taken = {
      at: this.#tick(),
      step,
      mode: this.#plan.modeOf(this.event.name, step, nth),
      landedAt: undefined,
    };
    this.steps.push(taken);
    if (SILENT.includes(taken.mode)) for (const attempt of this.inFlight(taken.at)) attempt.waits();
    for (const attempt of this.inFlight(taken.at)) if (attempt.givesUpAt === step) attempt.giveUp();
    return taken;
  }

  /** What a step asked for is done. */
  land(taken) {
    taken.landedAt = this.#tick();
    if (taken.step === "send") this.landed += 1;
  }

  /** What is to be done only when an attempt has its answer. */
  late(work) {
    this.#late.push(work);
  }

  /**
   * An attempt of a provider that is patient, or else may lose its patience and then calls `giveUp`. `waits` is called when
   * it comes to a silent step.
   */
  begin({ patient, giveUp, waits }) {
    const attempt = {
      began: this.#tick(),
      ended: Infinity,
      started: performance.now(),
      ms: undefined,
      givesUpAt: patient ? undefined : this.#plan.givesUpAt(this.event.name, this.attempts.length),
      gaveUp: false,
      waits,
      giveUp() {
        attempt.gaveUp = true;
        giveUp();
      },
    };
    this.attempts.push(attempt);
    return attempt;
  }

  /** `code` is undefined where no answer came. The Worker may still be at work on such an attempt: it does not end. */
  end(attempt, code) {
    attempt.code = code;
    if (code !== undefined) attempt.ended = this.#tick();
    attempt.ms = performance.now() - attempt.started;
    for (const work of this.#late.splice(0)) work();
    for (const ended of this.#ends.splice(0)) ended();
  }

  /** A promise of the next answer to an attempt, where one is waited for. */
  change() {
    return this.#isAwaited() ? new Promise((resolve) => this.#ends.push(resolve)) : undefined;
  }

  /** An object has died: it may have been this event's, and what it was asked may be lost. */
  loses(shard) {
    if (this.#isAwaited() && (this.shard ?? shard) === shard)
      this.steps.push({ at: this.#tick(), step: "claims", mode: "died" });
  }

  #isAwaited() {
    return this.attempts.some(({ ms }) => ms === undefined);
  }

  inFlight(at) {
    return this.attempts.filter(({ began, ended }) => began < at && at < ended);
  }

  /** All of it, for whoever has to find out what went wrong. */
  story() {
    const attempts = this.attempts.flatMap(({ began, ended, code }, n) => [
      [began, `attempt ${n} begins`],
      [ended, `attempt ${n} is answered: ${code ?? "not at all"}`],
    ]);
    const steps = this.steps.map(({ at, step, mode, landedAt, found }) => {
      const landed = landedAt === undefined ? "" : `, landed at ${landedAt}`;
      return [at, `  ${step} ${mode}${landed}${found === false ? ", not found" : ""}`];
    });
    const told = [...attempts, ...steps]
      .sort(([a], [b]) => a - b)
      .map(([at, text]) => `${at} ${text}`);
    const logged = this.lines.map(
      ({ code, cause }) => `logged ${code}${cause ? `: ${cause}` : ""}`,
    );
    return [`${this.event.name}, ${this.event.key}`, ...told, ...logged].join("\n");
  }
}
