// The keys of an account with a JWKS address: when they are fetched, and the answer if they cannot be.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign as signed } from "node:crypto";
import { mock, test } from "node:test";
import { Miniflare, Response as Answer } from "miniflare";
import { makeProject } from "../consumers/project.js";
import { bundle } from "../consumers/workerd.js";
import { KEYED } from "../support/public-key.js";
import { COMPATIBILITY_DATE } from "../support/workerd.js";
import { Verifier, receiveRequest, verify, verifyAsync } from "../../pkg/node.js";

const BODY = '{"order":"7","state":"shipped"}';
const MINUTE = 60_000;

const provider = { name: "acme", ...KEYED };

const pairs = [0, 1].map(() => generateKeyPairSync("ed25519"));

const setOf = (...ids) =>
  JSON.stringify({
    keys: ids.map((id) => ({ ...pairs[id].publicKey.export({ format: "jwk" }), kid: `k-${id}` })),
  });

const sent = (id, body = BODY) => ({
  headers: {
    "x-key": `k-${id}`,
    "x-signature": signed(null, Buffer.from(BODY), pairs[id].privateKey).toString("base64"),
  },
  body,
});

/** Answers each fetch with what `server.answer` returns, and counts them. */
function serve(context, answer) {
  const server = { answer, count: 0, asked: [] };
  context.mock.method(globalThis, "fetch", async (url, options) => {
    server.count++;
    server.asked.push([url, options]);
    return server.answer();
  });
  mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  context.after(() => mock.timers.reset());
  return server;
}

let addresses = 0;
const account = () => ({ provider, jwks: `https://acme.example/keys-${addresses++}` });

const refused = (code, work) => assert.rejects(work, { name: "WebhookError", code });

test("a set is fetched once, and again for an unknown key", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const acme = account();
  const proof = await verifyAsync({ ...acme, ...sent(0) });
  assert.equal(proof.authenticity, "body_signed");
  const [[url, { redirect }]] = server.asked;
  assert.deepEqual([url, redirect], [acme.jwks, "manual"]);
  await verifyAsync({ ...acme, ...sent(0) });
  await new Verifier(acme).verifyAsync(sent(0));
  assert.equal(server.count, 1);
  // The provider may have published a key that is not in a set of the last minute.
  server.answer = () => new Response(setOf(0, 1));
  await refused("verification_unavailable", verifyAsync({ ...acme, ...sent(1) }));
  assert.equal(server.count, 1);
  mock.timers.tick(MINUTE);
  assert.equal((await verifyAsync({ ...acme, ...sent(1) })).authenticity, "body_signed");
  assert.equal(server.count, 2);
  await refused("signature_mismatch", verifyAsync({ ...acme, ...sent(1, "{}") }));
  assert.equal(server.count, 2);
  // A set that is fetched for the delivery decides.
  server.answer = () => new Response(setOf(0));
  await refused("signature_mismatch", verifyAsync({ ...account(), ...sent(1) }));
  mock.timers.tick(MINUTE);
  await refused("signature_mismatch", verifyAsync({ ...acme, ...sent(1, "{}") }));
});

/** Has a server hold its answer back. Returns the function that gives it, once a delivery waits for another one's fetch. */
function holdBack(context, server) {
  let give;
  const held = new Promise((resolve) => (give = resolve));
  server.answer = () => held;
  const { mock: waits } = context.mock.method(globalThis, "setTimeout");
  return async (answer) => {
    while (waits.callCount() === 0) await new Promise(setImmediate);
    give(answer);
  };
}

const unknown = (id) => ({ body: BODY, headers: { ...sent(1).headers, "x-key": id } });

test("an unknown key is not refused by a set whose fetch began before the delivery came", async (context) => {
  const server = serve(context);
  const acme = account();
  const give = holdBack(context, server);
  const all = [sent(0), sent(1)].map((delivery) => verifyAsync({ ...acme, ...delivery }));
  const refusal = refused("verification_unavailable", all[1]);
  await give(new Response(setOf(0)));
  assert.equal((await all[0]).authenticity, "body_signed");
  await refusal;
  assert.equal(server.count, 1);
  mock.timers.tick(MINUTE);
  server.answer = () => new Response(setOf(0, 1));
  assert.equal((await verifyAsync({ ...acme, ...sent(1) })).authenticity, "body_signed");
});

test("nor by another set whose fetch began before", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const acme = account();
  await verifyAsync({ ...acme, ...sent(0) });
  mock.timers.tick(MINUTE);
  const give = holdBack(context, server);
  const all = ["k-8", "k-9"].map((id) => verifyAsync({ ...acme, ...unknown(id) }));
  const refusals = [
    refused("signature_mismatch", all[0]),
    refused("verification_unavailable", all[1]),
  ];
  await give(new Response(setOf(0, 1)));
  await Promise.all(refusals);
  assert.equal(server.count, 2);
});

test("nothing is fetched for headers that are not well formed", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const acme = account();
  await refused("missing_signature", verifyAsync({ ...acme, headers: {}, body: BODY }));
  const headers = { ...sent(0).headers, "x-signature": "AAAA" };
  await refused("malformed_signature", verifyAsync({ ...acme, headers, body: BODY }));
  assert.equal(server.count, 0);
});

test("the last set is kept for a day", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const acme = account();
  await verifyAsync({ ...acme, ...sent(0) });
  server.answer = () => Promise.reject(new TypeError("unreachable"));
  mock.timers.tick(61 * MINUTE);
  await verifyAsync({ ...acme, ...sent(0) });
  assert.equal(server.count, 2);
  // A key that is unknown may be in the set that could not be fetched.
  mock.timers.tick(2 * MINUTE);
  await refused("verification_unavailable", verifyAsync({ ...acme, ...sent(1) }));
  mock.timers.tick(24 * 60 * MINUTE);
  await refused("verification_unavailable", verifyAsync({ ...acme, ...sent(0) }));
  server.answer = () => new Response(setOf(0));
  mock.timers.tick(MINUTE);
  await verifyAsync({ ...acme, ...sent(0) });
});

for (const [title, answer] of [
  ["an error", () => new Response("", { status: 500 })],
  [
    "a redirect",
    () => new Response("", { status: 302, headers: { location: "https://b.example" } }),
  ],
  ["no JSON", () => new Response("<html>")],
  ["more than 64 KB", () => new Response(`${" ".repeat(65_537)}${setOf(0)}`)],
])
  test(`${title} is not a set`, async (context) => {
    serve(context, answer);
    await refused("verification_unavailable", verifyAsync({ ...account(), ...sent(0) }));
  });

test("a text without a usable key does not replace the keys that are there", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const acme = account();
  await verifyAsync({ ...acme, ...sent(0) });
  const texts = [
    ...['{"error":"busy"}', '{"keys":[]}', "null", "[]", '"x"', '{"keys":[{"kty":"OKP"}]}'],
    JSON.stringify({
      keys: [
        generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" }),
      ],
    }),
  ];
  for (const text of texts) {
    server.answer = () => new Response(text);
    mock.timers.tick(61 * MINUTE);
    assert.equal((await verifyAsync({ ...acme, ...sent(0) })).authenticity, "body_signed", text);
    await refused("verification_unavailable", verifyAsync({ ...account(), ...sent(0) }));
  }
  assert.equal(server.count, 1 + 2 * texts.length);
});

test("fetched keys are never a shared secret or a token", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const message = "`jwks` must go: this provider does not sign with a private key";
  const { jwks } = account();
  for (const provider of ["wakilni", "shopify", "bosta", "up42", "gooten"]) {
    const delivery = { provider, jwks, headers: {}, body: BODY };
    const wrong = { code: "source_not_configured", message };
    await assert.rejects(verifyAsync(delivery), wrong);
    assert.throws(() => new Verifier(delivery), wrong);
  }
  const both = { provider, jwks, secrets: ["a-secret-of-sixteen-bytes"] };
  assert.throws(() => new Verifier(both), { message: "give `secrets` or `jwks`, not both" });
  const schemes = [
    {
      name: "shared",
      type: "hmac",
      signature: { header: "x-s", encoding: "hex" },
      signs: ["body"],
    },
    { name: "public", ...provider.scheme },
  ];
  const several = { provider: { ...provider, scheme: schemes }, jwks };
  await assert.rejects(verifyAsync({ ...several, ...sent(0) }), { message });
  const proof = await verifyAsync({ ...several, scheme: "public", ...sent(0) });
  assert.equal(proof.authenticity, "body_signed");
  assert.equal(server.count, 1);
});

test("other settings are checked before keys are fetched", () => {
  for (const wrong of [{ token: "short" }, { utcOffset: "two hours" }, { source: "A B" }])
    assert.throws(() => new Verifier({ ...account(), ...wrong }), {
      code: "source_not_configured",
    });
});

test("each of sixteen keys without an id is tried", async () => {
  const all = Array.from({ length: 16 }, () => generateKeyPairSync("ed25519"));
  const { key_id, ...scheme } = provider.scheme;
  const secrets = all.map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" }));
  const verifier = new Verifier({ provider: { ...provider, scheme }, secrets });
  for (const { privateKey } of all) {
    const tag = signed(null, Buffer.from(BODY), privateKey).toString("base64");
    assert.equal(
      verifier.verify({ headers: { "x-signature": tag }, body: BODY }).authenticity,
      "body_signed",
    );
  }
});

test("deliveries at the same time share a fetch", async (context) => {
  const server = serve(context, () => new Response(setOf(0)));
  const acme = account();
  const all = [1, 2, 3].map(() => verifyAsync({ ...acme, ...sent(0) }));
  assert.equal((await Promise.all(all)).length, 3);
  assert.equal(server.count, 1);
});

test("a fetch that never ends is taken over, and holds up no delivery after it", async (context) => {
  const server = serve(context, () => new Promise(() => {}));
  const acme = account();
  // The runtime may end the request that fetches.
  void verifyAsync({ ...acme, ...sent(0) });
  while (server.count === 0) await new Promise(setImmediate);
  server.answer = () => new Response(setOf(0));
  const waiting = verifyAsync({ ...acme, ...sent(0) });
  mock.timers.tick(3500);
  assert.equal((await waiting).authenticity, "body_signed");
  assert.equal((await verifyAsync({ ...acme, ...sent(0) })).authenticity, "body_signed");
  assert.equal(server.count, 2);
});

test("a request is received by keys that are fetched", async (context) => {
  serve(context, () => new Response(setOf(0)));
  const { headers } = sent(0);
  const request = new Request("https://shop.example/", { method: "POST", headers, body: BODY });
  const event = await receiveRequest(request, account());
  assert.equal(event.data.order.id, "7");
});

test("keys are fetched from public addresses, and not at once", () => {
  const given = (jwks) => () => verify({ provider, jwks, ...sent(0) });
  const refuses = (jwks, message) =>
    assert.throws(given(jwks), { code: "source_not_configured", message });
  for (const jwks of [
    "",
    "http://acme.example/keys",
    "https://localhost/keys",
    "https://keys.internal/",
    "https://127.0.0.1/keys",
    "https://127.1/keys",
    "https://[::1]/keys",
    "https://acme.example:8443/keys",
    "https://user@acme.example/keys",
    "/keys",
  ])
    refuses(jwks, /^`jwks` must be an https address at a public name/);
  refuses("https://acme.example/keys", /^`jwks` goes with `verifyAsync`/);
});

for (const [algorithm, type, options] of [
  ["rsa-sha256", "rsa", { modulusLength: 2048 }],
  ["ecdsa-p256", "ec", { namedCurve: "P-256" }],
])
  test(`keys of ${algorithm} are fetched, too`, async (context) => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    const set = { keys: [publicKey.export({ format: "jwk" })] };
    const server = serve(context, () => new Response(JSON.stringify(set)));
    const acme = account();
    acme.provider = { ...provider, scheme: { ...provider.scheme, algorithm } };
    const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
    const tag = signed("sha256", Buffer.from(BODY), key).toString("base64");
    const delivery = { headers: { "x-key": "k", "x-signature": tag }, body: BODY };
    assert.equal((await verifyAsync({ ...acme, ...delivery })).authenticity, "body_signed");
    // Nothing is fetched for a signature that cannot be read.
    const short = { ...delivery, headers: { ...delivery.headers, "x-signature": "AAAA" } };
    await refused(
      "malformed_signature",
      verifyAsync({ ...account(), provider: acme.provider, ...short }),
    );
    assert.equal(server.count, 1);
  });

/** Starts a Worker that answers a delivery with its proof, or with the code of its refusal. `answer` answers what it fetches. */
async function startWorker(context, answer) {
  const project = makeProject("keys");
  context.after(() => project.remove());
  const program = `import { verifyAsync } from "orderhook";
    export default {
      fetch: async (request) =>
        verifyAsync(await request.json()).then(
          ({ authenticity }) => new Response(authenticity),
          ({ code, message }) => new Response(code ?? message),
        ),
    };`;
  project.write("worker.js", program);
  const manifest = { mainModule: "worker.js", modules: await bundle(project, "worker.js") };
  const outboundService = { type: "fetcher", handler: answer };
  const config = { name: "keys", compatibilityDate: COMPATIBILITY_DATE, manifest };
  const miniflare = new Miniflare({ cf: false, workers: [{ config, dev: { outboundService } }] });
  context.after(() => miniflare.dispose());
  return async (delivery) => {
    const body = JSON.stringify(delivery);
    return (await miniflare.dispatchFetch("http://keys/", { method: "POST", body })).text();
  };
}

test("a Worker fetches a set, once for all requests, and follows no redirection", async (context) => {
  const asked = [];
  const ask = await startWorker(context, ({ url }) => {
    asked.push(new URL(url).pathname);
    return url.endsWith("/moved")
      ? Answer.redirect("https://acme.example/keys", 302)
      : new Answer(setOf(0));
  });
  const delivery = { provider, jwks: "https://acme.example/keys", ...sent(0) };
  const answers = await Promise.all([1, 2, 3].map(() => ask(delivery)));
  assert.deepEqual(answers, ["body_signed", "body_signed", "body_signed"]);
  const moved = { ...delivery, jwks: "https://acme.example/moved" };
  assert.equal(await ask(moved), "verification_unavailable");
  assert.deepEqual(asked, ["/keys", "/moved"]);
});
