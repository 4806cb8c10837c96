// A queue and a KV that fail or do less than they answer: no event is lost, and the failure is reported.
import assert from "node:assert/strict";
import { after, beforeEach, afterEach, describe, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { assertEvent } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { kvStandIn, queueStandIn } from "../support/stand-in.js";
import { start } from "../support/workerd.js";

let count = 0;
const order = (padding = "") =>
  JSON.stringify({
    event_id: `failure-${++count}`,
    event: "Order Created",
    data: { order_id: 1, customer: "Nobody's Business" },
    padding,
  });
const LARGE = "p".repeat(200_000);

const kv = await kvStandIn();
const queue = await queueStandIn();
after(() => Promise.all([kv.stop(), queue.stop()]));

let worker;

/** Starts a Worker on both stand-ins before each of a group's tests. */
function withWorker(vars, standIns = { SEEN: kv, EVENTS: queue }) {
  beforeEach(async () => {
    worker = await start({ vars: { SOURCES, ...vars }, standIns, isolates: 1 });
  });
  afterEach(async () => {
    await worker.stop();
    for (const standIn of [kv, queue]) {
      standIn.mode = "works";
      standIn.requests.take();
    }
    kv.values.clear();
    queue.messages.splice(0);
  });
}

/** Delivers to an isolate: the first knows what it has taken, and the other what KV knows. */
async function deliver(body, isolate = worker) {
  const { status, json, headers } = await isolate.post(
    hook("wakilni"),
    body,
    sign.wakilni(SECRETS.WAKILNI_SECRET, body),
  );
  return {
    status,
    code: json.code ?? json.status,
    id: json.id,
    retryAfter: headers["retry-after"],
    type: headers["content-type"],
  };
}

/** Returns the payloads that reached the queue, each in an event that is valid by the schema. */
function queued() {
  return queue.messages.map(({ format, text }) => {
    assert.equal(format, "json");
    const event = JSON.parse(text);
    assertEvent(event);
    return event.data.payload ?? kv.values.get(event.data.payload_ref)?.toString();
  });
}

const elsewhere = (body) => deliver(body, worker.isolates[1]);

/** Resolves once KV was told of so many events, which it is after the answer. */
const told = (n = 1) => kv.requests.untilNth(n, isMark);
const isMark = ({ method, url }) => method === "PUT" && url.pathname.startsWith("/seen");
const marks = () => [...kv.values.keys()].filter((key) => key.startsWith("seen:"));
const idOf = (body) => JSON.parse(body).event_id;
const accepted = (body) => ({
  status: 202,
  code: "accepted",
  id: idOf(body),
  retryAfter: undefined,
  type: "application/json",
});
const duplicate = (body) => ({ ...accepted(body), status: 200, code: "duplicate" });
const UNAVAILABLE = {
  status: 503,
  code: "queue_unavailable",
  id: undefined,
  retryAfter: "30",
  type: "application/problem+json",
};

/** Asserts that the log has one line of a mark that failed. */
async function assertMarkLine(body) {
  const { cause, ...rest } = await worker.logged(({ at }) => at === "mark");
  assert.deepEqual(rest, { at: "mark", source: "wakilni", id: idOf(body), failures: 1 });
  assert.match(cause, /./);
}

async function assertLine(body, expected) {
  const { at, source, provider, outcome, code, bytes, cause } = await worker.logged(
    ({ at, id }) => at === "delivery" && id === idOf(body),
  );
  assert.deepEqual(
    [at, source, provider, outcome, code],
    ["delivery", "wakilni", "wakilni", ...expected],
  );
  assert.equal(bytes, Buffer.byteLength(body));
  return cause;
}

describe("with a queue and a KV that work", () => {
  withWorker();

  test("an event is put into the queue, and then it is marked", async () => {
    const body = order();
    assert.deepEqual(await deliver(body), accepted(body));
    assert.deepEqual(queued(), [body]);
    await told();
    assert.deepEqual(marks(), [`seen:wakilni:${idOf(body)}`]);
    assert.equal(await assertLine(body, ["accepted", "accepted"]), undefined);
    const ttl = kv.requests.entries.at(-1).url.searchParams.get("expiration_ttl");
    assert.equal(ttl, String(7 * 24 * 60 * 60));
  });

  test("a large payload is in KV before its event is in the queue", async () => {
    const body = order(LARGE);
    queue.mode = "fails";
    assert.deepEqual(await deliver(body), UNAVAILABLE);
    assert.equal(kv.values.get(`payload:wakilni:${sign.sha256(body)}`).toString(), body);
    queue.mode = "works";
    assert.deepEqual(await deliver(body), accepted(body));
    assert.deepEqual(queued(), [body]);
  });
});

describe("a queue that fails", () => {
  withWorker();

  test("is 503 with Retry-After, nothing is marked, and the same delivery is accepted once it works", async () => {
    const body = order();
    queue.mode = "fails";
    for (let attempt = 0; attempt < 3; attempt++)
      assert.deepEqual(await deliver(body), UNAVAILABLE);
    assert.deepEqual([queued(), marks()], [[], []]);
    assert.match(await assertLine(body, ["failed", "queue_unavailable"]), /./);
    queue.mode = "works";
    assert.deepEqual(await deliver(body), accepted(body));
    await told();
    assert.deepEqual(await deliver(body), duplicate(body));
    assert.deepEqual(await elsewhere(body), duplicate(body));
    assert.deepEqual(queued(), [body]);
    assert.deepEqual(marks(), [`seen:wakilni:${idOf(body)}`]);
  });

  test("but has the event all the same: a duplicate, never a loss", async () => {
    const body = order();
    queue.mode = "lands";
    assert.deepEqual(await deliver(body), UNAVAILABLE);
    assert.deepEqual(marks(), []);
    queue.mode = "works";
    assert.deepEqual(await deliver(body), accepted(body));
    assert.deepEqual(queued(), [body, body]);
  });

  test("holds up no other source's probe, and no refusal", async () => {
    queue.mode = "fails";
    const body = order();
    assert.equal((await worker.get(hook("wakilni"))).status, 200);
    assert.equal((await worker.post(hook("gooten"), "")).status, 200);
    assert.equal(
      (await worker.post(hook("wakilni"), body, sign.wakilni("a guess", body))).status,
      401,
    );
    assert.deepEqual(queue.requests.entries, []);
  });
});

describe("a queue slower than its deadline", () => {
  withWorker({ DEADLINE_MS: 2000 });

  test("is 503 with Retry-After, nothing is marked, and the same delivery is accepted once it works", async () => {
    const body = order();
    queue.mode = "hangs";
    assert.deepEqual(await deliver(body), UNAVAILABLE);
    assert.deepEqual(marks(), []);
    assert.match(
      await assertLine(body, ["failed", "queue_unavailable"]),
      /the queue took longer than \d+ ms/,
    );
    queue.mode = "works";
    assert.deepEqual(await deliver(body), accepted(body));
    assert.deepEqual(queued(), [body]);
  });
});

/**
 * Asserts that an event passes a KV in this mode. Once KV works, its copy is a duplicate in the same isolate, and is answered with
 * `again` in another.
 */
async function assertGoesThrough(mode, again, cause) {
  const body = order();
  kv.mode = mode;
  assert.deepEqual(await deliver(body), accepted(body));
  assert.deepEqual(queued(), [body]);
  assert.match(await assertLine(body, ["accepted", "accepted"]), cause);
  await told();
  kv.mode = "works";
  assert.deepEqual(await deliver(body), duplicate(body));
  assert.deepEqual(await elsewhere(body), again(body));
  assert.deepEqual(queued(), again === duplicate ? [body] : [body, body]);
  return body;
}

describe("a KV that fails", () => {
  withWorker();

  test("an event goes through, and both failures are logged", async () =>
    assertMarkLine(await assertGoesThrough("fails", accepted, /./)));

  test("but remembers all the same: the event goes through once", async () =>
    assertMarkLine(await assertGoesThrough("lands", duplicate, /./)));

  test("a KV that answers and does not take the mark: the event goes through, and one line says so", async () => {
    const body = order();
    const looked = kv.requests.until(({ method }) => method === "GET");
    const failing = looked.then(() => (kv.mode = "fails"));
    assert.deepEqual(await deliver(body), accepted(body));
    await failing;
    await assertMarkLine(body);
    assert.deepEqual([queued(), marks()], [[body], []]);
    assert.equal(await assertLine(body, ["accepted", "accepted"]), undefined);
    assert.equal(worker.lines().filter(({ at }) => at === "mark").length, 1);
    kv.mode = "works";
    assert.deepEqual(await deliver(body), duplicate(body));
    assert.deepEqual(await elsewhere(body), accepted(body));
  });

  test("a queue that fails beside it is 503", async () => {
    const body = order();
    kv.mode = queue.mode = "fails";
    assert.deepEqual(await deliver(body), UNAVAILABLE);
  });
});

describe("a KV slower than its deadline", () => {
  withWorker({ DEADLINE_MS: 2000 });

  test("an event goes through, and it is logged", () =>
    assertGoesThrough("hangs", accepted, /KV took longer than 500 ms/));
});

describe("a KV that does not keep a large payload", () => {
  withWorker({ DEADLINE_MS: 2000 });

  for (const mode of ["fails", "hangs"]) {
    test(`the event waits with it, where KV ${mode}`, async () => {
      const body = order(LARGE);
      kv.mode = mode;
      assert.deepEqual(await deliver(body), UNAVAILABLE);
      assert.deepEqual(queued(), []);
      kv.mode = "works";
      assert.deepEqual(await deliver(body), accepted(body));
      assert.deepEqual(queued(), [body]);
    });
  }
});

describe("a queue that is not bound", () => {
  withWorker({}, { SEEN: kv, EVENTS: null });

  test("is 503, and /healthz says so", async () => {
    assert.deepEqual(await deliver(order()), UNAVAILABLE);
    const { json } = await worker.health();
    assert.deepEqual([json.status, json.problems.length], ["degraded", 1]);
    assert.match(json.problems[0], /the queue `EVENTS` is not bound/);
  });
});

describe("a KV that is not bound", () => {
  withWorker({}, { SEEN: null, EVENTS: queue });

  test("holds no event up, and /healthz says so", async () => {
    const body = order();
    assert.deepEqual(await deliver(body), accepted(body));
    assert.deepEqual(queued(), [body]);
    const { json } = await worker.health();
    assert.deepEqual([json.status, json.problems.length], ["degraded", 1]);
    assert.match(json.problems[0], /the KV namespace `SEEN` is not bound/);
  });
});
