// Node, Deno and Bun: the module is read from disk when it is imported.
import { readFileSync } from "node:fs";
import { loaded } from "./call.js";
import { initSync } from "./dist/orderhook.js";
import { explainsWith } from "./explain.js";
import { findsHash } from "./host.js";

const module = readFileSync(new URL("./dist/orderhook_bg.wasm", import.meta.url));
loaded(initSync({ module }));
// Without a place to ask, and before Node 20.16, the module hashes by itself, as it does in a browser.
findsHash(() => process.getBuiltinModule?.("node:crypto")?.hash);
explainsWith(async () => {
  const glue = await import("./dist/explain.js");
  glue.initSync({ module: readFileSync(new URL("./dist/explain_bg.wasm", import.meta.url)) });
  return glue;
});

export * from "./api.js";
export { explain } from "./explain.js";

/** Nothing is left to load. */
export async function init() {}
