// Calls into the core.
import { WebhookError } from "./error.js";
import { live } from "./memory.js";

let isLoaded = false;

/** Said by an entry, once the module is there: what it exports. */
export function loaded({ memory }) {
  live(memory);
  isLoaded = true;
}

/**
 * Runs `work` in the core, and makes a WebhookError of what it throws: a code and a message.
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
