// Signatures by public keys: published ones, and those of keys that are made here by node:crypto.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign as signed } from "node:crypto";
import { test } from "node:test";
import { Verifier, explain, receive, receiveRequest, verify, verifyAsync } from "../../pkg/node.js";
import { answering, findsVerify } from "../../pkg/lib/signature.js";

const NOW = 1_700_000_000_000;
const BODY = '{"order":"7","state":"shipped"}';

const definition = (scheme) => ({
  name: "acme",
  scheme: { type: "public-key", ...scheme },
  order: { id: "/order" },
  status: { word: "/state", words: "orderhook" },
});

const over = (algorithm) =>
  definition({
    algorithm,
    key_id: { header: "x-key" },
    signature: { header: "x-signature", encoding: "base64" },
    signs: ["time", { text: "." }, "body"],
    age: { header: "x-time", form: "rfc3339", within: 300 },
  });

const TIME = "2023-11-14T22:13:20Z";

const KINDS = {
  "rsa-sha256": ["rsa", { modulusLength: 2048 }, "sha256"],
  "ecdsa-p256": ["ec", { namedCurve: "P-256" }, "sha256"],
  ed25519: ["ed25519", {}, null],
};

const pairs = Object.fromEntries(
  Object.entries(KINDS).map(([algorithm, [kind, options]]) => [
    algorithm,
    [0, 1].map(() => generateKeyPairSync(kind, options)),
  ]),
);

const pem = ({ publicKey }) => publicKey.export({ type: "spki", format: "pem" });
const jwk = ({ publicKey }, more) => ({ ...publicKey.export({ format: "jwk" }), ...more });

function delivery(algorithm, { privateKey }, { body = BODY, time = TIME, key = "k-1" } = {}) {
  const [, , hash] = KINDS[algorithm];
  const content = Buffer.from(`${time}.${body}`);
  const tag = signed(hash, content, { key: privateKey, dsaEncoding: "ieee-p1363" });
  const headers = { "x-signature": tag.toString("base64"), "x-time": time, "x-key": key };
  return { headers, body, now: NOW };
}

const refuses = (code, work) => assert.throws(work, { name: "WebhookError", code });

for (const algorithm of Object.keys(KINDS)) {
  const [own, other] = pairs[algorithm];
  const provider = over(algorithm);

  test(`${algorithm}: a signature is held to the key, the body and the time`, () => {
    const sent = delivery(algorithm, own);
    for (const secrets of [
      pem(own),
      pem(own).replaceAll("\n", "\\n"),
      JSON.stringify(jwk(own)),
      JSON.stringify({ keys: [{ kty: "oct", k: "AAAA" }, jwk(own, { kid: "k-1" })] }),
      [pem(other), pem(own)],
    ]) {
      const proof = verify({ provider, secrets, ...sent });
      assert.equal(proof.authenticity, "body_signed");
      assert.equal(proof.secretIndex, Array.isArray(secrets) ? 1 : 0);
    }
    const account = { provider, secrets: pem(own) };
    refuses("signature_mismatch", () => verify({ ...account, ...sent, secrets: pem(other) }));
    refuses("signature_mismatch", () => verify({ ...account, ...sent, body: `${BODY} ` }));
    refuses("timestamp_out_of_tolerance", () =>
      verify({ ...account, ...sent, now: NOW + 301_000 }),
    );
    const named = JSON.stringify(jwk(own, { kid: "k-2" }));
    refuses("signature_mismatch", () => verify({ ...account, ...sent, secrets: named }));
    const moved = { ...sent.headers, "x-time": "2023-11-14T22:13:21Z" };
    refuses("signature_mismatch", () => verify({ ...account, ...sent, headers: moved }));
    for (const tag of ["", "AAAA", sent.headers["x-signature"].slice(4), "!"]) {
      const headers = { ...sent.headers, "x-signature": tag };
      refuses("malformed_signature", () => verify({ ...account, ...sent, headers }));
    }
  });

  test(`${algorithm}: a runtime without node:crypto checks later`, async () => {
    const sent = delivery(algorithm, own);
    const account = { provider, secrets: [pem(other), pem(own)] };
    findsVerify(() => undefined);
    try {
      assert.equal((await verifyAsync({ ...account, ...sent })).secretIndex, 1);
      assert.equal((await new Verifier(account).verifyAsync(sent)).secretIndex, 1);
      const forged = { ...sent, body: BODY.replace("7", "8") };
      await assert.rejects(verifyAsync({ ...account, ...forged }), { code: "signature_mismatch" });
      const request = new Request("https://shop.example/hooks/acme", {
        method: "POST",
        headers: sent.headers,
        body: BODY,
      });
      const event = await receiveRequest(request, { ...account, now: NOW });
      assert.equal(event.data.order.id, "7");
    } finally {
      findsVerify(() => process.getBuiltinModule("node:crypto"));
    }
  });
}

test("an answer counts for its own question alone", async () => {
  const [own] = pairs.ed25519;
  const account = { provider: over("ed25519"), secrets: pem(own) };
  const good = delivery("ed25519", own);
  const forged = { ...good, body: BODY.replace("7", "8") };
  findsVerify(() => undefined);
  try {
    let pass = 0;
    const work = () => verify({ ...account, ...(pass++ === 0 ? good : forged) });
    await assert.rejects(answering(work), { code: "signature_mismatch" });
    assert.equal(pass, 3, "the other body was asked for again");
    // Outside of a pass there is nobody to answer later.
    refuses("verification_unavailable", () => verify({ ...account, ...good }));
  } finally {
    findsVerify(() => process.getBuiltinModule("node:crypto"));
  }
});

test("a key of another algorithm, or a weak one, is refused", () => {
  const [rsa] = pairs["rsa-sha256"];
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const sent = delivery("ed25519", pairs.ed25519[0]);
  const given = (secrets) => () => verify({ provider: over("ed25519"), secrets, ...sent });
  for (const secrets of [
    pem(rsa),
    pem(weak),
    JSON.stringify(jwk(weak)),
    JSON.stringify(jwk(rsa, { use: "enc" })),
    JSON.stringify(jwk(rsa, { key_ops: ["encrypt"] })),
    rsa.privateKey.export({ type: "pkcs8", format: "pem" }),
    "a secret of the usual kind",
  ])
    refuses("source_not_configured", given(secrets));
});

const JWS = (algorithm) => definition({ algorithm, signature: { header: "x-jws", form: "jws" } });

test("a detached JWS verifies: RFC 8037, appendix A.4", () => {
  const key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  const tag =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  const account = { provider: JWS("ed25519"), secrets: JSON.stringify(key) };
  const sent = {
    headers: { "x-jws": `eyJhbGciOiJFZERTQSJ9..${tag}` },
    body: "Example of Ed25519 signing",
  };
  assert.equal(verify({ ...account, ...sent }).authenticity, "body_signed");
  refuses("signature_mismatch", () => verify({ ...account, ...sent, body: "Example" }));
  const other = JSON.stringify(jwk(pairs["ecdsa-p256"][0]));
  refuses("malformed_signature", () =>
    verify({ ...sent, provider: JWS("ecdsa-p256"), secrets: other }),
  );
});

test("a JWS names its algorithm and its key, and nothing critical that is not known", () => {
  const [own, other] = pairs["ecdsa-p256"];
  const sent = (header, body = BODY) => {
    const head = Buffer.from(JSON.stringify(header)).toString("base64url");
    const payload = header.b64 === false ? body : Buffer.from(body).toString("base64url");
    const tag = signed("sha256", Buffer.from(`${head}.${payload}`), {
      key: own.privateKey,
      dsaEncoding: "ieee-p1363",
    });
    return { headers: { "x-jws": `${head}..${tag.toString("base64url")}` }, body };
  };
  const keys = [jwk(other, { kid: "a" }), jwk(own, { kid: "b" })];
  const account = { provider: JWS("ecdsa-p256"), secrets: JSON.stringify({ keys }) };
  const raw = { b64: false, crit: ["b64"] };
  for (const header of [
    { alg: "ES256" },
    { alg: "ES256", kid: "b" },
    { alg: "ES256", kid: "b", ...raw },
  ])
    assert.equal(verify({ ...account, ...sent(header) }).authenticity, "body_signed");
  for (const kid of ["a", "c"])
    refuses("signature_mismatch", () => verify({ ...account, ...sent({ alg: "ES256", kid }) }));
  for (const header of [
    { alg: "none" },
    { alg: "HS256" },
    { alg: "RS256" },
    {},
    { alg: "ES256", crit: ["exp"] },
    { alg: "ES256", crit: [] },
    { alg: "ES256", b64: false },
  ])
    refuses("malformed_signature", () => verify({ ...account, ...sent(header) }));
  const whole = sent({ alg: "ES256" }).headers["x-jws"].replace("..", `.${btoa(BODY)}.`);
  refuses("malformed_signature", () =>
    verify({ ...account, headers: { "x-jws": whole }, body: BODY }),
  );
});

const HTTP = definition({
  type: "http-signature",
  covers: ["@method", "@authority", "@path", "content-digest"],
  covers_if_present: ["@query", "x-agent"],
  age: { within: 300 },
});

const URL_POSTED = "https://Shop.example:443/hooks/acme?a=1";
const COVERED = ["@method", "@authority", "@path", "@query", "content-digest"];

/** Signs as RFC 9421 says. */
function httpSigned(algorithm, { privateKey }, { covered = COVERED, more = {}, ...change } = {}) {
  const [, , hash] = KINDS[algorithm];
  const digest = `sha-256=:${createHash("sha256").update(BODY).digest("base64")}:`;
  const headers = { "content-digest": digest, ...more };
  const derived = {
    "@method": "POST",
    "@authority": "shop.example",
    "@path": "/hooks/acme",
    "@query": "?a=1",
  };
  const list = covered.map((name) => `"${name}"`).join(" ");
  const params = `(${list});created=${NOW / 1000};keyid="k"`;
  const lines = covered.map((name) => `"${name}": ${derived[name] ?? headers[name]}`);
  const base = [...lines, `"@signature-params": ${params}`].join("\n");
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
  const tag = signed(hash, Buffer.from(base), key).toString("base64");
  const proof = { "signature-input": `s=${params}`, signature: `s=:${tag}:` };
  return { headers: { ...headers, ...proof }, body: BODY, url: URL_POSTED, now: NOW, ...change };
}

for (const algorithm of Object.keys(KINDS))
  test(`${algorithm}: an HTTP message signature verifies`, async () => {
    const [own, other] = pairs[algorithm];
    const account = { provider: HTTP, secrets: JSON.stringify(jwk(own, { kid: "k" })) };
    const sent = httpSigned(algorithm, own);
    assert.equal(verify({ ...account, ...sent }).authenticity, "body_signed");
    assert.equal((await verifyAsync({ ...account, ...sent })).authenticity, "body_signed");
    const moved = { ...sent, url: "https://elsewhere.example/" };
    assert.equal(
      verify({ ...account, ...moved, registeredUrl: URL_POSTED }).authenticity,
      "body_signed",
    );
    refuses("malformed_signature", () =>
      verify({ ...account, ...httpSigned(algorithm, own, { covered: COVERED.slice(1) }) }),
    );
    const agent = { ...sent, headers: { ...sent.headers, "x-agent": "a" } };
    refuses("malformed_signature", () => verify({ ...account, ...agent }));
    refuses("digest_mismatch", () => verify({ ...account, ...sent, body: `${BODY} ` }));
    refuses("signature_mismatch", () =>
      verify({ ...account, ...sent, url: URL_POSTED.replace("a=1", "a=2") }),
    );
    refuses("signature_mismatch", () => verify({ ...account, ...httpSigned(algorithm, other) }));
    refuses("timestamp_out_of_tolerance", () =>
      verify({ ...account, ...sent, now: NOW + 301_000 }),
    );
    const unknown = { ...account, secrets: JSON.stringify(jwk(own, { kid: "other" })) };
    refuses("signature_mismatch", () => verify({ ...unknown, ...sent }));
    for (const name of ["signature", "signature-input", "content-digest"]) {
      const { [name]: _, ...headers } = sent.headers;
      refuses("missing_signature", () => verify({ ...account, ...sent, headers }));
    }
  });

test("a part of the signed URL is not enough: the error says what to give", async () => {
  const [own] = pairs.ed25519;
  const account = { provider: HTTP, secrets: JSON.stringify(jwk(own, { kid: "k" })) };
  const sent = httpSigned("ed25519", own);
  for (const url of ["/hooks/acme?a=1", "shop.example/hooks/acme?a=1", "", undefined]) {
    const error = {
      name: "WebhookError",
      code: "source_not_configured",
      status: undefined,
      message: /^`url` must be the whole address .*; or set `registeredUrl`$/,
    };
    assert.throws(() => verify({ ...account, ...sent, url }), error);
    assert.throws(() => receive({ ...account, ...sent, url }), error);
    await assert.rejects(verifyAsync({ ...account, ...sent, url }), error);
    const { code, advice } = await explain({ ...account, ...sent, url });
    assert.equal(code, error.code);
    assert.match(advice, /^`url` must be the whole address /);
    const registered = { ...account, ...sent, url, registeredUrl: URL_POSTED };
    assert.equal(verify(registered).authenticity, "body_signed");
  }
  const whole = new URL(URL_POSTED);
  assert.equal(verify({ ...account, ...sent, url: whole }).authenticity, "body_signed");
});
