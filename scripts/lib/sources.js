// What wrangler.toml says of the sources, and .dev.vars of their secrets: for `npm start` and `npm run send`.
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "../setup.js";

/** The sources in wrangler.toml: each one's name, its provider, and the names of its secrets and its token. */
export async function sources() {
  // Here, and not above: the set-up that installs it imports this file's users.
  const { parse } = await import("smol-toml");
  const table = parse(readFileSync(inRoot("wrangler.toml"), "utf8")).vars?.SOURCES ?? {};
  return Object.entries(table).map(([name, { provider, secrets = [], token }]) => ({
    name,
    provider,
    secrets: [secrets].flat(),
    token,
  }));
}

export const LOCAL_SECRETS = ".dev.vars";

/** The values in .dev.vars, by name. Node's own reader of such files came with 20.12, and 20.0 is to do. */
export function localSecrets() {
  const file = inRoot(LOCAL_SECRETS);
  return parseSecrets(existsSync(file) ? readFileSync(file, "utf8") : "");
}

/** `NAME=value`, one a line, with quotes around the value or a comment behind it. */
export function parseSecrets(text) {
  const lines = text.matchAll(/^[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_]\w*)[^\S\n]*=[^\S\n]*(.*)$/gm);
  return new Map([...lines].map(([, name, value]) => [name, valueOf(value)]));
}

const valueOf = (text) =>
  text.match(/^(["'`])(.*?)\1/)?.[2] ?? text.replace(/(^|\s)#.*$/, "").trim();
