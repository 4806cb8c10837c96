// The runtime's own hash: asked for after the first deliveries. If it fails, nothing is lost and nothing false is accepted.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { test } from "node:test";
import { standardWebhooks, wakilni } from "../support/sign.js";

const PATIENCE = 32;
const asked = [];
let answer = (given) => given;
const { hash } = crypto;
const replaced = (algorithm, bytes, encoding) => {
  asked.push(bytes.length);
  return answer(hash(algorithm, bytes, encoding));
};
process.getBuiltinModule = (name) => {
  assert.equal(name, "node:crypto");
  return { hash: replaced, createHash: (algorithm) => createHash(algorithm) };
};
let { createHash } = crypto;
const { Verifier, WebhookError } = await import("../../pkg/node.js");

const WHSEC = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
const body = "x".repeat(1000);
const right = { headers: wakilni("s3cret", body), body };
const wrong = { headers: wakilni("another", body), body };
const verifier = new Verifier({ provider: "wakilni", secrets: "s3cret" });

/** Returns whether the right delivery is accepted, and the wrong one refused. */
function holds() {
  assert.equal(verifier.verify(right).secretIndex, 0);
  assert.throws(
    () => verifier.verify(wrong),
    (error) => error instanceof WebhookError && error.code === "signature_mismatch",
  );
}

test("the first deliveries do not wait for it", () => {
  for (let at = 0; at < PATIENCE; at += 2) holds();
  assert.deepEqual(asked, []);
  holds();
  assert.deepEqual(asked, [64 + body.length, 64 + body.length]);
});

test("a wrong digest decides nothing", () => {
  // Another body's digest, and other values: the core hashes itself, or refuses.
  answer = () => hash("sha256", "another", "latin1");
  for (const delivery of [right, wrong])
    assert.throws(() => verifier.verify(delivery), { code: "signature_mismatch" });
  for (const nothing of ["", "0".repeat(31), "0".repeat(33), "0".repeat(64)]) {
    answer = () => nothing;
    holds();
  }
});

test("a memory that grows while a delivery is verified does no harm", () => {
  answer = (given) => given;
  const tags = { ...standardWebhooks(WHSEC, body) };
  // Each tag is kept until the right one is found: enough of them take more than the reserved memory.
  for (const many of [100, 1000, 10_000, 60_000]) {
    const shop = new Verifier({ provider: "standard-webhooks", secrets: WHSEC });
    const wrong = `v1,${"A".repeat(43)}=`;
    const headers = { ...tags, "webhook-signature": Array(many).fill(wrong).join(" ") };
    assert.throws(() => shop.verify({ headers, body }), { code: "signature_mismatch" });
    holds();
    assert.ok(asked.length > 0);
    asked.length = 0;
    holds();
    assert.equal(asked.length, 2, "the runtime still hashes");
  }
});

test("a large body is hashed where it is, and a hash that fails decides nothing", () => {
  answer = (given) => given;
  for (const whole of [Buffer.alloc(40_000, "z"), Buffer.alloc(4_194_304, 7)]) {
    const large = { headers: wakilni("s3cret", whole), body: whole };
    const changed = Uint8Array.from(whole);
    changed[changed.length - 1] ^= 1;
    // Signed by the secret, and empty: what is laid out in the body's place.
    const empty = { headers: wakilni("s3cret", ""), body: whole };
    for (const given of [
      whole,
      new Uint8Array(whole).buffer,
      new DataView(Uint8Array.from(whole).buffer),
    ])
      assert.equal(verifier.verify({ ...large, body: given }).secretIndex, 0);
    const refuses = () => {
      for (const wrong of [{ ...large, body: changed }, empty])
        assert.throws(() => verifier.verify(wrong), { code: "signature_mismatch" });
    };
    refuses();
    assert.equal(verifier.receive(large).data.reason.code, "not_json");
    const its = createHash;
    for (const digest of [
      () => "",
      () => "0".repeat(33),
      () => hash("sha256", "another", "latin1"),
    ]) {
      createHash = () => ({ update: () => ({ update: () => ({ digest }) }) });
      if (digest().length === 32)
        assert.throws(() => verifier.verify(large), { code: "signature_mismatch" });
      else assert.equal(verifier.verify(large).secretIndex, 0);
      refuses();
    }
    createHash = its;
  }
  const whole = Buffer.alloc(40_000, "z");
  createHash = () => {
    throw new Error("no such algorithm");
  };
  assert.equal(verifier.verify({ headers: wakilni("s3cret", whole), body: whole }).secretIndex, 0);
});

test("if it throws, it is not asked again, and the digest before it is not used for this body", () => {
  answer = (given) => given;
  assert.equal(verifier.verify(right).secretIndex, 0);
  answer = () => {
    throw new Error("no such algorithm");
  };
  asked.length = 0;
  assert.throws(() => verifier.verify({ ...right, body: "y".repeat(1000) }), {
    code: "signature_mismatch",
  });
  for (let times = 0; times < 10_000; times += 1) holds();
  assert.equal(asked.length, 1);
});
