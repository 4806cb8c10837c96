// README.md against the project: its examples run, its tables are the core's, its links lead somewhere.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Response } from "miniflare";
import { providers } from "../../pkg/node.js";
import { phase } from "../oracles/case.js";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { Journal } from "../support/journal.js";
import { SCHEMA, assertEvent } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { EVENTS_QUEUE, DEAD_LETTER_QUEUE, start } from "../support/workerd.js";

const ROOT = new URL("../../", import.meta.url);
const text = (path) => readFileSync(new URL(path, ROOT), "utf8");
const README = text("README.md");
const WRANGLER = text("wrangler.toml");

/** The fenced block under the comment `<!-- name -->`. */
function block(name) {
  const [, indent, content] =
    README.match(new RegExp(`^( *)<!-- ${name} -->\\n *\`\`\`\\w*\\n(.*?)^ *\`\`\``, "ms")) ?? [];
  assert.ok(content, `README.md has no block "${name}"`);
  return content.replaceAll(new RegExp(`^${indent}`, "gm"), "");
}

const json = (name) => JSON.parse(block(name));

/** Returns the text under a heading, up to the next one of the same or a higher level. */
function section(heading) {
  const [, level] = README.match(new RegExp(`^(#+) ${heading}$`, "m")) ?? [];
  assert.ok(level, `README.md has no heading "${heading}"`);
  const rest = README.slice(
    README.indexOf(`${level} ${heading}\n`) + level.length + heading.length + 1,
  );
  return rest.split(new RegExp(`^#{1,${level.length}} `, "m"))[0];
}

/** The rows of the first table under a heading, as lists of cells. */
function table(heading) {
  const lines = section(heading).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const codes = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
const yes = (cell) => ({ yes: true, no: false })[cell];

const WAKILNI = json("event").data.payload;
const signed = () => ({
  ...sign.wakilni(SECRETS.WAKILNI_SECRET, WAKILNI),
  "x-attempt-number": "1",
});

describe("the tables", () => {
  const core = Object.fromEntries(providers().map((provider) => [provider.name, provider]));

  const words = (heading) =>
    table(heading).flatMap(([cell, status, final]) =>
      codes(cell).map((text) => ({ text, status: codes(status)[0], final: yes(final) })),
    );
  const sorted = (list) =>
    list.map(({ text, status, final }) => JSON.stringify([text, status, final])).sort();

  const HEADINGS = {
    wakilni: "From Wakilni",
    wegocod: "From WeGoCod",
    up42: "From UP42",
    gooten: "From Gooten and Sensaria",
  };

  for (const [provider, heading] of Object.entries(HEADINGS)) {
    test(`the statuses of ${provider}`, () => {
      assert.deepEqual(
        sorted(words(heading)),
        sorted([...core[provider].events, ...core[provider].statuses]),
      );
    });
  }

  test("the vocabulary, which is that of Standard Webhooks too", () => {
    const rows = table("Statuses").map(([status, , final]) => ({
      text: codes(status)[0],
      status: codes(status)[0],
      final: yes(final),
    }));
    assert.deepEqual(
      rows.map(({ text }) => text),
      SCHEMA.$defs.status.enum,
    );
    assert.deepEqual(sorted(rows.slice(0, -1)), sorted(core["standard-webhooks"].statuses));
  });

  test("the phases, each status in one, and the reasons", () => {
    const { phase: phases, reason: reasons } = SCHEMA.$defs.change.properties;
    const rows = table("Phases");
    assert.deepEqual(
      rows.flatMap(([name]) => codes(name)),
      phases.enum,
    );
    const all = rows.flatMap(([name, , cell]) =>
      codes(cell).map((status) => [status, codes(name)[0]]),
    );
    assert.deepEqual(all.map(([status]) => status).sort(), [...SCHEMA.$defs.status.enum].sort());
    for (const [status, name] of all) assert.equal(phase(status), name, status);
    const list = section("Reasons").trim().split("\n\n").at(-1);
    assert.deepEqual(codes(list), reasons.examples);
  });

  test("every provider", () => {
    assert.deepEqual(
      [...Object.keys(HEADINGS), "standard-webhooks"].sort(),
      Object.keys(core).sort(),
    );
    assert.deepEqual(codes(table("Settings")[0][1]).sort(), Object.keys(core).sort());
  });

  test("every code of an answer, and every code of the log", () => {
    const functions = ["src/worker/http/answer.rs", "src/core/scheme/refusal.rs"].map(
      (path) => text(path).match(/ fn code\(.*?\n {4}}\n/s)[0],
    );
    const inRust = functions.flatMap((source) => [...source.matchAll(/=> "(\w+)"/g)]);
    const all = [...new Set(inRust.map(([, code]) => code))].sort();
    assert.ok(all.includes("accepted") && all.includes("digest_mismatch"));
    const answered = table("What it answers").flatMap(([, , code]) => codes(code));
    assert.deepEqual(answered.sort(), all);
    const [, toDo] = section("Reading the log").split("| code | what to do |");
    // A request for the details of the health is not a delivery.
    const ofDeliveries = all.filter((code) => code !== "health_token_wrong");
    const logged = toDo
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((line) => codes(line.split("|")[1]));
    assert.deepEqual(logged.sort(), [...ofDeliveries, "not_an_event"].sort());
  });

  test("every property of the schema", () => {
    const prose = section("The event").replaceAll(/^```.*?^```$/gms, "");
    const named = new Set(codes(prose).flatMap((code) => code.split(".")));
    const properties = (schema) => [
      ...Object.keys(schema.properties ?? {}),
      ...(schema.oneOf ?? []).flatMap(properties),
    ];
    const all = [SCHEMA, ...Object.values(SCHEMA.$defs)].flatMap(properties);
    const shown = new Set([
      ...named,
      ...Object.keys(json("event")),
      "amount",
      "currency",
      ...Object.keys(json("reason")),
      "text",
    ]);
    assert.deepEqual(
      all.filter((property) => !shown.has(property)),
      [],
    );
    const reasons = SCHEMA.$defs.unrecognized.properties.reason.properties.code.enum;
    assert.deepEqual(
      reasons.filter((code) => !named.has(code)),
      [],
    );
  });

  test("every variable, with the value that wrangler.toml gives it", () => {
    const rows = section("Settings")
      .split("\n")
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    const stated = rows.map((row) =>
      row
        .split("|")
        .slice(1, 3)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
    const [, vars] = WRANGLER.match(/^\[vars\]\n(.*?)^\[/ms);
    const given = [...vars.matchAll(/^(\w+) = "?(\w+)"?$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    assert.equal(given.length, 4);
    assert.deepEqual(stated, given);
  });
});

describe("the examples of what the Worker answers and logs", () => {
  let worker;
  before(async () => {
    worker = await start({ consumesItself: true });
  });
  after(() => worker.stop());

  test("/healthz", async () => {
    const { json: health } = await worker.health();
    const { wakilni } = health.sources;
    assert.deepEqual({ ...health, sources: { wakilni } }, json("healthz"));
  });

  test("errors in the settings", async () => {
    const { WAKILNI_SECRET, ...secrets } = SECRETS;
    const { wakilni } = SOURCES;
    const unset = await start({ vars: { SOURCES: { wakilni } }, secrets });
    try {
      await unset.get("/healthz");
      assert.deepEqual(await unset.logged(({ at }) => at === "settings"), json("settings"));
    } finally {
      await unset.stop();
    }
  });

  test("a refusal", async () => {
    const { status, json: problem } = await worker.post(
      hook("wakilni"),
      WAKILNI,
      sign.wakilni("another", WAKILNI),
    );
    assert.deepEqual(problem, json("problem"));
    assert.equal(status, problem.status);
  });

  test("the lines of a delivery and of its event", async () => {
    const lines = block("log")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal((await worker.post(hook("wakilni"), WAKILNI, signed())).status, 202);
    for (const expected of lines) {
      const logged = await worker.logged(({ at, id }) => at === expected.at && id === expected.id);
      assert.deepEqual({ ...logged, ...("ms" in expected && { ms: expected.ms }) }, expected);
      assert.deepEqual(Object.keys(logged), Object.keys(expected));
    }
  });
});

describe("the consumer in JavaScript, with what the Worker sends", () => {
  const taken = new Journal("event");
  let worker;

  // The README's module, and around it the observations of the test: each message's body, and its acknowledgement.
  const AROUND = `
    import consumer from "./consumer.js";
    export default {
      async queue({ messages }, env, ctx) {
        const said = [];
        const watched = messages.map((message) => ({
          id: message.id,
          body: message.body,
          ack: () => (said.push([message.body.id, "ack"]), message.ack()),
          retry: (options) => (said.push([message.body.id, "retry"]), message.retry(options)),
        }));
        await consumer.queue({ messages: watched }, env, ctx);
        const bodies = messages.map(({ body }) => body);
        await env.TAKEN.fetch("http://taken/", { method: "POST", body: JSON.stringify({ bodies, said }) });
      },
      async fetch(request, { DB }) {
        return Response.json((await DB.prepare(await request.text()).all()).results);
      },
    };`;

  const verdicts = new Map();
  const note = async (request) => {
    const { bodies, said } = await request.json();
    for (const [id, verdict] of said) verdicts.set(id, [...(verdicts.get(id) ?? []), verdict]);
    for (const event of bodies) taken.add(event);
    return new Response();
  };

  before(async () => {
    const shop = {
      config: {
        name: "shop",
        compatibilityDate: block("consumer.toml").match(/^compatibility_date = "(.*)"$/m)[1],
        manifest: {
          mainModule: "around.js",
          modules: {
            "around.js": { type: "esm", contents: AROUND },
            "consumer.js": { type: "esm", contents: block("consumer.js") },
          },
        },
        env: {
          SEEN: { type: "kv", id: "seen" },
          DB: { type: "d1", id: "shop" },
          TAKEN: { type: "fetcher", handler: note },
        },
        triggers: [{ type: "queue", name: "shop-events", maxBatchSize: 10, maxBatchTimeout: 0 }],
      },
    };
    worker = await start({
      standIns: { EVENTS: { binding: { type: "queue", name: "shop-events" } } },
      workers: [shop],
    });
    for (const statement of block("schema.sql")
      .split(/;$/m)
      .filter((sql) => sql.trim()))
      await query(statement);
  });
  after(() => worker.stop());

  async function query(sql) {
    const response = await (await worker.worker("shop")).fetch("http://shop/", {
      method: "POST",
      body: sql,
    });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  }

  async function deliver(source, body, headers) {
    const answer = await worker.post(hook(source), body, headers);
    assert.equal(answer.status, 202, answer.text);
    return taken.until(({ id }) => id === answer.json.id);
  }

  const send = async (...events) =>
    (await worker.queue()).sendBatch(events.map((body) => ({ body, contentType: "json" })));
  const rows = (id) => query(`SELECT source, id, event, payload FROM events WHERE id = '${id}'`);
  const order = (id) => query(`SELECT source, status, final FROM orders WHERE id = '${id}'`);

  test("the event is the README's, and is kept", async () => {
    const expected = json("event");
    assertEvent(expected);
    const event = await deliver("wakilni", WAKILNI, signed());
    const { received_at } = event.data;
    assert.deepEqual(event, { ...expected, data: { ...expected.data, received_at } });
    assert.deepEqual(Object.keys(event.data), Object.keys(expected.data));
    assert.deepEqual(await rows(event.id), [
      { source: event.source, id: event.id, event: JSON.stringify(event), payload: null },
    ]);
    assert.deepEqual(await order("123456"), [
      { source: "/hooks/wakilni", status: "confirmed", final: 0 },
    ]);
  });

  test("an event that comes twice is kept once", async () => {
    const event = { ...json("event"), id: "twice" };
    await send(event, { ...event, time: "2030-01-01T00:00:00Z" }, { ...event, id: "after-twice" });
    await taken.until(({ id }) => id === "after-twice");
    assert.deepEqual(
      (await rows("twice")).map(({ event }) => JSON.parse(event)),
      [event],
    );
    assert.deepEqual(verdicts.get("twice"), ["ack", "ack"]);
  });

  test("the last status is the latest one, not the last to come", async () => {
    const event = (id, time, now) => {
      const { data, ...rest } = json("event");
      return {
        ...rest,
        id,
        time,
        subject: "unordered",
        data: { ...data, status: { ...data.status, now, final: now === "delivered" } },
      };
    };
    await send(
      event("u2", "2024-11-14T12:39:13.5Z", "delivered"),
      event("u1", "2024-11-14T12:39:13Z", "assigned"),
    );
    await taken.until(({ id }) => id === "u1");
    assert.deepEqual(await order("unordered"), [
      { source: "/hooks/wakilni", status: "delivered", final: 1 },
    ]);
  });

  test("a large body is read from KV", async () => {
    const body = JSON.stringify({
      event_id: "large",
      event: "Order Created",
      data: { order_id: "L" },
      more: "m".repeat(200_000),
    });
    const event = await deliver("wakilni", body, sign.wakilni(SECRETS.WAKILNI_SECRET, body));
    assert.match(event.data.payload_ref, /^payload:wakilni:[0-9a-f]{64}$/);
    const [{ payload }] = await rows("large");
    assert.equal(Buffer.from(payload).toString(), body);
  });

  test("a message that cannot be kept fails no other with it", async () => {
    const lost = {
      ...json("event"),
      id: "lost",
      data: { payload_ref: `payload:wakilni:${"0".repeat(64)}` },
    };
    await send(
      { ...json("event"), id: "before" },
      lost,
      { no: "event" },
      { ...json("event"), id: "behind" },
    );
    await taken.until(({ id }) => id === "behind");
    assert.deepEqual(
      (await Promise.all(["before", "lost", "behind"].map(rows))).map(({ length }) => length),
      [1, 0, 1],
    );
    assert.deepEqual(
      ["before", "lost", "behind"].map((id) => verdicts.get(id)),
      [["ack"], ["retry"], ["ack"]],
    );
    assert.ok(
      worker.output.entries.some((line) => line.includes("the payload is not in KV, or not yet")),
    );
  });

  test("an unrecognised event is kept, and is not an order", async () => {
    const body = '{"event":"Order Created"}';
    const event = await deliver("wakilni", body, sign.wakilni(SECRETS.WAKILNI_SECRET, body));
    assert.deepEqual(event.data.reason, json("reason").reason);
    assert.equal((await rows(event.id)).length, 1);
    assert.deepEqual(await query("SELECT * FROM orders WHERE id IS NULL"), []);
  });

  test("the body for Standard Webhooks is read as an order's", async () => {
    const body = block("standard-webhooks");
    const { subject, time, data } = await deliver(
      "shop",
      body,
      sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id: "readme" }),
    );
    const expected = JSON.parse(body);
    assert.deepEqual([subject, time], ["1001", expected.timestamp]);
    assert.deepEqual(
      [data.status.now, data.order.tracking_number, data.order.tracking_url],
      Object.values(expected.data).slice(1),
    );
  });

  test("its wrangler.toml names the queues, and the date, of orderhook's", () => {
    const toml = block("consumer.toml");
    for (const line of [
      `queue = "${EVENTS_QUEUE}"`,
      `dead_letter_queue = "${DEAD_LETTER_QUEUE}"`,
      toml.match(/^compatibility_date.*$/m)[0],
    ]) {
      assert.ok(toml.includes(`\n${line}\n`), line);
      assert.ok(WRANGLER.includes(`\n${line}\n`), line);
    }
  });
});

describe("the consumer in Rust", () => {
  const FOLDER = "tests/readme/consumer";

  test("is the one that is compiled", () => {
    assert.equal(block("consumer.rs"), text(`${FOLDER}/lib.rs`));
    const [, manifest] = section("In a Rust Worker").match(/```toml\n(.*?)```/s);
    for (const line of manifest.split("\n"))
      assert.ok(text(`${FOLDER}/Cargo.toml`).includes(`${line}\n`), line);
    const version = (lock) => text(lock).match(/name = "worker"\nversion = "(.*)"/)[1];
    assert.equal(version(`${FOLDER}/Cargo.lock`), version("Cargo.lock"));
  });

  test("compiles, without a warning", () => {
    const args = [
      "check",
      "--quiet",
      "--locked",
      "--target",
      "wasm32-unknown-unknown",
      "--manifest-path",
      `${FOLDER}/Cargo.toml`,
    ];
    const cwd = fileURLToPath(ROOT);
    const env = {
      ...process.env,
      CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? "target",
      CARGO_TERM_COLOR: "never",
    };
    const { status, stderr } = spawnSync("cargo", args, { cwd, env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /^warning/m);
  });
});

describe("links", () => {
  const PAGES = ["README.md", "SECURITY.md", "CHANGELOG.md"];
  // As GitHub makes them.
  const anchor = (heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
  const anchors = (page) =>
    [...text(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading));

  for (const page of PAGES) {
    test(`those of ${page} lead somewhere`, () => {
      const links = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link)
        .filter((link) => !/^https?:/.test(link));
      const broken = links.filter((link) => {
        const [path, fragment] = link.split("#");
        if (path && !existsSync(new URL(path, ROOT))) return true;
        return fragment !== undefined && !anchors(path || page).includes(fragment);
      });
      assert.deepEqual(broken, []);
    });
  }
});
