// The package's README against the package: each example runs unchanged, in its own runtime, on the packed package, and gets
// deliveries that node:crypto signed; the tables are the code's.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { Miniflare } from "miniflare";
import * as orderhook from "../../pkg/node.js";
import { CHROMIUM_ARGS, chromium } from "../consumers/chromium.js";
import { makeProject } from "../consumers/project.js";
import { bundle } from "../consumers/workerd.js";
import { assertEvent } from "../support/schema.js";
import { wakilni } from "../support/sign.js";
import { connect } from "../support/wire.js";
import { COMPATIBILITY_DATE } from "../support/workerd.js";
import { serve } from "./readme/program.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const text = (path) => readFileSync(file(path), "utf8");
const README = text("../../pkg/README.md");
const TYPES = text("../../pkg/index.d.ts");
const CONSUMERS = file("../consumers/node_modules/.bin/");
const SECRET = "a secret of this test's";
const TOKEN = "t0ken-0123456789-of-this-test";

const FENCES = [...README.matchAll(/^(?:<!-- (\S+) -->\n)?```(\w+)\n(.*?)^```$/gms)];
const BLOCKS = new Map(
  FENCES.filter(([, name]) => name).map(([, name, , content]) => [name, content]),
);
const unused = new Set(BLOCKS.keys());

/** The fenced block under the comment `<!-- name -->`. */
function block(name) {
  assert.ok(BLOCKS.has(name), `pkg/README.md has no block "${name}"`);
  unused.delete(name);
  return BLOCKS.get(name);
}

let project;
const collector = { taken: [] };

before(async () => {
  project = makeProject("readme");
  await collect();
  writeExample("orders.js", orders());
});
const orders = () => text("readme/orders.js").replace('"TAKEN"', JSON.stringify(collector.origin));
after(() => {
  collector.server?.close();
  project?.remove();
});
beforeEach(() => void collector.taken.splice(0));

/** Receives the events that the examples' `take` passes on; it refuses one order. */
async function collect() {
  collector.server = createServer(async (request, response) => {
    const event = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const keeps = event.subject !== "lost";
    if (keeps) collector.taken.push(event);
    response.writeHead(keeps ? 204 : 500).end();
  }).listen(0, "127.0.0.1");
  await once(collector.server, "listening");
  collector.origin = `http://127.0.0.1:${collector.server.address().port}/`;
}

function writeExample(path, content = block(path)) {
  mkdirSync(dirname(join(project.folder, path)), { recursive: true });
  project.write(path, content);
}

const environment = (more) => ({
  ...process.env,
  WAKILNI_SECRET: SECRET,
  DENO_DIR: join(project.folder, "build/deno"),
  NEXT_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
  ...more,
});

/** Runs a program to its end, and returns its output. */
async function run(command, args, { cwd = project.folder, env } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    once(child, "close"),
  ]);
  return {
    status,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

const ORDER = '{ "event_id":"e-1",\n"event":"Order Completed", "data":{"order_id":1001} }\n';
const LOST = '{"event_id":"e-2","event":"Order Completed","data":{"order_id":"lost"}}';
const LATIN1 = Buffer.from('{"event_id":"e-3","note":"caf\xe9"}', "latin1");
const OVER_1_MIB = Buffer.alloc(1_048_577, " ");
const OVER_4_MIB = Buffer.alloc(4_194_305, " ");

const signed = (body) => ({ "content-type": "application/json", ...wakilni(SECRET, body) });

async function post(url, body, headers = signed(body)) {
  const response = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
  return { status: response.status, text: await response.text() };
}

const taken = () => collector.taken.splice(0);

/** Returns the answer to the head of a request with a body of this many bytes, which are not sent. */
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

/** Asserts every example's answers. `limit` says that it sets one itself, `byHead` that it refuses a body without reading it. */
async function holds(url, { limit = false, byHead = false } = {}) {
  assert.deepEqual(await post(url, ORDER), { status: 204, text: "" });
  const [order, ...more] = taken();
  assertEvent(order);
  const { id, source, data } = order;
  assert.deepEqual(
    [id, source, data.status.now, data.payload],
    ["e-1", "/hooks/wakilni", "delivered", ORDER],
  );
  assert.deepEqual(more, []);

  // Bytes that no text holds are kept, also without a content type.
  assert.equal((await post(url, LATIN1, wakilni(SECRET, LATIN1))).status, 204);
  assert.deepEqual(
    taken().map(({ data }) => data.payload_base64),
    [LATIN1.toString("base64")],
  );

  assert.deepEqual(await post(url, `${ORDER} `, signed(ORDER)), {
    status: 401,
    text: "signature_mismatch",
  });
  assert.deepEqual(await post(url, ORDER, {}), { status: 401, text: "missing_signature" });
  assert.deepEqual(await post(url, "", {}), { status: 401, text: "missing_signature" });
  if (limit) assert.equal((await post(url, OVER_1_MIB)).status, 413);
  else
    assert.deepEqual(await (byHead ? postHead(url, 4_194_305) : post(url, OVER_4_MIB)), {
      status: 401,
      text: "body_too_large",
    });
  assert.deepEqual(taken(), []);

  const failed = await post(url, LOST);
  assert.equal(failed.status, 500);
  assert.doesNotMatch(failed.text, /db\.internal|orders\.js/);
}

describe("the examples", () => {
  const node = process.execPath;
  const [, deno] = README.match(/^```sh\ndeno (run .*)$/m);
  const servers = {
    "http.js": { command: node, args: ["http.js"], limit: true },
    "express.js": {
      command: node,
      args: ["express.js"],
      limit: true,
      env: { NODE_ENV: "production" },
    },
    "hono.js": { command: node, args: ["hono.js"], limit: true },
    "deno.js": { command: join(CONSUMERS, "deno"), args: deno.split(" ") },
    "bun.js": { command: join(CONSUMERS, "bun"), args: ["bun.js"], limit: true },
  };

  for (const [name, { command, args, limit, env }] of Object.entries(servers)) {
    test(name, async () => {
      writeExample(name);
      const program = await serve(command, () => args, {
        cwd: project.folder,
        env: environment(env),
      });
      try {
        await holds(`${program.origin}/hooks/wakilni`, { limit });
        await program.output.until((line) => line.includes("db.internal"));
      } finally {
        await program.stop();
      }
    });

    test(`${name} does not start without its secret`, async () => {
      writeExample(name);
      const { status, stderr } = await run(command, args, {
        env: { WAKILNI_SECRET: undefined, PORT: "0" },
      });
      assert.notEqual(status, 0);
      assert.match(stderr, /`secrets` is undefined: the variable it came from is not set/);
    });
  }

  // Next.js takes the longest by far: it builds beside the other tests, and is tested last.
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
    const ofGooten = block("route.js").replace(/^ *const event = .*\n/m, block("gooten.js"));
    for (const [path, route] of [
      ["wakilni", block("route.js")],
      ["gooten/[token]", ofGooten],
    ]) {
      writeExample(`${app}/app/hooks/${path}/route.js`, route);
      writeExample(`${app}/app/hooks/${path}/orders.js`, orders());
    }
    const [, setting] = README.match(
      /`next build --webpack` needs `([^`]+)` in `next\.config\.js`/,
    );
    if (bundler === "webpack")
      writeExample(`${app}/next.config.js`, `export default { ${setting} };`);
    const cwd = join(project.folder, app);
    return run(join(CONSUMERS, "next"), ["build", ...BUNDLERS[bundler]], {
      cwd,
      env: { NODE_ENV: undefined },
    });
  }

  test("worker.js, in workerd", async () => {
    writeExample("worker.js");
    const modules = await bundle(project, "worker.js");
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
      await holds(await miniflare.unsafeGetDirectURL("set"), { byHead: true });
      assert.equal((await post(await miniflare.unsafeGetDirectURL("unset"), ORDER)).status, 500);
    } finally {
      await miniflare.dispose();
    }
  });

  test("lambda.js", async () => {
    writeExample("lambda.js");
    process.env.WAKILNI_SECRET = SECRET;
    const { handler } = await import(pathToFileURL(join(project.folder, "lambda.js")));
    delete process.env.WAKILNI_SECRET;
    const given = JSON.parse(text("readme/function-url.json"));
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
    await assert.rejects(invoke(LOST, signed(LOST)), { message: /db\.internal/ });
    assert.deepEqual(taken(), []);
  });

  test("lambda.test.js", async () => {
    for (const name of ["lambda.js", "lambda.test.js"]) writeExample(name);
    // Node's runner behaves otherwise below another.
    const { status, stdout, stderr } = await run(node, ["--test", "lambda.test.js"], {
      env: { NODE_TEST_CONTEXT: undefined },
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^. pass 1$/m);
    assert.deepEqual(
      taken().map(({ id }) => id),
      ["e-2"],
    );
  });

  const page = block("page.html");
  if (chromium())
    test("page.html, in Chromium", async () => {
      writeExample("page.html", page);
      const server = createServer(sendFile).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { chromium: driver } = createRequire(file("../consumers/package.json"))(
        "playwright-core",
      );
      const browser = await driver.launch({ executablePath: chromium(), args: CHROMIUM_ARGS });
      try {
        const page = await browser.newPage();
        const complaints = [];
        page.on("console", (message) => complaints.push(message.text()));
        page.on("pageerror", (error) => complaints.push(error.message));
        await page.goto(`http://127.0.0.1:${server.address().port}/page.html`);
        await page.fill("textarea", ORDER);
        const event = JSON.parse(await page.textContent("pre"));
        assertEvent(event);
        const hash = createHash("sha256").update(ORDER).digest("hex");
        assert.deepEqual(
          [event.id, event.data.authenticity, event.data.status.now],
          [`e-1:${hash}`, "unverified", "delivered"],
        );
        assert.deepEqual(complaints, []);
      } finally {
        await browser.close();
        server.closeAllConnections();
        server.close();
      }
    });

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
    response.end(readFileSync(join(project.folder, url)));
  }

  // The output of an example is in comments after its `console.log`s.
  const printed = (name) =>
    [...block(name).matchAll(/^console\.log.*\n\/\/ (.*)$/gm)].map(([, line]) => line);

  for (const name of ["first.js", "explain.js", "definition.js"]) {
    test(`${name} prints what it says`, async () => {
      writeExample(name);
      const { status, stdout, stderr } = await run(node, [name]);
      assert.equal(status, 0, stderr);
      const lines = stdout.trimEnd().split("\n");
      assert.deepEqual(lines.slice(0, printed(name).length), printed(name));
      assert.equal(lines.length, block(name).match(/^console\.log/gm).length);
    });
  }

  test("secrets.js, with both secrets, one, and none", () => {
    const secrets = new Function("process", `${block("secrets.js")} return secrets;`);
    assert.deepEqual(secrets({ env: { WAKILNI_SECRET: "new", WAKILNI_SECRET_OLD: "old" } }), [
      "new",
      "old",
    ]);
    assert.deepEqual(secrets({ env: { WAKILNI_SECRET: "new" } }), ["new"]);
    const none = { provider: "wakilni", secrets: secrets({ env: {} }) };
    assert.throws(() => new orderhook.Verifier(none), { code: "source_not_configured" });
  });

  test("events.sql keeps an event once", async () => {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(":memory:");
    const [create, insert] = block("events.sql").trim().split("\n");
    database.exec(create);
    const statement = database.prepare(insert);
    const keys = [
      ["/hooks/a", "1"],
      ["/hooks/a", "1"],
      ["/hooks/b", "1"],
    ];
    assert.deepEqual(
      keys.map((key) => statement.run(...key, "{}").changes),
      [1, 0, 1],
    );
  });

  test("event.json is the first example's event", () => {
    const [, body] = block("first.js").match(/^const body = '(.*)';$/m);
    const now = new Date("2026-01-02T12:00:00Z");
    const headers = wakilni("s", body);
    const event = orderhook.receive({ provider: "wakilni", secrets: "s", headers, body, now });
    assert.deepEqual(JSON.parse(block("event.json")), event);
  });

  test("the command's lines", async () => {
    writeExample("http.js");
    writeExample("body.json", ORDER);
    const head = Object.entries(signed(ORDER))
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    writeExample("captured.http", `POST /hooks/wakilni HTTP/1.1\r\n${head}\r\n${ORDER}`);
    const program = await serve(node, () => ["http.js"], {
      cwd: project.folder,
      env: environment(),
    });
    try {
      const lines = block("command.sh").trim().split("\n");
      assert.equal(lines.length, 5);
      for (const line of lines) {
        const [npx, command, ...args] = line
          .replace("http://localhost:3000", program.origin)
          .split(" ");
        assert.deepEqual([npx, command], ["npx", "orderhook"]);
        const { status, stderr } = await run(
          join(project.folder, "node_modules/.bin/orderhook"),
          args,
        );
        assert.equal(status, 0, `${line}\n${stderr}`);
      }
      assert.equal(taken().length, 1);
    } finally {
      await program.stop();
    }
  });

  test("captured.sh and capture.js make deliveries that verify", async () => {
    const verify = [
      "verify",
      "captured.http",
      "--provider",
      "wakilni",
      "--secret-env",
      "WAKILNI_SECRET",
    ];
    const verifies = async () => {
      const { status, stdout, stderr } = await run(
        join(project.folder, "node_modules/.bin/orderhook"),
        verify,
      );
      assert.equal(status, 0, stdout + stderr);
      assert.equal(stderr, "");
    };
    const { status, stderr } = await run("sh", [
      "-c",
      block("captured.sh").replace("npx ", "node_modules/.bin/"),
    ]);
    assert.equal(status, 0, stderr);
    await verifies();

    assert.ok(block("capture.js").trimEnd().split("\n").length <= 8);
    writeExample("capture.js");
    const program = await serve(node, () => ["capture.js"], {
      cwd: project.folder,
      env: environment(),
    });
    try {
      for (const body of [ORDER, LATIN1, OVER_1_MIB]) {
        assert.equal((await post(`${program.origin}/hooks/wakilni`, body)).status, 503);
        await verifies();
        assert.ok(
          readFileSync(join(project.folder, "captured.http"))
            .subarray(-body.length)
            .equals(Buffer.from(body)),
        );
      }
    } finally {
      await program.stop();
    }
  });

  for (const bundler of Object.keys(BUNDLERS)) {
    test(`route.js and gooten.js, with Next.js and ${bundler}`, async () => {
      const { status, stdout, stderr } = await builds[bundler];
      assert.equal(status, 0, stdout + stderr);
      const cwd = join(project.folder, `next-${bundler}`);
      const env = environment({ GOOTEN_TOKEN: TOKEN, NODE_ENV: undefined });
      const args = (port) => ["start", "-H", "127.0.0.1", "-p", String(port)];
      const program = await serve(join(CONSUMERS, "next"), args, { cwd, env });
      try {
        await holds(`${program.origin}/hooks/wakilni`);
        await holdsForGooten(`${program.origin}/hooks/gooten`);
        await program.output.until((line) => line.includes("db.internal"));
      } finally {
        await program.stop();
      }
    });
  }

  async function holdsForGooten(url) {
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

describe("the tables", () => {
  const { Verifier, providers } = orderhook;
  const inCode = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);

  /** The rows under this head, as lists of cells. */
  function table(head) {
    const lines = README.split("\n");
    const first = lines.indexOf(head);
    assert.notEqual(first, -1, `pkg/README.md has no table "${head}"`);
    const rows = lines.slice(first + 2);
    const length = rows.findIndex((line) => !line.startsWith("|"));
    return rows.slice(0, length).map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }

  const firsts = (head) => table(head).map(([cell]) => inCode(cell)[0]);

  /** The members of a union of the types. */
  function members(name) {
    const [, parts] = TYPES.match(new RegExp(`type ${name} =([^;]*);`));
    return [...parts.matchAll(/"(\w+)"|(\w+Code)/g)].flatMap(
      ([, word, union]) => word ?? members(union),
    );
  }

  function properties(name) {
    const [, content] = TYPES.match(new RegExp(`interface ${name}(?:<.*>)? {([^}]*)}`));
    return [...content.matchAll(/^ {2}(\w+)\??:/gm)].map(([, property]) => property);
  }

  test("every export", () => {
    const names = firsts("| | |").map((call) => call.replace("new ", "").replace(/\(.*/, ""));
    assert.deepEqual(names.sort(), Object.keys(orderhook).sort());
  });

  test("every option of an account and of a delivery", () => {
    assert.deepEqual(firsts("| account | |"), properties("Account"));
    assert.deepEqual(firsts("| delivery | |"), properties("Delivery"));
  });

  test("every code, those of a delivery first", () => {
    const codes = firsts("| `error.code` | what it means | what to do |");
    assert.match(README, /^The first eight refuse a delivery\./m);
    assert.deepEqual(codes.slice(0, 8), [...members("RefusalCode"), "body_too_large"]);
    assert.deepEqual(codes.sort(), members("Code").sort());
  });

  const PROVIDERS = "| provider | `authenticates` | `secret` | needs |";

  test("every provider", () => {
    const stated = table(PROVIDERS).flatMap(([names, ...row]) =>
      inCode(names).map((name) => [
        name,
        ...row.slice(0, 2).map((cell) => inCode(cell)[0] ?? null),
      ]),
    );
    const known = providers().map(({ name, authenticates, secret }) => [
      name,
      authenticates,
      secret,
    ]);
    assert.deepEqual(stated.sort(), known.sort());
  });

  test("the settings that suffice for each provider", () => {
    const rows = table(PROVIDERS).flatMap(([names, , , needs]) =>
      inCode(names).map((name) => [name, needs]),
    );
    for (const [provider, needs] of rows) {
      const { secret, token, url } = JSON.parse(text(`../../providers/${provider}/events.json`));
      const settings = { secrets: secret ?? "s", token: token ?? "t" };
      const enough = Object.keys(settings).filter((key) =>
        holdsTogether({ provider, registeredUrl: url, [key]: settings[key] }),
      );
      const both =
        enough.length === 0 && holdsTogether({ provider, registeredUrl: url, ...settings });
      assert.deepEqual(
        both ? Object.keys(settings) : enough,
        inCode(needs).filter((word) => word in settings),
        provider,
      );
    }
  });

  function holdsTogether(account) {
    try {
      return new Verifier(account) instanceof Verifier;
    } catch ({ code }) {
      assert.equal(code, "source_not_configured");
      return false;
    }
  }
});

describe("the rest", () => {
  test("a body of 4 MiB is read, and the module is as small as stated", () => {
    const body = '{"event_id":"e-1","event":"Order Created","data":{"order_id":1}}'.padEnd(
      4_194_304,
    );
    const event = orderhook.receive({
      provider: "wakilni",
      secrets: SECRET,
      headers: wakilni(SECRET, body),
      body,
    });
    assert.equal(event.data.payload, body);
    const [, most] = README.match(/module is less than (\d+) KB/);
    assert.ok(
      gzipSync(readFileSync(file("../../pkg/dist/orderhook_bg.wasm")), { level: 9 }).length <
        most * 1000,
    );
  });

  test("a URL may be given from its path on", () => {
    const body = '{"Id":"7-1","Items":[{"Sku":"EX-1","Quantity":1,"Status":"Shipped"}]}';
    const url = `/hooks/gooten/${TOKEN}?orderid=77`;
    const { data } = orderhook.receive({
      provider: "gooten",
      token: TOKEN,
      headers: {},
      url,
      body,
    });
    assert.deepEqual([data.authenticity, data.order.url_order_id], ["url_token", "77"]);
  });

  test("every link inside leads somewhere", () => {
    const anchor = (heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-");
    const anchors = [...README.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading));
    const links = [...README.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
    assert.ok(links.length > 8);
    assert.deepEqual(
      links.filter((link) => !anchors.includes(link)),
      [],
    );
  });

  test("it is small: every installation downloads it", () =>
    assert.ok(Buffer.byteLength(README) < 27_500));

  test("no example is left untested", () => {
    const unmarked = FENCES.filter(([, name, language]) => !name && language !== "sh").map(
      ([, , , content]) => content,
    );
    assert.deepEqual([...unmarked, ...unused], []);
  });
});
