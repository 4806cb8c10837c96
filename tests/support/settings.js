// What the Workers of the tests have in common: the date, the queues and the modules of their configurations, and the form of a binding.
import { existsSync, readFileSync } from "node:fs";

/** The compatibility date that the Worker is deployed with. */
export const [, COMPATIBILITY_DATE] = readFileSync(
  new URL("../../wrangler.toml", import.meta.url),
  "utf8",
).match(/^compatibility_date = "([^"]+)"/m);

export const EVENTS_QUEUE = "orderhook-events";
export const DEAD_LETTER_QUEUE = "orderhook-dead-letters";
export const ACTIVITY_QUEUE = "orderhook-activity";
export const ATTEMPTS_QUEUE = "orderhook-attempts";

/** Returns the modules of a build: `scripts`, and the wasm beside them. */
export const modulesOf = (build, scripts) => ({
  ...Object.fromEntries(
    scripts.map((name) => [name, { type: "esm", contents: built(build, name).toString() }]),
  ),
  "index_bg.wasm": { type: "wasm", contents: built(build, "index_bg.wasm") },
});

const built = (build, name) => readFileSync(builtFile(build, name));

/**
 * Returns the address of a file of a build. If it is missing, ends the process: a server that the test has started would keep it
 * running for ever.
 */
export function builtFile(build, name) {
  const file = new URL(`../../${build}/${name}`, import.meta.url);
  if (existsSync(file)) return file;
  console.error(`${build}/${name} is missing. Build it: ${commandOf(build)}`);
  process.exit(1);
}

/** Returns the command that makes a build. */
function commandOf(build) {
  const part = build.startsWith("build-dispatch") ? "--dispatch" : "--worker";
  const out = /^build(-dispatch(-assets)?)?$/.test(build) ? "" : ` --out ${build}`;
  const feature = build.endsWith("-panic") ? " --feature panic-probe" : "";
  return `node scripts/build.js ${part}${out}${feature}`;
}

/** Returns a Worker's manifest. `around` is a module that is run in its place and imports it as `./entry.js`. */
export const manifestOf = (modules, around) =>
  around === undefined
    ? { mainModule: "entry.js", modules }
    : {
        mainModule: "around.js",
        modules: { "around.js": { type: "esm", contents: around }, ...modules },
      };

export const present = (env) =>
  Object.fromEntries(Object.entries(env).filter(([, binding]) => binding !== undefined));
export const settings = (all) =>
  Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, variable(value)]);
const variable = (value) =>
  typeof value === "string" ? { type: "text", value } : { type: "json", value };
