// Builds an event from the module's table of numbers and its one text. The table is described in the sources of the module, in
// `table.rs`.

const STATUSES = [
  "created",
  "pending",
  "confirmed",
  "assigned",
  "processing",
  "picked",
  "preparing",
  "packed",
  "info_received",
  "ready_for_pickup",
  "shipped",
  "in_transit",
  "out_for_delivery",
  "delivered",
  "postponed",
  "on_hold",
  "exception",
  "attempt_failed",
  "cancellation_pending",
  "expired",
  "cancelled",
  "declined",
  "rejected",
  "failed",
  "refunded",
  "returning",
  "returned",
  "return_received",
  "returned_to_stock",
  "test",
  "unknown",
];

/** Each status's phase, in the same order. */
const PHASES = [
  "open",
  "open",
  "open",
  "open",
  "open",
  "open",
  "open",
  "open",
  "open",
  "moving",
  "moving",
  "moving",
  "moving",
  "closed",
  "problem",
  "problem",
  "problem",
  "problem",
  "problem",
  "problem",
  "closed",
  "closed",
  "closed",
  "closed",
  "closed",
  "returning",
  "returning",
  "returning",
  "closed",
  "other",
  "other",
];

const REASONS = [
  "delayed",
  "weather",
  "customs_processing",
  "customs_held",
  "documents",
  "payment_due",
  "address",
  "recipient_absent",
  "refused",
  "not_collected",
  "held",
  "missorted",
  "damaged",
  "lost",
  "destroyed",
  "carrier_rejected",
  "rescheduled",
  "neighbour",
  "safe_place",
  "signed",
  "other",
];

const AUTHENTICITIES = [
  "body_signed",
  "fields_signed",
  "headers_signed",
  "header_token",
  "url_token",
  "unverified",
];

const TEST = 1;
const FINAL = 1 << 1;
const DOCUMENTED = 1 << 2;
const CUSTOMER = 1 << 3;
const TOTAL = 1 << 4;
const DRIVER = 1 << 5;
const PICKUP = 1 << 6;
const URL_ID = 1 << 7;
const RECEIPT = 1 << 8;
const UNRECOGNIZED = 1 << 9;
const BASE64 = 1 << 10;
const KEPT = 1 << 11;
const ATTEMPT = 1 << 12;
const FORWARD = 1 << 13;
const RETURN = 1 << 14;

const ITEM_QUANTITY = 1;
const ITEM_PRICE = 1 << 1;
const ITEM_STATUS = 1 << 2;
const ITEM_FINAL = 1 << 3;
const ITEM_NUMBERS = 17;

/** The table that is read, and its first number. Nothing is read later than the call that set them. */
let ints = new Int32Array(0);
let base = 0;

/** @type {(start: number, end: number) => string} */
let cut = () => "";

const is = (flag) => (ints[base] & flag) !== 0;

/** Returns the text at a place of the table. */
function text(at) {
  const start = ints[base + at];
  return start < 0 ? null : cut(start, ints[base + at + 1]);
}

const status = (at) => (ints[base + at] < 0 ? null : STATUSES[ints[base + at]]);
const reason = (at) => (ints[base + at] < 0 ? null : REASONS[ints[base + at]]);
const money = (at) => ({ amount: text(at), currency: text(at + 2) });
const contact = (at) => ({ name: text(at), phone: text(at + 2) });
const customer = (at) => ({
  name: text(at),
  phone: text(at + 2),
  email: text(at + 4),
  address: text(at + 6),
  city: text(at + 8),
  region: text(at + 10),
  postal_code: text(at + 12),
  country: text(at + 14),
});

function items(count, from) {
  const found = [];
  for (let at = from; found.length < count; at += ITEM_NUMBERS) found.push(item(at));
  return found;
}

function item(at) {
  const flags = ints[base + at];
  return {
    sku: text(at + 3),
    name: text(at + 5),
    quantity: flags & ITEM_QUANTITY ? ints[base + at + 1] >>> 0 : null,
    price: flags & ITEM_PRICE ? money(at + 7) : null,
    status:
      flags & ITEM_STATUS
        ? { now: status(at + 2), final: (flags & ITEM_FINAL) !== 0, provider_now: text(at + 11) }
        : null,
    tracking_number: text(at + 13),
    tracking_url: text(at + 15),
  };
}

const order = () => ({
  id: text(19),
  reference: text(21),
  tracking_number: text(23),
  tracking_url: text(25),
  carrier: text(27),
  created_at: text(29),
  estimated_delivery: text(31),
});

// A literal of its own, so that events of one provider have one shape.
const orderWithUrl = () => ({
  id: text(19),
  reference: text(21),
  tracking_number: text(23),
  tracking_url: text(25),
  carrier: text(27),
  created_at: text(29),
  estimated_delivery: text(31),
  url_order_id: text(53),
});

const attempt = () => (is(ATTEMPT) ? ints[base + 1] >>> 0 : null);

function direction() {
  if (is(RETURN)) return "return";
  return is(FORWARD) ? "forward" : null;
}

const timeSource = () => (is(RECEIPT) ? "receipt" : "provider");

/**
 * Builds an event. `table` has its numbers from `from` on, `count` of them; `read` returns a part of its text. `provider` and
 * `source` are the account's. A payload that is text is `payload`.
 */
export function eventOf(table, from, count, read, provider, source, payload) {
  ints = table;
  base = from;
  cut = read;
  const event = is(UNRECOGNIZED) ? unrecognized(provider, source) : orderStatus(provider, source);
  if (is(KEPT)) event.data.payload_ref = text(count - 2);
  else if (is(BASE64)) event.data.payload_base64 = text(count - 2);
  else if (payload !== undefined) event.data.payload = payload;
  return event;
}

function orderStatus(provider, source) {
  const hasCustomer = is(CUSTOMER);
  return {
    specversion: "1.0",
    id: text(7),
    source,
    type: "orderhook.order.status.v1",
    subject: text(17),
    time: text(9),
    datacontenttype: "application/json",
    data: {
      provider,
      authenticity: AUTHENTICITIES[ints[base + 2]],
      test: is(TEST),
      direction: direction(),
      received_at: text(11),
      time_source: timeSource(),
      attempt: attempt(),
      order: is(URL_ID) ? orderWithUrl() : order(),
      status: {
        now: status(3),
        phase: PHASES[ints[base + 3]],
        reason: reason(5),
        was: status(4),
        final: is(FINAL),
        documented: is(DOCUMENTED),
        provider_event: text(33),
        provider_now: text(35),
        provider_was: text(37),
      },
      items: items(ints[base + 6], hasCustomer ? 71 : 55),
      total: is(TOTAL) ? money(39) : null,
      customer: hasCustomer ? customer(55) : null,
      driver: is(DRIVER) ? contact(43) : null,
      pickup: is(PICKUP) ? contact(47) : null,
      notes: text(51),
    },
  };
}

function unrecognized(provider, source) {
  return {
    specversion: "1.0",
    id: text(7),
    source,
    type: "orderhook.delivery.unrecognized.v1",
    time: text(9),
    datacontenttype: "application/json",
    data: {
      provider,
      authenticity: AUTHENTICITIES[ints[base + 2]],
      received_at: text(11),
      time_source: timeSource(),
      attempt: attempt(),
      reason: { code: text(19), text: text(21) },
    },
  };
}
