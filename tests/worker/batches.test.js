// Deliveries with several events: they go to the queue in batches, each looked up, claimed and marked together. A batch that
// fails ends its delivery, and the next try sends the rest.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import { start } from "../support/workerd.js";
import { assertEvent } from "../support/schema.js";

const ACME_SECRET = "acme-secret-0d9f3b7a51";
const PROVIDER_ACME = {
  page: "https://acme.example/webhooks",
  scheme: {
    type: "hmac",
    signature: { header: "x-acme-signature", encoding: "hex" },
    signs: ["body"],
  },
  event: { each: "/parcels", id: "id" },
  order: { id: "order" },
  status: { word: "state", words: { shipped: ["Sent"], ignored: ["Seen"] } },
};

/** The bindings, which count their calls and fail when they are told to: the real ones do not say how they were called. */
const AROUND = `
import entry, { Claims as Own } from "./entry.js";

const log = (line) => console.log("called " + JSON.stringify(line));

export class Claims extends Own {
  claim(keys, claimant, ms) {
    log(["claim", keys.length]);
    return super.claim(keys, claimant, ms);
  }
  commit(keys, ms) {
    log(["commit", keys.length]);
    return super.commit(keys, ms);
  }
  release(keys, claimant) {
    log(["release", keys.length]);
    return super.release(keys, claimant);
  }
}

export default {
  async fetch(request, { SEEN, EVENTS, ...env }, ctx) {
    const failing = Number(request.headers.get("x-failing"));
    let sends = 0;
    const around = {
      SEEN: {
        get(keys) {
          log(["get", Array.isArray(keys) ? keys.length : "one"]);
          return SEEN.get(keys);
        },
        put: (key, value, options) => SEEN.put(key, value, options),
      },
      EVENTS: {
        send(message, options) {
          log(["send"]);
          return EVENTS.send(message, options);
        },
        sendBatch(messages) {
          sends += 1;
          log(["sendBatch", messages.length]);
          if (sends === failing) throw new Error("told to fail");
          return EVENTS.sendBatch(messages);
        },
      },
    };
    const answer = await entry.fetch(request, { ...env, ...around }, ctx);
    console.log("answered " + request.headers.get("x-delivery"));
    return answer;
  },
};`;

let worker;

function withWorker(dedup) {
  beforeEach(async () => {
    worker = await start({
      vars: {
        SOURCES: { acme: { provider: "acme", secrets: ["ACME_SECRET"], dedup } },
        PROVIDER_ACME,
        DEADLINE_MS: 60_000,
      },
      secrets: { ACME_SECRET },
      around: AROUND,
      isolates: 1,
    });
  });
  afterEach(() => worker.stop());
}

/** Returns the ids from the n-th to before the m-th. */
const range = (n, m) => Array.from({ length: m - n }, (_, at) => `parcel-${n + at}`);
const parcels = (ids, more) => ({
  parcels: ids.map((id) => ({ id, order: "A-1", state: "Sent", ...more })),
});

let deliveries = 0;

/** Posts a delivery. Returns its answer in two words, and the id in it. The calls that it made have been read by then. */
async function post(delivery, { isolate = worker, failing = 0 } = {}) {
  const body = JSON.stringify(delivery);
  const nth = ++deliveries;
  const headers = {
    "x-acme-signature": createHmac("sha256", ACME_SECRET).update(body).digest("hex"),
    "x-failing": failing,
    "x-delivery": nth,
  };
  const { status, json } = await isolate.post("/hooks/acme", body, headers);
  await worker.output.until((line) => line === `answered ${nth}`);
  return [`${status} ${json.code ?? json.status}`, ...(json.id === undefined ? [] : [json.id])];
}

/** Returns the calls of the bindings since the last time, in order. What follows an answer is not among them. */
function calls() {
  const all = worker.output.take().filter((line) => line.startsWith("called "));
  return all
    .map((line) => JSON.parse(line.slice("called ".length)))
    .filter(([what]) => !["commit", "release"].includes(what))
    .map((call) => call.join(" "));
}

/** Asserts that these events came out of the queue, each as it was sent. */
async function assertQueued(ids) {
  const events = await worker.events();
  events.forEach(assertEvent);
  assert.deepEqual(
    events.map(({ id }) => id),
    ids,
  );
}

/** Resolves once KV was told of all events. */
const marked = (ids) => Promise.all(ids.map((id) => worker.marked(`seen:acme:${id}`)));

const ACCEPTED = "202 accepted";
const DUPLICATE = "200 duplicate";

describe('dedup "kv"', () => {
  withWorker("kv");

  test("250 events are three batches, each looked up at once", async () => {
    assert.deepEqual(await post(parcels(range(0, 250))), [ACCEPTED, "parcel-0"]);
    await assertQueued(range(0, 250));
    assert.deepEqual(calls(), [
      ...["get 100", "sendBatch 100"],
      ...["get 100", "sendBatch 100"],
      ...["get 50", "sendBatch 50"],
    ]);
    await marked(range(0, 250));
    assert.deepEqual(await post(parcels(range(0, 250))), [DUPLICATE, "parcel-0"]);
    assert.deepEqual(calls(), [], "the isolate knows them all");
    const [, other] = worker.isolates;
    assert.deepEqual(await post(parcels(range(0, 250)), { isolate: other }), [
      DUPLICATE,
      "parcel-0",
    ]);
    assert.deepEqual(calls(), ["get 100", "get 100", "get 50"]);
    await assertQueued([]);
  });

  test("a batch has no more bytes than a queue takes", async () => {
    const delivery = parcels(range(0, 5), { note: "n".repeat(100_000) });
    assert.deepEqual(await post(delivery), [ACCEPTED, "parcel-0"]);
    assert.deepEqual(calls(), [
      ...["get 2", "sendBatch 2"],
      ...["get 2", "sendBatch 2"],
      ...["get one", "send"],
    ]);
    await assertQueued(range(0, 5));
  });

  test("the second batch fails: 503, and the next try sends only the rest", async () => {
    const delivery = parcels(range(0, 250));
    assert.deepEqual(await post(delivery, { failing: 2 }), ["503 queue_unavailable"]);
    await assertQueued(range(0, 100));
    assert.deepEqual(calls(), ["get 100", "sendBatch 100", "get 100", "sendBatch 100"]);
    assert.deepEqual(await post(delivery), [ACCEPTED, "parcel-100"]);
    await assertQueued(range(100, 250));
    assert.deepEqual(calls(), ["get 100", "sendBatch 100", "get 50", "sendBatch 50"]);
    await marked(range(0, 250));
    assert.deepEqual(await post(delivery), [DUPLICATE, "parcel-0"]);
    await assertQueued([]);
  });

  test("the same in another isolate, which looks all of them up", async () => {
    const delivery = parcels(range(0, 250));
    assert.deepEqual(await post(delivery, { failing: 2 }), ["503 queue_unavailable"]);
    await marked(range(0, 100));
    calls();
    const [, other] = worker.isolates;
    assert.deepEqual(await post(delivery, { isolate: other }), [ACCEPTED, "parcel-100"]);
    assert.deepEqual(calls(), [
      "get 100",
      ...["get 100", "sendBatch 100"],
      ...["get 50", "sendBatch 50"],
    ]);
    await assertQueued(range(0, 250));
  });

  test("of a batch only the events that are new are sent, and one that is new is sent alone", async () => {
    assert.deepEqual(await post(parcels(["b", "d"])), [ACCEPTED, "b"]);
    await marked(["b", "d"]);
    await assertQueued(["b", "d"]);
    calls();
    // The isolate knows two of them, and looks up the rest.
    assert.deepEqual(await post(parcels(["a", "b", "c", "d"])), [ACCEPTED, "a"]);
    assert.deepEqual(calls(), ["get 2", "sendBatch 2"]);
    await assertQueued(["a", "c"]);
    const [, other] = worker.isolates;
    await marked(["a", "c"]);
    assert.deepEqual(await post(parcels(["a", "b", "e", "d"]), { isolate: other }), [
      ACCEPTED,
      "e",
    ]);
    assert.deepEqual(calls(), ["get 4", "send"]);
    await assertQueued(["e"]);
  });

  test("copies in one moment send each event once", async () => {
    const delivery = parcels(range(0, 150));
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(delivery)));
    const words = answers.map(([word]) => word);
    assert.deepEqual(words.toSorted(), [...Array(19).fill(DUPLICATE), ACCEPTED]);
    await assertQueued(range(0, 150));
  });
});

describe('dedup "strict"', () => {
  withWorker("strict");

  /** The keys of these events are divided among so many objects. */
  const objects = (ids) => new Set(ids.map(shard)).size;
  const shard = (id) => {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(`seen:acme:${id}`))
      hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return hash % 16;
  };

  test("each object is asked once for all of its claims, and told once of all of its events", async () => {
    const ids = range(0, 40);
    assert.ok(objects(ids) > 4);
    assert.deepEqual(await post(parcels(ids)), [ACCEPTED, "parcel-0"]);
    await assertQueued(ids);
    const isCommit = (line) => line.startsWith('called ["commit"');
    await worker.output.untilNth(objects(ids), isCommit);
    const of = (what) =>
      worker.output.entries
        .filter((line) => line.startsWith(`called ["${what}"`))
        .map((line) => JSON.parse(line.slice("called ".length))[1]);
    const sizes = [...Map.groupBy(ids, shard).values()].map(({ length }) => length);
    for (const what of ["claim", "commit"])
      assert.deepEqual(of(what).toSorted(), sizes.toSorted(), what);
    calls();
    // KV is not asked: the claims know all of them.
    const [, other] = worker.isolates;
    assert.deepEqual(await post(parcels(ids), { isolate: other }), [DUPLICATE, "parcel-0"]);
    assert.deepEqual(
      calls().filter((call) => !call.startsWith("claim")),
      [],
    );
    await assertQueued([]);
  });

  test("the second batch fails: its claims are released, and the next try sends only the rest, wherever it comes", async () => {
    const ids = range(0, 150);
    assert.deepEqual(await post(parcels(ids), { failing: 2 }), ["503 queue_unavailable"]);
    await assertQueued(range(0, 100));
    const [, other] = worker.isolates;
    assert.deepEqual(await post(parcels(ids), { isolate: other }), [ACCEPTED, "parcel-100"]);
    await assertQueued(range(100, 150));
    assert.deepEqual(await post(parcels(ids)), [DUPLICATE, "parcel-0"]);
    await assertQueued([]);
  });

  test("copies in one moment in two isolates send each event once", async () => {
    const delivery = parcels(range(0, 150));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => post(delivery, { isolate: worker.isolates[n % 2] })),
    );
    for (const [word] of answers) assert.ok([ACCEPTED, DUPLICATE].includes(word), word);
    const queued = (await worker.events()).map(({ id }) => id);
    assert.deepEqual(
      queued.toSorted(),
      range(0, 150).toSorted(),
      "each event once, and all of them",
    );
  });
});
