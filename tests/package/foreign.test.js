// Arguments that the types forbid and JavaScript allows: a secret that is not set, a header or a token that a request's sender
// can influence. None is mistaken for something else, and none makes the module unfit for the next delivery.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Verifier,
  WebhookError,
  explain,
  normalize,
  receive,
  receiveRequest,
  sign,
  verify,
} from "../../pkg/node.js";
import { wakilni } from "../support/sign.js";

const body = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}';
const good = { provider: "wakilni", secrets: "s3cret", headers: wakilni("s3cret", body), body };
const gooten = {
  provider: "gooten",
  token: "t0ken-0123456789",
  headers: {},
  body: "",
  url: "https://shop.example/t0ken-0123456789",
};
// More calls than the module's stack has room for, if each call leaves a little.
const MANY = 10_000;

/** Makes a failing call many times, and returns its errors. Asserts that the module works afterwards. */
function thrown(work, times = 100) {
  const errors = new Set();
  for (let at = 0; at < times; at += 1) {
    try {
      work();
      errors.add("nothing");
    } catch (error) {
      errors.add(error instanceof WebhookError ? error.code : String(error));
    }
  }
  assert.equal(verify(good).secretIndex, 0);
  return [...errors];
}

test("a secret that is not set is not the text `undefined`", () => {
  for (const nothing of [
    [undefined],
    ["s3cret", undefined],
    null,
    [null],
    ["s3cret", null],
    [["s3cret"]],
    {},
    [NaN],
  ]) {
    for (const provider of ["wakilni", "wegocod", "up42", "standard-webhooks"]) {
      const make = () => new Verifier({ provider, secrets: nothing });
      assert.deepEqual(thrown(make), ["source_not_configured"], JSON.stringify(nothing));
    }
  }
  const forged = { ...good, secrets: ["s3cret", undefined], headers: wakilni("undefined", body) };
  assert.deepEqual(
    thrown(() => verify(forged)),
    ["source_not_configured"],
  );
});

test("an error of the caller's own headers is thrown to the caller", () => {
  const error = new RangeError("the caller's");
  const headers = {
    get() {
      throw error;
    },
  };
  assert.throws(
    () => verify({ ...good, headers }),
    (other) => other === error,
  );
  assert.deepEqual(
    thrown(() => verify({ ...good, headers }), MANY),
    [String(error)],
  );
});

test("a header that is not a text does not verify", () => {
  for (const value of [["a"], 5, {}, { length: 1e6 }, true, Symbol.iterator]) {
    const [code, ...more] = thrown(() => verify({ ...good, headers: { get: () => value } }), MANY);
    assert.match(code, /^(missing_signature|malformed_signature|invalid_headers)$/, String(value));
    assert.deepEqual(more, []);
  }
});

test("a token that is not a text does not count", () => {
  for (const offeredToken of [["t0ken-0123456789"], 5, {}, { length: "50000000" }, true]) {
    assert.deepEqual(
      thrown(() => verify({ ...gooten, offeredToken })),
      ["body_not_authenticated"],
      JSON.stringify(offeredToken),
    );
  }
});

test("a setting that is not a text is refused", () => {
  for (const value of [["t0ken-0123456789"], 5, {}, { length: "50000000" }, true]) {
    for (const name of ["source", "token", "utcOffset"]) {
      assert.deepEqual(
        thrown(() => new Verifier({ ...gooten, [name]: value })),
        ["source_not_configured"],
        name,
      );
    }
    assert.deepEqual(
      thrown(() => new Verifier({ ...gooten, provider: value })),
      [typeof value === "object" ? "invalid_definition" : "unknown_provider"],
    );
  }
});

test("a time that is not a valid number is refused", async () => {
  for (const now of [null, "2024-01-01", "5", NaN, -1, Infinity, {}, new Date("never"), 5n, true]) {
    for (const work of [verify, normalize, (delivery) => sign({ ...delivery, secret: "s3cret" })]) {
      assert.deepEqual(
        thrown(() => work({ ...good, now })),
        ["invalid_now"],
        String(now),
      );
    }
    await assert.rejects(explain({ ...good, now }), { code: "invalid_now" });
  }
  assert.equal(verify({ ...good, now: new Date() }).secretIndex, 0);
});

test("a request that was read, or another object, is refused", async () => {
  const read = new Request("https://shop.example", { method: "POST", body });
  await read.text();
  for (const request of [read, {}, null, undefined]) {
    await assert.rejects(receiveRequest(request, good), {
      name: "WebhookError",
      code: "invalid_body",
    });
  }
});

test("signing wants one secret", () => {
  for (const secret of [undefined, null, ["s3cret"], 5]) {
    assert.deepEqual(
      thrown(() => sign({ ...good, secret })),
      ["source_not_configured"],
    );
  }
});

test("the given bytes are verified, whatever code runs while they are read", () => {
  const evil = body.replace("1}", "9}");
  const meanwhile = () => verify(good);
  const nowMeanwhile = () => {
    meanwhile();
    return Date.now();
  };
  const clock = {
    ...good,
    body: evil,
    get now() {
      return nowMeanwhile();
    },
  };
  for (const delivery of [{ ...good, body: evil, now: { valueOf: nowMeanwhile } }, clock]) {
    assert.throws(() => receive(delivery), { code: "signature_mismatch" });
  }
  class Longer extends Uint8Array {
    get length() {
      return body.length;
    }
  }
  const bytes = (text) => new Longer(Buffer.from(text));
  for (const wrong of [bytes(`${body} and more`), bytes("")]) {
    meanwhile();
    assert.throws(() => receive({ ...good, body: wrong }), { code: "signature_mismatch" });
  }
  assert.equal(receive({ ...good, body: bytes(body) }).data.payload, body);
  let reads = 0;
  const first = {
    ...good,
    get body() {
      reads += 1;
      return reads === 1 ? body : evil;
    },
  };
  assert.equal(receive(first).data.payload, body);
});

test("a body is as large as its bytes, and no body ends the module", () => {
  const most = 4 * 1024 * 1024;
  for (const character of ["a", "\u00e9", "\u20ac", "\0", '"', "<"]) {
    const text = character.repeat(most);
    const large = Buffer.byteLength(text) > most;
    for (const work of [verify, normalize, (delivery) => sign({ ...delivery, secret: "s3cret" })]) {
      const refused = work === verify ? "signature_mismatch" : "nothing";
      assert.deepEqual(
        thrown(() => work({ ...good, body: text }), 1),
        [large ? "body_too_large" : refused],
      );
    }
  }
  const url = "x".repeat(2 ** 24);
  assert.deepEqual(
    thrown(() => verify({ ...good, url, headers: { "x-webhook-signature": url } }), 3),
    ["invalid_headers"],
  );
});

test("a body whose buffer was transferred is refused", () => {
  const gone = new Uint8Array(Buffer.from(body));
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  assert.deepEqual(
    thrown(() => verify({ ...good, body: gone })),
    ["invalid_body"],
  );
});

test("explain ends, and the module works afterwards, whatever the body and the headers are", async () => {
  const most = 4 * 1024 * 1024;
  const many = most / 16;
  const names = Object.fromEntries(
    Array.from({ length: 8000 }, (_, at) => [`X-Header-${at}`, "x"]),
  );
  const odd = ["<", "\u007f", "[", '{"a":', "\n"].map((text) =>
    text.repeat(Math.floor(many / text.length)),
  );
  for (const text of [...odd, `"${"<".repeat(most - 2)}"`]) {
    assert.equal((await explain({ ...good, body: text })).verified, false);
  }
  assert.deepEqual(
    (
      await explain({ ...good, headers: { ...names, ...good.headers }, secrets: "s3cret\n" })
    ).causes.map(({ cause }) => cause),
    ["secret_blanks"],
  );
});
