// Checks the signature of what Cloudflare Access adds to a request: a JWT, signed with RS256. api/access.rs checks what it says.
import { KeySet } from "./key-set.js";

/** The most keys of a set that are looked at. */
const MAX_KEYS = 16;

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** The keys of the team, by their ids. */
let kept;

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
  kept ??= new KeySet(`https://${team}.cloudflareaccess.com/cdn-cgi/access/certs`, keysIn);
  const { keys } = await kept.keys((keys) => keys.has(id));
  if (keys === undefined) throw new Error("the keys of Cloudflare Access could not be fetched");
  return keys.get(id);
}

function keysIn(text) {
  const keys = JSON.parse(text).keys.filter(({ kty, kid }) => kty === "RSA" && kid);
  return new Map(keys.slice(0, MAX_KEYS).map((key) => [key.kid, key]));
}
