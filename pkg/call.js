// Calls into the core.
import { WebhookError } from "./error.js";

let isLoaded = false;

/** Said by an entry, once the module is there. */
export const loaded = () => (isLoaded = true);

/** Runs `work` in the core, and makes a WebhookError of the text that it throws: the code and the message, on two lines. */
export function call(work) {
  if (!isLoaded) throw new WebhookError("not_initialized", "the module is not loaded: `await init()` first");
  try {
    return work();
  } catch (error) {
    if (typeof error !== "string") throw error;
    const at = error.indexOf("\n");
    throw new WebhookError(error.slice(0, at), error.slice(at + 1));
  }
}
