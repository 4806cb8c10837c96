// What workerd calls. worker-build makes a class behind two proxies, which cost 9 % of a request's processor time and offer
// every function that the module exports to other Workers as a remote procedure. Here are its two handlers, and nothing
// else.
import Shim from "./index.js";

const { fetch, queue } = Shim.prototype;

export default {
  fetch: (request, env, ctx) => handle(fetch, request, env, ctx),
  queue: (batch, env, ctx) => handle(queue, batch, env, ctx),
};

function handle(handler, argument, env, ctx) {
  try {
    return handler.call({ env, ctx }, argument);
  } catch (error) {
    reportError(error);
    throw error;
  }
}

// A panic, or memory that has run out, leaves the WASM instance unusable. The shim hears of it first, since its listener is
// older than this one, and marks the instance; whoever constructs the shim next replaces it. That is done here and now, not
// at the next request: what other requests wait for would resume before that, with pointers into an instance that is gone.
addEventListener("error", ({ error }) => {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  try {
    new Shim();
  } catch {
    // There is no request to construct it for; the instance was replaced before that mattered.
  }
});
