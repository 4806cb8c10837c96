// The state of orders: what an order shows, its parcels, its timeline, and how it is found.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, startDispatch, unrecognized } from "../support/dispatch.js";

let dispatch;
before(async () => (dispatch = await startDispatch()));
after(() => dispatch.stop());

let sources = 0;
/** Names a source that no other test has. */
const newSource = () => `source-${++sources}`;

const get = async (path) => {
  const { status, json } = await dispatch.get(path);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};
const orders = async (query) => (await get(`/v1/orders?${query}`)).orders.map(({ id }) => id);

const at = (minute) => `2026-05-09T12:${String(minute).padStart(2, "0")}:00Z`;

/** Makes an event of an order: its status, at a minute. */
const step = (source, order, now, minute, more = {}) =>
  event({
    source,
    time: at(minute),
    data: {
      ...more,
      order: { id: order, ...more.order },
      status: { now, final: now === "delivered", was: null, ...more.status },
    },
  });

test("an order shows its newest event, and its timeline has all of them", async () => {
  const source = newSource();
  const parcel = (tracking_number) => ({ order: { tracking_number } });
  await dispatch.take(step(source, "1", "confirmed", 1));
  await dispatch.take(step(source, "1", "delivered", 9, parcel("P-1")));
  // Late: it happened before, and brings a second parcel.
  await dispatch.take(step(source, "1", "shipped", 5, parcel("P-2")));
  await dispatch.take(step(source, "1", "delivered", 10, parcel("P-1")));
  await dispatch.take(step(source, "1", "confirmed", 2));

  const { order, parcels, items, timeline, timeline_complete } = await get(
    `/v1/orders/${source}/1`,
  );
  assert.deepEqual(
    [order.source, order.id, order.status, order.phase, order.final, order.events],
    [source, "1", "delivered", "closed", true, 5],
  );
  assert.deepEqual([...order.tracking_numbers].sort(), ["P-1", "P-2"]);
  assert.deepEqual(
    Object.fromEntries(parcels.map((parcel) => [parcel.tracking_number, parcel.status])),
    { "P-1": "delivered", "P-2": "shipped" },
  );
  assert.deepEqual(items, []);
  assert.deepEqual(
    timeline.map(({ status, verdict }) => [status, verdict]),
    [
      ["confirmed", "fresh"],
      ["confirmed", "stale"],
      ["shipped", "out_of_order"],
      ["delivered", "fresh"],
      ["delivered", "repeat"],
    ],
  );
  assert.equal(timeline_complete, true);
});

test("the events of an order carry their verdicts, and are filtered by them", async () => {
  const source = newSource();
  await dispatch.take(step(source, "1", "shipped", 5));
  await dispatch.take(step(source, "1", "confirmed", 1));
  const { events } = await get(`/v1/events?source=${source}&order=1&verdict=out_of_order`);
  assert.deepEqual(
    events.map(({ event }) => event.data.status.now),
    ["confirmed"],
  );
});

test("a test of the provider's changes no real order", async () => {
  const source = newSource();
  await dispatch.take(step(source, "1", "confirmed", 1));
  await dispatch.take(step(source, "1", "delivered", 2, { test: true }));
  const { order, timeline } = await get(`/v1/orders/${source}/1`);
  assert.deepEqual([order.status, order.test], ["confirmed", false]);
  assert.equal(timeline.length, 1);
  const { events } = await get(`/v1/events?source=${source}&order=1`);
  assert.deepEqual(
    events.map(({ verdict }) => verdict),
    [null, "fresh"],
  );
});

test("orders are listed by their latest event, each once", async () => {
  const source = newSource();
  for (const [order, minute] of [
    ["1", 1],
    ["2", 2],
    ["3", 3],
    ["1", 4],
  ])
    await dispatch.take(step(source, order, "shipped", minute));
  await dispatch.take(unrecognized({ source }));
  assert.deepEqual(await orders(`source=${source}`), ["1", "3", "2"]);
  const first = await get(`/v1/orders?source=${source}&limit=2`);
  assert.deepEqual(
    first.orders.map(({ id }) => id),
    ["1", "3"],
  );
  assert.deepEqual(await orders(`source=${source}&limit=2&cursor=${first.next}`), ["2"]);
});

test("orders are found by their id, reference and tracking numbers, and filtered", async () => {
  const source = newSource();
  await dispatch.take(
    step(source, "1", "shipped", 1, { order: { reference: "R 1", tracking_number: "T-1" } }),
    step(source, "2", "delivered", 1, { order: { reference: "R 1", tracking_number: "T-2" } }),
    step(source, "3", "confirmed", 1, {
      test: true,
      items: [
        {
          sku: null,
          name: "A",
          quantity: 1,
          price: null,
          status: null,
          tracking_number: "T-3",
          tracking_url: null,
        },
      ],
    }),
  );
  for (const [filter, expected] of [
    ["id=2", ["2"]],
    ["id=4", []],
    ["reference=R+1", ["2", "1"]],
    ["reference=R", []],
    ["tracking_number=T-1", ["1"]],
    ["tracking_number=T-3", ["3"]],
    ["reference=R+1&tracking_number=T-2", ["2"]],
    ["id=1&tracking_number=T-2", []],
    ["reference=T-1", []],
    ["status=delivered", ["2"]],
    ["phase=moving", ["1"]],
    ["test=true", ["3"]],
    ["test=false", ["2", "1"]],
    ["since=9999-01-01T00:00:00Z", []],
  ])
    assert.deepEqual(await orders(`source=${source}&${filter}`), expected, filter);
});

test("an order's address takes any id", async () => {
  const source = newSource();
  const long = "é/?#%".repeat(400);
  await dispatch.take(step(source, "a/b", "shipped", 1), step(source, long, "shipped", 1));
  assert.equal((await get(`/v1/orders/${source}/a%2Fb`)).order.id, "a/b");
  const { order } = await get(`/v1/orders/${source}/${encodeURIComponent(long)}`);
  assert.match(order.id, /^[0-9a-f]{64}$/);
  assert.equal((await dispatch.get(`/v1/orders/${source}/nothing`)).json.code, "order_not_found");
  assert.equal((await dispatch.get("/v1/orders/A/1")).json.code, "invalid_parameter");
});
