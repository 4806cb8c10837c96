// The functions that the core calls while it works on a delivery. None may throw: an exception would leave the module's stack
// pointer where it was, and the stack would be used up after some thousand calls.
import { lengthOf, plain } from "./arguments.js";
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";
import { bytesAt, hashAt } from "./memory.js";
import { answerOf, findsVerify } from "./signature.js";

/** The headers of the current delivery. */
let fields;
/** The error that their `get` threw, in an array. */
let failure;
/** Whether their `get` is running. */
let isAsking = false;

/** The function that finds the runtime's own synchronous hashes, and these, once they were found. */
let find;
let hash;
let createHash;
/** The deliveries that the core hashes itself at first: loading the runtime's hash takes longer than a few of them. */
let patience = 32;

/** The size from which a body is hashed where it is. A smaller one is copied in less time than a hash in several steps takes. */
const KEPT_BYTES = 32_768;
let kept;

/** Sets, for an entry, the function that returns `node:crypto` if the runtime has it. */
export function findsHash(its) {
  find = its;
  findsVerify(its);
}

/** Returns whether the host hashes from now on: native code is four times as fast as WebAssembly. */
export function isNative() {
  if (find !== undefined && patience-- <= 0) {
    const ask = find;
    find = undefined;
    ({ hash, createHash } = ask() ?? {});
  }
  return hash !== undefined;
}

export const host = {
  header(name) {
    isAsking = true;
    try {
      return headerText(fields.get(name.toLowerCase()));
    } catch (error) {
      failure = [error];
      return undefined;
    } finally {
      isAsking = false;
    }
  },

  sha256(at, length, to) {
    try {
      return hashAt(hash, at, length, to);
    } catch {
      // It is not asked again, and the core hashes itself.
      hash = undefined;
      return false;
    }
  },

  signature(algorithm, key, keyBytes, content, contentBytes, signed, signedBytes) {
    try {
      return answerOf({
        algorithm,
        key: bytesAt(key, keyBytes),
        content: bytesAt(content, contentBytes),
        signed: bytesAt(signed, signedBytes),
      });
    } catch {
      return 2;
    }
  },

  sha256WithBody(at, length, to) {
    try {
      return hashAt(
        (_, bytes) => createHash("sha256").update(bytes).update(kept).digest("latin1"),
        at,
        length,
        to,
      );
    } catch {
      createHash = undefined;
      return false;
    }
  },
};

/** Returns whether a body is hashed where it is. */
export const keeps = (body) =>
  createHash !== undefined && typeof body !== "string" && lengthOf(body) >= KEPT_BYTES;

/** Sets the body that the core asks to be hashed. */
export const keep = (body) => (kept = plain(body));

/** Forgets that body. */
export const release = () => (kept = undefined);

/** Sets the headers that the core asks for. */
export function ask(headers) {
  if (isAsking)
    throw new WebhookError("invalid_headers", "the headers' `get` must not call this package");
  fields = headers;
}

/** Throws the headers' error, once the core has returned. */
export function rethrow() {
  if (failure === undefined) return;
  const [error] = failure;
  failure = undefined;
  throw error;
}
