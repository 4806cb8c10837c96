// The exports that workerd calls: the three handlers, and the classes of the Durable Objects.
// Nothing else is exported, since other Workers could call it as a remote procedure.
import { DurableObject } from "cloudflare:workers";
import { answer, run } from "./drive.js";
import { settings } from "./host.js";
import { call } from "./instance.js";
import {
  askJournal,
  askRegistry,
  consume,
  openJournal,
  openRegistry,
  take,
  tendJournal,
  tendRegistry,
  watch,
} from "./index.js";

export default {
  fetch: answer,
  queue: (batch, env) => run(env, (host, number) => consume(host, number, batch)),
  scheduled: (_, env) => run(env, (host, number) => watch(host, number)),
};

/** The milliseconds after which an alarm is retried if its work fails. */
const AGAIN_MS = 30_000;

/**
 * The storage of an object. An object's whole state is in it, so neither an eviction nor a panic
 * elsewhere in the instance loses anything.
 *
 * Every step is one transaction: without it, an error between two statements would commit the
 * first.
 */
class Store {
  #storage;
  #settings;
  #isAwake = false;

  constructor({ storage }, env, open) {
    this.#storage = storage;
    this.#settings = settings({ env });
    this.step(open);
  }

  /** Calls a function of the module on the storage. Nothing of its work remains if it fails. */
  step(work, ...args) {
    const storage = this.#storage;
    return storage.transactionSync(() => call(() => work(storage, ...args, this.#settings)));
  }

  /** Sets the alarm if none is set. */
  async wake() {
    if (this.#isAwake) return;
    if ((await this.#storage.getAlarm()) === null)
      await this.#storage.setAlarm(Date.now() + AGAIN_MS);
    this.#isAwake = true;
  }

  /** Looks at the alarm again, since alarms have been lost. */
  check() {
    this.#isAwake = false;
    return this.wake();
  }

  /**
   * Sets the storage back to a time, in milliseconds since 1970, or to a bookmark. Returns the bookmark
   * that undoes it. The object begins anew: its next call finds the earlier state.
   */
  async restore(ctx, to) {
    const storage = this.#storage;
    const bookmark = typeof to === "number" ? await storage.getBookmarkForTime(to) : to;
    const undo = await storage.onNextSessionRestoreBookmark(bookmark);
    // After the answer has left.
    setTimeout(() => ctx.abort("restored"), 0);
    return undo;
  }

  /** Removes what is due, a bounded number of rows at a time. It never fails: an alarm that fails often is lost. */
  async tend(work) {
    // The alarm is set first, so that it comes again whatever happens below.
    await this.#storage.setAlarm(Date.now() + AGAIN_MS);
    try {
      const ms = this.step(work);
      await this.#storage.setAlarm(Date.now() + ms);
    } catch {
      // `call` has reported it.
    }
  }
}

/** The events of one source, or of one shard of it, and the state of their orders: see journal/. */
export class Journal extends DurableObject {
  #store;

  constructor(ctx, env) {
    super(ctx, env);
    this.#store = new Store(ctx, env, openJournal);
  }

  async take(texts) {
    const taken = this.#store.step(take, texts);
    await this.#store.wake();
    return taken;
  }

  ask(question) {
    return this.#store.step(askJournal, question);
  }

  check() {
    return this.#store.check();
  }

  restore(to) {
    return this.#store.restore(this.ctx, to);
  }

  alarm() {
    return this.#store.tend(tendJournal);
  }
}

/** What all journals share: see registry/. */
export class Registry extends DurableObject {
  #store;

  constructor(ctx, env) {
    super(ctx, env);
    this.#store = new Store(ctx, env, openRegistry);
  }

  async ask(question) {
    const answer = this.#store.step(askRegistry, question);
    await this.#store.wake();
    return answer;
  }

  check() {
    return this.#store.check();
  }

  restore(to) {
    return this.#store.restore(this.ctx, to);
  }

  alarm() {
    return this.#store.tend(tendRegistry);
  }
}
