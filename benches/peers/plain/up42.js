import { required, requiredObject, text } from "./json.js";
import { listMac } from "./mac.js";
import { utc } from "./moment.js";
import { words } from "./words.js";

const statuses = words([
  ["CREATED", "created"],
  ["BEING_PLACED", "pending"],
  ["PLACED", "confirmed"],
  ["PLACEMENT_FAILED", "attempt_failed"],
  ["BEING_FULFILLED", "processing"],
  ["DELIVERY_INITIALIZATION_FAILED", "attempt_failed"],
  ["DOWNLOAD_FAILED", "attempt_failed"],
  ["DOWNLOADED", "processing"],
  ["FULFILLED", "delivered", true],
  ["FAILED_PERMANENTLY", "failed", true],
  ["CANCELED", "cancelled", true],
  ["NOT_STARTED", "created"],
  ["SUCCEEDED", "delivered", true],
  ["FAILED", "failed", true],
  ["ERROR", "failed", true],
]);

export const up42 = {
  verifier: ({ secret }) => listMac(secret),
  read(post, { zone }) {
    const body = requiredObject(post.body);
    const now = required(body.status);
    const to = statuses(now);
    return {
      id: required(post.messageId),
      time: utc(post.timestamp, zone),
      test: post.liveMode === false,
      order: {
        id: required(text(body.orderId) ?? text(body.jobId) ?? body.id),
        reference: null,
        tracking_number: null,
        tracking_url: null,
        carrier: null,
        created_at: null,
        estimated_delivery: null,
      },
      status: {
        now: to.now,
        phase: to.phase,
        reason: null,
        was: null,
        final: typeof body.statusIsFinal === "boolean" ? body.statusIsFinal : to.final,
        documented: to.documented,
        provider_event: text(post.event),
        provider_now: now,
        provider_was: null,
      },
    };
  },
};
