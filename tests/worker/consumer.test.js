// The Worker's own consumer: one line for each event, and what is no event goes to the dead letters alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SECRETS, hook } from "./accounts.js";
import * as sign from "./sign.js";
import { DEAD_LETTER_QUEUE, start } from "./workerd.js";

let worker;
before(async () => {
  worker = await start({ consumesItself: true });
});
after(() => worker.stop());

const line = (id, more) => ({
  at: "event",
  source: "/hooks/wakilni",
  id,
  type: "orderhook.order.status.v1",
  status: "delivered",
  final: true,
  test: false,
  time: "2024-11-14T12:39:13Z",
  ...more,
});

/** What a line of `line(id)` is logged of. */
const event = (id, data) => ({
  specversion: "1.0",
  id,
  source: "/hooks/wakilni",
  type: "orderhook.order.status.v1",
  time: "2024-11-14T12:39:13Z",
  data: { test: false, status: { now: "delivered", final: true }, ...data },
});

const send = async (...bodies) => (await worker.queue()).sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
const linesOf = (wanted) => worker.lines().filter(({ at, id }) => at === "event" && id === wanted);

test("an event of the Worker's own is logged when it leaves the queue", async () => {
  const body = '{"event_id":"own","event":"Order Completed","timestamp":"2024-11-14 14:39:13","data":{"order_id":1}}';
  assert.equal((await worker.post(hook("wakilni"), body, sign.wakilni(SECRETS.WAKILNI_SECRET, body))).status, 202);
  assert.deepEqual(await worker.logged(({ at, id }) => at === "event" && id === "own"), line("own"));
});

test("an event that was not understood is logged too", async () => {
  const body = "not JSON";
  const id = sign.sha256(body);
  assert.equal((await worker.post(hook("wakilni"), body, sign.wakilni(SECRETS.WAKILNI_SECRET, body))).status, 202);
  const { time, ...logged } = await worker.logged((line) => line.at === "event" && line.id === id);
  const { time: _, ...expected } = line(id, { type: "orderhook.delivery.unrecognized.v1", status: null, final: null, test: null });
  assert.deepEqual(logged, expected);
  assert.ok(Date.parse(time) > 0);
});

/** Holds for the second that `predicate` holds for. */
function second(predicate) {
  let times = 0;
  return (line) => predicate(line) && ++times === 2;
}

const NO_EVENTS = {
  text: "an event",
  "a number": 7,
  null: null,
  "a list": [event("in-a-list")],
  "an empty object": {},
  "an event without an id": { ...event("x"), id: undefined },
  "an event whose id is an object": { ...event("x"), id: { x: 1 } },
  "an event without data": { ...event("x"), data: undefined },
  "an event whose data is a text": { ...event("x"), data: "delivered" },
};

for (const [name, bad] of Object.entries(NO_EVENTS)) {
  test(`no event, among two that are: ${name}`, async () => {
    const [first, last] = [`before ${name}`, `after ${name}`];
    await send(event(first), bad, event(last));

    const dead = await worker.inbox.until(({ queue }) => queue === DEAD_LETTER_QUEUE);
    assert.deepEqual(worker.inbox.take(), [dead]);
    assert.deepEqual(dead.body, JSON.parse(JSON.stringify(bad)));
    // The message was tried twice. Had it taken the others with it, so would they have been.
    const complaint = await worker.logged(second(({ code, message }) => code === "not_an_event" && message === dead.id));
    assert.deepEqual([complaint.at, complaint.queue], ["event", "orderhook-events"]);
    await worker.logged(({ id }) => id === last);
    for (const id of [first, last]) assert.deepEqual(linesOf(id), [line(id)]);
  });
}

test("a message that JSON has no word for is no event", async () => {
  await (await worker.queue()).send(new Map([["id", "map"]]), { contentType: "v8" });
  const dead = await worker.inbox.until(({ queue }) => queue === DEAD_LETTER_QUEUE);
  assert.deepEqual(worker.inbox.take(), [dead]);
});

test("a hundred events are a hundred lines", async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `hundred-${index}`);
  await send(...ids.map((id) => event(id)));
  for (const id of ids) await worker.logged((line) => line.at === "event" && line.id === id);
  await send("the last");
  await worker.inbox.until(({ body }) => body === "the last");
  assert.deepEqual(ids.flatMap(linesOf), ids.map((id) => line(id)));
});
