// The receiver that UP42 delivers to: a source's address, and the secrets that prove its deliveries.
import { randomBytes } from "node:crypto";
import { address, withToken } from "../address.js";
import { putSecrets } from "../cloudflare/secrets.js";
import { wrongUsage } from "../failure.js";
import { oneOf } from "../secrets.js";
import { workerIn } from "../source.js";

const PROVIDER = "up42";

/** Returns a new secret, or a new token. */
export const makeSecret = () => randomBytes(32).toString("hex");

/**
 * Returns the receiver: its `worker`, where this folder has one, the `source`, the `url` without a token, and the `secret` and `token`
 * that were given.
 */
export async function receiverOf({ values, given }, folder = process.cwd()) {
  const worker = await workerIn(folder, values);
  const source = worker && sourceOf(worker, values.source);
  const url = values.url === undefined ? undefined : hookOf(address(values.url), source);
  return { worker, source, url, secret: oneOf(given, "secret"), token: oneOf(given, "token") };
}

function sourceOf({ sources, file }, name) {
  const found = sources.find((source) =>
    name === undefined ? source.provider === PROVIDER : source.name === name,
  );
  if (name !== undefined && found?.provider !== PROVIDER)
    throw wrongUsage(`${file} has no source "${name}" of up42.`);
  return found;
}

function hookOf(url, source) {
  if (url.protocol !== "https:" && !["localhost", "127.0.0.1"].includes(url.hostname))
    throw wrongUsage("--url takes an address with https: it may hold a token.");
  if (url.pathname !== "/") return url;
  if (!source)
    throw wrongUsage(
      "--url takes the whole address, as https://example.com/hooks/up42: no wrangler file here names a source of up42.",
    );
  return new URL(`/hooks/${source.name}`, url);
}

/** Returns whether a URL is one of the receiver's source: its address, with or without a token. */
export function isOf(url, text) {
  if (!URL.canParse(text)) return false;
  const other = new URL(text);
  const path = url.pathname.replace(/\/$/, "");
  return (
    other.origin === url.origin &&
    (other.pathname === path || other.pathname.startsWith(`${path}/`))
  );
}

/** Returns the token in a URL of the receiver's source; undefined if it has none. */
export const tokenIn = (url, text) =>
  new URL(text).pathname.slice(url.pathname.replace(/\/$/, "").length + 1).replace(/\/$/, "") ||
  undefined;

/** Returns the address that UP42 delivers to. */
export const hook = (url, token) => (token ? withToken(url, token) : url).href;

/** Sets the source's secrets in the receiver at Cloudflare: `secret` and `token`, under the names that its wrangler file gives them. */
export async function setInReceiver({ worker, source }, { secret, token }) {
  const [name] = source.secrets;
  const values = {
    ...(name !== undefined && secret !== undefined && { [name]: secret }),
    ...(source.token !== undefined && token !== undefined && { [source.token]: token }),
  };
  await putSecrets(worker.folder, values);
  return Object.keys(values);
}
