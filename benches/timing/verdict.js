// Decides whether something leaks. One batch is not enough: other programs on the machine spoil a few.
import { found } from "./welch.js";

/** dudect's bound of |t|. */
const SUSPICIOUS = 4.5;
/** Batches that must exceed it with the same sign, and batches in all. */
const NEEDED = 7;
const MAX_BATCHES = 9;
/**
 * A difference of so many standard errors exceeds the bound in 93 % of the batches, and so in at least 7 of 9 with a
 * probability of 98 %.
 */
export const DETECTABLE = 6;

/** The rule in words. */
export const RULE = `|t| exceeds ${SUSPICIOUS} with the same sign in ${NEEDED} of at most ${MAX_BATCHES} batches`;

/**
 * Measures batches until the verdict is certain. `measure` takes the number of a batch. Returns whether there is a leak, the
 * number of batches and samples, how long a call takes, the difference between the classes and its standard error, the
 * median |t| of the batches, and the smallest difference that would be found.
 */
export async function verdict(measure) {
  const batches = [];
  let exceeding = 0;
  do {
    batches.push(found(await measure(batches.length)));
    exceeding = Math.max(
      ...[1, -1].map((sign) => batches.filter(({ t }) => t * sign > SUSPICIOUS).length),
    );
  } while (exceeding < NEEDED && batches.length - exceeding <= MAX_BATCHES - NEEDED);
  return { leaks: exceeding >= NEEDED, batches: batches.length, ...together(batches) };
}

/** Combines the batches, each weighted by the inverse of its variance. */
function together(batches) {
  const sum = (of) => batches.reduce((sum, batch) => sum + of(batch), 0);
  const weight = sum(({ error }) => error ** -2);
  return {
    samples: sum(({ samples }) => samples),
    call: middle(batches.map(({ call }) => call)),
    difference: sum(({ difference, error }) => difference * error ** -2) / weight,
    error: weight ** -0.5,
    t: middle(batches.map(({ t }) => Math.abs(t))),
    detectable: DETECTABLE * middle(batches.map(({ error }) => error)),
  };
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
