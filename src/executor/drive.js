// Drives the module. This is the JavaScript half of the executor; the protocol is at the top of
// lib.rs. `host.js` opens and closes what a Worker keeps of a task on this side.
import { __wbg_reset_state, fetch, initSync, resume } from "./index.js";
import { close, open } from "./host.js";
import module from "./index_bg.wasm";

initSync({ module });

/** The number of the last task. Each number is used once, in all instances. */
let tasks = 0;

/** Answers a request. Returns its response, or a promise of it that outlives the request. */
export function answer(request, env, ctx) {
  const answered = run(env, (host, number) =>
    fetch(request, host, number, request.method, request.url),
  );
  // If a caller hangs up before it has its answer, the task would otherwise end anywhere: a
  // delivery with its claim open.
  if (answered instanceof Promise) ctx.waitUntil(answered);
  return answered;
}

/** Runs a task that `begin` starts. Returns its result, or a promise of it. */
export function run(env, begin) {
  const host = open(env);
  const number = ++tasks;
  const step = enter(() => begin(host, number));
  return step instanceof Promise ? drive(number, step, host) : step;
}

/** Awaits the promises of a task and resumes it, until it has its result. */
async function drive(number, first, host) {
  let step = first;
  try {
    while (step instanceof Promise) {
      const [failed, value] = await settled(step);
      step = enter(() => resume(number, failed, value));
      if (step === undefined)
        throw new Error("the instance that this task was in is gone: another task broke it");
    }
    return step;
  } finally {
    close(host);
  }
}

const settled = (promise) =>
  promise.then(
    (value) => [false, value],
    (error) => [true, error],
  );

/**
 * Calls a function of the module that may fail. An error is reported, so that the listener below
 * learns of a trap.
 */
export function call(work) {
  try {
    return work();
  } catch (error) {
    reportError(error);
    throw error;
  }
}

/** The last error that escaped from a task. */
let escaped;

/**
 * Calls into a task. A task never fails: an error that escapes from it has unwound nothing, and the
 * instance is lost.
 */
function enter(work) {
  return call(() => {
    try {
      return work();
    } catch (error) {
      escaped = error;
      throw error;
    }
  });
}

// A panic, or memory that has run out, leaves the instance unusable. It is replaced at once, not
// with the next request: other waiting requests would resume before that, with pointers into an
// instance that is gone.
addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError || error === escaped) __wbg_reset_state();
});
