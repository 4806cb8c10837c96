// workerd is killed in the middle of its work, again and again, and started again from its disk: events that were answered with
// 2xx are not lost, accepted events are known, and a claim that died with its Worker ends by itself.
//
//   SEED=<number> node --test tests/worker/kill.test.js    kills at the same points again
import assert from "node:assert/strict";
import { test } from "node:test";
import { SOURCES } from "../support/accounts.js";
import { FaultyQueue } from "./faults/faulty.js";
import { Ledger } from "./faults/ledger.js";
import { startMortal } from "./faults/mortal.js";
import { CLAIMS, objects } from "./faults/objects.js";
import { events } from "./faults/orders.js";
import { Provider } from "./faults/provider.js";
import { draw, SEED } from "./faults/seed.js";
import { CALM } from "./faults/fault-plan.js";
import { times } from "../support/long.js";
import { sha256 } from "../support/sign.js";
import { MODES } from "../support/stand-in.js";

console.log(`SEED=${SEED}`);

const EVENTS = times(300, 2000);
const DEATHS = times(3, 20);
/** No claim lasts longer. */
const MAX_CLAIM_MS = 3000;

/** The fate of the message during which the Worker is killed. */
const LAST_MODES = ["hangs", "lands and hangs", "works"];

/** A queue outside the process, during whose work the Worker is killed. */
class DeadlyQueue extends FaultyQueue {
  #run;
  #sends = 0;

  constructor(ledger, run) {
    super(ledger);
    this.#run = run;
  }

  meet(received) {
    const meeting = super.meet(received);
    const death = deaths(this.#run).indexOf(++this.#sends);
    if (death < 0) return meeting;
    // After a success the Worker answers, so that it has no time left to remember the event.
    setImmediate(() => this.worker.kill());
    received.taken.mode = LAST_MODES[death % LAST_MODES.length];
    return MODES[received.taken.mode];
  }
}

/** The messages during which it dies. */
const deaths = (run) =>
  Array.from(
    { length: DEATHS },
    (_, n) => Math.floor((EVENTS / DEATHS) * (n + draw(run, "death", n))) + 1,
  );

async function run(t, name, { vars, standIns, workers, strict }) {
  const ledger = new Ledger(CALM);
  const queue = await new DeadlyQueue(ledger, name).listen();
  const worker = await startMortal({
    vars: { SOURCES, ...vars },
    standIns: { EVENTS: queue, ...standIns },
    workers,
  });
  queue.worker = worker;
  const provider = new Provider(worker.url, ledger, { patient: true, worker });
  try {
    await provider.send(events(name, EVENTS));
    const accounts = [...ledger.accounts.values()];
    const attempts = accounts.flatMap(({ attempts }) => attempts);
    await provider.again(accounts);
    if (!ledger.isFull()) await judge(ledger, await worker.kv(), strict);
    const failure = ledger.failure();
    assert.ok(
      failure === undefined,
      `SEED=${SEED} node --test tests/worker/kill.test.js runs it again\n\n${failure}`,
    );
    assert.equal(worker.deaths(), DEATHS);
    const of = (code) => attempts.filter((attempt) => attempt.code === code).length;
    const messages = accounts.reduce((sum, { landed }) => sum + landed, 0);
    t.diagnostic(
      `${accounts.length} events, ${provider.posts} deliveries, ${messages} messages, ${DEATHS} deaths`,
    );
    const told = ["accepted", "duplicate", "copy_in_progress"].map((code) => `${code} ${of(code)}`);
    t.diagnostic(`answers: ${told.join(", ")}, none ${of(undefined)}`);
  } finally {
    provider.stop();
    await worker.stop();
    await queue.stop();
  }
}

async function judge(ledger, kv, strict) {
  for (const account of ledger.accounts.values()) {
    const { bodies, attempts, landed, ref } = account;
    const cutOff = attempts.filter(({ cutOff }) => cutOff).length;
    const alone = !haveCompany(attempts);
    const isHeld = attempts.some(({ code }) => code === "copy_in_progress");
    if (landed === 0) ledger.wrong("lost", account);
    if (landed > 1 + cutOff && (strict || alone))
      ledger.wrong("a duplicate, and no death", account);
    if (attempts.at(-1).code !== "duplicate") ledger.wrong("what was taken is not known", account);
    if (ref !== undefined && !bodies.has(sha256(await bytes(kv, ref))))
      ledger.wrong("its payload is not whole", account);
    if (isHeld && cutOff === 0 && alone) ledger.wrong("held by nobody", account);
    if (strict && outlived(account))
      ledger.wrong("a claim ended with its Worker, and before its time", account);
  }
}

const bytes = async (kv, key) => Buffer.from((await kv.get(key, "arrayBuffer")) ?? []);

/** Returns whether any came while another was on its way. */
const haveCompany = (attempts) =>
  attempts.some(({ began }) =>
    attempts.some((other) => other.began < began && began < other.ended),
  );

/** Returns whether an unconfirmed event was tried again while the claim of the killed Worker was still to hold. */
function outlived(account) {
  return account.steps.filter(isUnconfirmed).some(({ at }) => {
    const claimed = Math.min(...account.inFlight(at).map(({ started }) => started));
    const next = account.attempts.find(({ began }) => began > at);
    return next.code !== "copy_in_progress" && next.started + next.ms < claimed + MAX_CLAIM_MS;
  });
}

const isUnconfirmed = ({ step, mode }) => step === "send" && mode !== "works";

test("dedup by KV", (t) => run(t, "killed", { vars: {} }));

test("strict dedup", (t) => {
  const workers = [objects("claims-in-brief.js", { ms: MAX_CLAIM_MS })];
  return run(t, "killed strictly", {
    vars: { DEDUP: "strict" },
    standIns: { CLAIMS },
    workers,
    strict: true,
  });
});
