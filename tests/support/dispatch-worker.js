// The built dispatch, as miniflare is given it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  ACTIVITY_QUEUE,
  ATTEMPTS_QUEUE,
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

/** The key of the tests that seals what is secret of endpoints. */
export const DISPATCH_SEAL_KEY = "5e".repeat(32);

/** The flags that dispatch is deployed with. */
const [, FLAGS] = readFileSync(
  new URL("../../src/dispatch/wrangler.toml", import.meta.url),
  "utf8",
).match(/^compatibility_flags = (\[.*\])$/m);
const COMPATIBILITY_FLAGS = JSON.parse(FLAGS);

const SCRIPTS = [
  ...["entry.js", "instance.js", "drive.js", "access.js", "key-set.js", "host.js", "post.js"],
  "stream.js",
  "index.js",
];

/** Returns the binding of a class of dispatch's. */
export const object = (exportName) => ({ type: "durable-object", worker: NAME, exportName });

/** The bindings of src/dispatch/wrangler.toml, without that of the receiver. */
const BINDINGS = {
  SEEN: { type: "kv", id: "seen" },
  EVENTS: { type: "queue", name: EVENTS_QUEUE },
  ATTEMPTS: { type: "queue", name: ATTEMPTS_QUEUE },
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

/** The files that dispatch serves, as the build has copied them. */
const ASSETS = fileURLToPath(new URL("../../build-dispatch-assets", import.meta.url));

/**
 * Returns dispatch, as miniflare is given it. `around` is a module that is run in its place and imports it as `./entry.js`.
 * With `hasAssets` it serves its files. `outbound` answers what it fetches. `port` is that of its socket; 0 is any that is free.
 */
export function dispatchWorker({
  vars = {},
  secrets,
  bindings = {},
  build = "build-dispatch",
  around,
  events,
  hasAssets = false,
  outbound,
  port = 0,
} = {}) {
  return {
    config: {
      name: NAME,
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: COMPATIBILITY_FLAGS,
      manifest: manifestOf(modulesOf(build, SCRIPTS), around),
      env: {
        ...present({ ...BINDINGS, ...bindings }),
        ...Object.fromEntries(
          settings({ ...vars, ...(secrets ?? { DISPATCH_TOKEN, DISPATCH_SEAL_KEY }) }),
        ),
      },
      ...(hasAssets && { assets: { directory: ASSETS, hasUserWorker: true } }),
      exports: {
        Journal: { type: "durable-object", storage: "sqlite" },
        Registry: { type: "durable-object", storage: "sqlite" },
      },
      triggers: [
        consumer(EVENTS_QUEUE, { deadLetterQueue: DEAD_LETTER_QUEUE, ...events }),
        consumer(DEAD_LETTER_QUEUE),
        consumer(ACTIVITY_QUEUE),
        consumer(ATTEMPTS_QUEUE, { maxBatchSize: 10 }),
      ],
    },
    dev: {
      unsafeDirectSockets: [{ host: "127.0.0.1", port }],
      ...(outbound && { outboundService: { type: "fetcher", handler: outbound } }),
    },
  };
}
