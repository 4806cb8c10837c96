// What wrangler.toml says of the sources, and .dev.vars of their secrets: for `npm start` and `npm run send`.
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "./setup.js";

/** The lines of [vars.SOURCES]: each source's name, its provider, and the names of its secrets and its token. */
export function sources() {
  const toml = readFileSync(inRoot("wrangler.toml"), "utf8");
  const [, table = ""] = toml.match(/^\[vars\.SOURCES\]$([^]*?)(?=^\s*\[|$(?![^]))/m) ?? [];
  return table.split("\n").flatMap((line) => {
    const [, name] = line.match(/^\s*"?([\w-]+)"?\s*=\s*\{/) ?? [];
    if (!name) return [];
    const provider = line.match(/\bprovider\s*=\s*"([^"]*)"/)?.[1];
    const secrets = line.match(/\bsecrets\s*=\s*\[([^\]]*)\]/)?.[1].match(/\w+/g) ?? [];
    const token = line.match(/\btoken\s*=\s*"(\w+)"/)?.[1];
    return [{ name, provider, secrets, token }];
  });
}

export const LOCAL_SECRETS = ".dev.vars";

/** The values in .dev.vars, by name. */
export function localSecrets() {
  const file = inRoot(LOCAL_SECRETS);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/gm);
  return new Map([...lines].map(([, name, value]) => [name, unquoted(value)]));
}

const unquoted = (value) => value.match(/^(["'`])(.*)\1$/)?.[2] ?? value;
