// Drives the module. This is the JavaScript half of the executor; the protocol is at the top of
// executor.rs.
import { __wbg_reset_state, deliver, fetch, forget, initSync, resume } from "./index.js";
import { allowResponses, close, keepAlive, open, read } from "./host.js";
import module from "./index_bg.wasm";
import { warmUp } from "./warm-up.js";

/** The number of the last delivery. Each number is used once, in all instances. */
let deliveries = 0;

/** Answers a request. Returns its response, or a promise of it. */
export const answer = (request, env, ctx) => take(request, open(env, ctx));

function take(request, host) {
  const { method, url } = request;
  const opened = enter(() => fetch(request, host, method, url, host.started));
  // A number is the largest body that may be read.
  return typeof opened === "number" ? drive(request, host, url, opened) : opened;
}

/**
 * Reads the body of a delivery, and drives the delivery to its response.
 *
 * A delivery that has waited for anything but a small body is kept alive to its end. If its
 * provider hangs up before it has its answer, it would otherwise end anywhere, with its claim open
 * and its task in memory.
 */
function drive(request, host, url, most) {
  const delivery = ++deliveries;
  return new Promise((resolve, reject) => {
    host.go = (turn, failed, value) => {
      if (turn !== host.turn) return; // The answer is too late: its wait is over.
      host.turn += 1;
      try {
        const response = enter(() =>
          turn === 0
            ? deliver(request, host, delivery, url, host.started, failed, value)
            : resume(delivery, failed, value),
        );
        if (response === undefined)
          throw new Error(
            "the instance that this delivery was in is gone: another request broke it",
          );
        if (response === null) return keepAlive(host);
        resolve(response);
      } catch (error) {
        reject(error);
      }
      close(host);
    };
    read(host, request, most);
  });
}

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

initSync({ module });
await warmUp(take);
forget();
allowResponses();
