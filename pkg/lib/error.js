/** Says why a delivery, or a setting, was refused. `code` is stable; the message is for people. */
export class WebhookError extends Error {
  name = "WebhookError";

  /**
   * @param {import("../index.js").Code} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
