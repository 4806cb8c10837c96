// dudect's statistics: Welch's t-test over all samples of a batch, and over the fastest of them.

/** Shares of the samples, fastest first: interrupted ones are slow. */
const SHARES = [0.25, 0.5, 0.7, 0.8, 0.9, 0.97, 1];
/** The share whose means are reported. On a busy machine many samples are interrupted. */
export const USUAL = 0.7;

/** With fewer samples a batch says nothing. */
const MIN_SAMPLES = 100;

/**
 * Compares the second class of a batch with the first. Returns the number of samples; for the usual share, how long a call
 * of the first class took, the difference and its standard error; and `t` of the share where |t| is largest.
 */
export function found({ times, classes }) {
  if (times.length < MIN_SAMPLES)
    throw new Error(`only ${times.length} samples: the machine is too busy to measure`);
  const order = Uint32Array.from(times.keys()).sort((a, b) => times[a] - times[b]);
  const samples = Array.from(order, (at) => ({ time: times[at], of: classes[at] }));
  const share = (share) => welch(samples.slice(0, Math.floor(samples.length * share)));
  const largest = SHARES.map((of) => share(of).t).reduce((most, t) =>
    Math.abs(t) > Math.abs(most) ? t : most,
  );
  return { ...share(USUAL), t: largest, samples: samples.length };
}

function welch(samples) {
  const [a, b] = [0, 1].map((wanted) =>
    moments(samples.filter(({ of }) => of === wanted).map(({ time }) => time)),
  );
  const error = Math.sqrt(a.variance / a.count + b.variance / b.count);
  const difference = b.mean - a.mean;
  // Without any spread there is no t: the clock is too coarse.
  return { call: a.mean, difference, error, t: error > 0 ? difference / error : 0 };
}

function moments(times) {
  const count = times.length;
  const mean = times.reduce((sum, time) => sum + time, 0) / count;
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}
