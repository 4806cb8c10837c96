// Checks signatures by public keys: at once where the runtime has `node:crypto`, else in two passes. The first pass notes what the
// core asks. WebCrypto answers, and the second pass asks the same again: an answer counts for its own question alone.
import { WebhookError } from "./error.js";

/** The answers to the core. */
const [NOT, HOLDS, LATER] = [0, 1, 2];

/** The algorithms, in the order of the core's `Algorithm`. */
const ALGORITHMS = [
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  { name: "Ed25519" },
];

/** The function that returns `node:crypto` if the runtime has it; and that module, once it was asked for. */
let find;
let crypto;

/** Sets, for an entry, the function that returns `node:crypto`. */
export const findsVerify = (its) => (find = its);

/** The questions of the pass that runs, and the answers to the passes before it. */
let pass;

/** The passes of one delivery: each key of a set may be asked for. */
const MAX_PASSES = 4;

/** The refusals for which no key was asked: the delivery names one that is not there. */
const unasked = new WeakSet();

/** Returns whether a delivery was refused since it names an unknown key. */
export const isOfUnknownKey = (error) => unasked.has(error);

/** Answers whether a signature holds. */
export function answerOf(question) {
  if (pass !== undefined) pass.hasAsked = true;
  const known = pass?.answers.find((answer) => isSame(answer.question, question));
  if (known !== undefined) return known.holds ? HOLDS : NOT;
  if (find !== undefined) {
    const ask = find;
    find = undefined;
    crypto = ask();
  }
  if (crypto !== undefined) return atOnce(question) ? HOLDS : NOT;
  pass?.asked.push(question);
  return LATER;
}

/** Returns whether a signature is known to hold. */
export const isHeld = (question) => answerOf(question) === HOLDS;

function atOnce({ algorithm, key, content, signed }) {
  const { createPublicKey, verify } = crypto;
  const spki = keyOf(() => createPublicKey({ key, format: "der", type: "spki" }));
  if (spki === undefined) return false;
  const hash = ALGORITHMS[algorithm].hash && "sha256";
  return verify(hash, content, { key: spki, dsaEncoding: "ieee-p1363" }, signed);
}

/** Returns a public key; undefined if the bytes are not a key, so that no signature holds. */
function keyOf(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isSame(one, other) {
  const parts = ["key", "content", "signed"];
  return (
    one.algorithm === other.algorithm && parts.every((part) => isEqual(one[part], other[part]))
  );
}

const isEqual = (one, other) =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/**
 * Runs `work`, which may ask for signatures, and runs it again once they are answered.
 *
 * @template T
 * @param {() => T} work
 */
export async function answering(work) {
  const answers = [];
  for (let passes = 1; ; passes++) {
    const now = { answers, asked: [], hasAsked: false };
    pass = now;
    try {
      return work();
    } catch (error) {
      if (error instanceof WebhookError && !now.hasAsked) unasked.add(error);
      const isOpen = error instanceof WebhookError && error.code === "verification_unavailable";
      if (!isOpen || now.asked.length === 0 || passes === MAX_PASSES) throw error;
    } finally {
      pass = undefined;
    }
    answers.push(...(await Promise.all(now.asked.map(later))));
  }
}

/**
 * Searches for what may ask for signatures, again until all that it asks for is answered. A search that is in vain is freed.
 *
 * @template {{ free(): void } | undefined} T
 * @param {() => T} search
 */
export async function searching(search) {
  const answers = [];
  for (let passes = 1; ; passes++) {
    const now = { answers, asked: [], hasAsked: false };
    pass = now;
    const found = inPass(search);
    if (now.asked.length === 0 || passes === MAX_PASSES) return found;
    found?.free();
    answers.push(...(await Promise.all(now.asked.map(later))));
  }
}

function inPass(search) {
  try {
    return search();
  } finally {
    pass = undefined;
  }
}

/** Asks WebCrypto. A question that it cannot answer stays open. */
async function later(question) {
  const { algorithm, key, content, signed } = question;
  const named = ALGORITHMS[algorithm];
  try {
    const { subtle } = globalThis.crypto;
    const imported = await subtle
      .importKey("spki", key, named, false, ["verify"])
      .catch((error) => (error?.name === "DataError" ? undefined : Promise.reject(error)));
    if (imported === undefined) return { question, holds: false };
    return { question, holds: await subtle.verify(named, imported, signed, content) };
  } catch {
    throw new WebhookError(
      "verification_unavailable",
      "the signature could not be checked: this runtime cannot compute it now",
    );
  }
}
