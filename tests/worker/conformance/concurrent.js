// SCN-003 and SCN-005: copies of one delivery that are in flight at the same moment, and senders that give up before they
// have an answer.
import assert from "node:assert/strict";
import { Journal } from "../../support/journal.js";
import { ISOLATES, startGated } from "./receivers.js";
import { identityOf } from "./run.js";
import { delivery, retryOf } from "./senders.js";
import { Gate } from "./stand-ins.js";

/**
 * The answers that copies can have. KV cannot lock: "kv" promises that every 202 is an event and that all of these events
 * have one identity, but not how many they are. "strict" promises one event. A copy that arrives while the first one can
 * still fail is answered with 503 and has to come again.
 */
const ANSWERS = {
  kv: ["202 accepted", "200 duplicate"],
  strict: ["202 accepted", "200 duplicate", "503 copy_in_progress"],
};

/** Asserts what is promised of the answers to copies of one delivery, and of their events. */
async function assertCopies({ run, worker, dedup, t }) {
  const events = await worker.events();
  const words = run.words();
  assert.deepEqual(
    words.filter((answer) => !ANSWERS[dedup].includes(answer)),
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
  if (dedup === "strict") assert.equal(events.length, 1);
  t.diagnostic(`dedup "${dedup}": ${events.length} events`);
  for (const { cause } of await run.assertLog()) assert.equal(cause, undefined);
}

/** Retries the deliveries that were answered with 503, and then sends one more copy. All are duplicates. */
async function retryAll({ run }, sender, sent) {
  const held = run.words().filter((words) => words.startsWith("503"));
  for (let retry = 0; retry <= held.length; retry++)
    await run.post(retryOf(sender, sent), "200 duplicate");
}

/** Waits until each of `n` copies is either answered or held back at the queue. Then lets the queue confirm. */
async function confirm({ worker, run }, n, arrivals) {
  await arrivals.untilNth(n);
  const early = run.words().filter((words) => words.startsWith("2"));
  worker.queue.gate.open();
  assert.deepEqual(early, [], "no copy is answered with 2xx before the queue has confirmed one");
}

/** Sends copies of one delivery, one with each of `posts`. All are sent before the queue has confirmed any. */
async function sendAtOnce(context, posts) {
  const arrivals = new Journal("copy that is answered, or held back at the queue");
  context.worker.queue.gate = new Gate(arrivals);
  const answers = posts.map((post) => post().then(({ words }) => arrivals.add(words)));
  await context.worker.kv.gate?.arrivals(posts.length);
  context.worker.kv.gate?.open();
  await confirm(context, posts.length, arrivals);
  await Promise.all(answers);
}

/** Sends one copy to each of `n` isolates. All of them have looked in KV before the first look is answered. */
const acrossIsolates = (n) => async (context, sender) => {
  const { worker, run } = context;
  const sent = delivery(sender);
  worker.kv.gate = new Gate();
  await sendAtOnce(
    context,
    worker.isolates.slice(0, n).map((isolate) => () => run.postTo(isolate, sent)),
  );
  await retryAll(context, sender, sent);
  await assertCopies(context);
};

/** Sends `n` copies to one isolate. */
const inOneIsolate = (n) => async (context, sender) => {
  const sent = delivery(sender);
  context.worker.kv.gate = undefined;
  await sendAtOnce(
    context,
    Array(n).fill(() => context.run.post(sent)),
  );
  await retryAll(context, sender, sent);
  await assertCopies(context);
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
  const arrivals = new Journal("copy that is answered, or held back at the queue");
  await timeOut(context, sent, arrivals);
  const retry = run.post(retryOf(sender, sent)).then(({ words }) => arrivals.add(words));
  await confirm(context, 2, arrivals);
  await retry;
  run.expect(sent, "202 accepted");
  await run.logged(2);
  await retryAll(context, sender, sent);
  await assertCopies(context);
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
