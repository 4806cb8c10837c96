// A Worker: the modules are part of the script.
import { loaded } from "./call.js";
import explaining from "./dist/explain_bg.wasm";
import { initSync } from "./dist/orderhook.js";
import module from "./dist/orderhook_bg.wasm";
import { explainsWith } from "./explain.js";

loaded(initSync({ module }));
explainsWith(async () => {
  const glue = await import("./dist/explain.js");
  glue.initSync({ module: explaining });
  return glue;
});

export * from "./api.js";
export { explain } from "./explain.js";

/** Nothing is left to load. */
export async function init() {}
