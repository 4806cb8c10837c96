// The end of the demo: what came in and was refused, where orders stand, and what was delivered.
import { table } from "../lib/cli.js";

const WORDS = { taken: "taken, with the answer that the provider wants" };

/** Returns what came in, and what was refused and why, as lines. */
export function arrivalsText({ answers, refused }) {
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0);
  const counts = [...answers].sort(([, a], [, b]) => b - a);
  return `${total} deliveries came in:
${table(counts.map(([word, count]) => [String(count).padStart(4), WORDS[word] ?? word]))}
These were forged, and refused:
${table(refused)}`;
}

/** Returns where each order stands, as lines. `orders` have the `detail` that dispatch gave. */
export function ordersText(orders) {
  const told = orders.filter(({ title }) => title);
  const others = orders.filter(({ title }) => !title);
  const row = ({ title, detail: { order } }) => [
    order.source,
    order.id,
    order.status,
    `${order.events} events`,
    title,
  ];
  const statuses = new Map();
  for (const { detail } of others) {
    const { status } = detail.order;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const summary = [...statuses].map(([status, count]) => `${count} ${status}`).join(", ");
  return `Where the orders of the stories stand:
${table(told.map(row))}
And an order of each of ${others.length} other providers: ${summary}.`;
}

/**
 * Returns what was delivered where, as lines.
 *
 * @param {import("./subscriber.js").Subscriber} subscriber
 * @param {{ url: string, state: string, held: number }[]} endpoints the shop's, and the broken one
 */
export function deliveriesText(subscriber, [shop, accounting]) {
  const { messages, posts, unverified, answers } = subscriber;
  const broken = [...answers].map(([status, count]) => `${count} times ${status}`).join(", ");
  const rows = [
    [shop.url, `${posts} posts, ${messages.size} events, ${unverified} not verified`, shop.state],
    [
      accounting.url,
      `answered ${broken || "nothing"}; ${accounting.held} are held`,
      accounting.state,
    ],
  ];
  return `What was delivered where:
${table(rows)}`;
}
