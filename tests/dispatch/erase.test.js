// An erased order or customer is nowhere: not in a journal, not in KV, not among the dead letters.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch, unrecognized } from "../support/dispatch.js";
import { kvStandIn } from "../support/stand-in.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

let dispatch;
before(async () => (dispatch = await startDispatch({ around: OPEN })));
after(() => dispatch.stop());

const CANARY = "Nadia Erasable";
const EMAIL = "Nadia@Example.com";
const PHONE = "+961 3 123-456";
const customer = { name: CANARY, email: EMAIL, phone: PHONE };

/** Returns every text that dispatch stores, in journals, in the registry and in KV. */
async function everything(journals) {
  const texts = [];
  const dump = async (call) => {
    const tables = await call("sql", "SELECT name FROM sqlite_master WHERE type = 'table'");
    for (const [table] of tables.filter(([name]) => !name.startsWith("_cf")))
      texts.push(JSON.stringify(await call("sql", `SELECT * FROM ${table}`)));
  };
  for (const name of journals) await dump((...args) => dispatch.journal(name, ...args));
  await dump((...args) => dispatch.registry(...args));
  const kv = await dispatch.kv();
  for (const { name } of (await kv.list()).keys) texts.push(name, await kv.get(name));
  return texts.join("\n");
}

/** Keeps a body in KV, and returns its key. */
async function keep(source, body) {
  const key = `payload:${source}:${"0123456789abcdef".repeat(4)}`;
  await (await dispatch.kv()).put(key, body);
  return key;
}

const letters = async () => (await dispatch.get("/v1/dead-letters?limit=200")).json.dead_letters;
async function untilLetters(count) {
  while ((await letters()).length < count);
}

test("an erased order is nowhere, and its name comes back as a new one", async () => {
  const source = "orders";
  const order = { id: "E-1", reference: "REF-ERASED", tracking_number: "TN-ERASED" };
  const key = await keep(source, CANARY);
  const large = event({ source, data: { order, customer, payload_ref: key } });
  delete large.data.payload;
  const other = event({ source, data: { order: { id: "E-2" } } });
  await dispatch.take(event({ source, data: { order, customer } }), large, other);
  await dispatch.put(DEAD_LETTER_QUEUE, event({ source, data: { order, customer } }));
  await untilLetters(1);
  const before = await everything([source]);
  for (const text of [CANARY, "REF-ERASED", "TN-ERASED", key])
    assert.ok(before.includes(text), text);

  assert.equal((await dispatch.delete(`/v1/orders/${source}/E-1`)).status, 204);
  const left = await everything([source]);
  for (const text of [CANARY, "E-1", "REF-ERASED", "TN-ERASED", key])
    assert.ok(!left.includes(text), text);
  assert.equal((await dispatch.get(`/v1/orders/${source}/E-1`)).json.code, "order_not_found");
  const again = await dispatch.delete(`/v1/orders/${source}/E-1`);
  assert.deepEqual([again.status, again.json.code], [404, "order_not_found"]);
  const { orders } = (await dispatch.get(`/v1/orders?source=${source}`)).json;
  assert.deepEqual(
    orders.map(({ id }) => id),
    ["E-2"],
  );
  const { entries } = (await dispatch.get("/v1/audit?limit=200")).json;
  assert.ok(
    entries.some(({ action, target }) => action === "order_erased" && target.startsWith("orders ")),
  );

  await dispatch.take(event({ source, data: { order } }));
  assert.equal((await dispatch.get(`/v1/orders/${source}/E-1`)).json.order.events, 1);
});

for (const [name, contact] of [
  ["e-mail address", { email: "nadia@EXAMPLE.com" }],
  ["telephone number", { phone: "00961 (3) 123456" }],
])
  test(`an erased customer is nowhere, by ${name}`, async () => {
    const sources = [`${name.slice(0, 6)}-a`, `${name.slice(0, 6)}-b`];
    const key = await keep(sources[0], CANARY);
    const large = event({ source: sources[0], data: { customer, payload_ref: key } });
    delete large.data.payload;
    const stray = unrecognized({
      source: sources[1],
      payload: `${CANARY}; ${EMAIL}; tel. ${PHONE}!`,
    });
    // A later event of the order names nobody: it goes with its order.
    const silent = event({ source: sources[0], data: { payload: CANARY } });
    const other = event({
      source: sources[1],
      data: {
        order: { id: "kept" },
        customer: { ...customer, name: "Other", email: "o@example.com", phone: "9613123457" },
      },
    });
    await dispatch.take(
      large,
      silent,
      stray,
      other,
      event({ source: sources[1], data: { customer } }),
    );
    const known = (await letters()).length;
    await dispatch.put(DEAD_LETTER_QUEUE, { lost: `${CANARY} ${EMAIL} ${PHONE}` });
    await untilLetters(known + 1);
    assert.ok((await everything(sources)).includes(CANARY));

    const { status, json } = await dispatch.post("/v1/erasures", contact);
    assert.equal(status, 200, JSON.stringify(json));
    const erased = { orders: 2, events: 4, payloads: 1, dead_letters: 1 };
    assert.deepEqual(json, { ...erased, complete: true, next: null });
    const left = await everything(sources);
    for (const text of [CANARY, EMAIL, PHONE, EMAIL.toLowerCase(), key])
      assert.ok(!left.includes(text), text);
    assert.equal((await dispatch.get(`/v1/orders/${sources[1]}/kept`)).status, 200);
    const output = dispatch.output.entries.join("\n").toLowerCase();
    for (const text of [CANARY, EMAIL, PHONE])
      assert.ok(!output.includes(text.toLowerCase()), text);
    const audit = (await dispatch.get("/v1/audit")).json.entries[0];
    assert.deepEqual([audit.action, audit.target], ["customer_erased", null]);
  });

test("a customer's number is found however it is written", async () => {
  const source = "written";
  const phones = [
    "\u202a+212 6\u201100 000\u00a0000\u202c",
    "٢١٢٦٠٠٠٠٠٠٠٠",
    "212600000000 ext. 12",
    "0522000000 / +212600000000",
    "+212522000000 +212600000000",
  ];
  const events = phones.map((phone, n) =>
    event({ source, data: { order: { id: `W-${n}` }, customer: { phone } } }),
  );
  const stray = unrecognized({ source, payload: "order 17 00212600000000 20" });
  const other = event({
    source,
    data: { order: { id: "other" }, customer: { phone: "+212600000001" } },
  });
  await dispatch.take(...events, stray, other);
  const known = (await letters()).length;
  await dispatch.put(DEAD_LETTER_QUEUE, { lost: "tel:\u202a٢١٢٦٠٠٠٠٠٠٠٠" });
  await untilLetters(known + 1);
  const body = { source, phone: "\u202a+212 600 000 000\u202c" };
  const { json } = await dispatch.post("/v1/erasures", body);
  assert.deepEqual(
    [json.orders, json.events, json.dead_letters, json.complete],
    [phones.length, phones.length + 1, 1, true],
  );
  const { orders } = (await dispatch.get(`/v1/orders?source=${source}`)).json;
  assert.deepEqual(
    orders.map(({ id }) => id),
    ["other"],
  );
});

test("a customer is found behind many references, and in a test of a real order", async () => {
  const source = "crowded";
  const named = (id, data) => event({ source, data: { ...data, order: { id, ...data.order } } });
  const references = Array.from({ length: 350 }, (_, n) =>
    named("many-names", { order: { reference: `R-${n}`, tracking_number: `T-${n}` } }),
  );
  const real = named("real", {});
  await dispatch.take(...references, real);
  await dispatch.take(
    named("many-names", { customer }),
    named("real", { test: true, customer }),
    named("kept", {}),
  );
  assert.ok((await everything([source])).includes(CANARY));
  const { json } = await dispatch.post("/v1/erasures", { source, email: EMAIL });
  assert.deepEqual([json.orders, json.events, json.complete], [2, 353, true]);
  assert.ok(!(await everything([source])).includes(CANARY));
  assert.deepEqual(await dispatch.journal(source, "sql", "SELECT * FROM names"), []);
});

/** Erases a customer by as many requests as it takes. Returns their answers. */
async function eraseAll(body) {
  const answers = [];
  let cursor = {};
  do {
    const { status, json } = await dispatch.post("/v1/erasures", { ...body, ...cursor });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(json.next === null, json.complete);
    answers.push(json);
    cursor = { cursor: json.next };
  } while (!answers.at(-1).complete);
  return answers;
}
const sum = (answers, of) => answers.reduce((sum, answer) => sum + answer[of], 0);

test("a customer of many orders is erased by several requests", async () => {
  const source = "many";
  const contact = { name: "M", email: "many@example.com", phone: null };
  const events = Array.from({ length: 450 }, (_, n) =>
    event({ source, data: { order: { id: `M-${n}` }, customer: contact } }),
  );
  await dispatch.take(...events);
  const answers = await eraseAll({ source, email: contact.email });
  assert.ok(answers.length > 1 && answers.every(({ orders }) => orders > 0));
  assert.equal(sum(answers, "orders"), 450);
  assert.deepEqual(await dispatch.journal(source, "sql", "SELECT count(*) FROM names"), [[0]]);
});

test("what was not understood is erased by several requests, each going on after the last", async () => {
  const source = "strays";
  const key = await keep(source, CANARY);
  const strays = Array.from({ length: 450 }, () => {
    const stray = unrecognized({ source, payload: "strays@example.com" });
    stray.data.payload_ref = key;
    return stray;
  });
  const silent = unrecognized({ source, payload: "nobody" });
  await dispatch.take(...strays, silent);
  const answers = await eraseAll({ source, email: "strays@example.com" });
  assert.ok(answers.length > 1 && answers.slice(0, -1).every(({ events }) => events > 0));
  assert.deepEqual([sum(answers, "events"), sum(answers, "payloads")], [450, 450]);
  const left = await dispatch.journal(source, "sql", "SELECT id FROM events");
  assert.deepEqual(left, [[silent.id]]);
  for (const cursor of ["x", "e30", 1]) {
    const { status } = await dispatch.post("/v1/erasures", { email: "a@example.com", cursor });
    assert.equal(status, 400);
  }
});

test("an order of many bodies is erased by several requests, and the answer says so", async () => {
  const source = "bodies";
  const key = await keep(source, CANARY);
  const events = Array.from({ length: 450 }, () => event({ source, data: { payload_ref: key } }));
  await dispatch.take(...events);
  const path = `/v1/orders/${source}/123456`;
  const first = await dispatch.delete(path);
  assert.deepEqual([first.status, first.json.complete], [202, false]);
  const left = (await dispatch.get(path)).json.order.events;
  assert.ok(left > 0 && left < 450);
  assert.deepEqual([first.json.events, first.json.payloads], [450 - left, 450 - left]);
  assert.equal((await dispatch.delete(path)).status, 204);
  assert.equal((await dispatch.get(path)).status, 404);
});

test("dead letters are erased without a journal, by a long id, and in steps", async () => {
  const source = "lone";
  const known = (await letters()).length;
  const long = "L-".repeat(1000);
  const dead = Array.from({ length: 120 }, () => event({ source, data: { customer } }));
  const ofOrder = [
    event({ source, data: { order: { id: long } } }),
    event({ source, data: { order: { id: "X" } } }),
  ];
  await dispatch.put(DEAD_LETTER_QUEUE, ...dead.slice(0, 60), ...ofOrder);
  await dispatch.put(DEAD_LETTER_QUEUE, ...dead.slice(60));
  const count = async () =>
    (await dispatch.registry("sql", "SELECT count(*) FROM dead_letters"))[0][0];
  while ((await count()) < known + 122);
  for (const id of ["X", encodeURIComponent(long)]) {
    assert.equal((await dispatch.delete(`/v1/orders/${source}/${id}`)).status, 204);
    assert.equal((await dispatch.delete(`/v1/orders/${source}/${id}`)).status, 404);
  }
  const { json } = await dispatch.post("/v1/erasures", { source, phone: PHONE });
  assert.deepEqual([json.dead_letters, json.complete], [120, true]);
  assert.equal(await count(), known);
  const plan = await dispatch.registry(
    "sql",
    "EXPLAIN QUERY PLAN SELECT seq FROM dead_letters WHERE source = ? AND ord = ? LIMIT 1",
    source,
    "X",
  );
  assert.match(JSON.stringify(plan), /SEARCH dead_letters USING COVERING INDEX/);
});

test("an order of many events is erased whole", async () => {
  const source = "long";
  const events = Array.from({ length: 450 }, () => event({ source }));
  await dispatch.journal(
    source,
    "take",
    events.map((event) => JSON.stringify(event)),
  );
  await dispatch.take(event({ source }));
  assert.equal((await dispatch.delete(`/v1/orders/${source}/123456`)).status, 204);
  assert.deepEqual(await dispatch.journal(source, "sql", "SELECT count(*) FROM events"), [[0]]);
  assert.deepEqual(await dispatch.journal(source, "sql", "SELECT * FROM tallies WHERE n <> 0"), []);
});

test("an order whose id cannot be in an address is erased by its id in a body", async () => {
  const source = "dots";
  const ids = [".", "..", "kept"];
  await dispatch.take(...ids.map((id) => event({ source, data: { order: { id } } })));
  for (const id of [".", "%2E%2e"])
    for (const method of ["get", "delete"]) {
      // What a program that reads addresses sends.
      const { pathname } = new URL(`/v1/orders/${source}/${id}`, dispatch.url);
      const { status, json } = await dispatch[method](pathname);
      assert.deepEqual([status, json.code], [400, "invalid_parameter"], pathname);
      assert.match(json.detail, /POST \/v1\/erasures/);
    }
  for (const order of [".", ".."]) {
    const { status, json } = await dispatch.post("/v1/erasures", { source, order });
    assert.deepEqual([status, json.orders, json.complete, json.next], [200, 1, true, null]);
    const audit = (await dispatch.get("/v1/audit")).json.entries[0];
    assert.deepEqual([audit.action, audit.target.split(" ")[0]], ["order_erased", source]);
  }
  const { orders } = (await dispatch.get(`/v1/orders?source=${source}`)).json;
  assert.deepEqual(
    orders.map(({ id }) => id),
    ["kept"],
  );
});

const REFUSED = [
  { order: "1" },
  { source: "a", order: "" },
  { source: "a", order: "x".repeat(1025) },
  { source: "a", order: "1", email: "a@example.com" },
  { phone: "3123456;3654321" },
  { email: "a@example.com, b@example.com" },
  {},
  { email: "a@example.com", phone: "123456" },
  { email: "nobody" },
  { email: "123456" },
  { phone: "12345" },
  { phone: "a@example.com" },
  { email: "a@example.com", source: "A" },
  { email: "a@example.com", more: 1 },
  { email: 1 },
  { email: "a@example.com", phone: null },
  { email: "@" },
  { email: "a@b@c" },
  { email: "a b@example.com" },
  { email: `${"a".repeat(310)}@example.com` },
  { phone: "1".repeat(65) },
  { phone: "123456\n" },
];
for (const body of REFUSED)
  test(`refused: ${JSON.stringify(body)}`, async () => {
    const { status, json } = await dispatch.post("/v1/erasures", body);
    assert.deepEqual([status, json.code], [400, "invalid_body"]);
    assert.ok(!json.detail.includes("example"));
  });

test("where KV deletes nothing, nothing else is erased", async () => {
  const kv = await kvStandIn();
  const broken = await startDispatch({ bindings: { SEEN: kv.binding } });
  try {
    const large = event({ data: { payload_ref: `payload:wakilni:${"0".repeat(64)}` } });
    delete large.data.payload;
    await broken.take(large);
    kv.mode = "fails";
    const { status, json, headers } = await broken.delete("/v1/orders/wakilni/123456");
    assert.deepEqual([status, json.code], [503, "payloads_unavailable"]);
    assert.ok(Number(headers["retry-after"]) > 0);
    assert.equal((await broken.get("/v1/orders/wakilni/123456")).status, 200);
    kv.mode = "works";
    assert.equal((await broken.delete("/v1/orders/wakilni/123456")).status, 204);
  } finally {
    await broken.stop();
    await kv.stop();
  }
});
