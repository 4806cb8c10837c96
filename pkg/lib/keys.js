// The keys of an account that names a JWKS address: fetched once the headers are well formed, and kept.
import { withAccount } from "./accounts.js";
import { WebhookError } from "./error.js";
import { KeySet } from "./key-set.js";
import { isOfUnknownKey } from "./signature.js";

/** The sets that are kept, by their addresses and the schemes that they were fetched for. */
const sets = new Map();
const MAX_SETS = 256;

/**
 * Runs `work` with an account's settings, in which the fetched keys are the secrets; runs it again with fresh keys if no key fits.
 *
 * @template T
 * @param {any} settings
 * @param {(settings: any) => Promise<T>} account
 */
export async function withKeys(settings, account) {
  const work = (keys) => account({ ...settings, secrets: [keys] });
  const set = setOf(settings);
  if (!set.isFresh) await readHeaders(work);
  const known = await usable(set, () => true);
  try {
    return await work(known.keys);
  } catch (error) {
    if (!isMismatch(error)) throw error;
    const latest = await usable(set, (keys) => keys !== known.keys);
    if (latest.keys === known.keys) throw refusal(error, known.isOwn || latest.isOwn);
    return work(latest.keys).catch((error) => Promise.reject(refusal(error, latest.isOwn)));
  }
}

const isMismatch = (error) => error instanceof WebhookError && error.code === "signature_mismatch";

/**
 * Returns the refusal of a delivery. Only a set that was fetched for the delivery itself refuses an unknown key: the provider may
 * have published the key since another delivery, which anyone may have sent, had the set fetched.
 */
const refusal = (error, isOwn) =>
  isMismatch(error) && isOfUnknownKey(error) && !isOwn
    ? unavailable("the delivery names an unknown key")
    : error;

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

/** Returns settings that are sound but for their keys. Throws a WebhookError if they are not. */
export function checkedBeforeFetch(settings) {
  checkKeys(settings, UNMATCHED);
  return settings;
}

/** Throws if a text has no key of the account's scheme. */
const checkKeys = (settings, keys) => withAccount({ ...settings, secrets: [keys] }, () => {});

/** Throws if a delivery's headers are not well formed: no keys are fetched for it. */
async function readHeaders(work) {
  try {
    await work(UNMATCHED);
  } catch (error) {
    const isRead = ["signature_mismatch", "digest_mismatch", "body_not_authenticated"];
    if (!isRead.includes(error?.code)) throw error;
  }
}

/** Returns the set that was fetched for an account last, as one text; `undefined` if there is none. */
export const lastKeys = (settings) => sets.get(nameOf(settings))?.latest;

const nameOf = ({ jwks, scheme = "", definition: { name, text, isDeclared } }) =>
  JSON.stringify([jwks, scheme, isDeclared ? text : name]);

function setOf(settings) {
  const name = nameOf(settings);
  const known = sets.get(name);
  if (known !== undefined) return known;
  if (sets.size === MAX_SETS) sets.delete(sets.keys().next().value);
  // A text without a usable key does not replace the keys that are there.
  const set = new KeySet(settings.jwks, (text) => {
    checkKeys(settings, text);
    return text;
  });
  sets.set(name, set);
  return set;
}

/** Resolves to the keys as `KeySet.keys` does. Fails if they cannot be fetched: a key that is unknown may be among them. */
async function usable(set, fits) {
  const found = await set.keys(fits);
  if (found.keys !== undefined) return found;
  throw unavailable("the provider's keys could not be fetched");
}

const unavailable = (why) =>
  new WebhookError(
    "verification_unavailable",
    `${why}: the provider has to send the delivery again`,
  );
