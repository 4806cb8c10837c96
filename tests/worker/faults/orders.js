// The events of a run: what each provider sends of the n-th, and how it is known. Written from the providers' pages.
import { SECRETS, SOURCES, hook } from "../accounts.js";
import * as sign from "../sign.js";
import { happens, oneOf, whole } from "./seed.js";

const WORDS = {
  wakilni: ["Order Created", "Order Confirmed", "Order Completed", "Order Nobody Knows"],
  wegocod: ["picked_up", "out_for_delivery", "delivered", "returned"],
  up42: ["PLACED", "FULFILLED", "FAILED_PERMANENTLY"],
  gooten: ["New", "InProduction", "Shipped"],
  shop: ["created", "shipped", "delivered", "refunded"],
};

/** By source: the body of an order's news, what identifies it, and the headers that go with a secret. */
const SENDERS = {
  wakilni: {
    body: (order_id, event, padding) => ({ event_id: order_id, event, data: { order_id }, padding }),
    id: ({ order }) => order,
    headers: ({ body }, secret = SECRETS.WAKILNI_SECRET) => sign.wakilni(secret, body),
  },
  wegocod: {
    body: (reference, new_status, padding) => ({ order: { reference, new_status, amount: 1799 }, padding }),
    id: ({ order, word }) => `${order.replaceAll("%", "%25").replaceAll(":", "%3A")}:${word}`,
    headers: ({ body }, secret = SECRETS.WEGOCOD_SECRET) => sign.wegocod(secret, body),
  },
  up42: {
    body: (messageId, status, padding) => ({ event: "order.status", messageId, body: { orderId: messageId, status }, padding }),
    id: ({ order }) => order,
    headers: ({ body }, secret = SECRETS.UP42_SECRET) => sign.up42(secret, body),
  },
  gooten: {
    body: (Id, Status, padding) => ({ Id, Items: [{ Sku: "S", Quantity: 1, Status }], padding }),
    id: ({ order, body }) => `${order}:${sign.sha256(body)}`,
    headers: () => ({}),
    query: ({ order }) => `/?orderid=${encodeURIComponent(order)}`,
  },
  shop: {
    body: (order_id, status, padding) => ({ type: "order.status", data: { order_id, status }, padding }),
    id: ({ order }) => order,
    headers: ({ order, body }, secret = SECRETS.SHOP_SECRET) => sign.standardWebhooks(secret, body, { id: order }),
    // Its identity is a header: what stands in the body does not matter.
    idOfAny: ({ order }) => order,
  },
};

/** Secrets that are well-formed and nobody's. */
const WRONG = "whsec_bm9ib2R5J3Mtc2VjcmV0LTAxMjM0NTY3ODlhYmNkZWY=";

const MOST_MESSAGE_BYTES = 128_000;
const ODD = ["a blank", "100%", "a:colon", "../..", "q?=&#", '"quoted\\', "ünïcode"];

/** The n-th event of a run. `key` is what the Worker is to know it by. */
export function event(run, n) {
  const name = `${run}-${n}`;
  const source = oneOf(Object.keys(SENDERS), name, "source");
  const sender = SENDERS[source];
  // A header holds no letter beyond ASCII.
  const odd = source === "shop" ? ODD.slice(0, -1) : ODD;
  const order = happens(0.04, name, "odd") ? `${name} ${oneOf(odd, name, "which")}` : name;
  const word = oneOf(WORDS[source], name, "word");
  const padding = "p".repeat(size(name));
  const known = !happens(0.03, name, "not understood");
  const body = known ? Buffer.from(JSON.stringify(sender.body(order, word, padding))) : riddle(name);
  const sent = { source, order, word, body };
  const id = known ? sender.id(sent) : (sender.idOfAny?.(sent) ?? sign.sha256(body));
  return {
    ...sent,
    name,
    id,
    key: `${source}/${id}`,
    path: hook(source) + (sender.query?.(sent) ?? ""),
    headers: () => sender.headers(sent),
  };
}

/** Now and then one that does not fit into a message. */
function size(name) {
  if (happens(0.006, name, "large")) return MOST_MESSAGE_BYTES + whole(0, 70_000, name, "size");
  return happens(0.1, name, "long") ? whole(0, 4000, name, "size") : 0;
}

/** What is authentic, and no news of an order: now and then not even text. */
const riddle = (name) => Buffer.concat([Buffer.from(happens(0.5, name, "not text") ? [0xff, 0xfe] : []), Buffer.from(name)]);

/**
 * A forgery of an event that is, or of one that is not: with a wrong tag, or with none where the source signs nothing, and a
 * wrong token then. `answer` is what it is to get.
 */
export function forgery(of, n) {
  const sender = SENDERS[of.source];
  const order = happens(0.5, of.name, "forgery", n, "of it") ? of.order : `forged-${of.name}-${n}`;
  const body = Buffer.from(JSON.stringify({ ...sender.body(order, of.word, ""), forged: true }));
  const sent = { source: of.source, order, word: of.word, body };
  const signed = { ...sent, path: hook(of.source), headers: () => sender.headers(sent, WRONG) };
  const unsigned = { ...signed, path: `/hooks/${of.source}/a-guess` };
  return SOURCES[of.source].secrets === undefined
    ? { ...unsigned, answer: { status: 404, code: "not_found" } }
    : { ...signed, answer: { status: 401, code: "signature_mismatch" } };
}
