// The history of one event, in order: the provider's attempts, the steps that the Worker took for them and the fault of each,
// and the messages that reached the queue.
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
  /** The places in KV of the payloads of the queued messages, each with the hash of its value at that time. */
  payloads = [];
  /** The name of the object that holds its claim, once it was asked. */
  shard;
  #plan;
  #tick;
  #late = [];
  #ends = [];
  #begins = [];

  /** Notes that the Worker dies during a step of this event. */
  dies;

  constructor(event, plan, tick, dies) {
    this.event = event;
    this.#plan = plan;
    this.#tick = tick;
    this.dies = dies;
  }

  /** Begins a step of an isolate; the objects do not know whose they are. */
  step(step, isolate) {
    const nth = this.steps.filter((taken) => taken.step === step).length;
    const taken = {
      at: this.#tick(),
      step,
      isolate,
      mode: this.#plan.modeOf(this.event.name, step, nth),
      landedAt: undefined,
    };
    this.steps.push(taken);
    if (SILENT.includes(taken.mode)) for (const attempt of this.inFlight(taken.at)) attempt.waits();
    for (const attempt of this.inFlight(taken.at)) if (attempt.givesUpAt === step) attempt.giveUp();
    for (const begun of this.#begins.splice(0)) begun();
    return taken;
  }

  /** Notes that the request of a step is carried out. */
  land(taken) {
    taken.landedAt = this.#tick();
    if (taken.step === "send") this.landed += 1;
  }

  /** Adds work to be done after an attempt has its answer. */
  late(work) {
    this.#late.push(work);
  }

  /**
   * Begins an attempt at an isolate, of a patient provider, or else of one that may give up and then calls `giveUp`. `waits` is called at a
   * silent step.
   */
  begin({ isolate, patient, giveUp, waits }) {
    const attempt = {
      isolate,
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

  /** Notes an answer; `code` is undefined if none came. The Worker may still be at work on such an attempt: it does not end. */
  end(attempt, code) {
    attempt.code = code;
    if (code !== undefined) attempt.ended = this.#tick();
    attempt.ms = performance.now() - attempt.started;
    for (const work of this.#late.splice(0)) work();
    for (const ended of this.#ends.splice(0)) ended();
  }

  /** Returns a promise of the next answer to an attempt that is waited for. */
  change() {
    return this.#isAwaited() ? new Promise((resolve) => this.#ends.push(resolve)) : undefined;
  }

  /** Returns a promise of the next step: some follow the answer. */
  nextStep() {
    return new Promise((resolve) => this.#begins.push(resolve));
  }

  /** Notes that an object has died: it may have been this event's, and its requests may be lost. */
  loses(shard) {
    if ((this.#isAwaited() || this.#isFollowed()) && (this.shard ?? shard) === shard)
      this.steps.push({ at: this.#tick(), step: "claims", mode: "died" });
  }

  #isAwaited() {
    return this.attempts.some(({ ms }) => ms === undefined);
  }

  /** Returns whether an object may be at work on what follows an answer. */
  #isFollowed() {
    return this.steps.some(
      ({ step, mode, landedAt }) =>
        ["commit", "release"].includes(step) && (SILENT.includes(mode) || landedAt === undefined),
    );
  }

  inFlight(at) {
    return this.attempts.filter(({ began, ended }) => began < at && at < ended);
  }

  /** Returns all of it, to find out what went wrong. */
  story() {
    const attempts = this.attempts.flatMap(({ began, ended, code, isolate }, n) => [
      [began, `attempt ${n} begins at isolate ${isolate}`],
      [ended, `attempt ${n} is answered: ${code ?? "not at all"}`],
    ]);
    const steps = this.steps.map(({ at, step, mode, isolate, landedAt, found }) => {
      const landed = landedAt === undefined ? "" : `, landed at ${landedAt}`;
      const place = isolate === undefined ? "" : ` of isolate ${isolate}`;
      return [at, `  ${step}${place} ${mode}${landed}${found === false ? ", not found" : ""}`];
    });
    const told = [...attempts, ...steps]
      .sort(([a], [b]) => a - b)
      .map(([at, text]) => `${at} ${text}`);
    const logged = this.lines.map(
      ({ at, code = at, cause }) => `logged ${code}${cause ? `: ${cause}` : ""}`,
    );
    return [`${this.event.name}, ${this.event.key}`, ...told, ...logged].join("\n");
  }
}
