// Every sample of every provider, from the POST to the event that leaves the queue.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { SECRETS } from "../support/accounts.js";
import { assertEvent } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const SAMPLES = new URL("../vectors/samples/", import.meta.url);

const NOTHING = {
  direction: null,
  items: [],
  total: null,
  customer: null,
  driver: null,
  pickup: null,
  notes: null,
};
const ORDER = {
  reference: null,
  tracking_number: null,
  tracking_url: null,
  carrier: null,
  created_at: null,
  estimated_delivery: null,
};
const STATUS = {
  reason: null,
  was: null,
  documented: true,
  provider_event: null,
  provider_now: null,
  provider_was: null,
};
const ITEM = {
  sku: null,
  name: null,
  quantity: null,
  price: null,
  status: null,
  tracking_number: null,
  tracking_url: null,
};
const CUSTOMER = {
  name: null,
  phone: null,
  email: null,
  address: null,
  city: null,
  region: null,
  postal_code: null,
  country: null,
};

const usd = (amount) => ({ amount, currency: "USD" });
const mad = (amount) => ({ amount, currency: "MAD" });

const wakilni = {
  settings: { provider: "wakilni", secrets: ["WAKILNI_SECRET"], utc_offset: "+02:00" },
  headers: (body) => ({ ...sign.wakilni(SECRETS.WAKILNI_SECRET, body), "x-attempt-number": "3" }),
  id: () => "e2986cd1-1e85-4ef1-a85a-89488dd27b92",
  subject: "123456",
  time: "2024-11-14T12:39:13Z",
  data: { ...NOTHING, provider: "wakilni", authenticity: "body_signed", test: false, attempt: 3 },
};
const wakilniOrder = { ...ORDER, id: "123456", tracking_number: "WB-PLACEHOLDER" };
const wakilniPickup = {
  ...wakilni,
  data: {
    ...wakilni.data,
    order: wakilniOrder,
    status: {
      ...STATUS,
      now: "ready_for_pickup",
      phase: "moving",
      final: false,
      provider_event: "Order Ready for Self-Pickup",
    },
    pickup: { name: "Wakilni Dekwaneh", phone: "+96100000000" },
  },
};

const gootenItem = (sku, name, price, tracking_number) => ({
  ...ITEM,
  sku,
  name,
  quantity: 1,
  price: usd(price),
  status: { now: "created", final: false, provider_now: "New" },
  tracking_number,
});

/** By file: how it is sent, and the expected event. A `time` of null is the time of receipt. */
const EXPECTED = {
  "wakilni_order_created.json": {
    ...wakilni,
    data: {
      ...wakilni.data,
      order: { ...wakilniOrder, created_at: "2024-11-14T12:39:10Z" },
      status: {
        ...STATUS,
        now: "created",
        phase: "open",
        final: false,
        provider_event: "Order Created",
      },
    },
  },
  "wakilni_order_confirmed.json": {
    ...wakilni,
    data: {
      ...wakilni.data,
      order: wakilniOrder,
      status: {
        ...STATUS,
        now: "confirmed",
        phase: "open",
        was: "pending",
        final: false,
        provider_event: "Order Confirmed",
        provider_now: "Confirmed",
        provider_was: "Pending",
      },
    },
  },
  "wakilni_order_assigned.json": {
    ...wakilni,
    // An account whose zone is unknown: the provider's local time has no moment in UTC.
    settings: { provider: "wakilni", secrets: ["WAKILNI_SECRET"] },
    time: null,
    data: {
      ...wakilni.data,
      order: wakilniOrder,
      status: {
        ...STATUS,
        now: "assigned",
        phase: "open",
        final: false,
        provider_event: "Order Assigned",
      },
      driver: { name: "DRIVER-PLACEHOLDER", phone: "+96100000000" },
    },
  },
  "wakilni_ready_for_self_pickup.array.json": wakilniPickup,
  "wakilni_ready_for_self_pickup.object.json": wakilniPickup,
  "wegocod_order_status_updated.json": {
    settings: { provider: "wegocod", secrets: ["WEGOCOD_SECRET"] },
    headers: (body) => ({
      ...sign.wegocod(SECRETS.WEGOCOD_SECRET, body),
      "X-Webhook-Event": "order.status_updated",
      "X-Webhook-Timestamp": "2026-05-09T12:00:00+02:00",
    }),
    id: () => "ORD-000129:delivered",
    subject: "ORD-000129",
    time: "2026-05-09T10:00:00Z",
    data: {
      ...NOTHING,
      provider: "wegocod",
      authenticity: "body_signed",
      test: false,
      attempt: null,
      order: {
        ...ORDER,
        id: "ORD-000129",
        tracking_number: "F-CSA6SFJ6EMY",
        created_at: "2026-05-08T11:25:44Z",
      },
      status: {
        ...STATUS,
        now: "delivered",
        phase: "closed",
        was: "out_for_delivery",
        final: true,
        provider_event: "order.status_updated",
        provider_now: "delivered",
        provider_was: "out_for_delivery",
      },
      items: [
        {
          ...ITEM,
          sku: "MA-ArgivitClassic",
          name: "Argivit Classic Tablets",
          quantity: 1,
          price: mad("1799"),
        },
      ],
      total: mad("1799"),
      customer: {
        ...CUSTOMER,
        name: "Karim Mansouri",
        phone: "+212661234567",
        city: "Casablanca",
        address: "123 Bd Mohammed V",
      },
      notes: "Call before delivery",
    },
  },
  "up42_order_status_test_delivery.json": {
    settings: { provider: "up42", secrets: ["UP42_SECRET"] },
    headers: (body) => sign.up42(SECRETS.UP42_SECRET, body),
    id: () => "5f290b80-d8d7-4d1c-bbe6-626d4f00dad3",
    subject: "00000000-0000-0000-0000-000000000001",
    time: "2023-01-09T03:34:52.267042Z",
    data: {
      ...NOTHING,
      provider: "up42",
      authenticity: "body_signed",
      test: true,
      attempt: null,
      order: { ...ORDER, id: "00000000-0000-0000-0000-000000000001" },
      status: {
        ...STATUS,
        now: "delivered",
        phase: "closed",
        final: true,
        provider_event: "order.status",
        provider_now: "FULFILLED",
      },
    },
  },
  "gooten_order_webhook.json": {
    settings: { provider: "gooten", token: "GOOTEN_TOKEN" },
    path: (source) => `/hooks/${source}/${SECRETS.GOOTEN_TOKEN}/?orderid=12345`,
    headers: () => ({}),
    id: (body) => `12345:${sign.sha256(body)}`,
    subject: "7-501853e1-8d78-4e1e-83a0-be9fb432efe1",
    time: null,
    data: {
      ...NOTHING,
      provider: "gooten",
      authenticity: "url_token",
      test: false,
      attempt: null,
      order: {
        ...ORDER,
        id: "7-501853e1-8d78-4e1e-83a0-be9fb432efe1",
        reference: "Magic7-501",
        tracking_number: "9400115901344442556597",
        url_order_id: "12345",
      },
      status: { ...STATUS, now: "created", phase: "open", final: false, provider_now: "New" },
      items: [
        gootenItem(
          "TabletCase-GalaxyNote10.0-Matte",
          "Tablet Cases",
          "25.5",
          "9400115901344442556597",
        ),
        gootenItem("TabletCase-GalaxyNote8.0-Gloss", "Tablet Cases", "22.8", null),
        gootenItem("WovenBlanket_50x60", "Woven Blankets", "45", null),
      ],
      total: usd("108.91"),
      customer: {
        name: "Alina Magicworld",
        phone: "80507894586",
        email: "Bittersweet@gmail.com",
        address: "Bittersweet St. 67, appt.#37",
        city: "Bittersweet",
        region: "AL",
        postal_code: "548912",
        country: "US",
      },
    },
  },
};

/** Standard Webhooks leaves the body open: there is no provider's sample of it. */
const OWN = {
  settings: { provider: "standard-webhooks", secrets: ["SHOP_SECRET"] },
  body: '{"type":"order.shipped","timestamp":"2026-01-02T03:04:05Z","data":{"order_id":"S-1","status":"shipped","tracking_number":"T-1"}}',
  headers: (body) => sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id: "msg_shipped" }),
  id: () => "msg_shipped",
  subject: "S-1",
  time: "2026-01-02T03:04:05Z",
  data: {
    ...NOTHING,
    provider: "standard-webhooks",
    authenticity: "body_signed",
    test: false,
    attempt: null,
    order: { ...ORDER, id: "S-1", tracking_number: "T-1" },
    status: {
      ...STATUS,
      now: "shipped",
      phase: "moving",
      final: false,
      provider_event: "order.shipped",
      provider_now: "shipped",
    },
  },
};

// Wakilni's samples share one event id: each sample has a source of its own, or one would be a duplicate of another.
const CASES = [
  ...Object.entries(EXPECTED).map(([name, expected], index) => ({
    ...expected,
    name,
    source: `sample-${index}`,
    body: readFileSync(new URL(name, SAMPLES)),
  })),
  { ...OWN, name: "standard-webhooks", source: "sample-own", body: Buffer.from(OWN.body) },
];

let worker;
before(async () => {
  const SOURCES = Object.fromEntries(CASES.map(({ source, settings }) => [source, settings]));
  worker = await start({ vars: { SOURCES } });
});
// Removes the messages that a failed test has left in the queue.
afterEach(() => worker.events());
after(() => worker.stop());

test("no sample is left out", () => {
  const samples = readdirSync(SAMPLES).filter((name) => name.endsWith(".json"));
  assert.deepEqual(samples.sort(), Object.keys(EXPECTED).sort());
});

for (const {
  name,
  source,
  body,
  path = (name) => `/hooks/${name}`,
  headers,
  id,
  subject,
  time,
  data,
} of CASES) {
  test(name, async () => {
    const began = Date.now();
    const answer = await worker.post(path(source), body, headers(body));
    const ended = Date.now();
    assert.deepEqual([answer.status, answer.json], [202, { status: "accepted", id: id(body) }]);

    const [event, ...more] = await worker.events();
    assert.deepEqual(more, []);
    assertEvent(event);
    const { received_at } = event.data;
    assert.ok(began <= Date.parse(received_at) && Date.parse(received_at) <= ended, received_at);
    assert.deepEqual(event, {
      specversion: "1.0",
      id: id(body),
      source: `/hooks/${source}`,
      type: "orderhook.order.status.v1",
      subject,
      time: time ?? received_at,
      datacontenttype: "application/json",
      data: {
        ...data,
        received_at,
        time_source: time ? "provider" : "receipt",
        payload: body.toString(),
      },
    });
    assert.deepEqual(Buffer.from(event.data.payload), body);
  });
}
