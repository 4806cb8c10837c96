// Node, Deno and Bun: the module is read from disk when it is imported.
import { readFileSync } from "node:fs";
import { loaded } from "./lib/core.js";
import { initSync } from "./dist/orderhook.js";
import { readsBytes } from "./lib/header.js";
import { findsHash } from "./lib/callbacks.js";

const module = readFileSync(new URL("./dist/orderhook_bg.wasm", import.meta.url));
loaded(initSync({ module }));
// Without a place to ask, and before Node 20.16, the module hashes by itself, as it does in a browser.
readsBytes();
findsHash(() => process.getBuiltinModule?.("node:crypto")?.hash);

export * from "./lib/api.js";

/**
 * Tells why a delivery does not verify. The module that searches is loaded when this is first called, so that nobody else
 * waits for it.
 *
 * @type {typeof import("./index.js").explain}
 */
export async function explain(delivery) {
  const { explain } = await import("./lib/explain.js");
  return explain(delivery, async () => {
    const glue = await import("./dist/explain.js");
    glue.initSync({ module: readFileSync(new URL("./dist/explain_bg.wasm", import.meta.url)) });
    return glue;
  });
}

/** Nothing is left to load. */
export async function init() {}
