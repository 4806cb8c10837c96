// What the core asks for while it works on a delivery. Nothing that it calls may throw: an exception would leave the module's
// stack where it was, and it would end for want of stack some thousand calls later.
import { WebhookError } from "./error.js";
import { hashAt } from "./room.js";

/** The headers of the delivery that is worked on. */
let fields;
/** What their `get` threw, in an array. */
let failure;
/** Whether that is running. */
let isAsking = false;

export const host = {
  /** `hash` of `node:crypto`, where the runtime has it: native code hashes four times as fast as WebAssembly. */
  hash: undefined,

  header(name) {
    isAsking = true;
    try {
      return textOrNothing(fields.get(name.toLowerCase()));
    } catch (error) {
      failure = [error];
      return undefined;
    } finally {
      isAsking = false;
    }
  },

  sha256(at, length, to) {
    hashAt(host.hash, at, length, to);
  },
};

/** Makes these the headers that the core asks for. */
export function ask(headers) {
  if (isAsking) throw new WebhookError("invalid_headers", "the headers' `get` must not call this package");
  fields = headers;
}

/** Throws what the headers threw, once the core has returned. */
export function rethrow() {
  if (failure === undefined) return;
  const [error] = failure;
  failure = undefined;
  throw error;
}

/** A header's value as text. */
export const textOrNothing = (value) => (value === undefined || value === null ? undefined : String(value));
