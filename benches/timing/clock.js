// Times calls by a clock of any resolution. `now` gives milliseconds.

/** A clock with longer steps is coarse: many calls fit into one step. */
const MAX_FINE_STEP = 0.1;
/** A sample takes at least this many steps of a fine clock. */
const MIN_STEPS = 10;
/** Steps to measure, and the time for that. */
const STEPS = 10_000;
const STEPS_MS = 50;
/** Readings without a step, some seconds of them, after which the clock counts as stopped. */
const MAX_READINGS = 1e8;

/** Returns `now`; `step`, the shortest step of the clock; and `time`, which returns the nanoseconds that a call takes. */
export function clockOf(now) {
  const step = shortestStep(now);
  return {
    now,
    step,
    time: step > MAX_FINE_STEP ? betweenSteps(now, step) : fromStartToEnd(now, MIN_STEPS * step),
  };
}

function shortestStep(now) {
  const end = now() + STEPS_MS;
  let shortest = Infinity;
  for (let at = 0; at < STEPS && now() < end; at++) {
    const before = now();
    shortest = Math.min(shortest, afterStep(now, before) - before);
  }
  return shortest;
}

/** Waits until the clock no longer reads `before`, and returns what it reads then. */
function afterStep(now, before) {
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const after = now();
    if (after !== before) return after;
  }
  throw new Error("the clock has stopped, so nothing can be timed by it");
}

function fromStartToEnd(now, least) {
  return (call) => {
    const start = now();
    let calls = 0;
    let end;
    do {
      call();
      calls += 1;
      end = now();
    } while (end - start < least);
    return ((end - start) * 1e6) / calls;
  };
}

/**
 * Counts the calls between two steps. A sample begins with the step that ended the previous one, unless another step has
 * passed since. A sample that takes more than one step was interrupted and is repeated.
 */
function betweenSteps(now, step) {
  let end = NaN;
  return (call) => {
    let start = now();
    if (start !== end) start = afterStep(now, start);
    for (;;) {
      let calls = 0;
      do {
        call();
        calls += 1;
        end = now();
      } while (end === start);
      if (end - start < 2 * step) return ((end - start) * 1e6) / calls;
      // The interruption ended anywhere within a step.
      start = afterStep(now, end);
    }
  };
}
