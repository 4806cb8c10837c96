// The command in the folder of a wrangler project: the values that it reads there, and its errors for missing ones.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ACCOUNT, QueuesApi, TOKEN as API_TOKEN } from "../support/queues-api.js";
import * as sign from "../support/sign.js";

const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const COMMAND = inRoot("pkg/cli/orderhook.js");

const SECRET = "project-secret-4e8d0f72a6";
const OTHER = "project-other-secret-91bb";
const TOKEN = "project-token-d07c5A";
const VARIABLES = `WEGOCOD_SECRET=${SECRET}\nUP42_SECRET='${SECRET}'\nUP42_TOKEN=${TOKEN} # of it\n`;

const WORKER = `
name = "orderhook"
compatibility_date = "2026-10-19"
[vars.SOURCES]
paris = { provider = "wegocod", secrets = ["WEGOCOD_SECRET"] }
lyon = { provider = "wegocod", secrets = ["LYON_SECRET"] }
satellite = { provider = "up42", secrets = ["UP42_SECRET"], token = "UP42_TOKEN" }
riyadh = { provider = "salla", scheme = "token", secrets = ["WEGOCOD_SECRET"] }
[[queues.producers]]
binding = "EVENTS"
queue = "orderhook-events"
`;

const all = mkdtempSync(join(tmpdir(), "orderhook-project-"));
after(() => rmSync(all, { recursive: true, force: true }));

/** Makes a project of these files, and of these packages of the clone's. */
function project(files, ...packages) {
  const folder = mkdtempSync(join(all, "p-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const name of packages)
    symlinkSync(inRoot(`node_modules/${name}`), join(folder, "node_modules", name), "junction");
  return folder;
}

/** Runs the command in a folder, and returns its exit code and what it printed. */
async function orderhook(folder, args, env = {}) {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: { ...process.env, OTHER, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.err += text));
  const [code] = await once(child, "close");
  for (const hidden of [SECRET, OTHER, TOKEN, API_TOKEN])
    assert.ok(!`${output.out}${output.err}`.includes(hidden), `a secret is printed by: ${args[0]}`);
  return { code, ...output };
}

/** Asserts that a command cannot be run there, and what it says. */
async function refused(folder, args, said, env) {
  const { code, out, err } = await orderhook(folder, args, env);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, said);
  assert.doesNotMatch(err, /^\s+at /m, "no stack");
}

describe("send", () => {
  const taken = [];
  let server;
  let url;
  let folder;
  before(async () => {
    server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      taken.push({ path: request.url, headers: request.headers, body });
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${server.address().port}`;
    folder = project({ "wrangler.toml": WORKER, ".dev.vars": VARIABLES }, "smol-toml");
  });
  after(() => server.close());
  beforeEach(() => void taken.splice(0));

  /** Sends a delivery. Returns the path, and whether WeGoCod's signature is that of the secret. */
  async function sent(args, { at = folder, secret = SECRET } = {}) {
    const { code, err } = await orderhook(at, ["send", ...args]);
    assert.deepEqual([code, err, taken.length], [0, "", 1]);
    const [{ path, headers, body }] = taken;
    const { "x-webhook-signature": signature } = sign.wegocod(secret, body);
    return { path, isSigned: headers["x-webhook-signature"] === signature };
  }

  test("a provider's first source gives the address and the secret", async () => {
    assert.deepEqual(await sent(["wegocod", "delivered", "--url", url]), {
      path: "/hooks/paris",
      isSigned: true,
    });
  });

  test("without --url, the address is that of wrangler dev", async () => {
    const { out } = await orderhook(folder, ["send", "wegocod", "delivered", "--json"]);
    assert.equal(JSON.parse(out).url, "http://localhost:8787/hooks/paris");
  });

  for (const words of [
    ["delivered"],
    ["--event", "delivered"],
    ["wegocod", "delivered"],
    ["wegocod", "--status", "delivered"],
    ["delivered", "--provider", "wegocod"],
  ]) {
    test(`a source by its name, and ${words.join(" ")}`, async () => {
      const { path } = await sent([...words, "--source", "paris", "--url", url]);
      assert.equal(path, "/hooks/paris");
      assert.match(taken[0].body.toString(), /"new_status":"delivered"/);
    });
  }

  test("a source's token is the end of its address", async () => {
    const args = ["send", "--source", "satellite", "fulfilled", "--url", url];
    assert.equal((await orderhook(folder, args)).code, 0);
    assert.equal(taken[0].path, `/hooks/satellite/${TOKEN}/`);
    assert.ok(taken[0].headers.signature);
  });

  test("a source's scheme proves the delivery, unless another one is named", async () => {
    const args = ["send", "salla", "shipment", "--url", url];
    for (const more of [[], ["--scheme", "signature"]])
      assert.equal((await orderhook(folder, [...args, ...more])).code, 0);
    const [{ path, headers }, signed] = taken;
    assert.deepEqual([path, headers.authorization], ["/hooks/riyadh", `Bearer ${SECRET}`]);
    assert.match(signed.headers["x-salla-signature"], /^sha256=[0-9a-f]{64}$/);
    assert.equal(signed.headers.authorization, undefined);
  });

  test("typed options win over .dev.vars", async () => {
    const args = ["wegocod", "delivered", "--secret-env", "OTHER", "--url", url];
    assert.equal((await sent(args, { secret: OTHER })).isSigned, true);
  });

  test("an address with a path is posted to as it stands, with a secret of its own", async () => {
    const there = ["wegocod", "delivered", "--url", `${url}/mine`];
    assert.deepEqual(await sent([...there, "--secret-env", "OTHER"], { secret: OTHER }), {
      path: "/mine",
      isSigned: true,
    });
    await refused(folder, ["send", ...there], /wegocod signs what it sends: give --secret-env/);
  });

  test("an address with a path, and a source's secret", async () => {
    const args = ["delivered", "--source", "paris", "--url", `${url}/mine`];
    assert.deepEqual(await sent(args), { path: "/mine", isSigned: true });
  });

  test("a Worker without sources is left alone, and its file unread", async () => {
    const at = project({ "wrangler.toml": 'name = "shop"\n[' });
    const args = ["wegocod", "delivered", "--secret-env", "OTHER"];
    assert.equal((await sent([...args, "--url", url], { at, secret: OTHER })).path, "/");
    await refused(
      at,
      ["send", ...args],
      /^Give the address with --url, .*, or run it in your Worker's/,
    );
    await refused(
      at,
      ["send", ...args, "--source", "paris"],
      /^--source names a source of an orderhook Worker, and there is no Worker with sources in /,
    );
  });

  test("wrangler alone reads a configuration that only wrangler understands", async () => {
    const SOURCES = { paris: { provider: "wegocod", secrets: "WEGOCOD_SECRET" } };
    const files = {
      "wrangler.jsonc": `// a comment\n${JSON.stringify({ name: "orderhook", vars: { SOURCES } })}`,
      ".dev.vars": VARIABLES,
    };
    const at = project(files, "wrangler");
    assert.equal((await sent(["wegocod", "delivered", "--url", url], { at })).path, "/hooks/paris");
  });

  test("without wrangler: it reports that, and sends deliveries that do not need it", async () => {
    const at = project({ "wrangler.toml": WORKER });
    const args = ["wegocod", "delivered", "--secret-env", "OTHER"];
    await refused(at, ["send", ...args], WITHOUT_WRANGLER);
    const { path } = await sent([...args, "--url", `${url}/mine`], { at, secret: OTHER });
    assert.equal(path, "/mine");
  });

  test("options that do not fit", async () => {
    const to = ["--url", url];
    const fails = (args, said) => refused(folder, ["send", ...args, ...to], said);
    await fails(
      ["delivered", "--source", "pariss"],
      /^There is no source "pariss" in wrangler\.toml\. Did you mean paris\? There are paris, lyon, satellite, riyadh\.$/m,
    );
    await fails(
      ["up42", "fulfilled", "--source", "paris"],
      /^The source "paris" is one of wegocod, not of up42\.$/m,
    );
    await fails(["--source", "paris"], /^Name an event of wegocod\. There are:/);
    await fails(
      ["delivered", "--source", "lyon"],
      /^The source "lyon" has no secret here: LYON_SECRET is not in \.dev\.vars\. Give one with --secret-env/,
    );
    await fails(
      ["wegocod", "delivered", "--source", "pari"],
      /^The source "pari" has no secret here: it is not in wrangler\.toml\. Did you mean paris\? Give one/,
    );
    await fails(["wakilni", "created"], /^wakilni signs what it sends: give --secret-env/);
  });

  test("a file that cannot be read", async () => {
    for (const name of ["smol-toml", "wrangler"]) {
      const at = project({ "wrangler.toml": 'name = "x"\n[vars.SOURCES\n' }, name);
      await refused(
        at,
        ["send", "wegocod", "delivered"],
        /^wrangler\.toml cannot be read \(line 2\)\. npx wrangler deploy --dry-run says why\.$/m,
      );
    }
  });
});

const WITHOUT_WRANGLER =
  /^This needs a current wrangler in \S+\. Run there: npm install --save-dev wrangler@latest$/m;

describe("dead-letters", () => {
  const CONSUMER = `
name = "shop"
compatibility_date = "2026-10-19"
[[queues.consumers]]
queue = "orders"
dead_letter_queue = "lost-orders"
`;

  test("in the consumer's folder, its queues are those that it consumes", async (test) => {
    const api = await new QueuesApi().listen();
    test.after(() => api.stop());
    api.reset("orders", "lost-orders");
    api.put("lost-orders", "a text", { type: "text" });
    const { code, out } = await orderhook(
      project({ "wrangler.toml": CONSUMER }, "smol-toml"),
      ["dead-letters", "requeue", "--all", "--remote"],
      {
        CLOUDFLARE_API_BASE_URL: api.base,
        CLOUDFLARE_API_TOKEN: API_TOKEN,
        CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      },
    );
    assert.equal(code, 0);
    assert.match(out, /^Put back into orders, and taken off lost-orders: 1$/m);
    assert.deepEqual([api.texts("lost-orders"), api.texts("orders")], [[], ["a text"]]);
  });

  test("without kept dead letters, it says how to keep them", async () => {
    const folder = project({ "wrangler.toml": CONSUMER }, "smol-toml");
    await refused(
      folder,
      ["dead-letters", "--local"],
      /^There is no \S+api\.json\. npx orderhook dead-letters keep, beside/,
    );
  });

  test("without names of the queues", async () => {
    const two = CONSUMER + CONSUMER.slice(CONSUMER.indexOf("[[")).replaceAll("order", "parcel");
    for (const text of ['name = "x"', two])
      await refused(
        project({ "wrangler.toml": text }, "smol-toml"),
        ["dead-letters", "--local"],
        /^wrangler\.toml names no queues: it has neither a producer EVENTS nor one consumer with/,
      );
  });

  test("without a configuration, and without wrangler", async () => {
    const missing = /^There is no wrangler\.toml in \S+\. Run this in your Worker's folder\.$/m;
    await refused(project({}), ["dead-letters", "--remote"], missing);
    for (const args of [["--local"], ["keep"], ["--remote"]])
      await refused(
        project({ "wrangler.toml": CONSUMER }),
        ["dead-letters", ...args],
        WITHOUT_WRANGLER,
      );
  });

  test("with a wrangler that cannot keep them", async () => {
    const wrangler = (node) => JSON.stringify({ version: "3.0.0", engines: { node } });
    const old = {
      "wrangler.toml": CONSUMER,
      "node_modules/wrangler/package.json": wrangler(">=16.0.0"),
      "node_modules/miniflare/package.json": JSON.stringify({ version: "4.20250101.0" }),
    };
    await refused(project(old, "smol-toml"), ["dead-letters", "keep"], WITHOUT_WRANGLER);
    const late = { ...old, "node_modules/wrangler/package.json": wrangler(">=99.0.0") };
    await refused(
      project(late, "smol-toml"),
      ["dead-letters", "keep"],
      /^Wrangler needs Node 99 or later; this is [\d.]+\.$/m,
    );
  });
});
