// Calls into the core.
import { WebhookError } from "./error.js";
import { live } from "./memory.js";

let isLoaded = false;

/** Sets, for an entry, the exports of the loaded module. */
export function loaded({ memory }) {
  live(memory);
  isLoaded = true;
}

/**
 * Runs `work` in the core, and turns what it throws into a WebhookError: a code and a message.
 *
 * @template T
 * @param {() => T} work
 */
export function call(work) {
  if (!isLoaded)
    throw new WebhookError("not_initialized", "the module is not loaded: `await init()` first");
  try {
    return work();
  } catch (error) {
    throw Array.isArray(error) ? thrown(error) : error;
  }
}

/**
 * Returns the WebhookError of a code and a message.
 *
 * @param {any[]} told
 */
export const thrown = ([code, message]) => new WebhookError(code, message);
