// Bodies in flight share one budget: a burst of large ones is told to come again, not failed, and holds up no small one.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { KvStandIn } from "../support/stand-in.js";
import { connect, head, inWords, lines } from "../support/wire.js";
import { start } from "../support/workerd.js";

const MIB = 1 << 20;
const KV_MS = 300;

/** A KV that takes its time for each request. */
class SlowKv extends KvStandIn {
  handle(received) {
    const landed = super.handle(received);
    return new Promise((resolve) => setTimeout(resolve, KV_MS, landed));
  }
}

const OVERLOADED = [503, "overloaded", "5"];

/** Returns undefined for a lost answer: one that comes before the body is read can be lost to a sender that still writes. */
function lost(error) {
  if (!["EPIPE", "ECONNRESET"].includes(error.code)) throw error;
}

/** A body of a shop's, of 1 MiB. */
function large(name) {
  const body = JSON.stringify({ data: { order_id: name, status: "shipped" }, padding: "" });
  const padded = body.replace('""', `"${"p".repeat(MIB - body.length)}"`);
  return {
    path: hook("shop"),
    body: padded,
    headers: sign.standardWebhooks(SECRETS.SHOP_SECRET, padded, { id: name }),
  };
}

function small(name) {
  const body = JSON.stringify({ event_id: name, event: "Order Created", data: { order_id: name } });
  return { path: hook("wakilni"), body, headers: sign.wakilni(SECRETS.WAKILNI_SECRET, body) };
}

describe("large bodies and a slow KV", () => {
  let worker;
  let kv;
  before(async () => {
    kv = await new SlowKv("kvNamespace").listen();
    // The deadline is long, because a busy machine must not fail the test.
    const patience = { DEADLINE_MS: 60_000 };
    worker = await start({ vars: { SOURCES, ...patience }, standIns: { SEEN: kv } });
  });
  after(async () => {
    await worker.stop();
    await kv.stop();
  });

  /** Resolves when any delivery is accepted: then there is room again. Sooner, all would come again at once, and in vain. */
  let answered = Promise.withResolvers();
  const tellOthers = () => {
    answered.resolve();
    answered = Promise.withResolvers();
  };

  /** Sends a delivery until it is accepted, as its provider would; returns how often it was told to come again. */
  async function deliver({ path, body, headers }) {
    for (let putOff = 0; ; putOff++) {
      const next = answered.promise;
      const answer = await worker.post(path, body, headers).catch(lost);
      if (answer?.status === 202) {
        tellOthers();
        return putOff;
      }
      const said = answer && [answer.status, answer.json?.code, answer.headers["retry-after"]];
      assert.deepEqual(said ?? OVERLOADED, OVERLOADED);
      await next;
    }
  }

  test("200 of 1 MiB and 20 small ones at once: none fails, no small one is put off, and all are accepted", async () => {
    const names = (kind, count) => Array.from({ length: count }, (_, n) => `${kind}-${n}`);
    const [many, few] = [names("large", 200), names("small", 20)];
    const all = Promise.all(many.map((name) => deliver(large(name))));
    const putOff = await Promise.all(few.map((name) => deliver(small(name))));
    assert.deepEqual(
      putOff,
      few.map(() => 0),
    );
    // Otherwise the burst was too small to show anything.
    assert.ok((await all).some((times) => times > 0));
    const events = await worker.events();
    assert.deepEqual([...new Set(events.map(({ id }) => id))].sort(), [...many, ...few].sort());
    for (const { data } of events.filter(({ source }) => source === "/hooks/shop")) {
      assert.equal(sign.sha256(kv.values.get(data.payload_ref)), data.payload_ref.split(":")[2]);
    }
  });

  test("large bodies that do not end give way to others after 10 seconds, and are told to come again", async () => {
    const slow = Array.from({ length: 30 }, (_, n) => {
      const { path, body, headers } = large(`slow-${n}`);
      const beginning =
        head(`POST ${path} HTTP/1.1`, "host: h", lines(headers), `content-length: ${body.length}`) +
        body.slice(0, -1);
      return { ...connect(worker), beginning };
    });
    for (const { socket, beginning } of slow) {
      socket.write(beginning);
      socket.once("data", tellOthers);
    }
    // All of the budget for large bodies is theirs once one of them finds no room.
    await answered.promise;
    await deliver(small("meanwhile"));
    await deliver(large("after-them"));
    assert.deepEqual(
      (await worker.events()).map(({ id }) => id),
      ["meanwhile", "after-them"],
    );
    for (const { socket } of slow) socket.resetAndDestroy();
    const words = (await Promise.all(slow.map(({ closed }) => closed))).flatMap(({ answers }) =>
      answers.map(inWords),
    );
    assert.deepEqual([...new Set(words)], ["503 overloaded"]);
  });
});

test("a body that is too large is counted by source, and logged as an error with the bytes that it has", async () => {
  const worker = await start({ vars: { SOURCES, MAX_BODY_BYTES: 1000 } });
  try {
    const { path, body, headers } = large("too-large");
    assert.equal((await worker.post(path, body, headers)).json.code, "body_too_large");
    const line = await worker.logged(({ code }) => code === "body_too_large");
    assert.deepEqual([line.source, line.outcome, line.bytes], ["shop", "refused", MIB]);
    const { sources } = (await worker.health()).json;
    assert.deepEqual([sources.shop.too_large, sources.wakilni.too_large], [1, 0]);
  } finally {
    await worker.stop();
  }
});
