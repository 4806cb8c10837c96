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
    assert.deepEqual(json, { orders: 2, events: 4, payloads: 1, dead_letters: 1, complete: true });
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

test("a customer of many orders is erased by several requests", async () => {
  const source = "many";
  const contact = { name: "M", email: "many@example.com", phone: null };
  const events = Array.from({ length: 130 }, (_, n) =>
    event({ source, data: { order: { id: `M-${n}` }, customer: contact } }),
  );
  await dispatch.take(...events);
  const erase = async () =>
    (await dispatch.post("/v1/erasures", { source, email: contact.email })).json;
  const [first, second] = [await erase(), await erase()];
  assert.deepEqual([first.orders, first.complete], [100, false]);
  assert.deepEqual([second.orders, second.complete], [30, true]);
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

const REFUSED = [
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
