// docs/frameworks: each example runs unchanged, in its own runtime, on the packed package, and gets
// deliveries that node:crypto signed.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Miniflare } from "miniflare";
import { CHROMIUM_ARGS, chromium } from "../consumers/chromium.js";
import { bundle } from "../consumers/workerd.js";
import { assertEvent } from "../support/schema.js";
import { wakilni } from "../support/sign.js";
import { connect } from "../support/wire.js";
import { COMPATIBILITY_DATE } from "../support/workerd.js";
import { Pages } from "./docs/pages.js";
import { LATIN1, ORDER, OVER_1_MIB, Reader, SECRET, post, signed } from "./docs/reader.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const PATHS = readdirSync(file("../../docs/frameworks")).map((name) => `docs/frameworks/${name}`);
const CONSUMERS = file("../consumers/node_modules/.bin/");
const SHOPIFY_SECRET = "shopify-secret-of-this-test";
const TOKEN = "t0ken-0123456789-of-this-test";
const LOST = '{"event_id":"e-2","event":"Order Completed","data":{"order_id":"lost"}}';
const OVER_4_MIB = Buffer.alloc(4_194_305, " ");

const STATUSES = { body_too_large: 413, verification_unavailable: 503 };

/** Returns the codes of a type of the package. */
const codesOf = (type) => {
  const [, codes] = TYPES.match(new RegExp(`^export type ${type} =\\n([^;]*);`, "m"));
  return [...codes.matchAll(/"(\w+)"/g)].map(([, code]) => code);
};
const TYPES = readFileSync(file("../../pkg/index.d.ts"), "utf8");
const REFUSALS = codesOf("RefusalCode").map((code) => [code, STATUSES[code] ?? 401]);
const MISTAKES = codesOf("Code");
/** Returns a delivery for which the reader's `take` throws an error of the package's with this code. */
const throwing = (code) =>
  `{"event_id":"e-4","event":"Order Completed","data":{"order_id":"throw ${code}"}}`;

const pages = new Pages(...PATHS);
const reader = new Reader();
const taken = () => reader.taken();
const writeExample = (name) => reader.write(name, pages.block(name));

before(() => reader.start("frameworks"));
after(() => reader.stop());
beforeEach(() => void taken());

/**
 * Returns the answer to the head of a request with a body of this many bytes, which are not sent.
 */
async function postHead(url, length) {
  const { socket, closed } = connect({ url: new URL(url) });
  const head = [
    `POST ${new URL(url).pathname} HTTP/1.1`,
    "host: shop.example",
    "connection: close",
    `content-length: ${length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const {
    answers: [{ status, text }],
  } = await closed;
  return { status, text };
}

/**
 * Asserts the answers of an example. `limit` says that it limits bodies itself, `byHead` that it
 * refuses one without reading it.
 */
async function assertAnswers(url, { limit = false, byHead = false } = {}) {
  await assertTaken(url);
  assert.deepEqual(await post(url, `${ORDER} `, signed(ORDER)), {
    status: 401,
    text: "signature_mismatch",
  });
  assert.deepEqual(await post(url, ORDER, {}), { status: 401, text: "missing_signature" });
  assert.deepEqual(await post(url, "", {}), { status: 401, text: "missing_signature" });
  // Before a body that is too large: a server may close the connection behind one.
  await assertStatuses(url);
  const large = limit ? OVER_1_MIB : OVER_4_MIB;
  const refused = await (byHead ? postHead(url, large.length) : post(url, large));
  if (limit) assert.equal(refused.status, 413);
  else assert.deepEqual(refused, { status: 413, text: "body_too_large" });
  assert.deepEqual(taken(), []);

  const failed = await post(url, LOST);
  assert.equal(failed.status, 500);
  assert.doesNotMatch(failed.text, /db\.internal|orders\.js/);
}

/** Asserts what an example answers to each code: a mistake of the reader's own is no refusal. */
async function assertStatuses(url) {
  const answerTo = (code) => post(url, throwing(code));
  for (const [code, status] of REFUSALS)
    assert.deepEqual(await answerTo(code), { status, text: code });
  for (const code of MISTAKES) {
    const { status, text } = await answerTo(code);
    assert.equal(status, 500, code);
    assert.doesNotMatch(text, /thrown for the test/);
  }
  assert.deepEqual(taken(), []);
}

/** Asserts that an example takes a delivery, and one whose bytes are not text. */
async function assertTaken(url) {
  assert.deepEqual(await post(url, ORDER), { status: 204, text: "" });
  const [order, ...more] = taken();
  assertEvent(order);
  const { id, source, data } = order;
  assert.deepEqual(
    [id, source, data.status.now, data.payload],
    ["e-1", "/hooks/wakilni", "delivered", ORDER],
  );
  assert.deepEqual(more, []);
  // Also without a content type.
  assert.equal((await post(url, LATIN1, wakilni(SECRET, LATIN1))).status, 204);
  assert.deepEqual(
    taken().map(({ data }) => data.payload_base64),
    [LATIN1.toString("base64")],
  );
}

const node = process.execPath;

describe("a server", () => {
  const [, deno] = pages.text("docs/frameworks/deno.md").match(/^```sh\ndeno (run .*)$/m);
  const servers = {
    "http.js": { command: node, args: ["http.js"], limit: true },
    "express.js": {
      command: node,
      args: ["express.js"],
      limit: true,
      env: { NODE_ENV: "production" },
    },
    "accounts.js": {
      command: node,
      args: ["accounts.js"],
      limit: true,
      env: { NODE_ENV: "production", SHOPIFY_SECRET },
    },
    "hono.js": { command: node, args: ["hono.js"], limit: true },
    "deno.js": { command: join(CONSUMERS, "deno"), args: deno.split(" ") },
    "bun.js": { command: join(CONSUMERS, "bun"), args: ["bun.js"], limit: true, byHead: true },
  };

  for (const [name, { command, args, limit, byHead, env }] of Object.entries(servers)) {
    test(name, async () => {
      writeExample(name);
      const program = await reader.serve(command, () => args, { env });
      try {
        await assertAnswers(`${program.origin}/hooks/wakilni`, { limit, byHead });
        await program.output.until((line) => line.includes("db.internal"));
      } finally {
        await program.stop();
      }
    });

    test(`${name} does not start without its secret`, async () => {
      writeExample(name);
      const { status, stderr } = await reader.run(command, args, {
        env: { ...env, WAKILNI_SECRET: undefined, PORT: "0" },
      });
      assert.notEqual(status, 0);
      assert.match(stderr, /`secrets` is undefined: the variable it came from is not set/);
    });
  }
});

test("accounts.js knows each account by its address", async () => {
  writeExample("accounts.js");
  const program = await reader.serve(node, () => ["accounts.js"], { env: { SHOPIFY_SECRET } });
  try {
    const body = '{"id":1001}';
    const tag = createHmac("sha256", SHOPIFY_SECRET).update(body).digest("base64");
    const headers = { "x-shopify-topic": "orders/paid", "x-shopify-hmac-sha256": tag };
    const to = (name) => post(`${program.origin}/hooks/${name}`, body, headers);
    assert.equal((await to("shopify")).status, 204);
    const events = taken().map(({ source, subject, data }) => [source, subject, data.status.now]);
    assert.deepEqual(events, [["/hooks/shopify", "1001", "confirmed"]]);
    assert.deepEqual(await to("wakilni"), { status: 401, text: "missing_signature" });
    assert.equal((await to("easypost")).status, 404);
  } finally {
    await program.stop();
  }
});

test("worker.js, in workerd", async () => {
  writeExample("worker.js");
  const modules = await bundle(reader, "worker.js");
  const worker = (name, env) => ({
    config: {
      name,
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: { mainModule: "worker.js", modules },
      env,
    },
    // A socket of its own: the request passes through nothing but workerd.
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
  });
  const workers = [
    worker("set", { WAKILNI_SECRET: { type: "text", value: SECRET } }),
    worker("unset", {}),
  ];
  const miniflare = new Miniflare({ host: "127.0.0.1", port: 0, cf: false, workers });
  try {
    await miniflare.ready;
    await assertAnswers(await miniflare.unsafeGetDirectURL("set"), { byHead: true });
    assert.equal((await post(await miniflare.unsafeGetDirectURL("unset"), ORDER)).status, 500);
  } finally {
    await miniflare.dispose();
  }
});

describe("AWS Lambda", () => {
  test("lambda.js", async () => {
    writeExample("lambda.js");
    process.env.WAKILNI_SECRET = SECRET;
    const { handler } = await import(pathToFileURL(join(reader.folder, "lambda.js")));
    delete process.env.WAKILNI_SECRET;
    const given = JSON.parse(readFileSync(file("docs/function-url.json"), "utf8"));
    const invoke = (body, headers, more) =>
      handler({ ...given, headers: { ...given.headers, ...headers }, body, ...more });
    const inBase64 = (body, headers) =>
      invoke(Buffer.from(body).toString("base64"), headers, { isBase64Encoded: true });

    assert.deepEqual(await invoke(ORDER, signed(ORDER)), { statusCode: 204 });
    assert.deepEqual(await inBase64(ORDER, signed(ORDER)), { statusCode: 204 });
    assert.deepEqual(await inBase64(LATIN1, signed(LATIN1)), { statusCode: 204 });
    const [first, second, { data }] = taken();
    assert.deepEqual(
      [first.data.payload, second.data.payload, data.payload_base64],
      [ORDER, ORDER, LATIN1.toString("base64")],
    );

    for (const way of [invoke, inBase64]) {
      assert.deepEqual(await way(`${ORDER} `, signed(ORDER)), {
        statusCode: 401,
        body: "signature_mismatch",
      });
      assert.deepEqual(await way(ORDER, {}), { statusCode: 401, body: "missing_signature" });
    }
    // A function URL leaves an empty body out.
    assert.deepEqual(await invoke(undefined, {}), { statusCode: 401, body: "missing_signature" });
    const invokeThrowing = (code) => invoke(throwing(code), signed(throwing(code)));
    for (const [code, statusCode] of REFUSALS)
      assert.deepEqual(await invokeThrowing(code), { statusCode, body: code });
    for (const code of MISTAKES) await assert.rejects(invokeThrowing(code), { code });
    await assert.rejects(invoke(LOST, signed(LOST)), { message: /db\.internal/ });
    assert.deepEqual(taken(), []);
  });

  test("lambda.test.js", async () => {
    for (const name of ["lambda.js", "lambda.test.js"]) writeExample(name);
    // Node's runner behaves otherwise below another.
    const { status, stdout, stderr } = await reader.run(node, ["--test", "lambda.test.js"], {
      env: { NODE_TEST_CONTEXT: undefined },
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^. pass 1$/m);
    assert.deepEqual(
      taken().map(({ id }) => id),
      ["e-2"],
    );
  });
});

describe("a page in the browser", () => {
  const page = pages.block("page.html");
  if (chromium())
    test("page.html, in Chromium", async () => {
      reader.write("page.html", page);
      const server = createServer(sendFile).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { chromium: driver } = createRequire(file("../consumers/package.json"))(
        "playwright-core",
      );
      const browser = await driver.launch({ executablePath: chromium(), args: CHROMIUM_ARGS });
      try {
        await assertPage(browser, `http://127.0.0.1:${server.address().port}/page.html`);
      } finally {
        await browser.close();
        server.closeAllConnections();
        server.close();
      }
    });

  async function assertPage(browser, url) {
    const page = await browser.newPage();
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url);
    await page.fill("textarea", ORDER);
    const event = JSON.parse(await page.textContent("pre"));
    assertEvent(event);
    const hash = createHash("sha256").update(ORDER).digest("hex");
    assert.deepEqual(
      [event.id, event.data.authenticity, event.data.status.now],
      [`e-1:${hash}`, "unverified", "delivered"],
    );
    assert.deepEqual(complaints, []);
  }

  const CONTENT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
  };

  function sendFile({ url }, response) {
    const type = CONTENT_TYPES[extname(url)];
    if (!type) return response.writeHead(204).end();
    const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
    response.writeHead(200, { "content-type": type, "content-security-policy": policy });
    response.end(reader.read(url));
  }
});

// It takes the longest by far: it is tested last.
describe("Next.js", () => {
  const BUNDLERS = { turbopack: [], webpack: ["--webpack"] };
  const builds = {};
  before(() => {
    let last = Promise.resolve();
    for (const bundler of Object.keys(BUNDLERS))
      last = builds[bundler] = last.then(() => buildNext(bundler));
  });
  after(() => Promise.all(Object.values(builds)));

  function buildNext(bundler) {
    const app = `next-${bundler}`;
    const route = pages.block("route.js");
    const ofGooten = route.replace(/^ *const event = .*\n/m, pages.block("gooten.js"));
    for (const [path, content] of [
      ["wakilni", route],
      ["gooten/[token]", ofGooten],
    ]) {
      reader.write(`${app}/app/hooks/${path}/route.js`, content);
      reader.write(`${app}/app/hooks/${path}/orders.js`, reader.orders);
    }
    const [, setting] = pages
      .text("docs/frameworks/nextjs.md")
      .match(/`next build --webpack` needs `([^`]+)` in `next\.config\.js`/);
    if (bundler === "webpack")
      reader.write(`${app}/next.config.js`, `export default { ${setting} };`);
    return reader.run(join(CONSUMERS, "next"), ["build", ...BUNDLERS[bundler]], {
      cwd: join(reader.folder, app),
      env: { NODE_ENV: undefined },
    });
  }

  for (const bundler of Object.keys(BUNDLERS)) {
    test(`route.js and gooten.js, with ${bundler}`, async () => {
      const { status, stdout, stderr } = await builds[bundler];
      assert.equal(status, 0, stdout + stderr);
      const cwd = join(reader.folder, `next-${bundler}`);
      const env = { GOOTEN_TOKEN: TOKEN, NODE_ENV: undefined };
      const args = (port) => ["start", "-H", "127.0.0.1", "-p", String(port)];
      const program = await reader.serve(join(CONSUMERS, "next"), args, { cwd, env });
      try {
        await assertAnswers(`${program.origin}/hooks/wakilni`);
        await assertAnswersOfGooten(`${program.origin}/hooks/gooten`);
        await program.output.until((line) => line.includes("db.internal"));
      } finally {
        await program.stop();
      }
    });
  }

  async function assertAnswersOfGooten(url) {
    const body = '{"Id":"7-1","Items":[{"Sku":"EX-1","Quantity":1,"Status":"Shipped"}]}';
    assert.deepEqual(await post(`${url}/${TOKEN}?orderid=77`, body, {}), { status: 204, text: "" });
    const [{ data }] = taken();
    assert.deepEqual(
      [data.authenticity, data.order.url_order_id, data.status.now],
      ["url_token", "77", "shipped"],
    );
    // The portal's test.
    assert.deepEqual(await post(`${url}/${TOKEN}?orderid=`, "", {}), { status: 204, text: "" });
    assert.deepEqual(await post(`${url}/another?orderid=77`, body, {}), {
      status: 401,
      text: "body_not_authenticated",
    });
    assert.deepEqual(taken(), []);
  }
});

test("no example is left untested", () => {
  assert.deepEqual(pages.untested(), []);
});
