// Checks a contestant before it is measured: it accepts signed deliveries, refuses others, and queues the right event.
import assert from "node:assert/strict";
import { Connection } from "./load.js";
import { request, SCENARIOS } from "./scenarios.js";

const PROBLEM = "application/problem+json";
const LAST = Buffer.from("GET / HTTP/1.1\r\nhost: queue\r\n\r\n");
const TIMES = /"received_at":"[^"]+"/g;

/** Throws if it does not. Returns the events that it queued, without their times of receipt. */
export async function judged(
  { name, strict = false, bindings = false },
  { port, queuePort, claimed },
) {
  const worker = await Connection.open(port);
  const queue = await Connection.open(queuePort);
  const answered = async (sent, expected) => {
    const { status, type, json } = await worker.ask(sent);
    const { title, code, id } = json;
    assert.deepEqual(
      { status, type, said: json.status, ...(code && { code, title }) },
      expected,
      name,
    );
    return id;
  };
  const accepted = { status: 202, type: "application/json", said: "accepted" };
  const duplicate = { status: 200, type: "application/json", said: "duplicate" };
  const events = [];
  for (const [at, scenario] of ["accepted", "16-kb", "64-kb"].entries()) {
    const sent = request(SCENARIOS[scenario], `judged-${at}`);
    const id = await answered(sent, accepted);
    const { json } = await queue.ask(LAST);
    assert.equal(json.id, id, name);
    assert.equal(await answered(sent, duplicate), id, name);
    events.push(JSON.parse(JSON.stringify(json).replace(TIMES, '"received_at":null')));
  }
  // Where dedup is strict, the Durable Object decides alone.
  if (!bindings && !strict)
    await answered(request(SCENARIOS["duplicate-kv"], "elsewhere-judged"), duplicate);
  const refused = { status: 401, type: PROBLEM, said: 401, title: "Unauthorized" };
  const posted = (scenario) => request(SCENARIOS[scenario], "judged-3");
  await answered(posted("bad-tag"), { ...refused, code: "signature_mismatch" });
  await answered(posted("no-header"), { ...refused, code: "missing_signature" });
  await answered(posted("not-found"), {
    status: 404,
    type: PROBLEM,
    said: 404,
    code: "not_found",
    title: "Not Found",
  });
  // If its Durable Object is unavailable, a delivery goes on without.
  assert.equal(claimed(), strict, `${name}: claims`);
  worker.close();
  queue.close();
  return events;
}

/** Throws if the contestants' events differ. */
export function judgedAlike([first, ...others]) {
  for (const { contestant, events } of others)
    assert.deepEqual(events, first.events, contestant.name);
}
