// A journal of each earlier version is brought up to date when it is next used, with all that is in it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
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

const MIGRATIONS = migrationsOf("journal");
const ORDERS = 100_000;

/** The columns of an order and of its event, in the first version. Later ones may have more. */
const FILL = [
  `INSERT INTO events (seq, id, again, ord, at, received, type, status, verdict, test, body)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     SELECT i, 'filled-' || i, 0, 'O-' || i, 1778320800000 + i, 1778320800000, type, status, verdict, 0,
       replace(?1, '"123456"', '"O-' || i || '"') FROM n, (SELECT 'orderhook.order.status.v1' AS type, 'confirmed' AS status, 'fresh' AS verdict)`,
  `INSERT INTO orders (ord, seq, created, status, test, names, state)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     SELECT 'O-' || i, i, 1778320800000 + i, 'confirmed', 0, '[]', replace(?1, '"123456"', '"O-' || i || '"') FROM n`,
];

for (const version of MIGRATIONS.keys())
  test(`from version ${version + 1}, with ${ORDERS.toLocaleString("en")} orders in it`, async () => {
    const persist = newFolder();
    const [body, state] = await sample();
    await withBare(persist, async ({ journal: sql }) => {
      await migrate(sql, MIGRATIONS.slice(0, version + 1));
      await sql(FILL[0], body, ORDERS);
      await sql(FILL[1], state, ORDERS);
      await sql("INSERT INTO tallies VALUES ('events', ?1), ('confirmed', ?1)", ORDERS);
    });
    await withDispatch(persist, async (dispatch, { journal: sql }) => {
      await dispatch.registry("ask", JSON.stringify({ note: { journals: ["wakilni"] } }));
      const { json } = await dispatch.get("/v1/orders?limit=200");
      assert.deepEqual(
        json.orders.map(({ id }) => id),
        Array.from({ length: 200 }, (_, n) => `O-${ORDERS - n}`),
      );
      const data = { order: { id: "O-7" }, status: { now: "shipped" } };
      await dispatch.take(event({ time: "2026-12-01T00:00:00Z", data }));
      const order = (await dispatch.get("/v1/orders/wakilni/O-7")).json;
      assert.deepEqual(
        order.timeline.map(({ status, verdict }) => [status, verdict]),
        [
          ["confirmed", "fresh"],
          ["shipped", "fresh"],
        ],
      );
      const stats = (await dispatch.get("/v1/stats")).json.sources[0];
      assert.deepEqual(
        [stats.events, stats.statuses],
        [ORDERS + 1, { confirmed: ORDERS - 1, shipped: 1 }],
      );
      assert.deepEqual(await sql("SELECT value FROM meta WHERE name = 'version'"), [
        [MIGRATIONS.length],
      ]);
      assert.deepEqual(await schema(sql), await freshSchema());
    });
  });

/** Returns an event, and the state of an order that has it alone. */
async function sample() {
  const sent = event();
  let state;
  await withDispatch(newFolder(), async (dispatch, { journal: sql }) => {
    await dispatch.journal("wakilni", "take", [JSON.stringify(sent)]);
    [[state]] = await sql("SELECT state FROM orders");
  });
  return [JSON.stringify(sent), state];
}

/** Returns the schema of a journal that was never of an earlier version. */
const freshSchema = () =>
  withDispatch(newFolder(), async (dispatch, { journal }) => {
    await dispatch.journal("wakilni", "take", []);
    return schema(journal);
  });

test("a migration that fails leaves the journal as it was, and refuses its events", async () => {
  const persist = newFolder();
  // A table of an unknown hand is in the way of the first migration's second table.
  await withBare(persist, ({ journal }) => journal("CREATE TABLE orders (unknown)"));
  const open = await startDispatch({ persist });
  try {
    await assert.rejects(open.journal("wakilni", "take", []), /orders/);
  } finally {
    await open.stop();
  }
  await withBare(persist, async ({ journal }) =>
    assert.deepEqual(await schema(journal), [["CREATE TABLE orders (unknown)"]]),
  );
});

test("a journal that a later version has opened works with this one", async () => {
  const persist = newFolder();
  const server = await startEndpoint(() => 500);
  after(() => server.stop());
  const vars = { LOCAL_ENDPOINTS: server.pair };
  await withDispatch(persist, (_, { journal }) => makeLater(journal));
  await withDispatch(
    persist,
    async (dispatch, { journal }) => {
      const endpoint = (await dispatch.post("/v1/endpoints", { url: server.url })).json.id;
      await dispatch.take(event({ data: { order: { reference: "R-1" } } }));
      const found = (await dispatch.get("/v1/orders?reference=R-1")).json.orders;
      assert.equal(found.length, 1);
      const list = async () =>
        (await dispatch.get(`/v1/endpoints/${endpoint}/deliveries`)).json.deliveries;
      while (!(await list()).some(({ attempts }) => attempts > 0));
      // Each statement that adds a row has named its columns.
      for (const table of await tables(journal))
        assert.notDeepEqual(await journal(`SELECT count(*) FROM ${table}`), [[0]], table);
    },
    { vars },
  );
});
