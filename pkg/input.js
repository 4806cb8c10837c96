// What callers have, as the core takes it.
import { WebhookError } from "./error.js";

const encoder = new TextEncoder();

/** The body's bytes, as they came. */
export function bytes(body) {
  if (body instanceof Uint8Array) return body;
  if (typeof body === "string") return encoder.encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new WebhookError(
    "invalid_body",
    "the body must be the bytes or the string that came; a parsed body is not what was signed",
  );
}

/** Something with a `get` that takes a name in lower case. */
export function lookup(headers) {
  if (headers === null || typeof headers !== "object") {
    throw new WebhookError("invalid_headers", "the headers must be `Headers`, an object or pairs");
  }
  if (typeof headers.get === "function" && !(headers instanceof Map)) return headers;
  return new Pairs(typeof headers[Symbol.iterator] === "function" ? headers : Object.entries(headers));
}

/** Headers as Fetch has them: names in any case, and several of one name joined. */
class Pairs {
  #values = new Map();

  constructor(pairs) {
    for (const [name, value] of pairs) {
      if (value === undefined || value === null) continue;
      const key = String(name).toLowerCase();
      const text = Array.isArray(value) ? value.join(", ") : String(value);
      this.#values.set(key, this.#values.has(key) ? `${this.#values.get(key)}, ${text}` : text);
    }
  }

  get(name) {
    return this.#values.get(name.toLowerCase());
  }
}

/** One secret or many. */
export const list = (secrets) => (secrets === undefined ? [] : [secrets].flat().map(String));

/** Milliseconds since 1970. */
export const instant = (now = Date.now()) => Number(now);
