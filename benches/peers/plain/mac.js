// The providers' schemes on `node:crypto`. Each returns a function that returns what proves a delivery, or throws.
import { createHmac, createSecretKey, hash, timingSafeEqual } from "node:crypto";

const TAG = { hex: /^[0-9a-f]{64}$/, base64: /^[A-Za-z0-9+/]{43}=$/ };

class Refused extends Error {}

const keyed = (bytes) => {
  const key = createSecretKey(bytes);
  return () => createHmac("sha256", key);
};

function header(headers, name) {
  const value = headers[name];
  if (typeof value !== "string") throw new Refused("missing_signature");
  return value;
}

/** Compares texts: reading the digest as bytes and decoding the tag takes longer. */
const same = (tag, expected) =>
  timingSafeEqual(Buffer.from(tag, "latin1"), Buffer.from(expected, "latin1"));

function compare(tag, encoding, mac) {
  if (!TAG[encoding].test(tag)) throw new Refused("malformed_signature");
  if (!same(tag, mac.digest(encoding))) throw new Refused("signature_mismatch");
}

/** Verifies WeGoCod's and Wakilni's signatures: over the body. */
export function bodyMac(secret, encoding) {
  const mac = keyed(Buffer.from(secret));
  return ({ headers, body }) => {
    const tag = header(headers, "x-webhook-signature");
    compare(tag, encoding, mac().update(body));
    return "body_signed";
  };
}

/** Verifies those of Standard Webhooks: over the id, the time and the body. */
export function standardMac(secret) {
  const mac = keyed(Buffer.from(secret.slice("whsec_".length), "base64"));
  return ({ headers, body, now = Date.now() }) => {
    const id = header(headers, "webhook-id");
    const seconds = header(headers, "webhook-timestamp");
    const tags = header(headers, "webhook-signature");
    if (id === "" || id.includes(".") || !/^\d{1,15}$/.test(seconds))
      throw new Refused("malformed_signature");
    if (Math.abs(Math.floor(now / 1000) - seconds) > 300)
      throw new Refused("timestamp_out_of_tolerance");
    const expected = mac().update(`${id}.${seconds}.`).update(body).digest("base64");
    for (const tag of tags.split(" ")) {
      if (!tag.startsWith("v1,") || !TAG.base64.test(tag.slice(3))) continue;
      if (same(tag.slice(3), expected)) return "body_signed";
    }
    throw new Refused("signature_mismatch");
  };
}

const INPUT = /^([\w!#$%&'*+.^`|~-]+)=\( *"([^"]+(?:" +"[^"]+)*)" *\)((?:; *[^;]+)*)$/;
const SIGNATURE = /^([\w!#$%&'*+.^`|~-]+)=:?([A-Za-z0-9+/]{43}=):?$/;
const CREATED = /; *created=(\d{1,15})(?=;|$)/;

/** Verifies UP42's: over the values of the headers that another header lists, a digest of the body among them. */
export function listMac(secret) {
  const mac = keyed(Buffer.from(secret));
  return ({ headers, body, now = Date.now() }) => {
    const [, label, list, parameters] =
      INPUT.exec(header(headers, "signature-input")) ?? malformed();
    const [, again, tag] = SIGNATURE.exec(header(headers, "signature")) ?? malformed();
    const age = Math.floor(now / 1000) - (CREATED.exec(parameters) ?? malformed())[1];
    if (again !== label) malformed();
    if (Math.abs(age) > 299) throw new Refused("timestamp_out_of_tolerance");
    const names = list.toLowerCase().split(/" +"/);
    const content = names.map((name) => header(headers, name)).join("");
    compare(tag, "base64", mac().update(content));
    if (!names.includes("digest")) throw new Refused("body_not_authenticated");
    if (headers.digest !== `SHA-256=${hash("sha256", body, "base64")}`)
      throw new Refused("digest_mismatch");
    return "body_signed";
  };
}

function malformed() {
  throw new Refused("malformed_signature");
}

/** Verifies Gooten's token: the last part of the URL's path. */
export function urlToken(token) {
  const right = Buffer.from(token);
  return ({ url }) => {
    const end = url.indexOf("?");
    const path = (end < 0 ? url : url.slice(0, end)).replace(/\/$/, "");
    const offered = Buffer.from(path.slice(path.lastIndexOf("/") + 1));
    if (offered.length !== right.length || !timingSafeEqual(offered, right))
      throw new Refused("body_not_authenticated");
    return "url_token";
  };
}
