// dispatch under faults: endpoints that fail in every way, a clock that is moved from one due delivery to the next, and deaths.
import { readFileSync } from "node:fs";
import { startDispatch } from "../../support/dispatch.js";
import { withTimeout } from "../../support/timeouts.js";
import { startMortal } from "../../worker/faults/mortal.js";
import { whole } from "../../worker/faults/seed.js";
import { startInbox } from "./inbox.js";

const CLOCKED = readFileSync(new URL("../../support/clocked-dispatch.js", import.meta.url), "utf8");
/** The milliseconds that an endpoint has for its answer, in place of 15 seconds. */
const AROUND = withTimeout(CLOCKED, 400);

const DAY = 24 * 3_600_000;
/** The milliseconds of a lease. What dispatch was doing when it died is handed out again after it. */
const LEASE = 120_000;
/** The turns of this process after which dispatch dies if no request comes. */
const TURNS = 2_000;
/** Endpoints that are due so soon after another are attempted with it. */
const TOGETHER = 5_000;

/** Starts it, with an endpoint for each path of `filters`. */
export async function startRun({ filters, gone, dead }) {
  const run = new Run(Object.values(filters).flatMap(({ sources }) => sources));
  run.inbox = await startInbox({ gone, dead, epoch: () => run.lives });
  const options = { around: AROUND, vars: { LOCAL_ENDPOINTS: run.inbox.pair } };
  run.dispatch = await startMortal(options, startDispatch);
  for (const [path, filter] of Object.entries(filters)) {
    const url = `http://${run.inbox.pair}${path}`;
    const { json } = await run.dispatch.post("/v1/endpoints", { url, filter });
    run.endpoints.set(path, json.id);
    run.inbox.secrets.set(path, json.secret);
  }
  await run.move(0);
  return run;
}

class Run {
  endpoints = new Map();
  /** How often the endpoint at each path was enabled again. */
  enabled = {};
  waves = 0;
  /** How often dispatch has come back from a death. A request may be noted after the death before which it was sent. */
  lives = 0;
  #journals;
  /** The endpoints whose held deliveries are to be replayed. */
  #held = new Set();
  // So far that no alarm of the first minutes comes by itself.
  #ahead = DAY;

  constructor(sources) {
    this.#journals = [...new Set(sources)];
  }

  /** Calls a method of each journal. */
  #all = (method, ...args) =>
    Promise.all(this.#journals.map((name) => this.dispatch.journal(name, method, ...args)));

  async move(ms) {
    this.#ahead += ms;
    await this.#all("moveClock", this.#ahead);
  }

  /** Moves the clock to the next delivery that is due, and lets the alarms come. Returns whether there was one. */
  async wave(dead) {
    await this.#survive(() => this.#enable(dead));
    const waits = await this.#survive(() => this.#idle());
    const next = waits.filter((ms) => ms !== null);
    if (next.length === 0) return false;
    this.waves += 1;
    await this.#survive(() => this.move(Math.max(0, Math.min(...next)) + TOGETHER));
    await this.#survive(() => this.#all("tend"));
    return true;
  }

  /** Enables the endpoints that were disabled by an answer, and replays what was held. */
  async #enable(dead) {
    const { endpoints } = (await this.dispatch.get("/v1/endpoints")).json;
    for (const [path, id] of this.endpoints) {
      if (dead.includes(path) || endpoints.find((endpoint) => endpoint.id === id).active) continue;
      this.enabled[path] = (this.enabled[path] ?? 0) + 1;
      this.#held.add(id);
      await this.dispatch.patch(`/v1/endpoints/${id}`, { active: true });
    }
    for (const id of this.#held) {
      await this.#replay(id);
      this.#held.delete(id);
    }
  }

  async #idle() {
    for (;;) {
      const waits = await this.#all("idle");
      if (!waits.includes("busy")) return waits;
    }
  }

  async #replay(id) {
    for (let cursor; cursor !== null; ) {
      const body = { failed_only: true, ...(cursor && { cursor }) };
      const { status, json } = await this.dispatch.post(`/v1/endpoints/${id}/replay`, body);
      if (status !== 200) throw new Error(json.detail);
      cursor = json.cursor;
    }
  }

  /** Works, and again if dispatch died meanwhile. */
  async #survive(work) {
    for (;;) {
      const deaths = this.dispatch.deaths();
      try {
        return await work();
      } catch (error) {
        if (!(await this.dispatch.back(deaths))) throw error;
      }
    }
  }

  /** Kills dispatch after some requests, or after so many turns of this process, and starts it again. */
  async die() {
    const last = this.inbox.count + whole(1, 12, "requests", this.dispatch.deaths());
    for (let turn = 0; turn < TURNS && this.inbox.count < last; turn += 1)
      await new Promise(setImmediate);
    await this.dispatch.kill();
    await this.dispatch.back(this.dispatch.deaths());
    this.lives = this.dispatch.deaths();
    await this.move(LEASE);
    await this.#all("tend");
  }

  async stop() {
    await this.dispatch.stop();
    await this.inbox.stop();
  }
}
