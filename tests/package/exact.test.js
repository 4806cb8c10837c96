// Deliveries that libraries for webhooks get wrong, each signed apart from the tested code. The comments on other libraries are
// of standardwebhooks 1.1.1, svix 1.99.1, stripe 23.1.0, @octokit/webhooks-methods 6.0.0 and @hookflo/tern 4.1.0.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Verifier, WebhookError, receive, verify } from "../../pkg/node.js";
import { standardWebhooks, up42, wakilni, wegocod } from "../support/sign.js";

const WHSEC = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
const OLD_WHSEC = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0";
const YEAR = 365 * 24 * 60 * 60;

const SIGNERS = [
  { provider: "wakilni", secrets: "s3cret", sign: wakilni },
  { provider: "wegocod", secrets: "s3cret", sign: wegocod },
  { provider: "up42", secrets: "s3cret", sign: up42 },
  { provider: "standard-webhooks", secrets: WHSEC, sign: standardWebhooks },
];

const order = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}';

const refuses = (work, code) =>
  assert.throws(work, (error) => {
    assert.deepEqual([error instanceof WebhookError, error.code], [true, code], String(error));
    return true;
  });

for (const [what, body] of [
  // stripe and tern, given bytes, drop it before they compute the tag; standardwebhooks and svix throw a SyntaxError.
  ["a BOM before it", Buffer.from(`\ufeff${order}`)],
  // All five compute the tag of U+FFFD in its place, or take no bytes: an authentic delivery is refused.
  ["a byte 0xE9 in it", Buffer.from(order.replace("Confirmed", "Confirm\u00e9"), "latin1")],
  // standardwebhooks, svix and stripe throw a SyntaxError.
  ["NUL after it", Buffer.from(`${order}\0`)],
  ["NUL in it", Buffer.from(order.replace("Confirmed", "\0"))],
  ["nothing but NUL", Buffer.alloc(3)],
  ["no byte at all", Buffer.alloc(0)],
]) {
  test(`a body with ${what} is verified byte for byte`, () => {
    for (const { provider, secrets, sign } of SIGNERS) {
      const delivery = { provider, secrets, headers: sign(secrets, body), body };
      assert.equal(verify(delivery).authenticity, "body_signed", provider);
      const { payload, payload_base64 } = receive(delivery).data;
      assert.deepEqual(
        Buffer.from(payload ?? payload_base64, payload === undefined ? "base64" : "utf8"),
        body,
        provider,
      );
      const longer = Buffer.concat([body, Buffer.of(0)]);
      refuses(
        () => verify({ ...delivery, body: longer }),
        provider === "up42" ? "digest_mismatch" : "signature_mismatch",
      );
    }
  });
}

test("of two tags the first may be that of a secret that is no longer used", () => {
  const [old, current] = [OLD_WHSEC, WHSEC].map((secret) => standardWebhooks(secret, order));
  const tags = [old, current].map((headers) => headers["webhook-signature"]);
  for (const both of [
    tags,
    tags.toReversed(),
    ["v1,", ...tags],
    ["v1,AAAA", ...tags],
    ["v2,x", ...tags],
  ]) {
    const headers = { ...current, "webhook-signature": both.join(" ") };
    assert.equal(
      verify({ provider: "standard-webhooks", secrets: WHSEC, headers, body: order }).secretIndex,
      0,
    );
  }
  const headers = { ...current, "webhook-signature": `${tags[0]} ${tags[0]}` };
  refuses(
    () => verify({ provider: "standard-webhooks", secrets: WHSEC, headers, body: order }),
    "signature_mismatch",
  );
});

// stripe accepts a delivery that was signed for next year, again and again until then.
test("a time that is a year ahead is refused, as one that is a year ago is", () => {
  const now = Math.floor(Date.now() / 1000);
  for (const time of [now + YEAR, now - YEAR]) {
    for (const delivery of [
      {
        provider: "standard-webhooks",
        secrets: WHSEC,
        headers: standardWebhooks(WHSEC, order, { timestamp: time }),
      },
      { provider: "up42", secrets: "s3cret", headers: up42("s3cret", order, { created: time }) },
    ]) {
      refuses(() => verify({ ...delivery, body: order }), "timestamp_out_of_tolerance");
      assert.equal(verify({ ...delivery, body: order, now: time * 1000 }).secretIndex, 0);
    }
  }
});

// svix makes a verifier of `whsec_`, and tern of an empty secret; any sender can sign with either.
test("an empty secret is refused when it is given, not when it is used", () => {
  for (const { provider } of SIGNERS) {
    for (const nothing of ["", " ", "\n"])
      refuses(() => new Verifier({ provider, secrets: nothing }), "source_not_configured");
    refuses(() => new Verifier({ provider, secrets: ["c2VjcmV0", ""] }), "source_not_configured");
    refuses(() => new Verifier({ provider, secrets: [] }), "source_not_configured");
  }
  for (const nothing of ["whsec_", "whsec_\n"]) {
    refuses(
      () => new Verifier({ provider: "standard-webhooks", secrets: nothing }),
      "source_not_configured",
    );
  }
});

// tern's answer to a tag of 64 characters that are not ASCII is Node's: "Input buffers must have the same byte length".
test("a tag of the wrong form is malformed, and nothing else is thrown", () => {
  const hex = wegocod("s3cret", order)["x-webhook-signature"];
  const base64 = wakilni("s3cret", order)["x-webhook-signature"];
  const odd = ["z", "\u00e9", "\0", "\ud800"].map((character) => character.repeat(64));
  const bad = ["", "x", ...odd, "\u{1f512}".repeat(32), "0".repeat(1 << 20)];
  for (const tag of [...bad, hex.slice(1), `${hex}0`, hex.toUpperCase(), `sha256=${hex}`, base64]) {
    const headers = { "x-webhook-signature": tag };
    refuses(
      () => verify({ provider: "wegocod", secrets: "s3cret", headers, body: order }),
      "malformed_signature",
    );
  }
  for (const tag of [...bad, base64.slice(1), base64.slice(0, -1), `${base64}=`, hex]) {
    const headers = { "x-webhook-signature": tag };
    refuses(
      () => verify({ provider: "wakilni", secrets: "s3cret", headers, body: order }),
      "malformed_signature",
    );
  }
});
