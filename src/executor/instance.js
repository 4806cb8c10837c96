// Calls into the module, and replaces its instance where that is lost. Both Workers use it.
import { __wbg_reset_state } from "./index.js";

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
export function enter(work) {
  return call(() => {
    try {
      return work();
    } catch (error) {
      escaped = error;
      throw error;
    }
  });
}

/** Returns the error of a task that its instance has lost. */
export const lost = () =>
  new Error("the instance that this task was in is gone: another task broke it");

// A panic, or memory that has run out, leaves the instance unusable. It is replaced at once, not
// with the next request: other waiting requests would resume before that, with pointers into an
// instance that is gone.
addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError || error === escaped) __wbg_reset_state();
});
