// An endpoint is changed, paused, deleted or hangs while its deliveries are under way.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { isSigned, startEndpoint } from "../support/endpoint.js";
import { withTimeout } from "../support/timeouts.js";

const CLOCKED = readFileSync(new URL("../support/clocked-dispatch.js", import.meta.url), "utf8");

/** More than are leased at a time, and than are posted at a time. */
const EVENTS = 25;
/** The pointers of a batch. */
const BATCH = 10;
/** The milliseconds after a load after which no request begins any more. */
const BEGIN = 10_000;

/** What the server answers, by the path of the request. */
const answers = new Map();

let dispatch;
let server;
before(async () => {
  server = await startEndpoint(({ path, body }) => answers.get(path)?.(body) ?? 204);
  const vars = { LOCAL_ENDPOINTS: server.pair };
  dispatch = await startDispatch({ around: withTimeout(CLOCKED, null), vars });
});
after(async () => {
  await server.stop();
  await dispatch.stop();
});

let names = 0;
let ahead = 0;

/** Makes an endpoint for events of a source of its own. Its first answers are held. */
async function makeEndpoint() {
  const source = `flight-${++names}`;
  const path = `/${source}`;
  const held = [];
  answers.set(path, () => new Promise((end) => held.push(end)));
  const url = `http://${server.pair}${path}`;
  const made = await dispatch.post("/v1/endpoints", { url, filter: { sources: [source] } });
  const { id, secret } = made.json;
  const journal = (method, ...args) => dispatch.journal(source, method, ...args);
  const move = (ms) => {
    ahead += ms;
    return journal("moveClock", ahead);
  };
  return {
    ...{ id, secret, source, path, journal },
    requests: (at = path) => server.inbox.entries.filter((request) => request.path === at),
    /** Takes events, and waits until two are under way: no more of a batch are posted at a time. */
    async fly(count = EVENTS) {
      const events = Array.from({ length: count }, () => event({ source }));
      await dispatch.take(...events);
      await server.inbox.untilNth(2, (request) => request.path === path);
      return events.map((taken) => taken.id);
    },
    /** Answers the two that are under way, once no other begins that was loaded with them. */
    async land(...statuses) {
      await move(BEGIN + 1);
      answers.delete(path);
      for (const [at, status] of statuses.entries()) held[at](status);
    },
    /** Lets the clock run until nothing is due any more. */
    async finish() {
      for (;;) {
        const ms = await journal("idle");
        if (ms === null) return;
        if (ms === "busy") continue;
        await move(Math.max(0, ms) + 1);
        await journal("tend");
      }
    },
    async states() {
      const { json } = await dispatch.get(`/v1/endpoints/${id}/deliveries?limit=200`);
      return Object.groupBy(json.deliveries, ({ state }) => state);
    },
    patch: (change) => dispatch.patch(`/v1/endpoints/${id}`, change),
  };
}

const idOf = ({ body }) => JSON.parse(body).id;

test("a secret is rotated in flight: a receiver that has the old one, or either, refuses nothing", async () => {
  const endpoint = await makeEndpoint();
  const ids = await endpoint.fly();
  const { json } = await dispatch.post(`/v1/endpoints/${endpoint.id}/secret/rotate`);
  await endpoint.land(204, 503);
  await endpoint.finish();
  const requests = endpoint.requests();
  const isNew = (request) => isSigned(request, json.secret);
  for (const request of requests) assert.ok(isSigned(request, endpoint.secret));
  // The two that were under way are not signed with the new secret; the rest is, and the one that is sent again.
  assert.deepEqual(requests.map(isNew), [false, false, ...Array(EVENTS - 1).fill(true)]);
  assert.deepEqual(new Set(requests.map(idOf)), new Set(ids));
  assert.equal((await endpoint.states()).done.length, EVENTS);
});

test("an endpoint is paused in flight: what was answered is done, and the rest comes once, after the pause", async () => {
  const endpoint = await makeEndpoint();
  const ids = await endpoint.fly();
  assert.equal((await endpoint.patch({ active: false })).status, 200);
  await endpoint.land(204, 204);
  for (let states = {}; states.done?.length !== 2; ) states = await endpoint.states();
  await endpoint.finish();
  const { held } = await endpoint.states();
  assert.equal(held.length, EVENTS - 2);
  assert.equal(endpoint.requests().length, 2);
  await endpoint.patch({ active: true });
  await dispatch.post(`/v1/endpoints/${endpoint.id}/replay`, { failed_only: true });
  await endpoint.finish();
  assert.deepEqual(endpoint.requests().map(idOf).sort(), ids.sort());
});

test("a URL is changed in flight: the rest goes to the new one, and nothing that was taken by the old", async () => {
  const endpoint = await makeEndpoint();
  const ids = await endpoint.fly();
  const moved = `/moved-${endpoint.source}`;
  await endpoint.patch({ url: `http://${server.pair}${moved}` });
  await endpoint.land(204, 500);
  await endpoint.finish();
  const [taken, failed] = endpoint.requests().map(idOf);
  assert.equal(endpoint.requests().length, 2);
  const there = endpoint.requests(moved).map(idOf);
  assert.deepEqual(there.sort(), ids.filter((id) => id !== taken).sort());
  assert.ok(there.includes(failed));
  assert.equal((await endpoint.states()).done.length, EVENTS);
});

test("an endpoint is deleted in flight: it gets nothing more, and leaves nothing", async () => {
  const endpoint = await makeEndpoint();
  const path = `/beside-${endpoint.source}`;
  const beside = await dispatch.post("/v1/endpoints", {
    url: `http://${server.pair}${path}`,
    filter: { sources: [endpoint.source] },
  });
  // With those of the other endpoint they are one batch. While the first two hang, a second batch would post two more.
  const ids = await endpoint.fly(BATCH / 2);
  assert.equal((await dispatch.delete(`/v1/endpoints/${endpoint.id}`)).status, 204);
  await endpoint.land(204, 500);
  await endpoint.finish();
  assert.equal(endpoint.requests().length, 2);
  assert.deepEqual(endpoint.requests(path).map(idOf).sort(), ids.sort());
  for (const [table, column] of [
    ["deliveries", "endpoint"],
    ["attempts", "endpoint"],
    ["endpoints", "id"],
  ]) {
    const count = `SELECT count(*) FROM ${table} WHERE ${column} = ?`;
    assert.deepEqual(await endpoint.journal("sql", count, endpoint.id), [[0]], table);
  }
  await dispatch.delete(`/v1/endpoints/${beside.json.id}`);
});

test("an endpoint that never answers delays no other", async () => {
  const hanging = await makeEndpoint();
  const paths = ["one", "other"].map((name) => `/${name}-${hanging.source}`);
  for (const path of paths)
    await dispatch.post("/v1/endpoints", {
      url: `http://${server.pair}${path}`,
      filter: { sources: [hanging.source] },
    });
  // One after another: those behind the first come while it is under way. No request ends by itself here.
  for (let taken = 1; taken <= EVENTS; taken += 1) {
    await dispatch.take(event({ source: hanging.source }));
    for (const path of paths)
      await server.inbox.untilNth(taken, (request) => request.path === path);
  }
  const { leased, due } = await hanging.states();
  assert.deepEqual([leased.length, due.length], [10, EVENTS - 10]);
});
