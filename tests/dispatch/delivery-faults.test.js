// Each event is wanted by three endpoints, which answer well, badly, late, with megabytes, or not at all. workerd is killed in the middle,
// again and again, and takes up its leases. At the end each event has reached each of them, or says why not.
//
//   SEED=<number> node --test tests/dispatch/delivery-faults.test.js    answers and dies the same again
import assert from "node:assert/strict";
import { test } from "node:test";
import { event } from "../support/dispatch.js";
import { times } from "../support/long.js";
import { SEED, whole } from "../worker/faults/seed.js";
import { OutsideQueue } from "./faults/outside-queue.js";
import { startRun } from "./faults/run.js";
import { judgeDeliveries, judgeEvents } from "./faults/verdict.js";

console.log(`SEED=${SEED}`);

const EVENTS = times(300, 20_000);
const DEATHS = times(4, 30);
/** How often an endpoint answers 410. */
const GONE = times(0.005, 0.0003);
/** The deliveries of an endpoint that are leased at a time in a journal. */
const CAP = 10;

const SOURCES = ["shop", "up42", "wakilni", "wegocod"];
/** Each event is wanted by three of the first four. One more is gone for good, and one wants what never comes. */
const WANTED = {
  "/a": ["shop", "up42", "wakilni"],
  "/b": ["up42", "wakilni", "wegocod"],
  "/c": ["wakilni", "wegocod", "shop"],
  "/d": ["wegocod", "shop", "up42"],
  "/gone": ["shop"],
  "/quiet": ["gooten"],
};
const DEAD = ["/gone"];
const FILTERS = Object.fromEntries(
  Object.entries(WANTED).map(([path, sources]) => [path, { sources }]),
);

const EVENTS_OF_RUN = Array.from({ length: EVENTS }, (_, n) =>
  event({
    id: `fault-${n}`,
    source: SOURCES[n % SOURCES.length],
    data: { order: { id: `${Math.floor(n / 12)}` } },
  }),
);

const idsFor = (sources) =>
  EVENTS_OF_RUN.filter(({ source }) => sources.includes(source.slice("/hooks/".length))).map(
    ({ id }) => id,
  );

/** Hands all events over, and dies at some of the batches. The clock moves now and then. */
async function takeAll(run) {
  const queue = new OutsideQueue(EVENTS_OF_RUN);
  const batches = EVENTS / 16;
  const deadly = drawn("taking", batches);
  while (!queue.isEmpty) {
    const dies = deadly.has(queue.handed);
    let death;
    await queue.handOver(run.dispatch, async () => {
      if (dies) death = run.die();
      await death;
    });
    await death;
    if (queue.handed % 4 === 0) await run.wave(DEAD);
  }
}

/** Lets the clock run until nothing is due any more, and dies at some of the times. */
async function deliverAll(run) {
  const deadly = drawn("delivering", times(40, 400));
  for (let wave = 0; await run.wave(DEAD); wave += 1) if (deadly.has(wave)) await run.die();
}

const drawn = (when, most) =>
  new Set(Array.from({ length: DEATHS / 2 }, (_, n) => whole(0, most, when, n)));

test("every event reaches each endpoint that wants it, or is dead or held with a reason", async (t) => {
  const run = await startRun({ filters: FILTERS, gone: GONE, dead: DEAD });
  try {
    await takeAll(run);
    await deliverAll(run);
    await judgeEvents(run, EVENTS_OF_RUN);
    const wanted = Object.fromEntries(
      Object.entries(WANTED).map(([path, sources]) => [path, idsFor(sources)]),
    );
    const sums = await judgeDeliveries(run, wanted, DEAD);
    const { count, ways } = run.inbox;
    const deaths = run.dispatch.deaths();
    const enabled = Object.values(run.enabled).reduce((sum, count) => sum + count, 0);
    assert.ok(deaths > 0 && sums.repeated <= (deaths * 4 + enabled) * CAP * SOURCES.length);
    assert.equal(sums.held, EVENTS / SOURCES.length);
    t.diagnostic(
      `${EVENTS} events, ${count} posts, ${(count / EVENTS).toFixed(2)} an event; ${deaths} deaths, ` +
        `${run.waves} waves, ${enabled} enabled again`,
    );
    t.diagnostic(`deliveries: ${JSON.stringify(sums)}; answers: ${JSON.stringify(ways)}`);
  } catch (error) {
    error.message = `SEED=${SEED} node --test tests/dispatch/delivery-faults.test.js runs it again\n\n${error.message}`;
    throw error;
  } finally {
    await run.stop();
  }
});
