// Lays a delivery out in the module's memory, where the core reads it: one copy, and one call with numbers. What stands
// where is described in the core's `room`.
import { room } from "./dist/orderhook.js";
import { WebhookError } from "./error.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let memory;
let view = new Uint8Array(0);
let start = 0;
let capacity = 0;
let end = 0;

/** The module's memory: said once, when it is loaded. */
export const live = (its) => (memory = its);

/** Lays out a body of bytes, or of text as UTF-8; gives its length in bytes. `texts` are laid out behind it by `layText`. */
export function layBody(body, texts) {
  const isText = typeof body === "string";
  let needed = isText ? 3 * body.length : body.length;
  // A text takes three bytes a character at most, and four for its length.
  for (let i = 0; i < texts.length; i++) needed += 4 + (texts[i] === undefined ? 0 : 3 * texts[i].length);
  makeRoom(needed);
  if (isText) {
    end = start + encoder.encodeInto(body, view.subarray(start)).written;
  } else {
    view.set(body, start);
    end = start + body.length;
  }
  const length = end - start;
  for (let i = 0; i < texts.length; i++) layText(texts[i]);
  return length;
}

/** The bytes of the texts that were laid out behind a body of this length. */
export const textsLength = (body) => end - start - body;

function makeRoom(needed) {
  if (needed > capacity) {
    // The next power of two: not every delivery that is a little larger moves it.
    const wanted = 2 ** (32 - Math.clz32(needed - 1));
    start = room(wanted);
    capacity = start === 0 ? 0 : wanted;
    if (start === 0) throw new WebhookError("invalid_headers", "the headers and the URL do not fit in the module's memory");
  }
  // Whatever grew the memory left the old view without any.
  if (view.length === 0) view = new Uint8Array(memory.buffer);
}

function layText(text) {
  const from = end + 4;
  if (text === undefined) {
    view.fill(255, end, from);
    end = from;
    return;
  }
  const { length } = text;
  let at = 0;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) break;
    view[from + at] = code;
  }
  if (at < length) at += encoder.encodeInto(text.slice(at), view.subarray(from + at)).written;
  view[end] = at;
  view[end + 1] = at >> 8;
  view[end + 2] = at >> 16;
  view[end + 3] = at >> 24;
  end = from + at;
}

/** The text of a body that is UTF-8. A byte order mark is part of it. */
export function textOf(body) {
  if (typeof body !== "string") return decoder.decode(body);
  return body.isWellFormed?.() ? body : decoder.decode(encoder.encode(body));
}

/** Hashes what stands at an address, and writes the hex digits to another. */
export function hashAt(hash, at, length, to) {
  const digits = hash("sha256", view.subarray(at, at + length), "hex");
  for (let i = 0; i < 64; i++) view[to + i] = digits.charCodeAt(i);
}
