/** Why a delivery, or a setting, was refused. `code` is stable; the message is for people. */
export class WebhookError extends Error {
  name = "WebhookError";

  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
