// SCN-003 and SCN-005: copies of one delivery that are in flight at the same moment, and senders that give up before they
// have an answer.
import assert from "node:assert/strict";
import { Journal } from "../../support/journal.js";
import { ISOLATES, startGated } from "./receivers.js";
import { identityOf } from "./run.js";
import { delivery, retryOf } from "./senders.js";
import { Gate } from "./stand-ins.js";

/**
 * The answers that copies can have here, where nothing fails and no deadline passes. A copy waits for the first in its isolate, and
 * where dedup is strict, in any other: so it is one event. KV cannot lock: of copies in several isolates, "kv" promises that
 * every 202 is an event and that all of these events have one identity, but not how many they are.
 */
const ANSWERS = ["202 accepted", "200 duplicate"];

/** Asserts what is promised of the answers to copies of one delivery, and of their events. */
async function assertCopies({ run, worker, dedup, t }, { most = Infinity } = {}) {
  const events = await worker.events();
  const words = run.words();
  assert.deepEqual(
    words.filter((answer) => !ANSWERS.includes(answer)),
    [],
  );
  assert.ok(events.length >= 1, "the event is not lost");
  assert.equal(
    events.length,
    words.filter((answer) => answer === "202 accepted").length,
    "every 202 is an event",
  );
  assert.equal(new Set(events.map(identityOf)).size, 1, "every event has the same identity");
  for (const { id } of run.answers) assert.equal(id ?? events[0].id, events[0].id);
  assert.ok(events.length <= (dedup === "strict" ? 1 : most), `${events.length} events`);
  t.diagnostic(`dedup "${dedup}": ${events.length} events`);
  for (const { cause } of await run.assertLog()) assert.equal(cause, undefined);
}

/** Sends one more copy, which is a duplicate. */
const retry = ({ run }, sender, sent) => run.post(retryOf(sender, sent), "200 duplicate");

/** Waits until `n` copies are held back at the queue, and the others wait for them. Then lets the queue confirm. */
async function confirm({ worker, run }, n, arrivals) {
  await arrivals.untilNth(n);
  // What came before this has been begun once it is answered.
  assert.equal((await worker.get("/healthz")).status, 200);
  const early = run.words().filter((words) => words.startsWith("2"));
  worker.queue.gate.open();
  assert.deepEqual(early, [], "no copy is answered with 2xx before the queue has confirmed one");
}

/**
 * Sends copies of one delivery, one with each of `posts`. All are sent before the queue has confirmed any; of those in one isolate
 * the first alone asks for anything.
 */
async function sendAtOnce(context, posts, { reachQueue }) {
  const arrivals = new Journal("copy that is held back at the queue");
  context.worker.queue.gate = new Gate(arrivals);
  const answers = posts.map((post) => post());
  await context.worker.kv.gate?.arrivals(posts.length);
  context.worker.kv.gate?.open();
  await confirm(context, reachQueue, arrivals);
  await Promise.all(answers);
}

/**
 * Sends one copy to each of `n` isolates. All of them have looked in KV before the first look is answered; where dedup is strict, they
 * ask for the claim instead, and one has it.
 */
const acrossIsolates = (n) => async (context, sender) => {
  const { worker, run, dedup } = context;
  const sent = delivery(sender);
  worker.kv.gate = dedup === "kv" ? new Gate() : undefined;
  await sendAtOnce(
    context,
    worker.isolates.slice(0, n).map((isolate) => () => run.post(sent, undefined, isolate)),
    { reachQueue: dedup === "kv" ? n : 1 },
  );
  await retry(context, sender, sent);
  await assertCopies(context);
};

/** Sends `n` copies to one isolate. */
const inOneIsolate = (n) => async (context, sender) => {
  const sent = delivery(sender);
  context.worker.kv.gate = undefined;
  await sendAtOnce(
    context,
    Array(n).fill(() => context.run.post(sent)),
    { reachQueue: 1 },
  );
  await retry(context, sender, sent);
  await assertCopies(context, { most: 1 });
};

export const CONCURRENT = {
  name: "SCN-003 concurrent-duplicate",
  start: startGated,
  cases: {
    "2 copies at once in 2 isolates": acrossIsolates(2),
    [`${ISOLATES} copies at once in ${ISOLATES} isolates`]: acrossIsolates(ISOLATES),
    "2 copies at once in one isolate": inOneIsolate(2),
    "16 copies at once in one isolate": inOneIsolate(16),
  },
};

/** Sends a delivery, and hangs up while the Worker waits for the queue. The Worker finishes it all the same. */
async function timeOut({ worker, run }, sent, arrivals) {
  worker.queue.gate = new Gate(arrivals);
  const { socket, closed } = run.write(sent);
  await arrivals.untilNth(1);
  socket.resetAndDestroy();
  assert.deepEqual((await closed).answers, []);
  // Once it has answered this, the Worker has also seen the reset.
  assert.equal((await worker.get(sent.path)).json.status, "ready");
}

async function retryAfterwards(context, sender) {
  const { worker, run } = context;
  const sent = delivery(sender);
  await timeOut(context, sent, new Journal("message"));
  worker.queue.gate.open();
  run.expect(sent, "202 accepted");
  await run.logged(1);
  const { id } = await run.post(retryOf(sender, sent), "200 duplicate");
  await run.assertEvents([id]);
  await run.assertLog();
}

async function retryMeanwhile(context, sender) {
  const { run } = context;
  const sent = delivery(sender);
  const arrivals = new Journal("copy that is held back at the queue");
  await timeOut(context, sent, arrivals);
  const meanwhile = run.post(retryOf(sender, sent));
  await confirm(context, 1, arrivals);
  await meanwhile;
  run.expect(sent, "202 accepted");
  await run.logged(2);
  await retry(context, sender, sent);
  await assertCopies(context, { most: 1 });
}

async function breakOff({ worker, run }, sender) {
  worker.queue.gate = undefined;
  const sent = delivery(sender);
  const { socket, closed } = run.write(sent, { missing: 10 });
  socket.end();
  await closed;
  run.expect(sent, "400 body_unreadable");
  await run.logged(1);
  await run.assertEvents([]);
  const { id } = await run.post(retryOf(sender, sent), "202 accepted");
  await run.assertEvents([id]);
  await run.assertLog();
}

export const TIMEOUT = {
  name: "SCN-005 timeout-then-retry",
  start: startGated,
  cases: {
    "a sender hangs up before its answer, and retries after the first try is done: one event":
      retryAfterwards,
    "a sender hangs up before its answer, and retries while the first try is under way":
      retryMeanwhile,
    "a sender hangs up in the middle of the body, and retries: one event": breakOff,
  },
};
