// Makes the event of a provider's reading.
import { hash } from "node:crypto";
import { written } from "./moment.js";

// The characters that CloudEvents forbids in a string: control characters and noncharacters.
const FORBIDDEN = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;
const HASH = /(?:^|:)[0-9a-f]{64}$/;
const MAX_ID_BYTES = 256;
const HASH_BYTES = 65;
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;

const sha256 = (content) => hash("sha256", content, "hex");

const fits = (id, bytes) =>
  (id.length <= bytes / 3 || Buffer.byteLength(id) <= bytes) && !FORBIDDEN.test(id);

/** Returns the event's id: it holds the body's hash if the body is not authenticated. */
function identity(id, authenticity, payload) {
  if (authenticity === "body_signed")
    return fits(id, MAX_ID_BYTES) && !HASH.test(id) ? id : sha256(id);
  return `${fits(id, MAX_ID_BYTES - HASH_BYTES) ? id : sha256(id)}:${sha256(payload)}`;
}

const encoded = (character) =>
  [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");

const subject = (id) =>
  FORBIDDEN.test(id) ? id.replace(/[\p{Cc}\p{Noncharacter_Code_Point}%]/gu, encoded) : id;

const isFarAhead = (time, now) => time.slice(0, 19) > written(now + MAX_AHEAD_MS).slice(0, 19);

/** Returns the event. `told` is the result of a provider's `read`. */
export function eventOf({ provider, source, authenticity, attempt, now, payload }, told) {
  const received_at = written(now);
  const time =
    told.time === null || (told.time > received_at && isFarAhead(told.time, now))
      ? null
      : told.time;
  return {
    specversion: "1.0",
    id: identity(told.id, authenticity, payload),
    source,
    type: "orderhook.order.status.v1",
    subject: subject(told.order.id),
    time: time ?? received_at,
    datacontenttype: "application/json",
    data: {
      provider,
      authenticity,
      test: told.test ?? false,
      direction: null,
      received_at,
      time_source: time === null ? "receipt" : "provider",
      attempt,
      order: told.order,
      status: told.status,
      items: told.items ?? [],
      total: told.total ?? null,
      customer: told.customer ?? null,
      driver: told.driver ?? null,
      pickup: told.pickup ?? null,
      notes: told.notes ?? null,
      payload,
    },
  };
}
