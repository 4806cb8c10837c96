// SCN-001, 002, 004 and 006: valid deliveries, one after another.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { freePort } from "../../support/port.js";
import { startWorking } from "./receivers.js";
import { delivery, fresh, now, retryOf } from "./senders.js";

async function takeOne({ run, worker }, sender) {
  assert.deepEqual(await worker.events(), []);
  const sent = delivery(sender, { time: "2026-05-09T12:00:00Z" });
  const { id } = await run.post(sent, "202 accepted");
  const [{ type, subject, time, data }] = await run.assertEvents([id]);
  assert.deepEqual(
    [type, subject, time],
    ["orderhook.order.status.v1", sent.order, "2026-05-09T12:00:00Z"],
  );
  assert.deepEqual(
    [data.authenticity, data.order.id, data.status.now],
    ["body_signed", sent.order, sent.status],
  );
  assert.equal(data.payload, sent.body);
  await run.assertLog();
}

export const SINGLE = {
  name: "SCN-001 single-valid-delivery",
  start: startWorking,
  cases: { "one valid delivery gives one event, with the body as it was sent": takeOne },
};

async function repeat({ run }, sender) {
  const first = delivery(sender, { timestamp: now() - 10, headers: { "x-attempt-number": "1" } });
  const { id } = await run.post(first, "202 accepted");
  const retry = { ...retryOf(sender, first), path: `${first.path}/?attempt=2` };
  const copies = [await run.post(retry, "200 duplicate"), await run.post(first, "200 duplicate")];
  assert.deepEqual(
    copies.map((copy) => copy.id),
    [id, id],
  );
  await run.assertEvents([id]);
  await run.assertLog();
}

export const SEQUENTIAL = {
  name: "SCN-002 sequential-duplicate",
  start: startWorking,
  cases: { "a retry, signed anew, and a copy, byte for byte, are duplicates: one event": repeat },
};

async function reverse({ run }, sender) {
  const order = fresh();
  const sent = [
    delivery(sender, { order, status: "delivered", time: "2026-05-09T12:00:00Z" }),
    delivery(sender, { order, status: "out_for_delivery", time: "2026-05-09T08:00:00Z" }),
  ];
  const answers = [
    await run.post(sent[0], "202 accepted"),
    await run.post(sent[1], "202 accepted"),
  ];
  const events = await run.assertEvents(answers.map(({ id }) => id));
  assert.deepEqual(
    events.map(({ subject }) => subject),
    [order, order],
  );
  const inOrder = events.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
  assert.deepEqual(
    inOrder.map(({ data }) => data.status.now),
    ["out_for_delivery", "delivered"],
  );
  await run.assertLog();
}

export const REVERSED = {
  name: "SCN-004 dependency-order-reversal",
  start: startWorking,
  cases: {
    "an order's later status arrives before its earlier one: two events, which their `time` puts in order":
      reverse,
  },
};

/** Posts a delivery to a port that refuses the connection. Returns the error's code. */
async function postToNobody({ path, body, headers }) {
  const request = http.request({
    host: "127.0.0.1",
    port: await freePort(),
    method: "POST",
    path,
    headers,
  });
  request.end(body);
  const [error] = await once(request, "error");
  return error.code;
}

async function retryAfterRefusal({ run }, sender) {
  const sent = delivery(sender);
  assert.equal(await postToNobody(sent), "ECONNREFUSED");
  await run.assertEvents([]);
  const { id } = await run.post(sent, "202 accepted");
  await run.assertEvents([id]);
  await run.assertLog();
}

export const REFUSED_CONNECTION = {
  name: "SCN-006 connection-failure-then-retry",
  start: startWorking,
  cases: {
    "a connection is refused, and the retry reaches the Worker: one event": retryAfterRefusal,
  },
};
