// A receiver without a library for webhooks, as a careful developer writes it on `node:crypto`, on WebCrypto, or on @noble/hashes
// without either. The key is prepared once, the header's form is checked, and the tags are compared in constant time.
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { SECRET } from "./deliveries.js";

const TAG = /^[0-9a-f]{64}$/;
const LISTED_TAG = /^[A-Za-z0-9+/]{43}=$/;
const SECONDS = /^\d{1,15}$/;
const TOLERANCE = 300;
const HMAC_SHA256 = { name: "HMAC", hash: "SHA-256" };

const raw = Buffer.from(SECRET);
const key = createSecretKey(raw);
const webKey = await crypto.subtle.importKey("raw", raw, HMAC_SHA256, false, ["verify"]);
const keyed = hmac.create(sha256, raw);

class Refused extends Error {}

const proof = () => ({ provider: "a shop", authenticity: "body_signed", secretIndex: 0 });

function hexTag(headers) {
  const tag = headers["x-webhook-signature"];
  if (typeof tag !== "string") throw new Refused("missing_signature");
  if (!TAG.test(tag)) throw new Refused("malformed_signature");
  return tag;
}

/** Compares two texts of one length. Reading the digest as bytes and decoding the tag takes longer. */
const same = (tag, expected) =>
  timingSafeEqual(Buffer.from(tag, "latin1"), Buffer.from(expected, "latin1"));

function verifyHex({ headers, body }) {
  const tag = hexTag(headers);
  const expected = createHmac("sha256", key).update(body).digest("hex");
  if (!same(tag, expected)) throw new Refused("signature_mismatch");
  return proof();
}

function verifyStandard({ headers, body }) {
  const id = headers["webhook-id"];
  const seconds = headers["webhook-timestamp"];
  const listed = headers["webhook-signature"];
  if (!id || !seconds || !listed) throw new Refused("missing_signature");
  if (!SECONDS.test(seconds)) throw new Refused("malformed_signature");
  if (Math.abs(Date.now() / 1000 - seconds) > TOLERANCE)
    throw new Refused("timestamp_out_of_tolerance");
  const expected = createHmac("sha256", key)
    .update(`${id}.${seconds}.`)
    .update(body)
    .digest("base64");
  for (const entry of listed.split(" ")) {
    const tag = entry.startsWith("v1,") ? entry.slice(3) : "";
    if (LISTED_TAG.test(tag) && same(tag, expected)) return proof();
  }
  throw new Refused("signature_mismatch");
}

async function verifyOnWebCrypto({ headers, body }) {
  const tag = Buffer.from(hexTag(headers), "hex");
  if (!(await crypto.subtle.verify("HMAC", webKey, tag, body)))
    throw new Refused("signature_mismatch");
  return proof();
}

function verifyOnNoble({ headers, body }) {
  const tag = hexToBytes(hexTag(headers));
  const expected = keyed.clone().update(body).digest();
  let differs = 0;
  for (let at = 0; at < expected.length; at++) differs |= expected[at] ^ tag[at];
  if (differs !== 0) throw new Refused("signature_mismatch");
  return proof();
}

export const byHand = [
  {
    name: "node:crypto",
    scheme: "hex",
    native: true,
    how: "by hand: `createHmac` with a `KeyObject` made once, `timingSafeEqual`",
    call: verifyHex,
    refuses: "throws",
  },
  {
    name: "node:crypto, Standard Webhooks",
    scheme: "standard",
    native: true,
    how: "the same for that scheme, its age included",
    call: verifyStandard,
    refuses: "throws",
  },
  {
    name: "WebCrypto",
    scheme: "hex",
    native: true,
    how: "by hand: `crypto.subtle.verify` with a key imported once",
    call: verifyOnWebCrypto,
    refuses: "throws",
  },
  {
    name: "@noble/hashes",
    scheme: "hex",
    how: "by hand: its `hmac`, keyed once and cloned, and a comparison in constant time",
    call: verifyOnNoble,
    refuses: "throws",
  },
];
