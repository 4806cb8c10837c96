// A Worker: the module is part of the script.
import { loaded } from "./call.js";
import { initSync } from "./dist/orderhook.js";
import module from "./dist/orderhook_bg.wasm";

loaded(initSync({ module }));

export * from "./api.js";

/** Nothing is left to load. */
export async function init() {}
