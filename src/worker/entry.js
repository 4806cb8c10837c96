// The exports that workerd calls: the handler of requests, and the class of the Durable Objects.
// Nothing else is exported, since other Workers could call it as a remote procedure.
import { DurableObject } from "cloudflare:workers";
import { answer } from "./drive.js";
import { call } from "./instance.js";
import { claim, commit, openClaims, release, sweepClaims } from "./index.js";

export default { fetch: answer };

const SWEEP_EVERY_MS = 60 * 60 * 1000;

/**
 * The claims of strict dedup: see claims.rs. Every step is one transaction, since none of them
 * awaits anything.
 */
export class Claims extends DurableObject {
  #storage;
  /** Whether the alarm for the next sweep is set, as far as this instance knows. */
  #isAwake = false;

  constructor(ctx, env) {
    super(ctx, env);
    this.#storage = ctx.storage;
    call(() => openClaims(ctx.storage));
  }

  /** Answers for each key as `claims::claim` does. */
  async claim(keys, claimant, ms) {
    const freeIn = keys.map((key) => call(() => claim(this.#storage, key, claimant, ms)));
    if (freeIn.includes(0)) await this.#wake();
    return freeIn;
  }

  async commit(keys, ms) {
    for (const key of keys) call(() => commit(this.#storage, key, ms));
    await this.#wake();
  }

  release(keys, claimant) {
    for (const key of keys) call(() => release(this.#storage, key, claimant));
  }

  async alarm() {
    this.#isAwake = false;
    if (call(() => sweepClaims(this.#storage))) await this.#wake();
  }

  /** Sets the alarm for the next sweep, if none is set. */
  async #wake() {
    if (this.#isAwake) return;
    if ((await this.#storage.getAlarm()) === null)
      await this.#storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
    this.#isAwake = true;
  }
}
