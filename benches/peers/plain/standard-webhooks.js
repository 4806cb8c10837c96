import { required, requiredObject, text } from "./json.js";
import { standardMac } from "./mac.js";
import { utc } from "./moment.js";
import { words } from "./words.js";

const OPEN = [
  ...["created", "pending", "confirmed", "assigned", "processing", "picked", "preparing", "packed"],
  ...["info_received", "ready_for_pickup", "shipped", "in_transit", "out_for_delivery"],
  ...["postponed", "on_hold", "exception", "attempt_failed", "cancellation_pending", "expired"],
  ...["returning", "return_received", "test"],
];
const LAST = [
  ...["delivered", "cancelled", "declined", "rejected", "failed", "refunded", "returned"],
  "returned_to_stock",
];

const statuses = words([
  ...OPEN.map((word) => [word, word]),
  ...LAST.map((word) => [word, word, true]),
]);

export const standardWebhooks = {
  verifier: ({ secret }) => standardMac(secret),
  read(body, { delivery, zone }) {
    const data = requiredObject(body.data);
    const now = required(data.status);
    const to = statuses(now);
    return {
      id: delivery.headers["webhook-id"],
      time: utc(body.timestamp, zone),
      test: to.now === "test",
      order: {
        id: required(text(data.order_id) ?? data.id),
        reference: null,
        tracking_number: text(data.tracking_number),
        tracking_url: text(data.tracking_url),
        carrier: null,
        created_at: null,
        estimated_delivery: null,
      },
      status: {
        now: to.now,
        phase: to.phase,
        reason: null,
        was: null,
        final: to.final,
        documented: to.documented,
        provider_event: text(body.type),
        provider_now: now,
        provider_was: null,
      },
    };
  },
};
