import { object, objects, required, requiredObject, text } from "./json.js";
import { bodyMac } from "./mac.js";
import { utc } from "./moment.js";
import { words } from "./words.js";

const events = words([
  ["Order Created", "created"],
  ["Order Confirmed", "confirmed"],
  ["Order Declined", "declined", true],
  ["Order Assigned", "assigned"],
  ["Order Processed", "processing"],
  ["Order Canceled", "cancelled", true],
  ["Order Postponed", "postponed"],
  ["Order Completed", "delivered", true],
  ["Order Completed Rejected", "rejected", true],
  ["Order Closed Failed", "failed", true],
  ["Order Pending Cancelation", "cancellation_pending"],
  ["Order Failed", "attempt_failed"],
  ["Order Ready for Self-Pickup", "ready_for_pickup"],
]);

const statuses = words([
  ["Pending", "pending"],
  ["Created", "created"],
  ["Confirmed", "confirmed"],
  ["Declined", "declined", true],
  ["Assigned", "assigned"],
  ["Processed", "processing"],
  ["Canceled", "cancelled", true],
  ["Postponed", "postponed"],
  ["Completed", "delivered", true],
  ["Completed Rejected", "rejected", true],
  ["Closed Failed", "failed", true],
  ["Pending Cancelation", "cancellation_pending"],
  ["Failed", "attempt_failed"],
  ["Ready for Self-Pickup", "ready_for_pickup"],
]);

export const wakilni = {
  verifier: ({ secret }) => bodyMac(secret, "base64"),
  attempt: "x-attempt-number",
  read(body, { zone }) {
    const data = requiredObject(body.data);
    const event = required(body.event);
    const [now, was] = [text(data.new_status), text(data.previous_status)];
    const told = events(event);
    const word = told.documented ? told : statuses(now);
    const office = objects(data.location)[0];
    return {
      id: required(body.event_id),
      time: utc(body.timestamp, zone),
      order: {
        id: required(data.order_id),
        reference: null,
        tracking_number: text(data.waybill),
        tracking_url: null,
        carrier: null,
        created_at: utc(data.created_at, zone),
        estimated_delivery: null,
      },
      status: {
        now: word.now,
        phase: word.phase,
        reason: null,
        was: was === null ? null : statuses(was).now,
        final: word.final,
        documented: told.documented,
        provider_event: event,
        provider_now: now,
        provider_was: was,
      },
      driver: contact(data.driver_name, data.driver_phone),
      pickup: object(office) && contact(office.office_name, office.phone_number),
    };
  },
};

function contact(name, phone) {
  const found = { name: text(name), phone: text(phone) };
  return found.name === null && found.phone === null ? null : found;
}
