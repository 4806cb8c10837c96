// Copies of one delivery that arrive while the first is on its way, or a short while after it: how many events they give, what
// they are answered with, and what they cost. Whatever happens to the first, no copy waits for its promises.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { Journal } from "../support/journal.js";
import { times } from "../support/long.js";
import * as sign from "../support/sign.js";
import { KvStandIn, MODES, QueueStandIn } from "../support/stand-in.js";
import { connect, head, inWords, lines } from "../support/wire.js";
import { COMPATIBILITY_DATE, builtModules, start } from "../support/workerd.js";

let count = 0;
const order = (id = `copies-${++count}`) =>
  JSON.stringify({ event_id: id, event: "Order Created", data: { order_id: 1 } });
const idOf = (body) => JSON.parse(body).event_id;
const signed = (body) => sign.wakilni(SECRETS.WAKILNI_SECRET, body);

/** Posts a delivery. Returns its answer in two words. */
async function post(isolate, body, headers = {}) {
  const { status, json } = await isolate.post(hook("wakilni"), body, {
    ...signed(body),
    ...headers,
  });
  return `${status} ${json?.code ?? json?.status}`;
}

const ACCEPTED = "202 accepted";
const DUPLICATE = "200 duplicate";
const HELD = "503 copy_in_progress";
const UNAVAILABLE = "503 queue_unavailable";

const EVENTS = times(10, 50);
const COPIES = 1000;

/** By mode: what the copies may be answered with beside the one that is accepted. */
const ANSWERS = { kv: [DUPLICATE], strict: [DUPLICATE, HELD] };

/** Posts all copies of each event without waiting, event by event. Returns the answers by id, and the ids that were queued. */
async function crowd(dedup) {
  // A thousand deliveries at once take a busy machine seconds.
  const worker = await start({ vars: { SOURCES, DEDUP: dedup, DEADLINE_MS: 60_000 } });
  try {
    const answers = new Map();
    for (let at = 0; at < EVENTS; at++) {
      const body = order();
      const posted = Array.from({ length: COPIES }, () => post(worker, body));
      answers.set(idOf(body), await Promise.all(posted));
      worker.hangUp();
    }
    const queued = (await worker.events()).map(({ id }) => id);
    return { answers, queued };
  } finally {
    await worker.stop();
  }
}

for (const [dedup, others] of Object.entries(ANSWERS)) {
  test(`${COPIES} copies in one moment of each of ${EVENTS} events give ${EVENTS} events, dedup "${dedup}"`, async (t) => {
    const { answers, queued } = await crowd(dedup);
    const all = [...answers.values()].flat();
    const counts = Object.groupBy(all, (words) => words);
    t.diagnostic(
      Object.entries(counts)
        .map(([words, { length }]) => `${words}: ${length}`)
        .join(", "),
    );
    assert.deepEqual(
      Object.keys(counts).filter((words) => ![ACCEPTED, ...others].includes(words)),
      [],
    );
    assert.deepEqual(queued.toSorted(), [...answers.keys()].toSorted());
    for (const [id, words] of answers)
      assert.equal(words.filter((word) => word === ACCEPTED).length, 1, id);
  });
}

/** A stand-in that holds back the requests that the test wants, until the test says how each is answered. */
const told = (StandIn) =>
  class extends StandIn {
    held = new Journal("request that is held back");
    holds = () => false;

    meet(received) {
      if (!this.holds(received)) return super.meet(received);
      const { promise, resolve } = Promise.withResolvers();
      this.held.add({ ...received, answer: (mode) => resolve(MODES[mode]) });
      return promise;
    }

    /** Holds back the next request of this method. Resolves to it when it has come. */
    next(method) {
      const n = this.held.entries.length + 1;
      let isHeld = false;
      this.holds = (received) => {
        if (isHeld || received.method !== method) return false;
        isHeld = true;
        return true;
      };
      return this.held.untilNth(n);
    }

    /** Returns how many requests of this method have come. */
    count(method) {
      return this.requests.entries.filter((request) => request.method === method).length;
    }
  };

const ToldKv = told(KvStandIn);
const ToldQueue = told(QueueStandIn);

/** The objects of the claims, which log what they are asked for. */
const CLAIMS = `
import { Claims as Own } from "./entry.js";
export class Claims extends Own {
  claim(keys, claimant, ms) {
    console.log("claim of " + keys.join());
    return super.claim(keys, claimant, ms);
  }
  commit(keys, ms) {
    console.log("commit of " + keys.join());
    return super.commit(keys, ms);
  }
}
export default {};`;

const claims = () => ({
  config: {
    name: "claims",
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: {
      mainModule: "claims.js",
      modules: { "claims.js": { type: "esm", contents: CLAIMS }, ...builtModules() },
    },
    exports: { Claims: { type: "durable-object", storage: "sqlite" } },
  },
});

let worker;
let kv;
let queue;

/** Starts a Worker in two isolates, with a KV and a queue that do as they are told, before each of a group's tests. */
function withWorker(vars, options = {}) {
  beforeEach(async () => {
    [kv, queue] = await Promise.all([
      new ToldKv("kvNamespace").listen(),
      new ToldQueue("queue").listen(),
    ]);
    worker = await start({
      vars: { SOURCES, DEADLINE_MS: 60_000, ...vars },
      standIns: {
        SEEN: kv,
        EVENTS: queue,
        CLAIMS: { binding: { type: "durable-object", worker: "claims", exportName: "Claims" } },
      },
      workers: [claims()],
      isolates: 1,
      ...options,
    });
  });
  afterEach(() => Promise.all([worker, kv, queue].map((part) => part.stop())));
}

/**
 * Makes each timer take ten times as long. A copy then waits ten seconds in all, and not one: a busy machine may hold up the test
 * for a second before it answers the first.
 */
const SLOW_TIMERS = `
import entry, { Claims } from "./entry.js";
export { Claims };

const { setTimeout } = globalThis;
globalThis.setTimeout = (work, ms, ...args) => setTimeout(work, 10 * ms, ...args);

export default entry;`;

const queued = () => queue.messages.map(({ text }) => JSON.parse(text).id);
const asked = (what, body) =>
  worker.output.entries.filter((line) => line === `${what} of seen:wakilni:${idOf(body)}`).length;
const untilAsked = (n, what, body) =>
  worker.output.untilNth(n, (line) => line === `${what} of seen:wakilni:${idOf(body)}`);

/** Posts copies. Resolves, once the Worker has begun them, to a function that returns their answers. */
async function begun(isolate, body, copies) {
  const answers = Promise.all(Array.from({ length: copies }, () => post(isolate, body)));
  // What came before this is begun when it is answered.
  assert.equal((await isolate.get(hook("wakilni"))).status, 200);
  return () => answers;
}

/** Holds the first delivery back at the queue. Returns its message, and its answer. */
async function held(body, headers) {
  const message = queue.next("POST");
  const answer = post(worker, body, headers);
  return { message: await message, answer };
}

for (const dedup of ["kv", "strict"]) {
  describe(`copies in one isolate, dedup "${dedup}"`, () => {
    withWorker({ DEDUP: dedup }, { around: SLOW_TIMERS });

    test("a copy waits for the first, and is a duplicate once that is safe: no KV, no queue, no claim of its own", async () => {
      const body = order();
      const { message, answer } = await held(body);
      const copies = await begun(worker, body, 5);
      message.answer("works");
      assert.equal(await answer, ACCEPTED);
      assert.deepEqual(await copies(), Array(5).fill(DUPLICATE));
      assert.deepEqual(queued(), [idOf(body)]);
      assert.deepEqual([kv.count("GET"), queue.count("POST")], [dedup === "kv" ? 1 : 0, 1]);
      assert.equal(asked("claim", body), dedup === "kv" ? 0 : 1);
    });

    test("a copy after the event is safe touches neither KV nor the queue nor the claims", async () => {
      const body = order();
      assert.equal(await post(worker, body), ACCEPTED);
      await kv.requests.until(({ method }) => method === "PUT");
      if (dedup === "strict") await untilAsked(1, "commit", body);
      kv.requests.take();
      queue.requests.take();
      kv.mode = queue.mode = "fails";
      for (let copy = 0; copy < 20; copy++) assert.equal(await post(worker, body), DUPLICATE);
      // The log keeps its order: what they had asked for would stand before this line.
      const last = order();
      await post(worker, last);
      await worker.logged(({ id }) => id === idOf(last));
      const ofLast = ({ url, body }) => `${url.pathname} ${body}`.includes(idOf(last));
      assert.deepEqual(
        [...kv.requests.entries, ...queue.requests.entries].filter((it) => !ofLast(it)),
        [],
      );
      assert.equal(asked("claim", body), dedup === "kv" ? 0 : 1);
    });

    test("copies of a first that its client has given up are duplicates once it is safe", async () => {
      const body = order();
      const message = queue.next("POST");
      const { socket, closed } = connect(worker);
      const start = ["host: hooks.example", ...lines(signed(body))];
      const length = `content-length: ${body.length}`;
      socket.write(head(`POST ${hook("wakilni")} HTTP/1.1`, [...start, length]) + body);
      const first = await message;
      socket.resetAndDestroy();
      assert.deepEqual((await closed).answers.map(inWords), []);
      const copies = await begun(worker, body, 3);
      first.answer("works");
      assert.deepEqual(await copies(), Array(3).fill(DUPLICATE));
      assert.deepEqual(queued(), [idOf(body)]);
      // The first went on to its end: its line and its mark are there.
      await worker.logged(({ id, code }) => id === idOf(body) && code === "accepted");
      await kv.requests.until(({ method }) => method === "PUT");
    });

    test("of the copies of a first that fails one goes on, and the others wait for that", async () => {
      const body = order();
      const { message, answer } = await held(body);
      const copies = await begun(worker, body, 4);
      message.answer("fails");
      assert.equal(await answer, UNAVAILABLE);
      const words = await copies();
      assert.deepEqual(words.toSorted(), [...Array(3).fill(DUPLICATE), ACCEPTED]);
      assert.deepEqual(queued(), [idOf(body)]);
    });
  });

  describe(`a first that never ends, dedup "${dedup}"`, () => {
    withWorker({ DEDUP: dedup });

    test("it holds a copy up for a while, and no longer", async () => {
      const body = order();
      const { message, answer } = await held(body);
      if (dedup === "kv") {
        // Nobody answers the first, so the copy goes on by itself, and then it is the copy that is known.
        assert.equal(await post(worker, body), ACCEPTED);
        assert.equal(await post(worker, body), DUPLICATE);
        assert.deepEqual([kv.count("GET"), queued()], [2, [idOf(body)]]);
      } else {
        // It asks for the claim, again and again, until that ends.
        const copy = post(worker, body);
        await untilAsked(3, "claim", body);
        message.answer("fails");
        assert.equal(await answer, UNAVAILABLE);
        assert.equal(await copy, ACCEPTED);
        assert.deepEqual(queued(), [idOf(body)]);
      }
      message.answer("fails");
      assert.equal(await answer, UNAVAILABLE);
      // The end of the first has not undone what the copy did.
      assert.equal(await post(worker, body), DUPLICATE);
    });
  });
}

describe('copies in several isolates, dedup "strict"', () => {
  withWorker({ DEDUP: "strict" });

  test("a copy in another isolate waits for the claim, and is a duplicate once the first is safe", async () => {
    const body = order();
    const { message, answer } = await held(body);
    const [, other] = worker.isolates;
    const copy = post(other, body);
    // It has been told that the claim is held, and has asked again.
    await untilAsked(3, "claim", body);
    message.answer("works");
    assert.deepEqual([await answer, await copy], [ACCEPTED, DUPLICATE]);
    assert.deepEqual(queued(), [idOf(body)]);
  });

  test("a copy in another isolate takes the event on where the first fails", async () => {
    const body = order();
    const { message, answer } = await held(body);
    const copy = post(worker.isolates[1], body);
    await untilAsked(3, "claim", body);
    message.answer("fails");
    assert.deepEqual([await answer, await copy], [UNAVAILABLE, ACCEPTED]);
    assert.deepEqual(queued(), [idOf(body)]);
  });
});

describe('copies in several isolates that wait in vain, dedup "strict"', () => {
  withWorker({ DEDUP: "strict", DEADLINE_MS: 8000 });

  test("a copy is told to come again once half of its time is over, which is before the first gives up", async () => {
    const body = order();
    const ends = [];
    const note = (words) => ends.push(words) && words;
    const { answer } = await held(body);
    const first = answer.then(note);
    const copy = post(worker.isolates[1], body).then(note);
    assert.deepEqual([await first, await copy], [UNAVAILABLE, HELD]);
    assert.deepEqual(ends, [HELD, UNAVAILABLE]);
    assert.ok(asked("claim", body) > 2, "it asked again while it waited");
    queue.mode = "works";
    assert.equal(await post(worker.isolates[1], body), ACCEPTED);
    assert.equal(await post(worker, body), DUPLICATE);
    assert.deepEqual(queued(), [idOf(body)]);
  });
});

for (const dedup of ["kv", "strict"]) {
  describe(`copies while the instance is replaced, dedup "${dedup}"`, () => {
    withWorker({ DEDUP: dedup }, { build: "build-panic", around: SLOW_TIMERS });

    test("what waits is lost with it, and what comes later begins anew", async () => {
      const body = order();
      const { message, answer } = await held(body);
      const copies = await begun(worker, body, 2);
      assert.match(await post(worker, order(), { "x-panic-probe": "after" }), /^500 /);
      // Nothing resumes in the next instance what began in the last.
      assert.deepEqual(
        (await copies()).map((words) => words.split(" ")[0]),
        ["500", "500"],
      );
      message.answer("fails");
      assert.match(await answer, /^500 /);
      if (dedup === "strict") {
        // The claim of the first is still there, and ends by itself: a minute is too long for a test.
        post(worker, body).catch(() => {});
        await untilAsked(3, "claim", body);
        return;
      }
      assert.equal(await post(worker, body), ACCEPTED);
      assert.equal(await post(worker, body), DUPLICATE);
      assert.deepEqual(queued(), [idOf(body)]);
    });
  });
}

describe("after the answer", () => {
  withWorker({ SOURCES: { ...SOURCES, wakilni: { ...SOURCES.wakilni, dedup: "strict" } } });

  for (const [source, deliver] of [
    ["wakilni", () => post(worker, order())],
    ["wegocod", () => postWegocod()],
  ]) {
    test(`a KV that holds up the mark of ${source} holds up no answer`, async () => {
      const mark = kv.next("PUT");
      assert.equal(await deliver(), ACCEPTED);
      const { answer } = await mark;
      // The mark is held back until now, and is written all the same.
      assert.deepEqual([...kv.values.keys()], []);
      answer("works");
      await kv.requests.until(({ method }) => method === "PUT");
      assert.match([...kv.values.keys()].join(), new RegExp(`^seen:${source}:[^,]+$`));
    });
  }

  test("a KV that holds up the mark holds up no copy in the isolate", async () => {
    const body = order();
    const mark = kv.next("PUT");
    assert.equal(await post(worker, body), ACCEPTED);
    const { answer } = await mark;
    assert.equal(await post(worker, body), DUPLICATE);
    answer("fails");
    const { failures } = await worker.logged(({ at }) => at === "mark");
    assert.equal(failures, 1);
    assert.equal(await post(worker, body), DUPLICATE);
  });

  async function postWegocod() {
    const body = JSON.stringify({ order: { reference: "marked", new_status: "delivered" } });
    const headers = sign.wegocod(SECRETS.WEGOCOD_SECRET, body);
    const { status, json } = await worker.post(hook("wegocod"), body, headers);
    return `${status} ${json.code ?? json.status}`;
  }
});

describe("one budget", () => {
  const DEADLINE_MS = 4000;
  withWorker({ DEADLINE_MS });

  test("a KV and a queue that never answer: 503, and KV had no more than a quarter of the time, and the queue no more than the rest", async () => {
    const body = order();
    kv.mode = queue.mode = "hangs";
    assert.equal(await post(worker, body), UNAVAILABLE);
    const { cause } = await worker.logged(({ id }) => id === idOf(body));
    const [, ofQueue, ofKv] = cause.match(
      /^the queue took longer than (\d+) ms; KV took longer than (\d+) ms$/,
    );
    assert.ok(ofKv <= DEADLINE_MS / 4 && ofQueue <= DEADLINE_MS - ofKv, cause);
    // KV was asked before the queue, and told of nothing.
    assert.deepEqual([kv.count("GET"), kv.count("PUT"), queue.count("POST")], [1, 0, 1]);
    queue.mode = "works";
    assert.equal(await post(worker, body), ACCEPTED);
  });

  test("a copy that has waited in vain has a quarter of the time for the queue, at least", async () => {
    const body = order();
    queue.mode = "hangs";
    const answers = await Promise.all([post(worker, body), post(worker, body)]);
    assert.deepEqual(answers, [UNAVAILABLE, UNAVAILABLE]);
    const ofCopies = ({ id, code }) => id === idOf(body) && code === "queue_unavailable";
    await worker.output.untilNth(2, (line) => line.includes(idOf(body)));
    for (const { cause } of worker.lines().filter(ofCopies)) {
      const [, ms] = cause.match(/^the queue took longer than (\d+) ms$/);
      assert.ok(Number(ms) >= DEADLINE_MS / 4, cause);
    }
    assert.deepEqual([kv.count("GET"), queue.count("POST")], [2, 2]);
  });
});
