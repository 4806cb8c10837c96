// Bindings that throw at once, before they return a promise. Local KV and queues never do, so a module around the Worker
// replaces them.
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
function deliver(source, broken) {
  const event = { event_id: `e-${++deliveries}`, event: "Order Assigned", data: { order_id: 1 } };
  const body = JSON.stringify(event);
  return worker.post(`/hooks/${source}`, body, {
    ...sign.wakilni(SECRETS.WAKILNI_SECRET, body),
    "x-broken": broken,
  });
}

for (const [broken, status, code] of [
  ["SEEN", 202, "accepted"],
  ["CLAIMS", 202, "accepted"],
  ["EVENTS", 503, "queue_unavailable"],
  ["SEEN,EVENTS", 503, "queue_unavailable"],
  ["CLAIMS,EVENTS", 503, "queue_unavailable"],
]) {
  test(`${broken} throws at once: ${code}, the log says why, and what waits meanwhile is served`, async () => {
    worker.output.take();
    const [answer, beside] = await Promise.all([deliver("strict", broken), deliver("wakilni", "")]);
    assert.deepEqual([answer.status, beside.status], [status, 202]);
    const line = await worker.logged((line) => line.source === "strict");
    assert.equal(line.code, code);
    assert.match(line.cause, /thrown at once/);
    assert.equal((await deliver("strict", "")).status, 202);
  });
}
