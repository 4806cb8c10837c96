// What orderhook's words mean to those who read the page.

/** The statuses by phase, as docs and events have them. */
export const PHASES = {
  open: [
    ...["created", "pending", "confirmed", "assigned", "processing", "picked", "preparing"],
    ...["packed", "info_received"],
  ],
  moving: ["shipped", "in_transit", "out_for_delivery", "ready_for_pickup"],
  problem: [
    ...["attempt_failed", "postponed", "on_hold", "exception", "expired"],
    "cancellation_pending",
  ],
  returning: ["returning", "returned", "return_received"],
  closed: [
    ...["delivered", "cancelled", "declined", "rejected", "failed", "refunded"],
    "returned_to_stock",
  ],
  other: ["test", "unknown"],
};

export const STATUSES = Object.values(PHASES).flat();

/** Returns a word as people write it: `out_for_delivery` becomes `out for delivery`. */
export const plain = (word) => word.replaceAll("_", " ");

/** Returns the tone of a status: `good`, `bad`, `warn`, `move` or `calm`. */
export function toneOf(status) {
  if (status === "delivered") return "good";
  if (["failed", "rejected", "declined"].includes(status)) return "bad";
  const phase = Object.keys(PHASES).find((phase) => PHASES[phase].includes(status));
  return { problem: "warn", returning: "warn", moving: "move" }[phase] ?? "calm";
}

/** What verdicts mean. */
export const VERDICTS = {
  fresh: "new",
  repeat: "nothing new",
  out_of_order: "late, fills a gap",
  stale: "late, nothing new",
};

/** The states of a delivery: a word, a tone, and a meaning. */
export const STATES = {
  due: ["waiting", "move", "An attempt follows."],
  leased: ["being sent", "move", "An attempt is being made."],
  done: ["delivered", "good", "The endpoint has taken it."],
  dead: ["failed", "bad", "No attempt follows."],
  held: ["held", "warn", "The endpoint is paused or disabled."],
};

/** The same of a delivery that is due after an attempt that failed. */
export const RETRIED = ["to be retried", "warn", "An attempt has failed, and another follows."];

export const FORMATS = {
  cloudevents: "CloudEvents: the event as JSON, signed",
  payload: "Payload: the provider's own body, signed",
  slack: "Slack: a message for an incoming webhook",
};

export const TYPES = {
  "orderhook.order.status.v1": "order status",
  "orderhook.delivery.unrecognized.v1": "delivery that was not understood",
};

/** Returns a type in words; a type that the page does not know is shown as it is. */
export const typeInWords = (type) =>
  TYPES[type] ?? plain(type.replace(/^orderhook\.(operational\.)?/, "").replace(/\.v\d+$/, ""));

/** Why an attempt has no answer. */
export const NOTES = {
  timeout: "no answer within 15 seconds",
  unreachable: "the server could not be reached",
  unanswered: "the connection ended without an answer",
  late: "the answer came too late",
  unreadable: "the endpoint's secret cannot be decrypted",
  payload_gone: "the body is no longer kept",
  payload_changed: "the kept body is another one",
  payload_missing: "the body is not there yet",
  no_payload: "the event has no body to send",
};

/** Returns the answer of an attempt in words. */
export function answerInWords(status, note) {
  if (status !== null && status !== undefined) return `${status}`;
  return note ? (NOTES[note] ?? plain(note)) : "none yet";
}
