// What `orderhook send` needs of a sample delivery: it signs it anew, and gives it ids and times of its own.

import { slug } from "./cli.js";

/** Headers that belong to the connection. */
const OF_CONNECTION = ["host", "content-length", "connection", "transfer-encoding"];

/**
 * Returns a sample of `pkg/dist/deliveries.js`: its name, the provider's word, the event's status, the delivery, the moment `at` of
 * its receipt, the `ids` in it, and those of them that are its `order`'s id and its `parcel`'s tracking number. Returns undefined for a
 * delivery that cannot be sent like this: a GET, a body that is not text, one of another account, one whose proof cannot be made, and one
 * whose proof leaves out what its provider's proof covers.
 */
export const sampleOf = (definition, delivery) =>
  canBeSent(definition) ? unprovenSample(definition, delivery) : undefined;

/** Returns the same of a delivery whose proof is made elsewhere. */
export function unprovenSample(
  definition,
  { name, method, url, headers, body, now, event, account },
) {
  const text = body.toString();
  const isText = Buffer.from(text).equals(body);
  if (method !== "POST" || !isText || account || isUnusual(definition, event)) return undefined;
  const [first = null] = [event].flat();
  const proving = proofHeaders(definition, headers);
  const kept = headers
    .map(([header, value]) => [header.toLowerCase(), value])
    .filter(([header]) => !OF_CONNECTION.includes(header) && !proving.includes(header));
  const query = [...new URL(url, "http://localhost").searchParams];
  const events = [event].flat().filter(Boolean);
  const ids = [
    ...idsIn(events, [text, ...[...kept, ...query].map(([, value]) => value)]),
    ...idsOfBody(text, events),
  ];
  return {
    name,
    ...statusOf(name, first),
    at: now,
    ids,
    ...(ids.includes(first?.subject) && { order: first.subject }),
    ...(first?.data?.order?.tracking_number && { parcel: first.data.order.tracking_number }),
    headers: Object.fromEntries(kept),
    query: Object.fromEntries(query),
    body: text,
  };
}

/** Returns whether a secret makes the headers of a proof: not if that stands in the body, or needs a private key. */
export const canBeSent = (definition) => {
  const { type, signature, token } = schemeOf(definition);
  const isInBody = (signature?.field ?? token?.field) !== undefined;
  return !isInBody && type !== "public-key" && type !== "http-signature";
};

/** Returns whether a delivery is proved by less than its scheme can prove: signing it would make another one of it. */
const isUnusual = (definition, event) =>
  schemeOf(definition).type === "header-list" && event?.data?.authenticity === "headers_signed";

/** Returns the headers that a signature covers and that its sender makes up, each as one of the deliveries has it. */
export function signedHeaders(definition, deliveries) {
  const { signs = [] } = schemeOf(definition);
  const names = signs.flatMap((part) => (part.header === undefined ? [] : [[part.header].flat()]));
  const found = names.map((names) => {
    const all = deliveries.flatMap(({ headers }) => headers);
    const [name, value] = all.find(([name]) => names.includes(name.toLowerCase())) ?? [
      names[0],
      "1",
    ];
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(found);
}

/** Returns the names of the headers that prove a delivery, in lower case. */
function proofHeaders(definition, headers) {
  const { signature, age, token, list } = schemeOf(definition);
  const named = [signature?.header, age?.header, token?.header, list].flat().filter(Boolean);
  const listed = headers
    .filter(([name]) => name.toLowerCase() === list)
    .flatMap(([, value]) => [...value.matchAll(/"([^"]+)"/g)].map(([, name]) => name));
  return [...named, ...listed];
}

const schemeOf = ({ scheme }) => [scheme].flat()[0];

/** Returns the provider's word that a delivery is named after, or else its word for the status; and the status. */
function statusOf(name, event) {
  const { status, test = false } = event?.data ?? {};
  if (status === undefined) return { text: name, status: null };
  const { provider_event: happened, provider_now: word } = status;
  const named = [happened, word].find((text) => text !== null && slug(text) === name);
  return {
    text: named ?? word ?? happened ?? name,
    status: status.now,
    final: status.final,
    ...(test && { test }),
  };
}

/** Shorter ones would be found in any text. */
const MIN_ID = 3;

/** Returns the ids in the body that are the end of an event's id, which is composed of others, too. */
function idsOfBody(text, events) {
  const written = [...text.matchAll(/"id"\s*:\s*"([^"\\]+)"/g)].map(([, id]) => id);
  const isEnd = (own) => events.some(({ id }) => id?.endsWith(`:${own}`));
  return [...new Set(written)].filter((own) => own.length >= MIN_ID && isEnd(own));
}

/** Returns the ids of the orders and of the events that stand in these texts. */
function idsIn(events, texts) {
  const ids = events.flatMap(({ id, subject }) => [id, subject]);
  return [...new Set(ids)].filter(
    (id) => id?.length >= MIN_ID && texts.some((text) => text.includes(id)),
  );
}
