// A Worker that holds the claims in orderhook's place, with the class of one of the modules here.
import { readFileSync } from "node:fs";
import { builtModules, COMPATIBILITY_DATE } from "../../support/workerd.js";

const NAME = "claims";
const MODULES = ["claims-in-brief.js", "claims-that-fail.js"];

/** The binding of orderhook to it. */
export const CLAIMS = { binding: { type: "durable-object", worker: NAME, exportName: "Claims" } };

/** A claim lasts `ms`. `faults` is the server that claims-that-fail.js asks. */
export const objects = (mainModule, { ms, faults }) => ({
  config: {
    name: NAME,
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: {
      mainModule,
      modules: {
        ...builtModules(),
        ...Object.fromEntries(MODULES.map((name) => [name, module(name)])),
      },
    },
    env: { CLAIM_MS: { type: "json", value: ms }, ...(faults && { FAULTS: faults.binding }) },
    exports: { Claims: { type: "durable-object", storage: "sqlite" } },
  },
});

const module = (name) => ({
  type: "esm",
  contents: readFileSync(new URL(name, import.meta.url), "utf8"),
});
