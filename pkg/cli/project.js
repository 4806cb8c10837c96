// The wrangler project in a folder: its configuration, its packages, its Worker's sources, and its local secrets.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { Failure, unreadable } from "./failure.js";

/** The names that a configuration may have, in the order in which wrangler looks for them. */
const CONFIGURATIONS = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/** Returns the path of the folder's configuration; undefined if it has none. */
export const configFile = (folder) =>
  CONFIGURATIONS.map((name) => join(folder, name)).find((path) => existsSync(path));

/** Returns the folder's configuration, as it is written: without wrangler's defaults. */
export async function readConfig(folder) {
  const file = configFile(folder);
  if (!file)
    throw unreadable(`There is no wrangler.toml in ${folder}. Run this in your Worker's folder.`);
  const read = readerOf(file, folder);
  try {
    return read(file);
  } catch ({ line, location }) {
    const at = line ?? location?.line;
    const where = at === undefined ? "" : ` (line ${at})`;
    throw unreadable(
      `${basename(file)} cannot be read${where}. npx wrangler deploy --dry-run says why.`,
    );
  }
}

/** Returns the reader of a configuration: the TOML reader that wrangler uses if it is installed, since wrangler loads slowly. */
function readerOf(file, folder) {
  const toml = file.endsWith(".toml") ? loaded(folder, "smol-toml") : undefined;
  if (toml) return (path) => toml.parse(readFileSync(path, "utf8"));
  const { experimental_readRawConfig: read } = loaded(folder, "wrangler") ?? {};
  if (!read) throw withoutWrangler(folder);
  return (path) => read({ config: path }).rawConfig;
}

const requireIn = (folder) => createRequire(join(folder, "package.json"));

/** Returns a package that is installed in the folder's project; undefined if it is not. */
function loaded(folder, name) {
  try {
    return requireIn(folder)(name);
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Returns the folder in which the project's wrangler is installed, and its package.json. Throws if it cannot run. */
function wranglerOf(folder) {
  let path;
  try {
    path = requireIn(folder).resolve("wrangler/package.json");
  } catch {
    throw withoutWrangler(folder);
  }
  const about = JSON.parse(readFileSync(path, "utf8"));
  const [wanted] = about.engines.node.match(/\d+/);
  if (Number.parseInt(process.versions.node, 10) < Number(wanted))
    throw new Failure(
      "not_installed",
      `Wrangler needs Node ${wanted} or later; this is ${process.versions.node}.`,
    );
  return { installed: dirname(path), about };
}

/** Returns the program that the project's `npx wrangler` runs. */
export function wranglerProgram(folder) {
  const { installed, about } = wranglerOf(folder);
  return join(installed, about.bin.wrangler);
}

const MINIFLARE = 5;

/** Returns the project's Miniflare, which wrangler brings. */
export function miniflareOf(folder) {
  const { installed } = wranglerOf(folder);
  const { version } = loaded(installed, "miniflare/package.json") ?? {};
  if (!(Number.parseInt(version, 10) >= MINIFLARE)) throw withoutWrangler(folder);
  return loaded(installed, "miniflare");
}

const withoutWrangler = (folder) =>
  new Failure(
    "not_installed",
    `This needs a current wrangler in ${folder}. Run there: npm install --save-dev wrangler@latest`,
  );

/** Returns whether a folder is a clone of orderhook, whose `npm start` runs the Worker and all that belongs to it. */
export const isClone = (folder) => existsSync(join(folder, "scripts/start.js"));

/** Returns a Worker's sources: each one's name, its provider and scheme, and the names of its secrets and its token. */
export const sourcesOf = ({ vars }) =>
  Object.entries(vars?.SOURCES ?? {}).map(([name, { provider, scheme, secrets = [], token }]) => ({
    name,
    provider,
    scheme,
    secrets: [secrets].flat(),
    token,
  }));

export const LOCAL_SECRETS = ".dev.vars";

/** Returns the values in .dev.vars, by name. Node has a reader of such files only from 20.12 on. */
export function localSecrets(folder) {
  const file = join(folder, LOCAL_SECRETS);
  return parseSecrets(existsSync(file) ? readFileSync(file, "utf8") : "");
}

/** Parses `NAME=value`, one a line, with quotes around the value or a comment after it. */
export function parseSecrets(text) {
  const lines = text.matchAll(/^[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_]\w*)[^\S\n]*=[^\S\n]*(.*)$/gm);
  return new Map([...lines].map(([, name, value]) => [name, unquoted(value)]));
}

const unquoted = (text) =>
  text.match(/^(["'`])(.*?)\1/)?.[2] ?? text.replace(/(^|\s)#.*$/, "").trim();
