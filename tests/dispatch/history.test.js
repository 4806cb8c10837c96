// What the receiver and the endpoints answered over time, what waits for each endpoint, and which deliveries a list can find.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ACTIVITY_QUEUE, event, startDispatch, unrecognized } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
import { assertAnswer } from "../support/openapi.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What the server answers, by the path of the request. */
const answers = new Map();

let dispatch;
let server;
before(async () => {
  server = await startEndpoint(({ path }) => answers.get(path) ?? 204);
  const vars = { LOCAL_ENDPOINTS: server.pair };
  dispatch = await startDispatch({ around: OPEN, vars });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

/** Gets something, and holds the answer to the document. */
async function get(path) {
  const answer = await dispatch.get(path);
  assert.equal(answer.status, 200, answer.text);
  assertAnswer("GET", new URL(path, dispatch.url).pathname, answer);
  return answer.json;
}

let names = 0;

/** Makes an endpoint for events of a source of its own, which gets `status` as its answers. */
async function makeEndpoint(status = 204, more = {}) {
  const source = `history-${++names}`;
  answers.set(`/${source}`, status);
  const { json, text } = await dispatch.post("/v1/endpoints", {
    url: `http://${server.pair}/${source}`,
    filter: { sources: [source] },
    ...more,
  });
  assert.ok(json.id, text);
  const list = async (query = "") =>
    (await get(`/v1/endpoints/${json.id}/deliveries?${query}`)).deliveries;
  return {
    id: json.id,
    source,
    list,
    take: (...events) => dispatch.take(...events.map((more) => event({ source, ...more }))),
    answer: (status) => answers.set(`/${source}`, status),
    sql: (...query) => dispatch.journal(source, "sql", ...query),
    /** Makes everything that waits due now, and lets the alarm come. */
    async hurry() {
      await dispatch.journal(source, "sql", "UPDATE deliveries SET due = 0 WHERE state = 'due'");
      await dispatch.journal(source, "sql", "UPDATE endpoints SET next = 0");
      await dispatch.journal(source, "tend");
    },
    /** Waits until there are so many deliveries in a state. */
    async until(state, count) {
      for (;;) {
        const found = await list(`state=${state}`);
        if (found.length >= count) return found;
      }
    },
    /** Returns what was counted of its attempts, in all steps of a span together. */
    async counts(span = "day") {
      const { attempts } = await get(`/v1/stats/history?span=${span}&source=${source}`);
      const own = attempts.filter(({ endpoint }) => endpoint === json.id);
      const sum = (name) => own.reduce((all, { [name]: n }) => all + n, 0);
      return ["delivered", "failed", "retries"].map(sum);
    },
  };
}

test("each attempt is counted once, whether it succeeds, fails or is a retry", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.take({}, {});
  await endpoint.until("done", 2);
  assert.deepEqual(await endpoint.counts(), [2, 0, 0]);
  // It asks for an hour, so that no other attempt comes by itself.
  endpoint.answer({ status: 500, headers: { "retry-after": "3600" } });
  await endpoint.take({});
  while ((await endpoint.counts())[1] < 1);
  await endpoint.hurry();
  while ((await endpoint.counts())[1] < 2);
  endpoint.answer(200);
  await endpoint.hurry();
  await endpoint.until("done", 3);
  assert.deepEqual(await endpoint.counts(), [3, 2, 2]);
  assert.deepEqual(await endpoint.counts("week"), [3, 2, 2]);
});

test("a report that comes twice is counted once", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.take({});
  await endpoint.until("done", 1);
  const lease = { endpoint: endpoint.id, seq: 1, lease: 1 };
  const [[version]] = await endpoint.sql("SELECT json_extract(record, '$.updated') FROM endpoints");
  const result = { answered: { status: 204, retry_after: null } };
  const outcome = { lease, version, at: Date.now(), ms: 1, result, note: null, answer: null };
  await dispatch.journal(endpoint.source, "deliver", JSON.stringify({ report: [outcome] }));
  assert.deepEqual(await endpoint.counts(), [1, 0, 0]);
});

test("the history has steps of 15 minutes or of 2 hours, and what is older is left out", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.take({});
  await endpoint.until("done", 1);
  await endpoint.sql("DELETE FROM attempt_sums");
  const now = Date.now();
  for (const [age, delivered] of [
    [0, 1],
    [23 * HOUR, 10],
    [25 * HOUR, 100],
    [6 * 24 * HOUR, 1000],
    [8 * 24 * HOUR, 10_000],
  ]) {
    const at = now - age - ((now - age) % (15 * MINUTE));
    await endpoint.sql(
      "INSERT INTO attempt_sums VALUES (?, ?, ?, 0, 0)",
      ...[at, endpoint.id, delivered],
    );
  }
  assert.equal((await endpoint.counts("day"))[0], 11);
  assert.equal((await endpoint.counts("week"))[0], 1111);
  for (const [span, step, steps] of [
    ["day", 900, 96],
    ["week", 7200, 84],
  ]) {
    const history = await get(`/v1/stats/history?span=${span}&source=${endpoint.source}`);
    const [since, until] = [history.since, history.until].map(Date.parse);
    assert.equal(history.step_seconds, step);
    assert.equal(since % (step * 1000), 0);
    assert.equal(Math.ceil((until + 1 - since) / (step * 1000)), steps);
    for (const { at } of history.attempts)
      assert.ok(Date.parse(at) >= since && Date.parse(at) % (step * 1000) === 0, at);
  }
  // Pruning removes what no history shows.
  await dispatch.journal(endpoint.source, "tend");
  assert.deepEqual(await endpoint.sql("SELECT count(*) FROM attempt_sums"), [[4]]);
});

const counts = (until, ...entries) => ({
  version: 1,
  since: until - 10_000,
  until,
  counts: entries.map(([source, code, latency, count]) => ({ source, code, latency, count })),
});

test("the receiver's answers are by source and code, with their latencies", async () => {
  const [source, other] = ["answers", "other-answers"];
  const now = Date.now();
  await dispatch.put(
    ACTIVITY_QUEUE,
    counts(now, [source, "accepted", 3, 5], [source, "accepted", 10, 1], [other, "accepted", 0, 1]),
    counts(now, [source, "accepted", 3, 2], [source, "signature_mismatch", 0, 4]),
    counts(now - 2 * 24 * HOUR, [source, "accepted", 0, 7]),
  );
  const of = async (query) => (await get(`/v1/stats/history?${query}`)).answers;
  const total = async () =>
    (await of(`span=week&source=${source}`)).reduce((all, { count }) => all + count, 0);
  while ((await total()) < 19);
  const day = await of(`source=${source}`);
  const sums = Object.groupBy(day, ({ code }) => code);
  const latency = (code) =>
    sums[code].reduce((all, { latency }) => all.map((n, at) => n + latency[at]), Array(11).fill(0));
  assert.deepEqual(Object.keys(sums).sort(), ["accepted", "signature_mismatch"]);
  assert.deepEqual(latency("accepted"), [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual(latency("signature_mismatch"), [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  for (const { count, latency } of day)
    assert.equal(
      latency.reduce((all, n) => all + n),
      count,
    );
  const sources = new Set((await of("span=day")).map(({ source }) => source));
  assert.ok(sources.has(source) && sources.has(other));
});

test("the statistics have what waits for each endpoint", async () => {
  const endpoint = await makeEndpoint(500);
  const of = async () =>
    (await get(`/v1/stats?source=${endpoint.source}`)).endpoints.find(
      (one) => one.endpoint === endpoint.id,
    );
  await endpoint.take({}, {}, {});
  while ((await endpoint.counts())[1] < 1);
  const { oldest_waiting_at, failing_since, ...waiting } = await of();
  assert.deepEqual(waiting, { endpoint: endpoint.id, waiting: 3, held: 0, dead: 0 });
  const [[taken]] = await endpoint.sql("SELECT at FROM events WHERE seq = 1");
  assert.equal(Date.parse(oldest_waiting_at), taken);
  const [[failed]] = await endpoint.sql("SELECT min(at) FROM attempts");
  assert.equal(Date.parse(failing_since), failed);
  // One that is being attempted waits, too.
  await endpoint.sql("UPDATE deliveries SET state = 'leased', due = 9e12 WHERE seq = 2");
  assert.equal((await of()).waiting, 3);
  await endpoint.sql("UPDATE deliveries SET state = 'due' WHERE seq = 2");
  await endpoint.sql("UPDATE deliveries SET state = 'dead', due = NULL WHERE seq = 1");
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { active: false });
  await endpoint.until("held", 2);
  assert.deepEqual(await of(), {
    ...{ endpoint: endpoint.id, waiting: 0, held: 2, dead: 1 },
    ...{ oldest_waiting_at: null, failing_since },
  });
  await endpoint.sql("UPDATE endpoints SET failing = NULL");
  assert.equal((await of()).failing_since, null);
  // No count looks at the deliveries that are done.
  for (const [query, index] of [
    ["state IN ('due', 'leased') AND due IS NOT NULL", "deliveries_due"],
    ["state IN ('dead', 'held')", "deliveries_stopped"],
  ]) {
    const plan = await endpoint.sql(
      `EXPLAIN QUERY PLAN SELECT count(*) FROM deliveries WHERE endpoint = 'a' AND ${query}`,
    );
    assert.match(plan.flat().join(" "), new RegExp(`USING COVERING INDEX ${index}`));
  }
});

test("deliveries are found by the last answer and by the event's type", async () => {
  const endpoint = await makeEndpoint(404);
  const { source } = endpoint;
  const [missing, gone, late] = [event({ source }), unrecognized({ source }), event({ source })];
  await dispatch.take(missing, gone, late);
  while ((await endpoint.counts())[1] < 1);
  const set = (status, note, seq) =>
    endpoint.sql(
      "UPDATE deliveries SET attempts = 1, status = ?, note = ?, state = 'dead', due = NULL WHERE seq = ?",
      ...[status, note, seq],
    );
  await set(404, null, 1);
  await set(503, null, 2);
  await set(null, "timeout", 3);
  const ids = async (query) => (await endpoint.list(query)).map(({ event_id }) => event_id);
  for (const [query, expected] of [
    ["code=404", [missing]],
    ["code=4xx", [missing]],
    ["code=5xx", [gone]],
    ["code=200", []],
    ["code=none", [late]],
    ["type=orderhook.delivery.unrecognized.v1", [gone]],
    ["type=orderhook.order.status.v1", [late, missing]],
    ["type=orderhook.order.status.v1&code=none&state=dead", [late]],
  ])
    assert.deepEqual(
      await ids(query),
      expected.map(({ id }) => id),
      query,
    );
  for (const code of ["", "40", "4040", "4x", "0xx", "099", "xxx", "+12", "None"]) {
    const { status, json } = await dispatch.get(
      `/v1/endpoints/${endpoint.id}/deliveries?code=${encodeURIComponent(code)}`,
    );
    assert.deepEqual([status, json.code], [400, "invalid_parameter"], code);
  }
});

/** The headers that the runtime adds to each request. */
const OF_THE_CONNECTION = ["host", "content-length", "accept-encoding", "connection", "cf-worker"];

test("a delivery shows its request, without the signature", async () => {
  const endpoint = await makeEndpoint();
  const { source } = endpoint;
  await dispatch.take(event({ source }));
  const [{ id }] = await endpoint.until("done", 1);
  const { path, headers, body } = await server.inbox.until(({ path }) => path === `/${source}`);
  const { request } = await get(`/v1/deliveries/${id}`);
  assert.deepEqual(
    [request.method, request.url, request.body, request.body_base64, request.body_ref],
    ["POST", `http://${server.pair}${path}`, body, null, null],
  );
  const sent = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name));
  assert.deepEqual(request.headers, {
    ...Object.fromEntries(sent),
    "webhook-timestamp": "…",
    "webhook-signature": "v1,…",
  });
  await dispatch.post(`/v1/endpoints/${endpoint.id}/secret/rotate`);
  const rotated = (await get(`/v1/deliveries/${id}`)).request.headers;
  assert.equal(rotated["webhook-signature"], "v1,… v1,…");
});

test("a request shows the body that its format sends, or where that is", async () => {
  const bytes = Buffer.from([0xff, 0]).toString("base64");
  const kept = `payload:shop:${"0".repeat(64)}`;
  for (const [data, expected] of [
    [{ payload: "a=b" }, ["a=b", null, null]],
    [{ payload: undefined, payload_base64: bytes }, [null, bytes, null]],
    [{ payload: undefined, payload_ref: kept }, [null, null, kept]],
    [{ payload: undefined }, [null, null, null]],
  ]) {
    const endpoint = await makeEndpoint(204, { format: "payload", active: false });
    await endpoint.take({ data });
    const [{ id }] = await endpoint.until("held", 1);
    const { request } = await get(`/v1/deliveries/${id}`);
    assert.deepEqual([request.body, request.body_base64, request.body_ref], expected);
  }
});

test("a request to Slack shows only the host, and a token that may only read sees no path", async () => {
  const { json } = await dispatch.post("/v1/tokens", { name: "reader", access: "read" });
  const slack = await makeEndpoint(204, { format: "slack", active: false });
  const plain = await makeEndpoint(204, { active: false });
  for (const [endpoint, token] of [
    [slack, undefined],
    [plain, json.secret],
  ]) {
    await endpoint.take({});
    const [{ id }] = await endpoint.until("held", 1);
    const { request } = (await dispatch.get(`/v1/deliveries/${id}`, token)).json;
    assert.equal(request.url, `http://${server.pair}/…`);
    assert.equal("webhook-signature" in request.headers, endpoint === plain);
  }
});

test("counting attempts writes no more rows than before", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.take({}, {}, {});
  await endpoint.until("done", 3);
  const rows = async (work) => dispatch.journal(endpoint.source, "written", work);
  const lease = { endpoint: endpoint.id, seq: 1, lease: 2 };
  await endpoint.sql("UPDATE deliveries SET state = 'leased', lease = 2, due = 9e12 WHERE seq = 1");
  const [[version]] = await endpoint.sql("SELECT json_extract(record, '$.updated') FROM endpoints");
  const result = { answered: { status: 204, retry_after: null } };
  const outcome = { lease, version, at: Date.now(), ms: 1, result, note: null, answer: null };
  // The delivery, and the sum.
  assert.equal(await rows(JSON.stringify({ report: [outcome] })), 2);
});

test("a delivery that was removed and made again counts its attempts from the first", async () => {
  const endpoint = await makeEndpoint();
  await endpoint.take({});
  await endpoint.until("done", 1);
  await endpoint.sql(
    "INSERT INTO attempts (endpoint, seq, n, at, ms) VALUES (?, 1, 1, 1, 1)",
    endpoint.id,
  );
  await endpoint.sql(
    "UPDATE deliveries SET state = 'leased', lease = 2, due = 9e12, attempts = 0 WHERE seq = 1",
  );
  const lease = { endpoint: endpoint.id, seq: 1, lease: 2 };
  const [[version]] = await endpoint.sql("SELECT json_extract(record, '$.updated') FROM endpoints");
  const result = { answered: { status: 500, retry_after: null } };
  const outcome = { lease, version, at: Date.now(), ms: 7, result, note: null, answer: null };
  await dispatch.journal(endpoint.source, "deliver", JSON.stringify({ report: [outcome] }));
  const attempts = await endpoint.sql("SELECT n, ms, status FROM attempts WHERE seq = 1");
  assert.deepEqual(attempts, [[1, 7, 500]]);
});
