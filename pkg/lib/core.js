// Calls into the core.
import { WebhookError } from "./error.js";
import { live } from "./memory.js";

let isLoaded = false;

/** Said by an entry, once the module is there: what it exports. */
export function loaded({ memory }) {
  live(memory);
  isLoaded = true;
}

/** Runs `work` in the core, and makes a WebhookError of the text that it throws: the code and the message, on two lines. */
export function call(work) {
  if (!isLoaded)
    throw new WebhookError("not_initialized", "the module is not loaded: `await init()` first");
  try {
    return work();
  } catch (error) {
    throw typeof error === "string" ? thrown(error) : error;
  }
}

/** The WebhookError of what the core says. */
export function thrown(text) {
  const at = text.indexOf("\n");
  return new WebhookError(text.slice(0, at), text.slice(at + 1));
}
