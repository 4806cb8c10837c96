// Drafts a definition for a sender that nobody knows: it looks at the names and the values of one delivery.
import { schemesOf } from "./scheme.js";

/** How deep, and how many places of a body, are looked at. */
const DEPTH = 6;
const PLACES = 400;

/** A place in the body: its JSON Pointer, its key and its value. */
/** @typedef {{ pointer: string, key: string, value: any }} Place */

/**
 * Returns drafts of a definition, the likeliest first. They differ in how the sender signs.
 *
 * @param {string} name
 * @param {import("./capture.js").Captured} delivery
 * @param {boolean} hasSecret whether a secret was given
 */
export function drafts(name, delivery, hasSecret) {
  const places = placesOf(bodyOf(delivery.body));
  const order = orderOf(places);
  const rest = { event: eventOf(places, order), order, status: statusOf(places) };
  return schemesOf(delivery.headers, hasSecret).map((scheme) => ({
    name,
    scheme,
    ...present(rest),
    ...present({ items: itemsOf(places), customer: personOf(places) }),
  }));
}

function bodyOf(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("The body is not JSON: a definition reads JSON alone.");
  }
}

/** Returns the places of a body, those nearest to its root first. Of a list, the first element stands for all. */
function placesOf(body) {
  /** @type {Place[]} */
  const found = [];
  let level = [{ pointer: "", key: "", value: body }];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth += 1) {
    level = level.flatMap(({ pointer, value }) => childrenOf(value, pointer));
    found.push(...level.slice(0, PLACES - found.length));
  }
  return found;
}

function childrenOf(value, pointer) {
  if (value === null || typeof value !== "object") return [];
  const entries = Array.isArray(value) ? Object.entries(value.slice(0, 1)) : Object.entries(value);
  return entries.map(([key, value]) => ({ pointer: `${pointer}/${escaped(key)}`, key, value }));
}

const escaped = (key) => key.replaceAll("~", "~0").replaceAll("/", "~1");

const isText = ({ value }) => ["string", "number"].includes(typeof value) && value !== "";
const isMoment = ({ value }) =>
  (typeof value === "string" && /\d{4}-\d\d-\d\d|^\d{10,13}$/.test(value)) ||
  (typeof value === "number" && value > 1e9 && value < 1e14);

/** Returns the pointer of the first place whose key fits one of the patterns, which are asked in turn. */
function pointerOf(places, patterns, fits = isText) {
  for (const pattern of patterns) {
    const found = places.find((place) => pattern.test(place.key) && fits(place));
    if (found) return found.pointer;
  }
  return undefined;
}

function eventOf(places, order) {
  const near = places.filter(({ pointer }) => pointer.split("/").length <= 3);
  // An id at the root is the event's, unless it is all that names the order.
  const own = near.filter(({ pointer }) => pointer === "/id" && pointer !== order.id);
  return present({
    id:
      pointerOf(near, [/^(event|delivery|webhook|message|notification)_?id$/i, /^uuid$/i]) ??
      pointerOf(own, [/^id$/]),
    time: pointerOf(
      places,
      [/^(event_?)?(time|timestamp|occurred_?at|updated_?at|date)$/i, /_at$|time|date/i, /./],
      isMoment,
    ),
    topic: pointerOf(places, [/^(event|type|topic|event_?(type|name))$/i]),
  });
}

function orderOf(places) {
  const id = pointerOf(places, [
    /^order_?(id|no|number)$/i,
    /^(shipment|parcel|tracking|delivery|task)_?(id|number)$/i,
    /^(number|reference|awb|waybill)$/i,
    /^id$/i,
  ]);
  return present({
    id: id ?? "/order_id",
    reference: pointerOf(places, [/^(order_?)?(ref|reference)$/i, /shop_?order|external/i]),
    tracking_number: pointerOf(places, [/^tracking_?(number|no|code)$/i, /^(awb|waybill)$/i]),
    tracking_url: pointerOf(places, [/track.*(url|link)|^link$/i], isAddress),
    carrier: pointerOf(places, [/^(carrier|courier)(_?(name|code))?$/i]),
  });
}

const isAddress = ({ value }) => typeof value === "string" && /^https?:/.test(value);

function statusOf(places) {
  const word = pointerOf(places, [
    /^(new_|order_|current_)?(status|state)(_?(code|name|text))?$/i,
    /status|state/i,
    /^(event|type|topic)$/i,
  ]);
  const was = pointerOf(places, [
    /^(old|prev|previous|last|from)_?(status|state)|(status|state)_before$/i,
  ]);
  const value = places.find(({ pointer }) => pointer === word)?.value;
  const words =
    value === undefined ? { delivered: ["delivered"] } : { [meaningOf(value)]: [`${value}`] };
  return present({ word: word ?? "/status", was, words });
}

/** What words of senders usually mean. The first pattern that fits decides. */
const MEANINGS = /** @type {[RegExp, string][]} */ ([
  [/out.?for.?delivery|on.?vehicle/i, "out_for_delivery"],
  [/attempt|nobody|absent/i, "attempt_failed"],
  [/deliver(ed|y.?complete)|complete|fulfilled/i, "delivered"],
  [/cancel|void/i, "cancelled"],
  [/return/i, "returning"],
  [/refund/i, "refunded"],
  [/hold/i, "on_hold"],
  [/exception|delay|problem/i, "exception"],
  [/transit|hub/i, "in_transit"],
  [/ship|dispatch|collected/i, "shipped"],
  [/pack/i, "packed"],
  [/process|prepar|produc/i, "processing"],
  [/confirm|accept|paid/i, "confirmed"],
  [/creat|new|placed/i, "created"],
  [/pend|wait/i, "pending"],
  [/fail|lost/i, "failed"],
]);

const meaningOf = (word) => MEANINGS.find(([pattern]) => pattern.test(`${word}`))?.[1] ?? "unknown";

function itemsOf(places) {
  const list = places.find(
    ({ key, value }) => /^(line_?)?items$|^products$/i.test(key) && Array.isArray(value),
  );
  const [first] = list?.value ?? [];
  if (first === null || typeof first !== "object") return undefined;
  const key = (pattern) => Object.keys(first).find((key) => pattern.test(key));
  const known = present({
    sku: key(/^sku$/i),
    name: key(/^(product_?)?(name|title)$/i),
    quantity: key(/^(quantity|qty)$/i),
  });
  return Object.keys(known).length > 0 ? { each: list?.pointer, ...known } : undefined;
}

function personOf(places) {
  const person = places.find(
    ({ key, value }) =>
      /^(customer|recipient|consignee|to)$/i.test(key) &&
      value !== null &&
      typeof value === "object",
  );
  if (!person || Array.isArray(person.value)) return undefined;
  const key = (pattern) => Object.keys(person.value).find((key) => pattern.test(key));
  const known = present({
    name: key(/^(full_?)?name$/i),
    phone: key(/phone|mobile/i),
    email: key(/e-?mail/i),
    city: key(/city|town/i),
  });
  return Object.keys(known).length > 0 ? { at: person.pointer, ...known } : undefined;
}

/** Returns an object without the members that have no value. */
function present(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
