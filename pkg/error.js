/** Why a delivery, or a setting, was refused. `code` is stable; the message is for people. */
export class WebhookError extends Error {
  name = "WebhookError";

  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Runs `work` in the core, and makes a WebhookError of the text that it throws. */
export function rethrown(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof WebhookError) throw error;
    if (typeof error === "string") {
      const at = error.indexOf("\n");
      throw new WebhookError(error.slice(0, at), error.slice(at + 1));
    }
    throw error;
  }
}
