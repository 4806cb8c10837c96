// The history of each event, and the errors that were found in it.
import { sha256 } from "../../support/sign.js";
import { Account } from "./account.js";
import { CHANGEABLE } from "./fault-plan.js";

export class Ledger {
  accounts = new Map();
  /** The moments at which the Worker died. */
  deaths = [];
  /** The errors, in words. */
  wrongs = [];
  #byBody = new Map();
  #clock = 0;
  #plan;

  constructor(plan = CHANGEABLE) {
    this.#plan = plan;
  }

  open(event) {
    const tick = () => ++this.#clock;
    const account = new Account(event, this.#plan, tick, () => this.deaths.push(tick()));
    if (this.accounts.has(event.key)) throw new Error(`two events are ${event.key}`);
    this.accounts.set(event.key, account);
    return account;
  }

  /** A body that is sent for an event: some have another one with each attempt. */
  sends(account, body) {
    account.bodies.set(sha256(body), body);
    this.#byBody.set(`${account.event.source}/${sha256(body)}`, account.event.key);
  }

  /** Returns the key of the event that a body with this hash was sent for. */
  keyOfBody(source, hash) {
    return this.#byBody.get(`${source}/${hash}`) ?? `${source}/a body of hash ${hash}`;
  }

  /** Returns the fault of a step that an isolate takes for the event of `key`. */
  step(key, step, isolate) {
    const account = this.accounts.get(key);
    if (account !== undefined) return { account, taken: account.step(step, isolate) };
    this.wrong(`${step} of what nobody sent: ${key}`);
    return { taken: { step, mode: "fails" } };
  }

  /** Notes that an object dies, and with it its pending requests. */
  dies(shard) {
    for (const account of this.accounts.values()) account.loses(shard);
  }

  wrong(text, account) {
    this.wrongs.push(account === undefined ? text : `${text}\n${account.story()}`);
  }

  /** Returns whether there are enough errors to stop. */
  isFull() {
    return this.wrongs.length >= 20;
  }

  /** Returns the errors, if there are any. */
  failure() {
    if (this.wrongs.length === 0) return undefined;
    return [`${this.wrongs.length} times something is wrong:`, ...this.wrongs.slice(0, 5)].join(
      "\n\n",
    );
  }
}
