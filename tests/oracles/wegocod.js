import {
  customer,
  item,
  made,
  malformed,
  mismatch,
  missing,
  missingField,
  notJson,
  notUtf8,
  order,
  status,
  unexpectedShape,
} from "./case.js";
import { hmac, otherTag, sample, sha256 } from "./sign.js";

const SECRET = "your_secret_key";
const TAG = "x-webhook-signature";
const EXPECTED = "64 digits of lower-case hex";
const EVENT = "order.status_updated";

const STATUSES = {
  pending: ["pending", false],
  picked_up: ["picked", false],
  preparing: ["preparing", false],
  prepared: ["packed", false],
  out_for_delivery: ["out_for_delivery", false],
  delivered: ["delivered", true],
  returned: ["returning", false],
  return_received: ["return_received", false],
  returned_to_stock: ["returned_to_stock", true],
};

const TRANSITIONS = [
  ["pending", "picked_up"],
  ["picked_up", "preparing"],
  ["preparing", "prepared"],
  ["prepared", "out_for_delivery"],
  ["out_for_delivery", "delivered"],
  ["out_for_delivery", "returned"],
  ["returned", "delivered"],
  ["returned", "return_received"],
  ["return_received", "returned_to_stock"],
];

export const wegocod = () => [
  ...vectors(),
  ...transitions(),
  ...fields(),
  ...bodies(),
  ...refusals(),
];

const signed = (body, secret = SECRET) => [["X-Webhook-Signature", hmac("hex", secret, body)]];

/** 2026-05-09T10:00:01.120Z: a second after the sample's timestamp. */
const NOW = 1778320801120;

function wegocodCase(name, body, expect, more = {}) {
  return made({
    name,
    provider: "wegocod",
    secrets: [SECRET],
    headers: signed(body),
    body,
    now: NOW,
    expect,
    ...more,
  });
}

function vectors() {
  const text =
    '{"event":"order.status_updated","timestamp":"2026-05-09T12:00:00+02:00","order":{"reference":"ORD-000129","old_status":"out_for_delivery","new_status":"delivered","amount":1799,"currency":"MAD","tracking_number":"F-CSA6SFJ6EMY","delivery_notes":"Call before delivery","created_at":"2026-05-08T12:25:44+01:00"},"customer":{"name":"Karim Mansouri","phone":"+212661234567","city":"Casablanca","address":"123 Bd Mohammed V"},"product":{"name":"Argivit Classic Tablets","sku":"MA-ArgivitClassic"},"items":[{"product_name":"Argivit Classic Tablets","sku":"MA-ArgivitClassic","quantity":1,"price":1799}]}';
  const headers = [
    ["X-Webhook-Signature", "03ca34e50d93439745272b8308c9aeb4f941cfe2ce608ff13179ceceeafd3302"],
    ["Content-Type", "application/json"],
  ];
  const price = { amount: "1799", currency: "MAD" };
  const expect = order({
    id: "ORD-000129:delivered",
    time: "2026-05-09T10:00:00Z",
    order: {
      id: "ORD-000129",
      tracking_number: "F-CSA6SFJ6EMY",
      created_at: "2026-05-08T11:25:44Z",
    },
    status: status("delivered", {
      was: "out_for_delivery",
      final: true,
      event: EVENT,
      word: "delivered",
      wasWord: "out_for_delivery",
    }),
    items: [
      item({ sku: "MA-ArgivitClassic", name: "Argivit Classic Tablets", quantity: 1, price }),
    ],
    total: price,
    customer: customer({
      name: "Karim Mansouri",
      phone: "+212661234567",
      city: "Casablanca",
      address: "123 Bd Mohammed V",
    }),
    notes: "Call before delivery",
  });
  return [
    wegocodCase("the vector", text, expect, { headers }),
    wegocodCase(
      "sample wegocod_order_status_updated",
      sample("wegocod_order_status_updated"),
      expect,
    ),
    wegocodCase("the second of two secrets", text, (of) => ({ ...expect(of), secret_index: 1 }), {
      secrets: ["new", SECRET],
    }),
  ];
}

const body = (order, more = {}) =>
  JSON.stringify({ event: EVENT, order: { reference: "R-1", ...order }, ...more });

/** An order that went from one status to another; what is not given is absent. */
const went = (was, now, { known = {}, ...more } = {}) => {
  const [to, final] = STATUSES[now] ?? ["unknown", false];
  const from = was === undefined ? null : (STATUSES[was]?.[0] ?? "unknown");
  return order({
    id: `R-1:${now}`,
    order: { id: "R-1" },
    status: status(to, {
      was: from,
      final,
      event: EVENT,
      word: now,
      wasWord: was ?? null,
      ...known,
    }),
    ...more,
  });
};

function transitions() {
  const of = (was, now, documented) =>
    wegocodCase(
      `from ${was} to ${now}`,
      body({ old_status: was, new_status: now }),
      went(was, now, { known: { documented } }),
    );
  const undocumented = { known: { documented: false } };
  return [
    ...TRANSITIONS.map(([was, now]) => of(was, now, true)),
    of("pending", "delivered", false),
    of("delivered", "out_for_delivery", false),
    of("pending", "pending", false),
    of("returned_to_stock", "pending", false),
    of("out_for_delivery", "lost", false),
    of("lost", "delivered", false),
    of("lost", "found", false),
    wegocodCase(
      "the first status of an order",
      body({ new_status: "pending" }),
      went(undefined, "pending", undocumented),
    ),
    wegocodCase(
      "statuses in another spelling",
      body({ old_status: "Picked Up", new_status: "PREPARING" }),
      order({
        id: "R-1:PREPARING",
        order: { id: "R-1" },
        status: status("preparing", {
          was: "picked",
          event: EVENT,
          word: "PREPARING",
          wasWord: "Picked Up",
        }),
      }),
    ),
  ];
}

function fields() {
  const to = { old_status: "prepared", new_status: "out_for_delivery" };
  const of = (name, order, known, more) =>
    wegocodCase(name, body({ ...to, ...order }, more), went("prepared", "out_for_delivery", known));
  const amount = (digits, amount) =>
    wegocodCase(
      `the amount ${digits}`,
      body({ ...to, amount: 0 }).replace('"amount":0', `"amount":${digits}`),
      went("prepared", "out_for_delivery", { total: amount }),
    );
  const items = (items, expected) =>
    of(`the items ${JSON.stringify(items)}`, {}, { items: expected }, { items });
  const quantity = (quantity, expected) => items([{ quantity }], [item({ quantity: expected })]);
  const reference = (name, reference, id, subject = `${reference}`) =>
    wegocodCase(
      name,
      body({ reference, new_status: "pending" }),
      went(undefined, "pending", {
        id,
        order: { id: `${reference}` },
        subject,
        known: { documented: false },
      }),
    );
  return [
    amount("1799", { amount: "1799", currency: null }),
    amount("1799.50", { amount: "1799.50", currency: null }),
    amount('"1 799,00"', { amount: "1 799,00", currency: null }),
    amount("9007199254740993", { amount: "9007199254740993", currency: null }),
    amount("0.1000000000000000055511151231257827", {
      amount: "0.1000000000000000055511151231257827",
      currency: null,
    }),
    amount("1e400", { amount: "1e400", currency: null }),
    amount("-0", { amount: "-0", currency: null }),
    amount('""', null),
    amount("null", null),
    amount("[1799]", null),
    of("a currency without an amount", { currency: "MAD" }, { total: null }),
    of(
      "notes with escapes",
      { delivery_notes: 'Call "Karim"\n\tat 5 \\ é 😀' },
      { notes: 'Call "Karim"\n\tat 5 \\ é 😀' },
    ),
    of("notes that are null", { delivery_notes: null }, { notes: null }),
    of("a timestamp that is no moment", { created_at: "yesterday" }, {}, { timestamp: "today" }),
    of("a customer that is null", {}, { customer: null }, { customer: null }),
    of("a customer that is a text", {}, { customer: null }, { customer: "Karim" }),
    of("a customer with nothing", {}, { customer: customer({}) }, { customer: {} }),
    of(
      "a customer with a phone that is a number",
      {},
      { customer: customer({ phone: "212661234567" }) },
      { customer: { phone: 212661234567 } },
    ),
    items([], []),
    items(null, []),
    items("none", []),
    items({ sku: "one" }, [item({ sku: "one" })]),
    items(
      [{ sku: "one" }, null, 2, "three", { sku: 4 }],
      [item({ sku: "one" }), item({ sku: "4" })],
    ),
    quantity(2, 2),
    quantity("3", 3),
    quantity(4294967295, 4294967295),
    quantity(4294967296, null),
    quantity(1.5, null),
    quantity(-1, null),
    quantity(null, null),
    of(
      "the price of a line takes the order's currency",
      { currency: "MAD" },
      { items: [item({ price: { amount: "2.50", currency: "MAD" } })] },
      { items: [{ price: "2.50" }] },
    ),
    reference("a reference that is a number", 129, "129:pending"),
    reference("a reference with a colon", "a:b", "a%3Ab:pending"),
    reference("a reference with what stands for a colon", "a%3Ab", "a%253Ab:pending"),
    reference(
      "a reference that is too long for an id",
      "R".repeat(249),
      sha256(`${"R".repeat(249)}:pending`),
    ),
    reference("a reference that just fits", "R".repeat(248), `${"R".repeat(248)}:pending`),
    reference("a reference with a control byte", "a\u0001b", sha256("a\u0001b:pending"), "a%01b"),
  ];
}

function bodies() {
  const of = (name, body, expect) => wegocodCase(name, body, expect);
  return [
    of("a body without order", JSON.stringify({ event: EVENT }), missingField("order")),
    of(
      "an order that is a list",
      JSON.stringify({ order: ["R-1", "pending", "picked_up"] }),
      missingField("order"),
    ),
    of(
      "an order without a reference",
      JSON.stringify({ order: { new_status: "pending" } }),
      missingField("order.reference"),
    ),
    of("an order without new_status", body({}), missingField("order.new_status")),
    of(
      "an order with new_status null",
      body({ new_status: null }),
      missingField("order.new_status"),
    ),
    of("an empty body", "", notJson()),
    of("a body that is not UTF-8", Buffer.from([0x80]), notUtf8()),
    of("a list of one delivery", `[${body({ new_status: "pending" })}]`, unexpectedShape()),
    wegocodCase(
      "a body without event",
      JSON.stringify({
        order: { reference: "R-1", old_status: "pending", new_status: "picked_up" },
      }),
      went("pending", "picked_up", { known: { event: null } }),
    ),
  ];
}

function refusals() {
  const text = body({ new_status: "pending" });
  const tag = hmac("hex", SECRET, text);
  const bad = (name, value) =>
    wegocodCase(name, text, malformed(TAG, EXPECTED), { headers: [[TAG, value]] });
  return [
    wegocodCase("no header", text, missing(TAG), { headers: [] }),
    bad("an empty tag", ""),
    bad("a tag in upper case", tag.toUpperCase()),
    bad("a tag in base64", hmac("base64", SECRET, text)),
    bad("a tag that is too short", tag.slice(1)),
    bad("a tag that is two digits too short", tag.slice(2)),
    bad("a tag that is too long", `${tag}00`),
    bad("a tag with another letter", `g${tag.slice(1)}`),
    bad("a tag with 0x before it", `0x${tag}`),
    wegocodCase("another tag", text, mismatch, { headers: [[TAG, otherTag(tag)]] }),
    wegocodCase("another body", text.replace("R-1", "R-2"), mismatch, { headers: [[TAG, tag]] }),
    wegocodCase("another secret", text, mismatch, { secrets: ["other"] }),
  ];
}
