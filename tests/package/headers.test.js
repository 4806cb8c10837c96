// The headers of a delivery: its own, each whole, in any object that holds headers.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { explain, normalize, receive, receiveRequest, verify } from "../../pkg/node.js";
import { times } from "../support/long.js";
import { sha256, standardWebhooks, up42, wakilni } from "../support/sign.js";

const WHSEC = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
const body = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}';
const order = '{"type":"order.shipped","data":{"order_id":"o-1","status":"shipped"}}';
const signed = { provider: "wakilni", secrets: "s3cret", headers: wakilni("s3cret", body), body };
const shop = { provider: "standard-webhooks", secrets: WHSEC, body: order };
const NAME = "x-webhook-signature";
const TAG = signed.headers[NAME];

/** Returns the same headers in every kind of object that holds headers. */
const holders = (headers) => {
  const pairs = Object.entries(headers);
  return [headers, pairs, new Map(pairs), new Headers(pairs)];
};

/** Returns the result of a call: its value, or the code of its refusal. */
function outcome(work) {
  try {
    return work();
  } catch ({ code, message }) {
    return { code, message };
  }
}

/** Runs `work` while every object inherits these properties. */
function polluted(properties, work) {
  try {
    for (const [name, value] of Object.entries(properties)) Object.prototype[name] = value;
    return work();
  } finally {
    for (const name of Object.keys(properties)) delete Object.prototype[name];
  }
}

test("an object's headers are its own: inherited properties were not sent", async () => {
  const pollution = { [NAME]: TAG, "X-WEBHOOK-SIGNATURE": TAG, "x-attempt-number": "7" };
  for (const headers of [
    {},
    { "x-other": "1" },
    Object.create({ [NAME]: TAG }),
    [],
    new Map(),
    new Headers(),
  ]) {
    assert.equal(
      outcome(() => polluted(pollution, () => verify({ ...signed, headers }))).code,
      "missing_signature",
    );
  }
  const { data } = polluted(pollution, () =>
    receive({ ...signed, headers: { ...signed.headers } }),
  );
  assert.equal(data.attempt, null);
  assert.equal(
    polluted(pollution, () => normalize({ provider: "wakilni", body, headers: {} })).data.attempt,
    null,
  );
  const asked = polluted(pollution, () => explain({ ...signed, headers: {} }));
  assert.equal((await asked).code, "missing_signature");
});

test("an object without a prototype has headers, too", () => {
  assert.equal(
    verify({ ...signed, headers: Object.assign(Object.create(null), signed.headers) }).secretIndex,
    0,
  );
});

test("a name that an object has in several cases has all its values, in their order", () => {
  const expected = "the header `x-webhook-signature` is not 44 characters of standard base64";
  for (const headers of [
    { "X-Webhook-Signature": "AAAA", [NAME]: TAG },
    { [NAME]: TAG, "X-Webhook-Signature": "AAAA" },
  ]) {
    for (const given of holders(headers)) {
      const refusal = { code: "malformed_signature", message: expected };
      assert.deepEqual(
        outcome(() => verify({ ...signed, headers: given })),
        refusal,
      );
    }
  }
  const { "webhook-id": id, ...rest } = standardWebhooks(WHSEC, order, { id: "a, b, c" });
  for (const headers of [
    { "webhook-id": "a", "Webhook-Id": "b", ...rest, "WEBHOOK-ID": "c" },
    { ...rest, "Webhook-Id": ["a", "b"], "webhook-id": "c" },
  ]) {
    assert.equal(receive({ ...shop, headers }).id, id);
    assert.equal(receive({ ...shop, headers: Object.entries(headers) }).id, id);
  }
});

test("an object answers as its pairs do, whatever its names and values are", (t) => {
  const seed = process.env.SEED ?? randomBytes(4).toString("hex");
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (most) => {
    state = sha256(state);
    return Number.parseInt(state.slice(0, 8), 16) % most;
  };
  const one = (all) => all[random(all.length)];
  const headers = standardWebhooks(WHSEC, order);
  const recased = (name) =>
    one([name, name, name.toUpperCase(), name.replace(/\b./g, (letter) => letter.toUpperCase())]);
  const odd = (right) => one([[right], [right, "x"], [], "x", undefined, null, 5]);
  const rightOrOdd = (name) => (random(3) > 0 ? headers[name] : odd(headers[name]));
  const codes = new Set();
  for (let tried = times(2000, 40_000); tried > 0; tried -= 1) {
    const object = {};
    for (let many = 3 + random(3); many > 0; many -= 1) {
      const name = one(Object.keys(headers));
      object[recased(name)] = rightOrOdd(name);
    }
    const answer = outcome(() => verify({ ...shop, headers: object }));
    assert.deepEqual(
      answer,
      outcome(() => verify({ ...shop, headers: Object.entries(object) })),
      JSON.stringify(object),
    );
    codes.add(answer.code);
  }
  const expected = ["malformed_signature", "missing_signature", "signature_mismatch", undefined];
  assert.deepEqual(
    expected.filter((code) => !codes.has(code)),
    [],
  );
});

// Node's `http`, and a `Headers`, turn UTF-8 into a character for each byte.
const bytesOf = (text) => Buffer.from(text).toString("latin1");

test("a value with a character for each byte is read as UTF-8, in any object", async () => {
  for (const id of ["msg_\u00e9", "\u20ac", "\u{1f642}", "\u00c3\u00a9", "\ufeffa"]) {
    const headers = { ...standardWebhooks(WHSEC, order, { id }), "webhook-id": bytesOf(id) };
    const capitals = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    for (const given of [...holders(headers), capitals]) {
      assert.equal(receive({ ...shop, headers: given }).id, id);
      assert.match(normalize({ ...shop, headers: given }).id, new RegExp(`^${id}:[0-9a-f]{64}$`));
      assert.equal((await explain({ ...shop, headers: given })).verified, true);
    }
    const request = new Request("https://shop.example/", { method: "POST", headers, body: order });
    assert.equal(
      (await receiveRequest(request, { provider: shop.provider, secrets: WHSEC })).id,
      id,
    );
  }
});

test("a listed header with a character for each byte is read as UTF-8", () => {
  const value = "caf\u00e9 \u20ac";
  const listed = up42("s3cret", body, {
    covers: ["date", "digest", "x-order"],
    headers: { "x-order": value },
  });
  for (const headers of holders({ ...listed, "x-order": bytesOf(value) })) {
    assert.equal(
      verify({ provider: "up42", secrets: "s3cret", headers, body }).authenticity,
      "body_signed",
    );
  }
});

test("bytes that are not UTF-8 are refused if they are signed", () => {
  const id = "msg_\u00e9";
  const headers = standardWebhooks(WHSEC, order, { id });
  for (const given of [headers, new Headers(headers)]) {
    assert.equal(outcome(() => verify({ ...shop, headers: given })).code, "signature_mismatch");
  }
});

test("a value with a character beyond a byte is text already", () => {
  for (const id of ["\u20ac", "msg_\u00e9\u20ac", `${bytesOf("\u00e9")}\u20ac`]) {
    assert.equal(receive({ ...shop, headers: standardWebhooks(WHSEC, order, { id }) }).id, id);
  }
});
