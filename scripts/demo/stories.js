// Lives of orders: the deliveries of each, in the order in which they arrive, by the names of the samples in `providers/`.

/** The time between two events of a story. */
export const STEP_MS = 2 * 3_600_000;

/**
 * `late` is the place in the story of an event that arrives at its end.
 *
 * @type {{ provider: string, title: string, events: string[], late?: number }[]}
 */
export const STORIES = [
  {
    provider: "standard-webhooks",
    title: "an order of your own shop, from the basket to the door",
    events: ["created", "confirmed", "packed", "shipped", "out-for-delivery", "delivered"],
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
    provider: "wegocod",
    title:
      "refused at the door, and delivered after all; one event comes late, and changes nothing",
    events: [
      ...["pending", "picked-up", "preparing", "prepared", "out-for-delivery"],
      ...["returned", "delivered-after-return"],
    ],
    late: 2,
  },
  {
    provider: "up42",
    title: "a satellite image",
    events: ["created", "being-placed", "placed", "being-fulfilled", "downloaded", "fulfilled"],
  },
  {
    provider: "gooten",
    title: "a printed poster",
    events: [
      "new",
      "payment-processing",
      "in-production",
      "out-for-delivery",
      "shipped",
      "delivered",
    ],
  },
];

/** Returns a story's deliveries in the order in which they arrive: each event's name, and the moment that it is about. */
export function arrivals({ events, late }, now) {
  const moment = (at) => now - (events.length - 1 - at) * STEP_MS;
  const all = events.map((event, at) => ({ event, at: moment(at) }));
  return late === undefined ? all : [...all.filter((_, at) => at !== late), all[late]];
}
