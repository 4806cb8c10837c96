// `explain`: every cause from JavaScript, and no secret in its answers.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { WebhookError, explain, sign } from "../../pkg/node.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const NOW = Date.UTC(2026, 0, 2);
const SECRET = "c2VjcmV0IG9mIHRoZSBhY2NvdW50ISE=";
const KEY = Buffer.from(SECRET, "base64");
const body = '{"note":"private words","price":1.50,"url":"https://h/é"}';
const wegocodBody = JSON.stringify({
  event: "order.status_updated",
  timestamp: "2026-05-09T12:00:00+02:00",
  order: { reference: "R-1", old_status: "prepared", new_status: "out_for_delivery" },
});

/** Returns a delivery of Wakilni's, signed by Node's own HMAC. */
const wakilni = (more = {}, { key = SECRET, signed = body, encoding = "base64" } = {}) => ({
  provider: "wakilni",
  secrets: SECRET,
  headers: { "x-webhook-signature": createHmac("sha256", key).update(signed).digest(encoding) },
  body,
  now: NOW,
  ...more,
});

/** Returns a delivery of another provider, signed by `sign`. */
const signed = (provider, more = {}) => ({
  provider,
  secrets: SECRET,
  headers: {
    "webhook-id": "m-1",
    ...sign({ provider, secret: SECRET, headers: { "webhook-id": "m-1" }, body, now: NOW }),
  },
  body,
  now: NOW,
  ...more,
});

const tag = wakilni().headers["x-webhook-signature"];
const under = (name, value) => ({ headers: { [name]: value } });
const here = (value) => under("x-webhook-signature", value);
const standard = signed("standard-webhooks").headers;
const bare = standard["webhook-signature"].replace("v1,", "");

const CASES = [
  [
    "other_provider",
    wakilni({ body: wegocodBody }, { signed: wegocodBody, encoding: "hex" }),
    "`wegocod`",
  ],
  [
    "other_secret",
    wakilni({ secrets: ["first", "second"], otherSecrets: ["third", SECRET] }),
    "`otherSecrets[1]`",
  ],
  ["secret_blanks", wakilni({ secrets: `${SECRET}\n` })],
  ["secret_blanks", wakilni({}, { key: `${SECRET}\n` })],
  ["secret_blanks", signed("standard-webhooks", { secrets: ` ${SECRET}` })],
  ["secret_prefix", wakilni({ secrets: `whsec_${SECRET}` })],
  ["secret_prefix", wakilni({}, { key: `whsec_${SECRET}` })],
  ["secret_is_base64", wakilni({}, { key: KEY })],
  ["secret_is_hex", wakilni({ secrets: KEY.toString("hex") }, { key: KEY })],
  ["secret_is_text", signed("standard-webhooks", { secrets: "a plain secret" })],
  ["secret_encoding", signed("standard-webhooks", { secrets: SECRET.replace("=", "") })],
  ["body_reserialised", wakilni({ body: '{\n  "note": 1.50\n}' }, { signed: '{"note": 1.50}' })],
  [
    "body_reserialised",
    wakilni({}, { signed: body.replaceAll("/", "\\/").replace("é", "\\u00e9") }),
  ],
  ["body_newline", wakilni({ body: `${body}\n` })],
  ["body_newline", signed("up42", { body: `${body}\r\n` })],
  ["body_bom", wakilni({ body: `\ufeff${body}` })],
  ["body_line_ends", wakilni({ body: "{\n}" }, { signed: "{\r\n}" })],
  ["body_empty", wakilni({ body: "" })],
  ["body_object", wakilni({ body: String({}) })],
  ["body_form", wakilni({ body: "note=private+words" })],
  ["digest", signed("up42", { body: '{"other":1}' })],
  ["tag_encoding", wakilni({}, { encoding: "base64url" })],
  ["tag_prefix", wakilni(here(`sha256=${tag}`))],
  ["tag_prefix", wakilni(here(` "${tag}"`))],
  [
    "tag_prefix",
    signed("standard-webhooks", { headers: { ...standard, "webhook-signature": bare } }),
  ],
  ["wrong_header", wakilni(under("X-Renamed", tag)), "`X-Renamed`".toLowerCase()],
  [
    "clock",
    signed("standard-webhooks", { now: NOW + 7_380_000 }),
    "2 h 3 min before `now`: the clock here is 2 h 3 min ahead",
  ],
  [
    "clock",
    signed("up42", { now: NOW - 90_061_000 }),
    "1 d 1 h after `now`: the clock here is 1 d 1 h behind, or",
  ],
  ["missing_signature", wakilni({ headers: {} }), "`x-webhook-signature`"],
  [
    "token",
    {
      provider: "gooten",
      token: "t0ken-0123456789-of-the-source",
      url: "https://h/hooks/gooten/another",
      headers: {},
      body,
    },
  ],
  ["token", { provider: "gooten", headers: {}, body }],
];

// A provider that signs with the text of a secret which it should have decoded.
const asText = CASES.find(([cause]) => cause === "secret_is_text")[1];
const seconds = String(NOW / 1000);
const mac = createHmac("sha256", "a plain secret")
  .update(`m-1.${seconds}.${body}`)
  .digest("base64");
asText.headers = {
  "webhook-id": "m-1",
  "webhook-timestamp": seconds,
  "webhook-signature": `v1,${mac}`,
};

/** Asserts that no part of the delivery or of the settings is in an answer. */
function holdsNothing(explanation, given) {
  const text = JSON.stringify(explanation);
  const { otherSecrets, token } = given;
  const secrets = [
    given.secrets,
    otherSecrets,
    token,
    SECRET,
    tag,
    tag.slice(0, 20),
    "private",
  ].flat();
  const values = Object.values(given.headers).filter((value) => value.length > 20);
  for (const secret of [...secrets.filter(Boolean), ...values]) {
    assert.ok(!text.includes(String(secret).trim()), "an answer holds what is secret");
  }
}

for (const [cause, given, said = ""] of CASES) {
  test(`${cause}${said && `: ${said}`}`, async () => {
    const explanation = await explain(given);
    assert.deepEqual(
      explanation.causes.map((each) => each.cause),
      [cause],
    );
    assert.equal(explanation.verified, false);
    assert.equal(explanation.secretIndex, null);
    assert.equal(explanation.advice, explanation.causes[0].advice);
    assert.ok(explanation.advice.includes(said), explanation.advice);
    assert.doesNotMatch(explanation.advice, /@|undefined|NaN/);
    holdsNothing(explanation, given);
  });
}

/** Causes in signatures by public keys: explain-keys.test.js finds them. */
const OF_KEYS = ["covered_header", "not_covered", "other_key", "unknown_key"];

test("every cause is found, and the types' union is the core's list", () => {
  const types = read("../../pkg/index.d.ts").match(/type CauseName =([^;]*);/)[1];
  const union = [...types.matchAll(/\| "([a-z0-9_]+)"/g)].map(([, name]) => name).sort();
  const source = read("../../src/explain/cause.rs");
  const names = source.match(/fn name\(self\).*?match self \{(.*?)\n {8}\}/s)[1];
  assert.deepEqual(union, [...names.matchAll(/"([a-z0-9_]+)"/g)].map(([, name]) => name).sort());
  const found = [...CASES.map(([cause]) => cause), ...OF_KEYS];
  assert.deepEqual([...new Set(found)].sort(), union);
});

test("causes that happen together are all found", async () => {
  const two = async (given) => (await explain(given)).causes.map(({ cause }) => cause);
  assert.deepEqual(await two(signed("up42", { body: `${body}\n`, now: NOW + 3_600_000 })), [
    "body_newline",
    "clock",
  ]);
  const spaced = '{"note": "private words", "price": 1.5}';
  const given = wakilni(
    { body: '{"note":"private words","price":1.5}', secrets: ` ${SECRET}` },
    { signed: spaced },
  );
  assert.deepEqual(await two(given), ["secret_blanks", "body_reserialised"]);
  const explanation = await explain(given);
  assert.equal(explanation.advice, explanation.causes.map(({ advice }) => advice).join(" "));
  holdsNothing(explanation, given);
});

test("a delivery that verifies has nothing to explain", async () => {
  const verifies = {
    verified: true,
    secretIndex: 1,
    code: null,
    causes: [],
    advice: "It verifies.",
  };
  assert.deepEqual(await explain(wakilni({ secrets: ["another", SECRET] })), verifies);
  const token = {
    provider: "gooten",
    token: "t0ken-0123456789",
    offeredToken: "t0ken-0123456789",
    headers: {},
    body,
  };
  assert.deepEqual(await explain(token), { ...verifies, secretIndex: null });
});

test("an unexplained refusal says where to look, and has the code of the refusal", async () => {
  const { code, causes, advice } = await explain(wakilni({ secrets: "another" }));
  assert.deepEqual([code, causes], ["signature_mismatch", []]);
  assert.match(advice, /^the signature does not match\. No usual mistake explains it: /);
});

test("settings that contradict each other are explained, too", async () => {
  const blank = await explain(wakilni({ secrets: [SECRET, " "] }));
  assert.deepEqual(
    [blank.code, blank.causes, blank.advice],
    ["source_not_configured", [], "secret 2 is empty."],
  );
  const decoded = await explain(asText);
  assert.deepEqual(
    [decoded.code, decoded.causes[0].cause],
    ["source_not_configured", "secret_is_text"],
  );
  assert.equal(
    (await explain(wakilni({ secrets: [], otherSecrets: SECRET }))).causes[0].cause,
    "other_secret",
  );
});

test("headers may be anything that holds headers", async () => {
  const pairs = [["X-Other", tag]];
  for (const headers of [new Headers(pairs), pairs, new Map(pairs), { "X-OTHER": [tag] }]) {
    assert.deepEqual(
      (await explain(wakilni({ headers }))).causes.map(({ cause }) => cause),
      ["wrong_header"],
    );
  }
  // For headers with only a `get`, the provider's own headers can be looked at.
  const lookup = { get: (name) => (name === "x-webhook-signature" ? `v1=${tag}` : null) };
  assert.deepEqual(
    (await explain(wakilni({ headers: lookup }))).causes.map(({ cause }) => cause),
    ["tag_prefix"],
  );
});

test("an error of the caller's own headers is thrown, whatever code it has", async () => {
  for (const error of [Object.assign(new Error("the caller's"), { code: "ENOENT" }), null]) {
    const get = () => {
      throw error;
    };
    await assert.rejects(explain(wakilni({ headers: { get } })), (thrown) => thrown === error);
  }
});

test("a question without a delivery is thrown", async () => {
  for (const [given, code] of [
    [wakilni({ provider: "pigeon" }), "unknown_provider"],
    [wakilni({ body: {} }), "invalid_body"],
    [wakilni({ headers: null }), "invalid_headers"],
    [wakilni({ secrets: "", body: null }), "invalid_body"],
    [wakilni({ body: new Uint8Array(5_000_000) }), "body_too_large"],
  ]) {
    await assert.rejects(
      explain(given),
      (error) => error instanceof WebhookError && error.code === code,
    );
  }
});
