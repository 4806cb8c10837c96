// `orderhook send` in the folder of an orderhook Worker: one of its sources gives the options that were not typed.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { meant, wrongUsage } from "./failure.js";
import {
  LOCAL_SECRETS,
  configFile,
  isClone,
  localSecrets,
  readConfig,
  sourcesOf,
} from "./project.js";

/** The address of `wrangler dev`. */
const LOCAL = "http://localhost:8787";

/**
 * Returns the Worker in the folder: its `folder`, the name of its configuration, `file`, and its `sources`. Returns undefined if
 * there is none, or if an address with a path was typed and no source: such an address need not be a Worker's.
 */
export async function workerIn(folder, { url, source }) {
  if (source === undefined && url !== undefined && !isOrigin(url)) return undefined;
  const file = configFile(folder);
  // Only wrangler can read it, and it is not installed everywhere: for a Worker without sources the file is left unread.
  if (file !== undefined && /\bSOURCES\b/.test(readFileSync(file, "utf8"))) {
    const sources = sourcesOf(await readConfig(folder));
    if (sources.length > 0) return { folder, file: basename(file), sources };
  }
  if (source === undefined) return undefined;
  throw wrongUsage(
    `--source names a source of an orderhook Worker, and there is no Worker with sources in ${folder}.`,
  );
}

/** Returns the provider of the named source; undefined if none was named. */
export function providerOfSource(worker, name) {
  if (!worker || name === undefined) return undefined;
  const found = worker.sources.find((source) => source.name === name);
  if (found) return found.provider;
  const names = namesOf(worker.sources);
  throw wrongUsage(
    `There is no source "${name}" in ${worker.file}.${meant(name, names)} There are ${names.join(", ")}.`,
  );
}

/**
 * Returns the address for the provider's deliveries, `url`, and `given`, the options with the source's secret and token. Without
 * `needsProof`, the source may have neither.
 */
export function completed({ values, given }, provider, worker, needsProof = true) {
  const source = sourceOf(worker, provider.name, values.source);
  const name = source?.name ?? values.source ?? provider.name;
  const secrets = localSecrets(worker.folder);
  const proof = [
    ...given,
    ...local(given, "secret", secrets.get(source?.secrets[0])),
    ...local(given, "token", secrets.get(source?.token)),
  ];
  const isProved = has(proof, "secret") || has(proof, "token");
  const isWanted = needsProof && (source !== undefined || values.source !== undefined);
  if (isWanted && !isProved) throw wrongUsage(withoutSecret(name, source, worker));
  const { url = LOCAL } = values;
  const path = `/hooks/${name}${has(proof, "token") ? "/" : ""}`;
  return { url: isOrigin(url) ? new URL(path, url).href : url, given: proof };
}

/** Returns the scheme of the named source, or else of the provider's first one; undefined if it names none. */
export const schemeOfSource = (worker, provider, name) =>
  worker && sourceOf(worker, provider, name)?.scheme;

/** Returns the named source, or else the provider's first one; undefined if the Worker has none. */
function sourceOf({ sources }, provider, name) {
  const found = sources.find((source) =>
    name === undefined ? source.provider === provider : source.name === name,
  );
  if (found && found.provider !== provider)
    throw wrongUsage(`The source "${name}" is one of ${found.provider}, not of ${provider}.`);
  return found;
}

/** Returns whether a secret, or a token, is among the options, in any of the three ways. */
const has = (given, what) =>
  given.some(([option]) => [what, `${what}-env`, `${what}-file`].includes(option));

/** Returns a value of .dev.vars as if it had been typed; nothing if one was typed, or if there is no value. */
const local = (given, what, value) => (value && !has(given, what) ? [[what, value]] : []);

function withoutSecret(name, source, { folder, file, sources }) {
  const wanted = [...(source?.secrets ?? []), source?.token].filter(Boolean);
  const [are, them] = wanted.length > 1 ? ["are", "them"] : ["is", "it"];
  const made = isClone(folder) ? ` (npm start makes ${them})` : "";
  const why =
    wanted.length > 0
      ? `${wanted.join(" and ")} ${are} not in ${LOCAL_SECRETS}${made}.`
      : `it is not in ${file}.${meant(name, namesOf(sources))}`;
  return `The source "${name}" has no secret here: ${why} Give one with --secret-env or --token-env.`;
}

const namesOf = (sources) => sources.map(({ name }) => name);

/** Returns what to look for if the Worker did not answer. */
export const silenceAdvice = ({ folder }) =>
  `The Worker may not be running: ${isClone(folder) ? "npm start" : "npx wrangler dev"} runs it here.\n`;

/** Returns whether the text is an address without a path. */
function isOrigin(text) {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === "/" && search === "";
}
