// Both Workers in one workerd, and a server that takes what dispatch posts.
import { readFileSync } from "node:fs";
import http from "node:http";
import { SECRETS, SOURCES } from "../../tests/support/accounts.js";
import { startDispatch } from "../../tests/support/dispatch.js";
import { startEndpoint } from "../../tests/support/endpoint.js";
import { EVENTS_QUEUE, manifestOf, settings } from "../../tests/support/settings.js";
import { wegocod } from "../../tests/support/sign.js";
import { builtModules, COMPATIBILITY_DATE, exchange } from "../../tests/support/workerd.js";

const NAME = "orderhook";

const receiver = {
  config: {
    name: NAME,
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: manifestOf(builtModules()),
    env: {
      SEEN: { type: "kv", id: "seen" },
      EVENTS: { type: "queue", name: EVENTS_QUEUE },
      CLAIMS: { type: "durable-object", worker: NAME, exportName: "Claims" },
      ...Object.fromEntries(settings({ SOURCES, ...SECRETS })),
    },
    exports: { Claims: { type: "durable-object", storage: "sqlite" } },
  },
  dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
};

const [, SAMPLE] = readFileSync(
  new URL("../../providers/wegocod/deliveries/out-for-delivery.http", import.meta.url),
  "utf8",
).split(/\r?\n\r?\n/);

const agent = new http.Agent({ keepAlive: true });
let references = 0;

/** Starts them. `answer` makes the server's answers; `events` are settings of the queue of events, `around` of dispatch. */
export async function startBoth({ answer, events, around } = {}) {
  /** What waits for an event, by the path and the order's reference. */
  const waiting = new Map();
  const server = await startEndpoint((request) => {
    server.inbox.take();
    const key = `${request.path} ${JSON.parse(request.body).subject}`;
    waiting.get(key)?.(performance.now());
    waiting.delete(key);
    return answer?.(request) ?? 204;
  });
  const vars = { LOCAL_ENDPOINTS: server.pair };
  const dispatch = await startDispatch({ vars, events, around, workers: [receiver] });
  const url = await dispatch.miniflare.unsafeGetDirectURL(NAME);
  return {
    dispatch,
    server,
    /** Makes an endpoint at a path. Returns its id. */
    async subscribe(path, more) {
      const body = { url: `http://${server.pair}${path}`, ...more };
      return (await dispatch.post("/v1/endpoints", body)).json.id;
    },
    /** Posts a delivery to the receiver. Resolves to the milliseconds until its event is posted to each path. */
    async post(paths) {
      const reference = `BENCH-${++references}`;
      const began = performance.now();
      const arrivals = paths.map(
        (path) => new Promise((arrive) => waiting.set(`${path} ${reference}`, arrive)),
      );
      await deliver(url, reference);
      return (await Promise.all(arrivals)).map((arrived) => arrived - began);
    },
    async stop() {
      agent.destroy();
      await dispatch.stop();
      await server.stop();
    },
  };
}

async function deliver(url, reference) {
  const value = JSON.parse(SAMPLE);
  value.order.reference = reference;
  const body = JSON.stringify(value);
  const headers = wegocod(SECRETS.WEGOCOD_SECRET, body);
  const answer = await exchange(url, agent, {
    method: "POST",
    path: "/hooks/wegocod",
    headers,
    body,
  });
  if (answer.status !== 202) throw new Error(`${answer.status}: ${answer.text}`);
}
