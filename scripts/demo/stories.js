// Lives of orders: what each provider sends of one, by the names of the samples in `providers/`.

/**
 * `late` is the place in the story of an event that arrives at its end.
 *
 * @type {{ provider: string, title: string, events: string[], late?: number }[]}
 */
export const STORIES = [
  {
    provider: "standard-webhooks",
    title: "from the basket to the door",
    events: ["created", "confirmed", "packed", "shipped", "out-for-delivery", "delivered"],
  },
  {
    provider: "standard-webhooks",
    title: "delivered, sent back, and in stock again",
    events: [
      ...["created", "confirmed", "shipped", "delivered"],
      ...["return-received", "returned-to-stock"],
    ],
  },
  {
    provider: "standard-webhooks",
    title: "cancelled before it is packed",
    events: ["created", "confirmed", "cancellation-pending", "cancelled"],
  },
  {
    provider: "wakilni",
    title: "nobody is at home, and a second attempt is made",
    events: [
      ...["order-created", "order-confirmed", "order-assigned", "order-processed"],
      ...["order-failed", "order-postponed", "order-completed"],
    ],
  },
  {
    provider: "wakilni",
    title: "refused at the door",
    events: ["order-created", "order-assigned", "order-processed", "order-completed-rejected"],
  },
  {
    provider: "wegocod",
    title: "comes back, and is delivered after all; one event comes late, and changes nothing",
    events: [
      ...["pending", "picked-up", "preparing", "prepared", "out-for-delivery"],
      ...["returned", "delivered-after-return"],
    ],
    late: 2,
  },
  {
    provider: "wegocod",
    title: "comes back for good",
    events: [
      ...["pending", "picked-up", "prepared", "out-for-delivery"],
      ...["returned", "return-received", "returned-to-stock"],
    ],
  },
  {
    provider: "up42",
    title: "a satellite image",
    events: ["created", "being-placed", "placed", "being-fulfilled", "downloaded", "fulfilled"],
  },
  {
    provider: "up42",
    title: "a satellite image that cannot be taken",
    events: ["created", "being-placed", "placement-failed", "failed-permanently"],
  },
  {
    provider: "gooten",
    title: "a printed poster",
    events: [
      ...["new", "payment-processing", "in-production"],
      ...["out-for-delivery", "shipped", "delivered"],
    ],
  },
  {
    provider: "gooten",
    title: "a poster whose picture is too small, paid back",
    events: ["new", "image-issue", "canceled-refunded"],
  },
];

/** The statuses in the order in which an order usually has them. */
const USUAL = [
  ...["created", "pending", "confirmed", "info_received", "assigned", "processing", "on_hold"],
  ...["preparing", "picked", "packed", "ready_for_pickup", "shipped", "in_transit", "exception"],
  ...["out_for_delivery", "attempt_failed", "postponed", "delivered", "returning"],
  ...["return_received", "returned", "cancelled", "declined", "rejected", "failed", "refunded"],
];

/**
 * Returns a life of an order of any provider: its samples that say which order they are about and
 * which status it has, in the usual order of these statuses, up to the first final one.
 */
export function lifeOf(samples) {
  const known = samples.filter(
    ({ order, status, test }) => order !== undefined && USUAL.includes(status) && !test,
  );
  known.sort((a, b) => USUAL.indexOf(a.status) - USUAL.indexOf(b.status));
  const end = known.findIndex(({ final }) => final);
  return end < 0 ? known : known.slice(0, end + 1);
}
