// The built dispatch, as miniflare is given it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  COMPATIBILITY_DATE,
  DEAD_LETTER_QUEUE,
  EVENTS_QUEUE,
  present,
  settings,
} from "./settings.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const text = (path) => readFileSync(file(path), "utf8");

export const ACTIVITY_QUEUE = "orderhook-activity";
export const NAME = "orderhook-dispatch";

/** A token of the tests. */
export const DISPATCH_TOKEN = "full-0123456789abcdef0123456789abcdef";

const SCRIPTS = ["entry.js", "instance.js", "drive.js", "host.js", "index.js"];

/** Returns the modules of a build. */
export const dispatchModules = (build = "build-dispatch") => ({
  ...Object.fromEntries(
    SCRIPTS.map((name) => [name, { type: "esm", contents: text(`../../${build}/${name}`) }]),
  ),
  "index_bg.wasm": { type: "wasm", contents: readFileSync(file(`../../${build}/index_bg.wasm`)) },
});

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
export function dispatchWorker({ vars = {}, secrets, bindings = {}, build, around, events } = {}) {
  const modules = dispatchModules(build);
  return {
    config: {
      name: NAME,
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: ["global_fetch_strictly_public"],
      manifest:
        around === undefined
          ? { mainModule: "entry.js", modules }
          : {
              mainModule: "around.js",
              modules: { "around.js": { type: "esm", contents: around }, ...modules },
            },
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
