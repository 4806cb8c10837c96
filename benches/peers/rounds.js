// Measures contestants side by side. The machine may be busy with other things, and its speed may change at any moment. So each
// round gives every contestant one slice of some milliseconds, in another order, and the result is the ratio of two slices of the
// same round. The median of many rounds ignores disturbances of a few of them.

const SLICE_NS = 3e6;
const CALIBRATION_NS = 40e6;
const FEWEST_ROUNDS = 15;

/**
 * Measures rounds for so many milliseconds, in groups of contestants that are compared with each other, so that their slices are
 * close together. A contestant has a `call`, which may return a promise, and `deliveries`, which it is called with in turn.
 * Returns, by contestant, the nanoseconds that a call took in each round.
 */
export async function rounds(groups, milliseconds) {
  const runners = [];
  for (const group of groups) {
    const own = [];
    for (const contestant of group) own.push(await runnerOf(contestant));
    runners.push(own);
  }
  const end = process.hrtime.bigint() + BigInt(Math.round(milliseconds * 1e6));
  for (let round = 0; round < FEWEST_ROUNDS || process.hrtime.bigint() < end; round++) {
    for (const group of runners)
      for (const runner of shuffled(group)) runner.times.push(await runner.run());
  }
  return new Map(runners.flat().map(({ contestant, times }) => [contestant, times]));
}

/** Adds the number of calls that fill a slice. This measurement also lets the engine compile the contestant. */
async function runnerOf(contestant) {
  const slice = contestant.call(contestant.deliveries[0]) instanceof Promise ? promises : answers;
  let calls = 1;
  let each = await slice(contestant, calls);
  for (let spent = 0; spent < CALIBRATION_NS; spent += each * calls) {
    calls = Math.max(1, Math.round(SLICE_NS / each));
    each = await slice(contestant, calls);
  }
  return { contestant, times: [], run: () => slice(contestant, calls) };
}

// Keeping the result prevents the engine from leaving out the call as unused.
export let last;

function answers({ call, deliveries }, calls) {
  const began = process.hrtime.bigint();
  for (let at = 0; at < calls; at++) last = call(deliveries[at % deliveries.length]);
  return Number(process.hrtime.bigint() - began) / calls;
}

async function promises({ call, deliveries }, calls) {
  const began = process.hrtime.bigint();
  for (let at = 0; at < calls; at++) last = await call(deliveries[at % deliveries.length]);
  return Number(process.hrtime.bigint() - began) / calls;
}

export function shuffled(list) {
  const order = [...list];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns how many times as long as the other a contestant took: the median of the rounds' ratios. */
export const ratio = (times, others) => median(times.map((time, round) => time / others[round]));
