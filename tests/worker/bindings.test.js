// Bindings that throw at once, before they return a promise. Local KV and queues never do, so a module around the Worker
// replaces them. Where dedup is strict, KV is asked only if the claims cannot be, and written after the answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SECRETS } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const AROUND = `
import entry, { Claims } from "./entry.js";
export { Claims };

const throws = () => { throw new Error("thrown at once"); };
const BROKEN = {
  SEEN: { get: throws, put: throws },
  EVENTS: { send: throws },
  CLAIMS: { getByName: throws },
};

export default {
  fetch(request, env, ctx) {
    const broken = request.headers.get("x-broken")?.split(",") ?? [];
    const replaced = Object.fromEntries(broken.map((name) => [name, BROKEN[name]]));
    return entry.fetch(request, { ...env, ...replaced }, ctx);
  },
};`;

const SOURCES = {
  wakilni: { provider: "wakilni", secrets: ["WAKILNI_SECRET"] },
  strict: { provider: "wakilni", secrets: ["WAKILNI_SECRET"], dedup: "strict" },
};

let worker;
before(async () => (worker = await start({ around: AROUND, vars: { SOURCES } })));
after(() => worker.stop());

let deliveries = 0;
/** Returns the answer's status, and the event's id. */
async function deliver(source, broken) {
  const id = `e-${++deliveries}`;
  const body = JSON.stringify({ event_id: id, event: "Order Assigned", data: { order_id: 1 } });
  const headers = { ...sign.wakilni(SECRETS.WAKILNI_SECRET, body), "x-broken": broken };
  const { status } = await worker.post(`/hooks/${source}`, body, headers);
  return { status, id };
}

for (const [source, broken, status, code] of [
  ["wakilni", "SEEN", 202, "accepted"],
  ["strict", "CLAIMS", 202, "accepted"],
  ["strict", "SEEN,CLAIMS", 202, "accepted"],
  ["strict", "EVENTS", 503, "queue_unavailable"],
  ["wakilni", "SEEN,EVENTS", 503, "queue_unavailable"],
  ["strict", "CLAIMS,EVENTS", 503, "queue_unavailable"],
]) {
  test(`${broken} throws at once, ${source}: ${code}, the log says why, and what waits meanwhile is served`, async () => {
    const beside = source === "strict" ? "wakilni" : "strict";
    const [answer, other] = await Promise.all([deliver(source, broken), deliver(beside, "")]);
    assert.deepEqual([answer.status, other.status], [status, 202]);
    const line = await worker.logged(({ at, id }) => at === "delivery" && id === answer.id);
    assert.equal(line.code, code);
    assert.match(line.cause, /thrown at once/);
    assert.equal((await deliver(source, "")).status, 202);
  });
}

for (const [broken, kinds] of [
  ["SEEN", ["mark"]],
  ["SEEN,CLAIMS", ["mark", "commit"]],
]) {
  test(`${broken} throws at once after the answer: one line each, of ${kinds.join(" and ")}`, async () => {
    const { status, id } = await deliver("strict", broken);
    assert.equal(status, 202);
    const isIts = (line) => line.id === id && line.at !== "delivery";
    for (const kind of kinds) {
      const { cause, ...rest } = await worker.logged((line) => isIts(line) && line.at === kind);
      const expected = { at: kind, source: "strict", id, failures: 1 };
      assert.deepEqual(rest, expected);
      assert.match(cause, /thrown at once/);
    }
    const lines = worker.lines().filter(isIts);
    assert.deepEqual(lines.map(({ at }) => at).toSorted(), kinds.toSorted());
  });
}
