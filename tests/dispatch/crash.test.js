// The moments at which something can fail on an event's way into its journal: each is forced, and the event is in the journal once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { EVENTS_QUEUE } from "../support/workerd.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

// Around the consumer: each of its calls may fail before or after the work, as the event's id says. A retry comes at once.
const AROUND = `
  import dispatch, { Journal, Registry } from "./entry.js";
  export { Journal, Registry };
  const tries = new Map();
  const fails = (id, how) => {
    if (!id?.startsWith(how)) return false;
    const count = tries.get(id) ?? 0;
    tries.set(id, count + 1);
    return count < 3;
  };
  const around = (namespace, method, how, idsOf) => ({
    getByName: (name) => {
      const object = namespace.getByName(name);
      const call = async (argument) => {
        const ids = idsOf(argument);
        if (ids.some((id) => fails(id, how + " before"))) throw new Error("lost before");
        const answer = await object[method](argument);
        if (ids.some((id) => fails(id, how + " after"))) throw new Error("lost after");
        return answer;
      };
      return { take: (texts) => object.take(texts), ask: (text) => object.ask(text),
        check: () => object.check(), [method]: call };
    },
  });
  const ids = (texts) => texts.map((text) => JSON.parse(text).id);
  const noted = (text) => JSON.parse(text).note?.journals ?? [];
  export default {
    ...dispatch,
    async queue(batch, env, ctx) {
      const messages = batch.messages.map((message) => ({
        id: message.id, body: message.body, attempts: message.attempts,
        ack: () => message.ack(), retry: () => message.retry(),
      }));
      const JOURNAL = around(env.JOURNAL, "take", "take", ids);
      const REGISTRY = around(env.REGISTRY, "ask", "note", noted);
      await dispatch.queue({ queue: batch.queue, messages }, { ...env, JOURNAL, REGISTRY }, ctx);
      if (batch.messages.some(({ body }) => fails(body?.id, "ack"))) throw new Error("died");
    },
  };`;

describe("on the way", () => {
  let dispatch;
  before(async () => (dispatch = await startDispatch({ around: AROUND })));
  after(() => dispatch.stop());

  for (const [id, what] of [
    ["take before", "before the journal has the event"],
    ["take after", "after the journal has it, so that the answer is lost"],
    ["ack", "after the answer, so that nothing is acknowledged"],
  ])
    test(`a failure ${what}: it comes again, and is kept once`, async () => {
      const source = id.replace(" ", "-");
      const order = (n) => ({ order: { id: n } });
      const batch = [
        event({ source, data: order("1") }),
        event({ id: `${id} ${source}`, source, data: order("2") }),
        event({ source, data: order("3") }),
      ];
      await dispatch.put(EVENTS_QUEUE, ...batch);
      for (;;) {
        const { json } = await dispatch.get(`/v1/events?source=${source}`);
        const kept = json.events.map(({ event }) => event.id).sort();
        if (kept.length < 3) continue;
        assert.deepEqual(kept, batch.map(({ id }) => id).sort());
        break;
      }
      // A last event, which leaves the queue after all that comes again.
      const last = event({ source });
      await dispatch.put(EVENTS_QUEUE, last);
      while ((await dispatch.get(`/v1/events/${source}/${last.id}`)).status !== 200);
      const { json } = await dispatch.get(`/v1/stats?source=${source}`);
      assert.deepEqual([json.sources[0].events, json.sources[0].orders], [4, 4]);
    });

  for (const how of ["before", "after"])
    test(`a registry that fails ${how} it knows the journal: the event comes again until it does`, async () => {
      // The journal's name is what the registry is asked to note.
      const source = `note-${how}`;
      const id = `note ${how} it`;
      await dispatch.put(EVENTS_QUEUE, event({ id, source }));
      for (;;)
        if ((await dispatch.get(`/v1/events/${source}/${encodeURIComponent(id)}`)).status === 200)
          break;
      const { json } = await dispatch.get(`/v1/events?source=${source}`);
      assert.equal(json.events.length, 1);
    });
});

describe("in a journal", () => {
  let dispatch;
  before(async () => (dispatch = await startDispatch({ around: OPEN })));
  after(() => dispatch.stop());
  const take = (...events) =>
    dispatch.journal(
      "wakilni",
      "take",
      events.map((event) => JSON.stringify(event)),
    );
  const sql = (...query) => dispatch.journal("wakilni", "sql", ...query);
  const dump = async () => {
    const tables = ["events", "orders", "names", "tallies", "meta"];
    return Promise.all(tables.map((table) => sql(`SELECT * FROM ${table}`)));
  };

  for (const table of ["events", "orders", "names", "tallies"])
    test(`a statement that fails (${table}) leaves nothing of the step`, async () => {
      await take(event({ data: { order: { id: "there", reference: "R" } } }));
      const known = await dump();
      await sql(
        `CREATE TRIGGER fails BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'forced'); END`,
      );
      const more = [
        event({ data: { order: { id: `new of ${table}`, reference: "new" } } }),
        event({
          time: "2026-12-01T00:00:00Z",
          data: { order: { id: "there" }, status: { now: "shipped" } },
        }),
      ];
      await assert.rejects(take(...more), /forced/);
      assert.deepEqual(await dump(), known);
      await sql("DROP TRIGGER fails");
      const taken = JSON.parse(await take(...more));
      assert.deepEqual(
        taken.map((outcome) => outcome.new),
        [true, true],
      );
    });

  test("a text that is no event leaves nothing of those before it", async () => {
    const known = await dump();
    await assert.rejects(dispatch.journal("wakilni", "take", [JSON.stringify(event()), "{}"]));
    assert.deepEqual(await dump(), known);
  });
});

describe("a panic", () => {
  let dispatch;
  before(async () => {
    dispatch = await startDispatch({ around: OPEN, build: "build-dispatch-panic" });
  });
  after(() => dispatch.stop());
  const take = (source, ...events) =>
    dispatch.journal(
      source,
      "take",
      events.map((event) => JSON.stringify(event)),
    );

  for (const place of ["after the order", "after the event"])
    test(`in the middle of a step (${place}) leaves nothing of it, and the journal goes on`, async () => {
      const source = place.replaceAll(" ", "-");
      const [first, last] = [event({ source }), event({ source })];
      const panics = event({ source, id: `panic ${place}`, data: { order: { id: "lost" } } });
      for (let time = 0; time < 5; time += 1)
        await assert.rejects(take(source, event({ source }), panics));
      const count = (table) => dispatch.journal(source, "sql", `SELECT count(*) FROM ${table}`);
      for (const table of ["events", "orders", "tallies"])
        assert.deepEqual(await count(table), [[0]], table);
      await take(source, first);
      await assert.rejects(take(source, panics));
      const taken = JSON.parse(await take(source, first, last));
      assert.deepEqual(
        taken.map(({ seq, new: isNew }) => [seq, isNew]),
        [
          [1, false],
          [2, true],
        ],
      );
    });

  test("costs its own request alone", async () => {
    const source = "beside";
    await take(source, event({ source }));
    const panics = event({ source: "panics", id: "panic after the event" });
    await dispatch.take(event({ source }));
    const lost = Array.from({ length: 5 }, () => take("panics", panics).catch(() => "lost"));
    assert.deepEqual(await Promise.all(lost), Array(5).fill("lost"));
    for (let time = 0; time < 5; time += 1)
      assert.equal((await dispatch.get("/v1/events")).status, 200);
    await dispatch.take(event({ source }));
    await dispatch.output.until((line) => /panicked at .*probe\.rs:\d+/.test(line));
  });
});
