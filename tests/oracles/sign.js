// What every provider's signature is made of.
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

/** HMAC-SHA256 over the parts, joined with nothing. `key` and each part: a string (UTF-8) or bytes. */
export function hmac(encoding, key, ...parts) {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}

export const sha256 = (bytes, encoding = "hex") =>
  createHash("sha256").update(bytes).digest(encoding);

/** A sample's bytes as text, as the provider's page has it. */
export const sample = (name) =>
  readFileSync(new URL(`../vectors/samples/${name}.json`, import.meta.url), "utf8");

/** Changes one digit or letter of a tag, so that it stays well-formed. */
export const otherTag = (tag) => (tag.startsWith("0") ? "1" : "0") + tag.slice(1);
