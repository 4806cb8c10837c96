// Events reach the endpoints that want them: signed, in the format that each asked for; and what happens is kept.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch, unrecognized } from "../support/dispatch.js";
import { isSigned, startEndpoint } from "../support/endpoint.js";
import { freePort } from "../support/port.js";
import { ATTEMPTS_QUEUE } from "../support/settings.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

/** What the server answers, by the path of the request. */
const answers = new Map();

/** Asks for an hour, so that no other attempt comes before the test hurries it, however slow the machine is. */
const LATER = { "retry-after": "3600" };
const HOUR = 3_600_000;

let dispatch;
let server;
/** A host and a port that nothing listens on. */
let nobody;
before(async () => {
  server = await startEndpoint((request) => (answers.get(request.path) ?? (() => 204))(request));
  nobody = `127.0.0.1:${await freePort()}`;
  const LOCAL_ENDPOINTS = [server.pair, nobody].join(" ");
  dispatch = await startDispatch({ around: OPEN, vars: { LOCAL_ENDPOINTS } });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

let names = 0;

/** Makes an endpoint with a path of its own, for events of a source of its own. */
async function makeEndpoint({ answer, format } = {}) {
  const source = `source-${++names}`;
  const path = `/${source}`;
  if (answer) answers.set(path, answer);
  const made = await dispatch.post("/v1/endpoints", {
    url: `http://${server.pair}${path}`,
    filter: { sources: [source] },
    format,
  });
  assert.equal(made.status, 201, made.text);
  const { id, secret } = made.json;
  const requests = (n = 1) => server.inbox.untilNth(n, (request) => request.path === path);
  const list = async (query = "") =>
    (await dispatch.get(`/v1/endpoints/${id}/deliveries?limit=200&${query}`)).json.deliveries;
  return {
    id,
    secret,
    source,
    path,
    requests,
    list,
    count: () => server.inbox.entries.filter((request) => request.path === path).length,
    sql: (...query) => dispatch.journal(source, "sql", ...query),
    /** Makes everything that waits due now, ends the endpoint's pause, and lets the alarm come. */
    async hurry() {
      await dispatch.journal(source, "sql", "UPDATE deliveries SET due = 0 WHERE state = 'due'");
      await this.resume();
    },
    /** Ends the endpoint's pause, and lets the alarm come. */
    async resume() {
      await dispatch.journal(source, "sql", "UPDATE endpoints SET next = 0 WHERE id = ?", id);
      await dispatch.journal(source, "tend");
    },
    /** Waits until there are so many deliveries in a state. */
    async until(state, count = 1) {
      for (;;) {
        const found = await list(`state=${state}`);
        if (found.length >= count) return found;
      }
    },
    take: (...events) => dispatch.take(...events.map((more) => event({ source, ...more }))),
    remove: () => dispatch.delete(`/v1/endpoints/${id}`),
  };
}

const one = async (id) => (await dispatch.get(`/v1/deliveries/${id}`)).json;

test("an event goes from the queue to an endpoint, signed", async () => {
  const endpoint = await makeEndpoint();
  const sent = event({ source: endpoint.source });
  await dispatch.take(sent);
  const request = await endpoint.requests();
  assert.equal(request.method, "POST");
  assert.equal(request.headers["content-type"], "application/cloudevents+json");
  assert.match(request.headers["user-agent"], /^orderhook\//);
  assert.match(request.headers["webhook-id"], /^msg_[a-z2-7]{52}$/);
  assert.deepEqual(JSON.parse(request.body), { orderhookverdict: "fresh", ...sent });
  assert.ok(isSigned(request, endpoint.secret));
  assert.ok(!isSigned(request, `whsec_${"A".repeat(43)}=`));
  const [delivery] = await endpoint.until("done");
  assert.deepEqual(
    [
      delivery.source,
      delivery.event_id,
      delivery.order_id,
      delivery.attempts,
      delivery.last_status,
    ],
    [endpoint.source, sent.id, "123456", 1, 204],
  );
  assert.deepEqual((await one(delivery.id)).failed_attempts, []);
});

test("an endpoint gets the events that its filter wants, each once", async () => {
  const endpoint = await makeEndpoint();
  const wanted = { types: ["orderhook.order.status.v1"], statuses: ["shipped"] };
  const filter = { sources: [endpoint.source], ...wanted };
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { filter });
  const { source } = endpoint;
  const data = (now) => ({ status: { now } });
  const shipped = event({ source, data: data("shipped") });
  await dispatch.take(event({ source }), shipped, unrecognized({ source }));
  // It comes again: the journal knows it.
  await dispatch.journal(source, "take", [JSON.stringify(shipped)]);
  const [delivery] = await endpoint.until("done");
  assert.equal(delivery.event_id, shipped.id);
  assert.equal((await endpoint.list()).length, 1);
  assert.equal(endpoint.count(), 1);
});

test("a format is what the endpoint asked for", async () => {
  const payload = await makeEndpoint({ format: "payload" });
  const { source } = payload;
  const made = await dispatch.post("/v1/endpoints", {
    url: `http://${server.pair}/slack-${source}`,
    format: "slack",
    filter: { sources: [source] },
  });
  await payload.take({ data: { payload: '{"id": 1}\n' } });
  const raw = await payload.requests();
  assert.equal(raw.body, '{"id": 1}\n');
  assert.equal(raw.headers["content-type"], "application/json");
  assert.ok(isSigned(raw, payload.secret));
  const slack = await server.inbox.until(({ path }) => path === `/slack-${source}`);
  assert.equal(JSON.parse(slack.body).text, `Order 123456: confirmed (was pending), ${source}`);
  assert.equal(slack.headers["webhook-signature"], undefined);
  await dispatch.delete(`/v1/endpoints/${made.json.id}`);
});

/** Returns the members of an event whose body is in KV. */
const inKv = (source, body) => {
  const digest = createHash("sha256").update(body).digest("hex");
  return { payload: undefined, payload_ref: `payload:${source}:${digest}` };
};

test("a body in KV is sent; one that is gone or another is not tried again", async () => {
  const endpoint = await makeEndpoint({ format: "payload" });
  const kv = await dispatch.kv();
  const [large, gone, other] = ["large", "gone", "other"].map((body) =>
    inKv(endpoint.source, body),
  );
  await kv.put(large.payload_ref, "large");
  await kv.put(other.payload_ref, "changed");
  await endpoint.take({ data: large }, { data: gone }, { data: other });
  assert.equal((await endpoint.requests()).body, "large");
  const dead = await endpoint.until("dead", 2);
  assert.deepEqual(dead.map(({ last_note }) => last_note).sort(), [
    "payload_changed",
    "payload_gone",
  ]);
  assert.equal(endpoint.count(), 1);
});

test("more large bodies than the module has room for are sent one after the other", async () => {
  const endpoint = await makeEndpoint({ format: "payload" });
  const kv = await dispatch.kv();
  const bodies = Array.from({ length: 6 }, (_, n) => Buffer.alloc(4 << 20, `${n}`));
  const events = bodies.map((body) => ({ data: inKv(endpoint.source, body) }));
  for (const [n, { data }] of events.entries()) await kv.put(data.payload_ref, bodies[n]);
  await endpoint.take(...events);
  await endpoint.requests(6);
  const sent = server.inbox.entries.filter(({ path }) => path === endpoint.path);
  assert.deepEqual(sent.map(({ body }) => body[0]).sort(), [..."012345"]);
  assert.equal((await endpoint.until("done", 6)).length, 6);
});

test("one large body is sent to each of many endpoints", async () => {
  const { source, path, take, requests, id } = await makeEndpoint({ format: "payload" });
  const filter = { sources: [source] };
  const made = [];
  for (let n = 1; n < 6; n += 1)
    made.push(
      await dispatch.post("/v1/endpoints", {
        ...{ url: `http://${server.pair}${path}`, filter, format: "payload" },
      }),
    );
  const body = Buffer.alloc(4 << 20, "x");
  const data = inKv(source, body);
  await (await dispatch.kv()).put(data.payload_ref, body);
  await take({ data });
  await requests(6);
  for (const endpoint of [id, ...made.map(({ json }) => json.id)])
    await dispatch.delete(`/v1/endpoints/${endpoint}`);
});

test("a body that is not in KV yet is looked for again", async () => {
  const endpoint = await makeEndpoint({ format: "payload" });
  const young = inKv(endpoint.source, "young");
  await endpoint.take({ data: { ...young, received_at: new Date().toISOString() } });
  for (;;) {
    const [due] = await endpoint.until("due");
    if (due.last_note === null) continue;
    assert.deepEqual([due.last_note, due.attempts], ["payload_missing", 0]);
    break;
  }
  await (await dispatch.kv()).put(young.payload_ref, "young");
  await endpoint.hurry();
  assert.equal((await endpoint.requests()).body, "young");
});

test("what fails is tried again, with the same id and a signature of its own", async () => {
  const status = [503, 302, 200];
  const endpoint = await makeEndpoint({
    answer: () => ({
      status: status.shift(),
      headers: { location: "/away", ...LATER },
      body: "x".repeat(3000),
    }),
  });
  await endpoint.take({});
  for (const [n, failed] of [503, 302].entries()) {
    await endpoint.requests(n + 1);
    const [due] = await endpoint.until("due");
    assert.deepEqual([due.attempts, due.last_status], [n + 1, failed]);
    assert.ok(due.next_at > due.last_at);
    await endpoint.hurry();
  }
  const [done] = await endpoint.until("done");
  assert.equal(done.attempts, 3);
  const requests = server.inbox.entries.filter(({ path }) => path === endpoint.path);
  assert.equal(new Set(requests.map(({ headers }) => headers["webhook-id"])).size, 1);
  for (const request of requests) assert.ok(isSigned(request, endpoint.secret));
  assert.equal(server.inbox.entries.filter(({ path }) => path === "/away").length, 0);
  const { failed_attempts } = await one(done.id);
  assert.deepEqual(
    failed_attempts.map(({ n, status, answer }) => [n, status, answer.length]),
    [
      [2, 302, 2048],
      [1, 503, 2048],
    ],
  );
});

test("an endpoint that does not answer, or not in time, is tried again", async () => {
  const endpoint = await makeEndpoint({ answer: () => null });
  await endpoint.take({});
  await endpoint.requests();
  // No other attempt comes by itself: the endpoint waits, and then the delivery, as another URL ends the endpoint's wait.
  await endpoint.sql("UPDATE endpoints SET next = ?", Date.now() + HOUR);
  const [late] = await endpoint.until("due");
  assert.deepEqual([late.last_status, late.last_note, late.attempts], [null, "timeout", 1]);
  await endpoint.sql("UPDATE deliveries SET due = ?", Date.now() + HOUR);
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { url: `http://${nobody}/` });
  await endpoint.hurry();
  for (;;) {
    const [due] = await endpoint.until("due");
    if (due.attempts === 1) continue;
    assert.deepEqual([due.last_status, due.last_note, due.attempts], [null, "unreachable", 2]);
    break;
  }
});

test("an endpoint may ask for a later attempt, in seconds or by a date", async () => {
  const date = new Date(Date.now() + 7_200_000).toUTCString();
  for (const [header, least] of [
    ["3600", 3_600_000],
    [date, 7_100_000],
  ]) {
    const endpoint = await makeEndpoint({
      answer: () => ({ status: 429, headers: { "retry-after": header } }),
    });
    await endpoint.take({});
    const [{ next_at, last_at }] = await endpoint.until("due");
    assert.ok(Date.parse(next_at) - Date.parse(last_at) >= least, header);
  }
});

test("after ten attempts a delivery is dead, and can be begun again", async () => {
  let status = 500;
  const endpoint = await makeEndpoint({ answer: () => ({ status, headers: LATER }) });
  await endpoint.take({});
  await endpoint.until("due");
  await endpoint.sql("UPDATE deliveries SET failed = 9");
  await endpoint.hurry();
  const [dead] = await endpoint.until("dead");
  assert.deepEqual([dead.attempts, dead.next_at], [2, null]);
  status = 200;
  assert.equal((await dispatch.post(`/v1/deliveries/${dead.id}/retry`)).status, 204);
  await endpoint.resume();
  const [done] = await endpoint.until("done");
  assert.deepEqual([done.id, done.attempts], [dead.id, 3]);
});

test("of a delivery, the last ten failures are kept, and the answers of the last three", async () => {
  const endpoint = await makeEndpoint({
    answer: () => ({ status: 500, headers: LATER, body: "no" }),
  });
  await endpoint.take({});
  for (let n = 1; n <= 12; n += 1) {
    while ((await endpoint.until("due"))[0].attempts < n);
    await endpoint.sql("UPDATE deliveries SET failed = 0");
    if (n < 12) await endpoint.hurry();
  }
  const [{ id }] = await endpoint.until("due");
  assert.deepEqual(
    (await one(id)).failed_attempts.map(({ n, answer }) => [n, answer]),
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((n) => [n, n > 9 ? "no" : null]),
  );
});

test("an endpoint that asks for time gets nothing else before", async () => {
  const endpoint = await makeEndpoint({ answer: () => ({ status: 429, headers: LATER }) });
  await endpoint.take({});
  while ((await endpoint.list())[0].attempts < 1);
  await endpoint.take({}, {});
  await dispatch.journal(endpoint.source, "tend");
  assert.deepEqual(
    (await endpoint.list()).map(({ state, attempts }) => [state, attempts]),
    [
      ["due", 0],
      ["due", 0],
      ["due", 1],
    ],
  );
  // It is attempted again when the endpoint is enabled again.
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { active: false });
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { active: true });
  await dispatch.post(`/v1/endpoints/${endpoint.id}/replay`, { failed_only: true });
  await endpoint.requests(2);
});

test("an endpoint that fails gets one attempt at a time, and others are not delayed", async () => {
  let [running, most, status] = [0, 0, 500];
  const failing = await makeEndpoint({
    answer: async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
      return status;
    },
  });
  await failing.take({});
  await failing.until("due");
  most = 0;
  const other = await dispatch.post("/v1/endpoints", {
    url: `http://${server.pair}/beside-${failing.source}`,
    filter: { sources: [failing.source] },
  });
  await failing.take(...Array(12).fill({}));
  // Nothing hurries the other.
  await server.inbox.untilNth(12, ({ path }) => path === `/beside-${failing.source}`);
  const waits = await failing.list("state=due");
  assert.ok(waits.length > 0);
  await dispatch.delete(`/v1/endpoints/${other.json.id}`);
  // Each failure leaves the place to the next, after a pause.
  for (;;) {
    await failing.resume();
    const waits = await failing.list();
    if (waits.every(({ attempts }) => attempts >= 1)) break;
  }
  assert.equal(most, 1);
  status = 200;
  // One that is leased is hurried once it is due again.
  while ((await failing.list("state=done")).length < 13) await failing.hurry();
});

test("at most ten deliveries of an endpoint are leased at a time", async () => {
  const held = [];
  const endpoint = await makeEndpoint({ answer: () => new Promise((end) => held.push(end)) });
  await endpoint.take(...Array(25).fill({}));
  await endpoint.requests();
  const states = await endpoint.list();
  const count = (state) => states.filter((delivery) => delivery.state === state).length;
  assert.deepEqual([count("leased"), count("due")], [10, 15]);
  answers.delete(endpoint.path);
  for (const end of held) end(204);
  await endpoint.until("done", 25);
});

test("what goes to Slack goes one by one, and a revoked URL disables the endpoint", async () => {
  let status = 200;
  const endpoint = await makeEndpoint({
    format: "slack",
    answer: () => ({ status, body: "no_service" }),
  });
  await endpoint.take({}, {}, {});
  const states = (await endpoint.list()).map(({ state }) => state);
  assert.ok(states.filter((state) => state === "leased").length <= 1, states.join());
  await endpoint.until("done", 3);
  // Each waited for a second after the one before.
  const [[first, next]] = await endpoint.sql(
    "SELECT (SELECT min(at) FROM events), next FROM endpoints WHERE id = ?",
    endpoint.id,
  );
  assert.ok(next - first >= 3000, `${next - first}`);
  status = 404;
  await endpoint.take({});
  const [{ id }] = await endpoint.until("held");
  await dispatch.logged(({ at, endpoint: id }) => at === "endpoint" && id === endpoint.id);
  const { json } = await untilDisabled(endpoint);
  assert.deepEqual([json.active, json.disabled_reason], [false, "it answered 404: no_service"]);
  const { failed_attempts } = await one(id);
  assert.deepEqual(
    failed_attempts.map(({ status, note, answer }) => [status, note, answer]),
    [[404, "no_service", "no_service"]],
  );
});

async function untilDisabled({ id }) {
  for (;;) {
    const answer = await dispatch.get(`/v1/endpoints/${id}`);
    if (!answer.json.active) return answer;
  }
}

test("410 disables; events are held, and replayed once the endpoint is enabled again", async () => {
  let status = 410;
  const endpoint = await makeEndpoint({ answer: () => status });
  await endpoint.take({});
  await untilDisabled(endpoint);
  const before = endpoint.count();
  await endpoint.take({}, {});
  await endpoint.until("held", 3);
  assert.equal(endpoint.count(), before);
  status = 200;
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { active: true });
  assert.equal((await endpoint.list("state=held")).length, 3);
  const replay = await dispatch.post(`/v1/endpoints/${endpoint.id}/replay`, { failed_only: true });
  assert.deepEqual(replay.json, { deliveries: 3, complete: true, cursor: null });
  await endpoint.until("done", 3);
});

const FAILING_FOR_5_DAYS =
  "UPDATE endpoints SET failing = failing - 5 * 24 * 3600 * 1000 WHERE id = ?";

test("five days without a success disable; what comes after counts anew", async () => {
  const endpoint = await makeEndpoint({ answer: () => 500 });
  const { id } = endpoint;
  await endpoint.take({});
  while ((await endpoint.until("due"))[0].attempts < 1);
  await endpoint.sql(FAILING_FOR_5_DAYS, id);
  await endpoint.hurry();
  const { json } = await untilDisabled(endpoint);
  assert.equal(json.disabled_reason, "no attempt has succeeded for 5 days");
  const failing = () => endpoint.sql("SELECT failing, next FROM endpoints WHERE id = ?", id);
  await dispatch.patch(`/v1/endpoints/${id}`, { active: true });
  assert.deepEqual(await failing(), [[null, 0]]);
  await endpoint.take({});
  while ((await failing())[0][0] === null);
  await dispatch.patch(`/v1/endpoints/${id}`, { url: `http://${server.pair}/elsewhere` });
  assert.deepEqual(await failing(), [[null, 0]]);
});

test("a success is told from the last note of one, and from when attempts began to fail", async () => {
  const endpoint = await makeEndpoint();
  const { id } = endpoint;
  await endpoint.take({});
  await endpoint.until("done");
  const minute = 60_000;
  const since = Date.now() - 5 * 24 * 60 * minute;
  const question = JSON.stringify({ has_succeeded: { endpoint: id, since } });
  for (const [failing, succeeded, expected] of [
    // The attempts fail since then: the success of half an hour before was the last one.
    [since, since - 30 * minute, "false"],
    [since - minute, since - 30 * minute, "false"],
    // Successes are noted once an hour, so there may have been one after the note.
    [null, since - 30 * minute, "true"],
    [since + minute, since - 30 * minute, "true"],
    [null, since - 60 * minute, "false"],
    [since, since + 1, "true"],
  ]) {
    const set = "UPDATE endpoints SET failing = ?, succeeded = ? WHERE id = ?";
    await endpoint.sql(set, failing, succeeded, id);
    const answer = await dispatch.journal(endpoint.source, "ask", question);
    assert.equal(answer, expected, `failing ${failing - since}, succeeded ${succeeded - since}`);
  }
});

test("a success in another journal keeps an endpoint that fails in one", async () => {
  const endpoint = await makeEndpoint({
    answer: ({ body }) => (body.includes("fails") ? 500 : 204),
  });
  const other = `${endpoint.source}-other`;
  const sources = [endpoint.source, other];
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { filter: { sources } });
  await dispatch.take(event({ source: other }));
  await endpoint.requests();
  await endpoint.take({ data: { order: { id: "fails" } } });
  const attempts = async () =>
    (await endpoint.list(`source=${endpoint.source}`)).map(({ attempts }) => attempts)[0];
  while ((await attempts()) < 1);
  await endpoint.sql(FAILING_FOR_5_DAYS, endpoint.id);
  await endpoint.hurry();
  while ((await attempts()) < 2);
  // A last attempt, which is reported after the question has been answered.
  await endpoint.hurry();
  while ((await attempts()) < 3);
  assert.equal((await dispatch.get(`/v1/endpoints/${endpoint.id}`)).json.active, true);
  assert.ok(
    !dispatch.lines().some((line) => line.at === "endpoint" && line.endpoint === endpoint.id),
  );
});

test("the answer of an earlier URL disables nothing", async () => {
  let end;
  const endpoint = await makeEndpoint({ answer: () => new Promise((answer) => (end = answer)) });
  await endpoint.take({});
  await endpoint.requests();
  const path = `/moved-${endpoint.source}`;
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { url: `http://${server.pair}${path}` });
  end(410);
  await server.inbox.until((request) => request.path === path);
  const [done] = await endpoint.until("done");
  assert.equal(done.attempts, 2);
  assert.equal((await dispatch.get(`/v1/endpoints/${endpoint.id}`)).json.active, true);
});

test("a paused endpoint gets nothing, at once, and an answer that is on its way still counts", async () => {
  const ends = [];
  const endpoint = await makeEndpoint({ answer: () => new Promise((end) => ends.push(end)) });
  await endpoint.take({}, {});
  await endpoint.requests(2);
  await dispatch.patch(`/v1/endpoints/${endpoint.id}`, { active: false });
  await endpoint.take({});
  assert.equal((await endpoint.until("held", 3))[0].attempts, 0);
  ends[0](204);
  ends[1](500);
  const [done] = await endpoint.until("done");
  assert.equal((await endpoint.until("held", 2)).length, 2);
  assert.equal(endpoint.count(), 2);
  const retry = (id) => dispatch.post(`/v1/deliveries/${id}/retry`);
  const refused = await retry(done.id);
  assert.deepEqual([refused.status, refused.json.code], [409, "endpoint_inactive"]);
  for (const body of [{}, { failed_only: true }]) {
    const { status, json } = await dispatch.post(`/v1/endpoints/${endpoint.id}/replay`, body);
    assert.deepEqual([status, json.code], [409, "endpoint_inactive"]);
  }
  const { entries } = (await dispatch.get("/v1/audit")).json;
  const isReplay = ({ action, target }) => action === "endpoint_replayed" && target === endpoint.id;
  assert.ok(!entries.some(isReplay));
});

test("the deliveries of a paused endpoint are put away in steps", async () => {
  const rows = [];
  for (const count of [600, 1200]) {
    const endpoint = await makeEndpoint();
    await endpoint.take({});
    await endpoint.until("done");
    const fill = `INSERT INTO deliveries (endpoint, seq, state, due, lease, attempts, failed)
      WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 + 1)
      SELECT ?1, i, 'due', 9999999999999, 0, 0, 0 FROM n`;
    const pause =
      "UPDATE endpoints SET record = json_set(record, '$.state', 'paused') WHERE id = ?";
    const step = JSON.stringify({ load: [] });
    const statements = [
      [fill, endpoint.id, count],
      [pause, endpoint.id],
    ];
    rows.push(await dispatch.journal(endpoint.source, "written", step, ...statements));
    const held = "SELECT count(*) FROM deliveries WHERE state = 'held'";
    while ((await endpoint.sql(held))[0][0] < count);
  }
  assert.equal(rows[0], rows[1]);
});

test("an endpoint made now gets later events, and a replay gives it earlier ones", async () => {
  const source = "replayed";
  const early = [event({ source }), event({ source, data: { status: { now: "shipped" } } })];
  await dispatch.take(...early);
  const made = await dispatch.post("/v1/endpoints", {
    url: `http://${server.pair}/replayed`,
    filter: { sources: [source], statuses: ["shipped"] },
  });
  const { id } = made.json;
  const replay = (body) => dispatch.post(`/v1/endpoints/${id}/replay`, body);
  assert.deepEqual((await replay({ until: "2020-01-01T00:00:00Z" })).json.deliveries, 0);
  assert.deepEqual((await replay({ since: "2020-01-01T00:00:00Z" })).json, {
    deliveries: 1,
    complete: true,
    cursor: null,
  });
  const request = await server.inbox.until(({ path }) => path === "/replayed");
  assert.equal(JSON.parse(request.body).id, early[1].id);
  assert.equal((await replay({ since: "yesterday" })).json.code, "invalid_body");
});

test("a rotated secret signs, and the one before it still does", async () => {
  const endpoint = await makeEndpoint();
  const { json } = await dispatch.post(`/v1/endpoints/${endpoint.id}/secret/rotate`);
  assert.notEqual(json.secret, endpoint.secret);
  await endpoint.take({});
  const request = await endpoint.requests();
  assert.ok(isSigned(request, json.secret));
  assert.ok(isSigned(request, endpoint.secret));
});

test("a test sends an event of each type, and counts", async () => {
  const endpoint = await makeEndpoint({
    answer: ({ body }) => (JSON.parse(body).type.includes("unrecognized") ? 400 : 200),
  });
  const tested = await dispatch.post(`/v1/endpoints/${endpoint.id}/tests`, {});
  assert.equal(tested.status, 200, tested.text);
  const { tests, started_at, ...counts } = tested.json;
  assert.deepEqual(counts, { tests_run: 2, tests_succeeded: 1, tests_failed: 1 });
  assert.ok(Date.parse(started_at) > 0);
  assert.deepEqual(
    tests.map(({ type, succeeded, status }) => [type, succeeded, status]),
    [
      ["orderhook.order.status.v1", true, 200],
      ["orderhook.delivery.unrecognized.v1", false, 400],
    ],
  );
  const request = await endpoint.requests();
  assert.ok(isSigned(request, endpoint.secret));
  assert.equal(JSON.parse(request.body).data.test, true);
  const type = "orderhook.order.status.v1";
  const named = await dispatch.post(`/v1/endpoints/${endpoint.id}/tests`, { type });
  assert.equal(named.json.tests_run, 1);
  const unknown = await dispatch.post(`/v1/endpoints/${endpoint.id}/tests`, { type: "all" });
  assert.equal(unknown.json.code, "invalid_body");
  // It leaves no trace in a journal.
  assert.deepEqual(await endpoint.list(), []);
});

test("an order that is erased takes its deliveries and their answers with it", async () => {
  const endpoint = await makeEndpoint({ answer: () => ({ status: 500, body: "Jane" }) });
  await endpoint.take({ data: { order: { id: "erased" } } });
  const [due] = await endpoint.until("due");
  assert.equal((await endpoint.sql("SELECT answer FROM attempts"))[0][0], "Jane");
  await dispatch.delete(`/v1/orders/${endpoint.source}/erased`);
  for (const table of ["deliveries", "attempts"])
    assert.deepEqual(await endpoint.sql(`SELECT count(*) FROM ${table}`), [[0]]);
  assert.equal((await dispatch.get(`/v1/deliveries/${due.id}`)).json.code, "delivery_not_found");
});

test("a deleted endpoint's deliveries are removed", async () => {
  const endpoint = await makeEndpoint({ answer: () => 500 });
  await endpoint.take({}, {});
  await endpoint.until("due", 2);
  await endpoint.remove();
  await dispatch.journal(endpoint.source, "tend");
  for (const table of ["deliveries", "attempts"])
    assert.deepEqual(await endpoint.sql(`SELECT count(*) FROM ${table}`), [[0]]);
  assert.deepEqual(await endpoint.sql("SELECT id FROM endpoints WHERE id = ?", endpoint.id), []);
});

test("the id of no delivery makes no journal", async () => {
  const encode = (text) => `dlv_${Buffer.from(text).toString("base64url")}`;
  for (const id of ["dlv_", "dlv_e30", encode("unknown ep_1 1"), encode("a b"), encode("a b c")])
    for (const answer of [
      await dispatch.get(`/v1/deliveries/${id}`),
      await dispatch.post(`/v1/deliveries/${id}/retry`),
    ])
      assert.deepEqual([answer.status, answer.json.code], [404, "delivery_not_found"]);
});

test("a message that is not a pointer is logged and left out", async () => {
  await dispatch.put(ATTEMPTS_QUEUE, { poison: true });
  const line = await dispatch.logged(({ code }) => code === "not_a_pointer");
  assert.equal(line.queue, ATTEMPTS_QUEUE);
});
