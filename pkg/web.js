// A browser: the module is fetched, from beside this file or from the address given to `init`.
import { loaded } from "./lib/core.js";
import load from "./dist/orderhook.js";

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
    await glue.default({ module_or_path: new URL("./dist/explain_bg.wasm", import.meta.url) });
    return glue;
  });
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
