// Measures contestants side by side: short slices, in a changing order, so that other load on the machine affects all alike.
// The result is the processor time that Linux counts for a contestant's process, and the ratio of two slices of one round.
import { median, ratio, shuffled } from "../peers/rounds.js";
import { judged, judgedAlike } from "./judge.js";
import { Load } from "./load.js";
import { requests, SCENARIOS } from "./scenarios.js";
import { launch } from "./workerd.js";

const FEWEST_ROUNDS = 4;
const SETTLE_MS = 2;

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/**
 * Launches them all so many times, in `seconds` in all, each with `fewest` rounds at least, on `core`. A contestant has the
 * `scenarios` that it takes part in. Gives them back, each with its `slices` by scenario, and what its processes held, and how far
 * their counts were apart, in the end.
 */
export async function measure(
  contestants,
  { launches, seconds, warm, fewest = FEWEST_ROUNDS, core, say },
) {
  const found = contestants.map((contestant) => ({
    ...contestant,
    slices: {},
    rss: [],
    apart: [],
  }));
  const began = performance.now();
  for (let at = 0; at < launches; at++) {
    const end = began + ((at + 1) * seconds * 1e3) / launches;
    const rounds = await launchedOnce(found, { at, end, warm, fewest, core });
    say(`launch ${at + 1} of ${launches}: ${rounds} rounds`);
    // On a busy machine fewer launches are better than an hour.
    if (performance.now() - began > seconds * 1e3) break;
  }
  return found;
}

/** Launches them once, and measures rounds until `end`. Returns how many. */
async function launchedOnce(contestants, { at, end, warm, fewest, core }) {
  const workers = [];
  try {
    const runners = [];
    for (const contestant of contestants) {
      workers.push(await launch(contestant, core));
      runners.push(await runnerOf(contestant, workers.at(-1), warm));
    }
    judgedAlike(runners);
    let rounds = 0;
    for (; rounds < fewest || performance.now() < end; rounds++) await round(runners, at);
    for (const { contestant, worker, load } of runners) {
      contestant.rss.push(worker.rss());
      contestant.apart.push(worker.apart());
      load.close();
    }
    return rounds;
  } finally {
    // A process that is left running would keep this one from ending.
    for (const worker of workers) await worker.stop();
  }
}

async function runnerOf(contestant, worker, warm) {
  const events = await judged(contestant, worker);
  const load = await Load.open(worker.port);
  for (const name of contestant.scenarios) {
    const scenario = SCENARIOS[name];
    const count = scenario.count * (name === "accepted" ? 2 * warm : warm);
    await load.run(await prepared(load, scenario, count), scenario.status);
  }
  return { contestant, worker, load, events };
}

/**
 * Returns the requests. One that is repeated has been accepted just before: the stand-in for KV forgets old events, and on a fast
 * machine thousands come between two slices of copies.
 */
async function prepared(load, scenario, count) {
  const all = requests(scenario, count);
  if (scenario.again) await load.run(all.slice(0, 1), SCENARIOS.accepted.status);
  return all;
}

async function round(runners, launched) {
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    const taking = runners.filter(({ contestant }) => contestant.scenarios.includes(name));
    for (const { contestant, worker, load } of shuffled(taking)) {
      contestant.slices[name] ??= [];
      contestant.slices[name].push({ launched, ...(await slice(worker, load, scenario)) });
    }
  }
}

async function slice(worker, load, scenario) {
  const sent = await prepared(load, scenario);
  await load.ready();
  await settled();
  const before = worker.cpu();
  const { ms, latencies } = await load.run(sent, scenario.status);
  // Work that the contestant does after its last answer counts, too.
  await settled();
  return {
    us: (worker.cpu() - before) / 1e3 / sent.length,
    rate: (sent.length / ms) * 1e3,
    latencies,
  };
}

// ── Results

const times = (contestant, scenario) => contestant.slices[scenario].map(({ us }) => us);

/** Returns the microseconds of processor time of a request. */
export const cost = (contestant, scenario) => median(times(contestant, scenario));

/** Returns how many times as much processor time as the other a contestant took; and the least and the most of any launch. */
export function against(contestant, other, scenario) {
  const [own, others] = [times(contestant, scenario), times(other, scenario)];
  const launched = contestant.slices[scenario].map(({ launched }) => launched);
  const of = (launch) => (_, at) => launched[at] === launch;
  const each = [...new Set(launched)].map((launch) =>
    ratio(own.filter(of(launch)), others.filter(of(launch))),
  );
  return { ratio: ratio(own, others), least: Math.min(...each), most: Math.max(...each) };
}

/** Returns the requests a second, and the median and the 99th of 100 of the milliseconds that one takes. */
export function pace({ slices }, scenario) {
  const rate = median(slices[scenario].map(({ rate }) => rate));
  const all = Float64Array.from(slices[scenario].flatMap(({ latencies }) => [...latencies])).sort();
  return { rate, p50: all[Math.floor(all.length * 0.5)], p99: all[Math.floor(all.length * 0.99)] };
}
