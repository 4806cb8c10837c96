// What workerd calls. worker-build makes a class behind two proxies, which cost 9 % of a request's processor time and offer
// every function that the module exports to other Workers as a remote procedure. Here are its two handlers, the class of the
// Durable Objects, and nothing else.
import { DurableObject } from "cloudflare:workers";
import Shim from "./index.js";

const { fetch, resume, queue, openClaims, claim, commit, release, sweepClaims } = Shim.prototype;

export default {
  fetch(request, env, ctx) {
    // What io.js keeps of a request: its one timer, and the bytes that it has taken of the budget for bodies.
    const host = {
      env,
      timer: undefined,
      rings: 0,
      due: 0,
      late: undefined,
      inFlight,
      reserved: 0,
    };
    const delivery = ++deliveries;
    const step = call(fetch, { env: host, ctx: delivery }, request);
    if (!(step instanceof Promise)) return step;
    const delivered = deliver(delivery, step, host);
    // A provider that hangs up before it has its answer would end the delivery wherever it is, its claim left open.
    ctx.waitUntil(delivered);
    return delivered;
  },
  queue: (batch, env, ctx) => call(queue, { env, ctx }, batch),
};

/** The bytes of all bodies in flight, whatever becomes of the instance. See io.js. */
const inFlight = { bytes: 0 };

/** Their number is that of the last. None has another's, in whatever instance. */
let deliveries = 0;

/** Waits for what a delivery waits for, and goes on with it, until it has its answer. */
async function deliver(delivery, step, host) {
  try {
    while (step instanceof Promise) {
      let value;
      let failed = false;
      try {
        value = await step;
      } catch (error) {
        value = error;
        failed = true;
      }
      step = call(resume, undefined, delivery, failed, value);
      if (step === undefined)
        throw new Error("the instance that this delivery was in is gone: another request broke it");
    }
    return step;
  } finally {
    clearTimeout(host.timer);
    inFlight.bytes -= host.reserved;
  }
}

function call(handler, self, ...given) {
  try {
    return handler.apply(self, given);
  } catch (error) {
    reportError(error);
    throw error;
  }
}

const SWEEP_EVERY_MS = 60 * 60 * 1000;

/** The claims of strict dedup: see claims.rs. Every step is one transaction, since none of them waits. */
export class Claims extends DurableObject {
  #storage;

  constructor(ctx, env) {
    super(ctx, env);
    this.#storage = ctx.storage;
    call(openClaims, this, this.#storage);
  }

  async claim(key, claimant, ms) {
    const freeIn = call(claim, this, this.#storage, key, claimant, ms);
    if (freeIn === 0) await this.#wake();
    return freeIn;
  }

  async commit(key, ms) {
    call(commit, this, this.#storage, key, ms);
    await this.#wake();
  }

  release(key, claimant) {
    call(release, this, this.#storage, key, claimant);
  }

  async alarm() {
    if (call(sweepClaims, this, this.#storage)) await this.#wake();
  }

  /** Sees to it that what was written will be swept. */
  async #wake() {
    if ((await this.#storage.getAlarm()) === null)
      await this.#storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
  }
}

// A panic, or memory that has run out, leaves the WASM instance unusable. The shim hears of it first, since its listener is
// older than this one, and marks the instance; whoever constructs the shim next replaces it. That is done here and now, not
// at the next request: what other requests wait for would resume before that, with pointers into an instance that is gone.
addEventListener("error", ({ error }) => {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  try {
    new Shim();
  } catch {
    // There is no request to construct it for; the instance was replaced before that mattered.
  }
});
