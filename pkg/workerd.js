// A Worker: the modules are part of the script.
import explainer from "./dist/explain_bg.wasm";
import { initSync } from "./dist/orderhook.js";
import module from "./dist/orderhook_bg.wasm";
import { loaded } from "./lib/core.js";

loaded(initSync({ module }));

export * from "./lib/api.js";

/** Loads the module that explains, on the first call: other programs do not wait for it. */
async function explaining() {
  const glue = await import("./dist/explain.js");
  glue.initSync({ module: explainer });
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
