// Exports, counts, and the state of the sources.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, startDispatch, unrecognized } from "../support/dispatch.js";
import { ACTIVITY_QUEUE } from "../support/dispatch.js";
import { HEALTH_TOKEN, RECEIVER, healthReceiver } from "../support/health-receiver.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const HEALTH = {
  status: "degraded",
  version: "0.1.0",
  problems: ["`DEDUP` must be `kv` or `strict`: `strict` is used"],
  sources: {
    shop: {
      provider: "standard-webhooks",
      ready: true,
      dedup: "kv",
      too_large: 2,
      problems: [],
      warnings: ["w"],
      later: "a member of a later version",
    },
    idle: {
      provider: null,
      ready: false,
      dedup: "strict",
      too_large: 0,
      problems: ["p"],
      warnings: [],
    },
  },
};

const startWith = (secrets, workers = [healthReceiver(HEALTH)]) =>
  startDispatch({
    workers,
    bindings: { RECEIVER: workers.length > 0 ? RECEIVER : undefined },
    secrets: { DISPATCH_TOKEN: "full-0123456789abcdef0123456789abcdef", ...secrets },
  });

let dispatch;
before(async () => (dispatch = await startWith({ HEALTH_TOKEN })));
after(() => dispatch.stop());

const get = async (path) => {
  const { status, json } = await dispatch.get(path);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};

/** Returns all parts of an export, joined. */
async function whole(query) {
  const parts = [];
  let path = `/v1/export?${query}`;
  while (path !== undefined) {
    const { status, headers, text, json } = await dispatch.get(path);
    assert.equal(status, 200, JSON.stringify(json));
    parts.push({ text, type: headers["content-type"] });
    path = headers.link?.match(/^<([^>]+)>; rel="next"$/)[1];
  }
  return { text: parts.map(({ text }) => text).join(""), parts };
}

test("an export has each event and each order once, the oldest first, in parts", async () => {
  const orders = [...Array(7).keys()].map(String);
  const ofTwo = orders.map((id, n) =>
    event({ source: `export-${n % 2}`, data: { order: { id } } }),
  );
  for (const one of ofTwo) await dispatch.take(one);
  await dispatch.take(unrecognized({ source: "export-0" }));
  const { text, parts } = await whole("of=events&limit=3");
  assert.ok(parts.length >= 3);
  assert.equal(parts[0].type, "application/x-ndjson");
  const lines = text.trimEnd().split("\n").map(JSON.parse);
  assert.deepEqual(
    lines.slice(0, 7).map(({ event }) => event),
    ofTwo,
  );
  assert.equal(lines.length, 8);
  const all = (await whole("of=orders")).text.trimEnd().split("\n").map(JSON.parse);
  assert.deepEqual(
    all.map(({ id }) => id),
    orders,
  );
});

test("an export as CSV has one head, and no formula", async () => {
  const source = "csv";
  await dispatch.take(
    event({ source, id: "1", data: { order: { id: "=1+1", reference: 'a "b", c' } } }),
    event({ source, id: "2", time: "2026-11-14T12:39:13.5Z" }),
  );
  const { text, parts } = await whole(`of=events&format=csv&source=${source}&limit=1`);
  assert.equal(parts[0].type, "text/csv; charset=utf-8");
  const rows = text.split("\r\n");
  assert.equal(
    rows[0],
    "source,id,type,time,time_source,taken_at,verdict,order,reference,status,phase,reason,was,final,test,tracking_number,carrier,authenticity",
  );
  assert.match(
    rows[1],
    /^csv,1,orderhook\.order\.status\.v1,2026-11-14T12:39:13\.000Z,provider,.*,fresh,'=1\+1,"a ""b"", c",confirmed/,
  );
  assert.match(rows[2], /^csv,2,.*2026-11-14T12:39:13\.500Z/);
  assert.deepEqual(rows.slice(3), [""]);
  const orders = (await whole(`of=orders&format=csv&source=${source}`)).text.split("\r\n");
  assert.equal(orders.length, 4);
  assert.match(orders[1], /^csv,'=1\+1,"a ""b"", c",confirmed,open/);
});

test("a part of an export as CSV is bounded by the bodies that it is made of", async () => {
  const source = "large";
  const payload = "x".repeat(100_000);
  const events = Array.from({ length: 100 }, (_, n) =>
    event({ source, data: { order: { id: `${n}` }, payload } }),
  );
  for (let at = 0; at < events.length; at += 10)
    await dispatch.journal(
      source,
      "take",
      events.slice(at, at + 10).map((event) => JSON.stringify(event)),
    );
  await dispatch.registry("ask", JSON.stringify({ note: { journals: [source] } }));
  const { text, parts } = await whole(`of=events&format=csv&source=${source}`);
  // 10 MB of bodies, and 4 MiB a part.
  assert.equal(parts.length, 3);
  assert.equal(text.trimEnd().split("\r\n").length, 101);
});

test("the address of the next part has one cursor", async () => {
  const source = "cursors";
  for (const id of ["1", "2", "3"]) await dispatch.take(event({ source, data: { order: { id } } }));
  const path = `/v1/export?of=events&limit=1&source=${source}`;
  const next = ({ headers }) => headers.link.match(/^<([^>]+)>; rel="next"$/)[1];
  const second = next(await dispatch.get(path));
  const third = next(await dispatch.get(second.replace("cursor=", "%63ursor=")));
  assert.equal(third.match(/(c|%63)ursor=/g).length, 1);
  assert.equal((await dispatch.get(third)).text.trimEnd().split("\n").length, 1);
});

test("an export of nothing is empty, and one of something unknown is refused", async () => {
  assert.equal((await whole("of=events&source=none")).text, "");
  assert.match((await whole("of=orders&format=csv&source=none")).text, /^source,id,.*\r\n$/);
  for (const query of ["", "of=tokens", "of=events&format=xml", "of=events&limit=10001"]) {
    const { status, json } = await dispatch.get(`/v1/export?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_parameter"], query);
  }
});

test("the counts are by source and status", async () => {
  const source = "counted";
  const of = (id, now, time) => event({ source, time, data: { order: { id }, status: { now } } });
  await dispatch.take(of("1", "confirmed"), of("2", "confirmed"));
  await dispatch.take(of("1", "delivered", "2026-11-15T00:00:00Z"), unrecognized({ source }));
  await dispatch.put(DEAD_LETTER_QUEUE, { no: "event" });
  await dispatch.get("/v1/dead-letters");
  const stats = await get(`/v1/stats?source=${source}`);
  const [counted] = stats.sources;
  assert.deepEqual(
    stats.sources.map(({ source }) => source),
    [source],
  );
  assert.deepEqual(
    { ...counted, stored_bytes: 0, oldest_at: "", latest_at: "" },
    {
      source,
      journals: 1,
      events: 4,
      events_last_hour: 4,
      events_last_day: 4,
      orders: 2,
      statuses: { confirmed: 1, delivered: 1 },
      stored_bytes: 0,
      oldest_at: "",
      latest_at: "",
    },
  );
  assert.ok(counted.stored_bytes > 0 && counted.oldest_at <= counted.latest_at);
  assert.deepEqual(Object.keys(stats.queue), ["messages", "bytes", "oldest_at"]);
});

const counts = (...entries) => ({
  version: 1,
  since: Date.now() - 10_000,
  until: Date.now(),
  counts: entries.map(([source, code, latency, count]) => ({ source, code, latency, count })),
});

/** Returns a source, once `predicate` holds for it. */
async function until(name, predicate) {
  for (;;) {
    const source = (await get("/v1/sources")).sources.find((source) => source.name === name);
    if (predicate(source)) return source;
  }
}

test("the sources have the receiver's state, and what it answered", async () => {
  await dispatch.take(event({ source: "shop" }));
  await dispatch.put(
    ACTIVITY_QUEUE,
    counts(["shop", "accepted", 3, 5], ["shop", "duplicate", 0, 1], ["nobody", "accepted", 0, 1]),
    counts(["shop", "accepted", 10, 2]),
  );
  const shop = await until("shop", ({ deliveries }) => deliveries.length > 0);
  const { latest_at, deliveries, latencies, ...rest } = shop;
  const { later, ...known } = HEALTH.sources.shop;
  assert.deepEqual(rest, { name: "shop", ...known });
  assert.match(latest_at, /Z$/);
  assert.deepEqual(Object.fromEntries(deliveries.map(({ code, count }) => [code, count])), {
    accepted: 7,
    duplicate: 1,
  });
  assert.deepEqual(
    latencies.filter(({ count }) => count > 0),
    [
      { up_to_ms: 5, count: 1 },
      { up_to_ms: 50, count: 5 },
      { up_to_ms: null, count: 2 },
    ],
  );
  const { receiver, sources } = await get("/v1/sources");
  assert.deepEqual(receiver, {
    status: "degraded",
    version: "0.1.0",
    problems: HEALTH.problems,
    error: null,
  });
  const idle = sources.find(({ name }) => name === "idle");
  assert.deepEqual([idle.ready, idle.deliveries, idle.latest_at], [false, [], null]);
  assert.ok(!sources.some(({ name }) => name === "nobody"));
});

const NO_ACTIVITY = {
  "a later version": { ...counts(), version: 2 },
  "no counts": { version: 1, since: 0, until: 1 },
  "a source with another name": counts(["A", "accepted", 0, 1]),
  "a code with a customer's name": counts(["shop", "Nadia", 0, 1]),
  "a bucket that is none": counts(["shop", "accepted", 11, 1]),
  "a count below one": counts(["shop", "accepted", 0, 0]),
  "too many counts": counts(...Array(501).fill(["shop", "accepted", 0, 1])),
  "a text": "activity",
};
test("a message that is no activity is left out, and logged without its content", async () => {
  const source = "quiet";
  await dispatch.take(event({ source }));
  const bad = Object.values(NO_ACTIVITY);
  await dispatch.put(ACTIVITY_QUEUE, ...bad, counts([source, "accepted", 0, 1]));
  await until(source, ({ deliveries }) => deliveries.length > 0);
  const refused = dispatch.lines().filter(({ code }) => code === "not_activity");
  assert.equal(refused.length, bad.length);
  assert.ok(!dispatch.output.entries.join().includes("Nadia"));
});

for (const [name, secrets, workers, error, status] of [
  ["without a health token", {}, undefined, "health_token_missing", "degraded"],
  ["with a wrong one", { HEALTH_TOKEN: "wrong" }, undefined, "health_token_wrong", "degraded"],
  ["without a receiver", { HEALTH_TOKEN }, [], "unreachable", null],
])
  test(`${name}, the sources are those that have a journal`, async () => {
    const alone = await startWith(secrets, workers);
    try {
      await alone.take(event({ source: "shop" }));
      const { json } = await alone.get("/v1/sources");
      assert.deepEqual([json.receiver.error, json.receiver.status], [error, status]);
      assert.deepEqual(
        json.sources.map(({ name, provider, ready }) => [name, provider, ready]),
        [["shop", null, null]],
      );
    } finally {
      await alone.stop();
    }
  });
