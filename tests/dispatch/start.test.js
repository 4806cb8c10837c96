// `npm start`: both Workers with their addresses; what is in the journals is there the next time, even if everything was killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { localSecrets } from "../../pkg/cli/project.js";
import { names } from "../../scripts/lib/catalogue.js";
import { capture } from "../../scripts/lib/command.js";
import { localReceiver } from "../../scripts/lib/local-sources.js";
import { Journal } from "../support/journal.js";
import { freePort } from "../support/port.js";
import * as sign from "../support/sign.js";
import { exchange, parsed } from "../support/workerd.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "npm-start-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const ENVIRONMENT = { ...process.env, WRANGLER_REGISTRY_PATH: join(folder, "registry") };

/** Starts it, in a process group of its own, and waits until it says that both are ready. */
async function npmStart(ports) {
  const output = new Journal("line of npm start's");
  const [port, dispatchPort] = ports;
  const args = ["--port", port, "--dispatch-port", dispatchPort, "--inspector-port", 0];
  const child = spawn(
    process.execPath,
    [join(ROOT, "scripts/start.js"), ...args, "--persist-to", join(folder, "state")].map(String),
    {
      cwd: ROOT,
      detached: true,
      env: ENVIRONMENT,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const ended = once(child, "close");
  const ready = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        output.add(line);
        if (line.startsWith("orderhook is ready on ")) resolve(line);
      });
  });
  const failed = ended.then(() => assert.fail(output.entries.join("\n")));
  failed.catch(() => {});
  const line = await Promise.race([ready, failed]);
  return {
    line,
    output,
    ended,
    lines: () => output.entries.map(parsed).filter((line) => line?.at !== undefined),
    stop: (signal) => process.kill(-child.pid, signal),
  };
}

describe("npm start", () => {
  const agent = new http.Agent({ keepAlive: false });
  let ports;
  let secrets;
  let running;
  // It builds what has changed, which may take longer than anything else here.
  before(
    async () => {
      ports = [await freePort(), await freePort()];
      running = await npmStart(ports);
      secrets = localSecrets(ROOT);
    },
    { timeout: 900_000 },
  );
  after(async () => {
    running.stop("SIGINT");
    await running.ended;
    agent.destroy();
  });

  const ask = (which, request) =>
    exchange(new URL(`http://localhost:${ports[which]}`), agent, request);
  const deliver = (id) => {
    const body = JSON.stringify({
      event_id: id,
      event: "Order Confirmed",
      data: { order_id: `order-${id}` },
    });
    const headers = sign.wakilni(secrets.get("WAKILNI_SECRET"), body);
    return ask(0, { method: "POST", path: "/hooks/wakilni", body, headers });
  };
  const api = (path) =>
    ask(1, { path, headers: { authorization: `Bearer ${secrets.get("DISPATCH_TOKEN")}` } });
  /** Returns the ids of all events that are in the journals. */
  async function journaled() {
    const ids = [];
    let cursor = "";
    do {
      const { json } = await api(`/v1/events?limit=200${cursor}`);
      ids.push(...json.events.map(({ event }) => event.id));
      cursor = json.next === null ? undefined : `&cursor=${json.next}`;
    } while (cursor !== undefined);
    return ids;
  }

  test("says both addresses, what to try, and where to look", async () => {
    const [receiver, dispatch] = ports.map((port) => `http://localhost:${port}`);
    assert.ok(
      running.line.startsWith(
        `orderhook is ready on ${receiver}, and dispatch on ${dispatch}, after `,
      ),
      running.line,
    );
    const lists = [
      [/a day of a small shop/, /sign a delivery/, /every provider and event/],
      [/where each order/, /events, as they come/, /the messages that/, /"ok", or/],
    ];
    for (const list of lists) {
      const lines = await Promise.all(
        list.map((what) => running.output.until((line) => what.test(line))),
      );
      const columns = lines.map((line, at) => line.search(list[at]));
      assert.deepEqual(columns, Array(list.length).fill(columns[0]));
    }
    const allowed = await running.output.until((line) => line.includes("may post events to"));
    const own = secrets.get("LOCAL_ENDPOINTS")?.split(/[\s,]+/) ?? [];
    const all = [...own, `127.0.0.1:${ports[1] + 2} for the demo.`].join(", ");
    assert.ok(allowed.endsWith(` to ${all}`), allowed);
  });

  test("says last where the console is, with a link that signs in once", async () => {
    const dispatch = `http://localhost:${ports[1]}`;
    const said = await running.output.until((line) => line.includes("#code="));
    const [, link, code] = said.match(/^ {2}(\S+)#code=([\w-]{43})$/) ?? [];
    assert.equal(link, `${dispatch}/console/`);
    const page = await ask(1, { path: "/console/" });
    assert.equal(page.status, 200);
    assert.match(page.headers["content-security-policy"], /^default-src 'none'; script-src 'self'/);
    const headers = { origin: dispatch, "content-type": "application/json" };
    const signIn = { method: "POST", path: "/v1/session", body: JSON.stringify({ code }), headers };
    const { status, headers: set } = await ask(1, signIn);
    assert.equal(status, 200);
    const [cookie] = set["set-cookie"][0].split(";");
    assert.equal((await ask(1, { path: "/v1/session", headers: { cookie } })).status, 200);
    assert.equal((await ask(1, signIn)).status, 401);
  });

  test("a delivery is an event in the journal, which it shows; and the sources are known", async () => {
    assert.equal((await deliver("first")).status, 202);
    await running.output.until(
      (line) => parsed(line)?.at === "event" && parsed(line).id === "first",
    );
    assert.deepEqual(await journaled(), ["first"]);
    const { json } = await api("/v1/sources");
    assert.equal(json.receiver.error, null);
    assert.equal(json.sources.find(({ name }) => name === "wakilni").ready, true);
  });

  test("the demo's day of every provider ends as it should", { timeout: 900_000 }, async () => {
    const [url, dispatch] = ports.map((port) => `http://localhost:${port}`);
    const { status, stdout, stderr } = await capture(
      process.execPath,
      [
        ...[join(ROOT, "scripts/demo.js"), "--url", url, "--dispatch", dispatch],
        ...["--seconds", "0", "--seed", "1"],
      ],
      { env: ENVIRONMENT },
    );
    assert.equal(status, 0, stdout + stderr);
    for (const source of names())
      assert.match(
        stdout,
        new RegExp(`^\\d\\d:\\d\\d  (${source}|shop) .*  (accepted|taken)$`, "m"),
      );
    for (const source of ["gooten", "shop", "up42", "wakilni", "wegocod"])
      assert.match(stdout, new RegExp(`^  ${source} .* delivered +\\d events `, "m"));
    for (const part of [
      /^ +\d+ +duplicate$/m,
      /^ {2}shop .* twenty minutes ago +401 timestamp_out_of_tolerance /m,
      /^ {2}gooten .* guesses the token .* 404 not_found /m,
      /out_of_order/,
      /^ {2}http:\S+\/shop +\d+ posts, \d+ events, 0 not verified +active$/m,
      /^ {2}http:\S+\/accounting +answered \d times 500, \d+ times 410; \d+ are held +disabled/m,
    ])
      assert.match(stdout, part);
    const local = await localReceiver(String(ports[0]));
    for (const secret of [...local.secrets.values(), ...local.keys.values()])
      assert.ok(!stdout.includes(secret));
  });

  test("send reaches a source that the receiver has for the demo", async () => {
    const url = `http://localhost:${ports[0]}`;
    for (const args of [
      ["shopify", "cancelled"],
      ["stuart", "every-field", "--times", "2"],
    ]) {
      const script = join(ROOT, "scripts/orderhook.js");
      const sent = await capture(process.execPath, [script, "send", ...args, "--url", url]);
      assert.equal(sent.status, 0, sent.stdout + sent.stderr);
    }
  });

  test("another on the same port ends at once", async () => {
    await assert.rejects(npmStart(ports), /A Worker answers on http:\S+ already\. --port gives/);
    await assert.rejects(
      npmStart([await freePort(), ports[1]]),
      /A program answers on http:\S+ already\. --dispatch-port gives/,
    );
  });

  test("what is journaled is there after everything was killed", {
    timeout: 900_000,
  }, async (t) => {
    const accepted = [];
    const sent = Array.from({ length: 60 }, async (_, n) => {
      const answer = await deliver(`killed-${n}`).catch(() => ({}));
      if (answer.status === 202) accepted.push(`killed-${n}`);
    });
    await running.output.until(
      (line) => parsed(line)?.id === "killed-5" && parsed(line).at === "event",
    );
    running.stop("SIGKILL");
    await Promise.all([running.ended, ...sent]);
    const shown = running.lines().filter(({ at }) => at === "event");
    running = await npmStart(ports);
    const kept = new Set(await journaled());
    for (const { id } of shown) assert.ok(kept.has(id), id);
    // A local queue is in memory. Those at Cloudflare are durable.
    const lost = accepted.filter((id) => !kept.has(id));
    t.diagnostic(
      `${accepted.length} accepted, ${kept.size} kept, ${lost.length} lost in the queue`,
    );
  });

  test("ends when told to", async () => {
    running.stop("SIGINT");
    assert.deepEqual(await running.ended, [0, null]);
    running = await npmStart(ports);
    assert.ok((await journaled()).includes("first"));
  });
});
