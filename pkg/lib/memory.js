// Lays a delivery out in the module's memory, where the core reads it: one copy, and one call with numbers. The layout is
// described in the sources of the module, in `memory.rs`.
import { reserve } from "../dist/orderhook.js";
import { lengthOf } from "./arguments.js";
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let memory;
let view = new Uint8Array(0);
let words = new Int32Array(0);
let start = 0;
let capacity = 0;
let end = 0;

/** The module's memory: set once, when the module is loaded. */
export const live = (its) => (memory = its);

/** The most bytes that are reserved: more than the largest body, written as text, and its headers take. */
const MAX_BYTES = 2 ** 25;

/** Lays out a body of bytes or of text, followed by the headers' values and other texts. Returns the body's length in bytes. */
export function layBody(body, values, texts) {
  const isText = typeof body === "string";
  const given = lengthOf(body);
  makeRoom((isText ? 3 * given : given) + roomFor(values) + roomFor(texts));
  if (isText) {
    end = start + encoder.encodeInto(body, view.subarray(start)).written;
  } else {
    copy(body);
    end = start + given;
  }
  const length = end - start;
  for (let i = 0; i < values.length; i++) layText(values[i], true);
  for (let i = 0; i < texts.length; i++) layText(texts[i], false);
  return length;
}

/** Returns the bytes that texts take at most: three a character, and four for the length. */
function roomFor(texts) {
  let bytes = 0;
  for (let i = 0; i < texts.length; i++)
    bytes += 4 + (texts[i] === undefined ? 0 : 3 * texts[i].length);
  return bytes;
}

function copy(body) {
  try {
    view.set(body, start);
  } catch {
    throw new WebhookError(
      "invalid_body",
      "the body's bytes are gone: they were transferred to somebody else",
    );
  }
}

/** Returns the bytes of the texts that were laid out after a body of this length. */
export const textsLength = (body) => end - start - body;

function makeRoom(needed) {
  if (needed > capacity) {
    // The next power of two, so that a slightly larger delivery does not reserve again.
    const wanted = 2 ** (32 - Math.clz32(needed - 1));
    capacity = 0;
    start = needed > MAX_BYTES ? 0 : reserve(wanted);
    if (start === 0)
      throw new WebhookError(
        "invalid_headers",
        "the headers and the URL do not fit in the module's memory",
      );
    capacity = wanted;
  }
  look();
}

/** Forgets the reserved place: a core that ended in a trap has lost it. */
export const forget = () => (capacity = 0);

/** Renews the views of the memory. Growing the memory detaches the old ones, and the core may do so during a delivery. */
function look() {
  if (view.length > 0) return;
  view = new Uint8Array(memory.buffer);
  words = new Int32Array(memory.buffer);
  if (reads !== undefined) read = reads(memory.buffer);
}

/** Returns the memory as numbers: they hold until the next call into the module. */
export function numbers() {
  look();
  return words;
}

/** The function that reads a text of the memory, and the one that makes it for a memory that has grown. */
let read = (start, end, _isAscii) => decoder.decode(view.subarray(start, end));
let reads;

/** Sets, for an entry, a faster way to read texts: given the memory's buffer, it returns a function like `read`. */
export const readsWith = (its) => (reads = its);

/** Returns the text at an address, of so many bytes of UTF-8. */
export const textAt = (address, length, isAscii) => read(address, address + length, isAscii);

function layText(text, isHeader) {
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
  if (at < length)
    at = encoder.encodeInto(isHeader ? headerText(text) : text, view.subarray(from)).written;
  view[end] = at;
  view[end + 1] = at >> 8;
  view[end + 2] = at >> 16;
  view[end + 3] = at >> 24;
  end = from + at;
}

/** Returns the text of a body that is UTF-8. A byte order mark is part of it. */
export function textOf(body) {
  if (typeof body !== "string") return decoder.decode(body);
  return body.isWellFormed?.() ? body : decoder.decode(encoder.encode(body));
}

/** Returns a copy of the bytes at an address. */
export function bytesAt(at, length) {
  look();
  return view.slice(at, at + length);
}

/** Hashes the bytes at an address, writes the digest to another, and returns whether it was a digest. */
export function hashAt(hash, at, length, to) {
  look();
  // A text whose characters are bytes: every runtime is slower with an array of them.
  const digest = hash("sha256", view.subarray(at, at + length), "latin1");
  if (digest.length !== 32) return false;
  for (let i = 0; i < 32; i++) view[to + i] = digest.charCodeAt(i);
  return true;
}
