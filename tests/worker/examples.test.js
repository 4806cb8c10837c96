// The consumers in examples/: those that run are run with what the Worker sends, and the one in Rust compiles.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Miniflare, Response } from "miniflare";
import { SECRETS, hook } from "../support/accounts.js";
import { Journal } from "../support/journal.js";
import { block, json, page } from "../support/readme.js";
import { assertEvent } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { statements } from "../support/sql.js";
import { COMPATIBILITY_DATE, DEAD_LETTER_QUEUE, EVENTS_QUEUE, start } from "../support/workerd.js";

const ROOT = new URL("../../", import.meta.url);
const text = (path) => readFileSync(new URL(path, ROOT), "utf8");

const EVENT_PAGE = page("docs/event.md");
const EXAMPLE = json("event", EVENT_PAGE);
const WAKILNI = EXAMPLE.data.payload;
const signed = () => ({
  ...sign.wakilni(SECRETS.WAKILNI_SECRET, WAKILNI),
  "x-attempt-number": "1",
});

describe("the consumer in JavaScript, with what the Worker sends", () => {
  const taken = new Journal("event");
  let worker;

  // The example's module, and around it the observations of the test: each message's body, and its acknowledgement.
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
        compatibilityDate: text("examples/consumer-js/wrangler.toml").match(
          /^compatibility_date = "(.*)"$/m,
        )[1],
        manifest: {
          mainModule: "around.js",
          modules: {
            "around.js": { type: "esm", contents: AROUND },
            "consumer.js": { type: "esm", contents: text("examples/consumer-js/consumer.js") },
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
    for (const statement of statements(text("examples/consumer-js/schema.sql")))
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

  test("the event is the documentation's, and is kept", async () => {
    const expected = EXAMPLE;
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
    const event = { ...EXAMPLE, id: "twice" };
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
      const { data, ...rest } = EXAMPLE;
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
      ...EXAMPLE,
      id: "lost",
      data: { payload_ref: `payload:wakilni:${"0".repeat(64)}` },
    };
    await send({ ...EXAMPLE, id: "before" }, lost, { no: "event" }, { ...EXAMPLE, id: "behind" });
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
    assert.deepEqual(event.data.reason, json("reason", EVENT_PAGE).reason);
    assert.equal((await rows(event.id)).length, 1);
    assert.deepEqual(await query("SELECT * FROM orders WHERE id IS NULL"), []);
  });

  test("the body for Standard Webhooks is read as an order's", async () => {
    const body = block("standard-webhooks", page("providers/standard-webhooks/README.md"));
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
});

describe("the Workers", () => {
  for (const name of ["consumer-js", "consumer-rust"]) {
    test(`${name} has the queues, the limit and the date of orderhook's`, () => {
      const toml = text(`examples/${name}/wrangler.toml`);
      for (const line of [
        `queue = "${EVENTS_QUEUE}"`,
        `dead_letter_queue = "${DEAD_LETTER_QUEUE}"`,
        `compatibility_date = "${COMPATIBILITY_DATE}"`,
      ])
        assert.ok(toml.includes(`\n${line}\n`), line);
    });
  }

  test("both have the same table", () =>
    assert.equal(
      text("examples/consumer-js/schema.sql"),
      text("examples/consumer-rust/schema.sql"),
    ));
});

describe("the consumer in Rust", () => {
  const FOLDER = "examples/consumer-rust";

  test("has the version of orderhook's own crate", () => {
    const version = (lock) => text(lock).match(/name = "worker"\nversion = "(.*)"/)[1];
    assert.equal(version(`${FOLDER}/Cargo.lock`), version("Cargo.lock"));
  });

  test("compiles, without a warning", () => {
    const args = [
      ...["check", "--quiet", "--locked", "--target", "wasm32-unknown-unknown"],
      ...["--manifest-path", `${FOLDER}/Cargo.toml`],
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

describe("the program for HTTP pull", () => {
  const QUEUE = "f0e1d2c3b4a5968778695a4b3c2d1e0f";
  const QUEUES_TOKEN = "cf-token-of-the-example-3f9a";
  const folder = mkdtempSync(join(tmpdir(), "http-pull-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const event = (id, more) => ({
    ...EXAMPLE,
    ...{ id, data: { ...EXAMPLE.data, ...more } },
  });
  const name = ({ source, id }) =>
    createHash("sha256")
      .update(JSON.stringify([source, id]))
      .digest("hex");

  let waiting;
  let payloads;
  let failing;
  let server;
  before(async () => {
    server = http.createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());
  beforeEach(() => {
    [waiting, payloads, failing] = [new Map(), new Map(), new Set()];
  });

  /** Answers as Cloudflare's pages describe it: a pull takes messages for a time, an ack takes them off. */
  async function answer(request, response) {
    const body = Buffer.concat(await request.toArray()).toString();
    assert.equal(request.headers.authorization, `Bearer ${QUEUES_TOKEN}`);
    const operation = request.url.replace("/accounts/account/", "");
    if (failing.has(operation)) return response.writeHead(500).end();
    const given = {
      [`queues/${QUEUE}/messages/pull`]: () => ({ messages: pulled(JSON.parse(body)) }),
      [`queues/${QUEUE}/messages/ack`]: () => acknowledged(JSON.parse(body)),
    }[operation];
    if (given) return response.end(JSON.stringify({ success: true, result: given() }));
    const key = operation.replace("storage/kv/namespaces/seen/values/", "");
    const payload = payloads.get(decodeURIComponent(key));
    return payload ? response.end(payload) : response.writeHead(404).end();
  }

  function pulled({ batch_size }) {
    const free = [...waiting].filter(([, message]) => !message.isLeased).slice(0, batch_size);
    for (const [, message] of free) message.isLeased = true;
    return free.map(([lease_id, { body }]) => ({ id: lease_id, lease_id, body, attempts: 1 }));
  }

  function acknowledged({ acks }) {
    for (const { lease_id } of acks) waiting.delete(lease_id);
    return { ackCount: acks.length };
  }

  const put = (...bodies) => {
    for (const body of bodies) waiting.set(`lease-${waiting.size + 1}`, { body });
  };
  const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64");

  /** Runs the program, and returns its exit code and its output. */
  async function pull() {
    const { port } = server.address();
    const env = {
      ...{ PATH: process.env.PATH, API: `http://127.0.0.1:${port}`, FOLDER: folder },
      ...{ ACCOUNT_ID: "account", QUEUE_ID: QUEUE, SEEN_ID: "seen", QUEUES_TOKEN },
    };
    const program = fileURLToPath(new URL("examples/http-pull/pull.js", ROOT));
    const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    const [code] = await once(child, "close");
    return { code, output };
  }

  const kept = (event) => JSON.parse(readFileSync(join(folder, `${name(event)}.json`), "utf8"));

  test("keeps every event, whichever way it comes, and empties the queue", async () => {
    const events = Array.from({ length: 25 }, (_, at) => event(`pulled-${at}`));
    put(...events.slice(1).map(base64), JSON.stringify(events[0]));
    assert.equal((await pull()).code, 0);
    for (const one of events) assert.deepEqual(kept(one), one);
    assert.equal(waiting.size, 0);
  });

  test("keeps an event that comes twice once", async () => {
    put(base64(event("twice")), base64(event("twice")));
    const before = readdirSync(folder).length;
    assert.equal((await pull()).code, 0);
    assert.deepEqual([readdirSync(folder).length, waiting.size], [before + 1, 0]);
  });

  test("keeps a large body, and leaves an event whose body is not there yet", async () => {
    const keyOf = (body) => `payload:wakilni:${createHash("sha256").update(body).digest("hex")}`;
    const [key, other, changed] = ["the body", "of another", "of a third"].map(keyOf);
    payloads.set(key, "the body");
    payloads.set(changed, "not the body of a third");
    const { payload, ...data } = EXAMPLE.data;
    const large = { ...EXAMPLE, id: "large", data: { ...data, payload_ref: key } };
    const withBody = (id, payload_ref) => base64({ ...large, id, data: { ...data, payload_ref } });
    put(withBody("early", other), withBody("changed", changed), base64(large));
    const { code, output } = await pull();
    assert.equal(code, 1);
    assert.match(output, /^Cloudflare answered 404$/m);
    assert.equal(readFileSync(join(folder, `${name(large)}.body`), "utf8"), "the body");
    assert.match(output, /^the body of an event is not the one that was kept$/m);
    assert.deepEqual([...waiting.keys()], ["lease-1", "lease-2"]);
  });

  test("leaves what is not an event, prints nothing of it, and keeps the rest", async () => {
    put(base64({ poison: "a-customer" }), "a-customer", base64(event("beside")));
    const { code, output } = await pull();
    assert.equal(code, 1);
    assert.ok(!output.includes("customer"), output);
    assert.deepEqual(kept(event("beside")), event("beside"));
    assert.equal(waiting.size, 2);
  });

  test("a failed acknowledgement leaves the event in both, and ends", async () => {
    put(base64(event("both")));
    failing.add(`queues/${QUEUE}/messages/ack`);
    const { code, output } = await pull();
    assert.equal(code, 1);
    assert.match(output, /Cloudflare answered 500/);
    assert.ok(!output.includes(QUEUES_TOKEN));
    assert.deepEqual(kept(event("both")), event("both"));
    assert.equal(waiting.size, 1);
  });
});

describe("the Worker that sets an object back", () => {
  // Point-in-time recovery is Cloudflare's alone: the objects of dispatch are replaced by some that say what they were asked.
  const STUB = `
    import { DurableObject } from "cloudflare:workers";
    class Stub extends DurableObject {
      #asked = 0;
      restore(to) {
        const { name } = this.ctx.id;
        return { undo: [this.constructor.name, name, to].join(" "), keep: { of: name } };
      }
      ask(question) {
        this.#asked += 1;
        const isReady = this.#asked > 2 && question !== '{"of":"broken"}';
        if (!isReady) throw new Error("not yet");
      }
    }
    export class Journal extends Stub {}
    export class Registry extends Stub {}
    export default {};`;
  const worker = (name, module, contents) => ({
    name,
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: { mainModule: module, modules: { [module]: { type: "esm", contents } } },
  });
  const object = (exportName) => ({
    ...{ type: "durable-object", worker: "orderhook-dispatch", exportName },
  });
  const sqlite = { type: "durable-object", storage: "sqlite" };
  let miniflare;
  before(async () => {
    const restore = worker("restore", "restore.js", text("examples/restore/restore.js"));
    const env = { JOURNAL: object("Journal"), REGISTRY: object("Registry") };
    const dispatch = worker("orderhook-dispatch", "stub.js", STUB);
    miniflare = new Miniflare({
      ...{ host: "127.0.0.1", port: 0, cf: false },
      workers: [
        { config: { ...restore, env } },
        { config: { ...dispatch, exports: { Journal: sqlite, Registry: sqlite } } },
      ],
    });
    await miniflare.ready;
  });
  after(() => miniflare.dispose());

  const send = async (options) => {
    const response = await miniflare.dispatchFetch("http://restore/", options);
    return [response.status, await response.text()];
  };
  const post = (body, headers) =>
    send({ method: "POST", body: JSON.stringify(body), ...(headers && { headers }) });

  test("names the object and the time", async () => {
    const time = "2026-11-20T08:00:00Z";
    const [status, answer] = await post({ journal: "shop.2", time });
    const undo = `Journal shop.2 ${Date.parse(time)}`;
    assert.deepEqual([status, JSON.parse(answer)], [200, { restored: "shop.2", to: time, undo }]);
    const [, registry] = await post({ registry: true, bookmark: "0001" });
    assert.equal(JSON.parse(registry).undo, "Registry registry 0001");
  });

  test("answers what the object has to know if it does not take it, and hands it over later", async () => {
    const [status, answer] = await post({ journal: "broken", bookmark: "0001" });
    const restored = { restored: "broken", to: "0001", undo: "Journal broken 0001" };
    const failed = { ...restored, keep: { of: "broken" }, error: "not yet" };
    const { next, ...rest } = JSON.parse(answer);
    assert.deepEqual([status, rest], [502, failed]);
    assert.match(next, /do not restore it again/);
    const [later, handed] = await post({ journal: "broken", keep: { of: "another" } });
    assert.deepEqual([later, JSON.parse(handed)], [200, { restored: "broken" }]);
  });

  for (const body of [
    ...[{}, { journal: "a" }, { time: "2026-11-20T08:00:00Z" }, { journal: "a", time: "today" }],
    { journal: "a", keep: {}, bookmark: "0001" },
    { journal: "a", registry: true, time: "2026-11-20T08:00:00Z" },
    { journal: "a", time: "2026-11-20T08:00:00Z", bookmark: "0001" },
    // An empty variable of a script must not restore the registry.
    ...["", null, false].map((journal) => ({ journal, time: "2026-11-20T08:00:00Z" })),
    { registry: false, time: "2026-11-20T08:00:00Z" },
  ])
    test(`does nothing on ${JSON.stringify(body)}`, async () =>
      assert.equal((await post(body))[0], 400));

  test("refuses the requests of web pages, whatever page it is", async () => {
    const wanted = { journal: "shop", time: "2026-11-20T08:00:00Z" };
    for (const origin of ["https://example.com", "http://restore", "null"])
      assert.deepEqual(await post(wanted, { origin }), [403, "Not from a web page\n"], origin);
  });

  test("refuses what is not a POST", async () =>
    assert.deepEqual(await send({ method: "GET" }), [405, "POST a JSON body\n"]));

  test("has the classes of dispatch", () => {
    const toml = text("examples/restore/wrangler.toml");
    const dispatch = text("src/dispatch/wrangler.toml");
    for (const [, name] of toml.matchAll(/^class_name = "(\w+)"$/gm))
      assert.ok(dispatch.includes(`\nclass_name = "${name}"\n`), name);
    const [, script] = toml.match(/^script_name = "(.*)"$/m);
    assert.ok(dispatch.includes(`\nname = "${script}"\n`));
  });
});
