// Checks the signature of what Cloudflare Access adds to a request: a JWT, signed with RS256. api/access.rs checks what it says.
import { read } from "./host.js";

/** The keys are fetched at most once in this time, in milliseconds. */
const PAUSE_MS = 60_000;
/** Older keys are fetched again before they are used. If that fails, they are used up to the second age. */
const FRESH_MS = 3_600_000;
const LAST_MS = 86_400_000;

/** The milliseconds that a fetch may take, and those after which a request looks again whether another one's fetch has ended. */
const FETCH_MS = 3000;
const LOOK_MS = 50;

/** What a set of keys may have: bytes, and keys. */
const MAX_BYTES = 64 * 1024;
const MAX_KEYS = 16;

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** The keys by their ids, and when they were fetched, and when that was tried. A promise of one request is never awaited by another. */
const kept = { keys: new Map(), fetched: -Infinity, tried: -Infinity, isTrying: false };

/**
 * Resolves to the claims of an assertion, as a text; to null if a key of `team` has not signed it. Fails if the keys cannot be
 * fetched.
 */
export async function claimsOf(team, assertion) {
  const [head, claims, signature, ...more] = assertion.split(".");
  const id = keyIdIn(head);
  if (id === undefined || signature === undefined || more.length > 0) return null;
  const key = await keyOf(team, id);
  const isSigned = key && (await isSignedBy(key, `${head}.${claims}`, signature));
  return isSigned ? textOf(claims) : null;
}

/** Returns the id of the key that a header names; undefined if it names another algorithm. */
function keyIdIn(head) {
  try {
    const { alg, kid } = JSON.parse(textOf(head));
    return alg === "RS256" && typeof kid === "string" ? kid : undefined;
  } catch {
    return undefined;
  }
}

async function isSignedBy(jwk, text, signature) {
  try {
    const { kty, n, e } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, n, e }, RS256, false, ["verify"]);
    const bytes = new TextEncoder().encode(text);
    return await crypto.subtle.verify(RS256, key, decoded(signature), bytes);
  } catch {
    return false;
  }
}

const decoded = (text) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
const textOf = (part) => new TextDecoder("utf-8", { fatal: true }).decode(decoded(part));

/** Resolves to the key of an id; to undefined if the latest set does not have it. */
async function keyOf(team, id) {
  for (;;) {
    const age = Date.now() - kept.fetched;
    const key = age < LAST_MS ? kept.keys.get(id) : undefined;
    const mayFetch = Date.now() - kept.tried >= PAUSE_MS;
    if (key && (age < FRESH_MS || !mayFetch)) return key;
    if (mayFetch) await fetchKeys(team);
    // A request that the runtime ended never says that its fetch has ended.
    else if (kept.isTrying && Date.now() - kept.tried < 2 * FETCH_MS) await pause(LOOK_MS);
    else if (kept.fetched >= kept.tried) return undefined;
    else throw new Error("the keys of Cloudflare Access could not be fetched");
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function fetchKeys(team) {
  kept.tried = Date.now();
  kept.isTrying = true;
  try {
    const response = await fetch(`https://${team}.cloudflareaccess.com/cdn-cgi/access/certs`, {
      redirect: "manual",
      signal: AbortSignal.timeout(FETCH_MS),
    });
    const text = response.status === 200 ? await read(response, MAX_BYTES) : undefined;
    const keys = JSON.parse(text).keys.filter(({ kty, kid }) => kty === "RSA" && kid);
    kept.keys = new Map(keys.slice(0, MAX_KEYS).map((key) => [key.kid, key]));
    kept.fetched = kept.tried;
  } catch {
    // The keys that are there stay. `keyOf` says so where there are none.
  } finally {
    kept.isTrying = false;
  }
}
