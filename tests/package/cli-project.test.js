// The command in the folder of a wrangler project: what it takes from there, and what it says where something is missing.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ACCOUNT, QueuesApi, TOKEN as API_TOKEN } from "../support/queues-api.js";

const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const COMMAND = inRoot("pkg/cli/orderhook.js");

const SECRET = "project-secret-4e8d0f72a6";
const OTHER = "project-other-secret-91bb";
const TOKEN = "project-token-d07c5A";

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

  test("where nothing is kept, it says how to keep it", async () => {
    const folder = project({ "wrangler.toml": CONSUMER }, "smol-toml");
    await refused(
      folder,
      ["dead-letters"],
      /^There is no \S+api\.json\. Are the dead letters kept\? npx orderhook dead-letters keep does it, beside/,
    );
  });

  test("where the queues are not named", async () => {
    const two = CONSUMER + CONSUMER.slice(CONSUMER.indexOf("[[")).replaceAll("order", "parcel");
    for (const text of ['name = "x"', two])
      await refused(
        project({ "wrangler.toml": text }, "smol-toml"),
        ["dead-letters"],
        /^Which queues\? wrangler\.toml has neither a producer EVENTS nor one consumer with/,
      );
  });

  test("without a configuration, and without wrangler", async () => {
    const missing = /^There is no wrangler\.toml in \S+\. Run this in your Worker's folder\.$/m;
    await refused(project({}), ["dead-letters", "--remote"], missing);
    for (const args of [[], ["keep"], ["--remote"]])
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
