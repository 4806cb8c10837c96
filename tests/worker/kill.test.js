// workerd is killed in the middle of its work, again and again, and started again from its disk: events that were answered with
// 2xx are not lost, accepted events are known, and a claim that died with its Worker ends by itself.
//
// The Worker remembers an event, answers, and then tells KV and the claims. Its memory dies with it. So an event is sent once
// more for each send that was not confirmed, or whose delivery was cut off; and once more where it died before it had told KV
// or, where dedup is strict, the claims: these let go of it when the claim ends.
//
//   SEED=<number> node --test tests/worker/kill.test.js    kills at the same points again
import assert from "node:assert/strict";
import { test } from "node:test";
import { SOURCES } from "../support/accounts.js";
import { FaultyQueue, faulty } from "./faults/faulty.js";
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
/** How long a claim lasts. */
const CLAIM_MS = 3000;

/**
 * The time for one delivery. KV and the claims may take a quarter of it. A copy waits for a claim for half of it, and no claim lasts
 * so long.
 */
const DEADLINE_MS = 20_000;

/** The fate of the message during which the Worker is killed. */
const LAST_MODES = ["hangs", "lands and hangs", "works"];

/** What follows the answer, and makes an event known. */
const LEARNED = { kv: "mark", strict: "commit" };

/** A queue outside the process, during whose work the Worker is killed. */
class DeadlyQueue extends FaultyQueue {
  #run;
  #sends = 0;

  run(name) {
    this.#run = name;
  }

  meet(received) {
    const meeting = super.meet(received);
    const death = deaths(this.#run).indexOf(++this.#sends);
    if (death < 0) return meeting;
    // After a success the Worker answers, so that it has no time left to tell anybody of the event. Other messages that came at
    // the same moment are handled first, and are sent before the death.
    setImmediate(() => {
      received.account.dies();
      this.worker.kill();
    });
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

async function run(t, name, dedup) {
  const ledger = new Ledger(CALM);
  const faults = await faulty(ledger, { Queue: DeadlyQueue });
  const { kv, queue } = faults;
  queue.run(name);
  const worker = await startMortal({
    vars: { SOURCES, DEDUP: dedup, DEADLINE_MS },
    standIns: { SEEN: kv, EVENTS: queue, CLAIMS },
    workers: [objects("claims-that-fail.js", { ms: CLAIM_MS, faults: faults.objects })],
  });
  queue.worker = worker;
  const provider = new Provider([worker.url], ledger, { patient: true, worker });
  try {
    await provider.send(events(name, EVENTS));
    const accounts = [...ledger.accounts.values()];
    const attempts = accounts.flatMap(({ attempts }) => attempts);
    await provider.again(accounts);
    if (!ledger.isFull()) judge(ledger, kv, dedup);
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
    const told = ["accepted", "duplicate"].map((code) => `${code} ${of(code)}`);
    t.diagnostic(`answers: ${told.join(", ")}, none ${of(undefined)}`);
  } finally {
    provider.stop();
    await worker.stop();
    await faults.stop();
  }
}

function judge(ledger, kv, dedup) {
  const deaths = ledger.deaths;
  for (const account of ledger.accounts.values()) {
    const { attempts, landed, payloads } = account;
    const cutOff = attempts.filter(({ cutOff }) => cutOff).length;
    const alone = !haveCompany(attempts);
    const isHeld = attempts.some(({ code }) => code === "copy_in_progress");
    const untold = untoldAt(account, deaths, LEARNED[dedup]);
    if (landed === 0) ledger.wrong("lost", account);
    if (landed > 1 + cutOff + untold && (dedup === "strict" || alone))
      ledger.wrong("a duplicate, and no death", account);
    if (attempts.at(-1).code !== "duplicate" && untold === 0)
      ledger.wrong("what was taken is not known", account);
    for (const { ref, hash } of payloads)
      if (sha256(kv.values.get(ref)) !== hash) ledger.wrong("its payload is not whole", account);
    if (isHeld) ledger.wrong("held for longer than a claim lasts", account);
    if (dedup === "strict" && outlived(account))
      ledger.wrong("a claim ended with its Worker, and before its time", account);
  }
}

/** Returns at how many deaths the queue had confirmed an event since the death before, and nobody had been told of it. */
function untoldAt({ steps }, deaths, learned) {
  return deaths.filter((death, n) => {
    const since = deaths[n - 1] ?? 0;
    const isSent = steps.some(
      ({ step, mode, at }) => step === "send" && mode === "works" && since < at && at < death,
    );
    const isTold = steps.some(({ step, landedAt }) => step === learned && landedAt < death);
    return isSent && !isTold;
  }).length;
}

/** Returns whether any came while another was on its way. */
const haveCompany = (attempts) =>
  attempts.some(({ began }) =>
    attempts.some((other) => other.began < began && began < other.ended),
  );

/** Returns whether an unconfirmed event was tried again while the claim of the killed Worker was still to hold. */
function outlived(account) {
  return account.steps.filter(isUnconfirmed).some(({ at }) => {
    const claimed = Math.min(...account.inFlight(at).map(({ started }) => started));
    // An attempt without an answer was cut off by another death.
    const isNext = ({ began, code }) => began > at && code !== undefined;
    const next = account.attempts.find(isNext);
    return next.started + next.ms < claimed + CLAIM_MS;
  });
}

const isUnconfirmed = ({ step, mode }) => step === "send" && mode !== "works";

test("dedup by KV", (t) => run(t, "killed", "kv"));

test("strict dedup", (t) => run(t, "killed strictly", "strict"));
