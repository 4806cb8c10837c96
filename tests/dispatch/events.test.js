// The way of an event: from the queue into its journal, and out of the API.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, startDispatch, unrecognized } from "../support/dispatch.js";
import { EVENTS_QUEUE } from "../support/settings.js";

let dispatch;
before(async () => (dispatch = await startDispatch()));
after(() => dispatch.stop());

let sources = 0;
/** Names a source that no other test has. */
const newSource = () => `source-${++sources}`;

const list = async (query = "") => {
  const { status, json } = await dispatch.get(`/v1/events${query}`);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};
const idsOf = ({ events }) => events.map(({ event }) => event.id);

test("an event that leaves the queue is listed as it came", async () => {
  const sent = event({ source: newSource() });
  await dispatch.take(sent);
  const { events, next } = await list(`?source=source-${sources}`);
  assert.equal(next, null);
  assert.equal(events.length, 1);
  assert.deepEqual(events[0].event, sent);
  assert.equal(events[0].source, `source-${sources}`);
  assert.equal(events[0].verdict, "fresh");
  assert.match(events[0].taken_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("an event that was not understood is kept without a verdict", async () => {
  const sent = unrecognized({ source: newSource() });
  await dispatch.take(sent);
  const [record] = (await list(`?source=source-${sources}`)).events;
  assert.deepEqual(record.event, sent);
  assert.equal(record.verdict, null);
});

test("an event is found by its source and its id", async () => {
  const sent = event({ id: "a/b %é", source: newSource() });
  await dispatch.take(sent);
  const path = `/v1/events/${newSource()}/${encodeURIComponent(sent.id)}`;
  assert.equal((await dispatch.get(path)).json.code, "event_not_found");
  const found = await dispatch.get(path.replace(/source-\d+/, `source-${sources - 1}`));
  assert.equal(found.status, 200);
  assert.deepEqual(found.json.event, sent);
});

test("an event that is handed over twice is kept once", async () => {
  const sent = event({ source: newSource() });
  await dispatch.take(sent);
  const fence = event({ source: `source-${sources}` });
  await dispatch.put(EVENTS_QUEUE, sent, sent, fence);
  await dispatch.logged((line) => line.at === "event" && line.id === fence.id);
  assert.deepEqual(idsOf(await list(`?source=source-${sources}`)), [fence.id, sent.id]);
});

test("pages follow each other, in both directions", async () => {
  const source = newSource();
  const sent = Array.from({ length: 25 }, () => event({ source }));
  await dispatch.take(...sent);
  const ids = sent.map(({ id }) => id);
  for (const [sort, expected] of [
    ["newest", ids.toReversed()],
    ["oldest", ids],
  ]) {
    const got = [];
    let cursor = "";
    for (let page = 0; page < 3; page += 1) {
      const json = await list(`?source=${source}&sort=${sort}&limit=10${cursor}`);
      got.push(...idsOf(json));
      cursor = `&cursor=${json.next}`;
    }
    assert.deepEqual(got, expected);
    // The end of the oldest first is where later events will follow.
    assert.equal(cursor === "&cursor=null", sort === "newest");
  }
});

test("a reader who polls gets each later event once, over several journals", async () => {
  const [a, b] = [newSource(), newSource()];
  await dispatch.take(event({ source: a }));
  const { head } = await list();
  const later = [event({ source: b }), event({ source: a }), event({ source: b })];
  for (const sent of later) await dispatch.take(sent);
  const first = await list(`?sort=oldest&cursor=${head}&limit=2`);
  const second = await list(`?sort=oldest&cursor=${first.next}`);
  assert.deepEqual(
    [...idsOf(first), ...idsOf(second)],
    later.map(({ id }) => id),
  );
  const third = await list(`?sort=oldest&cursor=${second.next}`);
  assert.deepEqual(third.events, []);
  const [last] = [event({ source: a })];
  await dispatch.take(last);
  assert.deepEqual(idsOf(await list(`?sort=oldest&cursor=${third.next}`)), [last.id]);
});

test("events are filtered", async () => {
  const source = newSource();
  const delivered = event({ source, data: { status: { now: "delivered" }, order: { id: "2" } } });
  const tested = event({ source, data: { test: true } });
  const unknown = unrecognized({ source });
  await dispatch.take(delivered, tested, unknown);
  const filters = [
    ["status=delivered", [delivered]],
    ["phase=closed", [delivered]],
    ["phase=open&status=delivered", []],
    ["order=2", [delivered]],
    ["test=true", [tested]],
    ["test=false", [unknown, delivered]],
    ["type=orderhook.delivery.unrecognized.v1", [unknown]],
    ["since=2026-01-01T00:00:00Z", [unknown, tested, delivered]],
    ["until=2026-01-01T00:00:00%2B02:00", []],
    ["since=9999-01-01T00:00:00Z", []],
    ["since=9998-12-31T23:59:60Z", []],
  ];
  for (const [filter, expected] of filters)
    assert.deepEqual(
      idsOf(await list(`?source=${source}&${filter}`)),
      expected.map(({ id }) => id),
      filter,
    );
});

const REFUSED = {
  "limit=0": "invalid_parameter",
  "limit=201": "invalid_parameter",
  "limit=%2B5": "invalid_parameter",
  "limit=5&limit=5": "invalid_parameter",
  "source=A": "invalid_parameter",
  "status=gone": "invalid_parameter",
  "since=yesterday": "invalid_parameter",
  "since=2026-13-01T00:00:00Z": "invalid_parameter",
  "order=": "invalid_parameter",
  "test=1": "invalid_parameter",
  "nothing=1": "invalid_parameter",
  "order=%ff": "invalid_parameter",
  "cursor=x": "invalid_cursor",
  "cursor=": "invalid_cursor",
};

for (const [query, code] of Object.entries(REFUSED))
  test(`refused: ${query}`, async () => {
    const { status, json, headers } = await dispatch.get(`/v1/events?${query}`);
    assert.deepEqual([status, json.code], [400, code]);
    assert.equal(headers["content-type"], "application/problem+json");
  });

test("a cursor is of one list and one sort", async () => {
  await dispatch.take(event({ source: newSource() }));
  const { head } = await list();
  const { status, json } = await dispatch.get(`/v1/events?sort=newest&cursor=${head}`);
  assert.deepEqual([status, json.code], [400, "invalid_cursor"]);
});
