// `explain` for signatures by public keys: a table of causes by schemes. A cell is a delivery with the causes that are found, or it
// says why the cause cannot be. The keys are made here, by node:crypto.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign as signed } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { explain } from "../../pkg/node.js";
import { findsVerify } from "../../pkg/lib/signature.js";

const NOW = 1_700_000_000_000;
const TIME = "2023-11-14T22:13:20Z";
const BODY = '{"order":"7","state":"shipped"}';
const SPACED = '{"order": "7", "state": "shipped"}';
const URL_POSTED = "https://shop.example/hooks/acme?a=1";
const TOKEN = "t0ken-0123456789-of-the-source";

const KINDS = {
  ecdsa: ["ecdsa-p256", "ec", { namedCurve: "P-256" }, "sha256"],
  ed25519: ["ed25519", "ed25519", {}, null],
  rsa: ["rsa-sha256", "rsa", { modulusLength: 2048 }, "sha256"],
};

/** Two keys of an account and one of somebody else, of each kind. */
const pairs = Object.fromEntries(
  Object.entries(KINDS).map(([kind, [, type, options]]) => [
    kind,
    ["a", "b", "z"].map((id) => ({ id, ...generateKeyPairSync(type, options) })),
  ]),
);

const jwk = ({ id, publicKey }) => ({ ...publicKey.export({ format: "jwk" }), kid: id });
const set = (...keys) => JSON.stringify({ keys: keys.map(jwk) });
const pem = ({ publicKey }) => publicKey.export({ type: "spki", format: "pem" });

/** Signs; ECDSA as `r` and `s`, or in DER. */
const tagOf = (kind, { privateKey }, content, form = "ieee-p1363") =>
  signed(KINDS[kind][3], Buffer.from(content), { key: privateKey, dsaEncoding: form });

const definition = (scheme) => ({
  name: "acme",
  scheme,
  order: { id: "/order" },
  status: { word: "/state", words: "orderhook" },
});

/** Returns a scheme with the signature in a header: the kind of its keys, its definition, and what makes a delivery's headers. */
const inHeaders = (kind) => ({
  kind,
  scheme: {
    type: "public-key",
    algorithm: KINDS[kind][0],
    key_id: { header: "x-key" },
    signature: { header: "x-signature", encoding: "base64" },
    signs: [{ header: "content-type" }, { text: "." }, "time", { text: "." }, "body"],
    age: { header: "x-time", form: "rfc3339", within: 300 },
  },
  sent({ by, id, body, form, write = (tag) => tag.toString("base64") }) {
    const tag = tagOf(kind, by, `application/json.${TIME}.${body}`, form);
    const headers = { "content-type": "application/json", "x-time": TIME, "x-key": id };
    return { ...headers, "x-signature": write(tag) };
  },
});

const ALG = { ecdsa: "ES256", ed25519: "EdDSA", rsa: "RS256" };

const jws = (kind) => ({
  kind,
  scheme: {
    type: "public-key",
    algorithm: KINDS[kind][0],
    signature: { header: "x-jws", form: "jws" },
  },
  sent({ by, id, body, form, write = (tag) => tag.toString("base64url"), payload = "" }) {
    const head = Buffer.from(JSON.stringify({ alg: ALG[kind], kid: id })).toString("base64url");
    const content = `${head}.${Buffer.from(body).toString("base64url")}`;
    return { "x-jws": `${head}.${payload}.${write(tagOf(kind, by, content, form))}` };
  },
});

const COVERED = ["@method", "@path", "content-digest", "content-type"];

const message = (kind) => ({
  kind,
  scheme: {
    type: "http-signature",
    covers: ["@method", "@path", "content-digest"],
    covers_if_present: ["x-agent"],
    age: { within: 300 },
  },
  sent({
    by,
    id,
    body,
    form,
    covered = COVERED,
    times = `;created=${NOW / 1000}`,
    write = colons,
  }) {
    const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    const headers = { "content-digest": digest, "content-type": "application/json" };
    const values = { ...headers, "@method": "POST", "@path": "/hooks/acme" };
    const list = covered.map((name) => `"${name}"`).join(" ");
    const params = `(${list})${times};keyid="${id}"`;
    const lines = covered.map((name) => `"${name}": ${values[name]}`);
    const base = [...lines, `"@signature-params": ${params}`].join("\n");
    const signature = `s=${write(tagOf(kind, by, base, form))}`;
    return { ...headers, "signature-input": `s=${params}`, signature };
  },
});

const colons = (tag) => `:${tag.toString("base64")}:`;

const SCHEMES = {
  ECDSA: inHeaders("ecdsa"),
  Ed25519: inHeaders("ed25519"),
  RSA: inHeaders("rsa"),
  "detached JWS, ECDSA": jws("ecdsa"),
  "detached JWS, RSA": jws("rsa"),
  "RFC 9421, Ed25519": message("ed25519"),
  "RFC 9421, ECDSA": message("ecdsa"),
};

/** Returns a delivery: signed by the first key, unless something else is said; and what is changed after that. */
function given({ kind, scheme, sent }, { sign = {}, headers = {}, without = [], ...more } = {}) {
  const [own, other] = pairs[kind];
  const made = { ...sent({ by: own, id: own.id, body: BODY, ...sign }), ...headers };
  for (const name of without) delete made[name];
  return {
    provider: definition(scheme),
    secrets: set(own, other),
    headers: made,
    body: BODY,
    url: URL_POSTED,
    now: NOW,
    ...more,
  };
}

const isMessage = ({ scheme }) => scheme.type === "http-signature";
const isJws = ({ scheme }) => scheme.signature?.form === "jws";

/** Returns the header that has the signature. */
const place = (one) => (isMessage(one) ? "signature" : one.scheme.signature.header);

const NO_SECRET = "a public key is no secret: its text is read in whichever form it has";

/** What each cause is found in, by scheme: changes of a delivery, or why there is none. */
const TABLE = {
  other_provider: () => "see below: the delivery is a built-in provider's",
  other_secret(one) {
    const [, , stranger] = pairs[one.kind];
    const sign = { by: stranger };
    return {
      sign,
      otherSecrets: [pem(pairs[one.kind][1]), pem(stranger)],
      said: "`otherSecrets[1]`",
    };
  },
  other_key: (one) => ({ sign: { by: pairs[one.kind][1] } }),
  unknown_key: (one) => ({ sign: { by: pairs[one.kind][2], id: "z" } }),
  secret_blanks: () => NO_SECRET,
  secret_prefix: () => NO_SECRET,
  secret_is_base64: () => NO_SECRET,
  secret_is_hex: () => NO_SECRET,
  secret_is_text: () => NO_SECRET,
  secret_encoding: () => NO_SECRET,
  body_reserialised: () => ({ body: SPACED }),
  body_newline: () => ({ body: `${BODY}\n` }),
  body_bom: () => ({ body: `\ufeff${BODY}` }),
  body_line_ends: () => ({ sign: { body: "{\r\n}" }, body: "{\n}" }),
  body_empty: (one) => (isMessage(one) ? BY_DIGEST : { body: "" }),
  body_object: (one) => (isMessage(one) ? BY_DIGEST : { body: "[object Object]" }),
  body_form: (one) => (isMessage(one) ? BY_DIGEST : { body: "order=7" }),
  digest: (one) =>
    isMessage(one) ? { body: '{"order":"8"}' } : "it covers the body, not a digest",
  covered_header: (one) =>
    isJws(one)
      ? "it covers the body alone"
      : {
          headers: { "content-type": "application/json; charset=utf-8" },
          said: "`content-type` is signed",
        },
  not_covered: (one) =>
    isMessage(one)
      ? { sign: { covered: COVERED.slice(1) }, said: "does not cover `@method`" }
      : "the definition says what is covered, and not the sender",
  tag_encoding: (one) => ({ sign: { write: otherwise(one) } }),
  tag_prefix: (one) => ({ headers: quoted(one) }),
  wrong_header(one) {
    const value = one.sent({ by: pairs[one.kind][0], id: "a", body: BODY })[place(one)];
    return { headers: { "x-renamed": value }, without: [place(one)], said: "`x-renamed`" };
  },
  clock: (one) =>
    isJws(one) ? "it signs no time" : { now: NOW + 7_380_000, said: "2 h 3 min before `now`" },
  missing_signature: (one) => ({ without: [place(one)], said: `\`${place(one)}\`` }),
  token: () => ({ shared: true, token: TOKEN }),
};

const BY_DIGEST = "its signature holds, so that the digest is blamed";

/** Returns a way to write a signature that its scheme does not have. */
function otherwise(one) {
  if (isMessage(one)) return (tag) => `:${tag.toString("base64url")}:`;
  return (tag) => (isJws(one) ? `${tag.toString("base64")}` : tag.toString("hex"));
}

/** Returns the signature with something around it. */
function quoted(one) {
  const value = one.sent({ by: pairs[one.kind][0], id: "a", body: BODY })[place(one)];
  const [label, rest] = isMessage(one) ? ["s=", value.slice(3, -1)] : ["", value];
  return { [place(one)]: `${label}"${rest}"` };
}

const causesOf = ({ causes }) => causes.map(({ cause }) => cause);

async function explained(one, { said = "", shared, ...change }, expected) {
  const asked = given(one, change);
  if (shared) asked.provider.scheme = { ...asked.provider.scheme, shared_keys: true };
  const explanation = await explain(asked);
  assert.deepEqual(causesOf(explanation), expected);
  assert.ok(explanation.advice.includes(said), explanation.advice);
  assert.doesNotMatch(explanation.advice, /undefined|NaN|@(?![a-z])/);
  for (const value of Object.values(asked.headers).filter(({ length }) => length > 20))
    assert.ok(!JSON.stringify(explanation).includes(value), "an answer holds what was sent");
}

/** Runs each cell of the table. */
function table() {
  for (const [name, one] of Object.entries(SCHEMES))
    for (const [cause, cell] of Object.entries(TABLE)) {
      const change = cell(one);
      if (typeof change === "string") continue;
      test(`${name}: ${cause}`, () => explained(one, change, [cause]));
    }
}

describe("with node:crypto", table);

describe("with WebCrypto", () => {
  before(() => findsVerify(() => undefined));
  after(() => findsVerify(() => process.getBuiltinModule("node:crypto")));
  table();
});

test("the table has every cause", () => {
  const source = readFileSync(new URL("../../src/explain/cause.rs", import.meta.url), "utf8");
  const [, names] = source.match(/fn name\(self\).*?match self \{(.*?)\n {8}\}/s);
  const all = [...names.matchAll(/"([a-z0-9_]+)"/g)].map(([, name]) => name);
  assert.deepEqual(Object.keys(TABLE).sort(), all.sort());
});

test("a signature of ECDSA in DER is in another encoding", async () => {
  const der = (write) => ({ sign: { form: "der", write } });
  await explained(SCHEMES.ECDSA, der(), ["tag_encoding"]);
  await explained(SCHEMES["detached JWS, ECDSA"], der(), ["tag_encoding"]);
  await explained(SCHEMES["RFC 9421, ECDSA"], der(), ["tag_encoding"]);
});

test("a JWS that is not detached has something around its signature", () => {
  const payload = Buffer.from(BODY).toString("base64url");
  return explained(SCHEMES["detached JWS, RSA"], { sign: { payload } }, ["tag_prefix"]);
});

describe("an HTTP message signature", () => {
  const one = SCHEMES["RFC 9421, Ed25519"];

  test("over a URL with another slash names the path", () => {
    const url = URL_POSTED.replace("acme", "acme/");
    return explained(one, { url, said: "`@path`" }, ["covered_header"]);
  });

  test("that has expired was signed too long ago", () => {
    const times = `;created=${NOW / 1000 - 60};expires=${NOW / 1000 - 1}`;
    return explained(one, { sign: { times }, said: "1 min before `now`" }, ["clock"]);
  });

  test("over a header that is missing says which", () =>
    explained(one, { without: ["content-type"], said: "`content-type`" }, ["missing_signature"]));

  test("that leaves out a header that came says which", () =>
    explained(one, { headers: { "x-agent": "a" }, said: "`x-agent`" }, ["not_covered"]));

  test("over another body is explained with an old signature, too", () =>
    explained(one, { body: `${BODY}\n`, now: NOW + 3_600_000 }, ["body_newline", "clock"]));
});

test("a signature by a key that nobody has is not explained", async () => {
  for (const one of Object.values(SCHEMES))
    await explained(one, { sign: { by: pairs[one.kind][2] } }, []);
});

test("a body that was changed beyond what is usual is not explained", async () => {
  for (const one of Object.values(SCHEMES).filter((one) => !isMessage(one)))
    await explained(one, { body: '{"order":"8"}' }, []);
});

test("a built-in provider's delivery is found", async () => {
  const account = (change) => ({ provider: definition(SCHEMES.RSA.scheme), ...change });
  const [own] = pairs.rsa;
  const saleor = SCHEMES["detached JWS, RSA"].sent({ by: own, id: "a", body: BODY });
  const delivery = { headers: { "saleor-signature": saleor["x-jws"] }, body: BODY, now: NOW };
  const explanation = await explain(account({ ...delivery, secrets: set(own) }));
  assert.deepEqual(causesOf(explanation), ["other_provider"]);
  assert.match(explanation.advice, /`saleor`/);
});

test("the keys of a set that was fetched are tried", async () => {
  const one = SCHEMES.ECDSA;
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response(set(...pairs.ecdsa.slice(0, 2)));
  try {
    const { secrets: _, ...asked } = given(one, { body: `${BODY}\n` });
    const explanation = await explain({ ...asked, jwks: "https://acme.example/jwks.json" });
    assert.deepEqual(
      [explanation.code, causesOf(explanation)],
      ["signature_mismatch", ["body_newline"]],
    );
  } finally {
    globalThis.fetch = fetch;
  }
});
