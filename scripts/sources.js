// What wrangler.toml says of the sources, and .dev.vars of their secrets: for `npm start` and `npm run send`.
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { inRoot } from "./setup.js";

/** The sources in wrangler.toml: each one's name, its provider, and the names of its secrets and its token. */
export async function sources() {
  // Here, and not above: the set-up that installs it imports this file's users.
  const { parse } = await import("smol-toml");
  const table = parse(readFileSync(inRoot("wrangler.toml"), "utf8")).vars?.SOURCES ?? {};
  return Object.entries(table).map(([name, { provider, secrets = [], token }]) => ({ name, provider, secrets: [secrets].flat(), token }));
}

export const LOCAL_SECRETS = ".dev.vars";

/** The values in .dev.vars, by name. */
export function localSecrets() {
  const file = inRoot(LOCAL_SECRETS);
  return new Map(Object.entries(existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {}));
}
