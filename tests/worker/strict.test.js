// Strict dedup: of copies that arrive at the same moment one is sent, and none is answered as accepted before it is. A thousand of
// them: copies.test.js.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { kvStandIn, queueStandIn } from "../support/stand-in.js";
import { COMPATIBILITY_DATE, builtModules, start } from "../support/workerd.js";

const STRICT = { SOURCES: { ...SOURCES, wakilni: { ...SOURCES.wakilni, dedup: "strict" } } };

let count = 0;
const order = (id = `strict-${++count}`) =>
  JSON.stringify({ event_id: id, event: "Order Created", data: { order_id: 1 } });
const idOf = (body) => JSON.parse(body).event_id;
const isPut = (method) => method === "PUT";
const isOf = (url, body) => decodeURIComponent(url.pathname.slice(1)) === keyOf(body);
const keyOf = (body) => `seen:wakilni:${idOf(body)}`;

async function deliver(worker, body) {
  const { status, json, headers } = await worker.post(
    hook("wakilni"),
    body,
    sign.wakilni(SECRETS.WAKILNI_SECRET, body),
  );
  return { status, code: json.code ?? json.status, retryAfter: headers["retry-after"] };
}

const ACCEPTED = { status: 202, code: "accepted", retryAfter: undefined };
const DUPLICATE = { status: 200, code: "duplicate", retryAfter: undefined };

const DEADLINE_MS = 8000;

/** The answer to a copy of a delivery that is still on its way: the claim ends two seconds after the deadline. */
function assertHeld({ status, code, retryAfter }) {
  assert.deepEqual([status, code], [503, "copy_in_progress"]);
  const most = DEADLINE_MS / 1000 + 2;
  assert.ok(Number.isInteger(+retryAfter) && 1 <= retryAfter && retryAfter <= most, retryAfter);
}

test("`DEDUP` is for sources without a setting, and a source's own setting overrides it", async () => {
  const shop = { ...SOURCES.shop, dedup: "kv" };
  const worker = await start({
    vars: { SOURCES: { ...SOURCES, shop }, DEDUP: "strict" },
    standIns: { CLAIMS: null },
  });
  try {
    const body = order();
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    const { cause } = await worker.logged(({ id }) => id === idOf(body));
    assert.match(cause, /`CLAIMS` are not bound/);
    await worker.post(
      hook("shop"),
      body,
      sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id: "kv" }),
    );
    assert.equal((await worker.logged(({ id }) => id === "kv")).cause, undefined);
  } finally {
    await worker.stop();
  }
});

describe("one after the other", () => {
  let worker;
  let queue;
  let kv;
  before(async () => {
    [queue, kv] = await Promise.all([queueStandIn(), kvStandIn()]);
    worker = await start({
      vars: { ...STRICT, DEADLINE_MS },
      standIns: { EVENTS: queue, SEEN: kv },
      isolates: 1,
    });
  });
  beforeEach(() => (queue.mode = kv.mode = "works"));
  afterEach(() => {
    queue.messages.splice(0);
    queue.requests.take();
  });
  after(() => Promise.all([worker, queue, kv].map((part) => part.stop())));

  test("copies are duplicates", async () => {
    const body = order();
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    for (let copy = 1; copy < 5; copy++) assert.deepEqual(await deliver(worker, body), DUPLICATE);
    assert.equal(queue.messages.length, 1);
  });

  test("an event that is sent is known in every isolate, and KV is not asked, though it is told", async () => {
    const body = order();
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    await kv.requests.until(({ method, url }) => isPut(method) && isOf(url, body));
    assert.ok(kv.values.delete(keyOf(body)), "KV has the mark, too");
    const [, other] = worker.isolates;
    assert.deepEqual(await deliver(other, body), DUPLICATE);
    kv.mode = "fails";
    assert.deepEqual(await deliver(other, body), DUPLICATE);
    assert.equal(queue.messages.length, 1);
    assert.deepEqual(
      kv.requests.entries.filter(({ method, url }) => !isPut(method) && isOf(url, body)),
      [],
    );
  });

  test("a send that fails releases the claim: the next try is accepted at once", async () => {
    const body = order();
    queue.mode = "fails";
    assert.equal((await deliver(worker, body)).code, "queue_unavailable");
    assert.equal((await deliver(worker, body)).code, "queue_unavailable");
    queue.mode = "works";
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    assert.deepEqual(await deliver(worker, body), DUPLICATE);
    assert.equal(queue.messages.length, 1);
  });

  test("a copy of a delivery on its way is told to come again, which is not an error in the log", async () => {
    const body = order();
    queue.mode = "hangs";
    const first = deliver(worker, body);
    await queue.requests.until(() => true);
    // One waits beside it, and one in another isolate. Both have half of the time that the first has.
    const copies = worker.isolates.map((isolate) => deliver(isolate, body));
    for (const answer of await Promise.all(copies)) assertHeld(answer);
    const { outcome, cause } = await worker.logged(
      ({ id, outcome }) => id === idOf(body) && outcome === "held",
    );
    assert.deepEqual([outcome, cause], ["held", undefined]);
    // It had to come again: the original was not accepted.
    assert.equal((await first).code, "queue_unavailable");
    queue.mode = "works";
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    assert.deepEqual(await deliver(worker, body), DUPLICATE);
    assert.equal(queue.messages.length, 1);
  });
});

// A Worker of the test's own around the real class, so that its alarm and its rows can be asked for.
const PROBE = `
import { Claims } from "./entry.js";

export class Probed extends Claims {
  rows() { return this.ctx.storage.sql.exec("SELECT key FROM claims ORDER BY key").raw().toArray().flat(); }
  alarmIn() { return this.ctx.storage.getAlarm().then((at) => at && at - Date.now()); }
  ring() { return this.ctx.storage.setAlarm(Date.now()); }
  async alarm() { await super.alarm(); console.log("swept"); }
}

export default {
  async fetch(request, { PROBED }) {
    const { object, method, args } = await request.json();
    return Response.json({ value: String(await PROBED.getByName(object)[method](...args)) });
  },
};`;

describe("the object", () => {
  let orderhook;
  let object;
  let ask;
  before(async () => {
    const config = {
      name: "probe",
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: {
        mainModule: "probe.js",
        modules: { "probe.js": { type: "esm", contents: PROBE }, ...builtModules() },
      },
      env: { PROBED: { type: "durable-object", worker: "probe", exportName: "Probed" } },
      exports: { Probed: { type: "durable-object", storage: "sqlite" } },
    };
    orderhook = await start({ workers: [{ config }] });
    const probe = await orderhook.worker("probe");
    ask = async (method, ...args) => {
      const body = JSON.stringify({ object, method, args });
      return (await (await probe.fetch("http://probe/", { method: "POST", body })).json()).value;
    };
  });
  beforeEach(() => (object = `object-${++count}`));
  after(() => orderhook.stop());

  const HOUR = 60 * 60 * 1000;
  const claim = (claimant, ms = HOUR) => ask("claim", ["key"], claimant, ms);

  test("grants one claim, and tells others how long it may hold", async () => {
    assert.equal(await claim("first"), "0");
    const left = Number(await claim("second"));
    assert.ok(0 < left && left <= HOUR, `${left}`);
    assert.equal(await ask("claim", ["another key"], "second", HOUR), "0");
  });

  test("grants a claim again to the same claimant, so that a lost answer does no harm", async () => {
    for (let i = 0; i < 3; i++) assert.equal(await claim("first"), "0");
  });

  test("a claim that has ended is free", async () => {
    assert.equal(await claim("dead", 0), "0");
    assert.equal(await claim("second"), "0");
    assert.ok(Number(await claim("dead")) > 0);
  });

  test("releases a claim only for its claimant", async () => {
    await claim("first");
    await ask("release", ["key"], "second");
    assert.ok(Number(await claim("second")) > 0);
    await ask("release", ["key"], "first");
    assert.equal(await claim("second"), "0");
  });

  test("an event that is safe stays safe: no release and no claim undoes it", async () => {
    await claim("first");
    await ask("commit", ["key"], HOUR);
    await ask("release", ["key"], "first");
    for (const claimant of ["first", "second", "null"])
      assert.equal(await claim(claimant), "Infinity");
  });

  test("marks an event as safe even if its claim had ended, or was another's", async () => {
    await claim("dead", 0);
    await claim("second");
    await ask("commit", ["key"], HOUR);
    assert.equal(await claim("second"), "Infinity");
  });

  test("an entry past its time is free", async () => {
    await ask("commit", ["key"], 0);
    assert.equal(await claim("first"), "0");
  });

  test("keys are used as they are", async () => {
    const keys = ["seen:a:'; DROP TABLE claims; --", "seen:a:é\u{1f642}", "seen:a:%", "seen:a:"];
    for (const key of keys) assert.equal(await ask("claim", [key], "first", HOUR), "0");
    for (const key of keys) assert.ok(Number(await ask("claim", [key], "second", HOUR)) > 0, key);
  });

  test("an alarm forgets entries past their time, and comes again while anything is left", async () => {
    await ask("commit", ["old"], 0);
    await ask("claim", ["older"], "dead", 0);
    await ask("commit", ["new"], HOUR);
    const due = Number(await ask("alarmIn"));
    assert.ok(0 < due && due <= HOUR, `${due}`);
    assert.equal(await ask("rows"), "new,old,older");

    orderhook.output.take();
    await ask("ring");
    await orderhook.output.until((line) => line === "swept");
    assert.equal(await ask("rows"), "new");
    assert.ok(Number(await ask("alarmIn")) > 0);

    await ask("commit", ["new"], 0);
    orderhook.output.take();
    await ask("ring");
    await orderhook.output.until((line) => line === "swept");
    assert.equal(await ask("rows"), "");
    assert.equal(await ask("alarmIn"), "null", "nothing is left to wake it for");
    await claim("first");
    assert.ok(Number(await ask("alarmIn")) > 0);
  });
});

// Objects that cannot be reached, which the real one cannot be made to be.
const UNREACHABLE = `
import { DurableObject } from "cloudflare:workers";
export class Fails extends DurableObject {
  claim() { throw new Error("told to fail"); }
  commit() { throw new Error("told to fail"); }
  release() { throw new Error("told to fail"); }
}
const never = () => new Promise((resolve) => setTimeout(resolve, 3_600_000));
export class Hangs extends DurableObject {
  claim() { return never(); }
  commit() { return never(); }
  release() { return never(); }
}
export default {};`;

/** Starts it with objects of the class of this name, and other stand-ins. */
function startUnreachable(exportName, standIns = {}) {
  const config = {
    name: "unreachable",
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: {
      mainModule: "unreachable.js",
      modules: { "unreachable.js": { type: "esm", contents: UNREACHABLE } },
    },
    exports: { [exportName]: { type: "durable-object", storage: "sqlite" } },
  };
  const CLAIMS = { binding: { type: "durable-object", worker: config.name, exportName } };
  return start({
    vars: { ...STRICT, DEADLINE_MS: 4000 },
    standIns: { CLAIMS, ...standIns },
    workers: [{ config }],
    isolates: 1,
  });
}

for (const [exportName, cause] of [
  ["Fails", "told to fail"],
  ["Hangs", "the claim took longer than 1000 ms"],
]) {
  test(`an object that ${exportName.toLowerCase()}: the delivery goes on as with kv, and the log says so`, async () => {
    const worker = await startUnreachable(exportName);
    try {
      const body = order();
      assert.deepEqual(await deliver(worker, body), ACCEPTED);
      assert.equal((await worker.logged(({ id }) => id === idOf(body))).cause, cause);
      // Another isolate does not remember the event, so it asks KV.
      await worker.marked(keyOf(body));
      assert.deepEqual(await deliver(worker.isolates[1], body), DUPLICATE);
      const again = ({ id, code }) => id === idOf(body) && code === "duplicate";
      assert.equal((await worker.logged(again)).cause, cause);
      assert.deepEqual(
        (await worker.events()).map(({ id }) => id),
        [idOf(body)],
      );
    } finally {
      await worker.stop();
    }
  });
}

test("an object and KV that both fail: the event is taken, and the log has both causes", async () => {
  const kv = await kvStandIn();
  const worker = await startUnreachable("Fails", { SEEN: kv });
  try {
    kv.mode = "fails";
    const body = order();
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    const { cause } = await worker.logged(({ id }) => id === idOf(body));
    assert.match(cause, /^told to fail; KV GET failed: 500 /);
  } finally {
    await worker.stop();
    await kv.stop();
  }
});

test("objects that are not bound: /healthz says so, and deliveries go on as with kv", async () => {
  const worker = await start({ vars: STRICT, standIns: { CLAIMS: null } });
  try {
    const { json } = await worker.health();
    assert.equal(json.status, "degraded");
    assert.match(json.problems.join(), /the Durable Objects `CLAIMS` are not bound/);
    assert.equal(json.sources.wakilni.ready, true);
    const body = order();
    assert.deepEqual(await deliver(worker, body), ACCEPTED);
    assert.deepEqual(await deliver(worker, body), DUPLICATE);
  } finally {
    await worker.stop();
  }
});
