// An id that was composed of a delivery's content may come again: what happens again is another event, in whatever order it arrives.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
import { DEAD_LETTER_QUEUE } from "../support/settings.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const COMPOSED = "ORD-1:out_for_delivery";

let dispatch;
let server;
before(async () => {
  server = await startEndpoint();
  const vars = { DEDUP_TTL_SECONDS: 3600, LOCAL_ENDPOINTS: server.pair };
  dispatch = await startDispatch({ around: OPEN, vars });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

/** Makes an event that the receiver took at a time. */
const received = (source, time, id = COMPOSED) =>
  event({
    id,
    source,
    time,
    data: {
      received_at: time,
      order: { id: "1", reference: "ORD-1" },
      status: { now: "out_for_delivery", provider_now: "out_for_delivery" },
    },
  });

/** Hands events to a journal. Returns whether each was new. */
async function areNew(source, times, id) {
  const texts = times.map((time) => JSON.stringify(received(source, time, id)));
  return JSON.parse(await dispatch.journal(source, "take", texts)).map((outcome) => outcome.new);
}

/** Lets the API know a journal that no queue has handed events to. */
const makeKnown = (source) =>
  dispatch.registry("ask", JSON.stringify({ note: { journals: [source] } }));

const timesOf = async (source) =>
  (await dispatch.get(`/v1/events?source=${source}`)).json.events.map(
    ({ event: { time } }) => time,
  );

const [FIRST, BEFORE, AT, LATER] = [
  "2026-05-09T12:00:00Z",
  "2026-05-09T12:59:59Z",
  "2026-05-09T13:00:00Z",
  "2026-05-12T12:00:00Z",
];

test("a composed id counts again after its time to live, and another id never", async () => {
  for (const [id, counts] of [
    [COMPOSED, true],
    ["6f1e1f6e", false],
  ]) {
    const source = `counts-${counts}`;
    await dispatch.take(received(source, FIRST, id));
    assert.deepEqual(await areNew(source, [FIRST, BEFORE, AT], id), [false, false, counts]);
    const { json } = await dispatch.get(`/v1/events/${source}/${encodeURIComponent(id)}`);
    assert.equal(json.event.time, counts ? AT : FIRST);
  }
});

test("an event that was taken after a later one of its id is kept, and a copy of either is not", async () => {
  const source = "late";
  await makeKnown(source);
  assert.deepEqual(await areNew(source, [LATER, FIRST]), [true, true]);
  assert.deepEqual(await areNew(source, [BEFORE, FIRST, LATER, "2026-05-12T11:00:01Z"]), [
    false,
    false,
    false,
    false,
  ]);
  assert.deepEqual(await areNew(source, ["2026-05-10T12:00:00Z"]), [true]);
  const { json } = await dispatch.get(`/v1/events/${source}/${encodeURIComponent(COMPOSED)}`);
  assert.equal(json.event.time, LATER);
});

test("a dead letter is requeued after a later event of its id, and is in the journal", async () => {
  const source = "requeued";
  await dispatch.put(DEAD_LETTER_QUEUE, received(source, FIRST));
  let letter;
  while (letter === undefined)
    [letter] = (await dispatch.get("/v1/dead-letters")).json.dead_letters;
  assert.deepEqual(await areNew(source, [LATER]), [true]);
  const requeued = await dispatch.post(`/v1/dead-letters/${letter.id}/requeue`);
  assert.equal(requeued.status, 204, requeued.text);
  await dispatch.logged((line) => line.at === "event" && line.source === source);
  assert.deepEqual(await timesOf(source), [FIRST, LATER]);
});

test("a copy is looked for in few rows, however often its id has counted", async () => {
  const source = "often";
  const hour = (n) => new Date(Date.UTC(2026, 0, 1) + n * 3_600_000).toISOString();
  const all = Array.from({ length: 500 }, (_, n) => hour(n));
  assert.ok((await areNew(source, all)).every((isNew) => isNew));
  const rows = (time) =>
    dispatch.journal(source, "readToTake", JSON.stringify(received(source, time)));
  for (const time of [hour(0), hour(250), hour(499)])
    assert.ok((await rows(time)) < 20, `${await rows(time)} rows for a copy of ${time}`);
});

test("what comes again after its order was erased is another message", async () => {
  const source = "erased";
  await makeKnown(source);
  const made = await dispatch.post("/v1/endpoints", {
    url: server.url,
    filter: { sources: [source] },
  });
  assert.equal(made.status, 201, made.text);
  const messages = [];
  for (const [n, time] of [FIRST, LATER].entries()) {
    assert.deepEqual(await areNew(source, [time]), [true]);
    const { headers, body } = await server.inbox.untilNth(n + 1, ({ body }) =>
      body.includes(`/hooks/${source}`),
    );
    messages.push([headers["webhook-id"], JSON.parse(body).time]);
    assert.equal((await dispatch.delete(`/v1/orders/${source}/1`)).status, 204);
  }
  const [[one, first], [other, second]] = messages;
  assert.deepEqual([first, second], [FIRST, LATER]);
  assert.notEqual(one, other);
  // The same event again, as after a restore, is the same message.
  assert.deepEqual(await areNew(source, [FIRST]), [true]);
  const { headers } = await server.inbox.untilNth(3, ({ body }) =>
    body.includes(`/hooks/${source}`),
  );
  assert.equal(headers["webhook-id"], one);
});
