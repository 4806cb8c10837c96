// Runs the built dispatch in workerd, with its queues, its objects and KV.
import { readFileSync } from "node:fs";
import http from "node:http";
import { Miniflare } from "miniflare";
import { DISPATCH_TOKEN, dispatchWorker, NAME, object } from "./dispatch-worker.js";
import { Journal } from "./journal.js";
import {
  ACTIVITY_QUEUE,
  ATTEMPTS_QUEUE,
  COMPATIBILITY_DATE,
  DEAD_LETTER_QUEUE,
  EVENTS_QUEUE,
} from "./settings.js";
import { exchange, JournalLog, parsed, readyOrGone } from "./workerd.js";

export { ACTIVITY_QUEUE, DISPATCH_TOKEN, NAME };

const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

/** A Worker that calls dispatch's objects for the test. */
const driver = (port) => ({
  config: {
    name: "driver",
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: {
      mainModule: "driver.js",
      modules: { "driver.js": { type: "esm", contents: text("driver.js") } },
    },
    env: {
      JOURNAL: object("Journal"),
      REGISTRY: object("Registry"),
      ACTIVITY: { type: "queue", name: ACTIVITY_QUEUE },
      DEAD: { type: "queue", name: DEAD_LETTER_QUEUE },
    },
  },
  dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port }] },
});

/**
 * Starts it. `vars` and `secrets` are its environment, `bindings` replace its own, `workers` are more Workers beside it, and
 * `persist` is a folder that keeps its storage. `port` returns the port of each socket: by default 0, for any that is free.
 */
export async function startDispatch({ workers = [], persist, port = () => 0, ...options } = {}) {
  const output = new Journal("line of output");
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: await port(),
    cf: false,
    log: new JournalLog(output),
    handleStructuredLogs: ({ message }) => output.add(message),
    ...(persist && { resourcePersistencePath: persist }),
    workers: [dispatchWorker({ ...options, port: await port() }), driver(await port()), ...workers],
  });
  await readyOrGone(miniflare);
  const agent = new http.Agent({ keepAlive: true });
  const url = await miniflare.unsafeGetDirectURL(NAME);
  const driverUrl = await miniflare.unsafeGetDirectURL("driver");
  const send = (request) => exchange(url, agent, request);
  const authorized = (request, token = DISPATCH_TOKEN) =>
    send({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } });
  const logged = (predicate) => output.until((line) => predicate(parsed(line) ?? {})).then(parsed);
  const queue = (binding, worker) => miniflare.getQueueProducer(binding, worker);

  return {
    url,
    output,
    logged,
    /** Sends a request without a token. */
    send,
    get: (path, token) => authorized({ path }, token),
    post: (path, body, token) =>
      authorized(
        {
          method: "POST",
          path,
          ...(body !== undefined && {
            body: JSON.stringify(body),
            headers: { "content-type": "application/json" },
          }),
        },
        token,
      ),
    patch: (path, body) =>
      authorized({
        method: "PATCH",
        path,
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    delete: (path, token) => authorized({ method: "DELETE", path }, token),
    /** Puts events into their queue, and waits until they are in their journals. A journal that has one already logs no line. */
    async take(...events) {
      const isLineOf = (id) => (line) => line?.at === "event" && line.id === id;
      // An event that a restore took away, or one of another source, may have left such a line.
      const known = output.entries.map(parsed);
      const before = events.map(({ id }) => known.filter(isLineOf(id)).length);
      const producer = await queue("EVENTS", NAME);
      for (let at = 0; at < events.length; at += 100)
        await producer.sendBatch(
          events.slice(at, at + 100).map((body) => ({ body, contentType: "json" })),
        );
      for (const [n, { id }] of events.entries())
        await output.untilNth(before[n] + 1, (entry) => isLineOf(id)(parsed(entry)));
    },
    /** Puts messages into a queue. */
    async put(name, ...bodies) {
      const producer = await {
        [EVENTS_QUEUE]: () => queue("EVENTS", NAME),
        [ACTIVITY_QUEUE]: () => queue("ACTIVITY", "driver"),
        [ATTEMPTS_QUEUE]: () => queue("ATTEMPTS", NAME),
        [DEAD_LETTER_QUEUE]: () => queue("DEAD", "driver"),
      }[name]();
      await producer.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
    },
    /** Puts a part of a buffer into the queue of dead letters, as a view of the whole. */
    putPart: (...part) => callObject(driverUrl, agent, "/dead-letter", part),
    /** Puts an unusual message of driver.js into the queue of dead letters, by its name. */
    putUnusual: (name) => callObject(driverUrl, agent, "/unusual", [name]),
    /** Calls a method of a journal. */
    journal: (name, method, ...args) =>
      callObject(driverUrl, agent, `/journal/${encodeURIComponent(name)}/${method}`, args),
    registry: (method, ...args) =>
      callObject(driverUrl, agent, `/registry/registry/${method}`, args),
    kv: () => miniflare.getKVNamespace("SEEN", NAME),
    lines: () => output.entries.map(parsed).filter((line) => line?.at !== undefined),
    miniflare,
    async stop() {
      agent.destroy();
      await miniflare.dispose();
    },
  };
}

async function callObject(url, agent, path, args) {
  const answer = await exchange(url, agent, { method: "POST", path, body: JSON.stringify(args) });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json;
}

let events = 0;

/** Makes an event. `data` replaces members of its data; the order is `123456`, unless it says another. */
export function event({ id = `event-${++events}`, source = "wakilni", time, data = {} } = {}) {
  const status = {
    now: "confirmed",
    phase: "open",
    reason: null,
    was: "pending",
    final: false,
    documented: true,
    provider_event: "Order Confirmed",
    provider_now: "Confirmed",
    provider_was: "Pending",
    ...data.status,
  };
  const order = {
    id: "123456",
    reference: null,
    tracking_number: null,
    tracking_url: null,
    carrier: null,
    created_at: null,
    estimated_delivery: null,
    ...data.order,
  };
  return {
    specversion: "1.0",
    id,
    source: `/hooks/${source}`,
    type: "orderhook.order.status.v1",
    subject: order.id,
    time: time ?? "2026-11-14T12:39:13Z",
    datacontenttype: "application/json",
    data: {
      provider: "wakilni",
      authenticity: "body_signed",
      test: false,
      direction: null,
      received_at: "2026-11-14T12:39:14.120Z",
      time_source: "provider",
      attempt: 1,
      items: [],
      total: null,
      customer: null,
      driver: null,
      pickup: null,
      notes: null,
      payload: "{}",
      ...data,
      order,
      status,
    },
  };
}

/** Makes an event of a delivery that was not understood. */
export function unrecognized({ id = `event-${++events}`, source = "wakilni", payload = "?" } = {}) {
  return {
    specversion: "1.0",
    id,
    source: `/hooks/${source}`,
    type: "orderhook.delivery.unrecognized.v1",
    time: "2026-11-14T12:39:14.120Z",
    datacontenttype: "application/json",
    data: {
      provider: "wakilni",
      authenticity: "body_signed",
      received_at: "2026-11-14T12:39:14.120Z",
      time_source: "receipt",
      attempt: null,
      reason: { code: "not_json", text: "the body is not JSON" },
      payload,
    },
  };
}
