// The payload is the body, byte for byte, whatever the bytes are and however many.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { SECRETS, hook } from "../support/accounts.js";
import { assertEvent } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const FORTNIGHT = 28 * 24 * 60 * 60;
// A queue takes 128,000 bytes a message, about 100 of which are its own.
const MAX_MESSAGE_BYTES = 127_900;

let worker;
before(async () => {
  worker = await start({ isolates: 1 });
});
// Removes the messages that a failed test has left in the queue.
afterEach(() => worker.events());
after(() => worker.stop());

/** Posts a body as Wakilni would, and gives the one event that it makes. */
async function take(body, isolate = worker) {
  const answer = await isolate.post(
    hook("wakilni"),
    body,
    sign.wakilni(SECRETS.WAKILNI_SECRET, body),
  );
  assert.equal(answer.status, 202, answer.text);
  const [event, ...more] = await worker.events();
  assert.deepEqual(more, []);
  assertEvent(event);
  assert.equal(event.id, answer.json.id);
  return event;
}

/** The bytes of an event's payload, wherever they are. */
async function payload({ data }) {
  if (data.payload_ref !== undefined)
    return Buffer.from(await (await worker.kv()).get(data.payload_ref, "arrayBuffer"));
  return data.payload === undefined
    ? Buffer.from(data.payload_base64, "base64")
    : Buffer.from(data.payload);
}

let count = 0;
const order = (more = "") =>
  `{"event_id":"payload-${++count}","event":"Order Created","data":{"order_id":1}${more}}`;
const padded = (bytes) => {
  const empty = order(',"padding":""');
  return empty.replace('""', `"${"p".repeat(bytes - empty.length)}"`);
};

const TEXTS = [
  ["numbers that no float holds", () => order(',"n":[12345678901234567890.10,1e400,-0,0.1000]')],
  [
    "blanks, escapes and a line feed at the end",
    () => `\t${order(String.raw`,"s":"\"\\\/caf\u00e9 \ud83d\ude00 \u0000"`)} \r\n`,
  ],
  ["letters of every plane", () => order(',"s":"عمّان Ω 😀 \u2028\u2029\u007f\u0080\ufffe"')],
  ["half a surrogate pair, escaped", () => order(String.raw`,"s":"\ud800"`)],
  [
    "keys that JavaScript has a use for",
    () => order(',"__proto__":{"a":1},"constructor":1,"toJSON":2'),
  ],
  ["a byte order mark", () => `\ufeff${order()}`],
];

for (const [name, body] of TEXTS) {
  test(`a payload as text: ${name}`, async () => {
    const bytes = Buffer.from(body());
    const event = await take(bytes);
    assert.equal(event.type, "orderhook.order.status.v1");
    assert.equal(typeof event.data.payload, "string");
    assert.deepEqual(Buffer.from(event.data.payload), bytes);
  });
}

test("an amount keeps its digits", async () => {
  for (const [written, amount] of [
    ["12345678901234567890.10", "12345678901234567890.10"],
    ["1e400", "1e400"],
    ['"1 799,00"', "1 799,00"],
  ]) {
    const body = `{"order":{"reference":"M-${amount}","new_status":"delivered","amount":${written}}}`;
    const answer = await worker.post(
      hook("wegocod"),
      body,
      sign.wegocod(SECRETS.WEGOCOD_SECRET, body),
    );
    assert.equal(answer.status, 202);
    const [event] = await worker.events();
    assertEvent(event);
    assert.deepEqual(event.data.total, { amount, currency: null });
  }
});

const BINARY = [
  ["every byte there is", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  [
    "JSON with a byte that is not UTF-8",
    Buffer.concat([Buffer.from('{"event_id":"'), Buffer.from([0xff]), Buffer.from('"}')]),
  ],
  ["half a letter at the end", Buffer.from([0x7b, 0x7d, 0xc3])],
];

for (const [name, bytes] of BINARY) {
  test(`a payload as base64: ${name}`, async () => {
    const event = await take(bytes);
    assert.equal(event.data.reason.code, "not_utf8");
    assert.equal(event.data.payload_base64, bytes.toString("base64"));
  });
}

test("NUL bytes are text", async () => {
  const event = await take(Buffer.alloc(10));
  assert.equal(event.data.payload, "\0".repeat(10));
});

const LARGE = [
  ["an order of 200 KB", () => Buffer.from(padded(200_000)), "orderhook.order.status.v1"],
  ["an order of 1 MiB", () => Buffer.from(padded(1 << 20)), "orderhook.order.status.v1"],
  [
    "200 KB that are not UTF-8",
    () => Buffer.alloc(200_000, 0xfe),
    "orderhook.delivery.unrecognized.v1",
  ],
  [
    "100 KB that base64 makes too many",
    () => Buffer.alloc(100_000, 0xfd),
    "orderhook.delivery.unrecognized.v1",
  ],
  [
    "70 KB that escapes make too many",
    () => Buffer.from(order(` ${"\n".repeat(70_000)}`)),
    "orderhook.order.status.v1",
  ],
  [
    "an order that is nested 100,000 deep",
    () => Buffer.from(order(`,"deep":${"[".repeat(1e5)}${"]".repeat(1e5)}`)),
    "orderhook.order.status.v1",
  ],
  [
    "an order whose own fields are too many",
    () =>
      Buffer.from(
        `{"event_id":"huge","event":"Order Created","data":{"order_id":"${"9".repeat(200_000)}"}}`,
      ),
    "orderhook.delivery.unrecognized.v1",
  ],
];

for (const [name, body, type] of LARGE) {
  test(`a payload in KV: ${name}`, async () => {
    const bytes = body();
    const event = await take(bytes);
    assert.equal(event.type, type);
    assert.equal(event.data.payload_ref, `payload:wakilni:${sign.sha256(bytes)}`);
    assert.ok(Buffer.byteLength(JSON.stringify(event)) < MAX_MESSAGE_BYTES);
    assert.deepEqual(await payload(event), bytes);
    const { keys } = await (await worker.kv()).list({ prefix: event.data.payload_ref });
    const seconds = keys[0].expiration - Date.now() / 1000;
    assert.ok(FORTNIGHT - 60 < seconds && seconds <= FORTNIGHT + 1, `${seconds} s`);
  });
}

test("a large body is never replaced by a later one under the same id", async () => {
  const body = (padding) =>
    `{"event_id":"twice","event":"Order Created","data":{"order_id":1},"padding":"${padding.repeat(140_000)}"}`;
  const first = await take(body("a"));
  // The memory of the first has expired, as after `DEDUP_TTL_SECONDS`; but not that of its isolate, which KV does not clear.
  await worker.marked("seen:wakilni:twice");
  await (await worker.kv()).delete("seen:wakilni:twice");
  const second = await take(body("b"), worker.isolates[1]);
  assert.deepEqual([first.id, second.id], ["twice", "twice"]);
  assert.equal((await payload(first)).toString(), body("a"));
  assert.equal((await payload(second)).toString(), body("b"));
});

test("up to a size the payload is in the event, and above it in KV", async () => {
  const forms = [];
  for (let bytes = 120_000; bytes <= 128_000; bytes += 500) {
    const body = Buffer.from(padded(bytes));
    const event = await take(body);
    assert.deepEqual(await payload(event), body);
    assert.ok(Buffer.byteLength(JSON.stringify(event)) < MAX_MESSAGE_BYTES);
    forms.push(event.data.payload === undefined ? "reference" : "payload");
  }
  const change = forms.indexOf("reference");
  assert.ok(change > 0);
  assert.deepEqual(
    forms,
    forms.map((_, index) => (index < change ? "payload" : "reference")),
  );
});
