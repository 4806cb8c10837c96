// Converts callers' arguments to the core's.
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";

const encoder = new TextEncoder();

/** Returns the body's bytes, as they came. */
export function bytes(body) {
  const given = bytesOrText(body);
  return typeof given === "string" ? encoder.encode(given) : plain(given);
}

/** The most bytes that a body may have: the event of the largest fits in the module's memory, even if every byte is escaped. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Returns the body's bytes, or its text. */
export function bytesOrText(body) {
  let given = bytesOf(body);
  // The limit counts a text's bytes: three for a character at most.
  if (typeof given === "string" && 3 * given.length > MAX_BODY_BYTES) given = encoder.encode(given);
  if (lengthOf(given) > MAX_BODY_BYTES) throw tooLarge();
  return given;
}

export const tooLarge = () =>
  new WebhookError("body_too_large", "the body is larger than 4 MiB: no order webhook is");

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
/** @type {(name: string) => any} */
const own = (name) => Object.getOwnPropertyDescriptor(TypedArray, name)?.get;
const [bufferOf, offsetOf, typedLength] = ["buffer", "byteOffset", "length"].map(own);

/** Returns the length of a text or of an array of bytes: its own, even if a subclass overrides it. */
export const lengthOf = (given) =>
  typeof given === "string" ? given.length : typedLength.call(given);

/** Returns the same bytes as a plain array of bytes. */
export const plain = (given) =>
  new Uint8Array(bufferOf.call(given), offsetOf.call(given), typedLength.call(given));

export function bytesOf(body) {
  if (typeof body === "string") return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) {
    if (body instanceof Uint8Array) return body;
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  }
  throw new WebhookError(
    "invalid_body",
    "the body must be the bytes or the string that came; a parsed body is not what was signed",
  );
}

/** Returns an object whose `get` takes a name in lower case. */
export function lookup(headers) {
  if (headers === null || typeof headers !== "object") {
    throw new WebhookError("invalid_headers", "the headers must be `Headers`, an object or pairs");
  }
  if (typeof headers.get === "function" && !(headers instanceof Map)) return headers;
  return typeof headers[Symbol.iterator] === "function" ? pairs(headers) : new Fields(headers);
}

/** Returns headers as Fetch has them: names in any case, and several values of one name joined. */
function pairs(headers) {
  const values = new Map();
  for (const [name, value] of headers) {
    if (value === undefined || value === null) continue;
    const key = String(name).toLowerCase();
    values.set(key, values.has(key) ? `${values.get(key)}, ${text(value)}` : text(value));
  }
  return values;
}

/** Returns an object's own headers, as Node's `request.headers`. */
class Fields {
  #object;
  #names;
  #pairs;

  constructor(object) {
    this.#object = object;
    this.#names = Object.keys(object);
  }

  keys() {
    return this.#all().keys();
  }

  get(name) {
    const names = this.#names;
    let isThere = false;
    for (let i = 0; i < names.length; i++) {
      if (names[i].length !== name.length) continue;
      if (names[i] === name) isThere = true;
      else if (names[i].toLowerCase() === name) return this.#all().get(name);
    }
    if (!isThere) return undefined;
    const value = this.#object[name];
    return typeof value === "string" ? value : this.#all().get(name);
  }

  /** Returns all of them, for names in another case: made once for all look-ups. */
  #all() {
    this.#pairs ??= pairs(Object.entries(this.#object));
    return this.#pairs;
  }
}

/** Does the same as `lookup`, and can list the headers; if they have only a `get`, lists those that were asked for. */
export function heard(headers) {
  const given = lookup(headers);
  const asked = new Set();
  const get = (name) => {
    asked.add(name);
    return given.get(name);
  };
  // As many as the core looks at, and of the lengths that it looks at.
  /** @type {(pair: string[]) => boolean} */
  const isShort = ([, value]) => value.length <= 8192;
  const names = () =>
    new Set([...asked, ...(typeof given.keys === "function" ? given.keys() : [])]);
  const value = (name) => headerText(given.get(name)) ?? "";
  const listed = () =>
    [...names()]
      .slice(0, 128)
      .map((name) => [name, value(name)])
      .filter(isShort)
      .flat();
  return { get, listed };
}

const text = (value) => (Array.isArray(value) ? value.join(", ") : String(value));

/** Returns one text or many, as a list. An item that is not a text keeps the place of one. */
export const texts = (given) =>
  given === undefined
    ? []
    : [given]
        .flat()
        .slice(0, 64)
        .map((text) => (isText(text) ? text : ""));

const isText = (given) => typeof given === "string" && given.length <= 65_536;

/** Returns the text in the token's place: the end of the address, unless it is given. A value of another type is not a token. */
export function offered({ url = "", offeredToken }) {
  const token = offeredToken ?? lastSegment(String(url));
  return typeof token === "string" ? token : undefined;
}

function lastSegment(url) {
  const path = url.slice(0, Math.min(endBefore(url, "?"), endBefore(url, "#")));
  const end = path.endsWith("/") ? path.length - 1 : path.length;
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end);
}

/** Returns where a text ends, if it ends before a mark. */
function endBefore(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? text.length : at;
}

/**
 * Returns milliseconds since 1970.
 *
 * @param {number | Date} [now]
 */
export function instant(now = Date.now()) {
  const millis =
    typeof now === "number" || (typeof now === "object" && now !== null) ? Number(now) : NaN;
  if (millis >= 0 && millis < Infinity) return millis;
  throw new WebhookError("invalid_now", "`now` must be a `Date`, or milliseconds since 1970");
}
