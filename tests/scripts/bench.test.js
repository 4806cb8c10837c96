// The benches, in short: that they come to their end, not what they measure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byHand } from "../../benches/acknowledge/contestants.js";
import { delaysFrom, TAIL } from "../../benches/acknowledge/delays.js";
import { judge } from "../../benches/acknowledge/judge.js";
import { outcomes, rounds, runnerOf, spread } from "../../benches/acknowledge/measure.js";
import { costs } from "../../benches/deliver/costs.js";
import { beside, delays } from "../../benches/deliver/delays.js";
import { hand } from "../../benches/worker/contestants.js";
import { measure } from "../../benches/worker/measure.js";
import { launch } from "../../benches/worker/workerd.js";
import { confirmed, suspectsOf } from "../../benches/timing/again.js";

// The benches read what a process costs from Linux.
const elsewhere = process.platform !== "linux" && "Linux alone has /proc";

/** The events that the stand-in for KV remembers. */
const KEPT = 4_096;

test("copies are duplicates in every round, however many other events come between", {
  skip: elsewhere,
}, async () => {
  const contestant = { ...(await hand()), scenarios: ["accepted", "duplicate", "duplicate-kv"] };
  const fewest = 15;
  const plan = { launches: 1, seconds: 0, warm: 1, fewest, say: () => {} };
  const [{ slices }] = await measure([contestant], plan);
  const sent = (name) => slices[name].reduce((all, { latencies }) => all + latencies.length, 0);
  assert.ok(sent("accepted") > KEPT, `${sent("accepted")} were accepted`);
  assert.equal(slices.duplicate.length, fewest);
});

const MEDIANS = { kvRead: 15, kvWrite: 60, queue: 40 };

test("delays are those of the seed, around their medians and with a long tail", () => {
  const [draw, again, other] = [7, 7, 8].map(delaysFrom);
  const drawn = Array.from({ length: 20_000 }, () => draw(MEDIANS));
  assert.deepEqual(
    drawn.slice(0, 100),
    Array.from({ length: 100 }, () => again(MEDIANS)),
  );
  assert.notDeepEqual(
    drawn.slice(0, 100),
    Array.from({ length: 100 }, () => other(MEDIANS)),
  );
  for (const [kind, median] of Object.entries(MEDIANS)) {
    const sorted = drawn.map((delays) => delays[kind]).sort((a, b) => a - b);
    const within = (of, expected) => {
      const found = sorted[Math.floor(sorted.length * of)];
      assert.ok(Math.abs(found / expected - 1) < 0.1, `${kind}: ${found} in place of ${expected}`);
    };
    within(0.5, median);
    within(0.99, median * TAIL);
  }
});

test("every delivery has its answer and waits for KV and the queue; a mark before the answer stops the copies behind it", async () => {
  const delays = { kvRead: 200, kvWrite: 300, queue: 400 };
  const workers = [];
  try {
    const runners = [];
    for (const contestant of await byHand()) {
      workers.push(await launch(contestant));
      await judge(contestant, workers.at(-1));
      runners.push(runnerOf(contestant, workers.at(-1)));
    }
    const found = await rounds(runners, { rounds: 1, count: 10, draw: () => delays });
    for (const { pool } of runners) pool.close();
    const [before, after] = [...found.values()];
    for (const events of [before, after]) {
      for (const kind of ["accepted", "moment", "after", "elsewhere"])
        assert.equal(spread(events, kind).count, 10, kind);
      assert.equal(outcomes(events).others, 0);
      assert.equal(outcomes(events).second("elsewhere"), 0);
      // A timer may ring a millisecond early.
      assert.ok(events.every(({ elsewhere }) => !elsewhere || elsewhere.ms >= delays.kvRead - 1));
    }
    assert.equal(outcomes(before).second("after"), 0);
    const { accepted } = before.find((answers) => answers.accepted);
    assert.ok(accepted.ms >= delays.kvRead + delays.queue + delays.kvWrite - 3, `${accepted.ms}`);
  } finally {
    for (const worker of workers) await worker.stop();
  }
});

test("each delivery to an endpoint is measured, also beside one that never answers", async () => {
  const brief = { seconds: 1, warm: 0 };
  const rows = await delays({ ...brief, rates: [5] });
  assert.deepEqual(
    rows.map(({ rate, count }) => [rate, count]),
    [
      [5, 5],
      [5, 5],
    ],
  );
  for (const { count, median, p99 } of await beside({ ...brief, rounds: 1 })) {
    assert.equal(count, 20);
    assert.ok(median > 0 && p99 >= median);
  }
});

test("an event with two endpoints has two pointers, and what it writes is counted", async () => {
  const found = Object.fromEntries((await costs({ count: 10 })).map((row) => [row.what, row.each]));
  assert.equal(found["operations of `orderhook-attempts`"], 6);
  // The event and its order; two deliveries, which are written when they are made, and when they are done.
  assert.ok(found["rows written to take an event"] >= 2);
  assert.ok(found["rows written to deliver it twice"] >= 4);
  assert.ok(found["rows written to remove it"] >= 3);
});

test("a refusal leaks if two processes find the same difference; a control counts as it is", () => {
  const one = (name, leaks, difference, isControl = false) => ({
    ...{ name, leaks, difference, isControl },
  });
  const places = {
    node: {
      step: 1,
      found: [one("tag", true, 5), one("token", true, -5), one("control", true, 9, true)],
    },
    http: { step: 1, found: [one("tag", true, 5), one("token", false, 1)] },
  };
  const others = {
    node: { found: [one("tag", true, 4), one("token", true, 5)] },
    http: { found: [one("tag", false, 5), one("token", true, 1)] },
  };
  const { node, http } = confirmed(places, suspectsOf(others));
  const leaks = ({ found }) => found.map(({ leaks }) => leaks);
  assert.deepEqual(
    [leaks(node), leaks(http)],
    [
      [true, false, true],
      [false, false],
    ],
  );
  assert.equal(node.step, 1);
});
