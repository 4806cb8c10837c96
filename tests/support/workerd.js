// Runs the built Worker in workerd, with KV and a queue, and with a Worker written in JavaScript that records what leaves
// the queue.
import { readFileSync } from "node:fs";
import http from "node:http";
import { Log, LogLevel, Miniflare, Response } from "miniflare";
import { HEALTH_TOKEN, SECRETS, SOURCES } from "./accounts.js";
import { dispatchWorker } from "./dispatch-worker.js";
import { Journal, PATIENCE_MS } from "./journal.js";
import {
  ACTIVITY_QUEUE,
  COMPATIBILITY_DATE,
  DEAD_LETTER_QUEUE,
  EVENTS_QUEUE,
  manifestOf,
  modulesOf,
  present,
  settings,
} from "./settings.js";

export { COMPATIBILITY_DATE, DEAD_LETTER_QUEUE, EVENTS_QUEUE };

const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
/** The bindings of wrangler.toml. */
const BINDINGS = {
  SEEN: { type: "kv", id: "seen" },
  EVENTS: { type: "queue", name: EVENTS_QUEUE },
  CLAIMS: { type: "durable-object", worker: "orderhook", exportName: "Claims" },
};

const ACTIVITY = { type: "queue", name: ACTIVITY_QUEUE };

const SCRIPTS = [
  "entry.js",
  "instance.js",
  "drive.js",
  "host.js",
  "warm-up.js",
  "event.js",
  "providers.js",
  "index.js",
];

/** Returns the modules of a build: by default of the one that is deployed. */
export const builtModules = (build = "build") => modulesOf(build, SCRIPTS);

/**
 * Starts it.
 *
 * `vars` and `secrets` are its environment; `varsOf` returns the variables that the nth isolate has in place of these.
 * `standIns` binds SEEN, EVENTS and CLAIMS to services of the test's own; null leaves one unbound. With `withDispatch`
 * dispatch takes the events, as it does when both are deployed, and the recorder has none. `workers` are more Workers
 * beside it. `build` is the folder that it was built into.
 * `around` is a module that is run in its place and imports it as `./entry.js`. `isolates` is how many more isolates of it
 * there are, which have the same KV, queue and claims. With `counts` it has the queue for activity.
 * `outbound` answers what it fetches. `port` returns the port of each socket: by default 0, for any that is free.
 */
export async function start({
  vars = { SOURCES },
  varsOf = () => ({}),
  secrets = SECRETS,
  standIns = {},
  withDispatch = false,
  workers = [],
  build = "build",
  around,
  isolates = 0,
  counts = false,
  outbound,
  port = () => 0,
} = {}) {
  const inbox = new Journal("message");
  const activity = new Journal("message of counts");
  const output = new Journal("line of output");
  const consumer = (name) => ({ type: "queue", name, maxBatchSize: 100, maxBatchTimeout: 0 });
  const orderhook = async (name, nth) => ({
    config: {
      name,
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: manifestOf(builtModules(build), around),
      env: {
        ...present({ ...BINDINGS, ...(counts && { ACTIVITY }), ...bindings(standIns, nth) }),
        ...Object.fromEntries(settings({ HEALTH_TOKEN, ...vars, ...varsOf(nth), ...secrets })),
      },
      exports: { Claims: { type: "durable-object", storage: "sqlite" } },
    },
    // A socket of its own: the request passes through nothing but workerd.
    dev: {
      unsafeDirectSockets: [{ host: "127.0.0.1", port: await port() }],
      ...(outbound && { outboundService: { type: "fetcher", handler: outbound } }),
    },
  });
  const names = [...Array(isolates + 1).keys()].map((nth) =>
    nth === 0 ? "orderhook" : `orderhook-${nth}`,
  );
  const recorder = {
    config: {
      name: "recorder",
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: {
        mainModule: "recorder.js",
        modules: { "recorder.js": { type: "esm", contents: text("recorder.js") } },
      },
      env: {
        INBOX: {
          type: "fetcher",
          handler: async (request) => record({ inbox, activity }, await request.json()),
        },
      },
      triggers: [
        ...(withDispatch ? [] : [consumer(EVENTS_QUEUE)]),
        ...(counts ? [consumer(ACTIVITY_QUEUE)] : []),
      ],
    },
  };
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: await port(),
    cf: false,
    log: new JournalLog(output),
    handleStructuredLogs: ({ message }) => output.add(message),
    workers: [
      ...(await Promise.all(names.map(orderhook))),
      recorder,
      ...(withDispatch ? [dispatchWorker()] : []),
      ...workers,
    ],
  });
  await readyOrGone(miniflare);
  const agent = new http.Agent({ keepAlive: true });
  const all = await Promise.all(
    names.map(async (name) => caller(await miniflare.unsafeGetDirectURL(name), agent)),
  );
  const [{ send }] = all;

  return {
    ...all[0],
    /** The isolates, each with `url`, `send`, `post` and `get`. The first is the Worker itself. */
    isolates: all,
    /** Returns the details of `/healthz`. */
    health: () => send({ path: "/healthz", headers: { authorization: `Bearer ${HEALTH_TOKEN}` } }),
    /** Returns the messages that came out of the queue since the last call, once all of them have. */
    events: () => drain(miniflare, inbox),
    inbox,
    /** The messages of the queue for activity. */
    activity,
    output,
    /** The lines that the Worker logs. */
    logged: (predicate) => output.until((line) => predicate(parsed(line) ?? {})).then(parsed),
    lines: () => output.entries.map(parsed).filter((line) => line?.at !== undefined),
    kv: () => miniflare.getKVNamespace("SEEN", "orderhook"),
    /** Resolves to what KV holds under a key, once it holds anything: an event is marked after the answer. */
    marked: async (key) => heldBy(await miniflare.getKVNamespace("SEEN", "orderhook"), key),
    queue: () => miniflare.getQueueProducer("EVENTS", "orderhook"),
    worker: (name) => miniflare.getWorker(name),
    /** Closes the connections that are idle, which the Worker may be about to do itself. */
    hangUp: () => agent.destroy(),
    async stop() {
      agent.destroy();
      await miniflare.dispose();
    },
  };
}

/** Disposes of a runtime that does not start, which would keep the tests from ending. */
export async function readyOrGone(miniflare) {
  try {
    await miniflare.ready;
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** Returns the ways to call an isolate. */
function caller(url, agent) {
  /** Sends a request, and returns its answer: `status`, `headers`, `text`, `json`. */
  const send = (request) => exchange(url, agent, request);
  return {
    url,
    send,
    post: (path, body, headers) => send({ method: "POST", path, body, headers }),
    get: (path) => send({ path }),
  };
}

/** Returns the bindings to stand-ins. One that tells isolates apart has a list of them. */
const bindings = (standIns, nth) =>
  Object.fromEntries(
    Object.entries(standIns).map(([name, standIn]) => [
      name,
      standIn?.bindings?.[nth] ?? standIn?.binding,
    ]),
  );
function record({ inbox, activity }, messages) {
  for (const message of messages)
    (message.queue === ACTIVITY_QUEUE ? activity : inbox).add(message);
  return new Response();
}

async function heldBy(kv, key) {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const value = await kv.get(key);
    if (value !== null) return value;
  }
  throw new Error(`KV was not told of ${key}`);
}

let fences = 0;

// The local queue keeps its order: once this message has come out, all earlier ones have, too.
async function drain(miniflare, inbox) {
  const fence = ++fences;
  const queue = await miniflare.getQueueProducer("EVENTS", "orderhook");
  await queue.send({ fence }, { contentType: "json" });
  await inbox.until(({ body }) => body?.fence === fence);
  return inbox
    .take()
    .map(({ body }) => body)
    .filter((body) => body?.fence === undefined);
}

export function exchange(url, agent, { method = "GET", path, headers = {}, body }) {
  const { hostname, port } = url;
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path, headers };
    const request = http.request(options, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve(answer(response, Buffer.concat(pieces).toString())));
    });
    // The Worker closes a connection that has been idle for some seconds, and may do so as a request comes.
    const again = () => exchange(url, agent, { method, path, headers, body }).then(resolve, reject);
    request.on("error", (error) =>
      request.reusedSocket && error.code === "ECONNRESET" ? again() : reject(error),
    );
    request.setTimeout(PATIENCE_MS, () =>
      request.destroy(new Error(`${method} ${path} was not answered`)),
    );
    request.end(body);
  });
}

const answer = ({ statusCode, headers }, text) => ({
  status: statusCode,
  headers,
  text,
  json: parsed(text),
});

/** Returns the value of a JSON text; undefined for any other text. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Miniflare's own output, with uncaught errors of the Worker's. */
export class JournalLog extends Log {
  #journal;

  constructor(journal) {
    super(LogLevel.DEBUG);
    this.#journal = journal;
  }

  log(message) {
    this.#journal.add(message);
  }
}
