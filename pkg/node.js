// Node, Deno and Bun: the module is read from disk when it is imported.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { initSync } from "./dist/orderhook.js";
import { findsHash } from "./lib/callbacks.js";
import { loaded } from "./lib/core.js";
import { readsBytes } from "./lib/header.js";
import { readsWith } from "./lib/memory.js";

const module = readFileSync(new URL("./dist/orderhook_bg.wasm", import.meta.url));
loaded(initSync({ module }));
// Without `process.getBuiltinModule`, which came with Node 20.16, the module hashes itself, as it does in a browser.
readsBytes();
readsWith((memory) => {
  const bytes = Buffer.from(memory);
  return (start, end, isAscii) => bytes.toString(isAscii ? "latin1" : "utf8", start, end);
});
findsHash(() => process.getBuiltinModule?.("node:crypto"));

export * from "./lib/api.js";

/** Loads the module that explains, on the first call: other programs do not wait for it. */
async function explaining() {
  const glue = await import("./dist/explain.js");
  glue.initSync({ module: readFileSync(new URL("./dist/explain_bg.wasm", import.meta.url)) });
  return glue;
}

/**
 * Explains why a delivery does not verify.
 *
 * @type {typeof import("./index.js").explain}
 */
export async function explain(delivery) {
  const { explain } = await import("./lib/explain.js");
  return explain(delivery, explaining);
}

/** Does nothing: the module is loaded already. */
export async function init() {}
