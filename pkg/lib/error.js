/**
 * The HTTP status that answers each refusal of a delivery.
 *
 * @type {Partial<Record<import("../index.js").Code, 401 | 413 | 503>>}
 */
const STATUSES = {
  missing_signature: 401,
  malformed_signature: 401,
  signature_mismatch: 401,
  digest_mismatch: 401,
  timestamp_out_of_tolerance: 401,
  body_not_authenticated: 401,
  body_too_large: 413,
  verification_unavailable: 503,
};

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
    this.status = STATUSES[code];
  }
}
