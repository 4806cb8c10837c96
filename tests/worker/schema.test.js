// The schema itself: events that it accepts and events that it refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEvent, cloudEventErrors, published } from "../support/schema.js";

const order = () => ({
  specversion: "1.0",
  id: "e2986cd1-1e85-4ef1-a85a-89488dd27b92",
  source: "/hooks/wakilni",
  type: "orderhook.order.status.v1",
  subject: "123456",
  time: "2024-11-14T12:39:13Z",
  datacontenttype: "application/json",
  data: {
    provider: "wakilni",
    authenticity: "body_signed",
    test: false,
    direction: null,
    received_at: "2024-11-14T12:39:14.120Z",
    time_source: "provider",
    attempt: 1,
    order: {
      id: "123456",
      reference: null,
      tracking_number: "WB-1",
      tracking_url: null,
      carrier: "UPS",
      created_at: null,
      estimated_delivery: "2024-11-15T12:00:00Z",
    },
    status: {
      now: "confirmed",
      phase: "open",
      reason: "weather",
      was: "pending",
      final: false,
      documented: true,
      provider_event: "Order Confirmed",
      provider_now: "Confirmed",
      provider_was: "Pending",
    },
    items: [
      {
        sku: "A",
        name: null,
        quantity: 1,
        price: { amount: "1799", currency: "MAD" },
        status: { now: "shipped", final: false, provider_now: "Shipped" },
        tracking_number: null,
        tracking_url: null,
      },
    ],
    total: { amount: "1799.10", currency: null },
    customer: {
      name: "A",
      phone: null,
      email: null,
      address: null,
      city: null,
      region: null,
      postal_code: null,
      country: null,
    },
    driver: { name: "B", phone: null },
    pickup: null,
    notes: null,
    payload: "{}",
  },
});

const unrecognized = () => ({
  specversion: "1.0",
  id: "a".repeat(64),
  source: "/hooks/wakilni",
  type: "orderhook.delivery.unrecognized.v1",
  time: "2024-11-14T12:39:14.120Z",
  datacontenttype: "application/json",
  data: {
    provider: "wakilni",
    authenticity: "url_token",
    received_at: "2024-11-14T12:39:14.120Z",
    time_source: "receipt",
    attempt: null,
    reason: { code: "not_json", text: "the body is not JSON" },
    payload_base64: "/w==",
  },
});

for (const [name, event] of Object.entries({ order, unrecognized })) {
  test(`an event is accepted: ${name}`, () => assertEvent(event()));
}

const put = (path, value) => (event) => {
  const keys = path.split(".");
  const last = keys.pop();
  const parent = keys.reduce((object, key) => object[key], event);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
};

const BROKEN = [
  [order, "specversion", "0.3"],
  [order, "id", ""],
  [order, "id", "x".repeat(257)],
  [order, "source", "/hooks/wakilni/token"],
  [order, "source", undefined],
  [order, "type", "orderhook.order.status.v2"],
  [order, "type", "orderhook.delivery.unrecognized.v1"],
  [order, "subject", undefined],
  [order, "time", "2024-11-14 12:39:13"],
  [order, "time", "2024-11-14T12:39:13+02:00"],
  [order, "data.authenticity", "trusted"],
  [order, "data.attempt", "1"],
  [order, "data.attempt", -1],
  [order, "data.received_at", null],
  [order, "data.time_source", "clock"],
  [order, "data.time_source", undefined],
  [order, "data.order.id", 123456],
  [order, "data.order.created_at", "yesterday"],
  [order, "data.order.url_order_id", null],
  [order, "data.order.carrier", undefined],
  [order, "data.order.carrier", ""],
  [order, "data.order.estimated_delivery", "tomorrow"],
  [order, "data.order.estimated_delivery", undefined],
  [order, "data.direction", "back"],
  [order, "data.direction", undefined],
  [order, "data.status.phase", "shipped"],
  [order, "data.status.phase", null],
  [order, "data.status.phase", undefined],
  [order, "data.status.reason", ""],
  [order, "data.status.reason", undefined],
  [order, "data.status.now", "lost"],
  [order, "data.status.now", null],
  [order, "data.status.was", "lost"],
  [order, "data.status.final", undefined],
  [order, "data.items", null],
  [order, "data.items.0.quantity", 1.5],
  [order, "data.items.0.price.amount", 1799],
  [order, "data.items.0.status.now", "lost"],
  [order, "data.total.amount", " "],
  [order, "data.total.currency", undefined],
  [order, "data.customer", {}],
  [order, "data.notes", ""],
  [order, "data.payload", undefined],
  [order, "data.payload", null],
  [order, "data.payload_base64", "e30="],
  [order, "data.payload_ref", "payload:wakilni:1"],
  [unrecognized, "data.reason", undefined],
  [unrecognized, "data.reason.code", "no_idea"],
  [unrecognized, "data.payload_base64", "/w="],
  [unrecognized, "data.payload_base64", undefined],
];

for (const [of, path, value] of BROKEN) {
  test(`an event is refused: ${of.name}, ${path} ${value === undefined ? "absent" : JSON.stringify(value).slice(0, 40)}`, () => {
    const event = of();
    put(path, value)(event);
    assert.equal(published(event), false);
  });
}

for (const [path, value] of [
  ["id", ""],
  ["id", "a\u0000"],
  ["id", "a\ufffe"],
  ["subject", "a\u0085"],
  ["subject", "\u{10ffff}"],
  ["subject", "\ud800"],
  ["source", ""],
  ["time", "yesterday"],
  ["specversion", undefined],
]) {
  test(`CloudEvents does not allow such an event: ${path} ${JSON.stringify(value)}`, () => {
    const event = order();
    assert.deepEqual(cloudEventErrors(event), []);
    put(path, value)(event);
    assert.equal(cloudEventErrors(event).length > 0, true);
  });
}

const ADDED = [
  "extra",
  "data.extra",
  "data.order.extra",
  "data.status.extra",
  "data.items.0.extra",
  "data.total.extra",
  "data.driver.extra",
];

for (const path of ADDED) {
  test(`a new property is valid in the published schema, and noticed here: ${path}`, () => {
    const event = order();
    put(path, 1)(event);
    assert.equal(published(event), true);
    assert.throws(() => assertEvent(event), /unevaluated properties/);
  });
}

test("an unrecognised event has no status and no subject", () => {
  const event = unrecognized();
  event.data.status = order().data.status;
  assert.throws(() => assertEvent(event), /unevaluated properties/);
  const named = unrecognized();
  named.subject = "1";
  assert.throws(() => assertEvent(named), /unevaluated properties/);
});
