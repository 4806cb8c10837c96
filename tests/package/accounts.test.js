// Prepared accounts: shared between equal settings, bounded in number, and kept without their secrets.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { getHeapSnapshot, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Miniflare } from "miniflare";
import { makeProject } from "../consumers/project.js";
import { bundle } from "../consumers/workerd.js";
import { wakilni } from "../support/sign.js";

const PAGE = readFileSync(new URL("../../docs/javascript.md", import.meta.url), "utf8");
/** The number of secrets that verifiers may hold, as the page states it. */
const MAX_SECRETS = Number(PAGE.match(/hold ([\d,]+) secrets/)[1].replace(",", ""));
// Stack traces would only slow the test down.
Error.stackTraceLimit = 0;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

// The package does not export its module, so the instance is caught as it is made.
let memory;
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...given) {
    super(...given);
    memory = Object.values(this.exports).find((value) => value instanceof WebAssembly.Memory);
  }
};
const { Verifier, WebhookError, receive, verify } = await import("../../pkg/node.js");

let project;
before(() => (project = makeProject("accounts")));
after(() => project?.remove());

const body = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}';
const account = (secrets) => ({ provider: "wakilni", secrets });
const signedWith = (secret) => ({ headers: wakilni(secret, body), body });
let numbers = 0;
const another = () => {
  numbers += 1;
  return `s3cret-${numbers}`;
};

/** Makes verifiers of different secrets until one is refused. Returns all of them, and the refusal. */
function fill(secrets = () => another()) {
  const made = [];
  for (;;) {
    try {
      made.push(new Verifier(account(secrets())));
    } catch (error) {
      return { made, error };
    }
  }
}

/** Waits until unreferenced verifiers have been collected and freed. */
async function settle() {
  for (let rounds = 0; rounds < 4; rounds += 1) {
    collect();
    await setImmediate();
  }
}

/** Returns whether the functions tell right from wrong, with secrets that were never used before. */
function functionsHold(times) {
  for (let at = 0; at < times; at += 1) {
    const [right, wrong] = [another(), another()];
    assert.equal(verify({ ...account(right), ...signedWith(right) }).secretIndex, 0);
    assert.equal(receive({ ...account([wrong, right]), ...signedWith(right) }).id, "e-1");
    assert.throws(() => verify({ ...account(wrong), ...signedWith(right) }), {
      code: "signature_mismatch",
    });
  }
}

test("verifiers with the same settings take the memory of one", () => {
  new Verifier(account(["0ld", "s3cret"]));
  const bytes = memory.buffer.byteLength;
  let last;
  for (let at = 0; at < 200_000; at += 1) last = new Verifier(account(["0ld", "s3cret"]));
  assert.equal(memory.buffer.byteLength, bytes);
  assert.equal(last.verify(signedWith("s3cret")).secretIndex, 1);
});

test("verifiers of the same settings share what was prepared while one is held, however many accounts there are", () => {
  const secrets = Array.from({ length: 1000 }, another);
  const held = secrets.map((secret) => new Verifier(account(secret)));
  const bytes = memory.buffer.byteLength;
  for (let rounds = 0; rounds < 100; rounds += 1)
    for (const secret of secrets) new Verifier(account(secret));
  assert.equal(memory.buffer.byteLength, bytes);
  for (const verifier of [held[7], new Verifier(account(secrets[7]))]) {
    assert.equal(verifier.verify(signedWith(secrets[7])).secretIndex, 0);
    assert.throws(() => verifier.verify(signedWith(secrets[8])), { code: "signature_mismatch" });
  }
});

test("too many verifiers in one turn are refused while all else goes on, until others are collected", async () => {
  await settle();
  for (let rounds = 0; rounds < 3; rounds += 1) {
    let { made, error } = fill();
    assert.ok(error instanceof WebhookError, String(error));
    assert.equal(error.code, "too_many_verifiers");
    assert.match(
      error.message,
      /^verifiers that are still in memory hold \d+ secrets: keep one `Verifier` per account/,
    );
    // As many as are kept from before.
    assert.ok(made.length <= MAX_SECRETS && made.length > MAX_SECRETS - 64, `${made.length}`);
    // Its memory is no larger than the memory that they free again.
    functionsHold(10);
    const bytes = memory.buffer.byteLength;
    functionsHold(1000);
    assert.equal(memory.buffer.byteLength, bytes);
    assert.throws(() => made[7].verify(signedWith("another")), { code: "signature_mismatch" });
    assert.throws(() => new Verifier(account(another())), { code: "too_many_verifiers" });
    made = undefined;
    await settle();
  }
});

test("verifiers that were collected leave nothing in JavaScript's heap", async () => {
  const used = async () => {
    await settle();
    return process.memoryUsage().heapUsed;
  };
  fill();
  const before = await used();
  for (let rounds = 0; rounds < 4; rounds += 1) {
    fill();
    await settle();
  }
  // A map would keep a key for each of 131,000 of them, which takes over 100 bytes each.
  const more = (await used()) - before;
  assert.ok(more < 4 * 1024 * 1024, `${more}`);
});

test("errors in settings are reported, however many accounts there are", async () => {
  const { made } = fill();
  for (const secrets of ["", [another(), " "]]) {
    assert.throws(() => verify({ ...account(secrets), ...signedWith("s3cret") }), {
      code: "source_not_configured",
    });
  }
  assert.ok(made.length > 0);
  await settle();
});

test("secrets are counted, not accounts", async () => {
  await settle();
  const { made, error } = fill(() => Array.from({ length: 1000 }, another));
  assert.equal(error.code, "too_many_verifiers");
  assert.equal(made.length, Math.floor((MAX_SECRETS - 64) / 1000));
  await settle();
  const all = Array.from({ length: MAX_SECRETS + 1 }, another);
  assert.throws(() => new Verifier(account(all)), { code: "too_many_verifiers" });
  assert.equal(verify({ ...account(all), ...signedWith(all.at(-1)) }).secretIndex, MAX_SECRETS);
});

test("the largest body is read beside as many verifiers as are allowed", async () => {
  const { made } = fill();
  for (const large of [Buffer.alloc(4_194_304, 0xff), '"'.repeat(4_194_304)]) {
    const { data } = receive({
      ...account("s3cret"),
      headers: wakilni("s3cret", large),
      body: large,
    });
    assert.equal(
      Buffer.from(data.payload ?? data.payload_base64, data.payload ? "utf8" : "base64").length,
      4_194_304,
    );
  }
  assert.ok(made.length > 0);
  await settle();
});

/** Returns a secret as its bytes: a text would itself be found in the heap. */
const randomSecret = () => Buffer.from(randomBytes(36).toString("base64"));

/** Returns whether the texts of JavaScript's heap hold these bytes. */
async function heapHolds(...secrets) {
  collect();
  const snapshot = Buffer.concat(await getHeapSnapshot().toArray());
  return secrets.map((secret) => snapshot.includes(secret));
}

test("a secret and a token leave JavaScript's heap, though the prepared account stays", async () => {
  const [secret, token, another, control] = Array.from({ length: 4 }, () =>
    Buffer.from(randomBytes(24).toString("hex")),
  );
  const held = new Map([[JSON.stringify([control.toString()]), 1]]);
  const verifier = (() => {
    const given = { provider: "up42", secrets: [secret.toString()], token: token.toString() };
    assert.throws(() => verify({ ...given, headers: {}, body }), { code: "missing_signature" });
    assert.throws(() => receive({ ...account(another.toString()), headers: {}, body }), {
      code: "missing_signature",
    });
    return new Verifier(given);
  })();
  await setImmediate();
  assert.deepEqual(await heapHolds(secret, token, another, control), [false, false, false, true]);
  assert.ok(verifier instanceof Verifier && held.size === 1);
});

test("a secret and a token leave the module's memory", () => {
  const holds = (bytes) => Buffer.from(memory.buffer).includes(bytes);
  for (let times = 0; times < 20; times += 1) {
    const [secret, token] = [randomSecret(), Buffer.from(randomBytes(24).toString("hex"))];
    const given = {
      provider: "up42",
      secrets: ["s3cret", secret.toString()],
      token: token.toString(),
    };
    new Verifier(given);
    assert.throws(() => verify({ ...given, headers: {}, body }), { code: "missing_signature" });
    // Freeing overwrites the first bytes.
    assert.deepEqual(
      [secret, token].map((bytes) => holds(bytes.subarray(16, 40))),
      [false, false],
    );
  }
  assert.ok(holds(Buffer.from(body)), "a body is found");
});

test("a Worker without weak references: everything works, but nothing is collected", async () => {
  const program = `import { Verifier, verify } from "orderhook";
    const account = (secrets) => ({ provider: "wakilni", secrets });
    export default {
      async fetch(request) {
        const { headers, body } = await request.json();
        for (let at = 0; at < 100_000; at += 1) new Verifier(account("s3cret"));
        const codes = new Set();
        let made = 0;
        for (let at = 0; at < ${MAX_SECRETS} + 100; at += 1) {
          try {
            new Verifier(account("s3cret-" + at));
            made += 1;
          } catch ({ code }) {
            codes.add(code);
          }
        }
        const indexes = new Set();
        for (let at = 0; at < 100; at += 1) {
          indexes.add(verify({ ...account(["0ld-" + at, "s3cret"]), headers, body }).secretIndex);
        }
        return Response.json({ weak: typeof WeakRef, made, codes: [...codes], indexes: [...indexes] });
      },
    };`;
  project.write("worker.js", program);
  const modules = await bundle(project, "worker.js");
  const config = {
    name: "old",
    compatibilityDate: "2025-05-04",
    manifest: { mainModule: "worker.js", modules },
  };
  const miniflare = new Miniflare({ cf: false, workers: [{ config }] });
  try {
    const delivery = JSON.stringify(signedWith("s3cret"));
    const response = await miniflare.dispatchFetch("http://old/", {
      method: "POST",
      body: delivery,
    });
    const expected = {
      weak: "undefined",
      made: MAX_SECRETS - 1,
      codes: ["too_many_verifiers"],
      indexes: [1],
    };
    assert.deepEqual(await response.json(), expected);
  } finally {
    await miniflare.dispose();
  }
});
