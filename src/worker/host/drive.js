// Drives the module. This is the JavaScript half of the executor; the protocol is at the top of
// its lib.rs.
import { deliver, fetch, forget, initSync, resume } from "./index.js";
import { allowResponses, close, keepAlive, open, read } from "./host.js";
import module from "./index_bg.wasm";
import { enter, lost } from "./instance.js";
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
        if (response === undefined) throw lost();
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

initSync({ module });
// Without it the first delivery is slower. It must not keep the Worker from starting.
await warmUp(take).catch(({ message }) =>
  console.error(JSON.stringify({ at: "warm_up", cause: message })),
);
forget();
allowResponses();
