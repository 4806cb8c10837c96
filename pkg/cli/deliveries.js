// The bodies that the providers send, made up anew for each event. Their shapes are those of the providers' pages, their
// values are random.
import { randomUUID } from "node:crypto";

/**
 * For each provider: `words` picks, from the core's words of it, those that a delivery can be made for; `body` makes one;
 * `signed` are headers that its signature covers, and `headers` are others that it sends; `query` is what it adds to the URL;
 * `others` are deliveries without an order, or without a real one.
 */
export const deliveries = {
  wakilni: {
    words: ({ events }) => events,
    body: wakilni,
    headers: ({ text }) => ({
      "x-webhook-topic": text,
      "x-attempt-number": "1",
      "x-webhook-source": "https://api.wakilni.com",
      "x-webhook-id": "1",
      "x-webhook-delivery-id": String(number()),
    }),
  },
  wegocod: {
    words: ({ statuses }) => statuses,
    body: wegocod,
    headers: () => ({
      "x-webhook-event": "order.status_updated",
      "x-webhook-timestamp": new Date().toISOString(),
    }),
  },
  up42: {
    words: ({ statuses }) => statuses,
    body: up42,
    others: {
      "test-delivery": {
        text: "test-delivery",
        body: () => up42({ text: "FULFILLED", final: true }, false),
      },
    },
  },
  gooten: {
    words: ({ statuses }) => statuses,
    body: gooten,
    query: ({ Id = "" }) => ({ orderid: Id }),
    others: { "test-button": { text: "test-button", body: () => "" } },
  },
  "standard-webhooks": {
    words: ({ statuses }) => statuses,
    body: standardWebhooks,
    signed: () => ({ "webhook-id": `msg_${randomUUID().replaceAll("-", "")}` }),
  },
};

const number = () => Math.floor(Math.random() * 1e6) + 1;
const localTime = () => new Date().toISOString().slice(0, 19).replace("T", " ");

function wakilni({ text }) {
  const order = { order_id: number(), waybill: `WB-${number()}` };
  return {
    event_id: randomUUID(),
    event: text,
    timestamp: localTime(),
    data: { ...order, ...wakilniData(text) },
  };
}

function wakilniData(text) {
  switch (text) {
    case "Order Created":
      return { created_at: localTime() };
    case "Order Assigned":
      return {
        driver_name: "Driver Example",
        driver_phone: "+96100000000",
        updated_at: localTime(),
      };
    case "Order Ready for Self-Pickup":
      return { location: { office_name: "Office Example", phone_number: "+96100000000" } };
    default:
      return {
        new_status_code: 7,
        new_status: text.replace(/^Order /, ""),
        previous_status_code: 1,
        previous_status: "Pending",
        updated_at: localTime(),
      };
  }
}

// The documented way to each status.
const BEFORE = {
  picked_up: "pending",
  preparing: "picked_up",
  prepared: "preparing",
  out_for_delivery: "prepared",
  delivered: "out_for_delivery",
  returned: "out_for_delivery",
  return_received: "returned",
  returned_to_stock: "return_received",
};

function wegocod({ text }) {
  const now = new Date().toISOString();
  const product = { name: "Example Product", sku: "EX-1" };
  return {
    event: "order.status_updated",
    timestamp: now,
    order: {
      reference: `ORD-${number()}`,
      old_status: BEFORE[text] ?? null,
      new_status: text,
      amount: 1799,
      currency: "MAD",
      tracking_number: `F-${number()}`,
      delivery_notes: "Call before delivery",
      created_at: now,
    },
    customer: {
      name: "Customer Example",
      phone: "+212600000000",
      city: "Casablanca",
      address: "1 Example Street",
    },
    product,
    items: [{ product_name: product.name, sku: product.sku, quantity: 1, price: 1799 }],
  };
}

const JOB_STATUSES = ["NOT_STARTED", "SUCCEEDED", "FAILED", "ERROR"];

function up42({ text, final }, liveMode = true) {
  const job = JOB_STATUSES.includes(text);
  const order = {
    orderId: liveMode ? randomUUID() : "00000000-0000-0000-0000-000000000001",
    orderType: "TASKING",
  };
  return {
    event: job ? "job.status" : "order.status",
    liveMode,
    messageId: randomUUID(),
    timestamp: new Date().toISOString(),
    body: {
      ...(job ? { jobId: randomUUID() } : order),
      dataHostName: liveMode ? "example-host" : "test-up42-host-name",
      status: text,
      statusIsFinal: final,
    },
  };
}

function gooten({ text }) {
  const price = (amount) => ({
    Price: amount,
    CurrencyCode: "USD",
    FormattedPrice: `$${amount}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Gooten's own format.
    CurrencyFormat: "${1}",
    CurrencyDigits: 2,
  });
  const address = {
    FirstName: "Customer",
    LastName: "Example",
    Line1: "1 Example Street",
    City: "Bittersweet",
    State: "AL",
  };
  const rest = { CountryCode: "US", PostalCode: "36101", Email: "customer@example.com" };
  return {
    Id: `7-${randomUUID()}`,
    NiceId: `Example7-${number()}`,
    Items: [
      {
        Sku: "EX-1",
        ProductId: 58,
        Product: "Tablet Cases",
        Quantity: 1,
        Status: text,
        Price: price(25.5),
        DiscountAmount: price(0),
      },
    ],
    Total: price(25.5),
    ShippingTotal: price(0),
    ShippingAddress: { ...address, ...rest },
    BillingAddress: { ...address, ...rest },
  };
}

function standardWebhooks({ text }) {
  const data = { order_id: String(number()), status: text };
  return { type: "order.status", timestamp: new Date().toISOString(), data };
}
