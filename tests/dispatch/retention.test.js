// What is kept and for how long: by age and by bytes, in small steps. A lost alarm is set again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, NAME, startDispatch, unrecognized } from "../support/dispatch.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const DAY = 24 * 60 * 60 * 1000;

let dispatch;
before(async () => {
  const vars = { RETENTION_DAYS: 30, RETENTION_MB: 1 };
  dispatch = await startDispatch({ around: OPEN, vars });
});
after(() => dispatch.stop());

const sql = (source, ...query) => dispatch.journal(source, "sql", ...query);
const count = async (source, table) => (await sql(source, `SELECT count(*) FROM ${table}`))[0][0];
const take = (source, events) =>
  dispatch.journal(
    source,
    "take",
    events.map((event) => JSON.stringify(event)),
  );

/** Makes events of orders: `orders[n]` is the order of the n-th. */
const eventsOf = (source, orders, payload = "{}") =>
  orders.map((id, n) => event({ source, data: { payload, order: { id, reference: `R-${n}` } } }));

test("old events go in steps, and an order with its last event", async () => {
  const source = "old";
  await take(
    source,
    eventsOf(
      source,
      [...Array(1200).keys()].map((n) => `${n % 700}`),
    ),
  );
  await take(source, [unrecognized({ source })]);
  await sql(source, "UPDATE events SET at = at - ? WHERE seq <= 1150", 31 * DAY);
  // Orders 450 to 499 have a later event; the others' last one is old.
  const steps = [];
  do steps.push(await dispatch.journal(source, "tendOnce"));
  while (steps.at(-1) < 1000);
  assert.equal(steps.length, 3);
  assert.deepEqual(
    [await count(source, "events"), await count(source, "orders"), await count(source, "names")],
    [51, 50, 100],
  );
  const tallies = Object.fromEntries(await sql(source, "SELECT name, n FROM tallies"));
  assert.deepEqual(tallies, { events: 51, confirmed: 50 });
});

test("what is not old stays", async () => {
  const source = "young";
  await take(source, eventsOf(source, ["1", "2"]));
  await sql(source, "UPDATE events SET at = at - ?", 29 * DAY);
  await dispatch.journal(source, "tend");
  assert.equal(await count(source, "events"), 2);
});

test("the oldest events go where there is no room, until there is", async () => {
  const source = "full";
  const payload = "x".repeat(100_000);
  await take(source, eventsOf(source, [...Array(8).keys()].map(String), payload));
  assert.equal(await dispatch.journal(source, "tend").then((ms) => ms > 1000), true);
  assert.equal(await count(source, "events"), 8);
  for (let part = 0; part < 10; part += 1)
    await take(
      source,
      eventsOf(
        source,
        [...Array(60).keys()].map((n) => `${part}-${n}`),
        payload,
      ),
    );
  const [[first]] = await sql(source, "SELECT min(seq) FROM events");
  // A step that would remove more fails, and so do the steps after it.
  await sql(
    source,
    `CREATE TRIGGER fails BEFORE DELETE ON events WHEN old.seq >= ${first + 500}
       BEGIN SELECT RAISE(ABORT, 'forced'); END`,
  );
  await dispatch.journal(source, "tend");
  const [[next]] = await sql(source, "SELECT min(seq) FROM events");
  assert.equal(next, first + 500);
  assert.equal(await count(source, "orders"), await count(source, "events"));
});

const FILL = `INSERT INTO deliveries (endpoint, seq, state, due, lease, attempts, failed)
  SELECT endpoints.id, seq, ?, ?, 1, 20, 20 FROM events, endpoints`;
const FAIL = `INSERT INTO attempts (endpoint, seq, n, at, ms, answer)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
  SELECT endpoint, seq, i, 0, 0, ? FROM deliveries, n`;

/** Makes an endpoint for no event of the tests, so that a test may make its deliveries. */
async function makeEndpoint() {
  const filter = { sources: ["none"] };
  const made = await dispatch.post("/v1/endpoints", { url: "https://example.com/", filter });
  return made.json.id;
}

test("a step is bounded by the rows that go with its events, and what is undelivered is logged", async () => {
  const id = await makeEndpoint();
  const source = "rows";
  await take(source, eventsOf(source, [...Array(300).keys()].map(String)));
  await sql(source, "UPDATE events SET at = at - ?", 31 * DAY);
  await sql(source, FILL, "held", null);
  await sql(source, FAIL, "");
  assert.ok((await dispatch.journal(source, "tend")) < 1000);
  // An event has 22 rows: itself, its delivery and 20 attempts. The first 228 have 5,016.
  assert.equal((await dispatch.logged(({ at }) => at === "pruned")).undelivered, 228);
  while ((await dispatch.journal(source, "tend")) < 1000);
  for (const table of ["events", "deliveries", "attempts"])
    assert.equal(await count(source, table), 0);
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("where there is no room, attempts and what is done go before events", async () => {
  const id = await makeEndpoint();
  const source = "thinned";
  await take(source, eventsOf(source, [...Array(100).keys()].map(String)));
  await sql(source, FILL, "done", null);
  await sql(source, "UPDATE deliveries SET state = 'due', due = ? WHERE seq > 60", Date.now() * 2);
  await sql(source, FAIL, "x".repeat(1000));
  await dispatch.journal(source, "tend");
  assert.deepEqual(
    [
      await count(source, "events"),
      await count(source, "deliveries"),
      await count(source, "attempts"),
    ],
    [100, 40, 0],
  );
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("a position is never given out twice, whatever was removed", async () => {
  const source = "positions";
  await take(source, eventsOf(source, ["1", "2", "3"]));
  await sql(source, "UPDATE events SET at = at - ?", 31 * DAY);
  await dispatch.journal(source, "tend");
  assert.equal(await count(source, "events"), 0);
  const [{ seq }] = JSON.parse(await take(source, eventsOf(source, ["4"])));
  assert.equal(seq, 4);
});

test("the registry's old rows go", async () => {
  const registry = (...query) => dispatch.registry("sql", ...query);
  const at = (days) => Date.now() - days * DAY;
  for (const [id, days] of [
    ["old", 31],
    ["young", 29],
  ])
    await registry(
      "INSERT INTO dead_letters (id, at, attempts, form, content) VALUES (?, ?, 1, 'json', '{}')",
      id,
      at(days),
    );
  for (const days of [8, 6])
    await registry("INSERT INTO activity VALUES (?, 'a', 'accepted', 1, 1)", at(days));
  for (const days of [401, 399])
    await registry(
      "INSERT INTO audit (at, actor, action) VALUES (?, 'a', 'token_created')",
      at(days),
    );
  await dispatch.registry("tend");
  assert.deepEqual(await registry("SELECT id FROM dead_letters"), [["young"]]);
  assert.deepEqual(await registry("SELECT count(*) FROM activity"), [[1]]);
  assert.deepEqual(await registry("SELECT count(*) FROM audit WHERE actor = 'a'"), [[1]]);
});

test("a registry without room gives up counts and answers before dead letters, and no more of these than it must", async () => {
  const registry = (...query) => dispatch.registry("sql", ...query);
  const rows = async (table) => (await registry(`SELECT count(*) FROM ${table}`))[0][0];
  /** Tends until nothing more is due. */
  const settle = async () => {
    while ((await dispatch.registry("tend")) < 1000);
  };
  const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
  const letters = (count, bytes) =>
    registry(
      `${NUMBERS} INSERT INTO dead_letters (id, at, attempts, form, content)
        SELECT ?2 || i, ?3, 1, 'text', hex(zeroblob(?4 / 2)) FROM n`,
      ...[count, `letter of ${bytes} `, Date.now(), bytes],
    );
  await registry("DELETE FROM dead_letters");
  await letters(1, 1000);
  await registry(
    `${NUMBERS} INSERT INTO answers (key, at, body, status, sealed)
      SELECT 'answer ' || i, ?2, '', 200, hex(zeroblob(500)) FROM n`,
    ...[100, Date.now()],
  );
  await registry(
    `${NUMBERS} INSERT INTO activity (at, source, code, latency, n)
      SELECT ?2 - i, 'a source with a name', 'accepted', 1, 1 FROM n`,
    ...[30_000, Date.now()],
  );
  await settle();
  const activity = await rows("activity");
  assert.ok(activity > 0 && activity < 30_000, `${activity}`);
  assert.deepEqual([await rows("answers"), await rows("dead_letters")], [100, 1]);

  await letters(20, 100_000);
  await settle();
  assert.deepEqual([await rows("activity"), await rows("answers")], [0, 0]);
  const left = await registry("SELECT id FROM dead_letters ORDER BY seq");
  // The room is 1 MiB: it has nine of 100 KB, and what the registry has besides.
  assert.deepEqual(left.length > 5 && left.length < 11, true, `${left.length}`);
  assert.deepEqual(left.at(-1), ["letter of 100000 20"]);
});

test("an event sets the alarm, and the cron trigger sets a lost one again", async () => {
  const source = "alarms";
  const sent = event({ source });
  await dispatch.take(sent);
  assert.notEqual(await dispatch.journal(source, "armed"), null);
  await dispatch.journal(source, "disarm");
  await dispatch.registry("disarm");
  const worker = await dispatch.miniflare.getWorker(NAME);
  await worker.scheduled({ cron: "*/5 * * * *" });
  assert.notEqual(await dispatch.journal(source, "armed"), null);
  assert.notEqual(await dispatch.registry("armed"), null);
});
