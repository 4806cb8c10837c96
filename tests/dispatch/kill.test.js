// workerd is killed in the middle of dispatch's work, again and again, and started again from its disk. A queue outside the process
// hands over what was not acknowledged. At the end each event is in its journal once, and each order as its events make it.
//
//   SEED=<number> node --test tests/dispatch/kill.test.js    kills at the same batches again
import assert from "node:assert/strict";
import { test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { times } from "../support/long.js";
import { startMortal } from "../worker/faults/mortal.js";
import { draw, SEED, whole } from "../worker/faults/seed.js";
import { OutsideQueue } from "./faults/outside-queue.js";

console.log(`SEED=${SEED}`);

const EVENTS = times(600, 5000);
const DEATHS = times(4, 30);
const SOURCES = ["wakilni", "wegocod", "shop"];
const STEPS = ["confirmed", "shipped", "out_for_delivery", "delivered"];
const MINUTE = 60_000;
const START = Date.parse("2026-05-09T10:00:00Z");

/** The events of orders, a quarter of as many as there are events; shuffled. */
function lives() {
  const events = Array.from({ length: EVENTS }, (_, n) => {
    const [order, step] = [Math.floor(n / STEPS.length), n % STEPS.length];
    return event({
      id: `killed-${n}`,
      source: SOURCES[order % SOURCES.length],
      time: new Date(START + n * MINUTE).toISOString(),
      data: {
        order: { id: `${order}` },
        status: { now: STEPS[step], final: step === 3, was: STEPS[step - 1] ?? null },
      },
    });
  });
  const weight = new Map(events.map(({ id }) => [id, draw("order", id)]));
  return events.sort((a, b) => weight.get(a.id) - weight.get(b.id));
}

test("every event that the queue held or that was acknowledged is in its journal once", async (t) => {
  const dispatch = await startMortal({}, startDispatch);
  const events = lives();
  const queue = new OutsideQueue(events);
  // About forty batches pass without a death.
  const deadly = new Set(Array.from({ length: DEATHS }, (_, n) => whole(1, 8, "death", n) + n * 9));
  try {
    let after = 0;
    while (!queue.isEmpty) {
      const dies = deadly.has(queue.handed);
      await dispatch.back(dispatch.deaths());
      await queue.handOver(dispatch, async () => {
        if (!dies) return;
        // During the work, or right after it.
        for (let turns = whole(0, 6, "turns", queue.handed); turns > 0; turns -= 1)
          await new Promise(setImmediate);
        await dispatch.kill();
      });
      after += 1;
    }
    await dispatch.back(dispatch.deaths());
    await judge(dispatch, events);
    assert.ok(dispatch.deaths() > 0, "it was killed");
    t.diagnostic(`${events.length} events, ${after} batches, ${dispatch.deaths()} deaths`);
  } catch (error) {
    error.message = `SEED=${SEED} node --test tests/dispatch/kill.test.js runs it again\n\n${error.message}`;
    throw error;
  } finally {
    await dispatch.stop();
  }
});

async function judge(dispatch, events) {
  const kept = [];
  let next = "";
  do {
    const { json } = await dispatch.get(`/v1/events?limit=200${next}`);
    kept.push(...json.events.map(({ event }) => event.id));
    next = json.next === null ? undefined : `&cursor=${json.next}`;
  } while (next !== undefined);
  assert.deepEqual(kept.sort(), events.map(({ id }) => id).sort());
  for (const source of SOURCES) {
    const { json } = await dispatch.get(`/v1/stats?source=${source}`);
    const orders = new Set(
      events.filter((event) => event.source.endsWith(source)).map(({ subject }) => subject),
    );
    assert.deepEqual(json.sources[0].statuses, { delivered: orders.size });
  }
}
