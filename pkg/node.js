// Node, Deno and Bun: the module is read from disk when it is imported.
import * as crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { loaded } from "./call.js";
import { initSync } from "./dist/orderhook.js";

const module = readFileSync(new URL("./dist/orderhook_bg.wasm", import.meta.url));
// There from Node 20.12 on; before that, and in a browser, the module hashes by itself.
loaded(initSync({ module }), crypto.hash);

export * from "./api.js";

/** Nothing is left to load. */
export async function init() {}
