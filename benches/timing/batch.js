// Measures a batch of samples, in any runtime.
import { generator } from "./random.js";

/** Makes refusals cheaper and steadier: a stack trace takes as long as the rest of one. */
export function leaveOutStackTraces() {
  Error.stackTraceLimit = 0;
}

/**
 * Takes so many samples, or as many as there is time for. The seed determines the order of the classes. `ready` takes a
 * class and returns a call of it. Returns the nanoseconds of a call in each sample, and the sample's class.
 */
export function batch(ready, clock, { seed, samples, milliseconds }) {
  const next = generator(seed);
  const times = [];
  const classes = [];
  for (const end = clock.now() + milliseconds; times.length < samples && clock.now() < end; ) {
    const of = next() >>> 31;
    times.push(clock.time(ready(of)));
    classes.push(of);
  }
  return { times, classes };
}
