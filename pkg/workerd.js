// A Worker: the modules are part of the script.
import { loaded } from "./lib/core.js";
import explaining from "./dist/explain_bg.wasm";
import { initSync } from "./dist/orderhook.js";
import module from "./dist/orderhook_bg.wasm";

loaded(initSync({ module }));

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
    glue.initSync({ module: explaining });
    return glue;
  });
}

/** Does nothing: the module is loaded already. */
export async function init() {}
