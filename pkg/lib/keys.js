// The keys of an account that names a JWKS address: fetched once the headers are well formed, and kept.
import { WebhookError } from "./error.js";
import { KeySet } from "./key-set.js";

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
  if (!set.isFresh) await readHeaders(work);
  const keys = await usable(set, () => true);
  try {
    return await work(keys);
  } catch (error) {
    const isUnknown = error instanceof WebhookError && error.code === "signature_mismatch";
    if (!isUnknown) throw error;
    const others = await usable(set, (text) => text !== keys);
    if (others === keys) throw error;
    return work(others);
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
export const lastKeys = (url) => sets.get(url)?.latest;

function setAt(url) {
  const known = sets.get(url);
  if (known !== undefined) return known;
  if (sets.size === MAX_SETS) sets.delete(sets.keys().next().value);
  const set = new KeySet(url, checked);
  sets.set(url, set);
  return set;
}

/** Returns a text that is JSON. The core reads the keys in it. */
function checked(text) {
  JSON.parse(text);
  return text;
}

/** Resolves to the keys as `KeySet.keys` does. Fails if they cannot be fetched: a key that is unknown may be among them. */
async function usable(set, fits) {
  const keys = await set.keys(fits);
  if (keys !== undefined) return keys;
  throw new WebhookError(
    "verification_unavailable",
    "the provider's keys could not be fetched: it has to send the delivery again",
  );
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
