// The events of a run: each provider's n-th body, and its identity. Written from the providers' pages.
import { SECRETS, SOURCES, hook } from "../../support/accounts.js";
import * as sign from "../../support/sign.js";
import { happens, oneOf, whole } from "./seed.js";

const WORDS = {
  wakilni: ["Order Created", "Order Confirmed", "Order Completed", "Order Nobody Knows"],
  wegocod: ["picked_up", "out_for_delivery", "delivered", "returned"],
  up42: ["PLACED", "FULFILLED", "FAILED_PERMANENTLY"],
  gooten: ["New", "InProduction", "Shipped"],
  shop: ["created", "shipped", "delivered", "refunded"],
};

/** By source: the body of an event, its identity, and the headers that go with a secret. */
const SENDERS = {
  wakilni: {
    body: (order_id, event, padding) => ({
      event_id: order_id,
      event,
      data: { order_id },
      padding,
    }),
    id: ({ order }) => order,
    headers: ({ body }, secret = SECRETS.WAKILNI_SECRET) => sign.wakilni(secret, body),
  },
  wegocod: {
    body: (reference, new_status, padding) => ({
      order: { reference, new_status, amount: 1799 },
      padding,
    }),
    id: ({ order, word }) => `${order.replaceAll("%", "%25").replaceAll(":", "%3A")}:${word}`,
    headers: ({ body }, secret = SECRETS.WEGOCOD_SECRET) => sign.wegocod(secret, body),
  },
  up42: {
    body: (messageId, status, padding) => ({
      event: "order.status",
      messageId,
      body: { orderId: messageId, status },
      padding,
    }),
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
    body: (order_id, status, padding) => ({
      type: "order.status",
      data: { order_id, status },
      note: customersNote(),
      padding,
    }),
    id: ({ order }) => order,
    headers: ({ order, body }, secret = SECRETS.SHOP_SECRET) =>
      sign.standardWebhooks(secret, body, { id: order }),
    // Its identity is a header: the body does not matter.
    idOfAny: ({ order }) => order,
  },
};

/** A note by a customer who knows how Standard Webhooks signs: a time of signing between two full stops. */
const customersNote = () => `hi.${Math.floor(Date.now() / 1000) + 60}.forged text`;

/** Well-formed secrets of no account. */
const WRONG = "whsec_bm9ib2R5J3Mtc2VjcmV0LTAxMjM0NTY3ODlhYmNkZWY=";

const MAX_MESSAGE_BYTES = 128_000;
const ODD = ["a blank", "100%", "a:colon", "../..", "q?=&#", '"quoted\\', "ünïcode"];

/**
 * Yields the events of a run, each made when its turn comes. A customer's note holds that time, and a long run would outlast the
 * tolerance of 300 seconds.
 */
export function* events(run, count) {
  for (let n = 0; n < count; n += 1) yield event(run, n);
}

/** Returns the n-th event of a run. `key` is its identity in the Worker. */
export function event(run, n) {
  const name = `${run}-${n}`;
  const source = oneOf(Object.keys(SENDERS), name, "source");
  const sender = SENDERS[source];
  // A header holds no letter beyond ASCII, and a `webhook-id` no full stop.
  const odd = source === "shop" ? ODD.filter((text) => /^[^.\u0080-\uffff]*$/.test(text)) : ODD;
  const order = happens(0.04, name, "odd") ? `${name} ${oneOf(odd, name, "which")}` : name;
  const word = oneOf(WORDS[source], name, "word");
  const padding = "p".repeat(size(name));
  const known = !happens(0.03, name, "not understood");
  const body = known
    ? Buffer.from(JSON.stringify(sender.body(order, word, padding)))
    : riddle(name);
  const sent = { source, order, word, body };
  const id = known ? sender.id(sent) : (sender.idOfAny?.(sent) ?? unknownId(source, body));
  const path = hook(source) + (sender.query?.(sent) ?? "");
  const delivery = (body) => ({ path, body, headers: () => sender.headers({ ...sent, body }) });
  // Some stamp each attempt. The identity stays where it is not the body's hash.
  const isStamped = known && source !== "gooten" && padding.length > MAX_MESSAGE_BYTES;
  const stamped = (attempt) =>
    Buffer.from(JSON.stringify({ ...sender.body(order, word, padding), attempt }));
  return {
    ...sent,
    name,
    id,
    key: `${source}/${id}`,
    delivery: (attempt) => delivery(isStamped ? stamped(attempt) : body),
  };
}

/** Returns the id of a body that is not understood. */
const unknownId = (source, body) =>
  source === "gooten" ? `body:${sign.sha256(body)}` : sign.sha256(body);

/**
 * Returns a forgery by a sender with UP42's token and a signature over a date alone: a delivery of the same id with another body.
 * It is accepted, as an event of its own.
 */
export function rival(of) {
  if (of.source !== "up42") return undefined;
  const body = Buffer.from(
    JSON.stringify({ ...SENDERS.up42.body(of.order, "FAILED_PERMANENTLY", ""), rival: true }),
  );
  const id = `${of.order}:${sign.sha256(body)}`;
  const headers = () => sign.up42(SECRETS.UP42_SECRET, body, { covers: ["date"] });
  const delivery = () => ({ path: hook("up42"), body, headers });
  return {
    ...of,
    name: `${of.name}-rival`,
    word: "FAILED_PERMANENTLY",
    body,
    id,
    key: `up42/${id}`,
    delivery,
  };
}

/** Sometimes returns a body that does not fit into a message. */
function size(name) {
  if (happens(0.006, name, "large")) return MAX_MESSAGE_BYTES + whole(0, 70_000, name, "size");
  return happens(0.1, name, "long") ? whole(0, 4000, name, "size") : 0;
}

/** Returns an authentic body that is not an order's event: sometimes it is not even text. */
const riddle = (name) =>
  Buffer.concat([
    Buffer.from(happens(0.5, name, "not text") ? [0xff, 0xfe] : []),
    Buffer.from(name),
  ]);

/**
 * Returns a forgery of an event that exists, or of one that does not: with a wrong tag, or, if the source signs nothing, without
 * a tag and with a wrong token. `answer` is the expected answer.
 */
export function forgery(of, n) {
  const cut =
    of.source === "shop" && happens(0.5, of.name, "forgery", n, "cut") ? cutAnew(of) : undefined;
  if (cut !== undefined) return cut;
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

/**
 * Returns a signed delivery of Standard Webhooks, cut anew: the text before the customer's time of signing becomes the id, and
 * the text after it the body. Returns undefined if it does not contain such a time.
 */
function cutAnew(of) {
  const { path, body, headers } = of.delivery(0);
  const text = body.toString();
  const [note, time] = /\.(\d{9,11})\./.exec(text) ?? [];
  if (note === undefined) return undefined;
  const [before, after] = [
    text.slice(0, text.indexOf(note)),
    text.slice(text.indexOf(note) + note.length),
  ];
  const forged = () => {
    const signed = headers();
    const id = `${signed["webhook-id"]}.${signed["webhook-timestamp"]}.${before}`;
    return { ...signed, "webhook-id": id, "webhook-timestamp": time };
  };
  return {
    path,
    body: Buffer.from(after),
    headers: forged,
    answer: { status: 401, code: "malformed_signature" },
  };
}
