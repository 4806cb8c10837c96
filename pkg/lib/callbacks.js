// The functions that the core calls while it works on a delivery. None may throw: an exception would leave the module's stack
// pointer where it was, and the stack would be used up after some thousand calls.
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";
import { hashAt } from "./memory.js";

/** The headers of the current delivery. */
let fields;
/** The error that their `get` threw, in an array. */
let failure;
/** Whether their `get` is running. */
let isAsking = false;

/** The function that finds the runtime's own synchronous hash; and that hash, once it was asked for. */
let find;
let hash;
/** Deliveries that the core hashes itself at first: loading the runtime's hash takes longer than a few of them. */
let patience = 32;

/** Sets, for an entry, the function that returns `hash` of `node:crypto` if the runtime has it. */
export const findsHash = (its) => (find = its);

/** Returns whether the host hashes from now on: native code is four times as fast as WebAssembly. */
export function isNative() {
  if (find !== undefined && patience-- <= 0) {
    const ask = find;
    find = undefined;
    hash = ask();
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
};

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
