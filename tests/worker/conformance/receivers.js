// The Workers that the scenarios are run against. `events()` of each returns the events that came out of its queue.
import { SECRETS } from "../../support/accounts.js";
import { startMortal } from "../faults/mortal.js";
import { CLAIMS, objects } from "../faults/objects.js";
import { start } from "../../support/workerd.js";
import { SENDERS } from "./senders.js";
import { gatedStandIns } from "./stand-ins.js";

const SOURCES = {
  wegocod: { provider: "wegocod", secrets: ["WEGOCOD_SECRET"] },
  shop: { provider: "standard-webhooks", secrets: ["SHOP_SECRET"] },
};

/** A deadline that does not pass on a busy machine. */
const LONG_DEADLINE = { DEADLINE_MS: 60_000 };

/** The deadline of a delivery whose queue never answers. */
const SHORT_DEADLINE = { DEADLINE_MS: 500 };

/** The number of isolates that share a KV, a queue and claims. */
export const ISOLATES = 16;

/** How long the claim of a Worker that was killed lasts, in place of its deadline and two seconds. */
const CLAIM_MS = 500;

export const MAX_BODY_BYTES = 10_000;

/**
 * Starts a Worker whose KV and queue work. It has two more sources for each sender: `-rotating` has the sender's secret and
 * the next one, `-rotated` has the next one alone.
 */
export function startWorking(dedup) {
  const sources = { ...SOURCES };
  const secrets = { ...SECRETS };
  for (const { source, nextSecret } of SENDERS) {
    const next = `${source.toUpperCase()}_NEXT`;
    secrets[next] = nextSecret;
    sources[`${source}-rotating`] = {
      ...SOURCES[source],
      secrets: [next, ...SOURCES[source].secrets],
    };
    sources[`${source}-rotated`] = { ...SOURCES[source], secrets: [next] };
  }
  return start({ vars: { SOURCES: sources, DEDUP: dedup }, secrets });
}

/** Starts a Worker in several isolates, whose KV and queue can hold requests back. */
export async function startGated(dedup) {
  const parts = await gatedStandIns();
  const vars = { SOURCES, DEDUP: dedup, ...LONG_DEADLINE };
  return onStandIns(await start({ vars, standIns: parts.bindings, isolates: ISOLATES - 1 }), parts);
}

/** Starts a Worker in two isolates, whose KV and queue can fail. `varsOf` is that of workerd.js. */
export async function startFailing(dedup, varsOf) {
  const parts = await gatedStandIns();
  const vars = { SOURCES, DEDUP: dedup, ...LONG_DEADLINE };
  return onStandIns(await start({ vars, varsOf, standIns: parts.bindings, isolates: 1 }), parts);
}

/** Starts the same, with a queue that can hang. The first isolate soon gives up; the other, which takes the retries, does not. */
export const startHanging = (dedup) =>
  startFailing(dedup, (nth) => (nth === 0 ? SHORT_DEADLINE : {}));

/** Starts a Worker whose events dispatch takes, as when both are deployed, beside a `failing` one, whose events it returns. */
export async function startConsuming(dedup) {
  const worker = await start({
    vars: { SOURCES, DEDUP: dedup, MAX_BODY_BYTES },
    withDispatch: true,
  });
  const failing = await startFailing(dedup);
  return {
    ...worker,
    failing,
    events: failing.events,
    stop: () => Promise.all([worker.stop(), failing.stop()]),
  };
}

/** Starts a Worker that can be killed. Its KV and its claims stay on the disk. */
export const startKillable = (dedup) =>
  startMortal({ vars: { SOURCES, DEDUP: dedup }, isolates: 1 });

/** Starts a Worker that can be killed while its KV or its queue, which outlive it, are at work. */
export async function startKillableAtWork(dedup) {
  const parts = await gatedStandIns();
  const workers = [objects("claims-in-brief.js", { ms: CLAIM_MS })];
  const vars = { SOURCES, DEDUP: dedup, ...LONG_DEADLINE };
  return onStandIns(
    await startMortal({ vars, standIns: { ...parts.bindings, CLAIMS }, workers }),
    parts,
  );
}

const onStandIns = (worker, { kv, queue, stop }) => ({
  ...worker,
  kv,
  queue,
  events: async () => queue.events(),
  stop: () => Promise.all([worker.stop(), stop()]),
});
