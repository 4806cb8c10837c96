// Checks a contestant before it is measured: it queues what it accepts, knows copies once KV has the mark, and refuses a wrong tag.
import assert from "node:assert/strict";
import { Connection } from "../worker/load.js";
import { request, SCENARIOS } from "../worker/scenarios.js";
import { orderWith } from "./delays.js";

const LAST = Buffer.from("GET / HTTP/1.1\r\nhost: queue\r\n\r\n");
const AT_ONCE = { kvRead: 0, kvWrite: 0, queue: 0 };
const TRIES = 100;

/** Throws if it does not. */
export async function judge({ name }, { port, queuePort }) {
  const worker = await Connection.open(port);
  const queue = await Connection.open(queuePort);
  const sent = request(SCENARIOS.accepted, orderWith(AT_ONCE));
  const { status, json } = await worker.ask(sent);
  assert.equal(status, 202, name);
  assert.equal((await queue.ask(LAST)).json.id, json.id, name);
  // The mark may follow the answer.
  let again;
  for (let tries = 0; again !== 200 && tries < TRIES; tries++)
    again = (await worker.ask(sent)).status;
  assert.equal(again, 200, `${name}: a copy`);
  const elsewhere = request(SCENARIOS.accepted, orderWith(AT_ONCE, true));
  assert.equal((await worker.ask(elsewhere)).status, 200, `${name}: a copy that KV alone knows`);
  const wrong = request(SCENARIOS["bad-tag"], orderWith(AT_ONCE));
  assert.equal((await worker.ask(wrong)).status, 401, `${name}: a wrong tag`);
  worker.close();
  queue.close();
}
