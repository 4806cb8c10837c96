// Runs the code of every delivery before the first one. The runtime compiles a function of
// WebAssembly at its first call, and the first delivery would wait for that. On Cloudflare, an
// isolate starts during its first caller's TLS handshake.
//
// A Worker that starts has neither timers nor random numbers.
import { open } from "./host.js";

const SECRET = "the secret of the warm-up";
const BODY =
  '{"order":{"reference":"a","new_status":"delivered","amount":1.5,"x":["\\n",null,true]}}';
const SIGNATURE = "482a0a7cd20eeafa2c1f9b8a7b7531506de17a558ed32f57bd9ff00e20517823";

const env = {
  SOURCES: { a: { provider: "wegocod", secrets: ["SECRET"] } },
  SECRET,
  SEEN: { get: async () => null, put: async () => {} },
  EVENTS: { send: async () => {} },
};

/** Takes a delivery to its end, and refuses another. `take` answers a request in `drive.js`. */
export async function warmUp(take) {
  for (const signature of [SIGNATURE, "0".repeat(64), null])
    await take(requestWith(signature), warmHost());
}

/** Returns the state of a request that sets no timer. */
const warmHost = () => ({ ...open(env, { waitUntil() {} }), timer: null });

function requestWith(signature) {
  const headers = { "content-length": `${BODY.length}`, "x-webhook-signature": signature };
  return {
    method: "POST",
    url: "https://orderhook.invalid/hooks/a",
    headers: { get: (name) => headers[name] ?? null },
    arrayBuffer: async () => new TextEncoder().encode(BODY).buffer,
  };
}
