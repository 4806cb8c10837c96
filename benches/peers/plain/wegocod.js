import { money, object, objects, required, requiredObject, text, whole } from "./json.js";
import { bodyMac } from "./mac.js";
import { utc } from "./moment.js";
import { words } from "./words.js";

const statuses = words([
  ["pending", "pending"],
  ["picked_up", "picked"],
  ["preparing", "preparing"],
  ["prepared", "packed"],
  ["out_for_delivery", "out_for_delivery"],
  ["delivered", "delivered", true],
  ["returned", "returning"],
  ["return_received", "return_received"],
  ["returned_to_stock", "returned_to_stock", true],
]);

const TRANSITIONS = new Set([
  "pending>picked",
  "picked>preparing",
  "preparing>packed",
  "packed>out_for_delivery",
  "out_for_delivery>delivered",
  "out_for_delivery>returning",
  "returning>delivered",
  "returning>return_received",
  "return_received>returned_to_stock",
]);

export const wegocod = {
  verifier: ({ secret }) => bodyMac(secret, "hex"),
  read(body, { zone }) {
    const order = requiredObject(body.order);
    const reference = required(order.reference);
    const now = required(order.new_status);
    const was = text(order.old_status);
    const currency = text(order.currency);
    const to = statuses(now);
    const from = was === null ? null : statuses(was).now;
    return {
      id: `${escaped(reference)}:${now}`,
      time: utc(body.timestamp, zone),
      order: {
        id: reference,
        reference: null,
        tracking_number: text(order.tracking_number),
        tracking_url: null,
        carrier: null,
        created_at: utc(order.created_at, zone),
        estimated_delivery: null,
      },
      status: {
        now: to.now,
        phase: to.phase,
        reason: null,
        was: from,
        final: to.final,
        documented: from !== null && TRANSITIONS.has(`${from}>${to.now}`),
        provider_event: text(body.event),
        provider_now: now,
        provider_was: was,
      },
      items: objects(body.items).map((line) => item(line, currency)),
      total: money(order.amount, currency),
      customer: customer(object(body.customer)),
      notes: text(order.delivery_notes),
    };
  },
};

const escaped = (reference) =>
  /[%:]/.test(reference) ? reference.replaceAll("%", "%25").replaceAll(":", "%3A") : reference;

const item = (line, currency) => ({
  sku: text(line.sku),
  name: text(line.product_name),
  quantity: whole(line.quantity),
  price: money(line.price, currency),
  status: null,
  tracking_number: null,
  tracking_url: null,
});

const customer = (person) =>
  person && {
    name: text(person.name),
    phone: text(person.phone),
    email: null,
    address: text(person.address),
    city: text(person.city),
    region: null,
    postal_code: null,
    country: null,
  };
