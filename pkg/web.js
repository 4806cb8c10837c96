// A browser: the module is fetched, from beside this file or from the address given to `init`.
import load from "./dist/orderhook.js";
import { loaded } from "./lib/core.js";

export * from "./lib/api.js";

/** Loads the module that explains, on the first call: other programs do not wait for it. */
async function explaining() {
  const glue = await import("./dist/explain.js");
  await glue.default({ module_or_path: new URL("./dist/explain_bg.wasm", import.meta.url) });
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

let loading;

/** Loads the module once, also when called again. */
export function init(module_or_path = new URL("./dist/orderhook_bg.wasm", import.meta.url)) {
  loading ??= load({ module_or_path }).then(
    (exports) => loaded(exports),
    (error) => {
      loading = undefined;
      throw error;
    },
  );
  return loading.then(() => undefined);
}
