// Accepted events are remembered for as long as the setting says.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const WEEK = 7 * 24 * 60 * 60;

let worker;
before(async () => {
  worker = await start({ isolates: 1 });
});
// Removes the messages that a failed test has left in the queue.
afterEach(() => worker.events());
after(() => worker.stop());

const wakilni = (body) =>
  worker.post(hook("wakilni"), body, sign.wakilni(SECRETS.WAKILNI_SECRET, body));
const wegocod = (body) =>
  worker.post(hook("wegocod"), body, sign.wegocod(SECRETS.WEGOCOD_SECRET, body));

/** Returns the value that KV holds under `key` once it has one, and for how many seconds more. */
async function remembered(worker, key) {
  const text = await worker.marked(key);
  const { keys } = await (await worker.kv()).list({ prefix: key });
  const { expiration } = keys.find(({ name }) => name === key);
  return { text, seconds: expiration - Date.now() / 1000 };
}

/** KV counts in whole seconds, from when it took the value. */
const assertLifetime = (seconds, expected) =>
  assert.ok(expected - 60 < seconds && seconds <= expected + 1, `${seconds} s`);

test("100 copies of one delivery, one after the other, give one event", async () => {
  const body = JSON.stringify({
    event_id: "hundred",
    event: "Order Created",
    data: { order_id: 1 },
  });
  const statuses = [];
  for (let copy = 0; copy < 100; copy++) statuses.push((await wakilni(body)).status);
  assert.deepEqual(statuses, [202, ...Array(99).fill(200)]);
  assert.deepEqual(
    (await worker.events()).map(({ id }) => id),
    ["hundred"],
  );
});

test("a copy in another isolate is known by its mark in KV", async () => {
  const body = JSON.stringify({ event_id: "there", event: "Order Created", data: { order_id: 1 } });
  const headers = sign.wakilni(SECRETS.WAKILNI_SECRET, body);
  const [here, there] = worker.isolates;
  assert.equal((await here.post(hook("wakilni"), body, headers)).status, 202);
  await worker.marked("seen:wakilni:there");
  assert.equal((await there.post(hook("wakilni"), body, headers)).status, 200);
  assert.deepEqual(
    (await worker.events()).map(({ id }) => id),
    ["there"],
  );
});

test("the event's id and the time of its acceptance are remembered, for 7 days", async () => {
  const began = Date.now();
  await wakilni(
    JSON.stringify({ event_id: "kept", event: "Order Created", data: { order_id: 1 } }),
  );
  const [event] = await worker.events();
  const { text, seconds } = await remembered(worker, "seen:wakilni:kept");
  const { id, taken_at, ...rest } = JSON.parse(text);
  assert.deepEqual([id, taken_at, rest], ["kept", event.data.received_at, {}]);
  assert.ok(Date.parse(taken_at) >= began);
  assertLifetime(seconds, WEEK);
});

test("the lifetime is DEDUP_TTL_SECONDS", async () => {
  const brief = await start({ vars: { SOURCES, DEDUP_TTL_SECONDS: 3600 } });
  try {
    const body = JSON.stringify({
      event_id: "brief",
      event: "Order Created",
      data: { order_id: 1 },
    });
    await brief.post(hook("wakilni"), body, sign.wakilni(SECRETS.WAKILNI_SECRET, body));
    assertLifetime((await remembered(brief, "seen:wakilni:brief")).seconds, 3600);
  } finally {
    await brief.stop();
  }
});

const LONG = "x".repeat(257);
const IDENTITIES = [
  [
    "an id as it came",
    JSON.stringify({ event_id: "ORD 1/é?#", event: "e", data: { order_id: 1 } }),
    "ORD 1/é?#",
  ],
  [
    "an id that is too long for a key",
    JSON.stringify({ event_id: LONG, event: "e", data: { order_id: 1 } }),
    sign.sha256(LONG),
  ],
  [
    "an id with control bytes",
    JSON.stringify({ event_id: "a\n\0b", event: "e", data: { order_id: 1 } }),
    sign.sha256("a\n\0b"),
  ],
  [
    "an id as long as can be",
    JSON.stringify({ event_id: "é".repeat(128), event: "e", data: { order_id: 1 } }),
    "é".repeat(128),
  ],
  ["the body, where it is not understood", "{", sign.sha256("{")],
];

for (const [name, body, id] of IDENTITIES) {
  test(`known by ${name}`, async () => {
    const answers = [await wakilni(body), await wakilni(body)];
    assert.deepEqual(
      answers.map(({ status, json }) => [status, json.id]),
      [
        [202, id],
        [200, id],
      ],
    );
    assert.deepEqual(
      (await worker.events()).map((event) => event.id),
      [id],
    );
    assert.equal(JSON.parse((await remembered(worker, `seen:wakilni:${id}`)).text).id, id);
  });
}

test("an order's next status is not a copy of the last, whatever the body's other fields say", async () => {
  const order = (new_status, amount = 1) =>
    JSON.stringify({ order: { reference: "R", new_status, amount } });
  const answers = [
    await wegocod(order("returned")),
    await wegocod(order("delivered")),
    await wegocod(order("delivered", 2)),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202, 200],
  );
  assert.deepEqual(
    (await worker.events()).map(({ id }) => id),
    ["R:returned", "R:delivered"],
  );
});

test("an empty id identifies nothing: a delivery with one id is not a copy of one with another", async () => {
  const ids = [];
  for (const order_id of [1, 2]) {
    const body = JSON.stringify({ data: { order_id, status: "shipped" } });
    const { status, json } = await worker.post(
      hook("shop"),
      body,
      sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id: "" }),
    );
    assert.notEqual(status, 200, "an order is lost");
    ids.push(json.id);
  }
  const events = await worker.events();
  // Refused, or identified by something else.
  assert.deepEqual(
    events.map(({ id }) => id),
    ids.filter((id) => id !== undefined),
  );
  assert.ok(
    events.every(({ id }) => id !== ""),
    JSON.stringify(ids),
  );
});

test("an id cannot be marked by guessing it", async () => {
  const body = JSON.stringify({
    event_id: "guessed",
    event: "Order Created",
    data: { order_id: 1 },
  });
  const forged = await worker.post(hook("wakilni"), body, sign.wakilni("a guess", body));
  assert.equal(forged.status, 401);
  assert.equal(await (await worker.kv()).get("seen:wakilni:guessed"), null);
  assert.equal((await wakilni(body)).status, 202);
  assert.equal((await worker.events()).length, 1);
});
