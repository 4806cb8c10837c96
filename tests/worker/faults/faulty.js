// KV, the queue and the objects' faults: each step has the fault of the plan.
import assert from "node:assert/strict";
import { assertEvent } from "../../support/schema.js";
import { sha256 } from "../../support/sign.js";
import { KvStandIn, MODES, QueueStandIn, StandIn } from "../../support/stand-in.js";

/** The modes of the stand-ins, and two that take effect later. */
const MEETINGS = {
  ...MODES,
  // It is carried out after the provider has been answered.
  "lands late": { lands: false, says: "nothing" },
  // As a data centre that has not received the write yet.
  stale: { lands: true, says: "done" },
};

/** Decides the fault of a step; a late effect happens after the delivery is over. */
function met(standIn, received, { account, taken }) {
  Object.assign(received, { account, taken });
  if (taken.mode === "lands late") account.late(() => standIn.handle(received));
  return MEETINGS[taken.mode];
}

class FaultyKv extends KvStandIn {
  #ledger;

  constructor(ledger) {
    super("kvNamespace");
    this.#ledger = ledger;
  }

  meet(received) {
    const [kind, source, ...id] = decodeURIComponent(received.url.pathname.slice(1)).split(":");
    if (kind === "payload")
      return met(
        this,
        received,
        this.#ledger.step(this.#ledger.keyOfBody(source, id.join(":")), "keep", received.isolate),
      );
    return met(
      this,
      received,
      this.#ledger.step(
        `${source}/${id.join(":")}`,
        received.method === "PUT" ? "mark" : "look",
        received.isolate,
      ),
    );
  }

  handle(received) {
    const { account, taken } = received;
    account.land(taken);
    const answer = super.handle(received);
    if (taken.step !== "look") return answer;
    taken.found = answer.status === 200 && taken.mode !== "stale";
    return taken.found ? answer : { status: 404 };
  }

  note() {}
}

export class FaultyQueue extends QueueStandIn {
  #ledger;
  #kv;

  /** Without a KV stand-in, what a message points to is noted as its account's `ref`. */
  constructor(ledger, kv) {
    super("queue");
    this.#ledger = ledger;
    this.#kv = kv;
  }

  meet(received) {
    received.event = JSON.parse(received.body);
    const { source, id } = received.event;
    return met(
      this,
      received,
      this.#ledger.step(`${source?.replace("/hooks/", "")}/${id}`, "send", received.isolate),
    );
  }

  handle(received) {
    const { account, taken, event } = received;
    account.land(taken);
    try {
      this.#assertWhole(event, account);
    } catch (error) {
      this.#ledger.wrong(`an event that is not as it was sent: ${error.message}`, account);
    }
    const answer = super.handle(received);
    // Each is checked here and now.
    this.messages.pop();
    return answer;
  }

  /** Checks a message against the schema, and against the body byte for byte. A large body is in KV before its event is sent. */
  #assertWhole(event, account) {
    assertEvent(event);
    const { payload, payload_base64, payload_ref } = event.data;
    account.ref = payload_ref;
    if (payload_ref !== undefined && this.#kv === undefined) return;
    const inline = () =>
      payload === undefined ? Buffer.from(payload_base64, "base64") : Buffer.from(payload);
    const whole = payload_ref === undefined ? inline() : this.#kv.values.get(payload_ref);
    const hash = whole && sha256(whole);
    assert.ok(account.bodies.has(hash), "the payload is not the body");
    if (payload_ref !== undefined) account.payloads.push({ ref: payload_ref, hash });
  }

  note() {}
}

/** The server that the Durable Objects ask for the fault of each method: see claims-that-fail.js. */
class ObjectFaults extends StandIn {
  #ledger;

  constructor(ledger) {
    super("service");
    this.#ledger = ledger;
  }

  meet({ url }) {
    return url.pathname === "/never" ? MEETINGS.hangs : MEETINGS.works;
  }

  handle({ url }) {
    const [source, ...id] = url.searchParams
      .get("key")
      .replace(/^seen:/, "")
      .split(":");
    const key = `${source}/${id.join(":")}`;
    if (url.pathname === "/landed") return this.#landed(key, url.searchParams.get("at"));
    const shard = url.searchParams.get("shard");
    const { account, taken } = this.#ledger.step(key, url.pathname.slice(1));
    const meeting = MEETINGS[taken.mode];
    if (account !== undefined) account.shard = shard;
    if (meeting.says === "broken") this.#ledger.dies(shard);
    return { status: 200, body: JSON.stringify({ ...meeting, at: taken.at }) };
  }

  #landed(key, at) {
    const account = this.#ledger.accounts.get(key);
    account.land(account.steps.find((taken) => taken.at === Number(at)));
    return { status: 200 };
  }

  note() {}
}

/** `Queue` is a class of the test's own in FaultyQueue's place. */
export async function faulty(ledger, { isolates = 1, Queue = FaultyQueue } = {}) {
  const kv = await new FaultyKv(ledger).listen(isolates);
  const queue = await new Queue(ledger, kv).listen(isolates);
  const objects = await new ObjectFaults(ledger).listen();
  return { kv, queue, objects, stop: () => Promise.all([kv.stop(), queue.stop(), objects.stop()]) };
}
