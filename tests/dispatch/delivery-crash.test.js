// The moments at which something can fail on an event's way to an endpoint: each is forced, and the event arrives, at least once.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DISPATCH_TOKEN, event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
import { ATTEMPTS_QUEUE, EVENTS_QUEUE } from "../support/settings.js";

const OPEN_ALONE = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const OPEN = OPEN_ALONE.replace("export const Journal = opened(DispatchJournal);", "").replace(
  "export default dispatch;",
  "",
);

// Each fault is set for a number of times by its name. A retry of the queue's comes at once.
const AROUND = `${OPEN}
  const faults = new Map();
  const fails = (name) => {
    const left = faults.get(name) ?? 0;
    faults.set(name, left - 1);
    if (left > 0) throw new Error("forced: " + name);
  };
  export class Journal extends opened(DispatchJournal) {
    constructor(ctx, env) {
      const sendBatch = async (messages) => {
        fails("send");
        await env.ATTEMPTS.sendBatch(messages);
      };
      const registry = { ask: async (question) => {
        fails("registry");
        return env.REGISTRY.getByName("registry").ask(question);
      } };
      super(ctx, { ...env, ATTEMPTS: { sendBatch }, REGISTRY: { getByName: () => registry } });
    }
    die() {
      this.ctx.abort("a test asked for this");
    }
    ahead(ms) {
      ahead = ms;
    }
    fault(name, times) {
      faults.set(name, times);
    }
    async deliver(step) {
      const [kind] = Object.keys(JSON.parse(step));
      fails(kind + " before");
      const answer = await super.deliver(step);
      fails(kind + " after");
      return answer;
    }
  }
  // No batch leaves its queue before it is settled, however slow the machine is.
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (work, ms) => wait(work, ms === 250 ? 60_000 : ms);
  // Moves the clock of all objects.
  let ahead = 0;
  const { now } = Date;
  Date.now = () => now() + ahead;
  export default {
    ...dispatch,
    async queue(batch, bindings, ctx) {
      const registry = { ask: async (question) => {
        if (JSON.parse(question).endpoints?.disable) fails("disable");
        return bindings.REGISTRY.getByName("registry").ask(question);
      } };
      const env = { ...bindings, REGISTRY: { getByName: () => registry } };
      const messages = batch.messages.map((message) => ({
        id: message.id, body: message.body, attempts: message.attempts,
        ack: () => message.ack(), retry: () => message.retry(),
      }));
      if (!batch.queue.endsWith("attempts"))
        return dispatch.queue({ queue: batch.queue, messages }, env, ctx);
      fails("attempt");
      const later = messages.map((message) => ({ ...message }));
      const decided = [];
      for (const message of later) {
        message.ack = () => decided.push("ack");
        message.retry = () => decided.push("retry");
      }
      await dispatch.queue({ queue: batch.queue, messages: later }, env, ctx);
      fails("ack");
      for (const [at, decision] of decided.entries()) messages[at][decision]();
    },
  };`;

/** What the server answers, by the path of the request. */
const answers = new Map();

let dispatch;
let server;
before(async () => {
  server = await startEndpoint(({ path }) => answers.get(path)?.() ?? 204);
  dispatch = await startDispatch({ around: AROUND, vars: { LOCAL_ENDPOINTS: server.pair } });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

let names = 0;

/** Makes an endpoint for events of a source of its own. */
async function makeEndpoint() {
  const source = `crash-${++names}`;
  const url = `http://${server.pair}/${source}`;
  const made = await dispatch.post("/v1/endpoints", { url, filter: { sources: [source] } });
  assert.equal(made.status, 201, made.text);
  const { id } = made.json;
  const journal = (method, ...args) => dispatch.journal(source, method, ...args);
  const requests = () => server.inbox.entries.filter(({ path }) => path === `/${source}`);
  return {
    id,
    source,
    journal,
    requests,
    sql: (...query) => journal("sql", ...query),
    deliver: (step) => journal("deliver", JSON.stringify(step)).then(JSON.parse),
    take: () => dispatch.take(event({ source })),
    async untilDone(count = 1) {
      for (;;) {
        const path = `/v1/endpoints/${id}/deliveries?state=done`;
        const { deliveries } = (await dispatch.get(path)).json;
        if (deliveries.length >= count) return deliveries;
      }
    },
  };
}

test("a pointer that is not sent: the lease ends, and the delivery is handed out again", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.journal("take", []);
  await endpoint.journal("disarm");
  await assert.rejects(endpoint.journal("die"));
  await endpoint.journal("fault", "send", 1);
  await endpoint.take();
  await dispatch.logged(({ cause }) => cause === "forced: send");
  assert.equal(endpoint.requests().length, 0);
  const [[state, lease, due]] = await endpoint.sql("SELECT state, lease, due FROM deliveries");
  assert.deepEqual([state, lease], ["leased", 1]);
  assert.equal(await endpoint.journal("armed"), due);
  await endpoint.sql("UPDATE deliveries SET due = 0");
  await endpoint.journal("tend");
  const [done] = await endpoint.untilDone();
  assert.equal(done.attempts, 1);
  assert.equal(endpoint.requests().length, 1);
});

for (const [fault, times, posts] of [
  ["attempt", 1, 1],
  ["load before", 1, 1],
  ["load after", 1, 1],
  // The report is tried twice.
  ["report before", 1, 1],
  ["report before", 2, 2],
  ["report after", 1, 1],
  ["report after", 2, 1],
  ["ack", 1, 1],
])
  test(`a failure at "${fault}", ${times} times: the event arrives, and is reported once`, async () => {
    const endpoint = await makeEndpoint();
    await endpoint.take();
    await endpoint.untilDone();
    await endpoint.journal("fault", fault, times);
    await endpoint.take();
    const deliveries = await endpoint.untilDone(2);
    assert.deepEqual(
      deliveries.map(({ attempts }) => attempts),
      [1, 1],
    );
    // A last event, whose pointer comes after all that comes again.
    await endpoint.take();
    await endpoint.untilDone(3);
    const ids = endpoint.requests().map(({ headers }) => headers["webhook-id"]);
    assert.deepEqual([ids.length, new Set(ids).size], [posts + 2, 3]);
  });

test("a step of the journal that fails leaves no delivery, and the event comes again", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.journal("take", []);
  await endpoint.sql(
    "CREATE TRIGGER fails BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'forced'); END",
  );
  const sent = event({ source: endpoint.source });
  await dispatch.put(EVENTS_QUEUE, sent);
  await dispatch.logged(
    ({ journal, cause }) => journal === endpoint.source && cause.includes("forced"),
  );
  for (const table of ["events", "deliveries"])
    assert.deepEqual(await endpoint.sql(`SELECT count(*) FROM ${table}`), [[0]]);
  await endpoint.sql("DROP TRIGGER fails");
  await endpoint.untilDone();
  assert.equal(endpoint.requests().length, 1);
});

/** Keeps a delivery of an endpoint in its lease: its pointer is lost. */
async function leased(endpoint) {
  await endpoint.journal("fault", "send", 1);
  await endpoint.take();
  const [[seq, lease]] = await endpoint.sql("SELECT seq, lease FROM deliveries ORDER BY seq DESC");
  return { endpoint: endpoint.id, seq, lease };
}

/** An outcome. A failure asks for an hour, so that no other attempt comes by itself. */
const outcome = (lease, status) => ({
  ...{ lease, version: 0, at: Date.now(), ms: 1, note: null, answer: "" },
  result: { answered: { status, retry_after: 3_600_000 } },
});

test("a report counts once, and one of an ended lease does not count", async () => {
  const endpoint = await makeEndpoint();
  const lease = await leased(endpoint);
  const row = () => endpoint.sql("SELECT state, attempts, failed FROM deliveries");
  await endpoint.deliver({ report: [outcome({ ...lease, lease: 7 }, 500)] });
  assert.deepEqual(await row(), [["leased", 0, 0]]);
  for (let time = 0; time < 2; time += 1)
    await endpoint.deliver({ report: [outcome(lease, 500), outcome(lease, 500)] });
  assert.deepEqual(await row(), [["due", 1, 1]]);
  assert.deepEqual(await endpoint.sql("SELECT count(*) FROM attempts"), [[1]]);
  // A success is one, however late it is known.
  await endpoint.deliver({ report: [outcome(lease, 200)] });
  assert.deepEqual(await row(), [["done", 2, 1]]);
  await endpoint.deliver({ report: [outcome(lease, 500)] });
  assert.deepEqual(await row(), [["done", 2, 1]]);
});

test("a stale pointer loads nothing", async () => {
  const endpoint = await makeEndpoint();
  const lease = await leased(endpoint);
  const loaded = async (...leases) => (await endpoint.deliver({ load: leases })).items.length;
  assert.equal(await loaded(lease), 1);
  for (const stale of [
    { ...lease, lease: 2 },
    { ...lease, seq: 99 },
    { ...lease, endpoint: "ep_other" },
  ])
    assert.equal(await loaded(stale), 0);
  await endpoint.deliver({ report: [outcome(lease, 200)] });
  assert.equal(await loaded(lease), 0);
  // A pointer to another journal loads nothing there, and does not stop the batch that it is in.
  const journal = "0".repeat(64);
  const other = await makeEndpoint();
  await dispatch.put(ATTEMPTS_QUEUE, { version: 1, journal, ...lease });
  await dispatch.logged((line) => line.at === "failure" && line.journal === journal);
  await other.take();
  await other.untilDone();
  assert.equal(endpoint.requests().length, 0);
});

test("an alarm that was lost is set again by the next step", async () => {
  const endpoint = await makeEndpoint();
  await leased(endpoint);
  await endpoint.journal("disarm");
  await endpoint.journal("ahead", 600_000);
  try {
    await endpoint.journal("fault", "send", 1);
    await endpoint.deliver({ load: [] });
    const [[state, lease, due]] = await endpoint.sql("SELECT state, lease, due FROM deliveries");
    assert.deepEqual([state, lease], ["leased", 2]);
    assert.equal(await endpoint.journal("armed"), due);
  } finally {
    await endpoint.journal("ahead", 0);
  }
});

test("an alarm sets the next one at the end of the first lease", async () => {
  const endpoint = await makeEndpoint();
  await leased(endpoint);
  const [[due]] = await endpoint.sql("SELECT due FROM deliveries");
  await endpoint.journal("tend");
  assert.equal(await endpoint.journal("armed"), due);
});

test("events that cannot be removed stop no delivery", async () => {
  const endpoint = await makeEndpoint();
  await leased(endpoint);
  await endpoint.sql("UPDATE events SET at = 0");
  await endpoint.sql("UPDATE deliveries SET due = 0");
  await endpoint.sql(
    "CREATE TRIGGER fails BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'forced'); END",
  );
  await endpoint.journal("tend");
  await endpoint.untilDone();
  await endpoint.sql("DROP TRIGGER fails");
});

test("an endpoint that cannot be disabled is attempted again, and is disabled then", async () => {
  const endpoint = await makeEndpoint();
  answers.set(`/${endpoint.source}`, () => 410);
  await endpoint.journal("take", []);
  await endpoint.journal("fault", "disable", 1);
  await endpoint.take();
  const { what } = await dispatch.logged(({ cause }) => cause === "forced: disable");
  assert.equal(what, "registry");
  const row = async () =>
    (await endpoint.sql("SELECT state, due > at, attempts FROM deliveries"))[0];
  assert.deepEqual(await row(), ["due", 1, 1]);
  const read = async () => (await dispatch.get(`/v1/endpoints/${endpoint.id}`)).json;
  assert.equal((await read()).active, true);
  await endpoint.sql("UPDATE endpoints SET next = 0");
  await endpoint.sql("UPDATE deliveries SET due = 0");
  await endpoint.journal("tend");
  while ((await read()).active);
  while ((await row())[0] !== "held");
  assert.deepEqual(await row(), ["held", null, 2]);
});

test("without the key of its secrets an endpoint waits, and its deliveries stay as they are", async () => {
  const persist = mkdtempSync(join(tmpdir(), "dispatch-seal-"));
  const vars = { LOCAL_ENDPOINTS: server.pair };
  try {
    const made = await startDispatch({ persist, vars });
    await made.post("/v1/endpoints", { url: `http://${server.pair}/sealed` });
    await made.stop();
    const secrets = { DISPATCH_TOKEN, DISPATCH_SEAL_KEY: "ab".repeat(32) };
    const other = await startDispatch({ persist, vars, secrets, around: OPEN_ALONE });
    try {
      await other.take(...Array.from({ length: 12 }, () => event()));
      const sql = (query) => other.journal("wakilni", "sql", query);
      while ((await sql("SELECT 1 FROM deliveries WHERE state <> 'due'")).length > 0);
      assert.deepEqual(await sql("SELECT max(attempts) FROM deliveries"), [[0]]);
      const notes = await sql("SELECT note, count(*) FROM deliveries GROUP BY note ORDER BY note");
      assert.deepEqual(notes, [
        [null, 2],
        ["unreadable", 10],
      ]);
      const [[wait]] = await sql("SELECT next - (SELECT max(due) FROM deliveries) FROM endpoints");
      assert.ok(wait >= 14 * 60_000, `${wait}`);
    } finally {
      await other.stop();
    }
  } finally {
    rmSync(persist, { recursive: true, force: true });
  }
});

test("without the registry a journal goes on with its copy, and begins none without one", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.take();
  await endpoint.untilDone();
  await assert.rejects(endpoint.journal("die"));
  await endpoint.journal("fault", "registry", 1);
  await endpoint.take();
  await endpoint.untilDone(2);
  const { what } = await dispatch.logged(({ cause }) => cause === "forced: registry");
  assert.equal(what, "registry");
  await dispatch.journal("without-a-copy", "fault", "registry", 1);
  await assert.rejects(dispatch.journal("without-a-copy", "take", []), /forced: registry/);
  assert.equal(await dispatch.journal("without-a-copy", "take", []), "[]");
});

test("a URL is checked again before each request", async () => {
  const persist = mkdtempSync(join(tmpdir(), "dispatch-guard-"));
  try {
    const made = await startDispatch({ persist, vars: { LOCAL_ENDPOINTS: server.pair } });
    const { json } = await made.post("/v1/endpoints", { url: `http://${server.pair}/guarded` });
    await made.stop();
    const guarded = await startDispatch({ persist });
    try {
      await guarded.take(event());
      for (let reason = null; reason === null; ) {
        reason = (await guarded.get(`/v1/endpoints/${json.id}`)).json.disabled_reason;
        if (reason) assert.equal(reason, "url_not_https");
      }
      // Its events are held, and none is lost.
      const path = `/v1/endpoints/${json.id}/deliveries`;
      for (let states = []; !states.includes("held"); )
        states = (await guarded.get(path)).json.deliveries.map(({ state }) => state);
      const tested = await guarded.post(`/v1/endpoints/${json.id}/tests`, {});
      assert.equal(tested.json.tests_failed, 2);
    } finally {
      await guarded.stop();
    }
    assert.ok(server.inbox.entries.every(({ path }) => path !== "/guarded"));
  } finally {
    rmSync(persist, { recursive: true, force: true });
  }
});
