// What the consumers decide about each message of a batch, while the objects that should keep it fail.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "smol-toml";
import { event, NAME, startDispatch } from "../support/dispatch.js";
import { page } from "../support/readme.js";
import { DEAD_LETTER_QUEUE, EVENTS_QUEUE } from "../support/workerd.js";

const FAULTY = readFileSync(new URL("../support/faulty-dispatch.js", import.meta.url), "utf8");

let dispatch;
before(async () => (dispatch = await startDispatch({ around: FAULTY })));
after(() => dispatch.stop());

/**
 * Hands over messages, each an id with its body. `attempts` is how often each was handed over, or a list with the number of each.
 * Returns the ids of those that were acknowledged, the delays of the others by their ids, and the messages of each question to an
 * object.
 */
async function handOver(queue, bodies, attempts = 1) {
  const messages = Object.entries(bodies).map(([id, body], place) => ({
    id,
    timestamp: new Date(),
    attempts: Array.isArray(attempts) ? attempts[place] : attempts,
    body,
  }));
  await dispatch.send({ path: "/asked" });
  const worker = await dispatch.miniflare.getWorker(NAME);
  const result = await worker.queue(queue, messages);
  assert.equal(result.outcome, "ok");
  const delays = result.retryMessages.map(({ msgId, delaySeconds }) => [msgId, delaySeconds]);
  const { json: asked } = await dispatch.send({ path: "/asked" });
  return { acked: result.explicitAcks, delays: Object.fromEntries(delays), asked };
}

/** Returns events of a source, by their ids, which are the ids of their messages, too. */
const events = (source, ...ids) =>
  Object.fromEntries(ids.map((id) => [id, event({ id, source, data: { order: { id } } })]));
const numbered = (name, count) => Array.from({ length: count }, (_, n) => `${name}-${n}`);
const failure = (message) =>
  dispatch.logged(({ at, messages }) => at === "failure" && messages?.includes(message));
const kept = async (source) =>
  (await dispatch.get(`/v1/events?source=${source}&limit=200`)).json.events.map(
    ({ event }) => event.id,
  );

describe("a journal that does not take its events", () => {
  const NOT_UNDERSTOOD = "the journal's answer does not say what became of each event";
  const NO_TEXT = "a Durable Object did not answer with a text";
  const CAUSES = {
    nonsense: NOT_UNDERSTOOD,
    object: NOT_UNDERSTOOD,
    nothing: NOT_UNDERSTOOD,
    number: NO_TEXT,
    "too-few": NOT_UNDERSTOOD,
    "too-many": NOT_UNDERSTOOD,
    overloaded: "it is overloaded",
    retryable: "it is retryable",
    late: "a Durable Object took too long",
  };

  for (const [source, cause] of Object.entries(CAUSES))
    test(`${source}: none is acknowledged, and none is asked for alone; another journal's are`, async () => {
      const [here, there] = [numbered(source, 3), `beside-${source}`];
      const bodies = { ...events(source, ...here), ...events("healthy", there) };
      const { acked, delays, asked } = await handOver(EVENTS_QUEUE, bodies, 2);
      assert.deepEqual(acked, [there]);
      assert.deepEqual(Object.keys(delays), here);
      for (const delay of Object.values(delays)) assert.ok(delay >= 8 && delay <= 12, `${delay}`);
      assert.deepEqual(
        asked.filter((ids) => !ids.includes(there)),
        [here],
      );
      assert.deepEqual(await failure(here[0]), {
        at: "failure",
        what: "journal",
        journal: source,
        messages: here,
        cause,
      });
    });

  test("a text as the reason of a failure is no answer", async () => {
    const { acked, delays } = await handOver(EVENTS_QUEUE, events("rejected-text", "r-1", "r-2"));
    assert.deepEqual([acked, Object.keys(delays)], [[], ["r-1", "r-2"]]);
  });

  test("a failure without a reason is no answer", async () => {
    const { acked } = await handOver(EVENTS_QUEUE, events("rejected-nothing", "n-1"));
    assert.deepEqual(acked, []);
    assert.equal((await failure("n-1")).cause, "an unnamed error");
  });
});

describe("an event that its journal cannot take", () => {
  test("the first time, all are redelivered, since a failure is often gone with the retry", async () => {
    await dispatch.journal("refuses", "refuseBad");
    const ids = [...numbered("first", 4), "bad-first"];
    const { acked, delays, asked } = await handOver(EVENTS_QUEUE, events("refuses", ...ids));
    assert.deepEqual([acked, Object.keys(delays), asked], [[], ids, [ids]]);
  });

  for (const place of [0, 41, 99])
    test(`is found by halves among a hundred (${place}), and it alone is redelivered`, async () => {
      const [source, bad] = [`refuses-${place}`, `bad-${place}`];
      await dispatch.journal(source, "refuseBad");
      const good = numbered(`good-${place}`, 99);
      const ids = good.toSpliced(place, 0, bad);
      const { acked, delays, asked } = await handOver(EVENTS_QUEUE, events(source, ...ids), 2);
      assert.deepEqual(acked, good);
      assert.deepEqual(Object.keys(delays), [bad]);
      assert.ok(asked.length <= 15, `${asked.length} questions`);
      assert.deepEqual((await kept(source)).sort(), good.toSorted());
      const { journal, messages, cause } = await failure(bad);
      assert.deepEqual([journal, messages], [source, [bad]]);
      assert.match(cause, /it is bad/);
    });

  test("a journal that takes no event is asked a bounded number of times", async () => {
    const ids = numbered("bad-all", 100);
    const { acked, delays, asked } = await handOver(EVENTS_QUEUE, events("refuses", ...ids), 2);
    assert.deepEqual([acked, Object.keys(delays)], [[], ids]);
    assert.equal(asked.length, 33);
  });
});

test("a journal that the registry does not know: its events are kept, but only the others' are acknowledged", async () => {
  await handOver(EVENTS_QUEUE, events("healthy", "known-before"));
  const bodies = { ...events("unknown", "u-1"), ...events("healthy", "u-2") };
  const { acked, delays } = await handOver(EVENTS_QUEUE, bodies);
  assert.deepEqual([acked, Object.keys(delays)], [["u-2"], ["u-1"]]);
  const { what, messages } = await failure("u-1");
  assert.deepEqual([what, messages], ["registry", ["u-1"]]);
});

describe("dead letters", () => {
  const letters = (ids, body = {}) => Object.fromEntries(ids.map((id) => [id, body]));
  const shown = async (id) => (await dispatch.get(`/v1/dead-letters/${id}`)).status;

  test("are kept in parts of twenty", async () => {
    const ids = numbered("letter", 45);
    const { acked, asked } = await handOver(DEAD_LETTER_QUEUE, letters(ids));
    assert.deepEqual(acked, ids);
    assert.deepEqual(asked, [ids.slice(0, 20), ids.slice(20, 40), ids.slice(40)]);
    assert.equal(await shown(ids[44]), 200);
  });

  test("are kept in parts of four MiB", async () => {
    const ids = numbered("large", 9);
    // Each is 6 times as long in a question.
    const { acked, asked } = await handOver(DEAD_LETTER_QUEUE, letters(ids, "\0".repeat(120_000)));
    assert.deepEqual(acked, ids);
    assert.deepEqual(asked, [ids.slice(0, 5), ids.slice(5)]);
  });

  test("a part that is not kept costs no other part", async () => {
    const ids = numbered("part", 45).toSpliced(30, 1, "bad-part");
    const { acked, delays } = await handOver(DEAD_LETTER_QUEUE, letters(ids));
    assert.deepEqual(acked, [...ids.slice(0, 20), ...ids.slice(40)]);
    assert.deepEqual(Object.keys(delays), ids.slice(20, 40));
    const { what, messages } = await failure("bad-part");
    assert.deepEqual([what, messages], ["registry", ids.slice(20, 40)]);
  });

  test("one that cannot be kept is found by halves the next time", async () => {
    const ids = numbered("again", 45).toSpliced(30, 1, "bad-again");
    const { acked, delays, asked } = await handOver(DEAD_LETTER_QUEUE, letters(ids), 2);
    assert.deepEqual(Object.keys(delays), ["bad-again"]);
    assert.equal(acked.length, 44);
    assert.ok(asked.length <= 13, `${asked.length} questions`);
  });

  for (const fault of ["overloaded", "late", "nonsense"])
    test(`a registry that fails (${fault}) is asked no more for now`, async () => {
      const ids = numbered(`no-${fault}`, 45).toSpliced(20, 1, fault);
      const { acked, delays, asked } = await handOver(DEAD_LETTER_QUEUE, letters(ids), 2);
      assert.deepEqual([acked, Object.keys(delays)], [ids.slice(0, 20), ids.slice(20)]);
      assert.equal(asked.length, 2);
      assert.deepEqual((await failure(fault)).messages, ids.slice(20));
    });

  test("a message that is not an event is kept beside events that their journal does not take", async () => {
    const bodies = { ...events("overloaded", "over-1"), "no-event": "?", bad: "??" };
    const { acked, delays } = await handOver(EVENTS_QUEUE, bodies, 2);
    assert.deepEqual([acked, Object.keys(delays).sort()], [["no-event"], ["bad", "over-1"]]);
    assert.equal(await shown("no-event"), 200);
  });
});

describe("the delay before a message is redelivered", () => {
  const MINUTE = 60;
  const HOUR = 60 * MINUTE;
  /** A delay varies at random by up to a fifth. */
  const [SHORTEST, LONGEST] = [0.8, 1.2];
  const OPERATIONS = page("docs/operations.md").replaceAll(/\s+/g, " ");
  const { consumers } = parse(page("src/dispatch/wrangler.toml")).queues;
  const retriesOf = (queue) => consumers.find((consumer) => consumer.queue === queue).max_retries;

  /** Returns the delays of as many attempts, without what varies: 5 s, and each time twice as long, up to the longest. */
  const doubled = (count, longest) =>
    Array.from({ length: count }, (_, nth) => Math.min(5 * 2 ** nth, longest));
  const sum = (delays) => delays.reduce((total, delay) => total + delay, 0);

  /** Hands over, of a queue, a message for each attempt that there may be. Compares their delays. */
  async function assertDelays(queue, bodies, expected) {
    const attempts = expected.map((_, nth) => nth + 1);
    const { acked, delays } = await handOver(queue, bodies, attempts);
    assert.deepEqual(acked, []);
    for (const [nth, delay] of Object.values(delays).entries()) {
      const [least, most] = [SHORTEST, LONGEST].map((part) => part * expected[nth]);
      assert.ok(delay >= Math.floor(least) && delay <= most, `attempt ${nth + 1}: ${delay} s`);
    }
    assert.equal(Object.keys(delays).length, expected.length);
  }

  test("of an event grows up to 15 minutes, and the retries take as long as the pages say", async () => {
    const retries = retriesOf(EVENTS_QUEUE);
    const expected = doubled(retries, 15 * MINUTE);
    await assertDelays(EVENTS_QUEUE, events("overloaded", ...numbered("delay", retries)), expected);
    const said = `After ${retries} retries, about ${Math.round(sum(expected) / HOUR)} hours,`;
    assert.ok(OPERATIONS.includes(said), said);
  });

  test("of a dead letter grows up to an hour and a half, and the retries take longer than the queue keeps it", async () => {
    const retries = retriesOf(DEAD_LETTER_QUEUE);
    const expected = doubled(retries, 1.5 * HOUR);
    const ids = numbered("late-letter", retries).with(0, "overloaded");
    await assertDelays(DEAD_LETTER_QUEUE, Object.fromEntries(ids.map((id) => [id, {}])), expected);
    const [, days] = OPERATIONS.match(/A queue keeps a message for (\d+) days/);
    assert.ok(SHORTEST * sum(expected) >= days * 24 * HOUR);
  });
});
