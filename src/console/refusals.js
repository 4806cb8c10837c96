// The receiver's answers by code: how each counts, what it usually means, and what to do.

/** @typedef {{ kind: "taken" | "refused" | "failed", means: string, mend?: string }} About */

/** @type {Record<string, About>} */
export const ANSWERS = {
  accepted: { kind: "taken", means: "A new event, which was queued." },
  duplicate: { kind: "taken", means: "A copy of an event that was taken before." },
  ready: { kind: "taken", means: "A test of the provider's, or a handshake." },
  ignored: { kind: "taken", means: "Authentic, but it says nothing of an order's state." },
  signature_mismatch: {
    kind: "refused",
    means: "The secret differs from the provider's, or something changed the body on its way.",
    mend: "Compare the secret with the one that the provider shows. Explain finds the cause.",
  },
  missing_signature: {
    kind: "refused",
    means: "The header that signs is missing: the sender is somebody else, or signing is off.",
    mend: "Turn signing on at the provider. See that no proxy drops the header.",
  },
  malformed_signature: {
    kind: "refused",
    means: "The signature is there, but not in the form that this provider uses.",
    mend: "Check that the source names the right provider, and the right scheme of it.",
  },
  digest_mismatch: {
    kind: "refused",
    means: "The signature holds, but it covers another body.",
    mend: "Something between the provider and the receiver changes bodies: find it.",
  },
  timestamp_out_of_tolerance: {
    kind: "refused",
    means: "It was signed too long ago: an old delivery that was sent again, or a wrong clock.",
    mend: "Have the provider send it anew. If it happens often, the provider's clock is wrong.",
  },
  body_not_authenticated: {
    kind: "refused",
    means: "The signature does not cover the body, and the source has no token.",
    mend: "Give the source a token, and the provider the address that ends with it.",
  },
  verification_unavailable: {
    kind: "failed",
    means: "The provider's public keys could not be fetched.",
    mend: "Check the address of the keys. The provider tries again.",
  },
  source_not_configured: {
    kind: "failed",
    means: "A variable or a secret of the source is missing or wrong.",
    mend: "The source's page says what is wrong: mend it and deploy. The provider tries again.",
  },
  body_too_large: {
    kind: "refused",
    means: "The body is larger than the receiver takes.",
    mend: "Ask the provider for smaller deliveries, or raise the limit.",
  },
  body_unreadable: { kind: "refused", means: "The connection broke before the body was whole." },
  overloaded: { kind: "failed", means: "Too many large bodies at once. The provider tries again." },
  queue_unavailable: {
    kind: "failed",
    means: "The queue did not confirm the event. The provider tries again.",
  },
  copy_in_progress: {
    kind: "failed",
    means: "A copy of the same delivery was being taken. The provider tries again.",
  },
  too_many_hops: {
    kind: "refused",
    means: "The event goes in a circle.",
    mend: "Change the URL or the filter of the endpoint that leads back.",
  },
};

/** @type {About} */
const UNKNOWN = { kind: "refused", means: "A code that this page does not know." };

/** Returns what is known of a code. */
export const aboutCode = (code) => (Object.hasOwn(ANSWERS, code) ? ANSWERS[code] : UNKNOWN);

/** The tone in which a kind of answer is shown. */
export const KIND_TONES = { taken: "good", refused: "warn", failed: "bad" };

/** Returns how many deliveries were taken, refused and failed, of counts by code. */
export function byKind(deliveries) {
  const sums = { taken: 0, refused: 0, failed: 0 };
  for (const { code, count } of deliveries) sums[aboutCode(code).kind] += count;
  return sums;
}
