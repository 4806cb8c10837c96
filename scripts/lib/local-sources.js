// The local Workers' variables beside those of their wrangler files: a source for each built-in
// provider that wrangler.toml has none of, and the address that dispatch may post events to. They
// are in .wrangler/local, one file for each port, and never deployed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inRoot, root } from "../setup.js";
import { localSecrets, parseSecrets, readConfig, sourcesOf } from "./cli.js";
import { makePair } from "./local-keys.js";
import { keyOf, makeToken } from "./secret.js";

const fileOf = (name, port) => inRoot(".wrangler/local", `${name}-${port}.vars`);

/** How the names of the secrets begin. */
const PREFIX = "LOCAL_";

/** How far the port of the demo's endpoints is from that of dispatch. */
const ENDPOINT_OFFSET = 2;

/** Returns the host and port at which `npm run demo` takes events, for a dispatch on this port. */
export const endpointFor = (port) => `127.0.0.1:${Number(port) + ENDPOINT_OFFSET}`;

/**
 * Writes the variables of a receiver on this port, and returns their file. Secrets that are there
 * already are kept. The private keys that belong to them are in a file of their own, for the demo.
 */
export async function writeReceiverVars(port) {
  // It needs a package, which the set-up installs.
  const { definitions } = await import("./catalogue.js");
  const { vars } = await readConfig(root);
  const secrets = readVars("receiver", port);
  const keys = readVars("keys", port);
  const sources = { ...vars?.SOURCES };
  addSources({ sources, secrets, keys }, definitions(), port);
  write("keys", port, keys);
  return write("receiver", port, secrets.set("SOURCES", JSON.stringify(sources)));
}

/**
 * Adds a source for each provider that has none, by the provider's name, and the secrets and
 * private keys that are missing for it.
 *
 * @param {{ sources: any, secrets: Map<string, string>, keys: Map<string, string> }} local
 * @param {Map<string, any>} definitions
 * @param {string} port
 */
export function addSources({ sources, secrets, keys }, definitions, port) {
  const taken = sourcesOf({ vars: { SOURCES: sources } }).map(({ provider }) => provider);
  for (const [provider, definition] of definitions) {
    if (taken.includes(provider) || Object.hasOwn(sources, provider)) continue;
    const { source, secret, token } = sourceFor(provider, definition, port);
    sources[provider] = source;
    if (token && !secrets.has(token)) secrets.set(token, makeToken());
    if (secret && !secrets.has(secret)) makeSecret(secret, definition, secrets, keys);
  }
}

/** Returns the hosts and ports in .dev.vars that dispatch may post events to. */
export const ownEndpoints = () =>
  (localSecrets(root).get("LOCAL_ENDPOINTS") ?? "").match(/[^\s,]+/g) ?? [];

/** Writes the variables of dispatch on this port, and returns their file. */
export function writeDispatchVars(port) {
  const all = [...ownEndpoints(), endpointFor(port)].join(" ");
  return write("dispatch", port, new Map([["LOCAL_ENDPOINTS", all]]));
}

/**
 * Returns the sources of the receiver on this port, as `sourcesOf` does; all local `secrets` by
 * name; and the private `keys` by the names of the public ones. Without a file, the sources are
 * those of wrangler.toml.
 */
export async function localReceiver(port) {
  const own = readVars("receiver", port);
  const text = own.get("SOURCES");
  const config = text ? { vars: { SOURCES: JSON.parse(text) } } : await readConfig(root);
  return {
    sources: sourcesOf(config),
    secrets: new Map([...own, ...localSecrets(root)]),
    keys: readVars("keys", port),
  };
}

/**
 * Returns the options with which `send` proves a delivery to the source that was added for a
 * provider, and the values of the variables that they name. There are none if none was added.
 */
export async function localProof(provider, port) {
  const { sources, secrets } = await localReceiver(port);
  const { secrets: [secret] = [], token } = sources.find(({ name }) => name === provider) ?? {};
  const named = [
    ["--secret-env", secret],
    ["--token-env", token],
  ].filter(([, name]) => name?.startsWith(PREFIX));
  return {
    options: named.flat(),
    values: Object.fromEntries(named.map(([, name]) => [name, secrets.get(name)])),
  };
}

const schemeOf = ({ scheme }) => [scheme].flat()[0];

/** Returns the settings of a provider's source, and the names of its secret and its token. */
function sourceFor(provider, definition, port) {
  const { type, shared_keys: isShared, signs = [] } = schemeOf(definition);
  const prefix = `${PREFIX}${provider.toUpperCase().replaceAll("-", "_")}`;
  const secret = type === "url-token" ? undefined : `${prefix}_SECRET`;
  const hasToken = type === "url-token" || type === "header-list" || isShared;
  const token = hasToken ? `${prefix}_TOKEN` : undefined;
  const isUrlSigned = type === "http-signature" || signs.includes("url") || signs.includes("path");
  const source = {
    provider,
    ...(secret && { secrets: [secret] }),
    ...(token && { token }),
    ...(isUrlSigned && { url: `http://localhost:${port}/hooks/${provider}` }),
  };
  return { source, secret, token };
}

/** Makes a source's secret. Where the provider signs with a private key, that is made with it. */
function makeSecret(name, definition, secrets, keys) {
  const { make } = keyOf(definition);
  if (make) return secrets.set(name, make());
  const { publicSet, privateKey } = makePair(schemeOf(definition).algorithm);
  secrets.set(name, publicSet);
  return keys.set(name, privateKey);
}

function readVars(name, port) {
  const file = fileOf(name, port);
  return parseSecrets(existsSync(file) ? readFileSync(file, "utf8") : "");
}

function write(name, port, values) {
  const file = fileOf(name, port);
  mkdirSync(dirname(file), { recursive: true });
  const lines = [...values].map(([key, value]) => `${key}='${value}'\n`);
  const head = "# For this machine alone, written by `npm start`.\n";
  writeFileSync(file, head + lines.join(""), { mode: 0o600 });
  return file;
}
