// The time from the POST at the receiver to the signed POST at an endpoint.
import { setTimeout as wait } from "node:timers/promises";
import { startBoth } from "./both.js";

/** Posts at a rate, and returns the milliseconds to each path. */
export async function paced(both, paths, { rate, seconds }) {
  const began = performance.now();
  const posted = [];
  for (let n = 0; n < rate * seconds; n += 1) {
    await wait(Math.max(0, began + (n * 1000) / rate - performance.now()));
    posted.push(both.post(paths));
  }
  return (await Promise.all(posted)).flat();
}

/** Returns the median, the 99th percentile and the count of some delays. */
export function spread(delays) {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), p99: at(0.99), count: sorted.length };
}

/** The settings of the queue of events. */
const QUEUES = {
  "as deployed: `max_batch_timeout = 1`": { maxBatchSize: 100, maxBatchTimeout: 1 },
  "`max_batch_timeout = 0`": { maxBatchSize: 100, maxBatchTimeout: 0 },
};

/** Measures at each rate, with each of the settings. */
export async function delays({ rates, seconds, warm }) {
  const rows = [];
  for (const [queue, events] of Object.entries(QUEUES)) {
    const both = await startBoth({ events });
    try {
      await both.subscribe("/endpoint");
      await paced(both, ["/endpoint"], { rate: 20, seconds: warm });
      for (const rate of rates)
        rows.push({ queue, rate, ...spread(await paced(both, ["/endpoint"], { rate, seconds })) });
    } finally {
      await both.stop();
    }
  }
  return rows;
}

const RATE = 10;
const OTHERS = ["/one", "/other"];

/**
 * Measures two endpoints beside a third one, in rounds: in one the third answers, in the next it never does.
 */
export async function beside({ rounds, seconds, warm }) {
  let hangs = false;
  const answer = ({ path }) => (hangs && path === "/third" ? null : 204);
  const both = await startBoth({ answer, events: { maxBatchTimeout: 0 } });
  const found = { answers: [], hangs: [] };
  try {
    for (const path of OTHERS) await both.subscribe(path);
    await paced(both, OTHERS, { rate: RATE, seconds: warm });
    for (let round = 0; round < rounds * 2; round += 1) {
      hangs = round % 2 === 1;
      // A new one has not failed before.
      const id = await both.subscribe("/third");
      const all = await paced(both, OTHERS, { rate: RATE, seconds });
      found[hangs ? "hangs" : "answers"].push(...all);
      await both.dispatch.delete(`/v1/endpoints/${id}`);
    }
  } finally {
    await both.stop();
  }
  return Object.entries(found).map(([third, all]) => ({ third, ...spread(all) }));
}
