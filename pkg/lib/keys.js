// The keys of an account that names a JWKS address: fetched once the headers are well formed, and kept.
import { WebhookError } from "./error.js";

/** The most bytes of a set, and the longest time to fetch it. */
const MAX_BYTES = 64 * 1024;
const MAX_MS = 3000;

/** A set is fetched at most once in this time. */
const PAUSE_MS = 60_000;
/** A set older than this is fetched again before it is used. If that fails, it is used up to the second age. */
const FRESH_MS = 60 * 60_000;
const LAST_MS = 24 * 60 * 60_000;

/** The sets that are kept, by their addresses. */
const sets = new Map();
const MAX_SETS = 256;

/**
 * Runs `work` with the keys at an address, as one text; runs it again with fresh keys if no key fits.
 *
 * @template T
 * @param {string} url
 * @param {(keys: string) => Promise<T>} work
 */
export async function withKeys(url, work) {
  const set = setAt(url);
  if (age(set.fetched) > FRESH_MS) {
    await readHeaders(work);
    await renew(url, set);
  }
  if (age(set.fetched) > LAST_MS) throw unreachable();
  const { text } = set;
  try {
    return await work(text);
  } catch (error) {
    const isUnknown = error instanceof WebhookError && error.code === "signature_mismatch";
    if (!isUnknown) throw error;
    await renew(url, set);
    // The key may be in the set that could not be fetched.
    if (set.tried > set.fetched) throw unreachable();
    if (set.text === text) throw error;
    return work(set.text);
  }
}

/** Keys that no provider signs with, one of each algorithm, to find out whether headers are well formed. */
const UNMATCHED = JSON.stringify({
  keys: [
    { kty: "OKP", crv: "Ed25519", kid: "", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    {
      ...{ kty: "EC", crv: "P-256", kid: "" },
      x: "HYaLI51FViIr2dyrRI5SgwgJVYH_EDRmycB-0qNBWbA",
      y: "Z7zEDsfPyGwGwIoWOpaALnNiFL7ZSabRqrC_Ccnf3jI",
    },
    {
      ...{ kty: "RSA", kid: "", e: "AQAB" },
      n:
        "pIN-J5TP--22LfQH3mDOYez31TutCdqRilhhrvz0E7nAggW-wNVN-qflN5JPCMVhdvCpcTCeLzNwx3xCL0Q81O" +
        "79Xfs4dF_WgB1K_qXJ9DdqYJrPKwR_vX8XGhAFKItxvdWzvez-FrhHf1Z19Pu7SOaf6kH0PdmA9gpBwldcDZeD" +
        "p42IaI-QqqrLhgVOGM9TyHk5h5gjB_cdom3TCJJNgDkuq_FbEERLKhSvN56UdzWVu54Z2ftvcWKU3aeVGai-LW" +
        "7MfgMy4M1MVfFO3H3RXDia9lQS0NJua5nAjaVh08JJVLEX3e4IWwT0O6mU-z14HWJTRJTZBz8Oah6iZmD4XQ",
    },
  ],
});

/** Throws if a delivery's headers are not well formed: no keys are fetched for it. */
async function readHeaders(work) {
  try {
    await work(UNMATCHED);
  } catch (error) {
    const isRead = ["signature_mismatch", "digest_mismatch", "body_not_authenticated"];
    if (!isRead.includes(error?.code)) throw error;
  }
}

/** Returns the set that was fetched from an address last, as one text; `undefined` if there is none. */
export const lastKeys = (url) => sets.get(url)?.text;

const age = (moment) => Date.now() - moment;

const unreachable = () =>
  new WebhookError(
    "verification_unavailable",
    "the provider's keys could not be fetched: it has to send the delivery again",
  );

function setAt(url) {
  const known = sets.get(url);
  if (known !== undefined) return known;
  if (sets.size === MAX_SETS) sets.delete(sets.keys().next().value);
  const set = { text: undefined, fetched: 0, tried: 0, trying: undefined };
  sets.set(url, set);
  return set;
}

/** Fetches a set, unless it was tried just now. Keeps the last one if that fails. */
async function renew(url, set) {
  if (set.trying === undefined && age(set.tried) >= PAUSE_MS)
    set.trying = fetched(url, set).finally(() => (set.trying = undefined));
  await set.trying;
}

async function fetched(url, set) {
  set.tried = Date.now();
  try {
    set.text = await read(url);
    set.fetched = set.tried;
  } catch {
    // The last set is kept.
  }
}

async function read(url) {
  const response = await fetch(url, {
    redirect: "error",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(MAX_MS),
  });
  if (response.status !== 200 || response.body === null) throw new Error("no key set");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, bytes] = ["", 0];
  for await (const piece of response.body) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new Error("too large");
    text += decoder.decode(piece, { stream: true });
  }
  text += decoder.decode();
  JSON.parse(text);
  return text;
}

/** Names of hosts that keys are never fetched from. */
const OWN = /(^|\.)(localhost|local|internal|lan|home|corp|test|invalid|onion)$/;

/** Checks an address that keys are fetched from: https, at a public name, with the usual port. */
export function keysAddress(given) {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const host = url?.hostname ?? "";
  const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(host) && !OWN.test(host);
  const isBare = url?.username === "" && url.password === "" && url.port === "";
  if (url?.protocol === "https:" && isName && isBare) return url.href;
  throw new WebhookError(
    "source_not_configured",
    "`jwks` must be an https address at a public name, as `https://acme.example/jwks.json`",
  );
}
