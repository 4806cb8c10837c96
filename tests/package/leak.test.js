// The module keeps nothing: after a hundred thousand calls, or a million in the long run, its memory, which never shrinks, and
// its table of JavaScript's values are what they were after a thousand.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { times } from "../support/long.js";
import { standardWebhooks, up42, wakilni, wegocod } from "../support/sign.js";

const CALLS = times(100_000, 1_000_000);
// Stack traces would only slow the test down.
Error.stackTraceLimit = 0;

const types = readFileSync(new URL("../../pkg/index.d.ts", import.meta.url), "utf8");
const union = (name) =>
  [...types.match(new RegExp(`type ${name} =([^;]*);`))[1].matchAll(/"(\w+)"/g)].map(
    ([, code]) => code,
  );
// In Node the module is loaded when it is imported, signatures are checked at once, and there are never as many verifiers.
const NEVER = ["not_initialized", "too_many_verifiers", "verification_unavailable"];
const CODES = [...union("RefusalCode"), ...union("Code")].filter((code) => !NEVER.includes(code));

// The package does not export its module, so the instance is caught as it is made.
const instances = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...given) {
    super(...given);
    instances.push(this);
  }
};
const { Verifier, WebhookError, receive, verify } = await import("../../pkg/node.js");

/** Returns the bytes of the module's memory and the places of its tables. */
function size() {
  assert.equal(instances.length, 1);
  const exported = Object.values(instances[0].exports);
  const memories = exported
    .filter((value) => value instanceof WebAssembly.Memory)
    .map(({ buffer }) => buffer.byteLength);
  const tables = exported
    .filter((value) => value instanceof WebAssembly.Table)
    .map(({ length }) => length);
  assert.ok(memories.length === 1 && memories[0] > 0);
  return [...memories, ...tables];
}

const WHSEC = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
const now = Date.now();
const body = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1,"note":"\u00e9"}}';
const wegocodBody = '{"event":"order.status_updated","data":{"id":1,"status":"delivered"}}';
const ofWakilni = {
  provider: "wakilni",
  secrets: ["0ld", "s3cret"],
  headers: wakilni("s3cret", body),
  body,
  now,
};
const ofShop = {
  provider: "standard-webhooks",
  secrets: WHSEC,
  headers: standardWebhooks(WHSEC, body),
  body,
  now,
};
const ofUp42 = { provider: "up42", secrets: "s3cret", headers: up42("s3cret", body), body, now };

const DELIVERIES = [
  ofWakilni,
  {
    provider: "wegocod",
    secrets: "s3cret",
    headers: new Headers(wegocod("s3cret", wegocodBody)),
    body: wegocodBody,
  },
  ofShop,
  ofUp42,
  {
    provider: "gooten",
    token: "t0ken-0123456789",
    headers: {},
    body: Buffer.of(0xff),
    url: "https://shop.example/t0ken-0123456789?orderid=1",
  },
  // Every refusal, and every argument and setting that cannot be used.
  { ...ofWakilni, headers: {} },
  { ...ofWakilni, headers: { "x-webhook-signature": "x" } },
  { ...ofWakilni, body: `${body} ` },
  { ...ofUp42, body: `${body} ` },
  { ...ofShop, now: 0 },
  { ...ofShop, headers: { ...ofShop.headers, "webhook-signature": "v1,x v2,x" } },
  {
    provider: "gooten",
    token: "t0ken-0123456789",
    headers: {},
    body: "",
    url: "https://shop.example/other",
  },
  { ...ofWakilni, provider: "pigeon" },
  { ...ofWakilni, provider: { name: "pigeon" } },
  { ...ofWakilni, secrets: "" },
  { ...ofWakilni, utcOffset: "CET" },
  { ...ofWakilni, body: {} },
  { ...ofWakilni, body: new Uint8Array(5_000_000) },
  { ...ofWakilni, headers: null },
  { ...ofWakilni, now: NaN },
];

/** Returns the results of so many calls: the codes, and `undefined` for a success. */
function outcomes(work, calls) {
  const codes = new Set();
  for (let at = 0; at < calls; at += 1) {
    try {
      work(DELIVERIES[at % DELIVERIES.length]);
      codes.add(undefined);
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error;
      codes.add(error.code);
    }
  }
  return codes;
}

for (const [name, work] of Object.entries({ verify, receive })) {
  test(`${CALLS} calls of \`${name}\`, failures of every kind among them, leave nothing`, () => {
    const expected = outcomes(work, 1000);
    const first = size();
    assert.deepEqual(outcomes(work, CALLS), expected);
    assert.deepEqual(size(), first);
    assert.deepEqual(expected, new Set([undefined, ...CODES]));
  });
}

test("verifiers that are dropped leave nothing", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const makeAndDrop = async (many) => {
    for (let at = 0; at < many; at += 1)
      new Verifier({ ...ofWakilni, secrets: [`s3cret-${at}`, "0ld"] });
    collect();
    // Finalizers run in a turn of their own.
    await setImmediate();
  };
  // Ten times as many as afterwards: when exactly they are collected does not matter then.
  await makeAndDrop(10_000);
  const first = size();
  for (let rounds = 0; rounds < 50; rounds += 1) await makeAndDrop(1000);
  assert.deepEqual(size(), first);
});
