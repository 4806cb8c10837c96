// The registry of each earlier version, and that of a later one, is used by this version with all that is in it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ACTIVITY_QUEUE, DISPATCH_TOKEN, event, NAME } from "../support/dispatch.js";
import { browserOf } from "../support/session.js";
import {
  makeLater,
  migrate,
  migrationsOf,
  newFolder,
  schema,
  tables,
  withBare,
  withDispatch,
} from "../support/versions.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const MIGRATIONS = migrationsOf("registry");

/** Makes an endpoint with a token and a key: the same request gets the same answer. */
const keyed = (dispatch, token) =>
  dispatch.send({
    ...{ method: "POST", path: "/v1/endpoints" },
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": "the-same",
    },
    body: JSON.stringify({ url: "https://example.com/hook", active: false }),
  });

/** Adds a row to each table by what dispatch does. Returns what its callers remember. */
async function use(dispatch, name, source = name) {
  const browser = browserOf(dispatch);
  const { secret } = (await dispatch.post("/v1/tokens", { name, access: "full" })).json;
  const made = await keyed(dispatch, secret);
  assert.equal(made.status, 201, made.text);
  const { code } = (await dispatch.post("/v1/session/codes")).json;
  const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
  await dispatch.take(event());
  await dispatch.put(DEAD_LETTER_QUEUE, { of: name });
  const sums = [{ source, code: "accepted", latency: 0, count: 1 }];
  const [since, until] = [Date.now() - 1000, Date.now()];
  await dispatch.put(ACTIVITY_QUEUE, { version: 1, since, until, counts: sums });
  const sources = async () => (await dispatch.get("/v1/stats/history")).json.answers;
  while (!(await sources()).some((answer) => answer.source === source));
  while ((await letters(dispatch)) < 1);
  await watch(dispatch);
  return { secret, made, code, cookie };
}

const letters = async (dispatch) =>
  (await dispatch.get("/v1/dead-letters")).json.dead_letters.length;

/** Lets the cron come, which looks at the sources and tells what there is to tell. */
const watch = async (dispatch) =>
  (await dispatch.miniflare.getWorker(NAME)).scheduled({ cron: "*/5 * * * *" });

const rowsOf = (sql, table) => sql(`SELECT * FROM ${table}`);

/** What a registry of this version has in each table, and what its callers remember. */
let used;
before(async () => {
  used = await withDispatch(newFolder(), async (dispatch, { registry: sql }) => {
    const remembered = await use(dispatch, "earlier");
    const untold = await dispatch.journal("_operational", "sql", "SELECT body FROM events");
    const notice = JSON.stringify({ ...JSON.parse(untold[0][0]), id: "untold" });
    await sql("INSERT INTO notices VALUES ('untold', ?)", notice);
    const rows = {};
    for (const table of await tables(sql)) rows[table] = await rowsOf(sql, table);
    for (const [table, { length }] of Object.entries(rows)) assert.notEqual(length, 0, table);
    return { ...remembered, rows, schema: await schema(sql) };
  });
});

/** Makes the registry of a version in a folder, with the rows that it may have. Returns its tables. */
const madeRegistry = (persist, version) =>
  withBare(persist, async ({ registry: sql }) => {
    await migrate(sql, MIGRATIONS.slice(0, version));
    const names = (await tables(sql)).filter((name) => name !== "meta");
    for (const name of names)
      for (const row of used.rows[name])
        await sql(`INSERT INTO ${name} VALUES (${row.map(() => "?").join()})`, ...row);
    return names;
  });

for (const version of Array.from(MIGRATIONS, (_, at) => at + 1))
  test(`from version ${version}`, async () => {
    const persist = newFolder();
    const names = await madeRegistry(persist, version);
    await withDispatch(persist, async (dispatch, { registry: sql }) => {
      const token = await dispatch.get("/v1/session", used.secret);
      assert.deepEqual([token.status, token.json.name], [200, "earlier"]);
      assert.deepEqual(await schema(sql), used.schema);
      for (const name of names) assert.deepEqual(await rowsOf(sql, name), used.rows[name], name);
      const [[now]] = await sql("SELECT value FROM meta WHERE name = 'version'");
      assert.equal(now, MIGRATIONS.length);
      await assertRemembered(dispatch, names);
      await use(dispatch, "now");
    });
  });

/** Checks that dispatch knows what is in the tables, and that nothing is in those that were not there. */
async function assertRemembered(dispatch, names) {
  const has = (table) => names.includes(table);
  assert.equal(await letters(dispatch), 1);
  const { entries } = (await dispatch.get("/v1/audit")).json;
  assert.ok(entries.some(({ target }) => target === "earlier"));
  const { endpoints } = (await dispatch.get("/v1/endpoints")).json;
  assert.deepEqual(
    endpoints.map(({ id }) => id),
    has("endpoints") ? [used.made.json.id] : [],
  );
  const again = await keyed(dispatch, used.secret);
  assert.equal(again.status, 201);
  assert.equal(again.text === used.made.text, has("answers"));
  const browser = browserOf(dispatch);
  const session = await browser.send(used.cookie, { path: "/v1/session" });
  assert.equal(session.status, has("sessions") ? 200 : 401);
  const { status } = await browser.signIn({ code: used.code });
  assert.equal(status, has("codes") ? 200 : 401);
  await watch(dispatch);
  const told = await dispatch.get("/v1/events/_operational/untold");
  assert.equal(told.status, has("notices") ? 200 : 404);
}

test("a registry that a later version has opened works with this one", async () => {
  const persist = newFolder();
  await withDispatch(persist, (_, { registry }) => makeLater(registry));
  await withDispatch(persist, async (dispatch, { registry: sql }) => {
    await use(dispatch, "rolled-back");
    // A notice is removed once its journal has it.
    for (const table of (await tables(sql)).filter((name) => name !== "notices"))
      assert.notDeepEqual(await sql(`SELECT count(*) FROM ${table}`), [[0]], table);
    const [[version]] = await sql("SELECT value FROM meta WHERE name = 'version'");
    assert.equal(version, MIGRATIONS.length + 1);
  });
});

test("what a later version has written stays when this one writes the same rows again", async () => {
  const persist = newFolder();
  const endpoint = await withDispatch(persist, async (dispatch, { registry: sql }) => {
    const { made } = await use(dispatch, "earlier");
    await makeLater(sql);
    for (const table of await tables(sql)) await sql(`UPDATE ${table} SET later = 'kept'`);
    return made.json.id;
  });
  await withDispatch(persist, async (dispatch, { registry: sql }) => {
    const kept = (table) => sql(`SELECT count(*) FROM ${table} WHERE later = 'kept'`);
    const names = (await tables(sql)).filter((name) => name !== "notices");
    const before = await Promise.all(names.map(kept));
    await use(dispatch, "now", "earlier");
    const edited = await dispatch.patch(`/v1/endpoints/${endpoint}`, { description: "edited" });
    assert.equal(edited.status, 200, edited.text);
    for (const [at, name] of names.entries()) assert.deepEqual(await kept(name), before[at], name);
  });
});

test("a migration that fails leaves the registry as it was, and nobody comes in", async () => {
  const persist = newFolder();
  await withBare(persist, ({ registry }) => registry("CREATE TABLE tokens (unknown)"));
  await withDispatch(persist, async (dispatch) => {
    const { status, json } = await dispatch.get("/v1/endpoints");
    assert.deepEqual([status, json.code], [503, "journal_unavailable"]);
  });
  await withBare(persist, async ({ registry }) =>
    assert.deepEqual(await schema(registry), [["CREATE TABLE tokens (unknown)"]]),
  );
});
