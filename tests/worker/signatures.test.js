// Signatures by public keys, which workerd checks; and tokens that a sender sends.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { after, before, test } from "node:test";
import { start } from "../support/workerd.js";

const BODY = '{"id":"e-1","order":"7","state":"Sent","key":"acme-token-77f0a1b2c3"}';
const TOKEN = "acme-token-77f0a1b2c3";

const definition = (scheme) => ({
  scheme,
  event: { id: "/id" },
  order: { id: "/order" },
  status: { word: "/state", words: { shipped: ["Sent"] } },
});

const KINDS = {
  "rsa-sha256": ["rsa", { modulusLength: 2048 }, "sha256"],
  "ecdsa-p256": ["ec", { namedCurve: "P-256" }, "sha256"],
  ed25519: ["ed25519", {}, null],
};

const over = (algorithm) =>
  definition({
    type: "public-key",
    algorithm,
    signature: { header: "x-signature", encoding: "base64" },
    signs: ["body"],
  });

const names = Object.keys(KINDS).map((algorithm, at) => [algorithm, `acme-${at}`]);
const pairs = Object.fromEntries(
  Object.entries(KINDS).map(([algorithm, [kind, options]]) => [
    algorithm,
    generateKeyPairSync(kind, options),
  ]),
);

function signed(algorithm, body = BODY) {
  const key = { key: pairs[algorithm].privateKey, dsaEncoding: "ieee-p1363" };
  const tag = sign(KINDS[algorithm][2], Buffer.from(body), key);
  return { "x-signature": tag.toString("base64") };
}

let worker;

before(async () => {
  const vars = { SOURCES: {} };
  const secrets = { ACME_TOKEN: TOKEN };
  for (const [algorithm, name] of names) {
    const variable = name.toUpperCase().replace("-", "_");
    vars[`PROVIDER_${variable}`] = over(algorithm);
    vars.SOURCES[name] = { provider: name, secrets: [`${variable}_KEY`] };
    secrets[`${variable}_KEY`] = pairs[algorithm].publicKey
      .export({ type: "spki", format: "pem" })
      .trim();
  }
  vars.SOURCES.fetched = { provider: "acme-2", jwks: "https://keys.acme.invalid-name/jwks" };
  vars.SOURCES.inside = { provider: "acme-2", jwks: "https://localhost/jwks" };
  vars.PROVIDER_SENT = definition({ type: "token", token: { field: "/key" } });
  vars.SOURCES.sent = { provider: "sent", secrets: ["ACME_TOKEN"] };
  worker = await start({ vars, secrets });
});

after(() => worker.stop());

for (const [algorithm, name] of names)
  test(`${algorithm}: a signature is checked by the runtime`, async () => {
    const { status, json } = await worker.post(`/hooks/${name}`, BODY, signed(algorithm));
    assert.deepEqual([status, json.status], [202, "accepted"]);
    const forged = await worker.post(`/hooks/${name}`, `${BODY} `, signed(algorithm));
    assert.deepEqual([forged.status, forged.json.code], [401, "signature_mismatch"]);
    const short = await worker.post(`/hooks/${name}`, BODY, { "x-signature": "AAAA" });
    assert.deepEqual([short.status, short.json.code], [401, "malformed_signature"]);
  });

test("keys that cannot be fetched are no refusal", async () => {
  const answer = await worker.post("/hooks/fetched", BODY, signed("ed25519"));
  assert.deepEqual([answer.status, answer.json.code], [503, "verification_unavailable"]);
  const malformed = await worker.post("/hooks/fetched", BODY, {});
  assert.deepEqual([malformed.status, malformed.json.code], [401, "missing_signature"]);
});

test("keys are not fetched from within", async () => {
  const answer = await worker.post("/hooks/inside", BODY, signed("ed25519"));
  assert.deepEqual([answer.status, answer.json.code], [503, "source_not_configured"]);
  const { problems } = (await worker.health()).json.sources.inside;
  assert.match(problems.join(), /`jwks` must be an https address at a public name/);
});

test("a token in the body is in no event", async () => {
  const { status } = await worker.post("/hooks/sent", BODY, {});
  assert.equal(status, 202);
  const event = (await worker.events()).find(({ data }) => data.provider === "sent");
  assert.equal(event.data.authenticity, "header_token");
  assert.equal(event.data.payload, BODY.replace(TOKEN, "redacted"));
  const other = await worker.post("/hooks/sent", BODY.replace("c3", "c4"), {});
  assert.deepEqual([other.status, other.json.code], [401, "signature_mismatch"]);
});
