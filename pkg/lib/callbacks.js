// What the core asks for while it works on a delivery. Nothing that it calls may throw: an exception would leave the module's
// stack where it was, and it would end for want of stack some thousand calls later.
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";
import { hashAt } from "./memory.js";

/** The headers of the delivery that is worked on. */
let fields;
/** What their `get` threw, in an array. */
let failure;
/** Whether that is running. */
let isAsking = false;

/** What gives the runtime's own hash, where it has one that returns at once; and that hash, once it was asked for. */
let find;
let hash;
/** Deliveries that the core hashes by itself first: to load the runtime's hash takes longer than a few of them. */
let patience = 32;

/** Said by an entry: what gives `hash` of `node:crypto`, as far as the runtime has it. */
export const findsHash = (its) => (find = its);

/** Whether the host hashes from now on: native code is four times as fast as WebAssembly. */
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
      // It is not asked again, and the core hashes by itself.
      hash = undefined;
      return false;
    }
  },
};

/** Makes these the headers that the core asks for. */
export function ask(headers) {
  if (isAsking)
    throw new WebhookError("invalid_headers", "the headers' `get` must not call this package");
  fields = headers;
}

/** Throws what the headers threw, once the core has returned. */
export function rethrow() {
  if (failure === undefined) return;
  const [error] = failure;
  failure = undefined;
  throw error;
}
