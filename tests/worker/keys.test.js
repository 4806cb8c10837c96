// The keys of a source with a `jwks` address: when the receiver fetches them, and its answer where it cannot.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import http from "node:http";
import { after, before, test } from "node:test";
import { Response } from "miniflare";
import { Journal } from "../support/journal.js";
import { KEYED } from "../support/public-key.js";
import { start } from "../support/workerd.js";

const DEFINITION = { ...KEYED, event: { id: "/id" } };

const pairs = [0, 1].map(() => generateKeyPairSync("ed25519"));
const set = JSON.stringify({
  keys: [{ ...pairs[0].publicKey.export({ format: "jwk" }), kid: "k-0" }],
});

/** By path: what the address of a source's keys answers. */
const ANSWERS = {
  "/keys": () => new Response(set),
  "/moved": () => Response.redirect("https://acme.example/keys", 302),
  "/error": () => new Response(set, { status: 500 }),
  "/page": () => new Response("<html>"),
  "/large": () => new Response(`${" ".repeat(65_537)}${set}`),
  "/unknown": () => new Response(set),
  "/abandoned": () => late.promise,
};
const late = Promise.withResolvers();
const asked = new Journal("fetch of keys");

let worker;
before(async () => {
  const vars = { PROVIDER_ACME: DEFINITION, SOURCES: {} };
  for (const path of Object.keys(ANSWERS))
    vars.SOURCES[path.slice(1)] = { provider: "acme", jwks: `https://acme.example${path}` };
  worker = await start({
    vars,
    outbound: ({ url, headers }) => {
      const { pathname } = new URL(url);
      asked.add({ path: pathname, accept: headers.get("accept") });
      return ANSWERS[pathname]();
    },
  });
});
after(() => worker.stop());

const fetches = (path) => asked.entries.filter((one) => one.path === path);

let count = 0;
function delivery(id = 0) {
  count += 1;
  const body = JSON.stringify({ id: `keys-${count}`, order: "7", state: "shipped" });
  const signature = sign(null, Buffer.from(body), pairs[id].privateKey).toString("base64");
  return { body, headers: { "x-key": `k-${id}`, "x-signature": signature } };
}

async function post(source, { body, headers }) {
  const { status, json } = await worker.post(`/hooks/${source}`, body, headers);
  return [status, json.code ?? json.status];
}

const ACCEPTED = [202, "accepted"];
const UNVERIFIABLE = [503, "verification_unavailable"];

test("deliveries at the same time share a fetch, and those after it need none", async () => {
  const forged = { ...delivery(), headers: {} };
  assert.deepEqual(await post("keys", forged), [401, "missing_signature"]);
  assert.equal(
    fetches("/keys").length,
    0,
    "nothing is fetched for headers that are not well formed",
  );
  const all = await Promise.all([1, 2, 3].map(() => post("keys", delivery())));
  assert.deepEqual(all, [ACCEPTED, ACCEPTED, ACCEPTED]);
  assert.deepEqual(await post("keys", delivery()), ACCEPTED);
  assert.deepEqual(fetches("/keys"), [{ path: "/keys", accept: "application/json" }]);
});

test("an unknown key is refused only by a set that was fetched for it", async () => {
  assert.deepEqual(await post("unknown", delivery(1)), [401, "signature_mismatch"]);
  // Anyone may have sent that one, and the provider may have published the key since.
  assert.deepEqual(await post("unknown", delivery(1)), UNVERIFIABLE);
  await worker.logged(({ cause }) => cause?.startsWith("the delivery names an unknown key"));
  assert.deepEqual(await post("unknown", delivery()), ACCEPTED);
  const tampered = { ...delivery(), body: delivery().body };
  assert.deepEqual(await post("unknown", tampered), [401, "signature_mismatch"]);
  assert.equal(fetches("/unknown").length, 1);
});

for (const [path, title] of [
  ["/moved", "a redirection"],
  ["/error", "an error"],
  ["/page", "a page"],
  ["/large", "more than 64 KB"],
])
  test(`${title} is not a set: nobody is refused, and the next fetch waits`, async () => {
    const source = path.slice(1);
    assert.deepEqual(await post(source, delivery()), UNVERIFIABLE);
    assert.deepEqual(await post(source, delivery()), UNVERIFIABLE);
    assert.equal(fetches(path).length, 1);
  });

/** The Worker, with a clock that a header moves on. */
const CLOCK = `import worker, { Claims } from "./entry.js";
const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;
export { Claims };
export default {
  ...worker,
  fetch(request, env, ctx) {
    offset += Number(request.headers.get("x-later") ?? 0);
    return worker.fetch(request, env, ctx);
  },
};`;

test("a key that changes and keeps its id is fetched for the delivery after", async () => {
  const acme = (key) =>
    JSON.stringify({ keys: [{ ...pairs[key].publicKey.export({ format: "jwk" }), kid: "k-0" }] });
  let [set, count] = [acme(0), 0];
  const own = await start({
    around: CLOCK,
    vars: {
      PROVIDER_ACME: DEFINITION,
      SOURCES: { shop: { provider: "acme", jwks: "https://acme.example/jwks" } },
    },
    outbound: () => {
      count += 1;
      return new Response(set);
    },
  });
  const send = async (key, later = 0) => {
    const { body, headers } = delivery(key);
    const all = { ...headers, "x-key": "k-0", "x-later": String(later) };
    const { status, json } = await own.post("/hooks/shop", body, all);
    return [status, json.code ?? json.status];
  };
  try {
    assert.deepEqual(await send(0), ACCEPTED);
    set = acme(1);
    // Within a minute, nobody can tell it from a forgery.
    assert.deepEqual(await send(1), [401, "signature_mismatch"]);
    assert.deepEqual(await send(1, 60_000), ACCEPTED, "doubted, and fetched again");
    assert.deepEqual([await send(1), count], [ACCEPTED, 2]);
    set = acme(0);
    assert.deepEqual(await send(0, 60_000), UNVERIFIABLE);
    assert.deepEqual(await send(0), ACCEPTED);
    assert.equal(count, 3);
  } finally {
    await own.stop();
  }
});

test("a fetch goes on without the sender whose delivery began it", async () => {
  const { body, headers } = delivery();
  const { hostname, port } = worker.url;
  const options = { hostname, port, method: "POST", path: "/hooks/abandoned", headers };
  const request = http.request(options);
  request.on("error", () => {});
  request.end(body);
  await asked.until(({ path }) => path === "/abandoned");
  request.destroy();
  const next = post("abandoned", delivery());
  late.resolve(new Response(set));
  assert.deepEqual(await next, ACCEPTED);
  assert.equal(fetches("/abandoned").length, 1);
});
