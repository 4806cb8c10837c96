// A replay that is too long for one request goes on with a cursor; a filter narrows it. A test of an endpoint is what its filter wants.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
import { assertAnswer } from "../support/openapi.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

let dispatch;
let server;
before(async () => {
  server = await startEndpoint();
  dispatch = await startDispatch({ around: OPEN, vars: { LOCAL_ENDPOINTS: server.pair } });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

const make = async (filter) =>
  (await dispatch.post("/v1/endpoints", { url: server.url, filter })).json.id;

async function replay(id, body) {
  const answer = await dispatch.post(`/v1/endpoints/${id}/replay`, body);
  assertAnswer("POST", `/v1/endpoints/${id}/replay`, answer);
  return answer.json;
}

test("a replay of more events than one request looks at is finished with its cursor", async () => {
  const sources = ["long", "short"];
  for (const source of sources) await dispatch.take(event({ source }));
  await dispatch.journal(
    "long",
    "sql",
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
     INSERT INTO events SELECT seq + n, id || n, again, ord, at, received, type, status, verdict, test, body
     FROM events, n`,
  );
  const shipped = { status: { now: "shipped" } };
  for (const source of sources) await dispatch.take(event({ source, data: shipped }));
  const id = await make({ sources, statuses: ["shipped"] });
  const first = await replay(id, {});
  assert.deepEqual([first.deliveries, first.complete], [0, false]);
  const last = await replay(id, { cursor: first.cursor });
  assert.deepEqual(last, { deliveries: 2, complete: true, cursor: null });
  for (const cursor of ["a", "e30"])
    assert.equal((await replay(id, { cursor })).code, "invalid_cursor");
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("a replay reaches a journal that does not know the endpoint yet", async () => {
  const source = "unaware";
  await dispatch.take(event({ source }));
  const id = await make({ sources: [source] });
  // As if the journal could not be reached when the endpoint was made.
  await dispatch.journal(source, "sql", "DELETE FROM endpoints");
  await dispatch.journal(source, "sql", "UPDATE meta SET value = 0 WHERE name = 'endpoints'");
  const replayed = await replay(id, { source });
  assert.deepEqual(replayed, { deliveries: 1, complete: true, cursor: null });
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("a replay sends what its own filter wants, too", async () => {
  const source = "narrow";
  const status = (now) => ({ source, data: { status: { now } } });
  await dispatch.take(event(status("shipped")), event(status("delivered")));
  const id = await make({ sources: [source] });
  assert.equal((await replay(id, { source, filter: { statuses: ["delivered"] } })).deliveries, 1);
  // A pause would hold it while it is under way.
  const done = `/v1/endpoints/${id}/deliveries?state=done`;
  while ((await dispatch.get(done)).json.deliveries.length < 1);
  await dispatch.patch(`/v1/endpoints/${id}`, { active: false });
  await dispatch.take(event(status("shipped")), event(status("delivered")));
  await dispatch.patch(`/v1/endpoints/${id}`, { active: true });
  const filter = { statuses: ["delivered"] };
  assert.equal((await replay(id, { source, failed_only: true, filter })).deliveries, 1);
  assert.equal((await replay(id, { filter: { colours: [] } })).code, "invalid_body");
  assert.equal((await replay(id, { source: "Shop" })).code, "invalid_body");
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("a test is an event that the filter wants", async () => {
  const rows = [
    [{ phases: ["closed"] }, 1, ({ status }) => status.phase === "closed"],
    [{ statuses: ["exception", "expired"] }, 1, ({ status }) => status.now === "exception"],
    [
      { statuses: ["shipped", "delivered"], phases: ["closed"] },
      1,
      ({ status }) => status.now === "delivered",
    ],
    [{ verdicts: ["stale"] }, 2, (_, sent) => sent.orderhookverdict === "stale"],
  ];
  for (const [filter, count, is] of rows) {
    const id = await make(filter);
    const seen = server.inbox.entries.length;
    const { json } = await dispatch.post(`/v1/endpoints/${id}/tests`, {});
    assert.deepEqual(
      [json.tests_run, json.tests_succeeded],
      [count, count],
      JSON.stringify(filter),
    );
    const bodies = server.inbox.entries.slice(seen).map(({ body }) => JSON.parse(body));
    for (const sent of bodies) assert.ok(is(sent.data, sent), JSON.stringify(sent));
    await dispatch.delete(`/v1/endpoints/${id}`);
  }
});
