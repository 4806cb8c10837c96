// SCN-013 and SCN-015: the Worker is restarted between two deliveries; or its queue, its KV or the Worker itself fails
// during one. SCN-014 is a crash of the suite's own sender. Its receiver sees the same as in SCN-005: a delivery whose
// answer is never received.
import assert from "node:assert/strict";
import { once } from "node:events";
import { PATIENCE_MS } from "../../support/journal.js";
import { inWords } from "../../support/wire.js";
import { startFailing, startHanging, startKillable, startKillableAtWork } from "./receivers.js";
import { identityOf } from "./run.js";
import { delivery, retryOf } from "./senders.js";
import { setModes } from "./stand-ins.js";

/** Kills the Worker, and waits until it is back. */
async function restart(worker) {
  const deaths = worker.deaths();
  await worker.kill();
  assert.equal(await worker.back(deaths), true);
}

const keyOf = ({ source }, { id }) => `seen:${source}:${id}`;

async function retryAfterRestart({ run, worker }, sender) {
  const sent = delivery(sender);
  const first = await run.post(sent, "202 accepted");
  await run.assertEvents([first.id]);
  await worker.marked(keyOf(sender, first));
  await restart(worker);
  assert.equal((await worker.get("/healthz")).json.status, "ok");
  assert.equal((await worker.get(sender.path)).json.status, "ready");
  await run.post(retryOf(sender, sent), "200 duplicate");
  const next = await run.post(delivery(sender), "202 accepted");
  await run.assertEvents([next.id]);
  await run.assertLog();
}

/** A Durable Object on the same disk still knows an event that KV has forgotten. Otherwise the delivery is accepted again. */
async function retryForgotten({ run, worker, dedup }, sender) {
  const sent = delivery(sender);
  const first = await run.post(sent, "202 accepted");
  const { id } = first;
  await worker.marked(keyOf(sender, first));
  // The claim is committed beside the mark. A copy in another isolate is a duplicate once it is.
  if (dedup === "strict") await run.post(sent, "200 duplicate", worker.isolates[1]);
  const kv = await worker.kv();
  for (const { name } of (await kv.list({ prefix: "seen:" })).keys) await kv.delete(name);
  await run.assertEvents([id]);
  await restart(worker);
  await run.post(retryOf(sender, sent), dedup === "strict" ? "200 duplicate" : "202 accepted");
  await run.assertEvents(dedup === "strict" ? [] : [id]);
  await run.assertLog();
}

export const RESTART = {
  name: "SCN-013 receiver-restart-between-attempts",
  start: startKillable,
  cases: {
    "killed after the first delivery, and started on the same disk: one event": retryAfterRestart,
    "the same, with the marks in KV deleted: one event where dedup is strict": retryForgotten,
  },
};

/** Asserts that a delivery gave at least one event and at most so many, all with the identity that was answered. */
async function assertAtLeastOnce({ run, worker, t }, most) {
  const events = await worker.events();
  assert.ok(
    1 <= events.length && events.length <= most,
    `${events.length} events; from 1 to ${most} are promised`,
  );
  assert.equal(new Set(events.map(identityOf)).size, 1, "every event has the same identity");
  for (const { id } of run.answers) assert.equal(id ?? events[0].id, events[0].id);
  t.diagnostic(`${events.length} events; from 1 to ${most} are promised`);
}

const ACCEPTED = "202 accepted";
const UNAVAILABLE = "503 queue_unavailable";

/**
 * By fault: its modes, the answer to the first try, and the most events after the retries in another isolate. There may be two where
 * the queue took a message and did not confirm it. Where KV does not have the mark there may be two unless dedup is strict.
 */
const FAULTS = {
  "the queue fails": [{ send: "fails" }, UNAVAILABLE, { kv: 1, strict: 1 }],
  "the queue takes the message and reports a failure": [
    { send: "lands" },
    UNAVAILABLE,
    { kv: 2, strict: 2 },
  ],
  "KV's mark fails": [{ mark: "fails" }, ACCEPTED, { kv: 2, strict: 1 }],
  "KV's mark hangs": [{ mark: "hangs" }, ACCEPTED, { kv: 2, strict: 1 }],
  "KV marks and reports a failure": [{ mark: "lands" }, ACCEPTED, { kv: 1, strict: 1 }],
  "KV cannot be read": [{ look: "fails" }, ACCEPTED, { kv: 1, strict: 1 }],
  "KV can be neither read nor written": [
    { look: "fails", mark: "fails" },
    ACCEPTED,
    { kv: 2, strict: 1 },
  ],
  "KV and the queue fail": [
    { look: "fails", mark: "fails", send: "fails" },
    UNAVAILABLE,
    { kv: 1, strict: 1 },
  ],
};

/** The same, with a queue that never answers. */
const SILENT_FAULTS = {
  "the queue hangs": [{ send: "hangs" }, UNAVAILABLE, { kv: 1, strict: 1 }],
  "the queue takes the message and hangs": [
    { send: "lands and hangs" },
    UNAVAILABLE,
    { kv: 2, strict: 2 },
  ],
};

/** The answers to a retry. Which one it is depends on whether the first try is known. */
const TAKEN = ["202 accepted", "200 duplicate"];

/** Returns which lines of the log have a cause. Where dedup is strict, KV is not read; it is written after the answer. */
function expectedCauses({ look = "works", mark = "works", send = "works" }, dedup) {
  const isHeard = send !== "works" || (dedup === "kv" && look !== "works");
  const isMarked = send === "works" && ["fails", "lands"].includes(mark);
  return [...(isHeard ? ["delivery"] : []), ...(isMarked ? ["mark"] : [])];
}

const failOnce = (modes, answer, most) => async (context, sender) => {
  const { run, worker, dedup } = context;
  const sent = delivery(sender);
  worker.kv.values.clear();
  worker.kv.requests.take();
  const before = worker.lines().length;
  setModes(worker, modes);
  await run.post(sent, answer);
  // What follows the answers of the test before may come now.
  const isOfIt = (text) => text.includes(`${sent.order}:`) || text.includes(`${sent.order}-`);
  const isMark = ({ method, url }) => method === "PUT" && isOfIt(decodeURIComponent(url.pathname));
  if (answer === ACCEPTED) await worker.kv.requests.until(isMark);
  const causes = expectedCauses(modes, dedup);
  if (causes.includes("mark")) await worker.logged(({ at, id }) => at === "mark" && isOfIt(id));
  await run.logged(1);
  assert.deepEqual(
    worker
      .lines()
      .slice(before)
      .flatMap(({ at, id, cause }) => (cause && isOfIt(id) ? [at] : [])),
    causes,
    "the log has the causes",
  );
  if (answer === UNAVAILABLE)
    assert.deepEqual(
      worker.kv.marks().filter(isOfIt),
      [],
      "the event is not marked before the queue confirms",
    );
  setModes(worker);
  const [, other] = worker.isolates;
  assert.ok(TAKEN.includes((await run.post(retryOf(sender, sent), undefined, other)).words));
  await run.post(retryOf(sender, sent), "200 duplicate", other);
  // The isolate that has taken it knows it without KV.
  if (answer === ACCEPTED) await run.post(retryOf(sender, sent), "200 duplicate");
  await assertAtLeastOnce(context, most[dedup]);
  await run.assertLog();
};

const partial = (start, faults) => ({
  name: "SCN-015 partial-processing-reference-hook",
  start,
  cases: Object.fromEntries(
    Object.entries(faults).map(([fault, expected]) => [
      `${fault}: at least one event`,
      failOnce(...expected),
    ]),
  ),
});

export const PARTIAL = partial(startFailing, FAULTS);
export const PARTIAL_AND_SILENT = partial(startHanging, SILENT_FAULTS);

/**
 * By moment: the stand-in at whose request the Worker is killed, the modes, the most events after the retries, and whether the sender
 * has its answer.
 */
const DEATHS = {
  "before the queue has the message": ["queue", { send: "hangs" }, 1, false],
  "after the queue has the message, and before it has confirmed": [
    "queue",
    { send: "lands and hangs" },
    2,
    false,
  ],
  "after the queue has confirmed, and before KV has the mark": ["kv", { mark: "hangs" }, 2, true],
};

/** Retries until the claim of a Worker that was killed has ended. Returns the answer. */
async function retryUntilTaken({ run, dedup }, sender, sent) {
  const since = performance.now();
  while (performance.now() - since < PATIENCE_MS) {
    const { words } = await run.post(retryOf(sender, sent));
    if (words !== "503 copy_in_progress") return words;
    assert.equal(dedup, "strict");
  }
  throw new Error("the claim of a Worker that was killed did not end");
}

const dieOnce = (part, modes, most, isAnswered) => async (context, sender) => {
  const { run, worker } = context;
  const sent = delivery(sender);
  setModes(worker, modes);
  worker[part].requests.take();
  const { socket, closed } = run.write(sent);
  const answered = isAnswered && once(socket, "data");
  await worker[part].requests.until(({ method }) => method !== "GET");
  await answered;
  await restart(worker);
  const words = isAnswered ? [ACCEPTED] : [];
  assert.deepEqual((await closed).answers.map(inWords), words);
  for (const word of words) run.expect(sent, word);
  setModes(worker);
  assert.ok(TAKEN.includes(await retryUntilTaken(context, sender, sent)));
  await run.post(retryOf(sender, sent), "200 duplicate");
  await assertAtLeastOnce(context, most);
  await run.assertLog();
};

export const DEATH = {
  name: "SCN-015 partial-processing-reference-hook",
  start: startKillableAtWork,
  cases: Object.fromEntries(
    Object.entries(DEATHS).map(([moment, death]) => [
      `the Worker dies ${moment}: at least one event`,
      dieOnce(...death),
    ]),
  ),
};
