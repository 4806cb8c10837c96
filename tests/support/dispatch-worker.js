// The built dispatch, as miniflare is given it.
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

export const NAME = "orderhook-dispatch";

/** A token of the tests. */
export const DISPATCH_TOKEN = "full-0123456789abcdef0123456789abcdef";

const SCRIPTS = ["entry.js", "instance.js", "drive.js", "host.js", "index.js"];

/** Returns the binding of a class of dispatch's. */
export const object = (exportName) => ({ type: "durable-object", worker: NAME, exportName });

/** The bindings of src/dispatch/wrangler.toml, without that of the receiver. */
const BINDINGS = {
  SEEN: { type: "kv", id: "seen" },
  EVENTS: { type: "queue", name: EVENTS_QUEUE },
  JOURNAL: object("Journal"),
  REGISTRY: object("Registry"),
};

const consumer = (name, more) => ({
  type: "queue",
  name,
  maxBatchSize: 100,
  maxBatchTimeout: 0,
  maxRetries: 100,
  ...more,
});

/** Returns dispatch, as miniflare is given it. `around` is a module that is run in its place and imports it as `./entry.js`. */
export function dispatchWorker({
  vars = {},
  secrets,
  bindings = {},
  build = "build-dispatch",
  around,
  events,
} = {}) {
  return {
    config: {
      name: NAME,
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: ["global_fetch_strictly_public"],
      manifest: manifestOf(modulesOf(build, SCRIPTS), around),
      env: {
        ...present({ ...BINDINGS, ...bindings }),
        ...Object.fromEntries(settings({ ...vars, ...(secrets ?? { DISPATCH_TOKEN }) })),
      },
      exports: {
        Journal: { type: "durable-object", storage: "sqlite" },
        Registry: { type: "durable-object", storage: "sqlite" },
      },
      triggers: [
        consumer(EVENTS_QUEUE, { deadLetterQueue: DEAD_LETTER_QUEUE, ...events }),
        consumer(DEAD_LETTER_QUEUE),
        consumer(ACTIVITY_QUEUE),
      ],
    },
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
  };
}
