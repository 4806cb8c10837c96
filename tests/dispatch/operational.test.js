// Dispatch tells the people who run it what they should know: as events, to the endpoints that ask for them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ACTIVITY_QUEUE, event, NAME, startDispatch } from "../support/dispatch.js";
import { isSigned, startEndpoint } from "../support/endpoint.js";
import { assertAnswer } from "../support/openapi.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const HOUR = 3_600_000;
const STEP = 300_000;
const type = (name) => `orderhook.operational.${name}.v1`;
const TYPES = ["source_silent", "source_refusing", "endpoint_disabled", "dead_letters"].map(type);

/** What the server answers, by the path of the request. */
const answers = new Map();

let dispatch;
let server;
let worker;
/** The endpoint that asks for every operational event, and one that asks for nothing. */
let asking;
let plain;
before(async () => {
  server = await startEndpoint(({ path }) => answers.get(path) ?? 204);
  dispatch = await startDispatch({ around: OPEN, vars: { LOCAL_ENDPOINTS: server.pair } });
  worker = await dispatch.miniflare.getWorker(NAME);
  asking = await makeEndpoint("asking", { filter: { types: TYPES } });
  plain = await makeEndpoint("plain");
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

async function makeEndpoint(name, more) {
  const url = `http://${server.pair}/${name}`;
  const { json, text } = await dispatch.post("/v1/endpoints", { url, ...more });
  assert.ok(json.id, text);
  return json;
}

/** Lets the cron come, which looks whether there is something to tell. */
const watch = () => worker.scheduled({ cron: "*/5 * * * *" });
const sql = (...query) => dispatch.registry("sql", ...query);

/** The requests to an endpoint of events that a predicate holds for. */
const sentTo = (name, predicate) =>
  server.inbox.entries
    .filter(({ path }) => path === `/${name}`)
    .map((request) => ({ request, event: JSON.parse(request.body) }))
    .filter(({ event }) => predicate(event));

/** Waits for the first event of a type that is about a subject. */
async function told(name, subject) {
  const is = ({ type: of, subject: about }) => of === type(name) && about === subject;
  await server.inbox.until(({ path, body }) => path === "/asking" && is(JSON.parse(body)));
  const [first, ...more] = sentTo("asking", is);
  assert.equal(more.length, 0);
  return first;
}

/** Gets something, and holds the answer to the document. */
async function get(path) {
  const answer = await dispatch.get(path);
  assert.equal(answer.status, 200, answer.text);
  assertAnswer("GET", new URL(path, dispatch.url).pathname, answer);
  return answer.json;
}

const deadLetters = async () => (await get("/v1/dead-letters")).dead_letters;

test("the first dead letter is told once, without what is in it", async () => {
  await watch();
  await dispatch.put(DEAD_LETTER_QUEUE, { customer: "Jane" });
  while ((await deadLetters()).length < 1);
  await watch();
  const { request, event } = await told("dead_letters");
  assert.ok(isSigned(request, asking.secret));
  assert.ok(!request.body.includes("Jane"));
  const [{ since }] = await deadLetters();
  assert.deepEqual(event.data, {
    text: `There is a dead letter, since ${since}.`,
    count: 1,
    since,
  });
  assert.deepEqual([event.source, event.id], ["/operational", `dead_letters:all:${since}`]);
  await dispatch.put(DEAD_LETTER_QUEUE, { customer: "Joe" });
  while ((await deadLetters()).length < 2);
  await watch();
  await told("dead_letters");
});

test("once they are gone, the next one is told, an hour after the last notice", async () => {
  for (const { id } of await deadLetters()) await dispatch.delete(`/v1/dead-letters/${id}`);
  const count = () => sentTo("asking", (event) => event.type === type("dead_letters")).length;
  const before = count();
  await dispatch.put(DEAD_LETTER_QUEUE, { poison: true });
  while ((await deadLetters()).length < 1);
  await watch();
  const pending = () => sql("SELECT count(*) FROM notices");
  assert.deepEqual([count(), await pending()], [before, [[0]]]);
  await sql("UPDATE meta SET value = value - ? WHERE name = 'dead_letters_told'", HOUR);
  await watch();
  await server.inbox.until(() => count() === before + 1);
});

test("an endpoint that a rule has disabled is told, and one that was paused is not", async () => {
  answers.set("/gone", 410);
  const source = "gone";
  const { id } = await makeEndpoint(source, { filter: { sources: [source] } });
  const paused = await makeEndpoint("paused");
  await dispatch.patch(`/v1/endpoints/${paused.id}`, { active: false });
  await dispatch.take(event({ source }));
  await dispatch.logged((line) => line.at === "endpoint" && line.endpoint === id);
  await watch();
  const { event: notice } = await told("endpoint_disabled", id);
  const { text, endpoint, reason } = notice.data;
  assert.deepEqual(
    [text, endpoint, reason],
    [`The endpoint ${id} was disabled: it answered 410.`, id, "it answered 410"],
  );
  // A change of the disabled endpoint is no second notice.
  await dispatch.patch(`/v1/endpoints/${id}`, { description: "a" });
  await watch();
  await told("endpoint_disabled", id);
  const disabled = sentTo("asking", (event) => event.type === type("endpoint_disabled"));
  assert.deepEqual(
    disabled.map(({ event }) => event.subject),
    [id],
  );
});

/** Adds an answer of the receiver in the step of each time. */
async function answered(source, code, times) {
  for (const at of times)
    await sql(
      "INSERT INTO activity VALUES (?, ?, ?, 0, 1) ON CONFLICT DO UPDATE SET n = n + 1",
      ...[at - (at % STEP), source, code],
    );
}

test("a source that is silent for longer than usual is told once", async () => {
  const now = Date.now();
  const hours = Array.from({ length: 72 }, (_, hour) => now - (6 + hour) * HOUR);
  await answered("silent", "accepted", hours);
  await answered("lively", "accepted", [...hours, now]);
  await sql("DELETE FROM meta WHERE name IN ('watched', 'watched_since')");
  await watch();
  // Nobody watched before, so nothing is known of a silence.
  assert.deepEqual(await sql("SELECT count(*) FROM notices"), [[0]]);
  await sql("UPDATE meta SET value = 0 WHERE name = 'watched_since'");
  await watch();
  await watch();
  const { event: notice } = await told("source_silent", "silent");
  assert.equal(notice.data.source, "silent");
  assert.equal(notice.data.longest_pause_seconds, 3600);
  assert.equal(Date.parse(notice.data.since), hours[0] - (hours[0] % STEP) + STEP);
  const silent = sentTo("asking", (event) => event.type === type("source_silent"));
  assert.deepEqual(
    silent.map(({ event }) => event.subject),
    ["silent"],
  );
});

const counts = (...entries) => ({
  ...{ version: 1, since: Date.now() - 10_000, until: Date.now() },
  counts: entries.map(([source, code, count]) => ({ source, code, latency: 0, count })),
});

test("a source that suddenly refuses is told, with the codes", async () => {
  const activity = counts(
    ["refusing", "signature_mismatch", 12],
    ["refusing", "accepted", 3],
    ["quiet", "signature_mismatch", 9],
    ["busy", "signature_mismatch", 12],
    ["busy", "accepted", 13],
  );
  await dispatch.put(ACTIVITY_QUEUE, activity);
  const of = () => sql("SELECT sum(n) FROM activity WHERE source IN ('refusing', 'quiet', 'busy')");
  while ((await of())[0][0] !== 49);
  await watch();
  const { event: notice } = await told("source_refusing", "refusing");
  assert.equal(
    notice.data.text,
    "The source refusing refused 12 of 15 deliveries: 12 signature_mismatch.",
  );
  assert.deepEqual(notice.data.refused, [{ code: "signature_mismatch", count: 12 }]);
  await watch();
  const refusing = sentTo("asking", (event) => event.type === type("source_refusing"));
  assert.deepEqual(
    refusing.map(({ event }) => event.subject),
    ["refusing"],
  );
});

test("a notice that its journal has, but that was not removed, is not sent again", async () => {
  const [[id, body]] = await dispatch.journal("_operational", "sql", "SELECT id, body FROM events");
  await sql("INSERT INTO notices VALUES (?, ?)", id, body);
  const before = server.inbox.entries.length;
  await watch();
  assert.deepEqual(await sql("SELECT count(*) FROM notices"), [[0]]);
  assert.equal(server.inbox.entries.length, before);
});

test("an endpoint gets no operational event by default", async () => {
  const last = event({ source: "last" });
  await dispatch.take(last);
  await server.inbox.until(({ path, body }) => path === "/plain" && body.includes(last.id));
  assert.deepEqual(
    sentTo("plain", ({ type }) => type.startsWith("orderhook.operational.")),
    [],
  );
  const { deliveries } = await get(`/v1/endpoints/${plain.id}/deliveries?limit=200`);
  assert.ok(deliveries.every(({ source }) => source !== "_operational"));
});

test("operational events are listed apart from those of the sources", async () => {
  const { events } = await get("/v1/events?source=_operational&limit=200");
  assert.deepEqual(new Set(events.map(({ event }) => event.type)), new Set(TYPES));
  const [{ source, event: first }] = events;
  assert.equal(source, "_operational");
  const path = `/v1/events/_operational/${encodeURIComponent(first.id)}`;
  assert.deepEqual((await get(path)).event, first);
  const all = (await get("/v1/events?limit=200")).events;
  assert.ok(all.every(({ source }) => source !== "_operational"));
  assert.ok((await get("/v1/stats")).sources.every(({ source }) => source !== "_operational"));
  assert.ok((await get("/v1/sources")).sources.every(({ name }) => name !== "_operational"));
  const words = await get("/v1/event-types");
  assert.ok(!words.sources.includes("_operational"));
  assert.deepEqual(words.types.slice(2), TYPES);
});

test("their deliveries are listed, counted and sent again like others", async () => {
  const list = `/v1/endpoints/${asking.id}/deliveries?type=${type("dead_letters")}`;
  const [delivery] = (await get(list)).deliveries;
  assert.deepEqual([delivery.source, delivery.order_id], ["_operational", null]);
  const { request } = await get(`/v1/deliveries/${delivery.id}`);
  assert.equal(JSON.parse(request.body).id, delivery.event_id);
  const { attempts } = await get("/v1/stats/history");
  const own = attempts.filter(({ endpoint }) => endpoint === asking.id);
  assert.ok(own.reduce((sum, { delivered }) => sum + delivered, 0) >= 4);
  const before = sentTo("asking", ({ id }) => id === delivery.event_id).length;
  await dispatch.post(`/v1/deliveries/${delivery.id}/retry`);
  await server.inbox.until(
    () => sentTo("asking", ({ id }) => id === delivery.event_id).length === before + 1,
  );
});

test("Slack gets the sentence, and a test sends a sample of each type", async () => {
  const slack = await makeEndpoint("slack", { format: "slack", filter: { types: TYPES } });
  const { json } = await dispatch.post(`/v1/endpoints/${slack.id}/tests`, {});
  assert.deepEqual([json.tests_run, json.tests_succeeded], [4, 4]);
  assert.deepEqual(
    json.tests.map(({ type }) => type),
    TYPES,
  );
  const texts = sentTo("slack", () => true).map(({ event }) => event.text);
  assert.ok(
    texts.some((text) => text.startsWith("There is a dead letter")),
    texts.join(),
  );
});
