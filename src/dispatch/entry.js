// The exports that workerd calls: the three handlers, and the classes of the Durable Objects.
// Nothing else is exported, since other Workers could call it as a remote procedure.
import { DurableObject } from "cloudflare:workers";
import { answer, run } from "./drive.js";
import { leave, settings, within } from "./host.js";
import { call } from "./instance.js";
import { Stream } from "./stream.js";
import {
  askJournal,
  askRegistry,
  consume,
  deliver,
  endpointsVersion,
  followJournal,
  handOut,
  openJournal,
  openRegistry,
  pruneJournal,
  setEndpoints,
  take,
  tendRegistry,
  watch,
} from "./index.js";

export default {
  fetch: answer,
  queue(batch, env, ctx) {
    const work = run(env, (host, number) => consume(host, number, batch));
    return batch.queue.endsWith("attempts") ? leaveIfSlow(batch, work, ctx) : work;
  },
  scheduled: (_, env) => run(env, (host, number) => watch(host, number)),
};

/** The milliseconds after which a batch of attempts leaves its queue. */
const LEAVE_MS = 250;

/**
 * Waits for the attempts of a batch. If one is slow, the batch leaves its queue, which hands over the next one: a slow
 * endpoint delays no other. The attempts go on. If the outcome of one is lost, its lease ends, and it is attempted again.
 */
async function leaveIfSlow(batch, work, ctx) {
  ctx.waitUntil(work);
  let timer;
  const late = new Promise((end) => (timer = setTimeout(end, LEAVE_MS)));
  if ((await Promise.race([work, late])) === undefined) leave(batch);
  clearTimeout(timer);
}

/** The milliseconds after which an alarm is retried if its work fails. */
const AGAIN_MS = 30_000;

/** The milliseconds for which a journal's copy of the endpoints is good, and those that it waits for a new one. */
const FRESH_MS = 10_000;
const PULL_MS = 5_000;

/** The messages that a queue takes at a time. */
const MAX_BATCH = 100;

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
  /** When the alarm is set, as far as this instance knows. */
  #alarm = Infinity;
  /** Whether the storage has been set back, so that what is written is lost. */
  #isRestored = false;

  constructor({ storage }, env, open) {
    this.#storage = storage;
    this.#settings = settings({ env });
    this.step(open);
  }

  /** Calls a function of the module on the storage. Nothing of its work remains if it fails. */
  step(work, ...args) {
    const storage = this.#storage;
    return this.#transact(() => call(() => work(storage, ...args, this.#settings)));
  }

  /**
   * Calls a function of the module that hands out deliveries. The alarm that hands out more is set in the
   * same transaction: an earlier one than there is, or one in place of one that was lost. Returns its answer,
   * and the leases.
   */
  hand(work, ...args) {
    const isLost = this.#alarm < Date.now() - AGAIN_MS;
    return this.#hand((due) => (isLost || due < this.#alarm ? due : Infinity), work, args);
  }

  /** Does the same for an alarm. The next alarm is set in any case: at `latest`, or earlier. */
  handInAlarm(latest, work) {
    return this.#hand((due) => Math.min(due, latest), work, []);
  }

  #hand(alarmOf, work, args) {
    const storage = this.#storage;
    const [handed, alarm] = this.#transact(() => {
      const [answer, leases, due] = call(() => work(storage, ...args, this.#settings));
      const alarm = alarmOf(due ?? Infinity);
      if (alarm < Infinity) void storage.setAlarm(alarm);
      return [{ answer, leases: JSON.parse(leases) }, alarm];
    });
    if (alarm < Infinity) this.#alarm = alarm;
    return handed;
  }

  #transact(work) {
    if (this.#isRestored) throw new Error("the object is being restored");
    return this.#storage.transactionSync(work);
  }

  /** Sets the alarm if none is set, or if it should have come long ago. */
  async wake() {
    if (this.#isAwake) return;
    const alarm = await this.#storage.getAlarm();
    if (alarm === null || alarm < Date.now() - AGAIN_MS) await this.#set(Date.now() + AGAIN_MS);
    else this.#alarm = Math.min(this.#alarm, alarm);
    this.#isAwake = true;
  }

  /** Sets the alarm if none is set by a time. */
  async wakeBy(time) {
    await this.wake();
    if (time < this.#alarm) await this.#set(time);
  }

  /** Looks at the alarm again, since alarms have been lost. */
  check() {
    this.#isAwake = false;
    return this.wake();
  }

  /**
   * Sets the storage back to a time, in milliseconds since 1970, or to a bookmark. Returns the bookmark
   * that undoes it, and the question that `keepOf` makes: the restored object has to be asked it, so that it knows
   * what a restore must not change. The object begins anew: its next call finds the earlier state. Until then it
   * refuses every step.
   */
  async restore(ctx, to, keepOf) {
    const storage = this.#storage;
    const bookmark = typeof to === "number" ? await storage.getBookmarkForTime(to) : to;
    const undo = await storage.onNextSessionRestoreBookmark(bookmark);
    // After the answer has left.
    setTimeout(() => ctx.abort("restored"), 0);
    const keep = keepOf();
    this.#isRestored = true;
    return { undo, keep };
  }

  async #set(alarm) {
    this.#alarm = alarm;
    await this.#storage.setAlarm(alarm);
  }

  /** Does the work of an alarm, which sets the next, or returns when it is due. It never fails: an alarm that fails often is lost. */
  async tend(work) {
    // The alarm is set first, so that it comes again whatever happens below.
    await this.#set(Date.now() + AGAIN_MS);
    try {
      const next = await work();
      if (next !== undefined) await this.#set(next);
    } catch {
      // `call` has reported it.
    }
  }
}

/** The events of one source, or of one shard of it, the state of their orders, and their deliveries: see journal/. */
export class Journal extends DurableObject {
  #store;
  #stream;
  /** When the copy of the endpoints was compared with the registry's, and the comparison that is on its way. */
  #compared = -Infinity;
  #comparison;

  constructor(ctx, env) {
    super(ctx, env);
    this.#store = new Store(ctx, env, openJournal);
    this.#stream = new Stream(ctx, {
      follow: (name, after) => JSON.parse(this.#store.step(followJournal, name, after)),
      known: (proofs) => this.#known(proofs),
    });
  }

  async take(texts) {
    await this.#compare();
    const taken = this.#hand(take, texts);
    void this.#stream.send();
    await this.#store.wake();
    return taken.answer;
  }

  /** Takes a step with deliveries. */
  async deliver(step) {
    await this.#compare();
    const { answer } = this.#hand(deliver, step);
    await this.#store.wake();
    return answer;
  }

  /** Compares the copy of the endpoints with the registry's, if that was not done in the last seconds. */
  async #compare() {
    if (Date.now() - this.#compared < FRESH_MS) return;
    this.#comparison ??= this.#pull().finally(() => (this.#comparison = undefined));
    await this.#comparison;
  }

  /** Pulls the endpoints. A journal that has a copy goes on with it if the registry cannot be asked. */
  async #pull() {
    const version = this.#store.step(endpointsVersion);
    try {
      const endpoints = await this.#askRegistry({ endpoints: { since: { version } } });
      this.#store.step((storage) => setEndpoints(storage, endpoints, version));
    } catch (error) {
      if (version === 0) throw error;
      logFailure("registry", error);
    }
    this.#compared = Date.now();
  }

  #askRegistry(question) {
    const registry = this.env.REGISTRY.getByName("registry");
    return within(() => registry.ask(JSON.stringify(question)), PULL_MS);
  }

  /** Opens a socket that follows the journal: see api/stream.rs, which has asked who wants it. */
  async fetch({ url }) {
    const watcher = JSON.parse(new URL(url).searchParams.get("watcher"));
    await this.#store.wakeBy(watcher.until ?? Infinity);
    const response = this.#stream.open(watcher);
    void this.#stream.send();
    return response;
  }

  webSocketMessage(socket) {
    this.#stream.refuse(socket);
  }

  /** Lets go of a socket that its client has closed. The runtime would keep it until the object leaves memory. */
  webSocketClose(socket) {
    socket.close();
  }

  // The runtime forgets a socket that is lost.
  webSocketError() {}

  /** Resolves to those proofs that the registry knows. */
  async #known(proofs) {
    try {
      return JSON.parse(await this.#askRegistry({ sessions: { known: { proofs } } }));
    } catch (error) {
      logFailure("registry", error);
      throw error;
    }
  }

  /** Calls a function of the module, and sends what it has handed out to the queue of attempts. */
  #hand(work, ...args) {
    const handed = this.#store.hand(work, ...args);
    void this.#send(handed.leases);
    return handed;
  }

  /** Sends leases. One that is not sent ends, and is handed out again. */
  async #send(leases) {
    const journal = this.ctx.id.toString();
    const messages = leases.map((lease) => ({
      body: { version: 1, journal, ...lease },
      contentType: "json",
    }));
    try {
      for (let at = 0; at < messages.length; at += MAX_BATCH)
        await this.env.ATTEMPTS.sendBatch(messages.slice(at, at + MAX_BATCH));
    } catch (error) {
      logFailure("queue", error);
    }
  }

  ask(question) {
    return this.#store.step(askJournal, question);
  }

  check() {
    return this.#store.check();
  }

  /** Keeps the last position: a reader that has come so far would miss an event that gets an earlier one. */
  restore(to) {
    return this.#store.restore(this.ctx, to, () => ({
      raise_floor: JSON.parse(this.#store.step(askJournal, JSON.stringify("floor"))),
    }));
  }

  alarm() {
    return this.#store.tend(async () => {
      const ends = this.#stream.closeEnded();
      await this.#compare();
      const latest = Math.min(Date.now() + this.#prune(), ends);
      void this.#send(this.#store.handInAlarm(latest, handOut).leases);
    });
  }

  /** Removes what is due. If that fails, deliveries are handed out all the same. Returns when to call it again. */
  #prune() {
    try {
      return this.#store.step(pruneJournal);
    } catch {
      // `call` has reported it.
      return AGAIN_MS;
    }
  }
}

/** Logs what log.rs calls a failure. */
function logFailure(what, { message }) {
  console.error(JSON.stringify({ at: "failure", what, cause: message }));
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

  /** Keeps the journals: an instance of dispatch makes each known once, and no list asks one that is not. */
  restore(to) {
    return this.#store.restore(this.ctx, to, () => ({
      note: { journals: JSON.parse(this.#store.step(askRegistry, JSON.stringify("journals"))) },
    }));
  }

  alarm() {
    return this.#store.tend(() => Date.now() + this.#store.step(tendRegistry));
  }
}
