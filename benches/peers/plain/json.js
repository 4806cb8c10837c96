// Reads a provider's JSON by the event's contract: ids and amounts are text in the received digits.
import { isAscii, isUtf8 } from "node:buffer";

/** Returns the body's text, or null if it is not UTF-8. */
export function textOf(body) {
  if (isAscii(body)) return body.latin1Slice(0, body.length);
  return isUtf8(body) ? body.utf8Slice(0, body.length) : null;
}

const inDigits = (_, value, { source }) => (typeof value === "number" ? source : value);

/**
 * Parses a body and its text. Numbers stay text if `String` would change their digits. This is five times as slow,
 * and rare.
 */
export function parse(body, text) {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  return JSON.parse(json, isExact(body) ? undefined : inDigits);
}

const [BYTE_ORDER_MARK, QUOTE, BACKSLASH, MINUS, ZERO, NINE] = [0xfeff, 34, 92, 45, 48, 57];

/** Returns whether `String` reproduces every number. A loop over bytes is faster than a regular expression. */
function isExact(body) {
  const { length } = body;
  for (let at = 0; at < length; at++) {
    const code = body[at];
    if (code === QUOTE) {
      at = endOfString(body, at, length);
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const from = at;
      let whole = code !== MINUS;
      let next = body[++at];
      while (at < length && !ENDS_NUMBER[next]) {
        whole &&= next >= ZERO && next <= NINE;
        next = body[++at];
      }
      if (whole && at - from < 16) continue;
      const number = body.latin1Slice(from, at);
      if (String(+number) !== number) return false;
    }
  }
  return true;
}

function endOfString(body, start, length) {
  for (let at = start + 1; at < length; at++) {
    const code = body[at];
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return length;
}

/** The characters that cannot be part of a number. */
const ENDS_NUMBER = Uint8Array.from(
  { length: 128 },
  (_, code) => !/[-+.\deE]/.test(String.fromCharCode(code)),
);

/** Returns a text or a number as text; null if it is blank, or of another type. */
export function text(value) {
  if (typeof value === "string")
    return value.charCodeAt(0) > 32 || value.trim() !== "" ? value : null;
  return typeof value === "number" ? String(value) : null;
}

export function required(value) {
  const found = text(value);
  if (found === null) throw new Error("a field is missing");
  return found;
}

export const object = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;

export function requiredObject(value) {
  const found = object(value);
  if (found === null) throw new Error("an object is missing");
  return found;
}

const MAX_LINES = 1_200;

/** Returns the objects in a list, or the one in the place of a list. */
export function objects(value) {
  const found = (Array.isArray(value) ? value : [value]).filter((entry) => object(entry) !== null);
  if (found.length > MAX_LINES) throw new Error("too many lines");
  return found;
}

/** Returns a whole number, or its digits. */
export function whole(value) {
  const digits = text(value);
  if (digits === null || !/^\+?\d+$/.test(digits)) return null;
  return Number(digits) < 2 ** 32 ? Number(digits) : null;
}

export function money(amount, currency) {
  const digits = text(amount);
  return digits === null ? null : { amount: digits, currency };
}
