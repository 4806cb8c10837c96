// Node, Deno and Bun: the module is read from disk when it is imported.
import { readFileSync } from "node:fs";
import { loaded } from "./lib/core.js";
import { initSync } from "./dist/orderhook.js";
import { readsBytes } from "./lib/header.js";
import { findsHash } from "./lib/callbacks.js";

const module = readFileSync(new URL("./dist/orderhook_bg.wasm", import.meta.url));
loaded(initSync({ module }));
// Without `process.getBuiltinModule`, which came with Node 20.16, the module hashes itself, as it does in a browser.
readsBytes();
findsHash(() => process.getBuiltinModule?.("node:crypto")?.hash);

export * from "./lib/api.js";

/**
 * Explains why a delivery does not verify. Loads the module that searches on the first call, so that other programs do not wait
 * for it.
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

/** Does nothing: the module is loaded already. */
export async function init() {}
