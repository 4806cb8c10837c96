// The day of `npm run demo`: the package takes each delivery as the event that it should be.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { sourcesOf } from "../../pkg/cli/project.js";
import { Verifier } from "../../pkg/dist/node.js";
import { dayOf } from "../../scripts/demo/day.js";
import { Random } from "../../scripts/demo/random.js";
import { Sender } from "../../scripts/demo/sender.js";
import { Subscriber } from "../../scripts/demo/subscriber.js";
import { definitions, names } from "../../scripts/lib/catalogue.js";
import { addSources } from "../../scripts/lib/local-sources.js";

const SEED = 20261130;
const NOW = Date.now();
const RECEIVER = "http://localhost:8787";

describe("a day of the demo", () => {
  const local = { sources: {}, secrets: new Map(), keys: new Map() };
  let sender;
  before(async () => {
    addSources(local, definitions(), "8787");
    const sources = sourcesOf({ vars: { SOURCES: local.sources } });
    sender = await Sender.open(RECEIVER, { ...local, sources });
  });

  const day = (seed) => dayOf(sender, new Random(seed), NOW);

  /** Returns the events that the receiver would make of an arrival. */
  function received({ account, deliver }) {
    const { provider, source } = account;
    const [secrets, token] = ["SECRET", "TOKEN"].map((what) =>
      local.secrets.get(`LOCAL_${provider.name.toUpperCase().replaceAll("-", "_")}_${what}`),
    );
    const { url, headers, body } = deliver();
    const { url: registeredUrl } = local.sources[source] ?? {};
    const verifier = new Verifier({
      provider: provider.name,
      ...(secrets && { secrets }),
      ...(token && { token }),
      ...(registeredUrl && { registeredUrl }),
    });
    const sent = token && new URL(url).pathname.split("/").at(-1);
    return [verifier.receive({ headers, body, url, ...(token && { token: sent }) })].flat();
  }

  test("has an order of every built-in provider", () => {
    const { orders } = day(SEED);
    const told = new Set(orders.map(({ account }) => account.provider.name));
    assert.deepEqual([...told].sort(), names());
    assert.ok(orders.filter(({ title }) => title).length > 5);
  });

  test("its deliveries are proved and are about their orders; each day has other events", () => {
    const ids = new Map();
    const all = [SEED, SEED + 1].flatMap((seed) => day(seed).arrivals);
    for (const arrival of all.filter(({ kind }) => kind !== "forgery")) {
      const { kind, order, sample } = arrival;
      const about = `${arrival.account.source} ${sample.name}`;
      const [event] = received(arrival).filter(({ subject }) => subject === order.own.order);
      assert.ok(event, about);
      assert.equal(event.data.status.now, sample.status, about);
      const id = `${event.source} ${event.id}`;
      assert.equal(ids.has(id), kind === "copy", about);
      ids.set(id, true);
    }
  });

  test("what is forged is refused", () => {
    const forged = day(SEED).arrivals.filter(({ kind }) => kind === "forgery");
    assert.equal(forged.length, 6);
    const codes = forged.map((arrival) => {
      try {
        // That source does not exist: the receiver alone can refuse it.
        if (!local.sources[arrival.account.source]) return "not_found";
        received(arrival);
        return assert.fail(arrival.title);
      } catch (error) {
        return error.code;
      }
    });
    assert.deepEqual(codes.sort(), [
      ...["body_not_authenticated", "missing_signature", "not_found"],
      ...["signature_mismatch", "signature_mismatch"],
      "timestamp_out_of_tolerance",
    ]);
  });

  test("is the same day again with the same seed, with other ids", () => {
    const shape = ({ arrivals }) =>
      arrivals.map(({ kind, arrives, account, sample }) =>
        [kind, arrives, account.source, sample.name].join(),
      );
    const [first, again, other] = [SEED, SEED, SEED + 1].map(day);
    assert.deepEqual(shape(again), shape(first));
    assert.notDeepEqual(shape(other), shape(first));
    const ids = ({ orders }) => orders.map(({ own }) => own.order);
    assert.ok(ids(again).every((id) => !ids(first).includes(id)));
  });
});

test("the shop takes what is signed for it alone; accounting breaks, and is gone", async () => {
  const statuses = [];
  const subscriber = new Subscriber((status) => statuses.push(status));
  const { shop, accounting } = await subscriber.listen("127.0.0.1:0");
  try {
    const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    await subscriber.trust(secret);
    const { sign } = await import("../../pkg/dist/node.js");
    const post = (url, key, body) => {
      const headers = { "webhook-id": "msg_1" };
      const proof = sign({ provider: "standard-webhooks", secret: key, headers, body });
      return fetch(url, { method: "POST", headers: { ...headers, ...proof }, body });
    };
    assert.equal((await post(shop, secret, "{}")).status, 204);
    const other = `whsec_${Buffer.alloc(24, 8).toString("base64")}`;
    assert.equal((await post(shop, other, "{}")).status, 401);
    assert.deepEqual([subscriber.messages.size, subscriber.unverified], [1, 1]);
    for (let n = 0; n < 6; n += 1) await post(accounting, secret, "{}");
    assert.deepEqual(statuses, [500, 500, 500, 500, 410, 410]);
  } finally {
    subscriber.stop();
  }
});
