// A small shop's data in dispatch: orders, endpoints that answer and fail, dead letters, and the receiver's counts.
import { ACTIVITY_QUEUE, event, startDispatch, unrecognized } from "../support/dispatch.js";
import { DISPATCH_SEAL_KEY, DISPATCH_TOKEN } from "../support/dispatch-worker.js";
import { startEndpoint } from "../support/endpoint.js";
import { HEALTH_TOKEN, RECEIVER, healthReceiver } from "../support/health-receiver.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const source = (provider, more) => ({
  ...{ provider, ready: true, dedup: "kv", too_large: 0, problems: [], warnings: [] },
  ...more,
});

const HEALTH = {
  status: "degraded",
  version: "0.1.0",
  problems: [],
  sources: {
    wakilni: source("wakilni"),
    wegocod: source("wegocod", { dedup: "strict" }),
    gooten: source("gooten", { ready: false, problems: ["the secret `GOOTEN_TOKEN` is not set"] }),
    shop: source("standard-webhooks", { warnings: ["the source has two secrets"] }),
  },
};

const HOUR = 3_600_000;

/** Returns a moment some hours ago. */
const ago = (hours) => new Date(Date.now() - hours * HOUR).toISOString();

const step = (now, phase, more) => ({ now, phase, provider_now: more?.word ?? now, ...more });

/** An order's life, in the words of Wakilni. */
const LIFE = [
  step("created", "open", { was: null, provider_event: "Order Created" }),
  step("confirmed", "open", { was: "created", provider_event: "Order Confirmed" }),
  step("assigned", "open", { was: "confirmed", provider_event: "Order Assigned" }),
  step("attempt_failed", "problem", {
    ...{ was: "assigned", reason: "recipient_absent", word: "Failed" },
    provider_event: "Order Failed",
  }),
  step("delivered", "closed", {
    ...{ was: "attempt_failed", final: true, word: "Completed" },
    provider_event: "Order Completed",
  }),
];

/** Returns the events of an order whose life ends at a step. */
function life(source, id, steps, more = {}) {
  return LIFE.slice(0, steps).map(({ word, ...status }, at) =>
    event({
      source,
      id: `${source}-${id}-${at}`,
      time: ago((steps - at) * 3),
      data: {
        ...{ provider: source, received_at: ago((steps - at) * 3), status },
        order: { id, tracking_number: `WB-${id}`, carrier: "Wakilni", ...more.order },
        ...more.data,
      },
    }),
  );
}

const CUSTOMER = {
  ...{ name: "Amal Example", phone: "+212 600 000 000", email: "amal@example.com" },
  ...{
    address: "1 Example Street",
    city: "Casablanca",
    region: null,
    postal_code: null,
    country: "MA",
  },
};

const ITEM = {
  ...{ sku: "P-1", name: "Poster, 50 × 70", quantity: 2, status: null },
  ...{ price: { amount: "19.90", currency: "USD" }, tracking_number: null, tracking_url: null },
};

/** The events of the shop, in the order in which they are taken. */
export const events = () => [
  ...life("wakilni", "1001", 5, { data: { customer: CUSTOMER, items: [ITEM] } }),
  ...life("wakilni", "1002", 4, { order: { reference: "SHOP-1002" } }),
  ...life("wegocod", "2001", 3),
  ...life("wegocod", "2002", 2, { data: { test: true } }),
  ...["2003", "2004", "2005"].flatMap((id) => life("wegocod", id, 1)),
  unrecognized({ source: "wakilni", id: "not-json" }),
];

const COUNTS = [
  ["wakilni", "accepted", 3, 412],
  ["wakilni", "duplicate", 2, 31],
  ["wakilni", "signature_mismatch", 1, 7],
  ["wegocod", "accepted", 4, 96],
  ["wegocod", "timestamp_out_of_tolerance", 1, 2],
  ["gooten", "source_not_configured", 1, 5],
];

/** Returns a message of the receiver's about answers of the last hours. */
function activity(hours) {
  const until = Date.now() - hours * HOUR;
  const counts = COUNTS.map(([source, code, latency, count]) => ({
    ...{ source, code, latency },
    count: Math.max(1, Math.round(count / (hours + 1))),
  }));
  return { version: 1, since: until - 10_000, until, counts };
}

/** Starts dispatch with the shop in it. An endpoint answers 204, and one fails. */
export async function openShop() {
  const server = await startEndpoint(({ path }) => {
    if (path === "/gone") return 410;
    return path === "/failing" ? { status: 503, body: "closed for maintenance" } : 204;
  });
  const dispatch = await startDispatch({
    workers: [healthReceiver(HEALTH)],
    bindings: { RECEIVER },
    vars: { LOCAL_ENDPOINTS: server.pair },
    secrets: { DISPATCH_TOKEN, DISPATCH_SEAL_KEY, HEALTH_TOKEN },
    hasAssets: true,
  });
  const shop = {
    dispatch,
    server,
    async stop() {
      await dispatch.stop();
      await server.stop();
    },
  };
  await fill(shop);
  return shop;
}

async function fill({ dispatch, server }) {
  const endpoint = async (path, filter, description) =>
    (
      await dispatch.post("/v1/endpoints", {
        url: `http://${server.pair}${path}`,
        filter,
        description,
      })
    ).json.id;
  await endpoint("/shop", { sources: ["wakilni"], test: false }, "The shop");
  await endpoint("/failing", {}, "ERP, which fails");
  await dispatch.take(...events());
  await dispatch.put(ACTIVITY_QUEUE, ...[0, 2, 5, 9].map(activity));
  await dispatch.put(DEAD_LETTER_QUEUE, { poison: "not an event" });
  await dispatch.put(DEAD_LETTER_QUEUE, event({ source: "wakilni", id: "dead-1" }));
  await dispatch.post("/v1/tokens", { name: "reports", access: "read" });
  await until(dispatch, "/v1/stats", ({ endpoints }) => endpoints.some((one) => one.failing_since));
  await until(dispatch, "/v1/dead-letters", ({ dead_letters: letters }) => letters.length === 2);
  await until(dispatch, "/v1/sources", ({ sources }) =>
    sources.some(({ deliveries }) => deliveries.length > 0),
  );
}

/** Asks until an answer satisfies `holds`, and returns it. */
export async function until(dispatch, path, holds) {
  for (;;) {
    const { json } = await dispatch.get(path);
    if (holds(json)) return json;
  }
}
