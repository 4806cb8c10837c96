// Runs the built Worker in workerd, with KV and a queue, and with a Worker written in JavaScript that records what leaves
// the queue.
import { readFileSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare, Response } from "miniflare";
import { HEALTH_TOKEN, SECRETS, SOURCES } from "./accounts.js";
import { dispatchWorker } from "./dispatch-worker.js";
import { Journal, PATIENCE_MS } from "./journal.js";
import {
  COMPATIBILITY_DATE,
  DEAD_LETTER_QUEUE,
  EVENTS_QUEUE,
  present,
  settings,
} from "./settings.js";

export { COMPATIBILITY_DATE, DEAD_LETTER_QUEUE, EVENTS_QUEUE };

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const text = (path) => readFileSync(file(path), "utf8");
/** The bindings of wrangler.toml. */
const BINDINGS = {
  SEEN: { type: "kv", id: "seen" },
  EVENTS: { type: "queue", name: EVENTS_QUEUE },
  CLAIMS: { type: "durable-object", worker: "orderhook", exportName: "Claims" },
};

/** Returns the modules of a build: by default of the one that is deployed. */
export const builtModules = (build = "build") => ({
  ...Object.fromEntries(
    ["entry.js", "drive.js", "host.js", "event.js", "providers.js", "index.js"].map((name) => [
      name,
      { type: "esm", contents: text(`../../${build}/${name}`) },
    ]),
  ),
  "index_bg.wasm": { type: "wasm", contents: readFileSync(file(`../../${build}/index_bg.wasm`)) },
});

/**
 * Starts it.
 *
 * `vars` and `secrets` are its environment. `standIns` binds SEEN, EVENTS and CLAIMS to services of the test's own;
 * null leaves one unbound. With `withDispatch` dispatch takes the events, as it does when both are deployed, and the recorder
 * has none. `workers` are more Workers beside it. `build` is the folder that it was built into.
 * `around` is a module that is run in its place and imports it as `./entry.js`.
 */
export async function start({
  vars = { SOURCES },
  secrets = SECRETS,
  standIns = {},
  withDispatch = false,
  workers = [],
  build = "build",
  around,
} = {}) {
  const inbox = new Journal("message");
  const output = new Journal("line of output");
  const consumer = (name) => ({ type: "queue", name, maxBatchSize: 100, maxBatchTimeout: 0 });
  const orderhook = {
    config: {
      name: "orderhook",
      compatibilityDate: COMPATIBILITY_DATE,
      manifest:
        around === undefined
          ? { mainModule: "entry.js", modules: builtModules(build) }
          : {
              mainModule: "around.js",
              modules: { "around.js": { type: "esm", contents: around }, ...builtModules(build) },
            },
      env: {
        ...present({ ...BINDINGS, ...bindings(standIns) }),
        ...Object.fromEntries(settings({ HEALTH_TOKEN, ...vars, ...secrets })),
      },
      exports: { Claims: { type: "durable-object", storage: "sqlite" } },
    },
    // A socket of its own: the request passes through nothing but workerd.
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
  };
  const recorder = {
    config: {
      name: "recorder",
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: {
        mainModule: "recorder.js",
        modules: { "recorder.js": { type: "esm", contents: text("recorder.js") } },
      },
      env: {
        INBOX: { type: "fetcher", handler: async (request) => record(inbox, await request.json()) },
      },
      triggers: withDispatch ? [] : [consumer(EVENTS_QUEUE)],
    },
  };
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: new JournalLog(output),
    handleStructuredLogs: ({ message }) => output.add(message),
    workers: [orderhook, recorder, ...(withDispatch ? [dispatchWorker()] : []), ...workers],
  });
  await readyOrGone(miniflare);
  const url = await miniflare.unsafeGetDirectURL("orderhook");
  const agent = new http.Agent({ keepAlive: true });
  const send = (request) => exchange(url, agent, request);

  return {
    url,
    /** Sends a request, and returns its answer: `status`, `headers`, `text`, `json`. */
    send,
    post: (path, body, headers) => send({ method: "POST", path, body, headers }),
    get: (path) => send({ path }),
    /** Returns the details of `/healthz`. */
    health: () => send({ path: "/healthz", headers: { authorization: `Bearer ${HEALTH_TOKEN}` } }),
    /** Returns the messages that came out of the queue since the last call, once all of them have. */
    events: () => drain(miniflare, inbox),
    inbox,
    output,
    /** The lines that the Worker logs. */
    logged: (predicate) => output.until((line) => predicate(parsed(line) ?? {})).then(parsed),
    lines: () => output.entries.map(parsed).filter((line) => line?.at !== undefined),
    kv: () => miniflare.getKVNamespace("SEEN", "orderhook"),
    queue: () => miniflare.getQueueProducer("EVENTS", "orderhook"),
    worker: (name) => miniflare.getWorker(name),
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

const bindings = (standIns) =>
  Object.fromEntries(Object.entries(standIns).map(([name, standIn]) => [name, standIn?.binding]));
function record(inbox, messages) {
  for (const message of messages) inbox.add(message);
  return new Response();
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
    const request = http.request({ agent, hostname, port, method, path, headers }, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve(answer(response, Buffer.concat(pieces).toString())));
    });
    request.on("error", reject);
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
