// A panic turns the answer to its own request into a 500, and affects no other. The build under test is the Worker's own, with an
// additional header that makes it panic.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { SECRETS, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { queueStandIn } from "../support/stand-in.js";
import { start } from "../support/workerd.js";

const CUSTOMER = "Nadia Panicked";

let worker;
before(async () => (worker = await start({ build: "build-panic" })));
after(() => worker.stop());

let deliveries = 0;
beforeEach(() => worker.output.take());

function deliver(headers = {}, to = worker) {
  const id = `delivery-${++deliveries}`;
  const body = JSON.stringify({
    event_id: id,
    event: "Order Assigned",
    data: { order_id: 1, driver_name: CUSTOMER },
  });
  return {
    id,
    answer: to.post(hook("wakilni"), body, {
      ...sign.wakilni(SECRETS.WAKILNI_SECRET, body),
      ...headers,
    }),
  };
}

// A panic at once comes before there is a promise: it is thrown to the entry.
for (const when of ["at once", "after"]) {
  test(`a panic (body: ${when}) costs one request a 500, and every later one is served`, async () => {
    const { id: lost, answer } = deliver({ "x-panic-probe": when });
    assert.equal((await answer).status, 500);

    const served = Array.from({ length: 10 }, () => deliver());
    for (const { answer } of served) assert.equal((await answer).status, 202);
    const ids = (await worker.events()).map(({ id }) => id);
    assert.deepEqual(ids.sort(), served.map(({ id }) => id).sort());

    // Nothing of it was marked: the provider's next try is accepted.
    assert.equal(await (await worker.kv()).get(`seen:wakilni:${lost}`), null);
  });
}

test("the Worker survives one panic after another", async () => {
  for (let i = 0; i < 20; i += 1) {
    assert.equal(
      (await deliver({ "x-panic-probe": i % 2 ? "at once" : "after" }).answer).status,
      500,
    );
    assert.equal((await deliver().answer).status, 202);
  }
});

test("a delivery that was answered with 202 beside a panic is in the queue, and any other is accepted when it is sent again", async () => {
  await worker.events();
  const all = Array.from({ length: 60 }, (_, i) =>
    deliver(i % 10 === 5 ? { "x-panic-probe": "after" } : {}),
  );
  const accepted = [];
  for (const { id, answer } of all) {
    const { status } = await answer;
    // Requests in flight in the isolate that panics may be lost with it.
    assert.ok([202, 500].includes(status), `${status}`);
    if (status === 202) accepted.push(id);
  }
  const again = [];
  for (let i = 0; i < 10; i += 1) again.push(deliver());
  for (const { answer } of again) assert.equal((await answer).status, 202);
  const ids = new Set((await worker.events()).map(({ id }) => id));
  assert.deepEqual(
    [...accepted, ...again.map(({ id }) => id)].filter((id) => !ids.has(id)),
    [],
  );
});

for (const how of ["after", "host"]) {
  test(`requests that wait when an instance is lost (${how}) are lost with it, and never replace later ones`, async () => {
    const queue = await queueStandIn();
    const SOURCES = { wakilni: { provider: "wakilni", secrets: ["WAKILNI_SECRET"] } };
    const vars = { SOURCES, DEADLINE_MS: 3000 };
    const waiting = await start({ build: "build-panic", vars, standIns: { EVENTS: queue } });
    try {
      queue.mode = "hangs";
      const sent = ({ id }) => queue.requests.until(({ body }) => body.includes(id));
      const early = deliver({}, waiting);
      await sent(early);
      assert.equal((await deliver({ "x-panic-probe": how }, waiting).answer).status, 500);
      const late = deliver({}, waiting);
      await sent(late);
      assert.deepEqual([(await early.answer).status, (await late.answer).status], [500, 503]);
      queue.mode = "works";
      for (const { id } of [early, late])
        assert.equal(await (await waiting.kv()).get(`seen:wakilni:${id}`), null);
    } finally {
      await Promise.all([waiting.stop(), queue.stop()]);
    }
  });
}

test("the log has the panic's place, and nothing of the delivery", async () => {
  await deliver({ "x-panic-probe": "after" }).answer;
  await worker.output.until((line) => /panicked at .*receive\.rs:\d+/.test(line));
  const output = worker.output.entries.join("\n");
  for (const secret of [CUSTOMER, ...Object.values(SECRETS)])
    assert.ok(!output.includes(secret), secret);
});
