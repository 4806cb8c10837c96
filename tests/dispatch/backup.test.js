// An export of all events is a backup: another dispatch that takes them has the same orders, and takes none of them twice.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, startDispatch, unrecognized } from "../support/dispatch.js";
import { EVENTS_QUEUE } from "../support/settings.js";

const source = "shop";
const at = (time, now, data) =>
  event({ source, time, data: { ...data, status: { now, final: now === "delivered" } } });

const EVENTS = [
  at("2026-11-14T08:00:00Z", "confirmed", { order: { reference: "R-1", tracking_number: "TN-1" } }),
  at("2026-11-14T12:00:00Z", "delivered", { customer: { name: "Jane", email: "j@example.com" } }),
  // It comes late, so its verdict is another one.
  at("2026-11-14T10:00:00Z", "shipped"),
  unrecognized({ source }),
  event({ source: "second", data: { order: { id: "ä/2" } } }),
];

let first;
let second;
before(async () => {
  first = await startDispatch();
  second = await startDispatch();
  await first.take(...EVENTS);
  await second.take(...(await exported(first)));
});
after(() => Promise.all([first?.stop(), second?.stop()]));

/** Returns the events of an export, in its order. */
async function exported(dispatch) {
  const { text } = await dispatch.get("/v1/export?of=events");
  const lines = text.split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line).event);
}

/** When dispatch took events. */
const TAKEN = ["taken_at", "created_at", "updated_at"];

/** Returns each order with its timeline, without the times at which dispatch took the events. */
async function ordersOf(dispatch) {
  const orders = [];
  for (const path of [`${source}/123456`, `second/${encodeURIComponent("ä/2")}`]) {
    const { status, text } = await dispatch.get(`/v1/orders/${path}`);
    assert.equal(status, 200);
    orders.push(JSON.parse(text, (key, value) => (TAKEN.includes(key) ? undefined : value)));
  }
  return orders;
}

test("the orders, their timelines and the verdicts are the same", async () => {
  assert.deepEqual(await ordersOf(second), await ordersOf(first));
  assert.deepEqual(new Set(await exported(second)), new Set(EVENTS));
});

test("a backup that is sent again changes nothing", async () => {
  const orders = await ordersOf(second);
  const last = event({ source, id: "last", data: { order: { id: "3" } } });
  await second.put(EVENTS_QUEUE, ...(await exported(first)), last);
  await second.logged(({ at, id }) => at === "event" && id === last.id);
  assert.deepEqual(await ordersOf(second), orders);
  assert.equal((await exported(second)).length, EVENTS.length + 1);
});
