// What was done to each event, and what must not have been.
import { sha256 } from "../../support/sign.js";
import { Account } from "./account.js";
import { CHANGEABLE } from "./fault-plan.js";

export class Ledger {
  accounts = new Map();
  /** What must not be, in words. */
  wrongs = [];
  #byBody = new Map();
  #clock = 0;
  #plan;

  constructor(plan = CHANGEABLE) {
    this.#plan = plan;
  }

  open(event) {
    const account = new Account(event, this.#plan, () => ++this.#clock);
    if (this.accounts.has(event.key)) throw new Error(`two events are ${event.key}`);
    this.accounts.set(event.key, account);
    return account;
  }

  /** A body that is sent for an event: some have another one with each attempt. */
  sends(account, body) {
    account.bodies.set(sha256(body), body);
    this.#byBody.set(`${account.event.source}/${sha256(body)}`, account.event.key);
  }

  /** The key of the event that a body with this hash was sent for. */
  keyOfBody(source, hash) {
    return this.#byBody.get(`${source}/${hash}`) ?? `${source}/a body of hash ${hash}`;
  }

  /** A step that the Worker takes for what it knows by `key`: how it is to be met. */
  step(key, step) {
    const account = this.accounts.get(key);
    if (account !== undefined) return { account, taken: account.step(step) };
    this.wrong(`${step} of what nobody sent: ${key}`);
    return { taken: { step, mode: "fails" } };
  }

  /** An object dies, and with it what others had asked of it. */
  dies(shard) {
    for (const account of this.accounts.values()) account.loses(shard);
  }

  wrong(text, account) {
    this.wrongs.push(account === undefined ? text : `${text}\n${account.story()}`);
  }

  /** Whether so much is wrong that nobody needs to see more. */
  isFull() {
    return this.wrongs.length >= 20;
  }

  /** What is wrong, if anything is. */
  failure() {
    if (this.wrongs.length === 0) return undefined;
    return [`${this.wrongs.length} times something is wrong:`, ...this.wrongs.slice(0, 5)].join(
      "\n\n",
    );
  }
}
