// Consumers that fail: a message that they cannot process becomes a dead letter, whole.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { Response } from "miniflare";
import { SECRETS, hook } from "../support/accounts.js";
import { Journal } from "../support/journal.js";
import { assertEvent } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { statements } from "../support/sql.js";
import { COMPATIBILITY_DATE, start } from "../support/workerd.js";

/** An event with the fields that a consumer reads. */
const event = (id, data) => ({
  specversion: "1.0",
  id,
  source: "/hooks/wakilni",
  type: "orderhook.order.status.v1",
  time: "2024-11-14T12:39:13Z",
  data: { test: false, status: { now: "delivered", final: true }, ...data },
});

describe("a consumer that fails", () => {
  const GRAVEYARD = "graveyard";
  const MAX_RETRIES = 2;
  const TRIES = [1, 2, 3];

  const told = new Journal("message that a consumer was handed");
  const dead = new Journal("dead letter");
  let failing;

  const example = (name) =>
    readFileSync(new URL(`../../examples/consumer-js/${name}`, import.meta.url), "utf8");

  const CONSUMERS = {
    "throws-always": `export default { async queue() { throw new Error("down"); } };`,
    "the-examples": example("consumer.js"),
  };

  // Reports its messages, and the result of each. A retry comes at once, even if the consumer would wait.
  const AROUND = `
    import consumer from "./consumer.js";
    export default {
      async queue({ messages }, env, ctx) {
        const said = new Map();
        const watched = messages.map((message) => ({
          ...{ id: message.id, body: message.body, attempts: message.attempts },
          ack: () => (said.set(message, "acknowledged"), message.ack()),
          retry: () => (said.set(message, "retried"), message.retry()),
        }));
        try {
          await consumer.queue({ messages: watched }, env, ctx);
        } finally {
          const about = (message) => ({ attempt: message.attempts, became: said.get(message) ?? null });
          const told = messages.map((message) => ({ text: JSON.stringify(message.body), ...about(message) }));
          await env.TELL.fetch("http://tell/", { method: "POST", body: JSON.stringify(told) });
        }
      },
      async fetch(request, { QUEUE, DB }) {
        const { sql = [], bodies = [] } = await request.json();
        for (const statement of sql) await DB.prepare(statement).run();
        if (bodies.length > 0) await QUEUE.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
        return new Response();
      },
    };`;

  const trigger = (name) => ({ type: "queue", name, maxBatchSize: 10, maxBatchTimeout: 0 });
  const esm = (contents) => ({ type: "esm", contents });
  const teller = (journal) => async (request) => {
    for (const entry of await request.json()) journal.add(entry);
    return new Response();
  };

  /** A Worker that consumes a queue of its own name. */
  const shop = ([name, source]) => ({
    config: {
      name,
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: {
        mainModule: "around.js",
        modules: { "around.js": esm(AROUND), "consumer.js": esm(source) },
      },
      env: {
        SEEN: { type: "kv", id: "seen" },
        DB: { type: "d1", id: name },
        QUEUE: { type: "queue", name },
        TELL: { type: "fetcher", handler: teller(told) },
      },
      triggers: [{ ...trigger(name), maxRetries: MAX_RETRIES, deadLetterQueue: GRAVEYARD }],
    },
  });

  const undertaker = {
    config: {
      ...shop(["undertaker", "export default { async queue() {} };"]).config,
      env: { TELL: { type: "fetcher", handler: teller(dead) } },
      triggers: [trigger(GRAVEYARD)],
    },
  };

  const ask = async (name, json) => {
    const { status } = await (await failing.worker(name)).fetch("http://shop/", {
      method: "POST",
      body: JSON.stringify(json),
    });
    assert.equal(status, 200);
  };

  before(async () => {
    const workers = [...Object.entries(CONSUMERS).map(shop), undertaker];
    failing = await start({
      standIns: { EVENTS: { binding: { type: "queue", name: "throws-always" } } },
      workers,
    });
    await ask("the-examples", { sql: statements(example("schema.sql")) });
  });
  after(() => failing.stop());
  beforeEach(() => {
    told.take();
    dead.take();
  });

  const idOf = ({ text }) => JSON.parse(text).id;
  const handed = (id) => told.entries.filter((entry) => idOf(entry) === id);
  const becameOf = (id) => handed(id).map(({ became }) => became);
  const deadLetter = (id) => dead.until((entry) => idOf(entry) === id);

  // Parts that could be changed on the way: escapes, characters outside of Unicode, numbers that no double holds.
  const HARD = String.raw`["\u0000\ud800\/\"", "é😀<&>${"\u2028"}", 1.0, 1e400, 12345678901234567890, -0]`;

  async function deliver(id, more = "") {
    const body = `{"event_id":"${id}","event":"Order Completed","data":{"order_id":1},"hard":${HARD},"more":"${more}"}`;
    const answer = await failing.post(
      hook("wakilni"),
      body,
      sign.wakilni(SECRETS.WAKILNI_SECRET, body),
    );
    assert.equal(answer.status, 202, answer.text);
    return body;
  }

  test("with everything: after the retries, the event is a dead letter, to the byte", async () => {
    const body = await deliver("whole");
    const { text } = await deadLetter("whole");
    assert.deepEqual(
      handed("whole"),
      TRIES.map((attempt) => ({ text, attempt, became: null })),
    );
    assertEvent(JSON.parse(text));
    assert.equal(JSON.parse(text).data.payload, body);
    assert.equal(dead.entries.length, 1);
  });

  test("with a large one: its payload is in KV, to the byte", async () => {
    const body = await deliver("large", "m".repeat(200_000));
    const event = JSON.parse((await deadLetter("large")).text);
    assertEvent(event);
    const kept = await (await failing.kv()).get(event.data.payload_ref, "arrayBuffer");
    assert.equal(Buffer.from(kept).toString(), body);
  });

  test("with a batch, before it has acknowledged any: all of it is dead letters", async () => {
    const events = Array.from({ length: 10 }, (_, index) => event(`all-${index}`));
    await ask("throws-always", { bodies: events });
    for (const { id } of events) await deadLetter(id);
    assert.deepEqual(
      dead.entries.map(({ text }) => JSON.parse(text)),
      events,
    );
    for (const { id } of events) assert.equal(handed(id).length, TRIES.length);
  });

  const TEN = ["a", "b", "c", "d", "e", "bad", "f", "g", "h", "i"];

  test("at one of ten, as the example's does: the others are processed once, and it alone is a dead letter, whole", async () => {
    const bad = event("bad", { payload_ref: `payload:wakilni:${"0".repeat(64)}` });
    await ask("the-examples", { bodies: TEN.map((id) => (id === "bad" ? bad : event(id))) });
    assert.equal((await deadLetter("bad")).text, JSON.stringify(bad));
    assert.deepEqual(
      becameOf("bad"),
      TRIES.map(() => "retried"),
    );
    for (const id of TEN.filter((id) => id !== "bad"))
      assert.deepEqual(becameOf(id), ["acknowledged"], id);
    assert.equal(dead.entries.length, 1);
  });
});
