// A backlog is drained: each delivery is handed out once, at most ten at a time, and what is new waits for none of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
import { times } from "../support/long.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

const BACKLOG = times(1_000, 100_000);
/** One more event is taken meanwhile. */
const ALL = BACKLOG + 1;
/** The deliveries of an endpoint that are leased at a time. */
const CAP = 10;
const SOURCE = "backlog";

// Counts the pointers of each endpoint that are sent to the queue of attempts.
const AROUND = OPEN.replace("export const Journal = opened(DispatchJournal);", "").concat(`
  const sent = {};
  export class Journal extends opened(DispatchJournal) {
    constructor(ctx, env) {
      const sendBatch = (messages) => {
        for (const { body } of messages) sent[body.endpoint] = (sent[body.endpoint] ?? 0) + 1;
        return env.ATTEMPTS.sendBatch(messages);
      };
      super(ctx, { ...env, ATTEMPTS: { sendBatch } });
    }
    sent() {
      return sent;
    }
  }`);

/** The events of the backlog, made of one that was taken, and a delivery of each that is held. */
const EVENTS = `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${BACKLOG - 1})
  INSERT INTO events SELECT seq + n, id || n, again, ord, at, received, type, status, verdict, test,
    json_set(body, '$.id', id || n) FROM events, n`;
const DELIVERIES = `INSERT INTO deliveries (endpoint, seq, state, due, lease, attempts, failed)
  SELECT endpoint, events.seq, 'held', NULL, 0, 0, 0 FROM events, deliveries WHERE events.seq > 1`;

/** Takes what is posted at /backlog: how often each event came, and how many were under way at a time, at most. */
class Drain {
  ids = new Map();
  most = 0;
  #running = 0;
  /** From half of the backlog on, nothing is answered before the new event has come. */
  open;
  #gate = new Promise((open) => (this.open = open));
  ended = new Promise((end) => (this.end = end));
  half = new Promise((end) => (this.isHalf = end));

  async answer(body) {
    const { id } = JSON.parse(body);
    this.ids.set(id, (this.ids.get(id) ?? 0) + 1);
    this.most = Math.max(this.most, ++this.#running);
    if (this.ids.size === BACKLOG / 2) this.isHalf();
    if (this.ids.size >= BACKLOG / 2) await this.#gate;
    if (this.ids.size === ALL) this.end();
    this.#running -= 1;
    return 204;
  }
}

test(`a backlog of ${BACKLOG} is drained without a storm`, async () => {
  const drain = new Drain();
  const server = await startEndpoint(({ path, body }) => {
    if (path !== "/backlog") {
      // At once: what waits is put back after ten seconds.
      drain.open();
      return 204;
    }
    // The server keeps no request of the backlog.
    server.inbox.take();
    return drain.answer(body);
  });
  const dispatch = await startDispatch({ around: AROUND, vars: { LOCAL_ENDPOINTS: server.pair } });
  try {
    const make = async (path, active) => {
      const made = { url: `http://${server.pair}${path}`, active, filter: { sources: [SOURCE] } };
      return (await dispatch.post("/v1/endpoints", made)).json.id;
    };
    const id = await make("/backlog", false);
    await dispatch.take(event({ source: SOURCE }));
    for (const query of [EVENTS, DELIVERIES]) await dispatch.journal(SOURCE, "sql", query);
    await make("/new", true);
    await dispatch.patch(`/v1/endpoints/${id}`, { active: true });
    await replayHeld(dispatch, id);
    await drain.half;
    // The half of the backlog waits; a new event passes it.
    const passed = server.inbox.until(({ path }) => path === "/new");
    await dispatch.take(event({ source: SOURCE }));
    await passed;
    await drain.ended;
    await judge(dispatch, id, drain);
  } finally {
    await dispatch.stop();
    await server.stop();
  }
});

async function replayHeld(dispatch, id) {
  let deliveries = 0;
  for (let cursor; cursor !== null; ) {
    const body = { failed_only: true, ...(cursor && { cursor }) };
    const { json } = await dispatch.post(`/v1/endpoints/${id}/replay`, body);
    deliveries += json.deliveries;
    cursor = json.cursor;
  }
  assert.equal(deliveries, BACKLOG);
}

async function judge(dispatch, id, drain) {
  const left = "SELECT count(*) FROM deliveries WHERE endpoint = ? AND state <> 'done'";
  while ((await dispatch.journal(SOURCE, "sql", left, id))[0][0] > 0);
  assert.equal(drain.ids.size, ALL);
  assert.ok([...drain.ids.values()].every((count) => count === 1));
  assert.ok(drain.most <= CAP, `${drain.most} at a time`);
  assert.equal((await dispatch.journal(SOURCE, "sent"))[id], ALL);
}
