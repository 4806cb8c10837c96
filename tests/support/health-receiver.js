// A Worker in the receiver's place that only says how it is to a caller with the token. dispatch asks it.
import { COMPATIBILITY_DATE } from "./workerd.js";

export const HEALTH_TOKEN = "health-0123456789abcdef";

/** The binding by which dispatch finds it. */
export const RECEIVER = { type: "worker", worker: "receiver" };

/** Returns it, with what it says. */
export const healthReceiver = (health) => ({
  config: {
    name: RECEIVER.worker,
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: {
      mainModule: "receiver.js",
      modules: { "receiver.js": { type: "esm", contents: programOf(health) } },
    },
  },
});

const programOf = (health) => `export default {
  fetch(request) {
    const sent = request.headers.get("authorization");
    if (sent === null) return Response.json({ status: ${JSON.stringify(health.status)} });
    if (sent !== "Bearer ${HEALTH_TOKEN}") return new Response("{}", { status: 401 });
    return Response.json(${JSON.stringify(health)});
  },
};`;
