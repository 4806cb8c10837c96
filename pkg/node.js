// Node, Deno and Bun: the module is read from disk when it is imported.
import { readFileSync } from "node:fs";
import { loaded } from "./call.js";
import { initSync } from "./dist/orderhook.js";

initSync({ module: readFileSync(new URL("./dist/orderhook_bg.wasm", import.meta.url)) });
loaded();

export * from "./api.js";

/** Nothing is left to load. */
export async function init() {}
