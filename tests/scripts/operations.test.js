// The steps of docs/operations.md that go back in time: their order loses nothing, and wrangler takes their commands.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inRoot } from "../../scripts/setup.js";
import { ApiServer } from "../support/api-server.js";
import { page } from "../support/readme.js";
import { DEAD_LETTER_QUEUE, EVENTS_QUEUE } from "../support/settings.js";

const [, STEPS] = page("docs/operations.md").match(/^## Go back in time\n(.*?)^## /ms);
const README = page("examples/restore/README.md");
const QUEUES = [EVENTS_QUEUE, DEAD_LETTER_QUEUE];

/** The part of Cloudflare's API that pauses a queue. */
class PausingApi extends ApiServer {
  paused = {};

  serve({ method, url }, response, body) {
    const { pathname, searchParams } = new URL(url, this.origin);
    const name = searchParams.get("name");
    const result = method === "GET" ? [{ queue_id: `id-${name}`, queue_name: name }] : {};
    if (method !== "GET") this.#change(pathname.split("/").at(-1), JSON.parse(body.toString()));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  }

  #change(id, { queue_name: name, settings }) {
    assert.equal(id, `id-${name}`);
    this.paused[name] = settings.delivery_paused;
  }
}

describe("going back in time", () => {
  const api = new PausingApi();
  const home = mkdtempSync(join(tmpdir(), "orderhook-operations-"));
  before(() => api.listen());
  after(() => {
    api.stop();
    rmSync(home, { recursive: true });
  });

  /** Runs a line `npx wrangler …` with the wrangler of the project. */
  async function run(line) {
    const args = line.split(" ").slice(2);
    const child = spawn(
      process.execPath,
      [inRoot("node_modules/wrangler/bin/wrangler.js"), ...args],
      {
        cwd: home,
        env: {
          ...process.env,
          ...{ HOME: home, XDG_CONFIG_HOME: home, CI: "true", WRANGLER_SEND_METRICS: "false" },
          ...{
            CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
            CLOUDFLARE_API_TOKEN: "t",
          },
          CLOUDFLARE_API_BASE_URL: `${api.origin}/client/v4`,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (printed += text));
    const [code] = await once(child, "close");
    assert.equal(code, 0, `${line}\n${printed}`);
  }

  const linesOf = (text, action) =>
    text.match(new RegExp(`npx wrangler queues ${action}-delivery .*$`, "gm")) ?? [];

  test("pauses the queues before anything is saved, and resumes them after the restore", () => {
    const places = [
      ...linesOf(STEPS, "pause"),
      "npx orderhook export events",
      "npx orderhook dead-letters --show --json >",
      "npx orderhook dead-letters requeue --all",
      "curl -X POST http://localhost:8787",
      ...linesOf(STEPS, "resume"),
      "/messages/batch",
    ].map((line) => STEPS.indexOf(line));
    assert.equal(places.length, 9);
    assert.ok(!places.includes(-1), `${places}`);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  test("wrangler takes the commands, which pause and resume both queues", async () => {
    for (const [action, paused] of [
      ["pause", true],
      ["resume", false],
    ]) {
      for (const line of linesOf(STEPS, action)) await run(line);
      assert.deepEqual(api.paused, Object.fromEntries(QUEUES.map((queue) => [queue, paused])));
    }
  });

  test("the example has the same commands", () => {
    for (const action of ["pause", "resume"])
      assert.deepEqual(linesOf(README, action), linesOf(STEPS, action));
  });
});
